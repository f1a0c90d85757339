"""http.client of the standard library asks a server: client.py PORT"""

import http.client
import sys

PATIENCE = 60


def connection_to(port):
    return http.client.HTTPConnection("127.0.0.1", port, timeout=PATIENCE)


def ask(connection, method, target, body=None, headers=(), **more):
    connection.request(method, target, body, dict(headers), **more)
    reply = connection.getresponse()
    return reply, reply.read()


def one_connection(port):
    connection = connection_to(port)
    reply, body = ask(connection, "GET", "/page")
    socket = connection.sock
    assert (reply.status, reply.version, body) == (200, 11, b"hello, world\n")
    for _ in range(20):
        reply, body = ask(connection, "POST", "/copy", b"x" * 70000)
        assert (reply.status, body) == (200, b"x" * 70000)
        reply, body = ask(connection, "HEAD", "/bytes?500")
        assert (reply.status, reply.getheader("Content-Length"), body) == (200, "500", b"")
        reply, body = ask(connection, "GET", "/status?204")
        assert (reply.status, body) == (204, b"")
        reply, body = ask(connection, "GET", "/later")
        assert (reply.status, body) == (200, b"hello, world\n")
    assert connection.sock is socket, "it was another connection"


def chunks(port):
    connection = connection_to(port)
    pieces = [bytes([n % 256]) * (n * n % 3000 + 1) for n in range(50)]
    for _ in range(3):
        # A body of unknown length goes in chunks.
        reply, body = ask(connection, "POST", "/copy", iter(pieces))
        assert (reply.status, body) == (200, b"".join(pieces))
        reply, body = ask(connection, "GET", "/chunks?123456")
        assert reply.chunked and len(body) == 123456
        _, same = ask(connection, "GET", "/bytes?123456")
        assert body == same


def piece_by_piece(port):
    connection = connection_to(port)
    connection.request("GET", "/chunks?200000")
    reply = connection.getresponse()
    body = b""
    while part := reply.read1(1000):
        body += part
    _, same = ask(connection, "GET", "/bytes?200000")
    assert body == same


def closing(port):
    connection = connection_to(port)
    reply, _ = ask(connection, "GET", "/page", headers={"Connection": "close"})
    assert reply.will_close and reply.getheader("Connection") == "close"
    assert connection.sock is None
    reply, _ = ask(connection, "GET", "/page")
    assert not reply.will_close


def headers(port):
    connection = connection_to(port)
    long = "v" * 60000
    given = {"X-Long": long, "X-Empty": "", "X-Blanks": "a  b\tc"}
    reply, body = ask(connection, "GET", "/headers?a=b&c=%20", headers=given)
    text = body.decode()
    assert text.startswith("GET /headers?a=b&c=%20 1.1\n")
    for name, value in given.items():
        assert f"\n{name}: {value}\n" in text, name


def methods(port):
    connection = connection_to(port)
    for method in ("PUT", "DELETE", "OPTIONS", "PATCH"):
        for body in (b"body", iter([b"bo", b"dy"])):
            reply, text = ask(connection, method, "/method", body)
            assert reply.status == 200 and text.startswith(method.encode() + b" /method 1.1\n")
            assert text.endswith(b"\n\nbody"), text


def refusals(port):
    connection = connection_to(port)
    connection.putrequest("BREW", "/pot")
    connection.endheaders()
    reply = connection.getresponse()
    assert reply.status == 501 and b"<h1>" in reply.read()
    assert reply.will_close
    reply, _ = ask(connection, "GET", "/page")
    assert reply.status == 200


def old_client(port):
    class Old(http.client.HTTPConnection):
        _http_vsn, _http_vsn_str = 10, "HTTP/1.0"

    connection = Old("127.0.0.1", port, timeout=PATIENCE)
    reply, body = ask(connection, "GET", "/chunks?70000")
    assert not reply.chunked and reply.will_close and len(body) == 70000
    reply, body = ask(connection, "GET", "/page", headers={"Connection": "keep-alive"})
    assert not reply.will_close and body == b"hello, world\n"


def main(port):
    for test in (one_connection, chunks, piece_by_piece, closing, headers, methods, refusals,
                 old_client):
        test(port)
    print("passed")


main(int(sys.argv[1]))
