"""While the loop is switched out inside a callback, other greenlets change its events."""

import os
import signal

import greenlet
from evloop import (
    PERSIST, READ, SIGNAL, TIMEOUT, Hub, check, check_equal, lib, main, scribble, seeded,
)


class Outside:
    """A greenlet that runs the functions it is given while the hub waits in a callback."""

    def __init__(self):
        self.greenlet = greenlet.greenlet(self.serve)
        self.greenlet.switch()

    def serve(self):
        caller = self.greenlet.parent
        while True:
            function = caller.switch()
            caller = greenlet.getcurrent().caller
            scribble(6)
            function()
            scribble(6)

    def run(self, function):
        self.greenlet.caller = greenlet.getcurrent()
        self.greenlet.switch(function)


def deletes_the_event_that_is_running():
    hub, outside, calls = Hub(), Outside(), []

    def callback(_fd, what):
        calls.append(what)
        outside.run(events[0].delete)
        outside.run(events.clear)  # and gives its memory back

    events = [hub.event(-1, 0, callback)]
    events[0].activate(TIMEOUT, 5)
    keep = events[0]
    hub.greenlet.switch()
    check_equal(calls, [TIMEOUT])
    check_equal(keep.struct.ev_ncalls if keep.pending() else 0, 0)
    check_equal(hub.results, [1])
    hub.free()


def each_of_many_calls_is_switched_out():
    hub, outside, left = Hub(), Outside(), []

    def callback(_fd, _what):
        left.append(event.struct.ev_ncalls)
        check(not event.struct.ev_pncalls, "a pointer into the stack")
        outside.run(lambda: scribble(10))

    event = hub.event(-1, 0, callback)
    event.activate(TIMEOUT, 200)
    hub.greenlet.switch()
    check_equal(left, list(range(199, -1, -1)))
    hub.free()


def signals_are_counted_across_switches():
    hub, outside, left = Hub(), Outside(), []
    raises = 3

    def callback(number, what):
        check_equal((number, what), (signal.SIGUSR1, SIGNAL))
        left.append(event.struct.ev_ncalls)
        outside.run(lambda: scribble(10))
        if len(left) == 4:
            # The second batch: its other two calls go with the event.
            outside.run(event.delete)

    event = hub.event(signal.SIGUSR1, SIGNAL | PERSIST, callback).add()

    def raise_all():
        for _ in range(raises):
            signal.raise_signal(signal.SIGUSR1)

    again = hub.event(-1, 0, lambda _fd, _what: raise_all()).add(0.01)
    raise_all()
    hub.greenlet.switch()
    check_equal(left, [2, 1, 0, 2])
    check_equal(again.pending(), 0)
    hub.free()


def deletes_what_is_active_and_next():
    hub, outside, trace = Hub(), Outside(), []
    events = []

    def callback(index):
        def run(_fd, _what):
            trace.append(index)
            if index % 3 == 0:
                outside.run(lambda: [e.delete() for e in events[index + 1:index + 3]])

        return run

    for index in range(30):
        events.append(hub.event(-1, 0, callback(index)).add(0))
    hub.greenlet.switch()
    check_equal(trace, list(range(0, 30, 3)))
    hub.free()


def adds_timers_and_descriptors():
    hub, outside, trace = Hub(), Outside(), []
    reader, writer = os.pipe()
    kept = []

    def add_more():
        os.write(writer, b"x")
        kept.append(hub.event(reader, READ, lambda _fd, _what: trace.append("read")).add())
        for index in range(500):
            kept.append(hub.event(-1, 0, lambda _fd, _what, i=index: trace.append(i)))
            kept[-1].add(0.001 * (index % 7))

    first = hub.event(-1, 0, lambda _fd, _what: outside.run(add_more)).add(0)
    hub.greenlet.switch()
    check_equal(first.pending(), 0)
    check_equal(trace.count("read"), 1)
    numbers = [n for n in trace if n != "read"]
    check_equal(sorted(numbers), list(range(500)))
    # Within one delay they run in the order of adding.
    for rest in range(7):
        same = [n for n in numbers if n % 7 == rest]
        check_equal(same, sorted(same))
    hub.free()


