//! What has come from a name server: is it a reply to a question of ours, and what follows?
//!
//! What does not match in everything is ignored, and the question goes on: the right reply may
//! still come (RFC 5452, 9.1).

use super::answer;
use super::packet;
use super::query::{Code, Sent};
use super::slab::Key;
use super::state::State;

mod rcode {
    pub const NO_ERROR: u8 = 0;
    pub const FORMAT: u8 = 1;
    pub const SERVER_FAILED: u8 = 2;
    pub const NAME: u8 = 3;
    pub const NOT_IMPLEMENTED: u8 = 4;
    pub const REFUSED: u8 = 5;
}

impl State {
    /// A packet from the server that the channel is connected to; `was_cut`: its end did not fit.
    pub fn reply(&mut self, channel: Key, packet: &[u8], was_cut: bool) {
        let Some(head) = packet::head(packet) else { return };
        let Some(key) = self.query_with(head.id) else { return };
        let query = &self.queries[key];
        let Some(sent) = query.sent_through(channel) else { return };
        let exactly = self.options.randomize_case;
        if !head.answers(packet, &query.name, query.kind, exactly) {
            let is_about_edns = matches!(head.rcode, rcode::FORMAT | rcode::NOT_IMPLEMENTED);
            if sent.edns
                && is_about_edns
                && head.is_bare(packet)
                && query.server == Some(sent.server)
            {
                self.again_without_edns(key, sent.server, Code(i32::from(head.rcode)));
            }
            return;
        }
        if head.is_cut || was_cut {
            return self.cut(key, sent);
        }
        match head.rcode {
            rcode::NO_ERROR | rcode::NAME => self.answer(key, sent, packet, head.rcode),
            _ if query.server != Some(sent.server) => {}
            rcode::FORMAT | rcode::NOT_IMPLEMENTED if sent.edns => {
                self.again_without_edns(key, sent.server, Code(i32::from(head.rcode)));
            }
            rcode::FORMAT => self.end(key, Err(Code::FORMAT)),
            rcode::SERVER_FAILED => self.elsewhere_or(key, Code::SERVER_FAILED),
            rcode::NOT_IMPLEMENTED => self.turned_away(key, sent.server, Code::NOT_IMPLEMENTED),
            rcode::REFUSED => self.turned_away(key, sent.server, Code::REFUSED),
            _ => self.end(key, Err(Code::UNKNOWN)),
        }
    }

    /// The answer was too long for a datagram.
    fn cut(&mut self, key: Key, sent: Sent) {
        if self.queries[key].over_tcp {
            // Already on its way over TCP; or a server that cannot do better there, either.
            return;
        }
        self.server_answered(sent.server);
        if self.queries[key].probes.is_some() {
            return self.end(key, Err(Code::TRUNCATED));
        }
        self.send_again_over_tcp(key, sent.server);
    }

    fn answer(&mut self, key: Key, sent: Sent, packet: &[u8], code: u8) {
        let query = &self.queries[key];
        let plain_helped = !sent.edns
            && query.sent.iter().flatten().any(|other| other.server == sent.server && other.edns);
        let Ok(answer) = answer::read(packet, query.kind) else {
            return self.log(true, format_args!("a malformed reply is ignored"));
        };
        if answer.refuses_edns {
            if sent.edns && query.server == Some(sent.server) {
                self.again_without_edns(key, sent.server, Code::UNKNOWN);
            }
            return;
        }
        self.server_answered(sent.server);
        if plain_helped && let Some(server) = self.servers.get_mut(sent.server) {
            server.edns = false;
        }
        let outcome = match code {
            rcode::NAME => Err(Code::NOT_EXIST),
            _ if answer.count == 0 => Err(Code::UNKNOWN),
            _ => Ok(answer),
        };
        self.end(key, outcome);
    }

    /// A server that will not serve us is left out, and the question asked elsewhere, once.
    fn turned_away(&mut self, key: Key, server: Key, code: Code) {
        self.server_failed(server, "it refuses to answer");
        let query = &mut self.queries[key];
        if std::mem::replace(&mut query.reissued, true) {
            return self.end(key, Err(code));
        }
        self.elsewhere_or(key, code);
    }
}
