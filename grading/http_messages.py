"""Heads of HTTP requests and answers, as bytes."""

import re
from typing import BinaryIO, NamedTuple
from urllib.parse import urlsplit


class Request(NamedTuple):
    method: str
    url: str
    lines: tuple[bytes, ...]  # its header

    def value(self, name: str) -> str:
        return header_value(self.lines, name)


def header_value(lines: tuple[bytes, ...] | list[bytes], name: str) -> str:
    begin = name.lower().encode() + b":"
    return next((line[len(begin) :].strip().decode("latin-1") for line in lines if line.lower().startswith(begin)), "")


def is_wget(head: bytes) -> bool:
    return header_value(head.split(b"\r\n"), "user-agent").lower().startswith("wget/")


def request_of(head: bytes, base: str) -> Request:
    """`base` is the tunnel's scheme and host; a request without a tunnel names the whole URL. Raises ValueError."""
    first, *lines = head.split(b"\r\n")
    method, target, _ = first.decode("latin-1").split(" ")
    return Request(method, base + target, tuple(lines))


def status_of(head: bytes) -> tuple[int, str]:
    """(404, "404 Not Found")."""
    match = re.match(rb"HTTP/\d(?:\.\d)? +((\d{3})[^\r\n]{0,200})", head)
    return (int(match[2]), match[1].decode("latin-1").strip()) if match else (0, "no answer that can be understood")


def refusal(reason: str) -> bytes:
    said = re.sub(r"[^ -~]", "?", reason)[:200]
    return f"HTTP/1.1 502 {said}\r\nContent-Length: 0\r\nConnection: close\r\n\r\n".encode()


def path_of(url: str) -> str:
    parts = urlsplit(url)
    return (parts.path or "/") + (f"?{parts.query}" if parts.query else "")


def passed_on(lines: tuple[bytes, ...]) -> list[bytes]:
    return [line for line in lines if not line.lower().startswith((b"proxy-", b"connection:", b"keep-alive:"))]


def is_chunked(head: bytes) -> bool:
    return header_value(head.split(b"\r\n"), "transfer-encoding").lower() == "chunked"


def length_of(head: bytes) -> int | None:
    """Of what follows the head, where it says so."""
    length = header_value(head.split(b"\r\n"), "content-length")
    return int(length) if length.isdecimal() and not is_chunked(head) else None


def is_at_end(begin: bytes, size: int, last: bytes) -> bool:
    """Whether an answer says that nothing more of it comes: `size` bytes came, its first and last ones are given."""
    head, end, _ = begin.partition(b"\r\n\r\n")
    if not end:
        return False
    if is_chunked(head):
        return last.endswith(b"\r\n0\r\n\r\n")
    length = length_of(head)
    return length is not None and size >= len(head) + 4 + length


def without_range(request: Request) -> Request:
    return request._replace(lines=tuple(line for line in request.lines if not line.lower().startswith(b"range:")))


def range_start(request: Request) -> int:
    match = re.fullmatch(r"bytes=(\d+)-", request.value("range"))
    return int(match[1]) if match else 0


def head_of_rest(file: BinaryIO, start: int) -> bytes:
    """Of an answer that leaves out the first bytes; `file` then stands where the rest begins."""
    size = file.seek(0, 2)
    if start >= size:
        return (
            f"HTTP/1.1 416 Range Not Satisfiable\r\nContent-Range: bytes */{size}\r\nContent-Length: 0\r\n"
            "Connection: close\r\n\r\n"
        ).encode()
    file.seek(start)
    return (
        f"HTTP/1.1 206 Partial Content\r\nContent-Range: bytes {start}-{size - 1}/{size}\r\n"
        f"Content-Length: {size - start}\r\nConnection: close\r\n\r\n"
    ).encode()