def priorities_and_activations():
    hub, outside, trace = Hub(priorities=3), Outside(), []
    events = {}

    def activate_all():
        for name in ("low", "high", "middle"):
            events[name].activate(TIMEOUT)

    for name, priority in (("high", 0), ("middle", 1), ("low", 2)):
        event = hub.event(-1, 0, lambda _fd, _what, n=name: trace.append(n))
        check_equal(lib.event_priority_set(event.struct, priority), 0)
        events[name] = event
    first = hub.event(-1, 0, lambda _fd, _what: outside.run(activate_all)).add(0)
    hub.greenlet.switch()
    # The first one has the middle priority, and its queue is finished first.
    check_equal(trace, ["middle", "high", "low"])
    check_equal(first.pending(), 0)
    hub.free()


def reinit_while_switched_out():
    hub, outside, trace = Hub(), Outside(), []
    reader, writer = os.pipe()
    os.write(writer, b"abc")

    def callback(fd, _what):
        trace.append(os.read(fd, 1))
        outside.run(lambda: check_equal(lib.event_reinit(hub.base), 0))
        if len(trace) == 3:
            event.delete()

    event = hub.event(reader, READ | PERSIST, callback).add()
    hub.greenlet.switch()
    check_equal(trace, [b"a", b"b", b"c"])
    hub.free()


def the_base_is_freed_while_switched_out():
    hub, outside, trace = Hub(), Outside(), []
    before = sorted(os.listdir("/proc/self/fd"))
    victim = Hub()

    def callback(_fd, _what):
        trace.append("called")
        outside.run(victim.free)
        outside.run(lambda: scribble(10))

    event = victim.event(-1, 0, callback).add(0)
    other = victim.event(-1, 0, lambda _fd, _what: trace.append("other")).add(3600)
    victim.greenlet.switch()
    check_equal(trace, ["called"])
    check_equal(sorted(os.listdir("/proc/self/fd")), before)
    check_equal(event.pending() | other.pending(), 0)
    hub.free()


def random_changes_against_a_model():
    """Greenlets add and delete each other's timers at random; only the pending ones fire."""
    for seed in range(30):
        rng = seeded(f"model {seed}")
        hub, outside = Hub(), Outside()
        pending, fired, events = set(), [], []
        budget = [600]

        def change(rng=rng, pending=pending, events=events):
            for _ in range(rng.randrange(5)):
                index = rng.randrange(len(events))
                if rng.random() < 0.5:
                    events[index].delete()
                    pending.discard(index)
                else:
                    events[index].add(rng.choice([0, 0, 0.0003, 0.002]))
                    pending.add(index)

        def callback(index, pending=pending, fired=fired, outside=outside, budget=budget):
            def run(_fd, what):
                check_equal(what, TIMEOUT)
                check(index in pending, "timer", index, "fired and was not pending")
                pending.discard(index)
                fired.append(index)
                budget[0] -= 1
                if budget[0] > 0:
                    outside.run(change)

            return run

        for index in range(40):
            events.append(hub.event(-1, 0, callback(index)))
        for index in range(20):
            events[index].add(0)
            pending.add(index)
        hub.greenlet.switch()
        check_equal(pending, set(), f"seed {seed}: pending, but never fired")
        check(len(fired) >= 20)
        hub.free()


main(
    deletes_the_event_that_is_running,
    each_of_many_calls_is_switched_out,
    signals_are_counted_across_switches,
    deletes_what_is_active_and_next,
    adds_timers_and_descriptors,
    priorities_and_activations,
    reinit_while_switched_out,
    the_base_is_freed_while_switched_out,
    random_changes_against_a_model,
)
