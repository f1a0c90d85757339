"""What gevent 0.13 relies on, number by number: the callbacks' order, what is pending when, results
of the loop, which calls may be made where."""

import ctypes
import errno
import gc
import os
import signal
import socket
import subprocess
import sys
import tempfile
import unittest

import greenlet
from gevent import core
from support import A, NameServer, listener, once, pipe, run_python

lib = ctypes.CDLL("libevhub.so.0")

READ, WRITE, PERSIST = 2, 4, 16


def current_base():
    return ctypes.c_void_p.in_dll(lib, "current_base").value


class Behaviours(unittest.TestCase):
    def test_01_importing_makes_the_current_base_and_events_go_to_it(self):
        base = current_base()
        self.assertTrue(base)
        timer = core.timer(0, lambda: None)
        self.assertEqual(ctypes.c_void_p.from_address(id(timer) + 24 + 56).value, base)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(current_base(), base)

    def test_02_an_event_is_not_pending_while_its_callback_runs_and_not_touched_after_it(self):
        reader, writer = pipe(self)
        seen = []

        def call(event, _what):
            seen.append(event.pending)
            memory = id(event) + 24
            ctypes.memset(memory, 0xA5, 128)  # as whoever gets the memory next may do
            garbage.append(ctypes.string_at(memory, 128))
            ctypes.memmove(memory, clean, 128)

        garbage = []
        event = core.event(READ, reader, call)
        clean = ctypes.string_at(id(event) + 24, 128)
        event.add()
        os.write(writer, b"x")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [0])
        self.assertEqual(ctypes.string_at(id(event) + 24, 128), clean)

    def test_03_what_is_activated_in_callbacks_runs_in_the_same_pass_in_order(self):
        seen = []

        def first():
            core.timer(0, seen.append, "the next pass")
            core.active_event(seen.append, "active 1")
            core.active_event(seen.append, "active 2")
            cancelled = core.active_event(seen.append, "cancelled")
            self.assertTrue(cancelled.pending)
            cancelled.cancel()

        core.active_event(first)
        self.assertEqual(core.loop(), 0)
        self.assertEqual(seen, ["active 1", "active 2"])
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen[2:], ["the next pass"])

    def test_04_adding_a_bad_descriptor_fails(self):
        with self.assertRaises(OSError) as caught:
            core.read_event(1 << 20, lambda *_: None)
        self.assertEqual(caught.exception.errno, errno.EBADF)
        if core.get_method() == "epoll":
            with tempfile.TemporaryFile() as file:
                with self.assertRaises(OSError) as caught:
                    core.read_event(file.fileno(), lambda *_: None)
                self.assertEqual(caught.exception.errno, errno.EPERM)

    def test_05_events_of_one_direction_on_one_descriptor_are_all_called(self):
        reader, writer = pipe(self)
        seen = []
        for number in range(5):
            core.read_event(reader, lambda *_, n=number: seen.append(n))
        os.write(writer, b"x")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(sorted(seen), list(range(5)))

    def test_06_dispatch_returns_1_without_events(self):
        self.assertEqual(core.dispatch(), 1)
        # The socket of a name server keeps the loop running until there is none.
        server = NameServer(self, {})
        lib.evdns_clear_nameservers_and_suspend()
        lib.evdns_nameserver_ip_add(server.address.encode())
        seen = []
        core.timer(0.01, lambda: (seen.append("timer"), core.dns_shutdown()))
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, ["timer"])
        # A signal is an event; what the library itself watches is none.
        event = core.signal(signal.SIGUSR1, lambda: None)
        core.timer(0, event.cancel)
        self.assertEqual(core.dispatch(), 1)

    def test_07_callbacks_switch_stacks_and_others_use_the_loop_meanwhile(self):
        reader, writer = pipe(self)
        hub = greenlet.greenlet(core.dispatch)
        main = greenlet.getcurrent()
        waiting = core.read_event(reader, lambda *_: main.switch("called"))
        os.write(writer, b"x")
        self.assertEqual(hub.switch(), "called")
        # The loop's stack is away, in the middle of a callback.
        seen = []
        self.assertFalse(waiting.pending)
        timers = [core.timer(0, seen.append, number) for number in range(10)]
        timers[5].cancel()
        core.active_event(seen.append, "active")
        core.read_event(reader, lambda *_: seen.append(os.read(reader, 1)))
        core.reinit()
        self.assertEqual(hub.switch(), 1)
        self.assertEqual(seen[0], "active")
        self.assertEqual([n for n in seen if type(n) is int], [0, 1, 2, 3, 4, 6, 7, 8, 9])
        self.assertIn(b"x", seen)

    def test_08_reinit_in_callbacks_of_the_running_loop_in_parent_and_child(self):
        reader, writer = pipe(self)
        seen = []
        pids = []

        def call(event, _what):
            pids.append(os.fork())
            core.reinit()
            core.timer(0.001, seen.append, "later")
            event.cancel()

        core.event(READ | PERSIST, reader, call).add()
        os.write(writer, b"x")
        status = core.dispatch()
        good = (status, seen) == (1, ["later"])
        if pids[0] == 0:
            os._exit(0 if good else 1)
        self.assertTrue(good)
        self.assertEqual(os.waitstatus_to_exitcode(os.waitpid(pids[0], 0)[1]), 0)

    def test_09_signals_are_called_in_the_loop_and_the_old_handler_comes_back(self):
        seen = []
        previous = signal.signal(signal.SIGUSR1, lambda *_: seen.append("before"))
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)
        event = core.signal(signal.SIGUSR1, lambda: seen.append("loop"))
        for _ in range(2):
            os.kill(os.getpid(), signal.SIGUSR1)
            core.loop()
        event.cancel()
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertEqual(seen, ["loop", "loop", "before"])

    def test_10_names_are_answered_after_the_call_and_init_needs_no_network(self):
        core.dns_init()
        lib.evdns_clear_nameservers_and_suspend()
        server = NameServer(self, {("a.test", A): [socket.inet_aton("192.0.2.1")]})
        lib.evdns_nameserver_ip_add(server.address.encode())
        lib.evdns_resume()
        seen = []

        def answer(*answer):
            seen.append(answer[0])
            if len(seen) == 3:
                core.dns_shutdown()

        for name in ["a.test", "192.0.2.7", "none.test"]:
            core.dns_resolve_ipv4(name, 1, answer)
        self.assertEqual(seen, [])
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(sorted(seen), [0, 0, core.DNS_ERR_NOTEXIST])
        self.assertTrue(all(map(core.dns_err_to_string, range(-100, 100))))

    def test_11_the_server_closes_what_it_accepts_from_and_tells_of_ends(self):
        sock = listener(self)
        address = sock.getsockname()
        held = []
        server = core.http(held.append)
        server.accept(sock.detach())
        client = socket.create_connection(address)
        client.sendall(b"GET / HTTP/1.0\r\n\r\n")
        while not held:
            core.loop()
        self.assertEqual(held[0].response_code, 0)
        self.assertTrue(held[0].connection)
        # The end of the server ends its connections, and gevent hears of each.
        del server
        gc.collect()
        self.assertFalse(held[0])
        client.close()
        with self.assertRaises(ConnectionRefusedError):
            socket.create_connection(address)

    def test_12_the_method_is_what_the_environment_leaves(self):
        program = "from gevent import core; print(core.get_method())"
        for off, method in [
            (["EVENT_NOKQUEUE"], "epoll"),
            (["EVENT_NOKQUEUE", "EVENT_NOEPOLL"], "poll"),
            (["EVENT_NOKQUEUE", "EVENT_NOEPOLL", "EVENT_NOPOLL"], "select"),
        ]:
            kept = {k: v for k, v in os.environ.items() if not k.startswith("EVENT_")}
            command = [sys.executable, "-c", program]
            environment = {**kept, **{name: "1" for name in off}}
            said = subprocess.run(command, env=environment, capture_output=True, check=True)
            self.assertEqual(said.stdout.decode(), f"{method}\n")

    @once
    def test_13_an_event_of_zeros_works_after_event_set(self):
        event = core.event(READ, 0, lambda *_: None)
        memory = id(event) + 24
        self.assertEqual(ctypes.c_void_p.from_address(memory + 56).value, current_base())
        lib.event_priority_init(7)
        event = core.event(READ, 0, lambda *_: None)
        self.assertEqual(ctypes.c_int.from_address(id(event) + 24 + 96).value, 3)

    @once
    def test_the_interpreter_ends_with_everything_pending(self):
        program = """
from gevent import core
import os, signal, socket
reader, writer = os.pipe()
kept = [core.read_event(reader, print), core.timer(60, print), core.active_event(print),
        core.signal(signal.SIGINT, print)]
core.dns_init()
sock = socket.create_server(("127.0.0.1", 0))
server = core.http(print)
server.accept(sock.detach())
print("end")
"""
        self.assertEqual(run_python(program), (0, "end\n"))


if __name__ == "__main__":
    unittest.main()
