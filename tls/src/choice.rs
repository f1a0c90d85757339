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
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

pub enum Choice {
    /// The client has said nothing yet.
    Open,
    /// The program is to be asked, for this name.
    Asked(String),
    /// It was chosen; `None`: the context that the server has.
    Made(Option<Arc<Context>>),
}

/// The choice of one connection, which OpenSSL's object and its owner share.
pub type Shared = Arc<Mutex<Choice>>;

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
    let mut choice = shared.lock().unwrap_or_else(PoisonError::into_inner);
    if let Choice::Open = *choice {
        let name = server_name_extension(ssl).and_then(hello::server_name);
        *choice = match name {
            Some(name) => match more.names.find(name) {
                Some(context) => Choice::Made(Some(context.clone())),
                None if more.chooser.is_some() => Choice::Asked(name.to_string()),
                None => Choice::Made(None),
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
