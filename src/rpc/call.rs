//! One call of the client side: from the message that goes out to the message that comes back.
//!
//! ```text
//!   waiting --> sent --> heard, too late, or dropped --> the program is told --> gone
//! ```
//! A call is in a list of its pool, and has the wrapper that the program made. Whoever needs a call
//! after user code says so (`busy`), and HTTP needs it as long as it has its `request`: until both
//! are over its memory stays. A pool that is freed meanwhile leaves a call that has no pool.

use super::hooks::{Side, agree};
use super::pool::{self, PoolPtr};
use super::registry;
use crate::errno::{Errno, Result};
use crate::event::{self, BasePtr, timeval_of};
use crate::http::{ConnectionPtr, client};
use crate::layout::call::rpc::{OutcomeCall, run_marshal, run_release, run_unmarshal};
use crate::layout::chain::{Chain, linked};
use crate::layout::event::{Event, EventPtr};
use crate::layout::evhttp::RequestPtr;
use crate::layout::evrpc::{EvrpcStatus, WrapperPtr};
use crate::layout::handle::Handle;
use crate::layout::link::Link;
use crate::layout::own_event::{self, Fires};
use crate::layout::own_request::{self, Hears};
use crate::sys::mem;
use std::cell::Cell;
use std::ffi::c_int;
use std::ptr;

/// How a call ends: `EVRPC_STATUS_ERR_*`.
#[derive(Clone, Copy, PartialEq, Eq)]
#[repr(i32)]
pub enum Status {
    None,
    Timeout,
    BadPayload,
    Unstarted,
    HookAborted,
}

const METHOD_POST: c_int = 1;

#[repr(C)]
pub struct Call {
    place: Link,
    wrapper: WrapperPtr,
    /// None: nobody is told any more, and the wrapper is gone.
    pool: Cell<Option<PoolPtr>>,
    timer: Event,
    /// What HTTP has of it: it is told, or dropped.
    request: Cell<Option<RequestPtr>>,
    is_busy: Cell<bool>,
}

linked!(Call, place, 0);

pub type CallPtr = Handle<Call>;

/// What is called when a request is no more, and for which call.
pub type Waiter = (fn(CallPtr), CallPtr);

/// A call that waits for a connection. After an error the wrapper stays the caller's.
pub fn create(pool: PoolPtr, wrapper: WrapperPtr) -> Result<()> {
    let call = Handle::leak(mem::try_box(Call {
        place: Link::new(),
        wrapper,
        pool: Cell::new(Some(pool)),
        timer: Event::zeroed(),
        request: Cell::new(None),
        is_busy: Cell::new(false),
    })?);
    pool.waiting.push(call);
    pool::schedule(pool.as_ptr());
    Ok(())
}

impl CallPtr {
    /// Runs user code. `None`: the pool is gone, and perhaps the call.
    fn busy<R>(self, run: impl FnOnce() -> R) -> Option<R> {
        let was_busy = self.is_busy.replace(true);
        let result = run();
        self.is_busy.set(was_busy);
        if self.pool.get().is_some() {
            return Some(result);
        }
        self.end_if_unused();
        None
    }

    fn end_if_unused(self) {
        if !self.is_busy.get() && self.request.get().is_none() {
            self.dispose();
        }
    }

    pub fn stop_clock(self) {
        event::delete(EventPtr::of(&self.timer));
    }

    /// Takes back what HTTP has.
    fn withdraw(self) {
        if let Some(request) = self.request.get() {
            request.dropped.set(None);
            if client::cancel(request).is_ok() {
                self.request.set(None);
            }
        }
    }

    /// Nobody is told of it any more.
    pub fn forget(self) {
        self.stop_clock();
        self.withdraw();
        Chain::<Call>::remove(self);
        self.pool.set(None);
        self.wrapper.release();
        self.end_if_unused();
    }

    /// It is its turn.
    pub fn send(self, connection: ConnectionPtr) {
        let Some(pool) = self.pool.get() else { return };
        Chain::<Call>::remove(self);
        pool.sent.push(self);
        let callback = own_request::callback::<Call>();
        let Ok(request) = RequestPtr::create(callback, self.as_ptr().cast()) else {
            return self.tell(Status::Unstarted, None);
        };
        let wrapper = self.wrapper;
        wrapper.evcon.set(connection.as_ptr());
        let agreed = self.busy(|| {
            let to = request.output();
            run_marshal(wrapper.request_marshal.get(), to.as_ptr(), wrapper.request.get());
            agree(pool.as_ptr(), Side::Output, request, to)
        });
        match agreed {
            // The request may have gone, with all that is here.
            Some(true) if self.ask(pool, connection, request).is_ok() => {}
            Some(_) => self.fail_to_send(request),
            None => request.dispose(),
        }
    }

