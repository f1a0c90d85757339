//! Two streams over memory: handshakes and data under every amount of room, ends, wrong hosts.

use super::pipe::{End, pipe};
use crate::choice;
use crate::context::{Context, Role, Verify};
use crate::fault::Result;
use crate::stream::{Stream, Wants};
use crate::sys::room::as_room;
use openssl::asn1::Asn1Time;
use openssl::ec::{EcGroup, EcKey};
use openssl::hash::MessageDigest;
use openssl::nid::Nid;
use openssl::pkey::PKey;
use openssl::x509::extension::SubjectAlternativeName;
use openssl::x509::{X509, X509NameBuilder};
use std::path::{Path, PathBuf};

/// A certificate for `localhost` that stands for itself, and its key, in one file.
fn identity(name: &str) -> PathBuf {
    let group = EcGroup::from_curve_name(Nid::X9_62_PRIME256V1).unwrap();
    let key = PKey::from_ec_key(EcKey::generate(&group).unwrap()).unwrap();
    let mut subject = X509NameBuilder::new().unwrap();
    subject.append_entry_by_text("CN", "evhub").unwrap();
    let subject = subject.build();
    let mut builder = X509::builder().unwrap();
    builder.set_version(2).unwrap();
    builder.set_subject_name(&subject).unwrap();
    builder.set_issuer_name(&subject).unwrap();
    builder.set_pubkey(&key).unwrap();
    builder.set_not_before(&Asn1Time::days_from_now(0).unwrap()).unwrap();
    builder.set_not_after(&Asn1Time::days_from_now(1).unwrap()).unwrap();
    let names =
        SubjectAlternativeName::new().dns("localhost").build(&builder.x509v3_context(None, None));
    builder.append_extension(names.unwrap()).unwrap();
    builder.sign(&key, MessageDigest::sha256()).unwrap();
    let mut pem = builder.build().to_pem().unwrap();
    pem.extend(key.private_key_to_pem_pkcs8().unwrap());
    let file = std::env::temp_dir().join(format!("evhub-tls-{}-{name}.pem", std::process::id()));
    std::fs::write(&file, pem).unwrap();
    file
}

struct Pair {
    client: Stream<End>,
    server: Stream<End>,
}

fn contexts(file: &Path) -> (Context, Context) {
    let server = Context::new(Role::Server).unwrap();
    server.set_identity(file, file).unwrap();
    let client = Context::new(Role::Client).unwrap();
    client.trust(Some(file), None).unwrap();
    (client, server)
}

fn pair(client: &Context, server: &Context, host: &str, room: usize) -> Pair {
    let (near, far) = pipe(room);
    over(client, server, host, near, far)
}

fn over(client: &Context, server: &Context, host: &str, near: End, far: End) -> Pair {
    let mut ssl = server.serve().unwrap();
    let _choice = choice::attach(&mut ssl).unwrap();
    Pair {
        client: Stream::new(client.ask(host).unwrap(), near, true, false).unwrap(),
        server: Stream::new(ssl, far, false, false).unwrap(),
    }
}

fn read(stream: &mut Stream<End>, into: &mut Vec<u8>) -> Result<usize> {
    let mut room = [0; 5000];
    let n = stream.read(as_room(&mut room))?;
    into.extend(&room[..n]);
    Ok(n)
}

fn is_later<T>(result: &Result<T>) -> bool {
    matches!(result, Err(fault) if fault.errno == libc::EAGAIN)
}

/// Sends from the client to the server until all has come.
fn transfer(pair: &mut Pair, bytes: &[u8]) -> Vec<u8> {
    let (mut sent, mut got) = (0, Vec::new());
    for _ in 0..1_000_000 {
        if sent < bytes.len() {
            match pair.client.write(&bytes[sent..]) {
                Ok(n) => sent += n,
                later => assert!(is_later(&later), "{later:?}"),
            }
        } else {
            // It may have to be heard still.
            let nothing = read(&mut pair.client, &mut Vec::new());
            assert!(is_later(&nothing), "{nothing:?}");
        }
        let read = read(&mut pair.server, &mut got);
        assert!(is_later(&read) || read.is_ok(), "{read:?}");
        if got.len() == bytes.len() {
            return got;
        }
    }
    panic!("{} of {} bytes", got.len(), bytes.len());
}

