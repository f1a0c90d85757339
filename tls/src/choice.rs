//! Which certificate a client gets: by the names that contexts were given, or by asking the
//! program.
//!
//! OpenSSL calls back when the client's first message is there. The program is not called from in
//! there, where it could not do as it likes: the handshake stops instead, `Stream::read` says what
//! it waits for, the program is called with nothing entered, and OpenSSL asks again.

use crate::context::{Context, More};
use crate::fault::Result;
use crate::hello;
use crate::sys::openssl::server_name_extension;
use openssl::error::ErrorStack;
use openssl::ex_data::Index;
use openssl::ssl::{ClientHelloResponse, Ssl, SslContextBuilder, SslRef};
use std::cell::RefCell;
use std::ffi::CStr;
use std::sync::atomic::{AtomicU64, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

pub enum Choice {
    /// The client has said nothing yet.
    Open,
    /// The program is to be asked, for this name.
    Asked(Box<HostName>),
    /// It was chosen; `None`: the context that the server has.
    Made(Option<Arc<Context>>),
}

/// The choice of one connection, which OpenSSL's object and its owner share.
pub type Shared = Arc<Mutex<Choice>>;

/// A name that somebody asks for, with a NUL behind it.
#[derive(Clone, Copy)]
pub struct HostName([u8; 256]);

impl HostName {
    /// `None`: longer than names of hosts can be.
    fn new(name: &str) -> Option<HostName> {
        let mut bytes = [0; 256];
        bytes[..255].get_mut(..name.len())?.copy_from_slice(name.as_bytes());
        Some(HostName(bytes))
    }

    pub fn as_c_str(&self) -> &CStr {
        CStr::from_bytes_until_nul(&self.0).unwrap_or_default()
    }
}

thread_local! {
    /// Choices that programs of this thread are asked for, by the numbers of their questions. What
    /// a program that does not return has on its stack owns nothing.
    static OPEN: RefCell<Vec<(u64, Shared)>> = const { RefCell::new(Vec::new()) };
}

static QUESTIONS: AtomicU64 = AtomicU64::new(1);

/// The program is asked: the number of the question, and the name. `None`: there is nothing to ask.
pub fn open(choice: &Shared) -> Option<(u64, HostName)> {
    let Choice::Asked(name) = &*lock(choice) else { return None };
    let number = QUESTIONS.fetch_add(1, Relaxed);
    OPEN.try_with(|open| open.borrow_mut().push((number, choice.clone()))).ok()?;
    Some((number, **name))
}

/// The program has said so; if the connection is there still.
pub fn settle(number: u64, chosen: Option<Arc<Context>>) {
    let found = OPEN.try_with(|open| {
        let mut open = open.borrow_mut();
        let at = open.iter().position(|(known, _)| *known == number)?;
        Some(open.swap_remove(at).1)
    });
    if let Ok(Some(choice)) = found {
        *lock(&choice) = Choice::Made(chosen);
    }
}

/// The connection goes: nobody waits for an answer.
pub fn forget(choice: &Shared) {
    let _ = OPEN.try_with(|open| open.borrow_mut().retain(|(_, c)| !Arc::ptr_eq(c, choice)));
}

fn lock(choice: &Shared) -> MutexGuard<'_, Choice> {
    choice.lock().unwrap_or_else(PoisonError::into_inner)
}

/// Prepares a connection for a choice.
pub fn attach(ssl: &mut SslRef) -> Result<Shared> {
    let choice = Arc::new(Mutex::new(Choice::Open));
    ssl.set_ex_data(place()?, choice.clone());
    Ok(choice)
}

/// Where OpenSSL's objects keep it.
fn place() -> std::result::Result<Index<Ssl, Shared>, ErrorStack> {
    static PLACE: OnceLock<Index<Ssl, Shared>> = OnceLock::new();
    match PLACE.get() {
        Some(place) => Ok(*place),
        None => {
            let place = Ssl::new_ex_index()?;
            Ok(*PLACE.get_or_init(|| place))
        }
    }
}

/// Has the connections of a context choose.
pub fn install(builder: &mut SslContextBuilder, more: Arc<More>) {
    builder.set_client_hello_callback(move |ssl, _| choose(ssl, &more));
}

fn choose(ssl: &mut SslRef, more: &More) -> std::result::Result<ClientHelloResponse, ErrorStack> {
    let Some(shared) = ssl.ex_data(place()?).cloned() else {
        return Ok(ClientHelloResponse::SUCCESS);
    };
    let mut choice = lock(&shared);
    if let Choice::Open = *choice {
        let name = server_name_extension(ssl).and_then(hello::server_name);
        *choice = match name {
            Some(name) => match more.names.find(name) {
                Some(context) => Choice::Made(Some(context.clone())),
                None => match HostName::new(name).filter(|_| more.chooser.is_some()) {
                    Some(name) => Choice::Asked(Box::new(name)),
                    None => Choice::Made(None),
                },
            },
            None => Choice::Made(None),
        };
    }
    match &*choice {
        Choice::Made(Some(context)) => switch(ssl, context)?,
        Choice::Made(None) => {}
        Choice::Open | Choice::Asked(_) => return Ok(ClientHelloResponse::RETRY),
    }
    Ok(ClientHelloResponse::SUCCESS)
}

/// Goes on with the certificate, and the demands, of another context.
fn switch(ssl: &mut SslRef, context: &Context) -> std::result::Result<(), ErrorStack> {
    // It has failed before; the client hears that there is an internal error.
    let built = context.built().map_err(|_| ErrorStack::get())?;
    ssl.set_ssl_context(&built.context)?;
    ssl.set_verify(built.context.verify_mode());
    Ok(())
}