    /// Hands the request over.
    fn ask(self, pool: PoolPtr, connection: ConnectionPtr, request: RequestPtr) -> Result<()> {
        if !pool.has(connection) {
            return Err(Errno::CANCELED);
        }
        let path = registry::path(self.wrapper.call_name().ok_or(Errno::INVAL)?)?;
        let base = pool.base_or(None)?;
        if let Some(seconds) = pool.timeout() {
            let limit = timeval_of(seconds * 1_000_000);
            self.set_clock(base);
            base.try_enter(|core| core.add(EventPtr::of(&self.timer), Some(&limit)))??;
        }
        self.request.set(Some(request));
        request.dropped.set(Some((dropped, self)));
        client::ask(connection, Some(base), request, METHOD_POST, &path)
    }

    fn set_clock(self, base: BasePtr) {
        self.stop_clock();
        own_event::set(EventPtr::of(&self.timer), base, -1, 0, self);
    }

    /// The timer fires in this round, or the next.
    fn wake(self, pool: PoolPtr) {
        if let Ok(base) = pool.base_or(None) {
            self.set_clock(base);
            let _ = base.try_enter(|core| core.activate(EventPtr::of(&self.timer), 0, 1));
        }
    }

    fn fail_to_send(self, request: RequestPtr) {
        request.dropped.set(None);
        self.request.set(None);
        // What could not be sent waits there (behaviour 203).
        if client::cancel(request).is_err() {
            request.dispose();
        }
        self.tell(Status::Unstarted, None);
    }

    /// The reply, as far as it is one.
    fn read(self, pool: PoolPtr, request: RequestPtr) -> Status {
        let wrapper = self.wrapper;
        if !agree(pool.as_ptr(), Side::Input, request, request.input()) {
            return Status::HookAborted;
        }
        let is_good = (200..=299).contains(&request.response_code.get());
        if is_good && self.pool.get().is_some() {
            let (function, reply) = (wrapper.reply_unmarshal.get(), wrapper.reply.get());
            if run_unmarshal(function, reply, request.input().as_ptr()) != -1 {
                return Status::None;
            }
        }
        Status::BadPayload
    }

    /// It ends; the program is told, last of all (behaviour 181).
    fn end(self, status: Status, request: Option<RequestPtr>) {
        let (clear, reply) = (self.wrapper.reply_clear.get(), self.wrapper.reply.get());
        if status != Status::None && self.busy(|| run_release(clear, reply)).is_none() {
            return;
        }
        self.tell(status, request);
    }

    fn tell(self, status: Status, request: Option<RequestPtr>) {
        let Some(pool) = self.pool.get() else { return };
        let outcome = outcome(self.wrapper, status, request);
        pool.remember();
        self.forget();
        outcome.run();
        pool::schedule(pool.as_ptr());
    }
}

/// The call that tells the program.
fn outcome(wrapper: WrapperPtr, status: Status, request: Option<RequestPtr>) -> OutcomeCall {
    let request = request.map_or(ptr::null_mut(), RequestPtr::as_ptr);
    OutcomeCall {
        callback: wrapper.cb.get(),
        status: EvrpcStatus { error: Cell::new(status as c_int), http_req: Cell::new(request) },
        request: wrapper.request.get(),
        reply: wrapper.reply.get(),
        arg: wrapper.cb_arg.get(),
    }
}

/// Ends a call that cannot even wait.
pub fn refuse(wrapper: WrapperPtr) {
    let outcome = outcome(wrapper, Status::Unstarted, None);
    wrapper.release();
    outcome.run();
}

impl Hears for Call {
    fn heard(call: CallPtr, request: Option<RequestPtr>) {
        call.request.set(None);
        if let Some(request) = request {
            request.dropped.set(None);
        }
        call.stop_clock();
        let Some(pool) = call.pool.get() else { return call.end_if_unused() };
        match request {
            None => call.end(Status::Timeout, None),
            Some(request) => {
                if let Some(status) = call.busy(|| call.read(pool, request)) {
                    call.end(status, Some(request));
                }
            }
        }
    }
}

/// The request has ended without a word, with its connection; or the word follows at once.
fn dropped(call: CallPtr) {
    call.request.set(None);
    if let Some(pool) = call.pool.get() {
        call.wake(pool);
    }
}

/// It is too late (behaviour 179); or its request was dropped.
impl Fires for Call {
    fn fired(call: CallPtr) {
        call.withdraw();
        call.end(Status::Timeout, None);
    }
}
