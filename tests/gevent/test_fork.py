"""event_reinit and fork inside callbacks of the running loop, as gevent.fork() does it: libevent
1.4 went on with memory that it had freed."""

import os
import signal
import socket
import unittest

from gevent import core
from support import PATIENCE, pipe


def ended(test, child):
    """Waits for a child; it must have ended well."""
    _, status = os.waitpid(child, 0)
    test.assertEqual(os.waitstatus_to_exitcode(status), 0)


class Fork(unittest.TestCase):
    def child(self, work):
        """Forks inside a callback, and calls reinit in both, as gevent does. The child does its
        work on the loop and ends with 0 if that returns true."""
        children = []

        def fork():
            child = os.fork()
            core.reinit()
            if child:
                children.append(child)
                return
            status = 1
            try:
                signal.alarm(PATIENCE)
                status = 0 if work() else 2
            finally:
                os._exit(status)

        core.timer(0, fork)
        core.dispatch()
        ended(self, children[0])

    def test_a_loop_in_the_child(self):
        seen = []

        def work():
            core.timer(0.01, seen.append, "child")
            return core.dispatch() == 1 and "child" in seen

        core.timer(0.02, seen.append, "parent")
        self.child(work)
        self.assertEqual(seen, ["parent"])

    def test_events_of_the_parent_work_in_the_child(self):
        ours, theirs = socket.socketpair()
        self.addCleanup(ours.close)
        self.addCleanup(theirs.close)
        taken = []
        kept = core.event(2 | 16, theirs.fileno(), lambda event, _what: event.cancel())
        kept.add()

        def work():
            event = core.read_event(theirs.fileno(), lambda *_: taken.append(theirs.recv(10)))
            ours.send(b"hello")
            core.dispatch()
            return taken == [b"hello"] and not event.pending and not kept.pending

        core.timer(0.05, kept.cancel)
        self.child(work)

    def test_signals_in_the_child(self):
        seen = []
        event = core.signal(signal.SIGUSR1, lambda: (seen.append(1), event.cancel()))

        def work():
            os.kill(os.getpid(), signal.SIGUSR1)
            core.dispatch()
            return seen == [1]

        core.timer(0.05, event.cancel)
        self.child(work)
        self.assertEqual(seen, [])

    def test_a_child_that_goes_on_in_the_callback_s_loop(self):
        """The child returns from the callback, so the loop that was running goes on in it."""
        seen = []
        me = os.getpid()
        result = []

        def fork():
            result.append(os.fork())
            core.reinit()
            core.timer(0.01, seen.append, os.getpid())

        core.timer(0, fork)
        status = core.dispatch()
        if os.getpid() != me:
            os._exit(0 if status == 1 and seen == [os.getpid()] else 1)
        self.assertEqual((status, seen), (1, [me]))
        ended(self, result[0])

    def test_children_of_children(self):
        depths = []

        def fork(depth):
            depths.append(depth)
            if depth < 5:
                child = os.fork()
                core.reinit()
                if child:
                    ended(self, child)
                else:
                    core.timer(0, fork, depth + 1)

        me = os.getpid()
        core.timer(0, fork, 0)
        status = core.dispatch()
        if os.getpid() != me:
            os._exit(0 if status == 1 else 1)
        self.assertEqual(depths, [0])


class Reinit(unittest.TestCase):
    def test_inside_a_callback_of_the_running_loop(self):
        """Behaviour 8."""
        reader, writer = pipe(self)
        seen = []

        def take(event, _what):
            core.reinit()
            seen.append(os.read(reader, 1))
            if len(seen) == 100:
                event.cancel()

        core.event(2 | 16, reader, take).add()
        os.write(writer, b"x" * 100)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(len(seen), 100)

    def test_while_others_are_ready(self):
        ends = [pipe(self) for _ in range(20)]
        seen = []
        for number, (reader, writer) in enumerate(ends):
            core.read_event(reader, lambda *_, n=number: (core.reinit(), seen.append(n)))
            os.write(writer, b"x")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(sorted(seen), list(range(20)))

    def test_outside_of_a_loop(self):
        seen = []
        core.timer(0, seen.append, 1)
        core.reinit()
        core.reinit()
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [1])


if __name__ == "__main__":
    unittest.main()
