"""A server that sends back what it gets, with cffi: python echo_cffi.py [PORT]"""

import os
import signal
import socket
import subprocess
import sys

import cffi

ffi = cffi.FFI()
cdef = subprocess.check_output(["pkg-config", "--variable=cdef", "evhub"], text=True).strip()
ffi.cdef(open(cdef).read())
lib = ffi.dlopen("libevhub.so.0")


@ffi.callback("evbuffercb")
def on_data(peer, arg):
    lib.bufferevent_write_buffer(peer, peer.input)


@ffi.callback("everrorcb")
def on_end(peer, what, arg):
    fd = peer.ev_read.ev_fd
    lib.bufferevent_free(peer)
    os.close(fd)


@ffi.callback("void(int, short, void *)")
def on_connection(fd, what, arg):
    sock = server.accept()[0]
    sock.setblocking(False)
    peer = lib.bufferevent_new(sock.detach(), on_data, ffi.NULL, on_end, ffi.NULL)
    lib.bufferevent_enable(peer, lib.EV_READ | lib.EV_WRITE)


signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program
server = socket.create_server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0))
print("listening on port", server.getsockname()[1], flush=True)
lib.event_init()
event = ffi.new("struct event *")
flags = lib.EV_READ | lib.EV_PERSIST
lib.event_set(event, server.fileno(), flags, on_connection, ffi.NULL)
lib.event_add(event, ffi.NULL)
lib.event_dispatch()
