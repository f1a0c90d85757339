"""Buffers, bufferevents and tags through ctypes, as scripts of libevent 1.4's time use them.

EVHUB_LIBRARY names the library. The structs are declared as compiled programs know them: their
fields are read and written here, not only passed on.
"""

import ctypes
import os
import signal
import socket
import traceback
from ctypes import c_char, c_char_p, c_int, c_long, c_short, c_size_t, c_uint, c_uint32, c_void_p

READ, WRITE, PERSIST = 2, 4, 16
WHILE_READING, AT_EOF, TIMED_OUT = 0x01, 0x10, 0x40
ONCE = 1
LIMIT_SECONDS = 60


class Timeval(ctypes.Structure):
    _fields_ = [("tv_sec", c_long), ("tv_usec", c_long)]


class Event(ctypes.Structure):
    _fields_ = [
        ("links", c_char * 48),
        ("min_heap_idx", c_uint),
        ("ev_base", c_void_p),
        ("ev_fd", c_int),
        ("ev_events", c_short),
        ("ev_ncalls", c_short),
        ("ev_pncalls", c_void_p),
        ("ev_timeout", Timeval),
        ("ev_pri", c_int),
        ("ev_callback", c_void_p),
        ("ev_arg", c_void_p),
        ("ev_res", c_int),
        ("ev_flags", c_int),
    ]


class Evbuffer(ctypes.Structure):
    pass


CHANGED = ctypes.CFUNCTYPE(None, ctypes.POINTER(Evbuffer), c_size_t, c_size_t, c_void_p)
Evbuffer._fields_ = [
    ("buffer", c_void_p),
    ("orig_buffer", c_void_p),
    ("misalign", c_size_t),
    ("totallen", c_size_t),
    ("off", c_size_t),
    ("cb", CHANGED),
    ("cbarg", c_void_p),
]


class Watermark(ctypes.Structure):
    _fields_ = [("low", c_size_t), ("high", c_size_t)]


class Bufferevent(ctypes.Structure):
    pass


DATA = ctypes.CFUNCTYPE(None, ctypes.POINTER(Bufferevent), c_void_p)
ERROR = ctypes.CFUNCTYPE(None, ctypes.POINTER(Bufferevent), c_short, c_void_p)
Bufferevent._fields_ = [
    ("ev_base", c_void_p),
    ("ev_read", Event),
    ("ev_write", Event),
    ("input", ctypes.POINTER(Evbuffer)),
    ("output", ctypes.POINTER(Evbuffer)),
    ("wm_read", Watermark),
    ("wm_write", Watermark),
    ("readcb", DATA),
    ("writecb", DATA),
    ("errorcb", ERROR),
    ("cbarg", c_void_p),
    ("timeout_read", c_int),
    ("timeout_write", c_int),
    ("enabled", c_short),
]

assert ctypes.sizeof(Evbuffer) == 56
assert ctypes.sizeof(Bufferevent) == 360 and Bufferevent.input.offset == 264

BUF, BEV = ctypes.POINTER(Evbuffer), ctypes.POINTER(Bufferevent)
PROTOTYPES = {
    "event_init": (c_void_p, []),
    "event_base_free": (None, [c_void_p]),
    "event_base_loop": (c_int, [c_void_p, c_int]),
    "evbuffer_new": (BUF, []),
    "evbuffer_free": (None, [BUF]),
    "evbuffer_setcb": (None, [BUF, CHANGED, c_void_p]),
    "evbuffer_add": (c_int, [BUF, c_char_p, c_size_t]),
    "evbuffer_add_buffer": (c_int, [BUF, BUF]),
    "evbuffer_drain": (None, [BUF, c_size_t]),
    "evbuffer_remove": (c_int, [BUF, c_char_p, c_size_t]),
    "evbuffer_readline": (c_void_p, [BUF]),
    "bufferevent_new": (BEV, [c_int, DATA, DATA, ERROR, c_void_p]),
    "bufferevent_free": (None, [BEV]),
    "bufferevent_base_set": (c_int, [c_void_p, BEV]),
    "bufferevent_enable": (c_int, [BEV, c_short]),
    "bufferevent_settimeout": (None, [BEV, c_int, c_int]),
    "bufferevent_write": (c_int, [BEV, c_char_p, c_size_t]),
    "bufferevent_write_buffer": (c_int, [BEV, BUF]),
    "bufferevent_read": (c_size_t, [BEV, c_char_p, c_size_t]),
    "evtag_init": (None, []),
    "evtag_marshal_string": (None, [BUF, c_uint32, c_char_p]),
    "evtag_unmarshal_string": (c_int, [BUF, c_uint32, ctypes.POINTER(c_void_p)]),
}


def load():
    lib = ctypes.CDLL(os.environ["EVHUB_LIBRARY"], use_errno=True)
    for name, (result, args) in PROTOTYPES.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, args
    # As scripts call what is variadic: without argtypes.
    lib.evbuffer_add_printf.restype = c_int
    return lib


lib = load()
libc = ctypes.CDLL(None)
libc.free.restype, libc.free.argtypes = None, [c_void_p]


def check_equal(got, want, what=""):
    if got != want:
        raise AssertionError(f"{what} got {got!r} want {want!r}")


def data(buf):
    """The bytes of a buffer, by its fields."""
    return ctypes.string_at(buf.contents.buffer, buf.contents.off) if buf.contents.off else b""


def taken(pointer):
    """A string that is now the caller's."""
    text = ctypes.string_at(pointer)
    libc.free(pointer)
    return text


