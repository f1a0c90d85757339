//! What is to be done now, worked out from the state of a connection: steps of its own, and calls
//! of the program, one at a time. After each call the connection is looked up anew.

use super::connect::{self, attempt_failed};
use super::reply::{self, Step};
use super::write::{is_idempotent, write_request};
use super::{Client, Entry, Phase, Reason, Verdict, drop_socket, fail_first};
use crate::errno::Errno;
use crate::http::connection::{Connection, ConnectionPtr, find};
use crate::layout::call::http::{
    CloseCallback, ErrorCallback, HeaderCallback, RequestCall, run_close, run_error, run_header,
};
use crate::layout::evhttp::{KIND_RESPONSE, RequestCallback, RequestPtr, Stage};
use crate::sys::socket;
use std::ffi::c_void;

/// Calls that are made at one go, before others have their turn.
const CALLS: usize = 256;

/// So much input waits to be taken by the program, before nothing more is read.
const INPUT_LIMIT: usize = 256 << 10;

/// A call of the program's, and what follows from it.
pub enum Call {
    Close { callback: CloseCallback, arg: *mut c_void },
    Header { callback: HeaderCallback, request: RequestPtr },
    Piece { callback: RequestCallback, request: RequestPtr },
    Error { callback: ErrorCallback, reason: Reason, arg: *mut c_void },
    Reply(Entry),
}

/// Something has happened to the socket, or did not in time.
pub fn fired(connection: ConnectionPtr, is_late: bool) {
    let Some(client) = connection.client() else { return };
    match client.phase.get() {
        Phase::Pausing => client.phase.set(Phase::Closed),
        Phase::Resolving => attempt_failed(connection, client),
        Phase::Connecting => connect::attempted(connection, client, is_late),
        Phase::Asking => asking(connection, client, is_late),
        Phase::Idle => idle(connection, client, is_late),
        Phase::Closed => {}
    }
    turn(connection);
}

fn asking(connection: ConnectionPtr, client: &Client, is_late: bool) {
    let wire = &connection.wire;
    if !flush(connection, client) || client.is_paused() {
        return;
    }
    if client.incoming.has_head() && wire.input_length() >= INPUT_LIMIT {
        client.incoming.is_full.set(true);
        return wire.ignore_input();
    }
    match wire.fill() {
        Ok(0) => wire.ignore_input(),
        Ok(_) if wire.watch_input().is_ok() => {}
        Ok(_) => fail_first(connection, client, Verdict::Failed(Reason::Buffer)),
        Err(Errno::AGAIN | Errno::INTR) if is_late => {
            fail_first(connection, client, Verdict::Failed(Reason::Timeout));
        }
        Err(Errno::AGAIN | Errno::INTR) => {}
        Err(Errno::NOMEM) => fail_first(connection, client, Verdict::Failed(Reason::Buffer)),
        Err(_) if reply::may_ask_again(client) => reply::ask_again(connection, client),
        // What has come before is looked at first.
        Err(_) if wire.has_input() => {
            client.incoming.is_broken.set(true);
            wire.ignore_input();
        }
        Err(_) => fail_first(connection, client, Verdict::Failed(Reason::Eof)),
    }
}

/// Nobody has asked: whatever comes is the end (behaviour 166).
fn idle(connection: ConnectionPtr, client: &Client, is_late: bool) {
    match connection.wire.fill() {
        // What was to come before the first byte has not come.
        Err(Errno::AGAIN | Errno::INTR) if is_late && connection.wire.is_unready() => {
            drop_socket(connection, client);
        }
        // Time has run out for the last request's reply, which is there.
        Err(Errno::AGAIN | Errno::INTR) => {
            let _ = connection.wire.watch_idle();
        }
        _ => drop_socket(connection, client),
    }
}

/// The end of a round: what was asked in it goes out, and what the socket does not tell of is read.
pub fn end_of_round(connection: ConnectionPtr) {
    match connection.client() {
        Some(client) if has_pending(connection, client) => fired(connection, false),
        _ => turn(connection),
    }
}

/// Is there something to read that the socket does not tell of?
fn has_pending(connection: ConnectionPtr, client: &Client) -> bool {
    let reads = match client.phase.get() {
        Phase::Asking => !client.is_paused() && !client.incoming.is_full.get(),
        Phase::Idle => true,
        _ => false,
    };
    reads && connection.wire.has_pending()
}

/// Sends what there is. False: that cannot be done, and something else is.
fn flush(connection: ConnectionPtr, client: &Client) -> bool {
    if client.phase.get() != Phase::Asking || connection.wire.flush().is_ok() {
        return true;
    }
    // A server that has answered already need not hear the rest.
    connection.wire.drop_output();
    let has_more = match connection.wire.fill() {
        Ok(n) => n > 0,
        Err(_) => false,
    };
    if has_more || connection.wire.has_input() {
        client.incoming.closes.set(true);
    } else {
        fail_first(connection, client, Verdict::Failed(Reason::Buffer));
    }
    false
}

/// There is room for input again.
fn read_on(connection: ConnectionPtr, client: &Client) {
    let wire = &connection.wire;
    let is_full = client.incoming.is_full.get() && !client.incoming.is_broken.get();
    let has_room = is_full && wire.input_length() < INPUT_LIMIT;
    if has_room && client.phase.get() == Phase::Asking && !client.is_paused() {
        client.incoming.is_full.set(false);
        let _ = wire.watch_input();
    }
}

