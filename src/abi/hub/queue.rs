//! `evhub.h`: queues, and the first possible of several gets and puts.

use super::types::{evhub_compare_fn_t, evhub_queue_t, evhub_waitable_t};
use super::{
    amount, any_threads, free_with, handle, number, object, required, sound, status, store, timeout,
};
use crate::abi::misuse;
use crate::errno::{Errno, Result};
use crate::hub::queue::select::{self, Choice};
use crate::hub::queue::{self, Order, Queue, QueuePtr};
use crate::log::Misuse;
use std::ffi::{c_int, c_long, c_void};

/// `EVHUB_GET`, `EVHUB_PUT`.
const GET: c_int = 1;
const PUT: c_int = 2;

/// One of several gets and puts; see evhub_select_queues().
#[allow(non_camel_case_types)]
#[repr(C)]
pub struct evhub_choice_t {
    /// where
    queue: *mut evhub_queue_t,
    /// EVHUB_GET or EVHUB_PUT
    op: c_int,
    /// what is to be put; or where the item that was got is stored
    item: *mut c_void,
}

/// Makes a FIFO queue.
///
/// @param maxsize how many items it may have; -1: as many as there is memory for; 0: it is a
///   channel, where a put waits until a get takes its item
/// @return the queue, to be freed with evhub_queue_free(); NULL with ENOMEM
#[unsafe(no_mangle)]
pub extern "C" fn evhub_queue_new(maxsize: c_long) -> *mut evhub_queue_t {
    handle(queue::create(maxsize, Order::Fifo))
}

/// Makes a queue that gives the item first which was put last.
///
/// @param maxsize as evhub_queue_new()
/// @return as evhub_queue_new()
#[unsafe(no_mangle)]
pub extern "C" fn evhub_lifo_new(maxsize: c_long) -> *mut evhub_queue_t {
    handle(queue::create(maxsize, Order::Lifo))
}

/// Makes a queue that gives the least item first; equal ones in the order of putting.
///
/// `compare` is called by puts and gets. It may not wait, and must return. Until it has, puts and
/// gets of this queue fail with EBUSY, and freeing the queue is refused.
///
/// @param maxsize as evhub_queue_new()
/// @param compare called with two items and `arg`: below 0: `a` goes first; above 0: `b` does
/// @return as evhub_queue_new(); EINVAL: `compare` is NULL
#[unsafe(no_mangle)]
pub extern "C" fn evhub_pqueue_new(
    maxsize: c_long,
    compare: evhub_compare_fn_t,
    arg: *mut c_void,
) -> *mut evhub_queue_t {
    handle(
        required(compare, "evhub_pqueue_new")
            .and_then(|_| queue::create(maxsize, Order::Sorted(compare, arg))),
    )
}

/// Frees a queue. Those who wait for it get EBADF. Its items are the program's: get them before.
///
/// @param q a queue; NULL is fine
///
/// # Safety
/// `q` is NULL or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_free(q: *mut evhub_queue_t) {
    // SAFETY: the caller's word.
    unsafe { free_with(q, "evhub_queue_free", queue::free) };
}

/// Puts an item: gives it to the first who waits for one, or else into the queue, and waits while
/// that is full. Those who wait put in the order of asking. If there is a place, this succeeds
/// even for a caller that was killed or whose time is over.
///
/// @param item any value, NULL included
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT (it is full), EBUSY (it is just being sorted, see
///   evhub_pqueue_new()), ENOMEM, or as every call that waits
///
/// # Safety
/// `q` is NULL (EINVAL) or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_put(
    q: *mut evhub_queue_t,
    item: *mut c_void,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let Some(queue) = (unsafe { sound::<Queue, _>(q) }) else {
        // SAFETY: the caller's word.
        return unsafe { wrong(q, "evhub_queue_put") };
    };
    if !timeout.is_nan() && queue.put_at_once(item) {
        return 0;
    }
    put(queue, item, timeout)
}

