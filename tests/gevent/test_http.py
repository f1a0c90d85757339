"""HTTP servers of gevent's core: all forms of replies, requests that wait, clients that vanish."""

import gc
import socket
import struct
import unittest

from gevent import core
from support import Peer, everything, listener, quick

PAGE = b"HTTP/1.1 200 OK\r\n"


def request(target, body=None, method=None, headers="", version="1.1"):
    method = method or ("POST" if body is not None else "GET")
    length = f"Content-Length: {len(body)}\r\n" if body is not None else ""
    head = f"{method} {target} HTTP/{version}\r\nHost: here\r\n{length}{headers}\r\n"
    return head.encode() + (body or b"")


LAST = "Connection: close\r\n"


class Server(unittest.TestCase):
    def setUp(self):
        self.listener = listener(self)
        self.address = self.listener.getsockname()
        # The server closes what it is given.
        self.server = core.http(self.handle, [("Server", "test")])
        self.server.accept(self.listener.detach())
        self.held = []
        self.handler = lambda req: req.send_reply(200, "OK", "page")

    def handle(self, req):
        self.handler(req)

    def serve(self, client, *arguments):
        """Runs the loop until a client's code, in a thread of its own, has returned."""
        peer = Peer(client, *arguments)
        while peer.is_alive():
            alarm = core.timer(0.005, lambda: None)
            core.loop()
            alarm.cancel()
        return peer.finish()

    def ask(self, data):
        with socket.create_connection(self.address) as sock:
            sock.sendall(data)
            return everything(sock)

    def answer(self, *arguments, **named):
        return self.serve(self.ask, request(*arguments, headers=LAST, **named))


class Replies(Server):
    def test_a_page(self):
        said = self.answer("/path?query")
        self.assertTrue(said.startswith(PAGE), said)
        self.assertIn(b"\r\nServer: test\r\n", said)
        self.assertIn(b"\r\nContent-Length: 4\r\n", said)
        self.assertTrue(said.endswith(b"\r\n\r\npage"), said)

    def test_bytes_and_nothing(self):
        self.handler = lambda req: req.send_reply(200, "OK", bytes(range(256)))
        self.assertTrue(self.answer("/").endswith(bytes(range(256))))
        self.handler = lambda req: req.send_reply(204, "No Content", "")
        self.assertTrue(self.answer("/").startswith(b"HTTP/1.1 204 No Content\r\n"))

    def test_a_buffer(self):
        def echo(req):
            req.send_reply(200, "OK", req.input_buffer)

        self.handler = echo
        body = bytes(range(256)) * 400
        self.assertTrue(self.answer("/", body).endswith(b"\r\n\r\n" + body))

    def test_pieces(self):
        def reply(req):
            req.send_reply_start(200, "OK")
            for piece in ["one", b"two", "three"]:
                req.send_reply_chunk(piece)
            req.send_reply_end()

        self.handler = reply
        said = self.answer("/")
        self.assertIn(b"\r\nTransfer-Encoding: chunked\r\n", said)
        self.assertTrue(said.endswith(b"3\r\none\r\n3\r\ntwo\r\n5\r\nthree\r\n0\r\n\r\n"), said)

    def test_pieces_at_different_times(self):
        def reply(req):
            req.send_reply_start(200, "OK")
            pieces = [str(number) for number in range(5)]

            def piece():
                if pieces:
                    req.send_reply_chunk(pieces.pop(0))
                    core.timer(0.001, piece)
                else:
                    req.send_reply_end()

            core.timer(0, piece)

        self.handler = reply
        said = self.answer("/")
        self.assertEqual(said.count(b"1\r\n"), 6, said)
        self.assertTrue(said.endswith(b"1\r\n4\r\n0\r\n\r\n"), said)

    def test_pieces_for_http_1_0(self):
        def reply(req):
            req.send_reply_start(200, "OK")
            req.send_reply_chunk("one")
            req.send_reply_chunk("two")
            req.send_reply_end()

        self.handler = reply
        said = self.serve(self.ask, request("/", version="1.0"))
        self.assertTrue(said.endswith(b"\r\n\r\nonetwo"), said)

    def test_an_error(self):
        self.handler = lambda req: req.send_error(404, "Gone Fishing")
        said = self.answer("/")
        self.assertTrue(said.startswith(b"HTTP/1.1 404 Gone Fishing\r\n"), said)

    def test_a_handler_that_fails(self):
        self.handler = lambda req: 1 / 0
        self.assertTrue(self.answer("/").startswith(b"HTTP/1.1 500 "))

    def test_a_request_that_is_forgotten(self):
        """A request without an answer is answered by gevent when Python collects it, which it
        knows by the code: 0 until there is an answer."""
        self.handler = lambda req: None
        said = self.answer("/")
        gc.collect()
        self.assertTrue(said.startswith(b"HTTP/1.1 500 "), said)

    def test_a_later_answer(self):
        def later(req):
            self.assertEqual(req.response_code, 0)
            core.timer(0.01, req.send_reply, 200, "OK", "later")

        self.handler = later
        self.assertTrue(self.answer("/").endswith(b"later"))

    def test_several_requests_of_one_connection(self):
        seen = []

        def reply(req):
            seen.append(req.uri)
            req.send_reply(200, "OK", req.uri)

        self.handler = reply
        data = request("/1") + request("/2", b"body") + request("/3", headers=LAST)
        said = self.serve(self.ask, data)
        self.assertEqual(seen, ["/1", "/2", "/3"])
        self.assertEqual(said.count(PAGE), 3)

    def test_many_connections(self):
        def clients():
            peers = [Peer(self.ask, request(f"/{n}", headers=LAST)) for n in range(quick(100))]
            return [peer.finish() for peer in peers]

        self.handler = lambda req: req.send_reply(200, "OK", req.uri)
        for number, said in enumerate(self.serve(clients)):
            self.assertTrue(said.endswith(f"\r\n\r\n/{number}".encode()), said)


