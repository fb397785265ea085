"""The network of a run that fetches: its namespace has none, but for one socket behind which this proxy sits.

It speaks what wget, curl, git and Python's libraries speak to a proxy (GET http://..., CONNECT host:443)
and connects to public addresses only: not to this machine, its neighbours, link-local and metadata
addresses. A name is looked up here, and the very address that was judged is the one connected to.
"""

import ctypes
import fcntl
import ipaddress
import os
import socket
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager, suppress
from urllib.parse import urlsplit

import psutil

from grading.http_messages import passed_on, path_of, refusal
from grading.interrupt import CTRL_C
from grading.users import is_real_root

ADDRESS = ("127.0.0.1", 3128)  # inside
VARIABLES = ("http_proxy", "https_proxy", "HTTP_PROXY", "HTTPS_PROXY")
AT_A_TIME = 32  # connections of one run
SILENCE = 120  # seconds without a byte, after which a connection is given up
HEAD = 65536  # bytes of a request before its body
# Public by their numbers, and yet a cloud's own: Azure's, Alibaba's, Oracle's services for a machine's metadata.
METADATA = ("168.63.129.16", "100.100.100.200", "192.0.0.192")
GLOBAL_6 = ipaddress.ip_network("2000::/3")
LIBC = ctypes.CDLL(None, use_errno=True)
OWNER_OF = 0xB701  # ioctl NS_GET_USERNS: the user namespace that owns a namespace
FREE_BIND = 15  # IP_FREEBIND: the namespace's loopback may still be on its way up


Serving = Callable[[socket.socket], None]  # answers one connection, and closes it


class Refused(Exception):
    """A connection that is not made, in one line."""


class Unanswered(Refused):
    """The server is not there, or this machine's network does not lead to it."""


def environment() -> dict[str, str]:
    return {name: "http://{}:{}".format(*ADDRESS) for name in VARIABLES}


# Where to


def is_public(address: str) -> bool:
    own = {each.address.partition("%")[0] for each in sum(psutil.net_if_addrs().values(), [])}
    number = ipaddress.ip_address(address.partition("%")[0])
    number = getattr(number, "ipv4_mapped", None) or number
    if number.version == 6 and (number not in GLOBAL_6 or number.sixtofour or number.teredo):
        return False  # an address of version 4 in other clothes
    return number.is_global and not number.is_multicast and str(number) not in own and str(number) not in METADATA


def is_reachable(host: str, port: int, address: str, more: tuple[str, ...]) -> bool:
    """`more` is what the scheme allows besides: host:port each."""
    return is_public(address) or f"{host}:{port}" in more


def connected(host: str, port: int, more: tuple[str, ...]) -> socket.socket:
    """Raises Refused."""
    try:
        found = socket.getaddrinfo(host, port, type=socket.SOCK_STREAM)
    except (OSError, UnicodeError) as error:
        raise Unanswered(f"unable to resolve host address '{host[:100]}'") from error
    reachable = [each for each in found if is_reachable(host, port, each[4][0], more)]
    if not reachable:
        raise Refused(f"the grader lets no run reach '{host[:100]}:{port}'")
    reasons = []
    for family, kind, protocol, _, address in reachable:
        end = socket.socket(family, kind, protocol)
        end.settimeout(SILENCE)
        try:
            end.connect(address)
            return end
        except OSError as error:
            end.close()
            reasons.append(error.strerror or str(error))
    raise Unanswered(f"cannot connect to '{host[:100]}:{port}': {reasons[0]}")


def is_found(host: str) -> bool:
    with suppress(OSError, UnicodeError):
        return bool(socket.getaddrinfo(host, 443))
    return False


# One connection


def forward(client: socket.socket, head: bytes, rest: bytes, more: tuple[str, ...]) -> None:
    try:
        host, port, forwarded = understood(head)
        server = connected(host, port, more)
    except Refused as error:
        client.sendall(refusal(str(error)))
        return
    with server:
        if forwarded:
            server.sendall(forwarded + rest)
        else:
            client.sendall(b"HTTP/1.1 200 Connection established\r\n\r\n")
        both_ways(client, server)


