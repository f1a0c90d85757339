"""A server of the standard library, for client.c: server.py prints its port, and ends with its
standard input."""

import http.server
import sys
import threading


def bytes_of(length):
    return bytes(place * 2654435761 >> 16 & 0xff for place in range(length))


class Handler(http.server.BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"

    def answer(self):
        path, _, query = self.path.partition("?")
        assert self.headers["Host"] == f"127.0.0.1:{self.server.server_port}", self.headers
        assert self.headers["X-Ask"] == self.path, self.headers
        body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
        getattr(self, "on_" + path[1:])(body, int(query or 0))

    do_GET = do_HEAD = do_POST = do_PUT = do_DELETE = answer

    def sized(self, body, *headers):
        self.send_response(200)
        for header in headers:
            self.send_header(*header)
        self.send_header("Content-Length", str(len(body)))
        self.end_headers()
        if self.command != "HEAD":
            self.wfile.write(body)

    def on_bytes(self, _, length):
        self.sized(bytes_of(length))

    def on_copy(self, body, _):
        self.sized(body)

    def on_chunks(self, _, length):
        self.send_response(200)
        self.send_header("Transfer-Encoding", "chunked")
        self.end_headers()
        body, size = bytes_of(length), 1
        while body:
            self.wfile.write(b"%x;name=\"value\"\r\n%s\r\n" % (len(body[:size]), body[:size]))
            body, size = body[size:], size * 3
        self.wfile.write(b"0\r\nX-Trailer: yes\r\n\r\n")

    def on_status(self, _, code):
        self.send_response(code)
        if code >= 400:
            self.send_header("Content-Length", "0")
        self.end_headers()

    def on_interim(self, _, length):
        self.send_response_only(100)
        self.end_headers()
        self.send_response_only(103)
        self.send_header("Link", "</x>")
        self.end_headers()
        self.sized(bytes_of(length))

    def on_close(self, _, length):
        self.sized(bytes_of(length), ("Connection", "close"))

    def on_end(self, _, length):
        """Ends with the connection."""
        self.send_response(200)
        self.send_header("Connection", "close")
        self.end_headers()
        self.wfile.write(bytes_of(length))

    def log_message(self, *_):
        pass


server = http.server.ThreadingHTTPServer(("127.0.0.1", 0), Handler)
threading.Thread(target=server.serve_forever, daemon=True).start()
print(server.server_port, flush=True)
sys.stdin.read()
