//! Certificates, trust and choices of a program, for servers or for clients.
//!
//! A context is set up call by call, and stays as it is from its first use on: connections in
//! other threads may use it. New certificates are a new context; connections keep theirs.

use crate::fault::{Fault, Result};
use crate::names::{Names, normal};
use crate::pem::{self, Identity};
use crate::sys::chooser::Chooser;
use crate::sys::openssl::clear_errors;
use openssl::ssl::{
    AlpnError, Ssl, SslContext, SslContextBuilder, SslMethod, SslMode, SslOptions,
    SslSessionCacheMode, SslVerifyMode, SslVersion, select_next_proto,
};
use openssl::x509::verify::X509CheckFlags;
use std::net::IpAddr;
use std::path::Path;
use std::sync::atomic::{AtomicU32, Ordering::Relaxed};
use std::sync::{Arc, Mutex, MutexGuard, OnceLock, PoisonError};

/// The protocol that is spoken here.
pub const HTTP_1_1: &[u8] = b"http/1.1";

/// What clients offer, as a list of ALPN's: each with its length before it.
const OFFERED: &[u8] = b"\x08http/1.1";

/// What servers speak, the best first.
const SPOKEN: &[u8] = b"\x08http/1.1\x08http/1.0";

/// Seconds for a handshake, if nobody says otherwise.
const PATIENCE: u32 = 30;

/// Sessions of one context are not taken up in another, which may ask for more.
static CONTEXTS: AtomicU32 = AtomicU32::new(0);

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Role {
    Server,
    Client,
}

/// Of whom a certificate is demanded.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Verify {
    Nobody,
    Peer,
    /// Whoever has one must have a good one.
    IfGiven,
}

pub struct Context {
    role: Role,
    setup: Mutex<Setup>,
    built: OnceLock<Built>,
}

struct Setup {
    /// Taken at the first use.
    builder: Option<SslContextBuilder>,
    has_identity: bool,
    has_trust: bool,
    more: More,
}

/// What OpenSSL's object does not hold.
pub struct More {
    pub names: Names<Arc<Context>>,
    pub chooser: Option<Chooser>,
    pub allows_truncation: bool,
    /// Seconds for a handshake; 0: any time.
    pub patience: u32,
}

/// A context in use.
pub struct Built {
    pub context: SslContext,
    pub more: Arc<More>,
}

impl Context {
    /// Without certificates, and without trust in anybody but those whom the system trusts.
    pub fn new(role: Role) -> Result<Context> {
        clear_errors();
        let method = match role {
            Role::Server => SslMethod::tls_server(),
            Role::Client => SslMethod::tls_client(),
        };
        let mut builder = SslContext::builder(method)?;
        builder.set_min_proto_version(Some(SslVersion::TLS1_2))?;
        builder.set_options(SslOptions::NO_RENEGOTIATION | SslOptions::NO_COMPRESSION);
        builder.set_mode(
            SslMode::ENABLE_PARTIAL_WRITE
                | SslMode::ACCEPT_MOVING_WRITE_BUFFER
                | SslMode::RELEASE_BUFFERS,
        );
        // A record and what follows it in one call of the kernel's.
        builder.set_read_ahead(true);
        // Tickets are for that: they take no memory here.
        builder.set_session_cache_mode(SslSessionCacheMode::OFF);
        if role == Role::Server {
            let number = CONTEXTS.fetch_add(1, Relaxed);
            builder.set_session_id_context(&number.to_be_bytes())?;
            builder.set_alpn_select_callback(|_, offered| {
                select_next_proto(SPOKEN, offered).ok_or(AlpnError::ALERT_FATAL)
            });
        } else {
            builder.set_alpn_protos(OFFERED)?;
            builder.set_verify(SslVerifyMode::PEER);
        }
        let more = More {
            names: Names::new(),
            chooser: None,
            allows_truncation: false,
            patience: PATIENCE,
        };
        let setup = Setup { builder: Some(builder), has_identity: false, has_trust: false, more };
        Ok(Context { role, setup: Mutex::new(setup), built: OnceLock::new() })
    }

    pub fn role(&self) -> Role {
        self.role
    }

