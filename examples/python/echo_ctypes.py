"""A server that sends back what it gets, with ctypes: python echo_ctypes.py [PORT]"""

import ctypes
import os
import signal
import socket
import sys

lib = ctypes.CDLL("libevhub.so.0")
EVENT = ctypes.CFUNCTYPE(None, ctypes.c_int, ctypes.c_short, ctypes.c_void_p)
DATA = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
ERROR = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_short, ctypes.c_void_p)
EV_READ, EV_WRITE, EV_PERSIST = 2, 4, 16

lib.evhub_event_new.restype = lib.bufferevent_new.restype = ctypes.c_void_p
lib.evhub_event_new.argtypes = [
    ctypes.c_void_p, ctypes.c_int, ctypes.c_short, EVENT, ctypes.c_void_p,
]  # fmt: skip
lib.event_add.argtypes = [ctypes.c_void_p, ctypes.c_void_p]
lib.bufferevent_new.argtypes = [ctypes.c_int, DATA, DATA, ERROR, ctypes.c_void_p]
lib.bufferevent_enable.argtypes = [ctypes.c_void_p, ctypes.c_short]
lib.bufferevent_read.restype = ctypes.c_size_t
lib.bufferevent_read.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
lib.bufferevent_write.argtypes = lib.bufferevent_read.argtypes
lib.bufferevent_free.argtypes = lib.evhub_bufferevent_getfd.argtypes = [ctypes.c_void_p]

room = ctypes.create_string_buffer(65536)


@DATA
def on_data(peer, arg):
    while count := lib.bufferevent_read(peer, room, len(room)):
        lib.bufferevent_write(peer, room, count)


@ERROR
def on_end(peer, what, arg):
    fd = lib.evhub_bufferevent_getfd(peer)
    lib.bufferevent_free(peer)
    os.close(fd)


@EVENT
def on_connection(fd, what, arg):
    sock = server.accept()[0]
    sock.setblocking(False)
    peer = lib.bufferevent_new(sock.detach(), on_data, DATA(), on_end, None)
    lib.bufferevent_enable(peer, EV_READ | EV_WRITE)


signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program
server = socket.create_server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0))
print("listening on port", server.getsockname()[1], flush=True)
lib.event_init()
flags = EV_READ | EV_PERSIST
lib.event_add(lib.evhub_event_new(None, server.fileno(), flags, on_connection, None), None)
lib.event_dispatch()
