"""The library by ctypes: what a script has to declare, and what may go wrong."""

import ctypes
import errno
import gc
import os
import signal
import threading
import unittest

from support import METHOD, PATIENCE, Peer, once, pipe, quick, run_python

CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_short, ctypes.c_void_p)
WAKE = ctypes.CFUNCTYPE(None, ctypes.c_void_p)

EV_TIMEOUT, EV_READ, EV_PERSIST, EV_SIGNAL = 1, 2, 16, 8


class Timeval(ctypes.Structure):
    _fields_ = [("tv_sec", ctypes.c_long), ("tv_usec", ctypes.c_long)]


def load(name="libevhub.so.0"):
    lib = ctypes.CDLL(name, use_errno=True)
    lib.event_base_new.restype = ctypes.c_void_p
    lib.event_base_free.argtypes = lib.event_base_dispatch.argtypes = [ctypes.c_void_p]
    lib.event_base_loopbreak.argtypes = lib.event_reinit.argtypes = [ctypes.c_void_p]
    lib.event_base_get_method.restype = ctypes.c_char_p
    lib.event_base_get_method.argtypes = [ctypes.c_void_p]
    lib.event_set.argtypes = [
        ctypes.c_void_p, ctypes.c_int, ctypes.c_short, CALLBACK, ctypes.c_void_p,
    ]  # fmt: skip
    lib.event_base_set.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
    lib.event_add.argtypes = [ctypes.c_void_p, ctypes.POINTER(Timeval)]
    lib.event_del.argtypes = [ctypes.c_void_p]
    lib.evhub_async_new.restype = ctypes.c_void_p
    lib.evhub_async_new.argtypes = [ctypes.c_void_p, WAKE, ctypes.c_void_p]
    lib.evhub_async_send.argtypes = lib.evhub_async_free.argtypes = [ctypes.c_void_p]
    return lib


