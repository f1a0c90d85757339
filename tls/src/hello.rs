//! What a client says first: the name of the host that it wants (RFC 6066).

/// The kind of name that hosts have, the only one that there is.
const HOST_NAME: u8 = 0;

/// The name in the body of the extension `server_name`: a list of one name.
pub fn server_name(extension: &[u8]) -> Option<&str> {
    let (list, rest) = prefixed(extension)?;
    let (&kind, name) = list.split_first()?;
    let (name, more) = prefixed(name)?;
    let is_one = kind == HOST_NAME && rest.is_empty() && more.is_empty() && !name.is_empty();
    // A NUL would end the name early for whoever takes it for a string.
    let is_text = !name.contains(&0);
    if is_one && is_text { std::str::from_utf8(name).ok() } else { None }
}

/// What has its length before it, in two bytes; and what follows.
fn prefixed(bytes: &[u8]) -> Option<(&[u8], &[u8])> {
    let (length, rest) = bytes.split_first_chunk()?;
    rest.split_at_checked(usize::from(u16::from_be_bytes(*length)))
}
