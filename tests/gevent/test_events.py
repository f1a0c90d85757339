"""Events of gevent's core: descriptors, timers, signals, active events, and what they tell of
themselves."""

import errno
import gc
import os
import signal
import tempfile
import time
import unittest

from gevent import core
from support import METHOD, once, pipe, quick

READ, WRITE, SIGNAL, PERSIST, TIMEOUT = 2, 4, 8, 16, 1


def ignore(*_arguments):
    pass


class Loop(unittest.TestCase):
    def test_dispatch_returns_1_without_events(self):
        self.assertEqual(core.dispatch(), 1)

    def test_the_method_is_the_backend_s(self):
        self.assertEqual(core.get_method(), METHOD)

    @once
    def test_versions_agree(self):
        self.assertEqual(core.get_version(), "1.4.15")
        self.assertEqual(core.get_header_version(), "1.4.15")

    def test_loop_without_waiting(self):
        reader, _writer = pipe(self)
        event = core.read_event(reader, ignore)
        self.assertEqual(core.loop(True), 0)
        self.assertTrue(event.pending)
        event.cancel()

    def test_loop_runs_once(self):
        seen = []
        core.timer(0, seen.append, 1)
        later = core.timer(3600, seen.append, 2)
        self.assertEqual(core.loop(), 0)
        self.assertEqual(seen, [1])
        later.cancel()

    def test_a_loop_in_a_callback(self):
        seen = []

        def outer():
            core.timer(0, seen.append, "inner")
            seen.append("outer")
            core.loop()
            seen.append("again")

        core.timer(0, outer)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, ["outer", "inner", "again"])


class Descriptors(unittest.TestCase):
    def test_a_read_event_is_called_once(self):
        reader, writer = pipe(self)
        seen = []
        event = core.read_event(reader, lambda event, what: seen.append((event, what)))
        os.write(writer, b"xy")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [(event, READ)])
        self.assertFalse(event.pending)

    def test_a_write_event(self):
        _reader, writer = pipe(self)
        seen = []
        core.write_event(writer, lambda event, what: seen.append((event.arg, what)), None, "arg")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [("arg", WRITE)])

    def test_both_directions(self):
        _reader, writer = pipe(self)
        seen = []
        core.readwrite_event(writer, lambda event, what: seen.append(what))
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [WRITE])

    def test_a_timeout_of_an_event(self):
        reader, _writer = pipe(self)
        seen = []
        core.read_event(reader, lambda event, what: seen.append(what), 0.01)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [TIMEOUT])

    def test_a_persistent_event_stays(self):
        reader, writer = pipe(self)
        seen = []

        def take(event, what):
            seen.append(os.read(reader, 1))
            self.assertTrue(event.pending)
            if len(seen) == 3:
                event.cancel()

        core.event(READ | PERSIST, reader, take).add()
        os.write(writer, b"abc")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [b"a", b"b", b"c"])

    def test_two_read_events_on_one_descriptor_are_both_called(self):
        """libevent 1.4's epoll forgot the first of them."""
        reader, writer = pipe(self)
        seen = []
        core.read_event(reader, lambda *_: seen.append(1))
        core.read_event(reader, lambda *_: seen.append(2))
        os.write(writer, b"x")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(sorted(seen), [1, 2])

    def test_adding_again_inside_the_callback(self):
        reader, writer = pipe(self)
        count = quick(1000)
        seen = []

        def take(event, _what):
            seen.append(os.read(reader, 1))
            if len(seen) < count:
                event.add()

        core.read_event(reader, take)
        for _ in range(count):
            os.write(writer, b"x")
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(len(seen), count)

    def test_bad_descriptors_are_errors(self):
        closed, other = os.pipe()
        os.close(closed)
        os.close(other)
        for fd in [-1, closed, 1 << 20]:
            with self.assertRaises(OSError) as caught:
                core.read_event(fd, ignore)
            self.assertEqual(caught.exception.errno, errno.EBADF)
        self.assertEqual(core.dispatch(), 1)

    def test_a_regular_file_is_an_error_under_epoll(self):
        with tempfile.TemporaryFile() as file:
            if METHOD == "epoll":
                with self.assertRaises(PermissionError):
                    core.read_event(file.fileno(), ignore)
            elif METHOD in ["poll", "select"]:
                seen = []
                core.read_event(file.fileno(), lambda event, what: seen.append(what))
                self.assertEqual(core.dispatch(), 1)
                self.assertEqual(seen, [READ])

    def test_an_event_that_its_callback_drops(self):
        """Python frees the struct as soon as the callback has returned."""
        reader, writer = pipe(self)
        for _ in range(50):
            core.read_event(reader, lambda *_: os.read(reader, 1))
        os.write(writer, b"x" * 50)
        self.assertEqual(core.dispatch(), 1)
        gc.collect()
        self.assertEqual(core.loop(True), 1)

    def test_the_descriptor_is_closed_by_the_callback(self):
        reader, writer = pipe(self)
        core.read_event(reader, lambda event, _what: os.close(event.fd))
        os.write(writer, b"x")
        self.assertEqual(core.dispatch(), 1)


