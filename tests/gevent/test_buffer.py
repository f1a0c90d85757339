"""gevent's file on a buffer of the library's."""

import ctypes
import unittest

from gevent import core
from support import once

lib = ctypes.CDLL("libevhub.so.0")
lib.evbuffer_new.restype = ctypes.c_void_p
lib.evbuffer_free.argtypes = [ctypes.c_void_p]


class Buffer(unittest.TestCase):
    def setUp(self):
        self.memory = lib.evbuffer_new()
        self.addCleanup(lib.evbuffer_free, self.memory)
        self.buffer = core.buffer(self.memory)

    @once
    def test_lengths(self):
        self.assertEqual((len(self.buffer), bool(self.buffer)), (0, False))
        self.buffer.write(b"hello")
        self.assertEqual((len(self.buffer), bool(self.buffer)), (5, True))

    @once
    def test_reading(self):
        self.buffer.write(b"0123456789")
        self.assertEqual(self.buffer.read(3), b"012")
        self.assertEqual(self.buffer.read(100), b"3456789")
        self.assertFalse(self.buffer.read())

    @once
    def test_lines(self):
        self.buffer.write(b"one\ntwo\nrest")
        self.assertEqual(self.buffer.readline(), b"one\n")
        self.assertEqual(self.buffer.readlines(), [b"two\n", b"rest"])
        self.buffer.write(b"a\nb\n")
        self.assertEqual(list(self.buffer), [b"a\n", b"b\n"])

    @once
    def test_every_byte(self):
        data = bytes(range(256)) * 1000
        for start in range(0, len(data), 999):
            self.buffer.write(data[start : start + 999])
        self.assertEqual(len(self.buffer), len(data))
        taken = b""
        while self.buffer:
            taken += self.buffer.read(1234)
        self.assertTrue(taken == data)

    @once
    def test_detached(self):
        self.buffer.write(b"x")
        self.buffer.detach()
        self.assertFalse(self.buffer)
        with self.assertRaises(OSError):
            self.buffer.write(b"y")


if __name__ == "__main__":
    unittest.main()
