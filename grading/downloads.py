"""What wget fetched in the runs with network, byte by byte, and given again to the runs without.

wget speaks to the grader in both (grading/network.py), so that every way of calling it works by itself: names
from the URL or the server, -c, -i, -P, cookies, redirects and exit codes are wget's own. For https the grader
answers with a certificate of its own, which wget is told not to check.
"""

import filecmp
import shutil
import socket
import ssl
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import msgspec

from grading.bounded import Exhausted, bounded
from grading.fetched import WEB_PAGE, code
from grading.http_messages import (
    Request,
    head_of_rest,
    header_value,
    is_whole,
    passed_on,
    path_of,
    range_start,
    refusal,
    status_of,
)
from grading.network import Refused, Unanswered, is_found
from grading.tables import MIB

WGETRC = b"check_certificate = off\nhsts = off\n"
CHUNK, HEAD = 65536, 65536
MOST = 200  # requests that one run's list holds
NOT_FETCHED = "not fetched in the run with network"


class Download(msgspec.Struct, frozen=True):
    """One URL that wget asked for in a run with network, and what came; or in a run without, and nothing was kept."""

    url: str  # as the script has it; redirects are followed
    said: str  # why nothing came, or ""
    page: bool  # a web page came, not a file
    offline: bool = False  # nothing came because this machine has no network


@dataclass
class Kept:
    """A response as it came over the network, in one piece."""

    request: Request
    head: bytes
    body: Path
    code: str | None = None  # why a run without network does not get it; None: not looked at yet

    @property
    def name(self) -> str:
        return urlsplit(self.request.url).path.rpartition("/")[2]


class Downloads:
    """Of one submission. `folder` is out of the runs' sight."""

    def __init__(self, folder: Path, limit_mib: int, known: tuple[str, ...]):
        self.folder, self.left, self.known = folder, limit_mib * MIB, known
        self.kept: list[Kept] = []
        self.origins: dict[str, str] = {}  # a redirect's target -> the URL that the script asked for
        self.made: list[Download] = []
        self.asked = False  # whether a run with network asked for anything

    def take(self) -> list[Download]:
        """What was asked for since the last call."""
        made, self.made = list(dict.fromkeys(self.made))[:MOST], []
        self.asked |= bool(made)
        return made

    # In a run with network

    def fetch(self, client: socket.socket, server: socket.socket, request: Request) -> None:
        """Passes a request on, and keeps what comes."""
        server.sendall(
            b"\r\n".join(
                [
                    f"{request.method} {path_of(request.url)} HTTP/1.1".encode("latin-1"),
                    *passed_on(request.lines),
                    b"Connection: close",
                    b"",
                    b"",
                ]
            )
        )
        with tempfile.TemporaryFile(dir=self.folder) as copy:
            size = sum(pass_and_keep(server, client, copy, self.left))
            copy.seek(0)
            head = copy.read(HEAD).partition(b"\r\n\r\n")[0]
            self.left -= size
            self.note(request, head)
            if self.left > 0 and is_whole(head, size):
                copy.seek(len(head) + 4)
                self.kept.append(self.one_piece(request, head, copy))

    def one_piece(self, request: Request, head: bytes, rest: BinaryIO) -> Kept:
        """What came in chunks is put together."""
        first, *lines = head.split(b"\r\n")
        number, name = tempfile.mkstemp(dir=self.folder)
        with open(number, "wb") as body:
            if header_value(lines, "transfer-encoding").lower() == "chunked":
                while size := int(rest.readline(CHUNK).partition(b";")[0] or b"0", 16):
                    body.write(rest.read(size))
                    rest.readline(CHUNK)
            else:
                shutil.copyfileobj(rest, body)
            length = body.tell()
        kept = [line for line in lines if not line.lower().startswith((b"transfer-encoding:", b"connection:"))]
        if not header_value(kept, "content-length"):
            kept.append(f"Content-Length: {length}".encode())
        return Kept(request, b"\r\n".join([first, *kept, b"Connection: close", b"", b""]), Path(name))

    def note(self, request: Request, head: bytes) -> None:
        status, said = status_of(head)
        origin = self.origins.get(request.url, request.url)
        if 300 <= status < 400 and (target := header_value(head.split(b"\r\n"), "location")):
            self.origins[urljoin(request.url, target)] = origin
        elif status != 416:  # a file that is there already
            page = "text/html" in header_value(head.split(b"\r\n"), "content-type")
            self.made.append(Download(origin, said if not 200 <= status < 300 else "", page))

    def failed(self, request: Request, error: Refused) -> None:
        offline = isinstance(error, Unanswered) and not self.has_network
        self.made.append(Download(self.origins.get(request.url, request.url), str(error), False, offline))

    @cached_property
    def has_network(self) -> bool:
        """Whether this machine finds any server that is known to exist."""
        return any(map(is_found, self.known))

    def has(self, file: Path) -> bool:
        """Whether wget fetched these bytes, or tried to and left nothing."""
        if not (self.asked or self.made):
            return False
        weights = (kept.body for kept in self.kept if not kept.code)
        return not file.stat().st_size or any(filecmp.cmp(body, file, shallow=False) for body in weights)

    def look_at(self, own: frozenset[str]) -> None:
        """Tells what came since the last look to be code or not."""
        for kept in self.kept:
            kept.code = why_code(kept, own) if kept.code is None else kept.code

    # In a run without

    def answer(self, request: Request) -> Iterator[bytes]:
        """The bytes of what came for this request in a run with network."""
        found = self.find(request)
        if not found:
            self.made.append(Download(self.origins.get(request.url, request.url), NOT_FETCHED, False))
            yield refusal(NOT_FETCHED)
            return
        if found.code:
            yield refusal(f"code that was not handed in is not used: {found.code}")
            return
        with open(found.body, "rb") as file:
            start = range_start(request)
            yield head_of_rest(file, start) if start and not range_start(found.request) else found.head
            while chunk := file.read(CHUNK):
                yield chunk

    def find(self, request: Request) -> Kept | None:
        """The last one that fits best: the same cookies and the same part of the file, then the same URL."""
        start = range_start(request)
        alike = [
            kept for kept in self.kept if kept.request[:2] == request[:2] and range_start(kept.request) in (0, start)
        ]
        return max(
            alike,
            default=None,
            key=lambda kept: (
                kept.request.value("cookie") == request.value("cookie"),
                status_of(kept.head)[0] < 400,
                range_start(kept.request) == start,
            ),
        )


def why_code(kept: Kept, own: frozenset[str]) -> str:
    """ "" for weights and data, and for web pages: scripts look for a token in them."""
    with open(kept.body, "rb") as file:
        if WEB_PAGE.match(file.read(HEAD)):
            return ""
    try:
        return bounded(lambda: code(kept.body, kept.name, own))
    except Exhausted as error:
        return str(error)


def pass_and_keep(server: socket.socket, client: socket.socket, copy: BinaryIO, most: int) -> Iterator[int]:
    """Sizes of what comes. Of more than `most` bytes no more is kept."""
    kept = 0
    with suppress(ssl.SSLEOFError, ConnectionResetError):
        while chunk := server.recv(CHUNK):
            kept += len(chunk)
            if kept <= most:
                copy.write(chunk)
            yield len(chunk)
            client.sendall(chunk)