class Timers(unittest.TestCase):
    def test_arguments(self):
        seen = []
        core.timer(0, lambda *args, **named: seen.append((args, named)), 1, 2, three=3)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [((1, 2), {"three": 3})])

    def test_order_is_that_of_deadlines(self):
        seen = []

        def start():
            # Timers of one callback count from the same time.
            for delay in [0.03, 0.01, 0, 0.02]:
                core.timer(delay, seen.append, delay)

        core.timer(0, start)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [0, 0.01, 0.02, 0.03])

    def test_equal_timers_run_in_the_order_of_adding(self):
        seen = []
        for number in range(100):
            core.timer(0.0, seen.append, number)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, list(range(100)))

    def test_cancelling(self):
        seen = []
        timer = core.timer(0, seen.append, 1)
        self.assertTrue(timer.pending)
        timer.cancel()
        timer.cancel()
        self.assertFalse(timer.pending)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [])

    def test_a_timer_cancels_the_next(self):
        timers = []
        seen = []

        def first():
            seen.append("first")
            timers[1].cancel()

        timers.append(core.timer(0, first))
        timers.append(core.timer(0, seen.append, "second"))
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, ["first"])

    def test_a_block_cancels_at_its_end(self):
        seen = []
        with core.timer(0, seen.append, 1) as timer:
            self.assertTrue(timer.pending)
        self.assertFalse(timer.pending)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [])

    def test_thousands(self):
        """None comes early, and those of one delay come in the order of adding."""
        numbers = range(quick(5000))
        seen = {delay: [] for delay in range(7)}
        early = []

        def note(number, deadline):
            seen[number % 7].append(number)
            if time.monotonic() < deadline:
                early.append(number)

        for number in numbers:
            delay = number % 7 / 1000
            core.timer(delay, note, number, time.monotonic() + delay)
        self.assertEqual(core.dispatch(), 1)
        self.assertFalse(early)
        for delay, found in seen.items():
            self.assertTrue(found == list(numbers[delay::7]))

    def test_a_failing_callback_does_not_end_the_loop(self):
        seen = []
        core.timer(0, lambda: 1 / 0)
        core.timer(0, seen.append, 1)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [1])


class ActiveEvents(unittest.TestCase):
    def test_it_runs_in_the_current_pass(self):
        """Behaviour 3: before the next wait, in the order of activating."""
        seen = []

        def first():
            core.timer(0, seen.append, "timer")
            for number in range(3):
                core.active_event(seen.append, number)

        core.active_event(first)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [0, 1, 2, "timer"])

    def test_pending_until_it_ran(self):
        seen = []
        event = core.active_event(lambda: seen.append(event.pending))
        self.assertTrue(event.pending)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [0])
        self.assertFalse(event.pending)

    def test_cancelling(self):
        seen = []
        event = core.active_event(seen.append, 1)
        event.cancel()
        self.assertFalse(event.pending)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, [])


class Signals(unittest.TestCase):
    def test_a_signal(self):
        """Behaviour 9: in the loop, and Python's handler is back afterwards."""
        seen = []
        previous = signal.signal(signal.SIGUSR1, lambda *_: seen.append("Python"))
        self.addCleanup(signal.signal, signal.SIGUSR1, previous)
        event = core.signal(signal.SIGUSR1, lambda arg: (seen.append(arg), event.cancel()), "core")
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertEqual(seen, [])
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(seen, ["core"])
        os.kill(os.getpid(), signal.SIGUSR1)
        self.assertEqual(seen, ["core", "Python"])

    def test_it_counts_as_an_event_until_cancelled(self):
        event = core.signal(signal.SIGUSR2, ignore)
        core.timer(0, event.cancel)
        self.assertEqual(core.dispatch(), 1)

    def test_several_signals(self):
        seen = []
        events = []

        def note(number):
            seen.append(number)
            if len(seen) == 3:
                for event in events:
                    event.cancel()

        numbers = [signal.SIGUSR1, signal.SIGUSR2, signal.SIGHUP]
        events += [core.signal(number, note, number) for number in numbers]
        for number in numbers:
            os.kill(os.getpid(), number)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(sorted(seen), sorted(numbers))

    @once
    def test_impossible_signals_are_errors(self):
        for number in [signal.SIGKILL, 0, 1000]:
            with self.assertRaises(OSError):
                core.signal(number, ignore)


class Texts(unittest.TestCase):
    def test_events(self):
        for events, text in [
            (READ, "READ"),
            (WRITE, "WRITE"),
            (READ | WRITE, "READ|WRITE"),
            (READ | PERSIST, "READ|PERSIST"),
            (SIGNAL | PERSIST, "SIGNAL|PERSIST"),
            (0, ""),
        ]:
            event = core.event(events, 1, ignore)
            self.assertEqual(event.events, events)
            self.assertEqual(event.events_str, text)

    def test_flags(self):
        """Behaviour 13 begins with memory of zeros; the flags tell the truth all the time."""
        reader, writer = pipe(self)
        event = core.event(READ, reader, lambda event, _what: seen.append(event.flags_str))
        seen = [event.flags_str]
        event.add()
        seen.append(event.flags_str)
        event.add(3600)
        seen.append(event.flags_str)
        os.write(writer, b"x")
        core.dispatch()
        self.assertEqual(seen, ["INIT", "INSERTED|INIT", "TIMEOUT|INSERTED|INIT", "INIT"])
        self.assertEqual(core.active_event(ignore).flags_str, "ACTIVE|INIT")
        core.dispatch()

    def test_pending(self):
        reader, _writer = pipe(self)
        event = core.event(READ, reader, ignore)
        self.assertEqual(event.pending, 0)
        event.add()
        self.assertEqual(event.pending, READ)
        event.add(3600)
        self.assertEqual(event.pending, READ | TIMEOUT)
        event.cancel()
        self.assertEqual(event.pending, 0)

    def test_representation(self):
        reader, _writer = pipe(self)
        event = core.event(READ, reader, ignore, "arg")
        self.assertEqual((event.fd, event.arg, event.callback), (reader, "arg", ignore))
        self.assertIn(f"fd={reader} READ flags=INIT", repr(event))
        event.add()
        self.assertIn("pending", str(event))
        event.cancel()


if __name__ == "__main__":
    unittest.main()