#[test]
fn bytes_arrive_whatever_the_room() {
    let file = identity("room");
    let (client, server) = contexts(&file);
    let bytes: Vec<u8> = (0..100_000_u32).map(|n| (n % 251) as u8).collect();
    for room in [1, 7, 100, 5000, 1 << 20] {
        let bytes = if room < 100 { &bytes[..2000] } else { &bytes };
        let mut pair = pair(&client, &server, "localhost", room);
        assert_eq!(transfer(&mut pair, bytes), bytes, "{room}");
    }
    std::fs::remove_file(file).unwrap();
}

#[test]
fn an_end_is_heard_as_one_and_a_cut_as_an_error() {
    let file = identity("ends");
    let (client, server) = contexts(&file);
    let mut said = pair(&client, &server, "localhost", 1 << 20);
    transfer(&mut said, b"some");
    said.client.shut_down().unwrap();
    said.client.shut_down().unwrap();
    let mut got = Vec::new();
    assert_eq!(read(&mut said.server, &mut got).unwrap(), 0);
    assert_eq!(read(&mut said.server, &mut got).unwrap(), 0);

    let (near, far) = pipe(1 << 20);
    let lane = far.from.clone();
    let mut cut = over(&client, &server, "localhost", near, far);
    transfer(&mut cut, b"some");
    lane.borrow_mut().is_closed = true;
    let first = read(&mut cut.server, &mut got).unwrap_err();
    assert_eq!(first.errno, libc::ECONNRESET, "{first:?}");
    // And so it stays.
    let again = read(&mut cut.server, &mut got).unwrap_err();
    assert_eq!((again.errno, again.text), (first.errno, first.text));
    cut.server.write(b"more").unwrap_err();
    std::fs::remove_file(file).unwrap();
}

/// A goodbye for which there is no room comes later.
#[test]
fn an_end_waits_for_room() {
    let file = identity("goodbye");
    let (client, server) = contexts(&file);
    let (near, far) = pipe(1 << 20);
    let lane = near.to.clone();
    let mut pair = over(&client, &server, "localhost", near, far);
    transfer(&mut pair, b"some");
    let room = std::mem::replace(&mut lane.borrow_mut().room, 0);
    let full = pair.client.shut_down();
    assert!(is_later(&full), "{full:?}");
    assert_eq!(pair.client.wants(), Wants::Write);
    lane.borrow_mut().room = room;
    pair.client.shut_down().unwrap();
    assert_eq!(read(&mut pair.server, &mut Vec::new()).unwrap(), 0);
    std::fs::remove_file(file).unwrap();
}

#[test]
fn who_is_not_trusted_is_not_spoken_to() {
    let file = identity("trust");
    let (client, server) = contexts(&file);
    let mut wrong = pair(&client, &server, "example.org", 1 << 20);
    let fault = loop {
        match wrong.client.write(b"secret") {
            Ok(_) => panic!("it was sent"),
            Err(fault) if fault.errno == libc::EAGAIN => {}
            Err(fault) => break fault,
        }
        let _ = read(&mut wrong.server, &mut Vec::new());
    };
    assert_eq!(fault.errno, libc::EPROTO);
    assert!(fault.text.contains("hostname mismatch"), "{}", fault.text);

    let anybody = Context::new(Role::Client).unwrap();
    anybody.set_verify(Verify::Nobody).unwrap();
    let mut pair = pair(&anybody, &server, "example.org", 1 << 20);
    assert_eq!(transfer(&mut pair, b"public"), b"public");
    std::fs::remove_file(file).unwrap();
}
