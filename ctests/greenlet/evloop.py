"""The event loop through ctypes, for tests that switch greenlets inside its callbacks.

EVHUB_LIBRARY names the library. A Hub runs the loop in a greenlet of its own; whoever waits
adds an event and switches to the hub, and the event's callback, which runs on the hub's stack
with the loop's C frames below it, switches back. greenlet copies slices of that stack away
and back: nothing on the heap may point into them.
"""

import ctypes
import os
import random
import signal
from ctypes import c_char, c_int, c_long, c_short, c_uint, c_void_p

import greenlet

TIMEOUT, READ, WRITE, SIGNAL, PERSIST = 1, 2, 4, 8, 16
ONCE, NONBLOCK = 1, 2
LIMIT_SECONDS = 120


class Timeval(ctypes.Structure):
    _fields_ = [("tv_sec", c_long), ("tv_usec", c_long)]


CALLBACK = ctypes.CFUNCTYPE(None, c_int, c_short, c_void_p)


class EventStruct(ctypes.Structure):
    """struct event, as compiled programs know it."""

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


assert ctypes.sizeof(EventStruct) == 128
assert EventStruct.ev_callback.offset == 104


def load():
    lib = ctypes.CDLL(os.environ["EVHUB_LIBRARY"], use_errno=True)
    pointer = ctypes.POINTER(EventStruct)
    time = ctypes.POINTER(Timeval)
    prototypes = {
        "event_init": (c_void_p, []),
        "event_base_new": (c_void_p, []),
        "event_base_free": (None, [c_void_p]),
        "event_base_get_method": (ctypes.c_char_p, [c_void_p]),
        "event_base_loop": (c_int, [c_void_p, c_int]),
        "event_base_loopbreak": (c_int, [c_void_p]),
        "event_base_loopexit": (c_int, [c_void_p, time]),
        "event_base_priority_init": (c_int, [c_void_p, c_int]),
        "event_base_set": (c_int, [c_void_p, pointer]),
        "event_priority_set": (c_int, [pointer, c_int]),
        "event_reinit": (c_int, [c_void_p]),
        "event_set": (None, [pointer, c_int, c_short, CALLBACK, c_void_p]),
        "event_add": (c_int, [pointer, time]),
        "event_del": (c_int, [pointer]),
        "event_active": (None, [pointer, c_int, c_short]),
        "event_pending": (c_int, [pointer, c_short, time]),
    }
    for name, (result, args) in prototypes.items():
        function = getattr(lib, name)
        function.restype, function.argtypes = result, args
    return lib


lib = load()


def check(condition, *what):
    if not condition:
        raise AssertionError(" ".join(str(w) for w in what) or "check failed")


def check_equal(got, want, what=""):
    check(got == want, what, "got", repr(got), "want", repr(want))


def scribble(depth):
    """Uses some C stack, so that frames that were copied away are overwritten."""
    if depth == 0:
        return 0
    return max([depth], key=lambda d: scribble(d - 1))


class Event:
    """A struct event and its Python callback; an exception there ends the process."""

    def __init__(self, base, fd, events, callback):
        self.struct = EventStruct()
        self.callback = callback
        self.c_callback = CALLBACK(self.call)
        lib.event_set(self.struct, fd, events, self.c_callback, None)
        check_equal(lib.event_base_set(base, self.struct), 0, "event_base_set")

    def call(self, fd, what, _arg):
        try:
            self.callback(fd, what)
        except greenlet.GreenletExit:
            raise
        except BaseException:
            import traceback

            traceback.print_exc()
            os._exit(1)

    def add(self, seconds=None):
        tv = None
        if seconds is not None:
            tv = Timeval(int(seconds), int(seconds * 1000000) % 1000000)
        check_equal(lib.event_add(self.struct, tv), 0, "event_add")
        return self

    def delete(self):
        check_equal(lib.event_del(self.struct), 0, "event_del")

    def activate(self, result, calls=1):
        lib.event_active(self.struct, result, calls)

    def pending(self, mask=TIMEOUT | READ | WRITE | SIGNAL):
        return lib.event_pending(self.struct, mask, None)


class Hub:
    """Runs a base in a greenlet; wait() is what every blocking call of a greenlet comes to."""

    def __init__(self, priorities=1):
        self.base = lib.event_base_new()
        check(self.base, "event_base_new")
        check_equal(lib.event_base_priority_init(self.base, priorities), 0)
        self.results = []
        self.running = False
        self.main = greenlet.getcurrent()
        self.greenlet = greenlet.greenlet(self.run)

    def run(self, *_ignored):
        while True:
            self.running = True
            self.results.append(lib.event_base_loop(self.base, 0))
            self.running = False
            self.main.switch()

    def park(self):
        """Leaves the processor to the loop; before that runs, to whoever makes the hub."""
        return (self.greenlet if self.running else self.main).switch()

    def event(self, fd, events, callback):
        return Event(self.base, fd, events, callback)

    def wait(self, fd=-1, events=0, seconds=None):
        """Parks the current greenlet until the event fires; what it fired with."""
        me = greenlet.getcurrent()
        event = self.event(fd, events, lambda _fd, what: me.switch(what))
        event.add(seconds)
        what = self.park()
        check_equal(event.pending(), 0, "a one-shot event that fired")
        return what

    def sleep(self, seconds):
        check_equal(self.wait(seconds=seconds), TIMEOUT)

    def free(self):
        lib.event_base_free(self.base)


def start(hub, function, *args, depth=0):
    """A greenlet whose stack begins here, or some C frames deeper; at its end the hub goes on."""
    if depth > 0:
        max([0], key=lambda _: start(hub, function, *args, depth=depth - 1) or 0)
        return
    made = greenlet.greenlet(function)
    made.parent = hub.greenlet
    made.switch(*args)


def seeded(name):
    return random.Random(f"{name} {os.environ.get('EVHUB_SEED', '1')}")


def main(*tests):
    signal.alarm(LIMIT_SECONDS)
    base = lib.event_base_new()
    method = lib.event_base_get_method(base).decode()
    check_equal(method, os.environ.get("EVHUB_METHOD", method), "the method in use")
    lib.event_base_free(base)
    for test in tests:
        test()
    print("passed", flush=True)
    # Whatever is parked for good is not to be unwound.
    os._exit(0)