#[inline(never)]
fn put(queue: QueuePtr, item: *mut c_void, seconds: f64) -> c_int {
    if seconds < 0.0
        && let Some(waited) = queue.put_easily(item)
    {
        return waited.map_or_else(failed, |()| 0);
    }
    status(timeout(seconds).and_then(|timeout| queue.put(item, timeout)))
}

/// -1 and `errno`, out of the way of what succeeds.
#[cold]
#[inline(never)]
fn failed(error: Errno) -> c_int {
    crate::abi::fail(error)
}

/// -1 and `errno`, for what is no queue of this thread's.
///
/// # Safety
/// `q` is NULL or an object that was not freed.
#[cold]
#[inline(never)]
unsafe fn wrong(q: *mut evhub_queue_t, function: &str) -> c_int {
    // SAFETY: the caller's word.
    let queue: Result<QueuePtr> = unsafe { object(q, function) };
    status(queue.and(Err(Errno::INVAL)))
}

/// Gets an item, and waits while there is none. Those who wait get in the order of asking. If the
/// queue was full, the first who waits to put has put its item when this returns.
///
/// @param item where it is stored; may be NULL
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT (it is empty), EBUSY (it is just being sorted, see
///   evhub_pqueue_new()), or as every call that waits
///
/// # Safety
/// `q` is NULL (EINVAL) or a queue that was not freed; `item` is NULL or writable.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_get(
    q: *mut evhub_queue_t,
    item: *mut *mut c_void,
    timeout: f64,
) -> c_int {
    // SAFETY: the caller's word.
    let Some(queue) = (unsafe { sound::<Queue, _>(q) }) else {
        // SAFETY: the caller's word.
        return unsafe { wrong(q, "evhub_queue_get") };
    };
    let usual = if timeout.is_nan() {
        None
    } else if let Some(got) = queue.get_at_once() {
        Some(Ok(got))
    } else if timeout < 0.0 {
        queue.get_easily()
    } else {
        None
    };
    match usual {
        Some(Ok(got)) => {
            // SAFETY: the caller's word.
            unsafe { store(item, got) };
            0
        }
        Some(Err(error)) => failed(error),
        // SAFETY: the caller's word.
        None => unsafe { get(queue, item, timeout) },
    }
}

/// # Safety
/// `item` is NULL or writable.
#[inline(never)]
unsafe fn get(queue: QueuePtr, item: *mut *mut c_void, seconds: f64) -> c_int {
    let got = timeout(seconds).and_then(|timeout| queue.get(timeout));
    // SAFETY: the caller's word.
    status(got.map(|got| unsafe { store(item, got) }))
}

/// The queue, to be looked at by any thread.
///
/// # Safety
/// `q` is NULL or a queue that was not freed.
unsafe fn look<T>(
    q: *const evhub_queue_t,
    function: &str,
    look: impl FnOnce(&Queue) -> T,
) -> Result<T> {
    // SAFETY: the caller's word.
    let queue: Result<QueuePtr> = unsafe { any_threads(q, function) };
    queue.map(|queue| look(&queue))
}

/// How many items are in a queue; those of waiting puts are not.
///
/// @return the number; 0 with errno EINVAL for no queue
///
/// # Safety
/// `q` is NULL (EINVAL) or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_size(q: *const evhub_queue_t) -> usize {
    // SAFETY: the caller's word.
    amount(unsafe { look(q, "evhub_queue_size", Queue::len) })
}

/// Is a queue empty? A channel always is, even if somebody waits to put.
///
/// @return 1 or 0; -1 with EINVAL
///
/// # Safety
/// `q` is NULL (EINVAL) or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_empty(q: *const evhub_queue_t) -> c_int {
    // SAFETY: the caller's word.
    number(unsafe { look(q, "evhub_queue_empty", |queue| c_int::from(queue.len() == 0)) })
}

