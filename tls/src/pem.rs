//! Files with certificates and keys, in PEM.

use crate::fault::{Fault, Result};
use openssl::error::ErrorStack;
use openssl::pkey::{PKey, Private};
use openssl::x509::X509;
use std::path::Path;

/// A certificate for use, those that lead from it to a root, and its key.
pub struct Identity {
    pub certificate: X509,
    pub chain: Vec<X509>,
    pub key: PKey<Private>,
}

impl Identity {
    pub fn read(chain: &Path, key: &Path) -> Result<Identity> {
        let mut certificates = certificates(chain)?;
        let certificate = certificates.remove(0);
        let bytes = contents(key)?;
        // Nobody is asked for a password: a server has nobody to ask.
        let parsed = PKey::private_key_from_pem_callback(&bytes, |_| Ok(0));
        let key = parsed.map_err(|stack| {
            of_file(key, "no private key that can be used (is it encrypted?)", &stack)
        })?;
        let belongs = certificate.public_key().is_ok_and(|public| public.public_eq(&key));
        if !belongs {
            let text = format!("{}: the key is not that of the certificate", chain.display());
            return Err(Fault::new(libc::EINVAL, text));
        }
        Ok(Identity { certificate, chain: certificates, key })
    }
}

/// The certificates of a file: at least one.
pub fn certificates(file: &Path) -> Result<Vec<X509>> {
    let bytes = contents(file)?;
    let parsed = X509::stack_from_pem(&bytes)
        .map_err(|stack| of_file(file, "a certificate cannot be read", &stack))?;
    if parsed.is_empty() {
        let text = format!("{}: no certificate in it", file.display());
        return Err(Fault::new(libc::EINVAL, text));
    }
    Ok(parsed)
}

fn contents(file: &Path) -> Result<Vec<u8>> {
    std::fs::read(file).map_err(|error| {
        let number = error.raw_os_error().unwrap_or(libc::ENOMEM);
        Fault::new(number, format!("{}: {error}", file.display()))
    })
}

fn of_file(file: &Path, what: &str, stack: &ErrorStack) -> Fault {
    let Fault { errno, text } = Fault::from(stack.clone());
    Fault::new(errno, format!("{}: {what}: {text}", file.display()))
}

/// A folder of certificates, under the hashes of their names.
pub fn check_folder(folder: &Path) -> Result<()> {
    let fault = |number, why: &str| Fault::new(number, format!("{}: {why}", folder.display()));
    // The `openssl` crate takes no other names.
    if folder.to_str().is_none_or(|name| name.contains('\0')) {
        return Err(fault(libc::EINVAL, "not a name in UTF-8"));
    }
    match std::fs::metadata(folder) {
        Ok(found) if found.is_dir() => Ok(()),
        Ok(_) => Err(fault(libc::ENOTDIR, "not a folder")),
        Err(error) => Err(fault(error.raw_os_error().unwrap_or(libc::EIO), &error.to_string())),
    }
}
