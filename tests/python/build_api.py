"""Compiles the module _evhub with cffi, in its API mode: `python build_api.py FOLDER`. Everything
that evhub.cdef.h declares is checked by the compiler against the headers that pkg-config finds.
"""

import subprocess
import sys

import cffi

HEADERS = """
#include <sys/types.h>
#include <sys/socket.h>
#include <sys/queue.h>
#include <netinet/in.h>
#include <netdb.h>
#include <event.h>
#include <evdns.h>
#include <evhttp.h>
#include <evutil.h>
#include <evhub/event_ext.h>
#include <evhub/buffer_ext.h>
#include <evhub/bufferevent_ext.h>
#include <evhub/evdns_ext.h>
#include <evhub/http_ext.h>
#include <evhub.h>
"""

# A callback that costs less than those of ffi.callback().
OURS = 'extern "Python" void on_event(int fd, short what, void *arg);'


def main():
    command = ["pkg-config", "--variable=cdef", "evhub"]
    path = subprocess.check_output(command, text=True).strip()
    ffi = cffi.FFI()
    with open(path) as file:
        ffi.cdef(file.read() + OURS)
    ffi.set_source_pkgconfig("_evhub", ["evhub"], HEADERS, extra_compile_args=["-Werror"])
    ffi.compile(tmpdir=sys.argv[1])


if __name__ == "__main__":
    main()
