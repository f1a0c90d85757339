"""What gevent's core takes from the library: names, structs that it owns or reads, and what it
expects of their fields. The extension is asked what it needs, and the library whether it is there.
"""

import ctypes
import subprocess
import unittest

from gevent import core
from support import once, pipe

# What the core of 0.13.1 refers to.
NAMES = """
current_base
event_init event_reinit event_set event_add event_del event_active event_pending
event_dispatch event_loop event_get_version event_get_method
evbuffer_new evbuffer_free evbuffer_add evbuffer_drain
evdns_init evdns_shutdown evdns_err_to_string evdns_resolve_ipv4 evdns_resolve_ipv6
evdns_resolve_reverse evdns_resolve_reverse_ipv6
evhttp_new evhttp_free evhttp_bind_socket evhttp_accept_socket evhttp_set_gencb
evhttp_send_reply evhttp_send_reply_start evhttp_send_reply_chunk evhttp_send_reply_end
evhttp_send_error evhttp_add_header evhttp_find_header evhttp_remove_header
evhttp_clear_headers evhttp_connection_get_peer evhttp_connection_set_closecb
""".split()

# What that of 0.13.8 refers to as well.
LATER = """
evhttp_connection_new evhttp_connection_free evhttp_connection_set_local_address
evhttp_connection_set_retries evhttp_connection_set_timeout evhttp_make_request
evhttp_request_new evhttp_request_free
""".split()

lib = ctypes.CDLL("libevhub.so.0")


def memory(event):
    """The struct event inside of a Python object: behind its head and its table of methods."""
    return id(event) + 24


class Names(unittest.TestCase):
    @once
    def test_there_are_39_and_8(self):
        self.assertEqual((len(set(NAMES)), len(set(LATER))), (39, 8))

    @once
    def test_the_extension_needs_no_others(self):
        command = ["nm", "-D", "--undefined-only", core.__file__]
        words = subprocess.run(command, capture_output=True, text=True, check=True).stdout.split()
        needed = {word for word in words if word.startswith(("ev", "current_base"))}
        self.assertEqual(needed, set(NAMES + LATER))

    @once
    def test_the_library_has_them(self):
        for library in [lib, ctypes.CDLL("libevent-1.4.so.2")]:
            for name in NAMES + LATER:
                self.assertTrue(hasattr(library, name), name)

    @once
    def test_current_base_is_set_by_init(self):
        self.assertTrue(ctypes.c_void_p.in_dll(lib, "current_base").value)


class Structs(unittest.TestCase):
    @once
    def test_an_event_has_128_bytes_by_value(self):
        self.assertEqual(core.event.__basicsize__, 24 + 128 + 3 * 8)

    def test_fields_of_an_event(self):
        """ev_fd at 64, ev_events at 68, ev_arg at 112, ev_flags at 124."""
        reader, _writer = pipe(self)
        event = core.event(2 | 16, reader, lambda *_: None)
        at = memory(event)
        self.assertEqual(ctypes.c_int.from_address(at + 64).value, reader)
        self.assertEqual(ctypes.c_short.from_address(at + 68).value, 2 | 16)
        self.assertEqual(ctypes.c_void_p.from_address(at + 112).value, id(event))
        self.assertEqual(ctypes.c_int.from_address(at + 124).value, 0x80)
        event.add()
        self.assertEqual(ctypes.c_int.from_address(at + 124).value, 0x82)
        event.cancel()

    def test_an_event_of_zeros_takes_the_current_base(self):
        """Behaviour 13, with the middle priority of those that there are."""
        event = core.event(0, -1, lambda *_: None)
        at = memory(event)
        base = ctypes.c_void_p.in_dll(lib, "current_base").value
        self.assertEqual(ctypes.c_void_p.from_address(at + 56).value, base)
        self.assertEqual(ctypes.c_int.from_address(at + 96).value, 0)

    def test_counters_of_a_base(self):
        """event_count at 16 and event_count_active at 20, which a build for gevent's own tests
        reads."""
        base = ctypes.c_void_p.in_dll(lib, "current_base").value
        counts = [ctypes.c_int.from_address(base + offset) for offset in (16, 20)]
        before = [count.value for count in counts]
        timer = core.timer(3600, lambda: None)
        active = core.active_event(lambda: None)
        now = [count.value for count in counts]
        timer.cancel()
        active.cancel()
        after = [count.value for count in counts]
        self.assertEqual(after, before)
        self.assertEqual(now, [before[0] + 2, before[1] + 1])

    @once
    def test_a_buffer_is_in_one_piece(self):
        """buffer at 0, off at 32."""
        lib.evbuffer_new.restype = ctypes.c_void_p
        lib.evbuffer_free.argtypes = [ctypes.c_void_p]
        buffer = lib.evbuffer_new()
        file = core.buffer(buffer)
        for _ in range(100):
            file.write(b"0123456789")
        file.read(5)
        length = ctypes.c_size_t.from_address(buffer + 32).value
        self.assertEqual(length, 995)
        data = ctypes.c_void_p.from_address(buffer).value
        self.assertEqual(ctypes.string_at(data, length), (b"0123456789" * 100)[5:])
        file.detach()
        lib.evbuffer_free(buffer)


if __name__ == "__main__":
    unittest.main()