class Ctypes(unittest.TestCase):
    def setUp(self):
        self.lib = load()
        self.base = self.lib.event_base_new()
        self.addCleanup(self.lib.event_base_free, self.base)
        self.callbacks = []

    def event(self, fd, what, function):
        callback = CALLBACK(function)
        self.callbacks.append(callback)
        event = ctypes.create_string_buffer(128)
        self.lib.event_set(event, fd, what, callback, None)
        self.assertEqual(self.lib.event_base_set(self.base, event), 0)
        return event

    def dispatch(self):
        return self.lib.event_base_dispatch(self.base)

    def test_the_method(self):
        self.assertEqual(self.lib.event_base_get_method(self.base).decode(), METHOD)

    def test_timers(self):
        seen = []
        delays = [20000, 0, 10000]
        events = [self.event(-1, 0, lambda *_, d=delay: seen.append(d)) for delay in delays]

        def start(*_):
            # Timers of one callback count from the same time.
            for event, delay in zip(events, delays):
                self.lib.event_add(event, Timeval(0, delay))

        first = self.event(-1, 0, start)
        self.lib.event_add(first, Timeval(0, 0))
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(seen, [0, 10000, 20000])

    def test_descriptors(self):
        reader, writer = pipe(self)
        seen = []

        def take(fd, _what, _arg):
            seen.append(os.read(fd, 1))
            if len(seen) == 3:
                self.lib.event_del(event)

        event = self.event(reader, EV_READ | EV_PERSIST, take)
        self.lib.event_add(event, None)
        os.write(writer, b"abc")
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(seen, [b"a", b"b", b"c"])

    def test_errors(self):
        event = self.event(1 << 20, EV_READ, lambda *_: None)
        self.assertEqual(self.lib.event_add(event, None), -1)
        self.assertEqual(ctypes.get_errno(), errno.EBADF)

    def test_memory_that_goes_inside_its_callback(self):
        reader, writer = pipe(self)
        events = {}

        def take(number):
            del events[number]
            gc.collect(0)

        for number in range(50):
            events[number] = self.event(reader, EV_READ, lambda *_, n=number: take(n))
            self.lib.event_add(events[number], None)
        os.write(writer, b"x")
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(events, {})

    def test_a_loop_in_a_thread(self):
        threads = []
        ready = threading.Event()

        @WAKE
        def wake(_arg):
            threads.append(threading.current_thread())
            ready.set()
            if len(threads) == 2:
                self.lib.event_base_loopbreak(self.base)

        handle = self.lib.evhub_async_new(self.base, wake, None)
        peer = Peer(self.dispatch)
        self.lib.evhub_async_send(handle)
        self.assertTrue(ready.wait(PATIENCE))
        self.lib.evhub_async_send(handle)
        self.assertEqual(peer.finish(), 0)
        self.assertEqual(threads, [peer, peer])
        self.lib.evhub_async_free(handle)

    def test_other_threads_run_while_the_loop_waits(self):
        """ctypes gives the interpreter's lock away for each call."""
        counted = []

        def count():
            for number in range(quick(1000)):
                counted.append(number)
            self.lib.evhub_async_send(handle)

        @WAKE
        def stop(_arg):
            self.lib.event_base_loopbreak(self.base)

        handle = self.lib.evhub_async_new(self.base, stop, None)
        peer = Peer(count)
        self.assertEqual(self.dispatch(), 0)
        peer.finish()
        self.assertEqual(len(counted), quick(1000))
        self.lib.evhub_async_free(handle)

    def test_signals(self):
        seen = []
        event = self.event(signal.SIGINT, EV_SIGNAL, lambda fd, what, arg: seen.append(fd))
        self.lib.event_add(event, None)
        os.kill(os.getpid(), signal.SIGINT)
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(seen, [signal.SIGINT])

    def test_a_fork_in_a_callback(self):
        result = []

        def fork(*_):
            result.append(os.fork())
            self.lib.event_reinit(self.base)
            self.lib.event_add(later, Timeval(0, 1000))

        later = self.event(-1, 0, lambda *_: result.append(1))
        event = self.event(-1, 0, fork)
        self.lib.event_add(event, Timeval(0, 0))
        status = self.dispatch()
        if result[0] == 0:
            os._exit(0 if (status, result) == (1, [0, 1]) else 1)
        self.assertEqual((status, result[1:]), (1, [1]))
        _, status = os.waitpid(result[0], 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)

    @once
    def test_two_names_are_one_library(self):
        other = load("libevent-1.4.so.2")
        self.lib.event_init.restype = ctypes.c_void_p
        base = self.lib.event_init()
        self.assertEqual(ctypes.c_void_p.in_dll(other, "current_base").value, base)
        for name in ["event_init", "event_add", "evhttp_new"]:
            addresses = {ctypes.cast(getattr(l, name), ctypes.c_void_p).value for l in [
                self.lib, other,
            ]}  # fmt: skip
            self.assertEqual(len(addresses), 1, name)

    @once
    def test_loading_in_a_thread(self):
        text = """
import ctypes, threading
CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_short, ctypes.c_void_p)
tick = CALLBACK(lambda *_: said.append("tick"))
said = []
def run():
    lib = ctypes.CDLL("libevhub.so.0")
    lib.event_init()
    lib.event_once(-1, 1, tick, None, (ctypes.c_long * 2)(0, 0))
    said.append(lib.event_dispatch())
for _ in range(3):
    thread = threading.Thread(target=run)
    thread.start()
    thread.join()
print(*said)
"""
        self.assertEqual(run_python(text), (0, "tick 1 tick 1 tick 1\n"))

    @once
    def test_a_callback_that_fails_is_reported(self):
        text = """
import ctypes
lib = ctypes.CDLL("libevhub.so.0")
CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_short, ctypes.c_void_p)
failing = CALLBACK(lambda *_: 1 / 0)
lib.event_init()
lib.event_once(-1, 1, failing, None, (ctypes.c_long * 2)(0, 0))
print("loop", lib.event_dispatch())
"""
        status, said = run_python(text)
        self.assertEqual(status, 0, said)
        self.assertIn("ZeroDivisionError", said)
        self.assertIn("loop 1\n", said)

    @once
    def test_the_interpreter_ends_with_events_pending(self):
        text = """
import ctypes
lib = ctypes.CDLL("libevhub.so.0")
CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_short, ctypes.c_void_p)
tick = CALLBACK(lambda *_: None)
lib.event_init()
lib.event_once(-1, 1, tick, None, (ctypes.c_long * 2)(3600, 0))
print("end")
"""
        self.assertEqual(run_python(text), (0, "end\n"))


if __name__ == "__main__":
    unittest.main()
