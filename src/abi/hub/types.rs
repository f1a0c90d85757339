//! The types of `evhub.h`, under the names that C has for them. The template of the header
//! declares them; objects are opaque.

use crate::layout::call::{
    CompareFn, Destructor, EachFn, ErrorHook, GreenletFn, LinkFn, NextFn, TraceHook,
};

macro_rules! opaque {
    ($($name:ident)*) => {
        $(
            #[allow(non_camel_case_types)]
            pub struct $name;
        )*
    };
}

opaque! {
    evhub_greenlet_t evhub_link_t evhub_timeout_t evhub_waitable_t evhub_flag_t evhub_result_t
    evhub_semaphore_t evhub_queue_t evhub_iwait_t evhub_local_t evhub_signal_t
    evhub_waiter_t evhub_rlock_t evhub_condition_t evhub_rwlock_t evhub_barrier_t evhub_waitgroup_t
    evhub_group_t evhub_imap_t
}

#[allow(non_camel_case_types)]
pub type evhub_fn_t = GreenletFn;
#[allow(non_camel_case_types)]
pub type evhub_link_fn_t = LinkFn;
#[allow(non_camel_case_types)]
pub type evhub_watch_fn_t = LinkFn;
#[allow(non_camel_case_types)]
pub type evhub_error_fn_t = ErrorHook;
#[allow(non_camel_case_types)]
pub type evhub_trace_fn_t = TraceHook;
#[allow(non_camel_case_types)]
pub type evhub_destructor_t = Destructor;
#[allow(non_camel_case_types)]
pub type evhub_info_fn_t = EachFn;
#[allow(non_camel_case_types)]
pub type evhub_compare_fn_t = CompareFn;
#[allow(non_camel_case_types)]
pub type evhub_each_fn_t = EachFn;
#[allow(non_camel_case_types)]
pub type evhub_next_fn_t = NextFn;