def read_head(client: socket.socket) -> tuple[bytes, bytes]:
    """The request's first lines, and what came behind them."""
    content = b""
    while b"\r\n\r\n" not in content:
        if len(content) > HEAD or not (chunk := client.recv(HEAD)):
            raise Refused("a request that cannot be understood")
        content += chunk
    head, _, rest = content.partition(b"\r\n\r\n")
    return head, rest


def understood(head: bytes) -> tuple[str, int, bytes]:
    """(host, port, what to send there): nothing where a tunnel is asked for."""
    first, *lines = head.split(b"\r\n")
    try:
        method, target, version = first.decode("ascii").split(" ")
        url = urlsplit(f"//{target}" if method == "CONNECT" else target)
        host, port = url.hostname or "", url.port or 80
    except ValueError as error:
        raise Refused("a request that cannot be understood") from error
    if method == "CONNECT":
        return host, port, b""
    if url.scheme != "http":
        raise Refused(f"a kind of address that cannot be fetched: {url.scheme[:20]}")
    begin = f"{method} {path_of(target)} {version}".encode()
    return host, port, b"\r\n".join([begin, *passed_on(tuple(lines)), b"Connection: close", b"", b""])


def both_ways(client: socket.socket, server: socket.socket) -> None:
    back = threading.Thread(target=pass_on, args=(server, client), daemon=True)
    back.start()
    pass_on(client, server)
    back.join()


def pass_on(source: socket.socket, target: socket.socket) -> None:
    with suppress(OSError):
        while chunk := source.recv(65536):
            target.sendall(chunk)
    with suppress(OSError):
        target.shutdown(socket.SHUT_WR)


# The socket inside


def listening_inside(process: int) -> socket.socket:
    """A socket of that process's network namespace. Raises OSError.

    Made in a child: a process of a user namespace cannot come back out of it.
    """
    network = os.open(f"/proc/{process}/ns/net", os.O_RDONLY)
    owner = None if is_real_root() else fcntl.ioctl(network, OWNER_OF)  # root's sandboxes are no user namespaces
    here, there = socket.socketpair()
    with CTRL_C.held_back():
        child = os.fork()
    if not child:
        send_socket(there, owner, network)
    there.close()
    _, status = os.waitpid(child, 0)
    for number in (network, *([owner] if owner is not None else [])):
        os.close(number)
    with here:
        if status:
            raise OSError("the sandbox's network cannot be entered")
        return socket.socket(fileno=socket.recv_fds(here, 1, 1)[1][0])


def send_socket(there: socket.socket, owner: int | None, network: int) -> None:
    """The child's part: never returns."""
    try:
        if any(LIBC.setns(number, 0) for number in (owner, network) if number is not None):
            os._exit(1)
        made = socket.socket()
        made.setsockopt(socket.IPPROTO_IP, FREE_BIND, 1)
        made.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        made.bind(ADDRESS)
        made.listen(AT_A_TIME)
        socket.send_fds(there, [b"x"], [made.fileno()])
        os._exit(0)
    finally:
        os._exit(1)


@contextmanager
def proxy(process: int, serve: Serving) -> Iterator[None]:
    """While it lasts, `serve` answers what connects to ADDRESS in that process's namespace."""
    listener = listening_inside(process)
    threading.Thread(target=accept_all, args=(listener, serve), daemon=True).start()
    try:
        yield
    finally:
        with suppress(OSError):
            listener.shutdown(socket.SHUT_RDWR)  # wakes the thread
        listener.close()


def accept_all(listener: socket.socket, serve: Serving) -> None:
    places = threading.BoundedSemaphore(AT_A_TIME)

    def serve_one(client: socket.socket) -> None:
        try:
            serve(client)
        finally:
            places.release()

    with suppress(OSError):
        while True:
            places.acquire()
            client, _ = listener.accept()
            threading.Thread(target=serve_one, args=(client,), daemon=True).start()
