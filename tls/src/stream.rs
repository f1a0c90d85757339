//! TLS over something that reads and writes without waiting.
//!
//! The handshake is made by whichever of `read` and `write` comes first. Either may have to wait
//! for the other direction: `wants` says for which, after `EAGAIN`. An error is the end: every
//! later call fails with it, and nothing more is sent.

use crate::context::HTTP_1_1;
use crate::fault::{Fault, Result, reasons};
use crate::outlet::Outlet;
use crate::sys::openssl::{clear_errors, has_pending};
use crate::sys::socket::Budget;
use openssl::ssl::{Error, ErrorCode, Ssl, SslRef, SslStream};
use openssl::x509::X509VerifyResult;
use std::io::{Read, Write};
use std::mem::MaybeUninit;

/// What a stream waits for.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Wants {
    Read,
    Write,
    /// The program is to say which certificate a client gets.
    Choice,
}

pub struct Stream<S> {
    tls: SslStream<Outlet<S>>,
    wants: Wants,
    is_client: bool,
    /// A peer that ends without saying so is taken for one that has.
    allows_truncation: bool,
    is_checked: bool,
    /// The last read has found nothing.
    is_drained: bool,
    /// So many bytes are in a record that has not left yet.
    under_way: Option<usize>,
    has_said_goodbye: bool,
    failure: Option<Fault>,
}

impl<S: Read + Write + Budget> Stream<S> {
    pub fn new(ssl: Ssl, over: S, is_client: bool, allows_truncation: bool) -> Result<Stream<S>> {
        clear_errors();
        let mut ssl = ssl;
        if is_client {
            ssl.set_connect_state();
        } else {
            ssl.set_accept_state();
        }
        Ok(Stream {
            tls: SslStream::new(ssl, Outlet::new(over))?,
            wants: if is_client { Wants::Write } else { Wants::Read },
            is_client,
            allows_truncation,
            is_checked: false,
            is_drained: false,
            under_way: None,
            has_said_goodbye: false,
            failure: None,
        })
    }

    /// Reads; 0: the peer has said that it sends nothing more.
    pub fn read(&mut self, room: &mut [MaybeUninit<u8>]) -> Result<usize> {
        self.begin()?;
        // If that cannot be done, reading may still be possible.
        let _ = self.tls.get_mut().clear();
        let read = self.tls.ssl_read_uninit(room);
        self.is_drained = read.is_err();
        match read {
            Ok(n) => self.check().map(|()| n),
            Err(error) if error.code() == ErrorCode::ZERO_RETURN => Ok(0),
            Err(error) if is_eof(&error) && self.allows_truncation && self.is_ready() => Ok(0),
            Err(error) => Err(self.later_or_never(error)),
        }
    }

    /// Writes a part: a record. After `EAGAIN` the same bytes are to come again.
    pub fn write(&mut self, bytes: &[u8]) -> Result<usize> {
        self.begin()?;
        self.clear()?;
        if let Some(n) = self.under_way.take() {
            return Ok(n.min(bytes.len()));
        }
        match self.tls.ssl_write(bytes) {
            Ok(n) => {
                self.check()?;
                self.under_way = Some(n);
                self.clear()?;
                self.under_way = None;
                Ok(n)
            }
            Err(error) => Err(self.later_or_never(error)),
        }
    }

    /// Sends what has waited. `EAGAIN`: not all of it.
    fn clear(&mut self) -> Result<()> {
        match self.tls.get_mut().clear() {
            Ok(true) => Ok(()),
            Ok(false) => {
                self.wants = Wants::Write;
                Err(Fault::new(libc::EAGAIN, "later"))
            }
            Err(error) => {
                Err(self.fail(error.raw_os_error().unwrap_or(libc::EIO), error.to_string()))
            }
        }
    }

    pub fn wants(&self) -> Wants {
        self.wants
    }

    /// Is there something to read that the socket does not tell of?
    pub fn has_pending(&self) -> bool {
        !self.is_drained && self.failure.is_none() && has_pending(self.tls.ssl())
    }

