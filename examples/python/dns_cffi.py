"""Looks up names at the same time, with cffi: python dns_cffi.py [-s SERVER] NAME..."""

import socket
import subprocess
import sys

import cffi

ffi = cffi.FFI()
cdef = subprocess.check_output(["pkg-config", "--variable=cdef", "evhub"], text=True).strip()
ffi.cdef(open(cdef).read())
lib = ffi.dlopen("libevhub.so.0")

names = sys.argv[1:]
server = None
if names[:1] == ["-s"]:
    server, names = names[1], names[2:]
handles = [ffi.new_handle(name) for name in names]  # must live until they are used
left = len(names)


@ffi.callback("evdns_callback_type")
def on_answer(result, kind, count, ttl, addresses, arg):
    global left
    name = ffi.from_handle(arg)
    if result:
        print(name, ffi.string(lib.evdns_err_to_string(result)).decode())
    else:
        # Addresses are there while this function runs.
        packed = ffi.unpack(ffi.cast("char *", addresses), 4 * count)
        for at in range(count):
            print(name, socket.inet_ntoa(packed[4 * at : 4 * at + 4]), ttl)
    left -= 1
    if not left:
        lib.evdns_shutdown(0)  # or the sockets of the resolver keep the loop running


lib.event_init()
lib.evdns_init()  # reads /etc/resolv.conf
if server:
    lib.evdns_clear_nameservers_and_suspend()
    lib.evdns_nameserver_ip_add(server.encode())
    lib.evdns_resume()
for name, handle in zip(names, handles):
    lib.evdns_resolve_ipv4(name.encode(), 0, on_answer, handle)
if left:
    lib.event_dispatch()