/// Is a queue full? A channel always is, even if somebody waits to get.
///
/// @return 1 or 0; -1 with EINVAL
///
/// # Safety
/// `q` is NULL (EINVAL) or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_full(q: *const evhub_queue_t) -> c_int {
    // SAFETY: the caller's word.
    number(unsafe { look(q, "evhub_queue_full", |queue| c_int::from(queue.is_full())) })
}

/// Says that the work which an item stood for is done. Each item that is put is a task, from when
/// it is in the queue, or taken from the hand, until this is called.
///
/// @return 0; -1 with EINVAL (called more often than there were items) or EPERM
///
/// # Safety
/// `q` is NULL (EINVAL) or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_task_done(q: *mut evhub_queue_t) -> c_int {
    // SAFETY: the caller's word.
    let queue: Result<QueuePtr> = unsafe { object(q, "evhub_queue_task_done") };
    status(queue.and_then(|queue| queue.task_done()))
}

/// Waits until all tasks of a queue are done: evhub_queue_task_done() was called for every item
/// that was put. At once if there are none.
///
/// @param timeout seconds; negative: none; 0: does not wait
/// @return 0; -1 with EAGAIN or ETIMEDOUT, or as every call that waits
///
/// # Safety
/// `q` is NULL (EINVAL) or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_join(q: *mut evhub_queue_t, timeout: f64) -> c_int {
    // SAFETY: the caller's word.
    let queue: Result<QueuePtr> = unsafe { object(q, "evhub_queue_join") };
    status(queue.and_then(|queue| queue.join(self::timeout(timeout)?)))
}

/// A queue, to be waited for among other objects: ready while a get would not wait. The functions
/// of evhub_watch() are called for each item that is not given to somebody who waits.
///
/// # Safety
/// `q` is NULL or a queue that was not freed.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_queue_waitable(q: *mut evhub_queue_t) -> *mut evhub_waitable_t {
    q.cast()
}

/// Does one of several gets and puts: the first of the array that is possible. If none is, waits
/// for the first that becomes possible. One queue may occur several times; a get of the caller's
/// never takes what a put of the same call offers. Exactly one is done; if the call fails, none.
///
/// @param choices the gets and puts, as they were at the call; in that of a get that was done
///   `item` is set
/// @param n how many; at least 1
/// @param timeout seconds; negative: none; 0: does not wait
/// @return the index of the one that was done; -1 with EAGAIN or ETIMEDOUT (none is possible),
///   EBADF (one of the queues was freed), EBUSY (one is just being sorted, see
///   evhub_pqueue_new()), EINVAL (no choices; `op` makes no sense), ENOMEM, or as every call that
///   waits
///
/// # Safety
/// `choices` has `n` elements, whose queues were not freed, until this returns.
#[unsafe(no_mangle)]
pub unsafe extern "C" fn evhub_select_queues(
    choices: *mut evhub_choice_t,
    n: usize,
    timeout: f64,
) -> c_int {
    const NAME: &str = "evhub_select_queues";
    let choice = |index: usize| {
        // SAFETY: the caller's word.
        let (queue, op, item) = unsafe {
            let choice = choices.add(index);
            ((*choice).queue, (*choice).op, (*choice).item)
        };
        // SAFETY: the caller's word.
        let queue = unsafe { object(queue, NAME) }?;
        match op {
            GET => Ok(Choice::Get(queue)),
            PUT => Ok(Choice::Put(queue, item)),
            _ => Err(Errno::INVAL),
        }
    };
    let done = if choices.is_null() {
        Err(misuse(Misuse::NullArgument, NAME))
    } else if n > c_int::MAX as usize {
        Err(Errno::INVAL)
    } else {
        self::timeout(timeout).and_then(|timeout| select::select(n, choice, timeout))
    };
    number(done.map(|done| {
        // SAFETY: the caller's word; that of a put is what it was.
        unsafe { (*choices.add(done.index)).item = done.item };
        done.index as c_int
    }))
}
