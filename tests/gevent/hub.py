"""A small hub of greenlets on gevent's core, as gevent 0.13 has one: greenlets switch to the hub
to wait, and callbacks of events switch back, so the loop's stack is copied away in the middle of
callbacks."""

import collections
import errno
import socket

import greenlet
from gevent import core


class Hub(greenlet.greenlet):
    """The greenlet that runs the loop. Ends when there are no events."""

    def run(self):
        self.parent.switch(core.dispatch())


hub = Hub()


class Timeout(Exception):
    pass


def spawn(function, *arguments):
    """Starts a greenlet in the next pass of the loop."""
    new = greenlet.greenlet(function, hub)
    core.active_event(new.switch, *arguments)
    return new


def run():
    """Runs everything until nothing is left; returns what event_dispatch has returned."""
    global hub
    result = hub.switch()
    hub = Hub()
    return result


def sleep(seconds):
    timer = core.timer(seconds, greenlet.getcurrent().switch)
    try:
        hub.switch()
    finally:
        timer.cancel()


def wait(kind, fd, seconds=None):
    """Waits for a descriptor; kind is core.read_event or core.write_event."""
    me = greenlet.getcurrent()
    event = kind(fd, lambda _event, what: me.switch(what), seconds)
    try:
        if hub.switch() == 1:
            raise Timeout
    finally:
        event.cancel()


class Queue:
    """Of greenlets: put() waits while it is full, get() while it is empty."""

    def __init__(self, size=None):
        self.size = size
        self.items = collections.deque()
        self.getters = collections.deque()
        self.putters = collections.deque()

    def put(self, item):
        while self.size is not None and len(self.items) >= self.size:
            self.putters.append(greenlet.getcurrent())
            hub.switch()
        self.items.append(item)
        if self.getters:
            core.active_event(self.getters.popleft().switch)

    def get(self):
        while not self.items:
            self.getters.append(greenlet.getcurrent())
            hub.switch()
        if self.putters:
            core.active_event(self.putters.popleft().switch)
        return self.items.popleft()


class Socket:
    """Calls of a socket that wait by the hub."""

    def __init__(self, sock):
        sock.setblocking(False)
        self.sock = sock

    @classmethod
    def connect(cls, address):
        self = cls(socket.socket())
        error = self.sock.connect_ex(address)
        if error == errno.EINPROGRESS:
            wait(core.write_event, self.sock.fileno())
            error = self.sock.getsockopt(socket.SOL_SOCKET, socket.SO_ERROR)
        if error:
            raise OSError(error, "connect")
        return self

    def call(self, kind, function, *arguments):
        while True:
            try:
                return function(*arguments)
            except BlockingIOError:
                wait(kind, self.sock.fileno())

    def accept(self):
        return Socket(self.call(core.read_event, self.sock.accept)[0])

    def recv(self, size):
        return self.call(core.read_event, self.sock.recv, size)

    def sendall(self, data):
        data = memoryview(data)
        while data:
            data = data[self.call(core.write_event, self.sock.send, data) :]

    def close(self):
        self.sock.close()
