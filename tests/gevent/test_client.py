"""The HTTP client of gevent 0.13.8's core, against servers of the core's and of the test's own."""

import gc
import unittest

from gevent import core
from support import Peer, listener, quick

GET, POST, HEAD = 0, 1, 2


class Client(unittest.TestCase):
    def setUp(self):
        self.seen = []
        self.sock = listener(self)
        self.port = self.sock.getsockname()[1]

    def serve(self, handler):
        self.server = core.http(handler)
        self.server.accept(self.sock.detach())

    def note(self, req):
        body = req.input_buffer.read() if req else None
        self.seen.append((req.response_code, body) if req else None)

    def run_until(self, count):
        while len(self.seen) < count:
            core.loop()

    def connection(self):
        return core.http_connection.new("127.0.0.1", self.port)

    def ask(self, connection, method, target, body=None):
        req = core.http_request_client(self.note)
        req.add_output_header("Host", "here")
        if body is not None:
            req.output_buffer.write(body)
        connection.make_request(req, method, target)
        return req

    def test_a_page(self):
        self.serve(lambda req: req.send_reply(200, "OK", "page of " + req.uri))
        connection = self.connection()
        self.ask(connection, GET, "/x")
        self.run_until(1)
        self.assertEqual(self.seen, [(200, b"page of /x")])

    def test_a_body(self):
        self.serve(lambda req: req.send_reply(201, "Made", req.input_buffer))
        connection = self.connection()
        body = bytes(range(256)) * 100
        self.ask(connection, POST, "/", body)
        self.run_until(1)
        self.assertEqual(self.seen, [(201, body)])

    def test_pieces(self):
        def reply(req):
            req.send_reply_start(200, "OK")
            for piece in ["one", "two"]:
                req.send_reply_chunk(piece)
            req.send_reply_end()

        self.serve(reply)
        connection = self.connection()
        self.ask(connection, GET, "/")
        self.run_until(1)
        self.assertEqual(self.seen, [(200, b"onetwo")])

    def test_an_error(self):
        self.serve(lambda req: req.send_error(404, "No"))
        connection = self.connection()
        self.ask(connection, GET, "/")
        self.run_until(1)
        self.assertEqual(self.seen[0][0], 404)

    def test_requests_one_after_another_on_one_connection(self):
        self.serve(lambda req: req.send_reply(200, "OK", req.uri))
        connection = self.connection()
        count = quick(100)
        for number in range(count):
            self.ask(connection, GET, f"/{number}")
        self.run_until(count)
        self.assertEqual(self.seen, [(200, b"/%d" % number) for number in range(count)])

    def test_a_server_of_the_test_s_own(self):
        self.sock.setblocking(True)

        def serve():
            with self.sock.accept()[0] as sock:
                head = b""
                while b"\r\n\r\n" not in head:
                    head += sock.recv(1000)
                sock.sendall(b"HTTP/1.1 200 Fine\r\nX: y\r\nConnection: close\r\n\r\nuntil the end")
            return head

        peer = Peer(serve)
        connection = self.connection()
        connection.set_local_address("127.0.0.1")
        connection.set_timeout(30)
        self.ask(connection, GET, "/path")
        self.run_until(1)
        self.assertEqual(self.seen, [(200, b"until the end")])
        head = peer.finish()
        self.assertTrue(head.startswith(b"GET /path HTTP/1.1\r\n"), head)
        self.assertIn(b"\r\nHost: here\r\n", head)

    def test_nobody_listens(self):
        self.sock.close()
        connection = self.connection()
        connection.set_retries(0)
        self.ask(connection, GET, "/")
        self.run_until(1)
        # gevent's request has no answer.
        code, body = self.seen[0] or (0, None)
        self.assertEqual(code, 0)
        self.assertFalse(body)

    def test_a_connection_that_goes_with_its_request(self):
        self.serve(lambda req: None)
        connection = self.connection()
        self.ask(connection, GET, "/")
        core.loop()
        del connection
        gc.collect()
        core.loop(True)

    def test_a_request_that_is_never_sent(self):
        for _ in range(10):
            core.http_request_client(self.note)
        gc.collect()
        self.assertEqual(self.seen, [])

    def test_the_peer_of_a_connection(self):
        self.assertEqual(self.connection().peer, ("127.0.0.1", self.port))


if __name__ == "__main__":
    unittest.main()
