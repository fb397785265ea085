"""A server on loopback that serves weight files in every way that a server goes wrong."""

import contextlib
import socket
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

from tests.inference.submission import HANGS

HTML = b"<!DOCTYPE html>\n<html><body>Sign in to download</body></html>\n"


class Handler(BaseHTTPRequestHandler):
    """/WAY/FILE: the first part of the path picks the way in which FILE is served."""

    def do_GET(self):
        _, way, name = self.path.split("/")
        self.server.requests.append(way)
        getattr(self, "send_" + way)((self.server.folder / name).read_bytes())

    def send(self, content: bytes, length: int):
        self.send_response(200)
        self.send_header("Content-Length", str(length))
        self.end_headers()
        self.wfile.write(content)

    def send_good(self, content):
        self.send(content, len(content))

    def send_together(self, content):
        """Waits for a second client, so that both fetch at the same time."""
        self.server.both.wait(HANGS)
        self.send(content, len(content))

    def send_missing(self, content):
        self.send_error(404)

    def send_html(self, content):
        self.send(HTML, len(HTML))

    def send_half(self, content):
        self.send(content[: len(content) // 2], len(content))

    def send_flipped(self, content):
        self.send(flipped(content), len(content))

    def send_silent(self, content):
        """Says nothing until the client goes away."""
        self.server.asked.set()
        with contextlib.suppress(ConnectionError):
            self.connection.recv(1)
        self.server.gone.set()

    def log_message(self, *arguments):
        pass


def flipped(content: bytes) -> bytes:
    """The same with one bit flipped in the middle."""
    middle = len(content) // 2
    return content[:middle] + bytes([content[middle] ^ 1]) + content[middle + 1 :]


class WeightServer(ThreadingHTTPServer):
    daemon_threads = True

    def __init__(self, folder: Path):
        super().__init__(("127.0.0.1", 0), Handler)
        self.folder = folder
        self.requests = []
        self.asked, self.gone = threading.Event(), threading.Event()
        self.both = threading.Barrier(2)

    def url(self, way: str) -> str:
        return f"http://127.0.0.1:{self.server_port}/{way}"


@contextlib.contextmanager
def serving(folder: Path):
    with WeightServer(folder) as server:
        threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
        yield server
        server.shutdown()


@contextlib.contextmanager
def refusing_url():
    """An address where nobody listens, and nobody will: the port is taken."""
    with socket.socket() as taken:
        taken.bind(("127.0.0.1", 0))
        yield f"http://127.0.0.1:{taken.getsockname()[1]}"
