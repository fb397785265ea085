"""HTTP answers on their way from a server to wget, and the copies that are kept of them."""

import shutil
import socket
import ssl
from typing import BinaryIO

from grading.http_messages import header_value, is_at_end, is_chunked, length_of

CHUNK, HEAD = 65536, 65536  # bytes


def pass_and_keep(server: socket.socket, client: socket.socket, copy: BinaryIO, most: int) -> tuple[int, bool]:
    """How many bytes came, and whether the connection broke. Of more than `most` bytes no more is kept."""
    size, begin, last = 0, b"", b""
    try:
        while not is_at_end(begin, size, last) and (chunk := server.recv(CHUNK)):
            size, begin, last = size + len(chunk), (begin + chunk)[:HEAD], (last + chunk)[-7:]
            if size <= most:
                copy.write(chunk)
            client.sendall(chunk)
    except (ssl.SSLEOFError, ConnectionResetError):
        return size, True
    return size, False


def write_body(head: bytes, rest: BinaryIO, body: BinaryIO, is_cut: bool) -> bool:
    """What came in chunks is put together. Returns whether all came: the head says how much, or else the connection
    did not break."""
    if not is_chunked(head):
        begin, length = body.tell(), length_of(head)
        shutil.copyfileobj(rest, body)
        return not is_cut if length is None else body.tell() - begin >= length
    while size := int(rest.readline(CHUNK).partition(b";")[0].strip() or b"-1", 16):
        if size < 0:
            return False
        chunk = rest.read(size)
        body.write(chunk)
        if len(chunk) < size:
            return False
        rest.readline(CHUNK)
    return True


def one_piece(head: bytes, length: int) -> bytes:
    """The head of an answer of which all bytes come at once. Of an answer without a body the length stays."""
    first, *lines = head.split(b"\r\n")
    left_out = (b"transfer-encoding:", b"connection:", *((b"content-length:",) if length else ()))
    kept = [line for line in lines if not line.lower().startswith(left_out)]
    if not header_value(kept, "content-length"):
        kept.append(f"Content-Length: {length}".encode())
    return b"\r\n".join([first, *kept, b"Connection: close", b"", b""])
