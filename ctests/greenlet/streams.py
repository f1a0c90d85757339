"""Greenlets that talk through bufferevents: switches inside the callbacks of bufferevents and of
buffers, with the library's C frames below them, and changes from outside while one is parked."""

import ctypes
import socket
from ctypes import c_int, c_short, c_size_t, c_void_p

import greenlet
from evloop import READ, Hub, check, check_equal, lib, main, scribble, seeded, start

DATA = ctypes.CFUNCTYPE(None, c_void_p, c_void_p)
ERROR = ctypes.CFUNCTYPE(None, c_void_p, c_short, c_void_p)
CHANGED = ctypes.CFUNCTYPE(None, c_void_p, c_size_t, c_size_t, c_void_p)
AT_EOF = 0x11
PAIRS, MESSAGES = 8, 150

for name, (result, args) in {
    "bufferevent_new": (c_void_p, [c_int, DATA, DATA, ERROR, c_void_p]),
    "bufferevent_free": (None, [c_void_p]),
    "bufferevent_base_set": (c_int, [c_void_p, c_void_p]),
    "bufferevent_enable": (c_int, [c_void_p, c_short]),
    "bufferevent_setwatermark": (None, [c_void_p, c_short, c_size_t, c_size_t]),
    "bufferevent_write": (c_int, [c_void_p, ctypes.c_char_p, c_size_t]),
    "bufferevent_read": (c_size_t, [c_void_p, ctypes.c_char_p, c_size_t]),
    "evbuffer_new": (c_void_p, []),
    "evbuffer_free": (None, [c_void_p]),
    "evbuffer_setcb": (None, [c_void_p, CHANGED, c_void_p]),
    "evbuffer_add": (c_int, [c_void_p, ctypes.c_char_p, c_size_t]),
    "evbuffer_drain": (None, [c_void_p, c_size_t]),
}.items():
    function = getattr(lib, name)
    function.restype, function.argtypes = result, args


class Stream:
    """A bufferevent whose callbacks switch to the greenlet that waits for it."""

    def __init__(self, hub, end):
        self.hub, self.end, self.waiter, self.what = hub, end, None, 0
        end.setblocking(False)
        self.callbacks = [DATA(self.wake), DATA(), ERROR(self.fail)]
        self.bev = lib.bufferevent_new(end.fileno(), *self.callbacks, None)
        check_equal(lib.bufferevent_base_set(hub.base, self.bev), 0)
        check_equal(lib.bufferevent_enable(self.bev, READ), 0)

    def wake(self, _bev, _arg):
        waiter, self.waiter = self.waiter, None
        if waiter is not None:
            waiter.switch()

    def fail(self, bev, what, arg):
        self.what = what
        self.wake(bev, arg)

    def read(self, size):
        """Exactly that much, or nothing at the end."""
        got = b""
        bytes_read = ctypes.create_string_buffer(size)
        while len(got) < size:
            count = lib.bufferevent_read(self.bev, bytes_read, size - len(got))
            got += bytes_read.raw[:count]
            if count == 0 and self.what != 0:
                return b""
            if count == 0:
                self.waiter = greenlet.getcurrent()
                self.hub.park()
        return got

    def write(self, data):
        check_equal(lib.bufferevent_write(self.bev, data, len(data)), 0)

    def free(self):
        lib.bufferevent_free(self.bev)
        self.end.close()


def echo(stream, rng):
    while True:
        head = stream.read(2)
        if not head:
            break
        body = stream.read(int.from_bytes(head, "big"))
        scribble(rng.randrange(6))
        stream.write(head + body)
    check_equal(stream.what, AT_EOF)
    # Within its own errorcb, or after it.
    stream.free()


def ask(stream, rng, log):
    for _ in range(MESSAGES):
        body = rng.randbytes(rng.choice([1, 3, 200, 5000]))
        stream.write(len(body).to_bytes(2, "big"))
        if rng.random() < 0.2:
            stream.hub.sleep(0)
        scribble(rng.randrange(6))
        stream.write(body)
        check_equal(stream.read(2), len(body).to_bytes(2, "big"))
        check_equal(stream.read(len(body)), body)
    stream.free()
    log.append("asked")


def questions_and_answers():
    hub, log = Hub(), []
    for pair in range(PAIRS):
        rng = seeded(f"streams {pair}")
        one, two = (Stream(hub, end) for end in socket.socketpair())
        if pair % 2:
            lib.bufferevent_setwatermark(one.bev, READ, 0, 64)
        start(hub, echo, one, rng, depth=pair % 3)
        start(hub, ask, two, rng, log, depth=pair % 4)
    hub.greenlet.switch()
    check_equal(hub.results, [1])
    check_equal(log, ["asked"] * PAIRS)
    hub.free()


def freed_while_its_callback_is_switched_out():
    hub = Hub()
    one, two = (Stream(hub, end) for end in socket.socketpair())
    two.write(b"x")
    # The main greenlet runs while the hub stays in readcb, and frees what readcb was called for.
    one.waiter = greenlet.getcurrent()
    hub.greenlet.switch()
    check_equal(one.read(1), b"x")
    one.free()
    scribble(20)
    two.waiter = greenlet.getcurrent()
    hub.greenlet.switch()
    check_equal(two.what, AT_EOF)
    two.free()
    hub.greenlet.switch()
    check_equal(hub.results, [1])
    hub.free()


class Changes:
    """A buffer whose callback lets the greenlet run that made the change go on meanwhile."""

    def __init__(self, parked):
        self.parked, self.heard, self.inside = parked, [], []
        self.callback = CHANGED(self.changed)
        self.buf = lib.evbuffer_new()
        lib.evbuffer_setcb(self.buf, self.callback, None)

    def changed(self, _buf, before, after, _arg):
        self.heard.append((before, after))
        if len(self.inside) < self.parked:
            self.inside.append(greenlet.getcurrent())
            self.inside[-1].parent.switch()
            scribble(5)


def buffers_change_while_their_callbacks_are_switched_out():
    changes = Changes(parked=10)
    for number in range(10):
        adds = greenlet.greenlet(lambda: lib.evbuffer_add(changes.buf, b"abc", 3))
        adds.switch()
        check_equal(changes.heard[-1], (3 * number, 3 * number + 3))
        scribble(10)
    lib.evbuffer_drain(changes.buf, 5)
    check_equal(changes.heard[-1], (30, 25))
    # They return in another order than they were called in.
    for parked in changes.inside[::2] + changes.inside[1::2]:
        check(not parked.dead)
        check_equal(parked.switch(), 0)
        scribble(10)
    check_equal(lib.evbuffer_add(changes.buf, b"x", 1), 0)
    check_equal(changes.heard[-1], (25, 26))
    lib.evbuffer_free(changes.buf)


def buffers_are_freed_while_their_callbacks_are_switched_out():
    changes = Changes(parked=3)
    for _ in range(3):
        greenlet.greenlet(lambda: lib.evbuffer_add(changes.buf, b"abc", 3)).switch()
    lib.evbuffer_free(changes.buf)
    for parked in changes.inside:
        scribble(10)
        check_equal(parked.switch(), 0)
    check_equal(len(changes.heard), 3)


main(
    questions_and_answers,
    freed_while_its_callback_is_switched_out,
    buffers_change_while_their_callbacks_are_switched_out,
    buffers_are_freed_while_their_callbacks_are_switched_out,
)
