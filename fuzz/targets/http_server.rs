//! Any bytes as what a client says to a server, and then no more: said in pieces it is answered as
//! it is said at once, the answers are whole replies, and the connection ends.
#![no_main]

mod common;
extern crate evhub as _;

use common::ffi;
use common::ffi::Evbuffer;
use libfuzzer_sys::fuzz_target;
use std::cell::OnceCell;
use std::ffi::{CStr, c_char, c_int, c_void};
use std::io::{ErrorKind, Read, Write};
use std::net::{Shutdown, SocketAddr, TcpListener, TcpStream};
use std::os::fd::IntoRawFd;
use std::ptr;

/// Rounds of the loop until everything must have come to its end.
const PATIENCE: usize = 10_000;
const NONBLOCK: c_int = 2;

type Handler = unsafe extern "C" fn(req: *mut c_void, arg: *mut c_void);

unsafe extern "C" {
    fn event_init() -> *mut c_void;
    fn event_loop(flags: c_int) -> c_int;
    fn evhttp_new(base: *mut c_void) -> *mut c_void;
    fn evhttp_accept_socket(http: *mut c_void, fd: c_int) -> c_int;
    fn evhttp_set_gencb(http: *mut c_void, cb: Handler, arg: *mut c_void);
    fn evhttp_request_uri(req: *mut c_void) -> *const c_char;
    fn evhttp_send_reply(req: *mut c_void, code: c_int, reason: *const c_char, data: *mut Evbuffer);
    fn evhub_evhttp_request_get_input_buffer(req: *mut c_void) -> *mut Evbuffer;
}

/// Says what was asked for, and what came with it.
unsafe extern "C" fn answer(req: *mut c_void, _: *mut c_void) {
    // SAFETY: a request of the server's, and a buffer of ours.
    unsafe {
        let body = ffi::evbuffer_new();
        let uri = CStr::from_ptr(evhttp_request_uri(req)).to_bytes();
        ffi::evbuffer_add(body, uri.as_ptr().cast(), uri.len());
        ffi::evbuffer_add_buffer(body, evhub_evhttp_request_get_input_buffer(req));
        evhttp_send_reply(req, 200, c"OK".as_ptr(), body);
        ffi::evbuffer_free(body);
    }
}

fn serve() -> SocketAddr {
    let listener = TcpListener::bind("127.0.0.1:0").expect("a socket");
    listener.set_nonblocking(true).expect("a socket");
    let address = listener.local_addr().expect("an address");
    // SAFETY: the socket is the server's from now on, which lives as long as the process.
    unsafe {
        let http = evhttp_new(event_init());
        assert_eq!(evhttp_accept_socket(http, listener.into_raw_fd()), 0);
        evhttp_set_gencb(http, answer, ptr::null_mut());
    }
    address
}

fn round() {
    // SAFETY: no arguments to be wrong.
    assert!(unsafe { event_loop(NONBLOCK) } >= 0);
}

/// All that the server says.
fn heard<'a>(address: SocketAddr, pieces: impl Iterator<Item = &'a [u8]>) -> Vec<u8> {
    let mut client = TcpStream::connect(address).expect("a connection");
    client.set_nodelay(true).expect("an option");
    client.set_nonblocking(true).expect("an option");
    for piece in pieces {
        // Who has closed hears nothing.
        let _ = client.write_all(piece);
        round();
    }
    let _ = client.shutdown(Shutdown::Write);
    let mut heard = Vec::new();
    for _ in 0..PATIENCE {
        round();
        match client.read_to_end(&mut heard) {
            Err(error) if error.kind() == ErrorKind::WouldBlock => {}
            _ => return heard,
        }
    }
    panic!("it has not ended");
}

/// Without the dates, and without `100 Continue`, which is said if the body has not come yet.
fn comparable(text: &[u8]) -> Vec<u8> {
    let mut lines: Vec<&[u8]> = text.split_inclusive(|b| *b == b'\n').collect();
    lines.retain(|line| !line.starts_with(b"Date: "));
    while let Some(at) = lines.iter().position(|line| *line == b"HTTP/1.1 100 Continue\r\n") {
        lines.drain(at..(at + 2).min(lines.len()));
    }
    lines.concat()
}

/// Replies with their lengths, one behind the other; those to HEAD end with their heads.
fn check_replies(mut text: &[u8]) {
    while !text.is_empty() {
        assert!(text.starts_with(b"HTTP/1."), "no reply");
        let end = text.windows(4).position(|four| four == b"\r\n\r\n").expect("a whole head");
        let head = String::from_utf8_lossy(&text[..end]).into_owned();
        text = &text[end + 4..];
        let length = head.split("\r\n").find_map(|line| line.strip_prefix("Content-Length: "));
        let length: usize = length.map_or(0, |length| length.parse().expect("a length"));
        let is_to_head = text.is_empty() || text.starts_with(b"HTTP/1.");
        if !is_to_head {
            text = text.get(length..).expect("a whole body");
        }
    }
}

thread_local! {
    static SERVER: OnceCell<SocketAddr> = const { OnceCell::new() };
}

fuzz_target!(|data: &[u8]| {
    let Some((&[a, b, c], data)) = data.split_first_chunk::<3>() else { return };
    let address = SERVER.with(|server| *server.get_or_init(serve));
    let whole = heard(address, std::iter::once(data));
    check_replies(&whole);
    let mut cuts = [a, b, c].map(|cut| usize::from(cut) * data.len() / 256);
    cuts.sort_unstable();
    let pieces =
        [&data[..cuts[0]], &data[cuts[0]..cuts[1]], &data[cuts[1]..cuts[2]], &data[cuts[2]..]];
    let in_pieces = heard(address, pieces.into_iter());
    check_replies(&in_pieces);
    assert_eq!(comparable(&in_pieces), comparable(&whole));
});
