//! A resolver of one base, and the way into its state: nothing of it is entered while user code
//! runs, and what user code is to be called is called last.
//!
//! Programs hear of answers one at a time, each by an event of its own: whatever a callback does,
//! be it that it never returns, the next one is called all the same.

use super::hooks;
use super::lookup::{Addresses, Hints};
use super::packet::Kind;
use super::query::{Code, Outcome};
use super::request::{Asked, Owner, Request};
use super::settings::{self, Settings};
use super::slab::Slab;
use super::source::What;
use super::state::State;
use crate::errno::{Errno, Result};
use crate::event::BasePtr;
use crate::layout::call::dns::{AddrinfoCall, AddrinfoCallback, AnswerCall, Callback};
use crate::layout::exclusive::Exclusive;
use crate::layout::handle::{Handle, Place};
use crate::layout::late::{Late, Work};
use crate::layout::registry;
use std::cell::Cell;
use std::ffi::{c_int, c_void};

pub struct Resolver {
    state: Exclusive<State>,
    /// Packets go out at the end of the round.
    pub late: Late,
    /// Has it the process-wide settings?
    is_shared: bool,
    /// Calls that still need it, though it may be ended meanwhile.
    holds: Cell<u32>,
    is_ended: Cell<bool>,
}

pub type ResolverPtr = Handle<Resolver>;

/// Without `own` settings it has the process-wide ones.
pub fn create(base: BasePtr, own: Option<Settings>, keeps_alive: bool) -> Result<ResolverPtr> {
    let is_shared = own.is_none();
    let mut place = Place::try_new()?;
    let mut state = State::try_new(place.handle(), base, own)?;
    state.keeps_alive = keeps_alive;
    registry::add(place.handle(), base, is_shared)?;
    let resolver = place.fill(Resolver {
        state: Exclusive::new(state),
        late: Late::new(),
        is_shared,
        holds: Cell::new(0),
        is_ended: Cell::new(false),
    });
    resolver.late.set(Work::Resolver(flush, resolver));
    Ok(resolver)
}

/// The one that a base has for the process-wide settings.
pub fn shared(base: BasePtr) -> Option<ResolverPtr> {
    registry::find(|entry| entry.is_shared && entry.base == Some(base))
}

/// The same, made if there is none.
pub fn shared_or_new(base: BasePtr, keeps_alive: bool) -> Result<ResolverPtr> {
    match shared(base) {
        Some(resolver) => Ok(resolver),
        None => create(base, None, keeps_alive),
    }
}

/// Runs one operation. The resolver may be gone when this returns.
pub fn operate<R>(resolver: ResolverPtr, operation: impl FnOnce(&mut State) -> R) -> Result<R> {
    let result = resolver.state.try_enter(|state| {
        state.catch_up();
        operation(state)
    })?;
    resolver.hold();
    launch_fresh(resolver);
    report(resolver);
    resolver.release();
    Ok(result)
}

/// Lets questions go out. Their ids may be the program's choice.
fn launch_fresh(resolver: ResolverPtr) {
    let chooses_id = hooks::has_id();
    while let Some(key) = resolver.state.enter(|state| state.next_launch(chooses_id)) {
        let id = chosen_id(resolver);
        resolver.state.enter(|state| match id.map_or_else(|| state.free_id(), Ok) {
            Ok(id) => state.launch(key, id),
            Err(error) => state.cannot_launch(key, error),
        });
    }
}

/// An id of the program's that can be used. A function that gives none in so many tries has its
/// question sent under a random one.
fn chosen_id(resolver: ResolverPtr) -> Option<u16> {
    const TRIES: usize = 1000;
    let tries = std::iter::repeat_with(hooks::id).take(TRIES);
    tries.map_while(|id| id).find(|&id| resolver.state.enter(|state| state.is_free(id)))
}

fn report(resolver: ResolverPtr) {
    for message in resolver.state.enter(State::take_messages_to_log) {
        hooks::log(&message);
    }
}

impl Resolver {
    fn hold(&self) {
        self.holds.set(self.holds.get() + 1);
    }
}

impl ResolverPtr {
    fn release(self) {
        self.holds.set(self.holds.get() - 1);
        if self.holds.get() == 0 && self.is_ended.get() {
            self.dispose();
        }
    }
}

/// An event of the resolver's has fired.
pub fn fired(resolver: ResolverPtr, what: What) {
    let delivery = operate(resolver, |state| match what {
        What::Channel(key) => {
            state.channel_ready(key);
            None
        }
        What::Timer => {
            state.timer_fired();
            None
        }
        What::Done => state.next_delivery(),
    });
    if let Ok(Some(delivery)) = delivery {
        delivery.make();
    }
}

/// The end of a round: what has come together goes out.
fn flush(resolver: ResolverPtr) -> bool {
    operate(resolver, State::flush).unwrap_or(false)
}

/// An answer on its way to the program.
pub enum Delivery {
    Answer { callback: Callback, arg: *mut c_void, kind: Kind, outcome: Outcome },
    Addresses(Addresses),
}

impl Delivery {
    /// Tells the program.
    fn make(self) {
        match self {
            Delivery::Answer { callback, arg, kind, outcome } => tell(callback, arg, kind, outcome),
            Delivery::Addresses(Addresses { callback, arg, result }) => {
                let (result, list) = match result {
                    Ok(list) => (0, list.give()),
                    Err(error) => (error, std::ptr::null_mut()),
                };
                AddrinfoCall { callback, result, list, arg }.run();
            }
        }
    }
}

