//! A request, from its call to its answer. Its head is what programs see.

use super::Sent;
use super::connection::{self, ConnectionPtr};
use super::port::{self, PortPtr};
use super::query::Query;
use super::reply::{Reply, Section};
use crate::dns::writer::{LIMIT, Record};
use crate::errno::Result;
use crate::layout::call::DnsRequestCall;
use crate::layout::evdns::{Question, QuestionMemory, ServerRequest};
use crate::layout::handle::Handle;
use crate::layout::live::Live;
use crate::sys::mem;
use std::cell::{Cell, RefCell};
use std::ffi::c_int;
use std::fmt::Write;
use std::net::SocketAddr;

/// A datagram to a client that has not said what it takes (RFC 1035, 2.3.4), and the most that any
/// can have.
const PLAIN_LIMIT: usize = 512;
const DATAGRAM_LIMIT: usize = 65_507;

/// The requests that were not answered or dropped yet.
static REQUESTS: Live<Request> = Live::new();

/// Where a request has come from, and its answer goes.
#[derive(Clone, Copy)]
pub enum Origin {
    Datagram(SocketAddr),
    Stream(ConnectionPtr, SocketAddr),
}

#[repr(C)]
pub struct Request {
    head: ServerRequest,
    list: [Cell<*mut Question>; 1],
    question: QuestionMemory,
    port: PortPtr,
    origin: Origin,
    /// Bytes that the answer may have.
    limit: usize,
    reply: RefCell<Reply>,
    /// An answer was made of it, though not sent yet.
    answered: Cell<bool>,
}

pub type RequestPtr = Handle<Request>;

/// The request that a program points to.
pub fn find(raw: *mut ServerRequest) -> Option<RequestPtr> {
    REQUESTS.find(raw)
}

/// A port has ended.
pub fn tidy() {
    REQUESTS.tidy();
}

/// A request for the program, which its port and its connection know of.
pub fn create(port: PortPtr, origin: Origin, query: &Query) -> Result<RequestPtr> {
    let limit = match (origin, query.edns) {
        (Origin::Stream(..), _) => LIMIT,
        (_, Some(edns)) => usize::from(edns.size).clamp(PLAIN_LIMIT, DATAGRAM_LIMIT),
        (_, None) => PLAIN_LIMIT,
    };
    let mut text = Text { bytes: [0; TEXT], length: 0 };
    let _ = write!(text, "{}", query.name);
    let question = QuestionMemory::new(query.kind, query.class, &text.bytes[..text.length])?;
    let head = ServerRequest {
        flags: Cell::new(c_int::from(query.flags)),
        nquestions: Cell::new(1),
        questions: Cell::new(std::ptr::null_mut()),
    };
    let list = [Cell::new(question.as_ptr())];
    let (reply, answered) = (RefCell::new(Reply::new(query)?), Cell::new(false));
    let request = Request { head, list, question, port, origin, limit, reply, answered };
    let request = Handle::leak(mem::try_box(request)?);
    if let Err(error) = REQUESTS.insert(request, 0) {
        request.dispose();
        return Err(error);
    }
    request.head.questions.set(request.list.as_ptr().cast_mut().cast());
    port::request_begins(port);
    if let Origin::Stream(connection, _) = origin {
        connection::request_begins(connection);
    }
    Ok(request)
}

/// The bytes of the longest name as text: four for each of its own.
const TEXT: usize = 1024;

struct Text {
    bytes: [u8; TEXT],
    length: usize,
}

impl Write for Text {
    fn write_str(&mut self, text: &str) -> std::fmt::Result {
        let end = self.length + text.len();
        let room = self.bytes.get_mut(self.length..end).ok_or(std::fmt::Error)?;
        room.copy_from_slice(text.as_bytes());
        self.length = end;
        Ok(())
    }
}

/// Calls the program's function. Nothing may be touched afterwards.
pub fn call(request: RequestPtr) {
    let (function, arg) = request.port.callback();
    DnsRequestCall { function, request: request.as_ptr().cast(), arg }.run();
}

impl Request {
    pub fn is_answered(&self) -> bool {
        self.answered.get()
    }

    pub fn address(&self) -> SocketAddr {
        match self.origin {
            Origin::Datagram(address) | Origin::Stream(_, address) => address,
        }
    }

    /// Adds records to the answer, all or none. `EMSGSIZE`: no packet can hold them.
    pub fn add(
        &self,
        section: Section,
        records: impl Iterator<Item = Result<Record>>,
    ) -> Result<()> {
        self.reply.borrow_mut().add(section, records)
    }
}

/// Sends the answer and ends the request. On an error it stays as it is: it may be tried again.
pub fn respond(request: RequestPtr, rcode: u16) -> Result<Sent> {
    // 1.4: whatever the program has put there (behaviour 128).
    let flags = request.head.flags.get() as u16;
    let framed = matches!(request.origin, Origin::Stream(..));
    let packet = request.reply.borrow().packet(flags, rcode, request.limit, framed)?;
    request.answered.set(true);
    let sent = match request.origin {
        Origin::Datagram(address) => port::send(request.port, address, packet),
        Origin::Stream(connection, _) => connection::send(connection, packet),
    }?;
    end(request);
    Ok(sent)
}

/// Ends the request, and what has only waited for that.
pub fn end(request: RequestPtr) {
    let (port, origin) = (request.port, request.origin);
    REQUESTS.remove(request);
    request.dispose();
    if let Origin::Stream(connection, _) = origin {
        connection::request_ends(connection);
    }
    port::request_ends(port);
}
