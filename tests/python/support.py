"""What the tests in Python share."""

import os
import socket
import struct
import subprocess
import sys
import threading
import time

# How long anything may take that should happen soon, in seconds: long on a busy machine.
PATIENCE = 60

METHOD = os.environ.get("EVHUB_METHOD", "epoll")


def once(test):
    """Marks a test that does not depend on the backend."""
    test.once = True
    return test


def quick(number):
    """A number of repetitions, or fewer of them under valgrind."""
    return max(1, number // 20) if "EVHUB_VALGRIND" in os.environ else number


def run_python(text, *arguments):
    """Runs a program of its own; returns its exit status and what it said."""
    process = subprocess.run(
        [sys.executable, "-c", text, *map(str, arguments)],
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        timeout=PATIENCE,
        text=True,
    )
    return process.returncode, process.stdout


def pipe(test):
    """Both ends of a pipe, closed when the test is over."""
    ends = os.pipe()
    for end in ends:
        os.set_blocking(end, False)
        test.addCleanup(close, end)
    return ends


def close(fd):
    try:
        os.close(fd)
    except OSError:
        pass  # The test has closed it itself.


def listener(test, backlog=128):
    sock = socket.socket()
    sock.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    sock.bind(("127.0.0.1", 0))
    sock.listen(backlog)
    sock.setblocking(False)
    test.addCleanup(sock.close)
    return sock


def everything(sock):
    """What comes until the other side ends."""
    data = b""
    while True:
        try:
            piece = sock.recv(65536)
        except ConnectionResetError:
            piece = b""
        if not piece:
            return data
        data += piece


class Peer(threading.Thread):
    """Code that blocks, beside a loop. What it returns is its `result`; a failure is raised by
    finish()."""

    def __init__(self, work, *arguments):
        super().__init__(daemon=True)
        self.work = work
        self.arguments = arguments
        self.result = None
        self.failure = None
        self.start()

    def run(self):
        try:
            self.result = self.work(*self.arguments)
        except BaseException as failure:
            self.failure = failure

    def finish(self):
        self.join(PATIENCE)
        if self.is_alive():
            raise TimeoutError("a peer does not end")
        if self.failure is not None:
            raise self.failure
        return self.result


def wait_for(condition):
    end = time.monotonic() + PATIENCE
    while not condition():
        if time.monotonic() > end:
            raise TimeoutError("what was waited for has not come")
        time.sleep(0.001)


A, PTR, AAAA = 1, 12, 28


class NameServer(threading.Thread):
    """Answers questions over UDP from a dict of (name, type) to a list of record data, packed.
    A name with an empty list has no such record, one that is missing does not exist, and to one
    with None there is no answer. Names of records are lower case."""

    def __init__(self, test, records):
        super().__init__(daemon=True)
        self.records = records
        self.asked = []
        self.sock = socket.socket(socket.AF_INET, socket.SOCK_DGRAM)
        self.sock.bind(("127.0.0.1", 0))
        self.address = "127.0.0.1:%d" % self.sock.getsockname()[1]
        test.addCleanup(self.end)
        self.start()

    def end(self):
        with socket.socket(socket.AF_INET, socket.SOCK_DGRAM) as sock:
            sock.sendto(b"", self.sock.getsockname())
        self.join(PATIENCE)
        self.sock.close()

    def run(self):
        while True:
            packet, peer = self.sock.recvfrom(4096)
            if not packet:
                return
            reply = self.reply(packet)
            if reply is not None:
                self.sock.sendto(reply, peer)

    def reply(self, packet):
        name, end = self.name(packet)
        kind = struct.unpack_from("!H", packet, end)[0]
        self.asked.append((name, kind))
        question = packet[12 : end + 4]
        data = self.records.get((name, kind), [])
        if data is None:
            return None
        missing = not any(known == name for known, _ in self.records)
        flags = 0x8180 | (3 if missing else 0)
        head = packet[:2] + struct.pack("!5H", flags, 1, len(data), 0, 0)
        answers = [struct.pack("!HHHIH", 0xC00C, kind, 1, 77, len(d)) + d for d in data]
        return head + question + b"".join(answers)

    @staticmethod
    def name(packet):
        labels = []
        at = 12
        while packet[at]:
            labels.append(packet[at + 1 : at + 1 + packet[at]].decode().lower())
            at += 1 + packet[at]
        return ".".join(labels), at + 1


def encoded(name):
    """A name as record data."""
    labels = name.split(".")
    return b"".join(bytes([len(label)]) + label.encode() for label in labels) + b"\0"
