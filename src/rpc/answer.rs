//! One request of the server side: from the body that came to the body that goes out.
//!
//! Whatever is not as it must be is answered 503 (behaviour 174). User code runs between any two
//! steps: the call is held meanwhile, and hooks are looked up anew.

use super::hooks::{Side, agree};
use super::registry::Registered;
use crate::buffer;
use crate::errno::Result;
use crate::http::{exchange, headers, pages};
use crate::layout::call::rpc::{
    run_complete, run_handler, run_marshal, run_new, run_release, run_unmarshal,
};
use crate::layout::evbuffer::BufferPtr;
use crate::layout::evhttp::RequestPtr;
use crate::layout::evrpc::{EvrpcReqGeneric, State};
use crate::layout::handle::Handle;
use crate::layout::live::Live;
use crate::log::{self, Misuse};
use std::ffi::c_int;
use std::ptr;

const METHOD_POST: c_int = 1;

/// Requests that programs have.
static LIVE: Live<State> = Live::new();

/// A request has come: the program answers it, or it is refused.
pub fn begin(call: Handle<Registered>, request: RequestPtr) {
    call.hold();
    if request.r#type.get() != METHOD_POST
        || request.input().off.get() == 0
        || !agree(call.registry(), Side::Input, request, request.input())
    {
        call.release();
        return refuse(request);
    }
    let state = match State::create(call, request, Some(finish)) {
        Ok(state) => state,
        Err(_) => {
            call.release();
            return refuse(request);
        }
    };
    if !read(state, request) || LIVE.insert(state, 0).is_err() {
        end(state);
        return refuse(request);
    }
    let rpc = call.rpc();
    run_handler(rpc.cb.get(), state.as_public(), rpc.cb_arg.get());
}

/// Makes the two messages, and reads the first.
fn read(state: Handle<State>, request: RequestPtr) -> bool {
    let rpc = state.call.rpc();
    state.request.set(run_new(rpc.request_new.get()));
    if state.request.get().is_null() {
        return false;
    }
    let from = request.input().as_ptr();
    if run_unmarshal(rpc.request_unmarshal.get(), state.request.get(), from) == -1 {
        return false;
    }
    state.reply.set(run_new(rpc.reply_new.get()));
    !state.reply.get().is_null()
}

fn refuse(request: RequestPtr) {
    pages::error(request, 503, b"Service Error");
}

/// Frees the messages and the state.
fn end(state: Handle<State>) {
    let rpc = state.call.rpc();
    for (message, free) in
        [(&state.request, rpc.request_free.get()), (&state.reply, rpc.reply_free.get())]
    {
        let message = message.replace(ptr::null_mut());
        if !message.is_null() {
            run_release(free, message);
        }
    }
    let call = state.call;
    state.dispose();
    call.release();
}

/// A request that the program has, which has it no longer.
fn take(raw: *mut EvrpcReqGeneric, function: &str) -> Option<Handle<State>> {
    let Some(state) = LIVE.find(raw) else {
        log::misuse(Misuse::WrongObject, function);
        return None;
    };
    LIVE.remove(state);
    LIVE.tidy();
    Some(state)
}

/// Sends the reply; what `EVRPC_REQUEST_DONE` calls.
pub extern "C" fn finish(raw: *mut EvrpcReqGeneric) {
    let Some(state) = take(raw, "EVRPC_REQUEST_DONE") else { return };
    let Some(request) = state.http_request() else { return end(state) };
    let body = BufferPtr::create();
    match &body {
        Ok(body) if write(state, request, *body).is_ok_and(|agreed| agreed) => {
            exchange::reply(request, 200, b"OK", Some(*body));
        }
        _ => refuse(request),
    }
    if let Ok(body) = body {
        buffer::free(body);
    }
    end(state);
}

/// Writes the reply, if it is complete. Is it to be sent?
fn write(state: Handle<State>, request: RequestPtr, body: BufferPtr) -> Result<bool> {
    let rpc = state.call.rpc();
    if run_complete(rpc.reply_complete.get(), state.reply.get()) == -1 {
        return Ok(false);
    }
    run_marshal(rpc.reply_marshal.get(), body.as_ptr(), state.reply.get());
    if !agree(state.call.registry(), Side::Output, request, body) {
        return Ok(false);
    }
    let list = request.output_headers();
    if headers::find(&list, b"Content-Type").is_none() {
        list.push(b"Content-Type", b"application/octet-stream")?;
    }
    Ok(true)
}

/// Frees a request that the program answers by itself.
pub fn abandon(raw: *mut EvrpcReqGeneric) {
    if let Some(state) = take(raw, "evrpc_reqstate_free") {
        end(state);
    }
}
