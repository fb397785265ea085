"""What wget fetched in the runs with network, byte by byte, and given again to the runs without.

wget speaks to the grader in both (grading/network.py), so that every way of calling it works by itself: names
from the URL or the server, -c, -i, -P, cookies, redirects and exit codes are wget's own. For https the grader
answers with a certificate of its own, which wget is told not to check.
"""

import filecmp
import os
import re
import shutil
import socket
import tempfile
from collections.abc import Iterator
from contextlib import suppress
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import BinaryIO
from urllib.parse import urljoin, urlsplit

import msgspec

from grading.answers import one_piece, pass_and_keep, write_body
from grading.bounded import Exhausted, bounded
from grading.fetched import CODE_NAMES, code
from grading.http_messages import (
    Request,
    head_of_rest,
    header_value,
    passed_on,
    path_of,
    range_start,
    refusal,
    status_of,
    without_range,
)
from grading.network import Refused, Unanswered, is_found
from grading.tables import MIB

WGETRC = b"check_certificate = off\nhsts = off\n"
CHUNK, HEAD = 65536, 65536
MOST = 200  # requests that one run's list holds
NOT_FETCHED = "not fetched in the run with network"
# Scripts look for a token in a page. Bash ends at this line, so the page cannot be a program for it.
VALUE = rb"""(?:"[^"$`\\\n]*"|'[^'\n]*'|[\w-]+)"""
PAGE = re.compile(
    rb"\s*<(!doctype[ \t]+html|html|head|body)([ \t]+(%b|[\w:-]+[ \t]*=[ \t]*%b))*[ \t]*>[ \t\r]*[\n<]"
    % (VALUE, VALUE),
    re.I,
)


class Download(msgspec.Struct, frozen=True):
    """One URL that wget asked for in a run with network, and what came; or in a run without, and nothing was kept."""

    url: str  # as the script has it; redirects are followed
    said: str  # why nothing came, or ""
    page: bool  # a web page came, not a file
    offline: bool = False  # nothing came because this machine has no network
    walled: bool = False  # nothing came because the grader lets no run reach the address

    @property
    def is_machines(self) -> bool:
        return self.offline or self.walled


@dataclass
class Kept:
    """An answer as it came over the network, in one piece."""

    request: Request
    head: bytes
    body: Path
    code: str | None = None  # why a run without network does not get it; None: not looked at yet

    @property
    def name(self) -> str:
        return urlsplit(self.request.url).path.rpartition("/")[2]

    def given(self, request: Request) -> Iterator[bytes]:
        """Its bytes for a request; for one that asks for the rest of a file, the rest."""
        with open(self.body, "rb") as file:
            start = range_start(request)
            is_rest = start and not range_start(self.request)
            yield head_of_rest(file, start) if is_rest else one_piece(self.head, self.body.stat().st_size)
            while chunk := file.read(CHUNK):
                yield chunk


class Downloads:
    """Of one submission. `folder` is out of the runs' sight."""

    def __init__(self, folder: Path, limit_mib: int, known: tuple[str, ...]):
        self.folder, self.left, self.known = folder, limit_mib * MIB, known
        self.kept: list[Kept] = []
        self.begun: dict[tuple[str, str], Kept] = {}  # method and URL -> what came before the answer broke off
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
        waiting = Download(self.origins.get(request.url, request.url), "", False)
        self.made.append(waiting)  # the run may end first
        with tempfile.TemporaryFile(dir=self.folder) as copy:
            size, is_cut = pass_and_keep(server, client, copy, self.left)
            copy.seek(0)
            head = copy.read(HEAD).partition(b"\r\n\r\n")[0]
            self.left -= size
            with suppress(ValueError):  # taken by now
                self.made.remove(waiting)
            self.note(request, head)
            if self.left > 0:
                copy.seek(len(head) + 4)
                self.keep(request, head, copy, is_cut)

    def keep(self, request: Request, head: bytes, rest: BinaryIO, is_cut: bool) -> None:
        """What broke off waits for the rest: wget asks for it by itself."""
        number, name = tempfile.mkstemp(dir=self.folder)
        begun = self.begun.get(request[:2]) if status_of(head)[0] == 206 else None
        if begun:
            shutil.copyfile(begun.body, name)
        with open(number, "r+b") as body:
            body.truncate(range_start(request) if begun else 0)
            body.seek(0, os.SEEK_END)
            is_whole = write_body(head, rest, body, is_cut)
        if begun:
            request, head = begun.request, begun.head
        elif status_of(head)[0] == 200:  # of a server that gives no parts
            request = without_range(request)
        if is_whole or status_of(head)[0] == 304 or request.method == "HEAD":
            self.begun.pop(request[:2], None)
            self.kept.append(Kept(request, head, Path(name)))
        elif status_of(head)[0] == 200:
            self.begun[request[:2]] = Kept(request, head, Path(name))

    def note(self, request: Request, head: bytes) -> None:
        status, said = status_of(head)
        origin = self.origins.get(request.url, request.url)
        if 300 <= status < 400 and (target := header_value(head.split(b"\r\n"), "location")):
            self.origins[urljoin(request.url, target)] = origin
        elif status != 416:  # a file that is there already
            page = "text/html" in header_value(head.split(b"\r\n"), "content-type")
            self.made.append(Download(origin, said if not 200 <= status < 300 else "", page))

    def failed(self, request: Request, error: Refused) -> None:
        is_unanswered = isinstance(error, Unanswered)
        url, offline = self.origins.get(request.url, request.url), is_unanswered and not self.has_network
        self.made.append(Download(url, str(error), False, offline, not is_unanswered))

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

    def look_at(self, own: frozenset[str], accepted: bool) -> None:
        """Tells what came since the last look to be code or not; where code is accepted, nothing is."""
        for kept in self.kept:
            if kept.code is None:
                kept.code = "" if accepted else why_code(kept, own)

    # In a run without

    def answer(self, request: Request) -> Iterator[bytes]:
        """The bytes of what came for this request in a run with network, and was looked at."""
        found = self.find(request, [kept for kept in self.kept if kept.code is not None])
        if not found:
            self.made.append(Download(self.origins.get(request.url, request.url), NOT_FETCHED, False))
            yield refusal(NOT_FETCHED)
        elif found.code:
            yield refusal(f"code that was not handed in is not used: {found.code}")
        else:
            yield from found.given(request)

    def find(self, request: Request, among: list[Kept] | None = None) -> Kept | None:
        """The last one that fits best: the same cookies and the same part of the file, then the same URL."""
        start, among = range_start(request), self.kept if among is None else among
        alike = [kept for kept in among if kept.request[:2] == request[:2] and range_start(kept.request) in (0, start)]
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
    """ "" for weights and data, and for web pages."""
    with open(kept.body, "rb") as file:
        if PAGE.match(file.read(HEAD)) and not CODE_NAMES.search(kept.name):
            return ""
    try:
        return bounded(lambda: code(kept.body, kept.name, own))
    except Exhausted as error:
        return str(error)