    fn setup(&self) -> MutexGuard<'_, Setup> {
        self.setup.lock().unwrap_or_else(PoisonError::into_inner)
    }

    fn change(&self, change: impl FnOnce(&mut Setup) -> Result<()>) -> Result<()> {
        let setup = &mut *self.setup();
        if setup.builder.is_none() {
            return Err(Fault::new(libc::EBUSY, "the context is in use already"));
        }
        change(setup)
    }

    fn build(&self, step: impl FnOnce(&mut SslContextBuilder) -> Result<()>) -> Result<()> {
        self.change(|setup| {
            clear_errors();
            setup.builder.as_mut().map_or(Ok(()), step)
        })
    }

    /// The certificate that is shown to peers.
    pub fn set_identity(&self, chain: &Path, key: &Path) -> Result<()> {
        let identity = Identity::read(chain, key)?;
        self.change(|setup| match std::mem::replace(&mut setup.has_identity, true) {
            false => Ok(()),
            true => Err(Fault::new(libc::EEXIST, "the context has a certificate already")),
        })?;
        self.build(|builder| {
            builder.set_certificate(&identity.certificate)?;
            for certificate in identity.chain {
                builder.add_extra_chain_cert(certificate)?;
            }
            Ok(builder.set_private_key(&identity.key)?)
        })
    }

    /// Trusts the certificates of a file, of a folder, or of both, and no longer those of the
    /// system.
    pub fn trust(&self, file: Option<&Path>, folder: Option<&Path>) -> Result<()> {
        let roots = file.map(pem::certificates).transpose()?;
        if let Some(folder) = folder {
            pem::check_folder(folder)?;
        }
        self.build(|builder| {
            for root in roots.into_iter().flatten() {
                if self.role == Role::Server {
                    builder.add_client_ca(&root)?;
                }
                builder.cert_store_mut().add_cert(root)?;
            }
            if let Some(folder) = folder {
                builder.load_verify_locations(None, Some(folder))?;
            }
            Ok(())
        })?;
        self.change(|setup| {
            setup.has_trust = true;
            Ok(())
        })
    }

    pub fn set_verify(&self, verify: Verify) -> Result<()> {
        let mode = match verify {
            Verify::Nobody => SslVerifyMode::NONE,
            Verify::Peer => SslVerifyMode::PEER | SslVerifyMode::FAIL_IF_NO_PEER_CERT,
            Verify::IfGiven => SslVerifyMode::PEER,
        };
        self.build(|builder| {
            builder.set_verify(mode);
            Ok(())
        })
    }

    pub fn set_min_version(&self, version: SslVersion) -> Result<()> {
        self.build(|builder| Ok(builder.set_min_proto_version(Some(version))?))
    }

    pub fn allow_truncation(&self, is_allowed: bool) -> Result<()> {
        self.change(|setup| {
            setup.more.allows_truncation = is_allowed;
            Ok(())
        })
    }

    pub fn set_patience(&self, seconds: u32) -> Result<()> {
        self.change(|setup| {
            setup.more.patience = seconds;
            Ok(())
        })
    }

    /// Clients that ask for a name get another context.
    pub fn add_name(&self, name: &str, other: Arc<Context>) -> Result<()> {
        if other.role != Role::Server || self.role != Role::Server || std::ptr::eq(self, &*other) {
            return Err(Fault::new(libc::EINVAL, "names are given by one server to another"));
        }
        self.change(|setup| match setup.more.names.add(name, other) {
            true => Ok(()),
            false => Err(Fault::new(libc::EINVAL, "no name of a host, or of hosts")),
        })
    }

    pub fn set_chooser(&self, chooser: Option<Chooser>) -> Result<()> {
        self.change(|setup| {
            setup.more.chooser = chooser;
            Ok(())
        })
    }

    /// From now on it stays as it is.
    pub fn built(&self) -> Result<&Built> {
        let mut setup = self.setup();
        if let Some(built) = self.built.get() {
            return Ok(built);
        }
        let broken = || Fault::new(libc::EINVAL, "the context could not be set up");
        let mut builder = setup.builder.take().ok_or_else(broken)?;
        clear_errors();
        if !setup.has_trust {
            builder.set_default_verify_paths()?;
        }
        let empty =
            More { names: Names::new(), chooser: None, allows_truncation: false, patience: 0 };
        let more = Arc::new(std::mem::replace(&mut setup.more, empty));
        if self.role == Role::Server {
            crate::choice::install(&mut builder, more.clone());
        }
        Ok(self.built.get_or_init(|| Built { context: builder.build(), more }))
    }

    /// A connection of a server's.
    pub fn serve(&self) -> Result<Ssl> {
        let built = self.built()?;
        clear_errors();
        Ok(Ssl::new(&built.context)?)
    }

    /// A connection to a host, whose certificate must be for that name or address.
    pub fn ask(&self, host: &str) -> Result<Ssl> {
        let built = self.built()?;
        clear_errors();
        let mut ssl = Ssl::new(&built.context)?;
        let address = host.strip_prefix('[').and_then(|host| host.strip_suffix(']'));
        match address.unwrap_or(host).parse::<IpAddr>() {
            Ok(address) => ssl.param_mut().set_ip(address)?,
            Err(_) => {
                let no_name = || Fault::new(libc::EINVAL, format!("'{host}' is no name of a host"));
                let name = normal(host).ok_or_else(no_name)?;
                ssl.set_hostname(&name)?;
                let param = ssl.param_mut();
                // Names are in subjectAltName (RFC 9525), and a star is a whole label.
                let flags =
                    X509CheckFlags::NO_PARTIAL_WILDCARDS | X509CheckFlags::NEVER_CHECK_SUBJECT;
                param.set_hostflags(flags);
                param.set_host(&name)?;
            }
        }
        Ok(ssl)
    }
}
