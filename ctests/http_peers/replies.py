"""What the tests' scripts share: sockets, and replies read by hand."""

import socket

PATIENCE = 60


def connect(port):
    connection = socket.create_connection(("127.0.0.1", port), PATIENCE)
    connection.setsockopt(socket.IPPROTO_TCP, socket.TCP_NODELAY, 1)
    return connection


def say(connection, pieces):
    """False if the server has closed before it was all said."""
    try:
        for piece in pieces:
            connection.sendall(piece)
        return True
    except (BrokenPipeError, ConnectionResetError):
        return False


def hear_all(connection):
    """All that comes, to the end of the connection."""
    heard = bytearray()
    try:
        while part := connection.recv(1 << 16):
            heard += part
    except ConnectionResetError:
        pass
    return bytes(heard)


def converse(port, pieces):
    """Says all of it, then that there is nothing more, and returns what comes back."""
    with connect(port) as connection:
        if say(connection, pieces):
            try:
                connection.shutdown(socket.SHUT_WR)
            except OSError:
                pass
        return hear_all(connection)


def replies_in(heard):
    """Pairs of status and body, each of a reply with a Content-Length."""
    replies = []
    while heard:
        head, found, heard = heard.partition(b"\r\n\r\n")
        assert found, ("a head without an end", head)
        lines = head.split(b"\r\n")
        assert lines[0].startswith(b"HTTP/1."), lines[0]
        fields = dict(line.lower().split(b": ", 1) for line in lines[1:])
        length = int(fields[b"content-length"])
        assert length <= len(heard), ("a body cut off", lines)
        replies.append((int(lines[0].split()[1]), heard[:length]))
        heard = heard[length:]
    return replies


def request_in(body):
    """What server.c says that it was asked: method, target, version, fields, body."""
    head, _, rest = body.partition(b"\n\n")
    first, *lines = head.decode("latin-1").split("\n")
    method, target, version = first.split(" ")
    fields = [tuple(line.split(": ", 1)) for line in lines]
    return method, target, tuple(map(int, version.split("."))), fields, rest
