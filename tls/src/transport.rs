//! What libevhub has for a connection: its stream, and what has to be asked of the program.

use crate::choice::{self, HostName, Shared};
use crate::context::{Context, More, Role};
use crate::fault::Result;
use crate::stream::{Stream, Wants};
use crate::sys::chooser::Chooser;
use crate::sys::fork;
use crate::sys::socket::Socket;
use openssl::ssl::{NameType, SslRef};
use openssl::x509::X509;
use std::cell::{Cell, RefCell};
use std::collections::HashMap;
use std::collections::hash_map::Entry;
use std::ffi::{CString, c_char, c_int};
use std::mem::MaybeUninit;
use std::sync::Arc;

/// What a server or a connection was given: it makes one transport after the other.
pub struct Plug {
    context: Arc<Context>,
    /// Whom the certificate must be for; empty for servers.
    host: String,
}

impl Plug {
    /// Fails now rather than with the first connection.
    pub fn new(context: Arc<Context>, host: String) -> Result<Plug> {
        match context.role() {
            Role::Server => context.serve()?,
            Role::Client => context.ask(&host)?,
        };
        Ok(Plug { context, host })
    }

    pub fn open(&self, socket: c_int) -> Result<Transport> {
        fork::watch();
        let built = self.context.built()?;
        let is_client = self.context.role() == Role::Client;
        let mut ssl =
            if is_client { self.context.ask(&self.host)? } else { self.context.serve()? };
        let choice = if is_client { None } else { Some(choice::attach(&mut ssl)?) };
        let over = Socket::new(socket);
        let stream = Stream::new(ssl, over, is_client, built.more.allows_truncation)?;
        Ok(Transport {
            stream: RefCell::new(stream),
            choice,
            more: built.more.clone(),
            forks: Cell::new(fork::generation()),
            texts: RefCell::default(),
        })
    }
}

/// What programs may ask of a connection.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Debug)]
pub enum About {
    Version,
    Cipher,
    Protocol,
    ServerName,
    PeerSubject,
    PeerCertificate,
}

pub struct Transport {
    stream: RefCell<Stream<Socket>>,
    choice: Option<Shared>,
    more: Arc<More>,
    /// The process that has used it last: a child that lets go of it must not end it.
    forks: Cell<u32>,
    /// Programs have pointers to these.
    texts: RefCell<HashMap<About, CString>>,
}

impl Transport {
    pub fn read(&self, room: &mut [MaybeUninit<u8>]) -> Result<usize> {
        self.forks.set(fork::generation());
        self.stream.borrow_mut().read(room)
    }

    pub fn write(&self, bytes: &[u8]) -> Result<usize> {
        self.forks.set(fork::generation());
        self.stream.borrow_mut().write(bytes)
    }

    pub fn wants(&self) -> Wants {
        self.stream.borrow().wants()
    }

    pub fn has_pending(&self) -> bool {
        self.stream.borrow().has_pending()
    }

    /// Seconds for the handshake; 0 when it is over, or may take any time.
    pub fn patience(&self) -> u32 {
        if self.stream.borrow().is_ready() { 0 } else { self.more.patience }
    }

    /// What the program is to be asked, if there is anything.
    pub fn question(&self) -> Option<Question> {
        let chooser = self.more.chooser?;
        let (number, name) = choice::open(self.choice.as_ref()?)?;
        Some(Question { chooser, number, name })
    }

    pub fn shut_down(&self) -> Result<()> {
        if self.forks.get() != fork::generation() {
            self.stream.borrow_mut().silence();
        }
        self.stream.borrow_mut().shut_down()
    }

    /// A text, which is there as long as the transport; NULL if there is none.
    pub fn text(&self, about: About) -> *const c_char {
        let stream = self.stream.borrow();
        if !stream.is_ready() {
            return std::ptr::null();
        }
        let mut texts = self.texts.borrow_mut();
        match texts.entry(about) {
            Entry::Occupied(known) => known.get().as_ptr(),
            Entry::Vacant(place) => {
                let found = found(stream.ssl(), about).and_then(|text| CString::new(text).ok());
                found.map_or(std::ptr::null(), |text| place.insert(text).as_ptr())
            }
        }
    }
}

impl Drop for Transport {
    fn drop(&mut self) {
        if let Some(choice) = &self.choice {
            choice::forget(choice);
        }
    }
}

/// Which context a client gets. It owns nothing: the transport may be gone when it was put, and it
/// need not come to an end.
#[derive(Clone, Copy)]
pub struct Question {
    chooser: Chooser,
    number: u64,
    name: HostName,
}

impl Question {
    pub fn put(self) {
        let chosen = self.chooser.run(self.name.as_c_str());
        choice::settle(self.number, chosen.filter(|context| context.role() == Role::Server));
    }
}

fn found(ssl: &SslRef, about: About) -> Option<Vec<u8>> {
    match about {
        About::Version => Some(ssl.version_str().into()),
        About::Cipher => Some(ssl.current_cipher()?.standard_name()?.into()),
        About::Protocol => Some(ssl.selected_alpn_protocol()?.into()),
        About::ServerName => Some(ssl.servername_raw(NameType::HOST_NAME)?.into()),
        About::PeerSubject => Some(subject(&ssl.peer_certificate()?)),
        About::PeerCertificate => ssl.peer_certificate()?.to_pem().ok(),
    }
}

/// "C=..., O=..., CN=...", in the order of the certificate.
fn subject(certificate: &X509) -> Vec<u8> {
    let mut text = Vec::new();
    for entry in certificate.subject_name().entries() {
        text.extend_from_slice(if text.is_empty() { b"" } else { b", " });
        text.extend_from_slice(entry.object().nid().short_name().unwrap_or("?").as_bytes());
        text.push(b'=');
        // A NUL or a comma in a value must not look like the end of it.
        for &byte in entry.data().as_slice() {
            match byte {
                b',' | b'\\' | b'=' => text.extend_from_slice(&[b'\\', byte]),
                0x20..=0x7e | 0x80.. => text.push(byte),
                _ => text.extend_from_slice(format!("\\{byte:02X}").as_bytes()),
            }
        }
    }
    text
}
