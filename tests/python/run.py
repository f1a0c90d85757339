"""Runs tests that are written in Python, each in a process of its own, on every backend:

    python tests/python/run.py FOLDER... [--backend NAME] [--valgrind] [--word WORD]...

A test is a method `test_...` of a unittest.TestCase in a file `test_*.py` of a folder; words
select those whose names contain all of them. The last line tells how many have passed.
"""

import argparse
import concurrent.futures
import importlib
import os
import signal
import subprocess
import sys
import time
import unittest

TOP = os.path.dirname(os.path.dirname(os.path.dirname(os.path.abspath(__file__))))
TARGET = os.path.join(TOP, "target")

# What is switched off, so that the backend is the one that is left.
BACKENDS = {
    "epoll": ["EVENT_NOKQUEUE"],
    "poll": ["EVENT_NOKQUEUE", "EVENT_NOEPOLL"],
    "select": ["EVENT_NOKQUEUE", "EVENT_NOEPOLL", "EVENT_NOPOLL"],
    "kqueue": [],
}

LIMIT = 120
VALGRIND = [
    "valgrind",
    "-q",
    "--error-exitcode=99",
    "--leak-check=no",
    "--num-callers=40",
    "--suppressions=" + os.path.join(TOP, "tests", "python", "valgrind.supp"),
]
VALGRIND_LIMIT = 600


def arguments():
    parser = argparse.ArgumentParser()
    parser.add_argument("folders", nargs="+", metavar="FOLDER")
    parser.add_argument("--backend", choices=BACKENDS)
    parser.add_argument("--valgrind", action="store_true")
    parser.add_argument("--word", action="append", default=[])
    parser.add_argument("--list", action="store_true", help="prints the names of the tests")
    return parser.parse_args()


def names(folder):
    """Names of the tests of a folder and their marks (`once`: see support.py), from a process that
    can load them."""
    listing = subprocess.run(
        [sys.executable, os.path.abspath(__file__), "--list", folder],
        env=environment(folder, "epoll", False),
        stdout=subprocess.PIPE,
        check=True,
    )
    for line in listing.stdout.decode().splitlines():
        name, *marks = line.split()
        yield name, marks


def print_names(folder):
    for file in sorted(os.listdir(folder)):
        if file.startswith("test_") and file.endswith(".py"):
            module = importlib.import_module(file[:-3])
            for test in flat(unittest.defaultTestLoader.loadTestsFromModule(module)):
                method = getattr(test, test.id().rsplit(".", 1)[1])
                print(test.id(), *(["once"] if getattr(method, "once", False) else []))


def flat(suite):
    for test in suite:
        if isinstance(test, unittest.TestSuite):
            yield from flat(test)
        else:
            yield test


def library_folder(backend):
    """Where the loader finds the library: kqueue is in the build for tests alone."""
    stage = os.path.join(TARGET, "stage", "lib")
    if backend != "kqueue":
        return stage
    folder = os.path.join(TARGET, "python", "testlib")
    os.makedirs(folder, exist_ok=True)
    links = {
        "libevhub.so.0": os.path.join(TARGET, "testlib", "libevhub.so"),
        "libevent-1.4.so.2": os.path.join(stage, "libevent-1.4.so.2"),
    }
    for name, target in links.items():
        link = os.path.join(folder, name)
        if not os.path.islink(link):
            os.symlink(target, link)
    return folder


def environment(folder, backend, use_valgrind):
    kept = {name: value for name, value in os.environ.items() if not name.startswith("EVENT_")}
    kept.update({name: "1" for name in BACKENDS[backend]})
    built = [os.path.join(TARGET, "gevent"), os.path.join(TARGET, "python", "api")]
    paths = [folder, os.path.join(TOP, "tests", "python"), *built]
    kept.update(
        EVHUB_METHOD=backend,
        LD_LIBRARY_PATH=library_folder(backend),
        PKG_CONFIG_PATH=os.path.join(TARGET, "stage", "lib", "pkgconfig"),
        PYTHONDONTWRITEBYTECODE="1",
        PYTHONPATH=os.pathsep.join(paths),
        PYTHONFAULTHANDLER="1",
        PYTHONUNBUFFERED="1",
    )
    if use_valgrind:
        # Python's own allocator would hide what is done to freed memory.
        kept.update(PYTHONMALLOC="malloc", EVHUB_VALGRIND="1")
    return kept


def run(test, folder, backend, use_valgrind):
    """What a test has said if it has failed, else None."""
    command = [sys.executable, "-m", "unittest", "-q", test]
    limit = LIMIT
    if use_valgrind:
        command = VALGRIND + command
        limit = VALGRIND_LIMIT
    process = subprocess.Popen(
        command,
        env=environment(folder, backend, use_valgrind),
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        stderr=subprocess.STDOUT,
        start_new_session=True,
    )
    try:
        said, _ = process.communicate(timeout=limit)
    except subprocess.TimeoutExpired:
        # With SIGABRT Python tells where it is; children of the test go as well.
        process.send_signal(signal.SIGABRT)
        time.sleep(1)
        os.killpg(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        said += b"\nno end after %d seconds" % limit
    if process.returncode == 0:
        return None
    return f"{said.decode(errors='replace')}\nended with {process.returncode}"


def planned(options):
    backends = [options.backend] if options.backend else list(BACKENDS)
    if options.valgrind:
        backends = [options.backend or "epoll"]
    classes = set()
    for folder in map(os.path.abspath, options.folders):
        for test, marks in names(folder):
            if not all(word in test for word in options.word):
                continue
            if options.valgrind:
                # To start Python takes most of the time: a class of tests shares a process.
                test = test.rsplit(".", 1)[0]
                if test in classes:
                    continue
                classes.add(test)
            of_test = backends[:1] if "once" in marks else backends
            for backend in of_test:
                yield test, folder, backend, options.valgrind


def main():
    options = arguments()
    if options.list:
        return print_names(options.folders[0])
    passed = failed = 0
    with concurrent.futures.ThreadPoolExecutor(os.cpu_count()) as pool:
        plans = list(planned(options))
        for plan, said in zip(plans, pool.map(lambda plan: run(*plan), plans)):
            passed += said is None
            failed += said is not None
            if said is not None:
                print(f"FAILED: {plan[0]} on {plan[2]}\n{said}", flush=True)
    print(f"{passed} passed, {failed} failed")
    return 1 if failed or not passed else 0


if __name__ == "__main__":
    sys.exit(main())
