"""Greenlets that wait for descriptors and timers, thousands of switches inside callbacks."""

import os

import greenlet
from evloop import READ, TIMEOUT, WRITE, Hub, check, check_equal, main, scribble, seeded, start

WORKERS = 12
MESSAGES = 500


def producer(hub, fd, rng, log):
    for number in range(MESSAGES):
        if rng.random() < 0.3:
            hub.sleep(rng.choice([0, 0.0002, 0.001]))
        check_equal(hub.wait(fd, WRITE), WRITE)
        check_equal(os.write(fd, number.to_bytes(4, "big")), 4)
        scribble(rng.randrange(8))
    log.append("produced")


def consumer(hub, fd, rng, log):
    for number in range(MESSAGES):
        what = hub.wait(fd, READ, seconds=30)
        check_equal(what, READ)
        check_equal(os.read(fd, 4), number.to_bytes(4, "big"))
        scribble(rng.randrange(8))
    log.append("consumed")


def pairs_of_producers_and_consumers():
    hub = Hub()
    log = []
    for worker in range(WORKERS):
        rng = seeded(f"pairs {worker}")
        reader, writer = os.pipe()
        os.set_blocking(reader, False)
        os.set_blocking(writer, False)
        # Stacks that begin at different depths overlap in different ways.
        start(hub, consumer, hub, reader, rng, log, depth=worker % 3)
        start(hub, producer, hub, writer, rng, log, depth=worker % 4)
    hub.greenlet.switch()
    check_equal(hub.results, [1])
    check_equal(sorted(log), ["consumed"] * WORKERS + ["produced"] * WORKERS)
    hub.free()


def sleepers_wake_in_the_order_of_their_deadlines():
    hub = Hub()
    woken = []
    delays = [0.02, 0.004, 0.012, 0.004, 0, 0.008, 0.02, 0.016]

    def sleeper(name, delay):
        hub.sleep(delay)
        scribble(5)
        woken.append((delay, name))

    for name, delay in enumerate(delays):
        start(hub, sleeper, name, delay, depth=name % 3)
    hub.greenlet.switch()
    check_equal(woken, sorted((d, n) for n, d in enumerate(delays)))
    hub.free()


def relay():
    """Each greenlet wakes the next one by event_active: no system call in between."""
    hub = Hub()
    hops = []
    count = 8
    parked = [None] * count

    def runner(index):
        me = greenlet.getcurrent()
        event = hub.event(-1, 0, lambda _fd, what: me.switch(what))
        parked[index] = event
        while True:
            what = hub.greenlet.switch()
            check_equal(what, TIMEOUT)
            hops.append(index)
            scribble(index % 5)
            if len(hops) >= 4000:
                break
            parked[(index + 1) % count].activate(TIMEOUT)

    # The runners park by switching to a loop that has nothing to do yet.
    keep = hub.event(-1, 0, lambda _fd, _what: parked[0].activate(TIMEOUT))
    keep.add(0.005)
    runners = [greenlet.greenlet(runner) for _ in range(count)]
    first = hub.event(-1, 0, lambda _fd, _what: [g.switch(i) for i, g in enumerate(runners)])
    first.add(0)
    hub.greenlet.switch()
    check_equal(hops, [i % count for i in range(4000)])
    hub.free()


def greenlets_started_inside_callbacks():
    hub = Hub()
    ended, starters = [], []

    def child(generation):
        hub.sleep(0.0005)
        if generation < 40:
            starters.append(hub.event(-1, 0, lambda _fd, _what: next_child(generation + 1)))
            starters[-1].add(0)
            hub.sleep(0)
        scribble(6)
        ended.append(generation)

    def next_child(generation):
        start(hub, child, generation, depth=generation % 4)

    start(hub, child, 0)
    hub.greenlet.switch()
    check_equal(sorted(ended), list(range(41)))
    check_equal(hub.results, [1])
    hub.free()


def two_hubs_on_one_stack_area():
    hubs = [Hub(), Hub()]
    trace = []

    def hopper(name):
        for turn in range(100):
            hub = hubs[(turn + name) % 2]
            hub.sleep(0)
            trace.append(name)
        check(True)

    # Each base's loop runs only while somebody waits for it: pump both from here.
    for name in range(4):
        start(hubs[0], hopper, name, depth=name)
    while len(trace) < 400:
        for hub in hubs:
            hub.greenlet.switch()
    check_equal(sorted(trace), [n for n in range(4) for _ in range(100)])
    for hub in hubs:
        hub.free()


main(
    pairs_of_producers_and_consumers,
    sleepers_wake_in_the_order_of_their_deadlines,
    relay,
    greenlets_started_inside_callbacks,
    two_hubs_on_one_stack_area,
)