def guarded(callback_type, function):
    """ctypes prints what a callback raises and goes on; here it ends the process."""

    def call(*args):
        try:
            function(*args)
        except BaseException:
            traceback.print_exc()
            os._exit(1)

    return callback_type(call)


def test_fields():
    changes = []
    buf, other = lib.evbuffer_new(), lib.evbuffer_new()
    now = buf.contents
    check_equal((now.buffer, now.misalign, now.totallen, now.off), (None, 0, 0, 0), "new")
    changed = guarded(CHANGED, lambda b, old, new, arg: changes.append((old, new, arg)))
    lib.evbuffer_setcb(buf, changed, 77)
    check_equal(now.cbarg, 77, "cbarg")
    check_equal(lib.evbuffer_add(buf, b"first\r\nsecond", 13), 0)
    check_equal(data(buf), b"first\r\nsecond")
    check_equal(taken(lib.evbuffer_readline(buf)), b"first")
    check_equal((now.misalign, now.off, now.buffer), (7, 6, now.orig_buffer + 7), "drained")
    check_equal(lib.evbuffer_add_printf(buf, b" %d %s", 42, b"more"), 8)
    check_equal(data(buf), b"second 42 more")
    check_equal(lib.evbuffer_add_buffer(other, buf), 0)
    check_equal((data(other), now.off), (b"second 42 more", 0), "moved")
    want = [(0, 13, 77), (13, 6, 77), (6, 14, 77), (14, 0, 77)]
    check_equal(changes, want, "callbacks")
    # The callback is a field like any other.
    now.cb = CHANGED()
    check_equal(lib.evbuffer_add(buf, b"x", 1), 0)
    check_equal(len(changes), 4, "callbacks after the field was cleared")
    lib.evbuffer_free(buf)
    lib.evbuffer_free(other)


def test_tags():
    buf = lib.evbuffer_new()
    text = c_void_p()
    lib.evtag_init()
    lib.evtag_marshal_string(buf, 0x80, b"text")
    check_equal(data(buf), b"\x80\x01\x04text")
    check_equal(lib.evtag_unmarshal_string(buf, 0x80, ctypes.byref(text)), 0)
    check_equal((taken(text.value), buf.contents.off), (b"text", 0))
    lib.evbuffer_free(buf)


class Echo:
    """A server that answers in capitals, and a client that has its text sent back."""

    def __init__(self, base, text):
        self.base, self.text = base, text
        self.sockets = socket.socketpair()
        self.heard, self.ends = b"", []
        self.readers = [guarded(DATA, self.answer), guarded(DATA, self.hear)]
        self.error = guarded(ERROR, lambda bev, what, arg: self.ends.append((arg, what)))
        self.ends_of_it = [self.make(side) for side in range(2)]

    def make(self, side):
        self.sockets[side].setblocking(False)
        fd = self.sockets[side].fileno()
        bev = lib.bufferevent_new(fd, self.readers[side], DATA(), self.error, side + 1)
        check_equal(bev.contents.enabled, WRITE, "enabled")
        check_equal(bev.contents.ev_read.ev_fd, fd, "ev_read.ev_fd")
        check_equal(lib.bufferevent_base_set(self.base, bev), 0)
        check_equal(lib.bufferevent_enable(bev, READ), 0)
        check_equal(bev.contents.enabled, READ | WRITE, "enabled")
        return bev

    def answer(self, bev, _arg):
        heard = bev.contents.input
        reply = data(heard).upper()
        lib.evbuffer_drain(heard, heard.contents.off)
        check_equal(lib.bufferevent_write(bev, reply, len(reply)), 0)

    def hear(self, bev, _arg):
        bytes_read = ctypes.create_string_buffer(4096)
        count = lib.bufferevent_read(bev, bytes_read, len(bytes_read))
        while count > 0:
            self.heard += bytes_read.raw[:count]
            count = lib.bufferevent_read(bev, bytes_read, len(bytes_read))
        if len(self.heard) == len(self.text):
            self.sockets[1].shutdown(socket.SHUT_WR)

    def run(self):
        client = self.ends_of_it[1]
        message = lib.evbuffer_new()
        check_equal(lib.evbuffer_add(message, self.text, len(self.text)), 0)
        check_equal(lib.bufferevent_write_buffer(client, message), 0)
        check_equal((data(message), data(client.contents.output)), (b"", self.text))
        lib.evbuffer_free(message)
        while not self.ends:
            check_equal(lib.event_base_loop(self.base, ONCE), 0)
        check_equal(self.heard, self.text.upper(), "heard")
        check_equal(self.ends, [(1, WHILE_READING | AT_EOF)], "ends")

    def free(self):
        for bev in self.ends_of_it:
            lib.bufferevent_free(bev)
        for side in self.sockets:
            side.close()


def test_echo():
    base = lib.event_init()
    echo = Echo(base, b"from a script " * 10000)
    echo.run()
    echo.free()
    lib.event_base_free(base)


def test_timeout():
    base = lib.event_init()
    echo = Echo(base, b"never sent")
    server = echo.ends_of_it[0]
    lib.bufferevent_settimeout(server, 1, 0)
    check_equal((server.contents.timeout_read, server.contents.timeout_write), (1, 0))
    while not echo.ends:
        check_equal(lib.event_base_loop(base, ONCE), 0)
    check_equal(echo.ends, [(1, WHILE_READING | TIMED_OUT)], "ends")
    echo.free()
    lib.event_base_free(base)


def main(*tests):
    signal.alarm(LIMIT_SECONDS)
    for test in tests:
        test()
    print("passed", flush=True)


main(test_fields, test_tags, test_echo, test_timeout)