/// The answer is valid for as long as the callback runs.
fn tell(callback: Callback, arg: *mut c_void, kind: Kind, outcome: Outcome) {
    let mut call = AnswerCall {
        callback,
        result: 0,
        kind: 0,
        count: 0,
        ttl: 0,
        addresses: std::ptr::null_mut(),
        arg,
    };
    match outcome {
        Err(code) => {
            call.result = code.0;
            call.run();
        }
        Ok(mut answer) => {
            let mut data = answer.data.as_mut_ptr();
            call.count = answer.count as c_int;
            call.ttl = c_int::try_from(answer.ttl).unwrap_or(c_int::MAX);
            (call.kind, call.addresses) = match kind {
                Kind::A => (1, data.cast()),
                Kind::Aaaa => (3, data.cast()),
                // One name: an array of pointers.
                Kind::Ptr => (2, (&raw mut data).cast()),
            };
            call.run();
        }
    }
}

/// Looks up, and tells the program from the loop; what the program cancels it by. `EINVAL`: that
/// is no name.
pub fn ask(resolver: ResolverPtr, asked: Asked, kind: Kind, owner: Owner) -> Result<usize> {
    begin(resolver, |state| state.ask(asked, kind, owner).map(Slab::<Request>::handle))
}

/// The same for the addresses of both families.
pub fn ask_addresses(
    resolver: ResolverPtr,
    node: Option<&[u8]>,
    hints: Result<Hints, c_int>,
    callback: AddrinfoCallback,
    arg: *mut c_void,
) -> Result<usize> {
    begin(resolver, |state| state.ask_addresses(node, hints, callback, arg))
}

fn begin(
    resolver: ResolverPtr,
    question: impl FnOnce(&mut State) -> Result<usize>,
) -> Result<usize> {
    operate(resolver, |state| {
        if state.is_closing || state.base.is_none() {
            return Err(Errno::INVAL);
        }
        question(state)
    })?
}

/// The program hears that its question was cancelled, from the loop. Of one that has been
/// answered it has heard.
pub fn cancel(resolver: ResolverPtr, handle: usize) -> Result<()> {
    operate(resolver, |state| {
        if let Some(key) = state.requests.by_handle(handle) {
            state.cancel(key);
        }
    })
}

/// Nobody hears of a lookup any more.
pub fn forget_lookup(resolver: ResolverPtr, handle: usize) {
    let _ = operate(resolver, |state| state.forget_lookup(handle));
}

/// A lookup of this thread's is cancelled, as a question is.
pub fn cancel_lookup(handle: usize) {
    registry::for_each_here(|resolver| {
        let _ = operate(resolver, |state| state.cancel_lookup(handle));
    });
}

/// Ends all that goes on: who waits hears of it now, with this code, or never.
pub fn shut_down(resolver: ResolverPtr, code: Option<Code>) {
    let Ok(count) = resolver.state.try_enter(|state| {
        state.shut_down(code);
        state.count_done()
    }) else {
        return;
    };
    resolver.hold();
    report(resolver);
    // What callbacks ask anew is none of this.
    for _ in 0..count {
        match resolver.state.enter(State::next_delivery) {
            Some(delivery) => delivery.make(),
            None => break,
        }
    }
    resolver.release();
}

/// Ends a resolver.
pub fn free(resolver: ResolverPtr, code: Option<Code>) {
    resolver.hold();
    end(resolver, code);
    registry::remove(resolver);
    resolver.is_ended.set(true);
    resolver.release();
}

/// Nothing can be asked of it any more, and it has left its base.
fn end(resolver: ResolverPtr, code: Option<Code>) {
    resolver.state.enter(|state| state.is_closing = true);
    shut_down(resolver, code);
    // What callbacks have asked meanwhile was refused.
    if let Some(base) = resolver.late.base() {
        let _ = base.try_enter(|core| core.cancel_late(&resolver.late));
    }
    resolver.state.enter(|state| {
        state.shut_down(None);
        state.base = None;
    });
}

/// A base is about to be freed: nobody would hear from its resolvers any more.
pub fn base_freed(base: BasePtr) {
    while let Some(resolver) = registry::find(|entry| entry.base == Some(base)) {
        if resolver.is_shared {
            free(resolver, Some(Code::SHUTDOWN));
            continue;
        }
        // The program frees this one itself.
        registry::forget_base(resolver);
        resolver.hold();
        end(resolver, Some(Code::SHUTDOWN));
        resolver.release();
    }
}

/// After a fork: the child has sockets and ids of its own from now on.
pub fn reinit(base: BasePtr) {
    registry::for_each_on(base, |resolver| {
        let _ = operate(resolver, |_| ());
    });
}

/// The process-wide settings have changed: what the servers of this base are is up to date now,
/// and there are sockets to them.
pub fn shared_changed(base: Option<BasePtr>) -> Result<()> {
    let has_servers = settings::with_shared(|settings| !settings.servers.is_empty());
    match base {
        Some(base) if has_servers => {
            let resolver = shared_or_new(base, true)?;
            operate(resolver, |state| {
                state.keeps_alive = true;
                state.open_sockets()
            })?
        }
        _ => Ok(()),
    }
}
