"""The examples of examples/python, and the program in the README's section on Python."""

import os
import re
import signal
import socket
import subprocess
import sys
import unittest
import urllib.request

from support import A, NameServer, once, run_python

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
FOLDER = os.path.join(TOP, "examples", "python")


def example(name):
    return os.path.join(FOLDER, name)


class Servers(unittest.TestCase):
    def start(self, name):
        """Starts an example that serves, and returns the first line that it says."""
        self.process = subprocess.Popen(
            [sys.executable, example(name)], stdout=subprocess.PIPE, text=True
        )
        self.addCleanup(self.process.stdout.close)
        self.addCleanup(self.process.kill)
        return self.process.stdout.readline()

    def interrupted(self):
        """Ctrl-C ends it."""
        self.process.send_signal(signal.SIGINT)
        self.assertEqual(self.process.wait(), -signal.SIGINT)

    def test_echo(self):
        for name in ["echo_ctypes.py", "echo_cffi.py"]:
            with self.subTest(name=name):
                port = int(self.start(name).split()[-1])
                socks = [socket.create_connection(("127.0.0.1", port)) for _ in range(5)]
                for number, sock in enumerate(socks):
                    sock.sendall(b"hello %d" % number)
                for number, sock in enumerate(socks):
                    self.assertEqual(sock.recv(100), b"hello %d" % number)
                    sock.shutdown(socket.SHUT_WR)
                    self.assertEqual(sock.recv(100), b"")
                    sock.close()
                self.interrupted()

    def test_http(self):
        for name in ["http_ctypes.py", "http_cffi.py"]:
            with self.subTest(name=name):
                url = self.start(name).strip()
                for path in ["", "path?query"]:
                    with urllib.request.urlopen(url + path) as page:
                        self.assertEqual(page.read(), b"You have asked for /%s\n" % path.encode())
                self.interrupted()


class Programs(unittest.TestCase):
    def said(self, name, *arguments):
        command = [sys.executable, example(name), *arguments]
        return subprocess.run(command, stdout=subprocess.PIPE, text=True, check=True).stdout

    def test_timer(self):
        for name in ["timer_ctypes.py", "timer_cffi.py"]:
            self.assertEqual(self.said(name), "tick 3\ntick 2\ntick 1\n", name)

    def test_dns(self):
        server = NameServer(self, {("a.test", A): [socket.inet_aton("192.0.2.1")]})
        for name in ["dns_ctypes.py", "dns_cffi.py"]:
            said = self.said(name, "-s", server.address, "a.test", "b.test", "192.0.2.9")
            lines = sorted(said.splitlines())
            self.assertEqual(len(lines), 3, said)
            self.assertRegex(lines[0], r"192\.0\.2\.9 192\.0\.2\.9 \d+")
            self.assertRegex(lines[1], r"a\.test 192\.0\.2\.1 \d+")
            self.assertEqual(lines[2], "b.test name does not exist")

    @once
    def test_there_are_no_others_and_they_are_short(self):
        names = sorted(name for name in os.listdir(FOLDER) if name.endswith(".py"))
        subjects = ["dns", "echo", "http", "timer"]
        expected = [f"{subject}_{way}.py" for subject in subjects for way in ["cffi", "ctypes"]]
        self.assertEqual(names, expected)
        for name in names:
            with open(example(name)) as file:
                self.assertLess(len(file.readlines()), 60, name)


class Readme(unittest.TestCase):
    @once
    def test_programs_say_what_is_shown(self):
        """Each program in Python is followed by a block with its output."""
        with open(os.path.join(TOP, "README.md")) as file:
            text = file.read()
        found = re.findall(r"```python\n(.*?)```\s*```text\n(.*?)```", text, re.DOTALL)
        self.assertGreaterEqual(len(found), 2)
        for program, output in found:
            self.assertEqual(run_python(program), (0, output), program)


if __name__ == "__main__":
    unittest.main()
