//! Lists of headers, as programs keep them: `struct evkeyvalq`.
//!
//! Programs walk and edit these lists themselves, so nothing is known of them but what is there.
//! What a program adds may have folds in it, and is kept so; what is sent has none (`pieces`).

use super::is_blank;
use crate::errno::{Errno, Result};
use crate::layout::keyval::{Headers, Keyval};

/// May this be sent as the name of a header? Neither empty nor with control bytes, blanks or ':',
/// which would be read as something else.
pub fn check_key(key: &[u8]) -> Result<()> {
    let is_good = |b: &u8| *b > b' ' && *b != 0x7f && *b != b':';
    if !key.is_empty() && key.iter().all(is_good) { Ok(()) } else { Err(Errno::INVAL) }
}

/// May this be sent as a value? Line ends only if a blank follows, as folded lines have it.
pub fn check_value(value: &[u8]) -> Result<()> {
    let is_end = |b: &u8| *b == b'\r' || *b == b'\n';
    let mut rest = value;
    while let Some(at) = rest.iter().position(is_end) {
        rest = &rest[at..];
        rest = &rest[rest.iter().take_while(|b| is_end(b)).count()..];
        if !rest.first().is_some_and(|b| is_blank(*b)) {
            return Err(Errno::INVAL);
        }
    }
    Ok(())
}

/// The parts of a value between line ends, to be sent with a space between each two: whatever a
/// program has put into the list, a header stays one line. Works for reasons, too.
pub fn pieces(value: &[u8]) -> impl Iterator<Item = &[u8]> {
    let parts = value.split(|b| *b == b'\r' || *b == b'\n');
    let trimmed = parts.enumerate().map(|(nth, part)| match nth {
        0 => part,
        _ => &part[part.iter().take_while(|b| is_blank(**b)).count()..],
    });
    let kept = trimmed.enumerate().filter(|(nth, part)| *nth == 0 || !part.is_empty());
    kept.map(|(_, part)| part)
}

/// Adds a header at the end, whatever there is with that name.
pub fn add(list: Headers, key: &[u8], value: &[u8]) -> Result<()> {
    check_key(key)?;
    check_value(value)?;
    list.push(key, value)
}

/// The first header with that name, in whatever case.
pub fn find<'a>(list: &'a Headers, key: &[u8]) -> Option<Keyval<'a>> {
    list.iter().find(|header| header.key.eq_ignore_ascii_case(key))
}

/// Takes away the first header with that name.
pub fn remove(list: Headers, key: &[u8]) -> bool {
    let Some(place) = find(&list, key).map(|header| header.place()) else { return false };
    list.remove(place);
    true
}