class Requests(Server):
    def look(self, *arguments, **named):
        seen = {}

        def look(req):
            for name in [
                "uri", "type", "typestr", "version", "major", "minor", "kind", "chunked",
                "remote_host", "remote_port", "remote", "response", "response_code",
                "response_code_line",
            ]:  # fmt: skip
                seen[name] = getattr(req, name)
            seen["headers"] = req.get_input_headers()
            seen["body"] = req.input_buffer.read()
            seen["host"] = req.find_input_header("HOST")
            seen["nothing"] = req.find_input_header("none")
            seen["connection"] = req.connection.peer
            seen["repr"] = repr(req)
            req.send_reply(200, "OK", "")

        self.handler = look
        self.answer(*arguments, **named)
        return seen

    def test_fields(self):
        seen = self.look("/path?query", b"body")
        self.assertEqual(seen["uri"], "/path?query")
        self.assertEqual((seen["typestr"], seen["version"], seen["kind"]), ("POST", (1, 1), 0))
        self.assertEqual((seen["major"], seen["minor"], seen["chunked"]), (1, 1, 0))
        self.assertEqual((seen["response_code"], seen["response_code_line"]), (0, None))
        self.assertEqual((seen["body"], seen["host"], seen["nothing"]), (b"body", "here", None))
        names = [name.lower() for name, _value in seen["headers"]]
        self.assertEqual(names, ["host", "content-length", "connection"])
        self.assertEqual(seen["remote_host"], "127.0.0.1")
        self.assertEqual(seen["connection"][0], "127.0.0.1")
        self.assertIn("POST /path?query HTTP/1.1", seen["repr"])

    def test_the_port_is_the_client_s(self):
        ports = []

        def look(req):
            # gevent's declaration makes a signed number of it.
            ports.append((req.remote_port & 0xFFFF, req.connection.peer[1]))
            req.send_reply(200, "OK", "")

        def client():
            with socket.create_connection(self.address) as sock:
                sock.sendall(request("/", headers=LAST))
                everything(sock)
                return sock.getsockname()[1]

        self.handler = look
        port = self.serve(client)
        self.assertEqual(ports, [(port, port)])

    def test_methods(self):
        for number, method in enumerate(["GET", "POST", "HEAD"]):
            seen = self.look("/", b"" if method == "POST" else None, method=method)
            self.assertEqual((seen["type"], seen["typestr"]), (number, method))

    def test_chunked_bodies(self):
        data = (
            b"POST / HTTP/1.1\r\nTransfer-Encoding: chunked\r\nConnection: close\r\n\r\n"
            b"3\r\none\r\n3\r\ntwo\r\n0\r\n\r\n"
        )
        seen = []

        def look(req):
            seen.append((req.input_buffer.read(), bool(req.chunked)))
            req.send_reply(200, "OK", "")

        self.handler = look
        self.serve(self.ask, data)
        self.assertEqual(seen, [(b"onetwo", True)])

    def test_headers_of_the_answer(self):
        def reply(req):
            req.add_output_header("One", "1")
            req.add_output_header("Two", "2")
            self.assertEqual(req.find_output_header("one"), "1")
            req.remove_output_header("two")
            self.assertIsNone(req.find_output_header("Two"))
            req.clear_output_headers()
            self.assertIsNone(req.find_output_header("One"))
            req.add_output_header("Three", "3")
            req.add_input_header("Four", "4")
            self.assertEqual(req.find_input_header("four"), "4")
            req.remove_input_header("four")
            req.clear_input_headers()
            self.assertEqual(req.get_input_headers(), [])
            req.send_reply(200, "OK", "")

        self.handler = reply
        said = self.answer("/")
        self.assertIn(b"\r\nThree: 3\r\n", said)
        self.assertNotIn(b"One", said)


