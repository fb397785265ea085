"""A server on the loopback that has the public sources' files; the public servers are out of reach of every test."""

import http.server
import threading


class Handler(http.server.BaseHTTPRequestHandler):
    """Serves `server.files`; the first answer for a name in `server.halves` stops half way."""

    def do_GET(self):
        name = self.path.rsplit("/", 1)[-1]
        self.server.asked.append((name, self.headers["Range"]))
        if name not in self.server.files:
            return self.send_error(404)
        content = self.server.files[name]
        start = self.answer(content)
        if self.server.halves.pop(name, None) == "dropped":
            return self.wfile.write(content[start : len(content) // 2])
        if self.server.stalls:
            self.wfile.write(content[start : len(content) // 2])
            self.wfile.flush()
            self.server.stalled.set()
            return self.server.released.wait(30)
        self.wfile.write(content[start:])

    def answer(self, content):
        """Sends the headers and returns the first byte to send."""
        start = 0
        if self.headers["Range"] and self.server.ranges:
            start = int(self.headers["Range"].removeprefix("bytes=").rstrip("-"))
        self.send_response(206 if start else 200)
        if start:
            self.send_header("Content-Range", f"bytes {start}-{len(content) - 1}/{len(content)}")
        self.send_header("Content-Length", str(len(content) - start))
        self.end_headers()
        return start

    def log_message(self, *_):
        pass


def start(files) -> http.server.ThreadingHTTPServer:
    """It has .url, .asked (name, range) and the faults to switch on."""
    server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    server.files, server.asked, server.halves = dict(files), [], {}
    server.ranges, server.stalls = True, False
    server.stalled, server.released = threading.Event(), threading.Event()
    server.url = f"http://127.0.0.1:{server.server_port}/digits"
    threading.Thread(target=server.serve_forever, args=(0.05,), daemon=True).start()
    return server


def stop(server: http.server.ThreadingHTTPServer) -> None:
    server.released.set()
    server.shutdown()
    server.server_close()
