"""Greenlets of Python that switch in the middle of the library's callbacks: behaviour 7. Thousands
of them, waiting for times, sockets and each other."""

import ctypes
import os
import random
import signal
import socket
import time
import unittest

import greenlet
import hub
from gevent import core
from hub import Queue, Socket, Timeout, sleep, spawn, wait
from support import PATIENCE, A, NameServer, listener, pipe, quick

lib = ctypes.CDLL("libevhub.so.0")


def deeper(levels, function, *arguments):
    """Calls a function further down the stack, so that stacks overlap in different ways."""
    if levels == 0:
        return function(*arguments)
    return deeper(levels - 1, function, *arguments)


class Sleeping(unittest.TestCase):
    def test_nobody_wakes_early(self):
        early = []

        def sleeper(delay):
            end = time.monotonic() + delay
            sleep(delay)
            if time.monotonic() < end:
                early.append(delay)

        for number in range(50):
            spawn(sleeper, number % 5 / 100)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(early, [])

    def test_thousands(self):
        count = quick(3000)
        woken = []

        def sleeper(number):
            for _ in range(3):
                deeper(number % 5, sleep, number % 3 / 1000)
            woken.append(number)

        for number in range(count):
            spawn(sleeper, number)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(sorted(woken), list(range(count)))

    def test_one_hub_after_another(self):
        for _ in range(3):
            spawn(sleep, 0.001)
            self.assertEqual(hub.run(), 1)

    def test_a_greenlet_that_is_killed(self):
        seen = []

        def sleeper():
            try:
                sleep(3600)
            except greenlet.GreenletExit:
                seen.append("killed")

        target = spawn(sleeper)
        core.timer(0.005, target.throw)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(seen, ["killed"])


class Queues(unittest.TestCase):
    def test_producers_and_consumers(self):
        count = quick(2000)
        queue = Queue(10)
        taken = []

        def producer(numbers):
            for number in numbers:
                queue.put(number)

        def consumer(amount):
            for _ in range(amount):
                taken.append(queue.get())

        for start in range(4):
            spawn(producer, range(start, count, 4))
            spawn(consumer, len(range(start, count, 4)))
        self.assertEqual(hub.run(), 1)
        self.assertEqual(sorted(taken), list(range(count)))

    def test_a_chain_of_a_thousand(self):
        queues = [Queue() for _ in range(quick(1000) + 1)]
        seen = []

        def link(before, after):
            after.put(before.get() + 1)

        for before, after in zip(queues, queues[1:]):
            spawn(link, before, after)
        spawn(lambda: seen.append(queues[-1].get()))
        queues[0].put(0)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(seen, [len(queues) - 1])


class Sockets(unittest.TestCase):
    def test_an_echo_server(self):
        sock = listener(self, 500)
        clients = quick(200)
        results = []

        def serve(connection):
            while data := connection.recv(4096):
                connection.sendall(data)
            connection.close()

        def accept():
            server = Socket(sock)
            for _ in range(clients):
                spawn(serve, server.accept())

        def client(number):
            rng = random.Random(number)
            connection = Socket.connect(sock.getsockname())
            for _ in range(5):
                data = rng.randbytes(rng.randrange(1, 5000))
                deeper(number % 4, connection.sendall, data)
                back = b""
                while len(back) < len(data):
                    back += connection.recv(4096)
                results.append(back == data)
            connection.close()

        spawn(accept)
        for number in range(clients):
            spawn(client, number)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(len(results), clients * 5)
        self.assertTrue(all(results))

    def test_more_than_a_socket_holds(self):
        ours, theirs = map(Socket, socket.socketpair())
        data = bytes(range(256)) * quick(20000)
        taken = []

        def reader():
            while piece := theirs.recv(65536):
                taken.append(piece)
            theirs.close()

        def writer():
            ours.sendall(data)
            ours.close()

        spawn(reader)
        spawn(writer)
        self.assertEqual(hub.run(), 1)
        self.assertTrue(b"".join(taken) == data)

    def test_a_timeout(self):
        reader, _writer = pipe(self)
        seen = []

        def waiter():
            try:
                wait(core.read_event, reader, 0.005)
            except Timeout:
                seen.append("timeout")

        spawn(waiter)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(seen, ["timeout"])

    def test_two_greenlets_read_one_descriptor(self):
        """With libevent 1.4's epoll the first of them waited for ever."""
        reader, writer = pipe(self)
        seen = []

        def waiter(number):
            wait(core.read_event, reader)
            seen.append(number)

        spawn(waiter, 1)
        spawn(waiter, 2)
        core.timer(0.005, os.write, writer, b"x")
        self.assertEqual(hub.run(), 1)
        self.assertEqual(sorted(seen), [1, 2])