class Vanishing(Server):
    def vanish(self, how):
        """A client that sends a request and goes."""
        sock = socket.create_connection(self.address)
        sock.sendall(request("/"))
        while not self.held:
            pass
        if how == "reset":
            linger = struct.pack("ii", 1, 0)
            sock.setsockopt(socket.SOL_SOCKET, socket.SO_LINGER, linger)
        sock.close()

    def hold(self, req):
        self.held.append(req)

    def test_an_answer_to_nobody(self):
        for how in ["end", "reset"]:
            with self.subTest(how=how):
                self.held.clear()
                self.handler = self.hold
                self.serve(self.vanish, how)
                req = self.held[0]
                req.send_reply(200, "OK", "x" * 100000)
                core.loop(True)
                self.held.clear()
                del req
                self.handler = lambda req: req.send_reply(200, "OK", "page")
                self.assertTrue(self.answer("/").endswith(b"page"))

    def test_pieces_for_nobody(self):
        """gevent learns by the connection's closing that a request is gone."""
        self.handler = self.hold
        self.serve(self.vanish, "reset")
        req = self.held[0]
        req.send_reply_start(200, "OK")
        for _ in range(20):
            if not req:
                break
            try:
                req.send_reply_chunk("x" * 10000)
            except core.HttpRequestDeleted:
                break
            core.timer(0.001, lambda: None)
            core.loop()
        if req:
            req.send_reply_end()
        self.held.clear()
        del req
        gc.collect()
        self.handler = lambda req: req.send_reply(200, "OK", "page")
        self.assertTrue(self.answer("/").endswith(b"page"))

    def test_a_half_request(self):
        def client():
            with socket.create_connection(self.address) as sock:
                sock.sendall(b"GET / HTTP/1.1\r\nHo")

        self.serve(client)
        self.assertTrue(self.answer("/").endswith(b"page"))

    def test_the_server_goes_first(self):
        """Requests that wait outlive their server."""
        self.handler = self.hold
        sock = socket.create_connection(self.address)
        self.addCleanup(sock.close)
        sock.sendall(request("/"))
        while not self.held:
            core.loop()
        self.server = None
        gc.collect()
        self.held.clear()
        gc.collect()
        core.loop(True)

    def test_detached_requests(self):
        self.handler = self.hold
        sock = socket.create_connection(self.address)
        self.addCleanup(sock.close)
        sock.sendall(request("/"))
        while not self.held:
            core.loop()
        req = self.held[0]
        req.send_reply(200, "OK", "x")
        req.detach()
        self.assertFalse(req)
        with self.assertRaises(core.HttpRequestDeleted):
            req.uri
        self.assertIn("_obj=0x0", repr(req))


class Listening(unittest.TestCase):
    def test_an_address_in_use(self):
        sock = listener(self)
        server = core.http(lambda req: None)
        with self.assertRaises(RuntimeError):
            server.bind("127.0.0.1", sock.getsockname()[1])

    def test_binding(self):
        sock = listener(self)
        port = sock.getsockname()[1]
        sock.close()
        server = core.http(lambda req: req.send_reply(200, "OK", "bound"))
        server.bind("127.0.0.1", port)

        def client():
            with socket.create_connection(("127.0.0.1", port)) as sock:
                sock.sendall(request("/", headers=LAST))
                return everything(sock)

        peer = Peer(client)
        while peer.is_alive():
            core.timer(0.005, lambda: None)
            core.loop()
        self.assertTrue(peer.finish().endswith(b"bound"))
        self.assertTrue(server)


if __name__ == "__main__":
    unittest.main()