    /// The handshake is over.
    pub fn is_ready(&self) -> bool {
        self.tls.ssl().is_init_finished()
    }

    /// Says that nothing more is sent (`close_notify`). `EAGAIN`: there is no room for that yet.
    /// Where it cannot be said, or nobody would understand it, nothing is done.
    pub fn shut_down(&mut self) -> Result<()> {
        if self.failure.is_some() || !self.is_ready() {
            return Ok(());
        }
        self.begin()?;
        if !self.has_said_goodbye {
            self.has_said_goodbye = true;
            if let Err(error) = self.tls.shutdown() {
                self.later_or_never(error);
                return Ok(());
            }
        }
        self.clear()
    }

    /// It belongs to another process: nothing more is said, not even goodbye.
    pub fn silence(&mut self) {
        self.fail(libc::EPIPE, "the connection is another process's".to_string());
    }

    pub fn ssl(&self) -> &SslRef {
        self.tls.ssl()
    }

    /// A call begins: what others have left in OpenSSL's queue of errors is not ours.
    fn begin(&mut self) -> Result<()> {
        match &self.failure {
            Some(fault) => Err(fault.clone()),
            None => {
                clear_errors();
                self.tls.get_mut().renew();
                Ok(())
            }
        }
    }

    /// Once, when the handshake is over: do both speak the same protocol?
    fn check(&mut self) -> Result<()> {
        if self.is_checked || !self.is_ready() {
            return Ok(());
        }
        self.is_checked = true;
        let chosen = self.tls.ssl().selected_alpn_protocol();
        if self.is_client && chosen.is_some_and(|chosen| chosen != HTTP_1_1) {
            let text = "the server has chosen a protocol that it was not offered";
            return Err(self.fail(libc::EPROTO, text.to_string()));
        }
        Ok(())
    }

    fn later_or_never(&mut self, error: Error) -> Fault {
        let wants = match error.code() {
            // The peer cannot go on before it has heard.
            ErrorCode::WANT_READ if !self.is_ready() && !self.tls.get_ref().is_clear() => {
                Wants::Write
            }
            ErrorCode::WANT_READ => Wants::Read,
            ErrorCode::WANT_WRITE => Wants::Write,
            ErrorCode::WANT_CLIENT_HELLO_CB => Wants::Choice,
            _ => return self.never(&error),
        };
        self.wants = wants;
        Fault::new(libc::EAGAIN, "later")
    }

    fn never(&mut self, error: &Error) -> Fault {
        if let Some(io) = error.io_error() {
            return self.fail(io.raw_os_error().unwrap_or(libc::EIO), io.to_string());
        }
        if is_eof(error) {
            let (errno, when) = match self.is_ready() {
                true => (libc::ECONNRESET, "without saying so (no close_notify)"),
                false => (libc::EPROTO, "during the handshake"),
            };
            return self.fail(errno, format!("the peer has closed the connection {when}"));
        }
        let mut text = error.ssl_error().map_or_else(|| error.to_string(), reasons);
        let verdict = self.tls.ssl().verify_result();
        if verdict != X509VerifyResult::OK && text.contains("certificate verify failed") {
            text = format!("{text}: {}", verdict.error_string());
        }
        self.fail(libc::EPROTO, text)
    }

    fn fail(&mut self, errno: i32, text: String) -> Fault {
        self.failure.insert(Fault::new(errno, text)).clone()
    }
}

/// The peer has closed its socket, and has not said before that it would.
fn is_eof(error: &Error) -> bool {
    let says = |stack: &openssl::error::ErrorStack| {
        let eof = |error: &openssl::error::Error| {
            error.reason().is_some_and(|reason| reason == "unexpected eof while reading")
        };
        stack.errors().iter().any(eof)
    };
    match error.code() {
        ErrorCode::SYSCALL => error.io_error().is_none() && error.ssl_error().is_none_or(says),
        ErrorCode::SSL => error.ssl_error().is_some_and(says),
        _ => false,
    }
}