class Everything(unittest.TestCase):
    def test_signals_reinit_and_forks_between_switches(self):
        seen = []
        children = []

        def sleeper(number):
            for _ in range(10):
                sleep(0.001)
                core.reinit()
            seen.append(number)

        def forker():
            while "signal" not in seen:
                sleep(0.001)
            child = os.fork()
            core.reinit()
            if child == 0:
                signal.alarm(PATIENCE)
            # The others go on in both.
            while len(seen) < 20:
                sleep(0.001)
            if child == 0:
                os._exit(0)
            children.append(child)

        def signaller():
            me = greenlet.getcurrent()
            event = core.signal(signal.SIGUSR1, me.switch)
            core.timer(0.002, os.kill, os.getpid(), signal.SIGUSR1)
            hub.hub.switch()
            event.cancel()
            seen.append("signal")

        for number in range(19):
            spawn(sleeper, number)
        spawn(signaller)
        spawn(forker)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(len(seen), 20)
        _, status = os.waitpid(children[0], 0)
        self.assertEqual(os.waitstatus_to_exitcode(status), 0)

    def test_names(self):
        server = NameServer(self, {("a.test", A): [socket.inet_aton("192.0.2.1")]})
        core.dns_init()
        lib.evdns_clear_nameservers_and_suspend()
        self.assertEqual(lib.evdns_nameserver_ip_add(server.address.encode()), 0)
        lib.evdns_resume()
        answers = []
        count = quick(300)

        def ask(name):
            me = greenlet.getcurrent()
            core.dns_resolve_ipv4(name, 1, lambda *answer: me.switch(answer))
            answers.append(hub.hub.switch()[0])
            sleep(0)
            if len(answers) == count:
                core.dns_shutdown()

        for number in range(count):
            spawn(ask, "a.test" if number % 2 else f"{number}.test")
        self.assertEqual(hub.run(), 1)
        self.assertEqual(sorted(answers), [0] * (count // 2) + [3] * (count - count // 2))

    def test_an_http_server_with_handlers_that_wait(self):
        sock = listener(self, 500)
        address = sock.getsockname()
        count = quick(100)
        pages = []

        def handler(req):
            sleep(0.002)
            req.send_reply_start(200, "OK")
            for piece in ["a", "b"]:
                req.send_reply_chunk(piece)
                sleep(0.001)
            req.send_reply_end()

        def client(number):
            connection = Socket.connect(address)
            connection.sendall(b"GET /%d HTTP/1.0\r\n\r\n" % number)
            page = b""
            while piece := connection.recv(4096):
                page += piece
            pages.append(page[-2:])
            connection.close()
            if len(pages) == count:
                core.active_event(servers.clear)

        # As gevent does: each request has a greenlet of its own.
        servers = [core.http(lambda req: spawn(handler, req))]
        servers[0].accept(sock.detach())
        for number in range(count):
            spawn(client, number)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(pages, [b"ab"] * count)

    def test_handlers_that_switch_inside_the_callback(self):
        sock = listener(self, 500)
        address = sock.getsockname()
        pages = []

        def handler(req):
            """Runs in the server's callback, and switches the loop away."""
            new = greenlet.greenlet(answer, hub.hub)
            new.switch(req)

        def answer(req):
            deeper(3, sleep, 0.001)
            req.send_reply(200, "OK", "page")

        def client():
            connection = Socket.connect(address)
            connection.sendall(b"GET / HTTP/1.0\r\n\r\n")
            page = b""
            while piece := connection.recv(4096):
                page += piece
            pages.append(page[-4:])
            connection.close()
            if len(pages) == 50:
                servers.clear()

        servers = [core.http(handler)]
        servers[0].accept(sock.detach())
        for _ in range(50):
            spawn(client)
        self.assertEqual(hub.run(), 1)
        self.assertEqual(pages, [b"page"] * 50)


if __name__ == "__main__":
    unittest.main()
