//! Any bytes as the reply to a question: it is accepted or not, and what it says is told, as the
//! plain reader in `common::packets` has it. What c-ares finds malformed may be ignored.
#![no_main]

mod common;

use common::packets::{self, PTR, Question, Told};
use evhub::dns::answer::{self, Answer};
use evhub::dns::name::Name;
use evhub::dns::packet::{self, Kind};
use libfuzzer_sys::fuzz_target;

fn kind(question: Question) -> Kind {
    match question.kind {
        packets::A => Kind::A,
        packets::AAAA => Kind::Aaaa,
        _ => Kind::Ptr,
    }
}

/// The name as text, which the library makes a name of.
fn name(question: Question) -> Name {
    let mut text = Vec::new();
    let mut rest = question.name;
    while let Some((&length @ 1.., after)) = rest.split_first() {
        let (label, next) = after.split_at(usize::from(length));
        text.extend_from_slice(label);
        text.push(b'.');
        rest = next;
    }
    let name = Name::from_text(&text).expect("a name");
    assert_eq!(name.wire(), question.name);
    name
}

fn is_accepted(packet: &[u8], question: Question) -> bool {
    let Some(head) = packet::head(packet) else { return false };
    let (name, kind) = (name(question), kind(question));
    let accepted = head.answers(packet, &name, kind, false);
    assert!(accepted || !head.answers(packet, &name, kind, true));
    assert!(!(accepted && head.is_bare(packet)));
    accepted
}

/// Text and a NUL, or nothing.
fn is_text(answer: &Answer) {
    match answer.data.split_last() {
        None => assert_eq!(answer.count, 0),
        Some((last, text)) => {
            assert_eq!((answer.count, *last), (1, 0));
            assert!(text.iter().all(|byte| (b' '..=b'~').contains(byte)), "{text:?}");
        }
    }
}

fuzz_target!(|data: &[u8]| {
    let Some((question, packet)) = packets::from_input(data) else { return };
    let accepted = is_accepted(&packet, question);
    assert_eq!(accepted, packets::answers(&packet, question));
    // Also what would have been ignored does no harm.
    let read = answer::read(&packet, kind(question));
    let Ok(answer) = read else { return };
    if question.kind == PTR {
        is_text(&answer);
    }
    let data = if question.kind == PTR { Vec::new() } else { answer.data };
    if accepted {
        let told = Told { data, count: answer.count, ttl: answer.ttl };
        assert_eq!(Some(told), packets::read(&packet, question));
    }
});
