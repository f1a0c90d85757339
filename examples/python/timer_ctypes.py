"""A timer that is called three times, with ctypes."""

import ctypes

lib = ctypes.CDLL("libevhub.so.0")
CALLBACK = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_short, ctypes.c_void_p)
# A pointer that is not declared is cut to an int.
lib.evhub_event_new.restype = ctypes.c_void_p
lib.evhub_event_new.argtypes = [
    ctypes.c_void_p, ctypes.c_int, ctypes.c_short, CALLBACK, ctypes.c_void_p,
]  # fmt: skip
lib.event_add.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
lib.evhub_event_free.argtypes = [ctypes.c_void_p]

SOON = (ctypes.c_long * 2)(0, 50_000)  # a struct timeval: 50 ms
left = 3


@CALLBACK
def tick(fd, what, arg):
    global left
    print("tick", left)
    left -= 1
    if left:
        lib.event_add(timer, SOON)


lib.event_init()
timer = lib.evhub_event_new(None, -1, 0, tick, None)  # None: the current base
lib.event_add(timer, SOON)
lib.event_dispatch()
lib.evhub_event_free(timer)
