"""An HTTP server with ctypes: python http_ctypes.py [PORT]"""

import ctypes
import signal
import socket
import sys

lib = ctypes.CDLL("libevhub.so.0")
REQUEST = ctypes.CFUNCTYPE(None, ctypes.c_void_p, ctypes.c_void_p)
lib.event_init.restype = lib.evhttp_new.restype = lib.evbuffer_new.restype = ctypes.c_void_p
lib.evhttp_new.argtypes = lib.evbuffer_free.argtypes = [ctypes.c_void_p]
lib.evhttp_accept_socket.argtypes = [ctypes.c_void_p, ctypes.c_int]
lib.evhttp_set_gencb.argtypes = [ctypes.c_void_p, REQUEST, ctypes.c_void_p]
lib.evhttp_request_uri.restype = ctypes.c_char_p
lib.evhttp_request_uri.argtypes = [ctypes.c_void_p]
lib.evbuffer_add.argtypes = [ctypes.c_void_p, ctypes.c_char_p, ctypes.c_size_t]
lib.evhttp_send_reply.argtypes = [
    ctypes.c_void_p, ctypes.c_int, ctypes.c_char_p, ctypes.c_void_p,
]  # fmt: skip


@REQUEST
def answer(req, arg):
    page = b"You have asked for %s\n" % lib.evhttp_request_uri(req)
    body = lib.evbuffer_new()
    lib.evbuffer_add(body, page, len(page))
    lib.evhttp_send_reply(req, 200, b"OK", body)
    lib.evbuffer_free(body)


signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program
sock = socket.create_server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0))
sock.setblocking(False)
print("http://127.0.0.1:%d/" % sock.getsockname()[1], flush=True)
server = lib.evhttp_new(lib.event_init())
lib.evhttp_accept_socket(server, sock.detach())
lib.evhttp_set_gencb(server, answer, None)
lib.event_dispatch()
