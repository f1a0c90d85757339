"""An HTTP server with cffi: python http_cffi.py [PORT]"""

import signal
import socket
import subprocess
import sys

import cffi

ffi = cffi.FFI()
cdef = subprocess.check_output(["pkg-config", "--variable=cdef", "evhub"], text=True).strip()
ffi.cdef(open(cdef).read())
lib = ffi.dlopen("libevhub.so.0")


@ffi.callback("void(struct evhttp_request *, void *)")
def answer(req, arg):
    page = b"You have asked for %s\n" % ffi.string(req.uri)
    body = ffi.gc(lib.evbuffer_new(), lib.evbuffer_free)
    lib.evbuffer_add(body, page, len(page))
    lib.evhttp_add_header(req.output_headers, b"Content-Type", b"text/plain")
    lib.evhttp_send_reply(req, lib.HTTP_OK, b"OK", body)


signal.signal(signal.SIGINT, signal.SIG_DFL)  # Ctrl-C ends the program
sock = socket.create_server(("127.0.0.1", int(sys.argv[1]) if sys.argv[1:] else 0))
sock.setblocking(False)
print("http://127.0.0.1:%d/" % sock.getsockname()[1], flush=True)
server = lib.evhttp_new(lib.event_init())
lib.evhttp_accept_socket(server, sock.detach())
lib.evhttp_set_gencb(server, answer, ffi.NULL)
lib.event_dispatch()
