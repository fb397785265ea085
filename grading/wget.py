"""Stands between wget and the network: fetches for it in a run with network, and answers it in a run without."""

import socket
import ssl
from collections.abc import Iterator
from contextlib import contextmanager, suppress

from grading.certificates import certificate, unchecked
from grading.downloads import Downloads
from grading.http_messages import Request, is_wget, refusal, request_of, status_of
from grading.network import SILENCE, Refused, Unanswered, connected, forward, read_head, understood


@contextmanager
def asked(client: socket.socket, head: bytes) -> Iterator[tuple[socket.socket, Request, str, int]]:
    """What wget asks for, through the tunnel that it opened or without one, and the host and port that it is for."""
    host, port, without_tunnel = understood(head)
    if without_tunnel:
        yield client, request_of(head, ""), host, port
        return
    client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
    with certificate().wrap_socket(client, server_side=True) as channel:
        inner, _ = read_head(channel)
        base = f"https://{host}" + (f":{port}" if port != 443 else "")
        yield channel, request_of(inner, base), host, port
        with suppress(OSError):
            channel.unwrap()


def fetch(client: socket.socket, more: tuple[str, ...], downloads: Downloads) -> None:
    """One connection of a run with network. What is not wget's is only passed on."""
    client.settimeout(SILENCE)
    with client, suppress(OSError, ValueError, Refused):
        head, rest = read_head(client)
        if not is_wget(head):
            forward(client, head, rest, more)
            return
        with asked(client, head) as (channel, request, host, port):
            kept = downloads.find(request)
            if kept and request.method == "GET" and status_of(kept.head)[0] == 200:
                send(channel, kept.given(request))
                return
            try:
                with server_of(request, host, port, more) as server:
                    downloads.fetch(channel, server, request)
            except Refused as error:
                downloads.failed(request, error)
                channel.sendall(refusal(str(error)))


@contextmanager
def server_of(request: Request, host: str, port: int, more: tuple[str, ...]) -> Iterator[socket.socket]:
    """Raises Refused."""
    with connected(host, port, more) as server:
        if not request.url.startswith("https:"):
            yield server
            return
        try:
            secure = unchecked().wrap_socket(server, server_hostname=host)
        except (ssl.SSLError, OSError) as error:
            raise Unanswered(f"no secure connection to '{host[:100]}:{port}'") from error
        with secure:
            yield secure


def answer(client: socket.socket, downloads: Downloads) -> None:
    """One connection of a run without network."""
    client.settimeout(SILENCE)
    with client, suppress(OSError, ValueError, Refused):
        head, _ = read_head(client)
        with asked(client, head) as (channel, request, _, _):
            send(channel, downloads.answer(request))


def send(channel: socket.socket, chunks: Iterator[bytes]) -> None:
    for chunk in chunks:
        channel.sendall(chunk)
