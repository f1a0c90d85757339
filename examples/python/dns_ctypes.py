"""Looks up names at the same time, with ctypes: python dns_ctypes.py [-s SERVER] NAME..."""

import ctypes
import socket
import sys

lib = ctypes.CDLL("libevhub.so.0")
ANSWER = ctypes.CFUNCTYPE(
    None, ctypes.c_int, ctypes.c_char, ctypes.c_int, ctypes.c_int, ctypes.c_void_p,
    ctypes.c_void_p,
)  # fmt: skip
lib.evdns_resolve_ipv4.argtypes = [ctypes.c_char_p, ctypes.c_int, ANSWER, ctypes.c_void_p]
lib.evdns_err_to_string.restype = ctypes.c_char_p

names = sys.argv[1:]
server = None
if names[:1] == ["-s"]:
    server, names = names[1], names[2:]
left = len(names)


@ANSWER
def on_answer(result, kind, count, ttl, addresses, number):
    global left
    name = names[number or 0]  # a void * of 0 is None
    if result:
        print(name, lib.evdns_err_to_string(result).decode())
    for at in range(count):
        # Addresses are there while this function runs.
        packed = ctypes.string_at(addresses + 4 * at, 4)
        print(name, socket.inet_ntoa(packed), ttl)
    left -= 1
    if not left:
        lib.evdns_shutdown(0)  # or the sockets of the resolver keep the loop running


lib.event_init()
lib.evdns_init()  # reads /etc/resolv.conf
if server:
    lib.evdns_clear_nameservers_and_suspend()
    lib.evdns_nameserver_ip_add(server.encode())
    lib.evdns_resume()
for number, name in enumerate(names):
    lib.evdns_resolve_ipv4(name.encode(), 0, on_answer, number)
if left:
    lib.event_dispatch()
