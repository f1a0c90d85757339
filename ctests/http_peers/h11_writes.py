"""Random requests that h11 writes, several on a connection and in pieces of any size, and what a
server says to them, read by h11: h11_writes.py PORT CONVERSATIONS

A conversation depends on its number alone.
"""

import random
import string
import sys

import h11

from replies import connect, hear_all, request_in, say

TOKEN = string.ascii_letters + string.digits + "!#$%&'*+-.^_`|~"
VISIBLE = "".join(map(chr, range(0x21, 0x7f)))
TARGET = string.ascii_letters + string.digits + "-._~!$&'()*+,;=:@/?%"
# Those that mean something are made on purpose.
MEANINGFUL = {"content-length", "transfer-encoding", "connection", "host", "expect"}


class Asked:
    """A request, and what its reply must be."""

    def __init__(self, dice, is_last):
        self.method = dice.choice(["GET", "POST", "POST", "HEAD"])
        self.target = "/x" + some(dice, TARGET, 30)
        # 1.0 is h11's to read, never to write.
        self.fields = [("Host", "example.org")]
        for _ in range(dice.randrange(8)):
            name = some(dice, TOKEN, 12) + "x"
            if name.lower() not in MEANINGFUL:
                self.fields.append((name, value(dice)))
        self.body = dice.randbytes(dice.choice([0, 1, 10, 1000, 30000]))
        self.is_chunked = dice.random() < 0.5
        self.has_body = self.method == "POST" or dice.random() < 0.2
        if self.has_body and self.is_chunked:
            self.fields.append(("Transfer-Encoding", "chunked"))
        elif self.has_body:
            self.fields.append(("Content-Length", str(len(self.body))))
        self.is_last = is_last or dice.random() < 0.05
        if self.is_last:
            self.fields.append(("Connection", dice.choice(["close", "Close", "x, close"])))

    def bytes(self, dice):
        writer = h11.Connection(h11.CLIENT)
        request = h11.Request(method=self.method, target=self.target, headers=self.fields)
        written = writer.send(request)
        body = self.body if self.has_body else b""
        while body:
            size = dice.randint(1, len(body)) if self.is_chunked else len(body)
            written += writer.send(h11.Data(data=body[:size]))
            body = body[size:]
        return written + writer.send(h11.EndOfMessage())

    def check(self, reply, body):
        assert reply.status_code == 200, reply
        if self.method == "HEAD":
            assert body == b"" and dict(reply.headers)[b"content-length"] != b"0", reply
            return
        method, target, version, fields, rest = request_in(body)
        assert (method, target, version) == (self.method, self.target, (1, 1)), body
        assert fields == self.fields, (fields, self.fields)
        # The body of a GET is thrown away.
        assert rest == (self.body if self.method == "POST" else b""), "another body"


def some(dice, letters, most):
    return "".join(dice.choice(letters) for _ in range(dice.randrange(most)))


def value(dice):
    """Words with blanks in between."""
    words = [some(dice, VISIBLE, 20) for _ in range(dice.randrange(4))]
    return dice.choice([" ", "\t", "  ", ", "]).join(words).strip()


def pieces(dice, data):
    if dice.random() < 0.3:
        return [data]
    cuts = sorted(dice.randrange(len(data)) for _ in range(dice.randrange(1, 30)))
    return [data[a:b] for a, b in zip([0, *cuts], [*cuts, len(data)])]


def read_reply(heard, method):
    """A reply, its body, and what comes behind."""
    reader = h11.Connection(h11.CLIENT)
    reader.send(h11.Request(method=method, target="/", headers=[("Host", "x")]))
    reader.send(h11.EndOfMessage())
    reader.receive_data(heard)
    reader.receive_data(b"")
    reply, body = reader.next_event(), b""
    while True:
        event = reader.next_event()
        if type(event) is h11.EndOfMessage:
            return reply, body, reader.trailing_data[0]
        assert type(event) is h11.Data, event
        body += event.data


def converse(port, number):
    dice = random.Random(number)
    asked = []
    while not asked or not asked[-1].is_last:
        asked.append(Asked(dice, len(asked) == 9))
    data = b"".join(request.bytes(dice) for request in asked)
    with connect(port) as connection:
        assert say(connection, pieces(dice, data)), "closed too early"
        heard = hear_all(connection)
    for nth, request in enumerate(asked):
        reply, body, heard = read_reply(heard, request.method)
        request.check(reply, body)
        closes = (b"connection", b"close") in [(n, v.lower()) for n, v in reply.headers]
        assert closes == (request.is_last), (nth, reply)
    assert heard == b"", ("more than was asked for", heard)


def main(port, conversations):
    for number in range(conversations):
        try:
            converse(port, number)
        except Exception:
            print(f"conversation {number}:", file=sys.stderr)
            raise
    print("passed")


main(*map(int, sys.argv[1:]))
