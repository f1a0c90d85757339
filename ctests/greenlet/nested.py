"""Loops inside callbacks, on stacks of different greenlets, that end in and out of order."""

import os

import greenlet
from evloop import NONBLOCK, ONCE, READ, TIMEOUT, Hub, check_equal, lib, main, scribble, start


def a_greenlet_runs_a_loop_of_its_own_meanwhile():
    hub, trace = Hub(), []

    def worker():
        for turn in range(50):
            hub.sleep(0)
            # The hub's loop is switched out in the callback that woke us.
            event = hub.event(-1, 0, lambda _fd, _what: trace.append(turn)).add(0)
            scribble(5)
            check_equal(lib.event_base_loop(hub.base, ONCE), 0)
            check_equal(event.pending(), 0)

    start(hub, worker, depth=1)
    hub.greenlet.switch()
    check_equal(trace, list(range(50)))
    check_equal(hub.results, [1])
    hub.free()


def loops_that_end_out_of_order():
    """The inner loop's callback is left standing; the outer loop goes on and resumes it."""
    hub, trace = Hub(), []

    def inner():
        me = greenlet.getcurrent()
        hub.sleep(0)
        trace.append("in")
        # In the loop that we run now a callback goes away to the hub...
        away = hub.event(-1, 0, lambda _fd, _what: hub.greenlet.switch()).add(0)
        # ... whose loop goes on, and finds what brings us back.
        back = hub.event(-1, 0, lambda _fd, _what: me.switch()).add(0.003)
        result = lib.event_base_loop(hub.base, ONCE)
        trace.append("out")
        scribble(8)
        check_equal(result, 0)
        check_equal(away.pending() | back.pending(), 0)

    for depth in range(30):
        start(hub, inner, depth=depth % 5)
        hub.greenlet.switch()
        check_equal(trace, ["in", "out"] * (depth + 1))
    check_equal(hub.results, [1] * 30)
    hub.free()


def many_calls_in_a_nested_loop_that_is_left():
    """A repeated event, half of its calls in one loop and half in another."""
    hub, left = Hub(), []

    def callback(_fd, _what):
        left.append(event.struct.ev_ncalls)
        if len(left) == 5:
            # The rest of the calls is made by a loop further in, on another stack.
            start(hub, lambda: lib.event_base_loop(hub.base, NONBLOCK), depth=2)
            scribble(10)

    event = hub.event(-1, 0, callback)
    event.activate(TIMEOUT, 10)
    hub.greenlet.switch()
    check_equal(left, list(range(9, -1, -1)))
    check_equal(hub.results, [1])
    hub.free()


def a_break_in_a_nested_loop_ends_that_one():
    hub, trace = Hub(), []

    def worker():
        hub.sleep(0)
        breaker = hub.event(-1, 0, lambda _fd, _what: lib.event_base_loopbreak(hub.base))
        breaker.add(0)
        check_equal(lib.event_base_loop(hub.base, 0), 0)
        trace.append("broken")
        hub.sleep(0.001)
        trace.append("went on")

    start(hub, worker)
    hub.greenlet.switch()
    check_equal(trace, ["broken", "went on"])
    check_equal(hub.results, [1])
    hub.free()


def a_greenlet_that_never_comes_back():
    """A callback switches away for good; a fresh hub runs the base as if nothing were."""
    hub, trace = Hub(), []
    reader, writer = os.pipe()
    os.write(writer, b"x")

    def never_returns(_fd, _what):
        trace.append("left")
        hub.main.switch()

    for _ in range(20):
        event = hub.event(reader, READ, never_returns).add()
        hub.greenlet.switch()
        check_equal(event.pending(), 0)
        kept.append(hub.greenlet)
        hub.greenlet = greenlet.greenlet(hub.run)
    timer = hub.event(-1, 0, lambda _fd, _what: trace.append("timer")).add(0)
    hub.greenlet.switch()
    check_equal(trace, ["left"] * 20 + ["timer"])
    check_equal(timer.pending(), 0)


kept = []

main(
    a_greenlet_runs_a_loop_of_its_own_meanwhile,
    loops_that_end_out_of_order,
    many_calls_in_a_nested_loop_that_is_left,
    a_break_in_a_nested_loop_ends_that_one,
    a_greenlet_that_never_comes_back,
)
