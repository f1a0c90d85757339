//! The mechanisms by name, in order of preference, and what the environment says of them.

use super::{Backend, poll, select};
use crate::errno::Result;
use crate::sys::process;
use std::ffi::CStr;

/// A mechanism.
pub struct Method {
    /// As `event_base_get_method` tells it.
    pub name: &'static CStr,
    /// The environment variable that rules it out.
    veto: &'static CStr,
    open: fn() -> Result<Backend>,
}

#[cfg(has_kqueue)]
pub static KQUEUE: Method = Method {
    name: c"kqueue",
    veto: c"EVENT_NOKQUEUE",
    open: || super::kqueue::Kqueue::new().map(Backend::Kqueue),
};

#[cfg(has_epoll)]
pub static EPOLL: Method = Method {
    name: c"epoll",
    veto: c"EVENT_NOEPOLL",
    open: || super::epoll::Epoll::new().map(Backend::Epoll),
};

pub static POLL: Method =
    Method { name: c"poll", veto: c"EVENT_NOPOLL", open: || Ok(Backend::Poll(poll::Poll::new())) };

pub static SELECT: Method = Method {
    name: c"select",
    veto: c"EVENT_NOSELECT",
    open: || Ok(Backend::Select(select::Select::new())),
};

/// In order of preference (behaviour 48).
static METHODS: &[&Method] = &[
    #[cfg(has_kqueue)]
    &KQUEUE,
    #[cfg(has_epoll)]
    &EPOLL,
    &POLL,
    &SELECT,
];

impl Method {
    pub fn open(&self) -> Result<Backend> {
        (self.open)()
    }

    fn is_allowed(&self) -> bool {
        #[cfg(feature = "kqueue-emulation")]
        if let Some(only) = process::value_is(c"EVENT_ONLY", self.name) {
            return only;
        }
        !process::is_set(self.veto)
    }
}

/// The mechanisms that no `EVENT_NO*` variable rules out.
pub fn allowed() -> impl Iterator<Item = &'static Method> {
    METHODS.iter().copied().filter(|method| method.is_allowed())
}
