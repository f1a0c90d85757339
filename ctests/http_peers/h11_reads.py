"""Requests that were damaged at random are read by a server and by h11: h11_reads.py PORT COUNT

Either may refuse what the other accepts; what both accept they must read as the same requests.
Otherwise one of them could be made to see a request that the other takes for a body.
"""

import collections
import random
import sys

import h11

from replies import converse, replies_in, request_in

SEEDS = [
    b"POST /a HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 5\r\n\r\nhello",
    b"POST /b HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n\r\n"
    b"5\r\nhello\r\n10;a=b\r\n0123456789abcdef\r\n0\r\nX-Trailer: t\r\n\r\n",
    b"GET /c?d=e HTTP/1.1\r\nHost: a\r\nX-One: 1\r\nX-Two:  two words \r\n\r\n",
    b"GET /f HTTP/1.0\r\nConnection: keep-alive\r\n\r\n",
    b"POST /g HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nTransfer-Encoding: chunked\r\n"
    b"Content-Length: 4\r\n\r\n1\r\nZ\r\n0\r\n\r\n",
    b"POST /h HTTP/1.1\r\nHost: a\r\nConnection: keep-alive\r\nContent-Length: 30\r\n"
    b"\tX: y\r\n\r\nGET /hidden HTTP/1.1\r\nHost: a\r\n",
]
BYTES = [bytes([b]) for b in b"\r\n\t\0 :;,=+-_\"0159afxX\x0b\x0c\x7f\x80\xff"]
WORDS = [b"\r\n", b"\n\n", b"\r\r\n", b"\r\n ", b"Content-Length: 3\r\n", b"content-length:5\r\n",
         b"Transfer-Encoding: chunked\r\n", b"Transfer-Encoding: identity\r\n", b"chunked, ",
         b"gzip", b"HTTP/1.1", b"0\r\n\r\n", b"GET /x HTTP/1.1\r\nHost: a\r\n\r\n", b"0x", b"00"]


def damaged(dice):
    data = b"".join(dice.choice(SEEDS) for _ in range(dice.randint(1, 4)))
    for _ in range(dice.choice([0, 1, 1, 1, 2, 3])):
        at = dice.randrange(len(data))
        to = at + dice.choice([0, 0, 1, 1, 2, dice.randrange(20)])
        lines = data.splitlines(keepends=True)
        line = dice.randrange(len(lines))
        match dice.randrange(6):
            case 0:
                data = data[:at] + data[to:]
            case 1:
                data = data[:at] + dice.choice(BYTES) + data[to:]
            case 2:
                data = data[:at] + dice.choice(WORDS) + data[to:]
            case 3:
                data = b"".join(lines[:line] + lines[line + 1:]) or b"\n"
            case 4:
                data = b"".join(lines[:line] + [dice.choice(lines), *lines[line:]])
            case 5:
                data = data[:at] + data[at:to].swapcase() + data[to:]
    return data


def comparable(fields):
    """h11 changes the case of some, and how continuation lines are joined is not the question."""
    return [(name.lower(), " ".join(value.lower().split())) for name, value in fields]


def read_by_h11(data):
    """Requests as h11 has them; those behind a body that only the end of the connection ends, for
    us, are left out, and so is that one."""
    reader = h11.Connection(h11.SERVER)
    reader.receive_data(data)
    reader.receive_data(b"")
    requests = []
    try:
        while type(event := reader.next_event()) is h11.Request:
            request, body = event, b""
            while type(event := reader.next_event()) is h11.Data:
                body += event.data
            if type(event) is not h11.EndOfMessage:
                break
            fields = [(n.decode("latin-1"), v.decode("latin-1")) for n, v in request.headers]
            names = {name for name, _ in fields}
            if request.method == b"POST" and not names & {"content-length", "transfer-encoding"}:
                return requests, False
            requests.append((request.method.decode(), request.target.decode("latin-1"),
                             comparable(fields), body if request.method == b"POST" else b""))
            if reader.our_state is h11.MUST_CLOSE or reader.their_state is not h11.DONE:
                break
            reader.send(h11.Response(status_code=200, headers=[("Content-Length", "0")]))
            reader.send(h11.EndOfMessage())
            if reader.our_state is not h11.DONE:
                break
            reader.start_next_cycle()
    except h11.RemoteProtocolError:
        pass
    return requests, True


def read_by_us(port, dice, data):
    cut = dice.randrange(len(data))
    requests = []
    for status, body in replies_in(converse(port, [data[:cut], data[cut:]])):
        if status == 200:
            method, target, _, fields, rest = request_in(body)
            requests.append((method, target, comparable(fields), rest))
    return requests


def check(port, number, counts):
    dice = random.Random(number)
    data = damaged(dice)
    ours = read_by_us(port, dice, data)
    theirs, to_the_end = read_by_h11(data)
    for we, they in zip(ours, theirs):
        # Trailers are fields to us.
        we = (*we[:2], we[2][:len(they[2])], we[3])
        assert we == they, f"case {number}: {data}\nwe read   {we}\nh11 reads {they}"
    more = (len(ours) > len(theirs)) - (len(ours) < len(theirs))
    counts[more if to_the_end else None] += 1


def main(port, count):
    counts = collections.Counter()
    for number in range(count):
        check(port, number, counts)
    print(f"as many requests as h11 read: {counts[0]}, more: {counts[1]}, fewer: {counts[-1]}")
    assert counts[0] > count // 10, "hardly anything was accepted"
    print("passed")


main(int(sys.argv[1]), 20 * int(sys.argv[2]))
