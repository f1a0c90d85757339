"""A timer that is called three times, with cffi."""

import subprocess

import cffi

ffi = cffi.FFI()
cdef = subprocess.check_output(["pkg-config", "--variable=cdef", "evhub"], text=True).strip()
ffi.cdef(open(cdef).read())
lib = ffi.dlopen("libevhub.so.0")

SOON = ffi.new("struct timeval *", {"tv_usec": 50_000})
left = 3


@ffi.callback("void(int, short, void *)")
def tick(fd, what, arg):
    global left
    print("tick", left)
    left -= 1
    if left:
        lib.event_add(timer, SOON)


lib.event_init()
timer = ffi.new("struct event *")  # lives as long as this variable
lib.event_set(timer, -1, 0, tick, ffi.NULL)
lib.event_add(timer, SOON)
lib.event_dispatch()
