"""The library by cffi, in both of its modes: with evhub.cdef.h at run time, and with a module that
is compiled against the headers."""

import errno
import gc
import os
import signal
import socket
import subprocess
import threading
import unittest

import _evhub
import cffi
from support import (
    METHOD, PATIENCE, A, NameServer, Peer, everything, listener, once, pipe, quick, run_python,
)  # fmt: skip


def by_declarations():
    ffi = cffi.FFI()
    command = ["pkg-config", "--variable=cdef", "evhub"]
    with open(subprocess.check_output(command, text=True).strip()) as file:
        ffi.cdef(file.read())
    return ffi, ffi.dlopen("libevhub.so.0")


class Calls:
    """The tests of both modes."""

    def setUp(self):
        lib = self.lib
        self.base = lib.event_base_new()
        self.addCleanup(lib.event_base_free, self.base)
        self.callbacks = []

    def event(self, fd, what, function, *arguments):
        """An event that calls function(what, *arguments)."""
        ffi, lib = self.ffi, self.lib
        callback = ffi.callback(
            "void(int, short, void *)", lambda _fd, what, _arg: function(what, *arguments)
        )
        self.callbacks.append(callback)
        event = ffi.new("struct event *")
        lib.event_set(event, fd, what, callback, ffi.NULL)
        self.assertEqual(lib.event_base_set(self.base, event), 0)
        return event

    def timeval(self, seconds):
        whole = int(seconds)
        micros = int((seconds - whole) * 1e6)
        return self.ffi.new("struct timeval *", {"tv_sec": whole, "tv_usec": micros})

    def dispatch(self):
        return self.lib.event_base_dispatch(self.base)

    @once
    def test_sizes_and_constants(self):
        sizes = {"event": 128, "evbuffer": 56, "evhttp_request": 152, "evkeyval": 32}
        for name, size in sizes.items():
            self.assertEqual(self.ffi.sizeof(f"struct {name}"), size, name)
        lib = self.lib
        self.assertEqual((lib.EV_READ, lib.EV_PERSIST, lib.EVLIST_ALL), (2, 16, 0xF09F))
        self.assertEqual((lib.HTTP_OK, lib.DNS_ERR_TIMEOUT, lib.EVHTTP_REQ_POST), (200, 67, 1))

    @once
    def test_all_that_is_declared_is_there(self):
        names = [name for name in dir(self.lib) if name.startswith("ev")]
        self.assertGreater(len(names), 300)
        for name in names:
            self.assertTrue(getattr(self.lib, name), name)

    def test_the_method(self):
        method = self.ffi.string(self.lib.event_base_get_method(self.base)).decode()
        self.assertEqual(method, METHOD)

    def test_timers(self):
        seen = []
        delays = [0.02, 0, 0.01]
        events = [self.event(-1, 0, lambda what, d: seen.append((what, d)), d) for d in delays]

        def start(_what):
            # Timers of one callback count from the same time.
            for event, delay in zip(events, delays):
                self.assertEqual(self.lib.event_add(event, self.timeval(delay)), 0)

        first = self.event(-1, 0, start)
        self.lib.event_add(first, self.timeval(0))
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(seen, [(1, 0), (1, 0.01), (1, 0.02)])

    def test_descriptors(self):
        reader, writer = pipe(self)
        seen = []

        def take(what):
            seen.append((what, os.read(reader, 1)))
            if len(seen) == 3:
                self.lib.event_del(event)

        event = self.event(reader, self.lib.EV_READ | self.lib.EV_PERSIST, take)
        self.lib.event_add(event, self.ffi.NULL)
        self.assertEqual((event.ev_fd, event.ev_flags), (reader, 0x82))
        os.write(writer, b"abc")
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(seen, [(2, b"a"), (2, b"b"), (2, b"c")])

    def test_errors(self):
        event = self.event(1 << 20, self.lib.EV_READ, lambda what: None)
        self.assertEqual(self.lib.event_add(event, self.ffi.NULL), -1)
        self.assertEqual(self.ffi.errno, errno.EBADF)
        self.assertEqual(self.lib.event_base_priority_init(self.base, 0), -1)
        self.assertEqual(self.ffi.errno, errno.EINVAL)

    def test_a_callback_that_fails(self):
        """cffi reports the exception, and the loop goes on."""
        seen = []
        failures = []

        def fail(_fd, _what, _arg):
            raise ValueError("on purpose")

        def onerror(_kind, value, _traceback):
            failures.append(str(value))

        failing = self.ffi.callback("void(int, short, void *)", fail, onerror=onerror)
        self.lib.event_base_once(self.base, -1, 1, failing, self.ffi.NULL, self.timeval(0))
        event = self.event(-1, 0, seen.append)
        self.lib.event_add(event, self.timeval(0))
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual((seen, failures), ([1], ["on purpose"]))

    def test_memory_that_goes_inside_its_callback(self):
        reader, writer = pipe(self)
        events = {}

        def take(_what, number):
            del events[number]
            gc.collect(0)

        for number in range(50):
            events[number] = self.event(reader, self.lib.EV_READ, take, number)
            self.lib.event_add(events[number], self.ffi.NULL)
        os.write(writer, b"x")
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(events, {})

    def test_events_that_are_collected_while_pending(self):
        """Those of evhub_event_new() are deleted when they are freed."""
        ffi, lib = self.ffi, self.lib
        callback = ffi.callback("void(int, short, void *)", lambda *_: self.fail("called"))
        for _ in range(quick(1000)):
            event = lib.evhub_event_new(self.base, -1, 0, callback, ffi.NULL)
            event = ffi.gc(event, lib.evhub_event_free)
            lib.event_add(event, self.timeval(0.001))
            del event
        gc.collect()
        self.assertEqual(self.dispatch(), 1)

    @once
    def test_buffers(self):
        ffi, lib = self.ffi, self.lib
        buffer = ffi.gc(lib.evbuffer_new(), lib.evbuffer_free)
        data = bytes(range(256)) * 100
        self.assertEqual(lib.evbuffer_add(buffer, data, len(data)), 0)
        lib.evbuffer_drain(buffer, 10)
        self.assertEqual(buffer.off, len(data) - 10)
        self.assertTrue(ffi.buffer(buffer.buffer, buffer.off)[:] == data[10:])
        number = ffi.cast("int", 42)
        self.assertEqual(lib.evbuffer_add_printf(buffer, b"%d\n", number), 3)

    @once
    def test_messages_of_the_library(self):
        seen = []

        @self.ffi.callback("event_log_cb")
        def log(severity, text):
            seen.append((severity, self.ffi.string(text).decode()))

        self.lib.event_set_log_callback(log)
        self.addCleanup(self.lib.event_set_log_callback, self.ffi.NULL)
        self.lib.evbuffer_add(self.ffi.NULL, b"x", 1)
        self.assertEqual(len(seen), 1)
        self.assertEqual(seen[0][0], self.lib._EVENT_LOG_WARN)
        self.assertIn("evbuffer_add", seen[0][1])

    def test_bufferevents(self):
        ffi, lib = self.ffi, self.lib
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        theirs.setblocking(False)

        @ffi.callback("evbuffercb")
        def on_data(peer, _arg):
            lib.bufferevent_write_buffer(peer, peer.input)

        @ffi.callback("everrorcb")
        def on_end(peer, what, _arg):
            ends.append(what)
            lib.bufferevent_free(peer)
            theirs.shutdown(socket.SHUT_RDWR)

        ends = []
        peer = lib.bufferevent_new(theirs.fileno(), on_data, ffi.NULL, on_end, ffi.NULL)
        self.assertEqual(lib.bufferevent_base_set(self.base, peer), 0)
        lib.bufferevent_enable(peer, lib.EV_READ | lib.EV_WRITE)
        data = os.urandom(quick(200000))

        def client():
            writer = Peer(lambda: (ours.sendall(data), ours.shutdown(socket.SHUT_WR)))
            back = everything(ours)
            writer.finish()
            return back

        reading = Peer(client)
        self.dispatch()
        self.assertTrue(reading.finish() == data)
        self.assertEqual(ends, [lib.EVBUFFER_READ | lib.EVBUFFER_EOF])

    def test_a_loop_in_a_thread(self):
        """One base per thread; evhub_async_send() reaches it from others."""
        ffi, lib = self.ffi, self.lib
        threads = []

        @ffi.callback("void(void *)")
        def wake(_arg):
            threads.append(threading.current_thread())
            if len(threads) == 2:
                lib.event_base_loopbreak(self.base)
            else:
                ready.set()

        ready = threading.Event()
        handle = lib.evhub_async_new(self.base, wake, ffi.NULL)
        peer = Peer(self.dispatch)
        lib.evhub_async_send(handle)
        self.assertTrue(ready.wait(PATIENCE))
        lib.evhub_async_send(handle)
        self.assertEqual(peer.finish(), 0)
        self.assertEqual(threads, [peer, peer])
        lib.evhub_async_free(handle)

    def test_loops_in_many_threads(self):
        lib = self.lib
        count = quick(500)

        def loop():
            base = lib.event_base_new()
            calls = []

            def call(_fd, _what, _arg):
                calls.append(1)
                if len(calls) < count:
                    lib.event_add(event, self.timeval(0))

            callback = self.ffi.callback("void(int, short, void *)", call)
            event = self.ffi.new("struct event *")
            lib.event_set(event, -1, 0, callback, self.ffi.NULL)
            lib.event_base_set(base, event)
            lib.event_add(event, self.timeval(0))
            result = lib.event_base_dispatch(base)
            lib.event_base_free(base)
            return result, len(calls)

        peers = [Peer(loop) for _ in range(4)]
        self.assertEqual([peer.finish() for peer in peers], [(1, count)] * 4)

    def test_signals(self):
        seen = []
        event = self.event(signal.SIGUSR1, self.lib.EV_SIGNAL, seen.append)
        self.lib.event_add(event, self.ffi.NULL)
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(seen, [self.lib.EV_SIGNAL])

    def test_a_fork_in_a_callback(self):
        result = []

        def fork(_what):
            result.append(os.fork())
            self.lib.event_reinit(self.base)
            self.lib.event_add(later, self.timeval(0.001))

        later = self.event(-1, 0, result.append)
        event = self.event(-1, 0, fork)
        self.lib.event_add(event, self.timeval(0))
        status = self.dispatch()
        if result[0] == 0:
            os._exit(0 if (status, result) == (1, [0, 1]) else 1)
        self.assertEqual((status, result[1:]), (1, [1]))
        _, status = os.waitpid(result[0], 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)

    def test_names(self):
        ffi, lib = self.ffi, self.lib
        addresses = [socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2")]
        server = NameServer(self, {("a.test", A): addresses})
        dns = lib.evhub_evdns_base_new(self.base, 0)
        lib.evhub_evdns_base_nameserver_ip_add(dns, server.address.encode())
        seen = {}

        @ffi.callback("evdns_callback_type")
        def on_answer(result, _kind, count, _ttl, data, arg):
            found = ffi.unpack(ffi.cast("char *", data), 4 * count) if count else b""
            seen[ffi.from_handle(arg)] = (result, found)
            if len(seen) == 2:
                lib.evhub_evdns_base_free(dns, 0)

        names = {name: ffi.new_handle(name) for name in ["a.test", "b.test"]}
        for name, handle in names.items():
            lib.evhub_evdns_base_resolve_ipv4(
                dns, name.encode(), lib.DNS_QUERY_NO_SEARCH, on_answer, handle
            )
        self.dispatch()
        self.assertEqual(seen["a.test"], (lib.DNS_ERR_NONE, b"".join(addresses)))
        self.assertEqual(seen["b.test"], (lib.DNS_ERR_NOTEXIST, b""))

    def test_an_http_server(self):
        ffi, lib = self.ffi, self.lib
        seen = []

        @ffi.callback("void(struct evhttp_request *, void *)")
        def answer(req, _arg):
            headers = []
            header = req.input_headers.tqh_first
            while header:
                headers.append((ffi.string(header.key), ffi.string(header.value)))
                header = header.next.tqe_next
            body = ffi.buffer(req.input_buffer.buffer, req.input_buffer.off)[:]
            seen.append((ffi.string(req.uri), req.type, req.major, req.minor, body, headers))
            lib.evhttp_add_header(req.output_headers, b"X-Name", b"value")
            page = ffi.gc(lib.evbuffer_new(), lib.evbuffer_free)
            lib.evbuffer_add(page, b"page", 4)
            lib.evhttp_send_reply(req, lib.HTTP_OK, b"OK", page)

        sock = listener(self)
        address = sock.getsockname()
        server = lib.evhttp_new(self.base)
        self.assertEqual(lib.evhttp_accept_socket(server, sock.detach()), 0)
        lib.evhttp_set_gencb(server, answer, ffi.NULL)

        def client():
            with socket.create_connection(address) as sock:
                sock.sendall(b"POST /x HTTP/1.0\r\nHost: h\r\nContent-Length: 4\r\n\r\nbody")
                return everything(sock)

        peer = Peer(client)
        tick = self.event(-1, 0, lambda what: None)
        while peer.is_alive():
            lib.event_add(tick, self.timeval(0.005))
            lib.event_base_loop(self.base, lib.EVLOOP_ONCE)
        lib.evhttp_free(server)
        said = peer.finish()
        self.assertTrue(said.startswith(b"HTTP/1.0 200 OK\r\n"), said)
        self.assertIn(b"\r\nX-Name: value\r\n", said)
        self.assertTrue(said.endswith(b"\r\n\r\npage"), said)
        headers = [(b"Host", b"h"), (b"Content-Length", b"4")]
        self.assertEqual(seen, [(b"/x", lib.EVHTTP_REQ_POST, b"\1", b"\0", b"body", headers)])


class Declarations(Calls, unittest.TestCase):
    """cffi's ABI mode."""

    ffi, lib = by_declarations()

    @once
    def test_two_names_are_one_library(self):
        other = self.ffi.dlopen("libevent-1.4.so.2")
        for name in ["event_init", "event_add", "evbuffer_new"]:
            ours, theirs = getattr(self.lib, name), getattr(other, name)
            self.assertEqual(ours, theirs, name)


class Compiled(Calls, unittest.TestCase):
    """cffi's API mode."""

    ffi, lib = _evhub.ffi, _evhub.lib

    def test_a_callback_that_is_compiled(self):
        seen = []

        @self.ffi.def_extern()
        def on_event(_fd, what, arg):
            seen.append((what, self.ffi.from_handle(arg)))

        handle = self.ffi.new_handle("arg")
        event = self.ffi.new("struct event *")
        self.lib.event_set(event, -1, 0, self.lib.on_event, handle)
        self.lib.event_base_set(self.base, event)
        self.lib.event_add(event, self.timeval(0))
        self.assertEqual(self.dispatch(), 1)
        self.assertEqual(seen, [(1, "arg")])


BESIDE_SSL = """
import sys
first, second = sys.argv[1:3]
__import__(first)
__import__(second)
import _evhub, ssl
lib, ffi = _evhub.lib, _evhub.ffi
context = ssl.create_default_context()
incoming, outgoing = ssl.MemoryBIO(), ssl.MemoryBIO()
side = context.wrap_bio(incoming, outgoing, server_hostname="here.test")
try:
    side.do_handshake()
except ssl.SSLWantReadError:
    pass
assert outgoing.pending > 100
lib.event_init()
called = []
tick = ffi.callback("void(int, short, void *)", lambda *_: called.append(1))
zero = ffi.new("struct timeval *")
assert lib.event_once(-1, lib.EV_TIMEOUT, tick, ffi.NULL, zero) == 0
assert lib.event_dispatch() == 1 and called == [1]
print("passed")
"""


class BesideSsl(unittest.TestCase):
    @once
    def test_both_orders(self):
        for order in [("ssl", "_evhub"), ("_evhub", "ssl")]:
            self.assertEqual(run_python(BESIDE_SSL, *order), (0, "passed\n"))


if __name__ == "__main__":
    unittest.main()