/// Does what is to be done.
pub fn turn(connection: ConnectionPtr) {
    let raw = connection.as_ptr();
    let marker = 0_u8;
    let here = &raw const marker as usize;
    for _ in 0..CALLS {
        // It may have been freed by what was called.
        let Some(connection) = find(raw) else { return };
        let Some(client) = connection.client() else { return };
        let Some(call) = next_call(connection, client) else {
            if flush(connection, client) {
                read_on(connection, client);
                if !has_pending(connection, client) {
                    connection.wire.cancel();
                }
                return;
            }
            continue;
        };
        // Whatever comes of the call, this goes on.
        connection.wire.queue();
        call.run(raw, here);
    }
}

/// Makes steps until there is somebody to be called, or nothing to do.
fn next_call(connection: ConnectionPtr, client: &Client) -> Option<Call> {
    loop {
        if client.close_is_due.replace(false) && connection.closecb.get().is_some() {
            let (callback, arg) = (connection.closecb.get(), connection.closecb_arg.get());
            return Some(Call::Close { callback, arg });
        }
        let has_more = client.first().is_some() && !client.is_ending.get();
        match client.phase.get() {
            Phase::Closed if has_more && !client.is_stalled.get() => {
                if connect::start(connection, client).is_err() {
                    attempt_failed(connection, client);
                }
            }
            Phase::Idle if has_more => begin(connection, client),
            Phase::Asking => match reply::step(connection, client) {
                Step::Again => {}
                Step::Call(call) => return Some(call),
                Step::Wait => return next_due(client),
            },
            _ => return next_due(client),
        }
    }
}

/// Those that are decided are told so, in order.
fn next_due(client: &Client) -> Option<Call> {
    if client.due.get() == 0 {
        return None;
    }
    let mut queue = client.queue.borrow_mut();
    let entry = queue.front_mut()?;
    let callback = entry.request.error_cb.get();
    if let Verdict::Nothing(reason) | Verdict::Failed(reason) = entry.verdict
        && callback.is_some()
        && !entry.is_error_told
    {
        entry.is_error_told = true;
        return Some(Call::Error { callback, reason, arg: entry.request.cb_arg.get() });
    }
    client.due.set(client.due.get() - 1);
    queue.pop_front().map(Call::Reply)
}

/// Has the server said something before it was asked? Then that is no reply.
fn says_something_first(connection: ConnectionPtr, client: &Client) -> bool {
    let wire = &connection.wire;
    if wire.transport().is_some() || !socket::has_news(wire.socket()) {
        return false;
    }
    let verdict = match wire.fill() {
        Err(Errno::AGAIN | Errno::INTR) => return false,
        Ok(0) => Verdict::Nothing(Reason::Eof),
        Ok(_) => Verdict::Failed(Reason::Invalid),
        Err(_) => Verdict::Failed(Reason::Eof),
    };
    fail_first(connection, client, verdict);
    true
}

/// The first of the queue goes out.
fn begin(connection: ConnectionPtr, client: &Client) {
    let Some(request) = client.first() else { return };
    // The server may have closed it, and the loop has not seen that yet.
    if client.incoming.was_used.get() && socket::has_news(connection.wire.socket()) {
        idle(connection, client, false);
        if client.phase.get() != Phase::Idle {
            return;
        }
    }
    let was_used = client.incoming.was_used.get();
    if !was_used && says_something_first(connection, client) {
        return;
    }
    client.incoming.forget();
    client.incoming.was_used.set(true);
    let has_body = request.output().off.get() > 0;
    let may_again = was_used && !has_body && client.asks_again.get() && !request.was_sent.get();
    client.incoming.may_ask_again.set(may_again && is_idempotent(request.r#type.get()));
    client.phase.set(Phase::Asking);
    let watched = match request.is_paused.get() {
        true => {
            connection.wire.ignore_input();
            Ok(())
        }
        false => connection.wire.watch_input(),
    };
    if watched.and_then(|()| write_request(request, connection, client)).is_err() {
        fail_first(connection, client, Verdict::Failed(Reason::Buffer));
    }
}

impl Call {
    fn run(self, raw: *mut Connection, here: usize) {
        match self {
            Call::Close { callback, arg } => run_close(callback, raw, arg),
            Call::Header { callback, request } => {
                request.hold(here);
                if !run_header(callback, request.as_ptr(), request.cb_arg.get()) {
                    refuse(raw, request);
                }
                request.release();
            }
            Call::Piece { callback, request } => {
                request.hold(here);
                let arg = request.cb_arg.get();
                RequestCall { callback, request: request.as_ptr(), arg }.run();
                request.release();
            }
            Call::Error { callback, reason, arg } => run_error(callback, reason as i32, arg),
            Call::Reply(entry) => tell(entry, here),
        }
    }
}

/// The program does not want this reply, if it is not another one's by now.
fn refuse(raw: *mut Connection, request: RequestPtr) {
    if let Some(connection) = find(raw)
        && let Some(client) = connection.client()
        && client.phase.get() == Phase::Asking
        && client.first() == Some(request)
    {
        fail_first(connection, client, Verdict::Failed(Reason::Cancel));
    }
}

/// Calls the callback, and ends the request.
fn tell(entry: Entry, here: usize) {
    let request = entry.request;
    request.hold(here);
    request.stage.set(Stage::Answered);
    let (callback, arg) = (request.cb.get(), request.cb_arg.get());
    request.evcon.set(std::ptr::null_mut());
    request.kind.set(KIND_RESPONSE);
    match entry.verdict {
        Verdict::Failed(_) => {
            request.dispose();
            request.release();
            RequestCall { callback, request: std::ptr::null_mut(), arg }.run();
        }
        verdict => {
            if verdict != Verdict::Whole {
                request.response_code.set(0);
            }
            RequestCall { callback, request: request.as_ptr(), arg }.run();
            if !request.is_owned.get() {
                request.dispose();
            }
            request.release();
        }
    }
}
