"""Questions of gevent's core to a name server of the test's own."""

import ctypes
import socket
import unittest

from gevent import core
from support import AAAA, PTR, A, NameServer, encoded, once

lib = ctypes.CDLL("libevhub.so.0")

FOUR = [socket.inet_aton("192.0.2.1"), socket.inet_aton("192.0.2.2")]
SIX = [socket.inet_pton(socket.AF_INET6, "2001:db8::1")]
PACKED_SIX = SIX[0]
SIX_NAME = ".".join(reversed(PACKED_SIX.hex())) + ".ip6.arpa"


class Questions(unittest.TestCase):
    def setUp(self):
        self.server = NameServer(
            self,
            {
                ("host.test", A): FOUR,
                ("host.test", AAAA): SIX,
                ("silent.test", A): None,
                ("1.2.0.192.in-addr.arpa", PTR): [encoded("name.test")],
                (SIX_NAME, PTR): [encoded("six.test")],
            },
        )
        core.dns_init()
        lib.evdns_clear_nameservers_and_suspend()
        self.assertEqual(lib.evdns_nameserver_ip_add(self.server.address.encode()), 0)
        lib.evdns_resume()
        self.answers = []

    def answer(self, *answer):
        self.answers.append(answer)
        core.dns_shutdown()

    def ask(self, function, *question):
        function(*question, self.answer)
        self.assertEqual(self.answers, [], "an answer inside the call")
        # Without name servers nothing keeps the loop running.
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(len(self.answers), 1)
        return self.answers[0]

    def test_ipv4(self):
        result, kind, ttl, addresses = self.ask(core.dns_resolve_ipv4, "host.test", 1)
        self.assertEqual((result, kind, addresses), (core.DNS_ERR_NONE, core.DNS_IPv4_A, FOUR))
        self.assertIn(ttl, range(1, 78))

    def test_ipv6(self):
        result, kind, _ttl, addresses = self.ask(core.dns_resolve_ipv6, "host.test", 1)
        self.assertEqual((result, kind, addresses), (0, core.DNS_IPv6_AAAA, SIX))

    def test_reverse(self):
        result, kind, _ttl, name = self.ask(core.dns_resolve_reverse, FOUR[0], 0)
        self.assertEqual((result, kind, name), (0, core.DNS_PTR, "name.test"))

    def test_reverse_ipv6(self):
        result, _kind, _ttl, name = self.ask(core.dns_resolve_reverse_ipv6, PACKED_SIX, 0)
        self.assertEqual((result, name), (0, "six.test"))

    def test_a_name_that_does_not_exist(self):
        result, *_ = self.ask(core.dns_resolve_ipv4, "nobody.test", 1)
        self.assertEqual(result, core.DNS_ERR_NOTEXIST)

    def test_an_address_is_not_asked_for(self):
        result, _kind, _ttl, addresses = self.ask(core.dns_resolve_ipv4, "192.0.2.9", 0)
        self.assertEqual((result, addresses), (0, [socket.inet_aton("192.0.2.9")]))
        self.assertEqual(self.server.asked, [])

    def test_shutdown_answers_what_is_asked(self):
        core.dns_resolve_ipv4("silent.test", 1, self.answer)
        core.timer(0.02, core.dns_shutdown, 1)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual([answer[0] for answer in self.answers], [core.DNS_ERR_SHUTDOWN])

    def test_a_callback_that_asks_again(self):
        names = ["host.test", "nobody.test", "192.0.2.7"]
        results = []

        def next_one(result, *_answer):
            results.append(result)
            if names:
                core.dns_resolve_ipv4(names.pop(0), 1, next_one)
            else:
                core.dns_shutdown()

        core.dns_resolve_ipv4(names.pop(0), 1, next_one)
        self.assertEqual(core.dispatch(), 1)
        self.assertEqual(results, [0, core.DNS_ERR_NOTEXIST, 0])

    def test_an_empty_name(self):
        """Behaviour 10: an error, at once or by the callback."""
        try:
            core.dns_resolve_ipv4("", 1, self.answer)
        except OSError:
            return
        core.dispatch()
        self.assertNotEqual(self.answers.pop()[0], 0)

    def test_a_short_address(self):
        """Behaviour 10: gevent passes on how little it has, and the library reads four bytes."""
        result, *_ = self.ask(core.dns_resolve_reverse, "", 0)
        self.assertNotEqual(result, 0)


class Texts(unittest.TestCase):
    @once
    def test_every_number_has_a_text(self):
        for number in range(-100, 100):
            self.assertTrue(core.dns_err_to_string(number), number)
        self.assertEqual(core.dns_err_to_string(core.DNS_ERR_NONE), "no error")

    @once
    def test_init_needs_no_network(self):
        core.dns_init()
        core.dns_init()
        core.dns_shutdown()
        self.assertEqual(core.dispatch(), 1)


if __name__ == "__main__":
    unittest.main()
