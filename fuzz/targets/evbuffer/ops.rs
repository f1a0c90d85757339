//! The operations: each chooses its arguments from the input and is done to the library's buffer
//! and to the model's.

use super::files::{FILE_SIZE, PIPE_SIZE, contents};
use super::model::{BUFFERS, MODES};
use super::world::World;
use crate::common::ffi::{self, EvbufferPtr};
use crate::common::input::Input;
use std::cell::Cell;
use std::ffi::{CString, c_char, c_int, c_void};
use std::{ptr, slice};

/// Beyond this nothing large is added.
const LARGE: usize = 3 << 20;
/// The model looks at bytes one by one: only in buffers up to this.
const SEARCHABLE: usize = 100_000;

type Operation = fn(&mut World, &mut Input, usize);

const OPERATIONS: [Operation; 24] = [
    add,
    add_text,
    add_many,
    add_own,
    prepend,
    prepend_own,
    drain,
    remove,
    copyout,
    add_buffer,
    readline,
    readln,
    find,
    search,
    expand,
    read,
    write,
    print,
    pullup,
    ptr_set,
    add_file,
    add_reference,
    listen,
    refuse,
];

pub fn run_one(world: &mut World, input: &mut Input) {
    let choice = input.choice(OPERATIONS.len() + 1);
    let buffer = input.choice(BUFFERS);
    match OPERATIONS.get(choice) {
        Some(operation) => operation(world, input, buffer),
        None => drop(world.renew(buffer)),
    }
}

/// How many bytes of so many: few, nearly all, any number, more than there are.
fn amount(input: &mut Input, len: usize) -> usize {
    match input.choice(5) {
        0 => usize::from(input.byte()),
        1 => len.saturating_sub(usize::from(input.byte() % 4)),
        2 => input.number() as usize % (len + 2),
        3 => len + 1,
        _ => usize::MAX,
    }
}

/// Small, as large as a few blocks, or larger than what an empty buffer keeps.
fn size(input: &mut Input) -> usize {
    let limit = match input.byte() {
        0..=191 => 1 << 10,
        192..=251 => 1 << 14,
        _ => 1 << 21,
    };
    input.number() as usize % limit
}

/// A part of so many bytes: where it begins and ends.
fn part(input: &mut Input, len: usize) -> (usize, usize) {
    let start = input.number() as usize % (len + 1);
    (start, start + input.number() as usize % (len - start + 1))
}

fn add_bytes(world: &mut World, buffer: usize, bytes: &[u8]) {
    // SAFETY: so everywhere here: buffers live, slices are as long as they say.
    let result =
        unsafe { ffi::evbuffer_add(world.raw(buffer), bytes.as_ptr().cast(), bytes.len()) };
    assert_eq!(result, 0);
    world.model.add(buffer, bytes);
}

fn add(world: &mut World, input: &mut Input, buffer: usize) {
    let n = usize::from(input.byte());
    add_bytes(world, buffer, input.bytes(n));
}

/// Lines, with line ends of every kind.
fn add_text(world: &mut World, input: &mut Input, buffer: usize) {
    let n = usize::from(input.byte() % 32);
    let letter = |byte: &u8| b"\r\n\r\nab\0\n"[usize::from(byte % 8)];
    let text: Vec<u8> = input.bytes(n).iter().map(letter).collect();
    add_bytes(world, buffer, &text);
}

fn add_many(world: &mut World, input: &mut Input, buffer: usize) {
    let n = size(input);
    if world.size() < LARGE {
        let bytes: Vec<u8> = (0..n).map(|i| (i % 253) as u8).collect();
        add_bytes(world, buffer, &bytes);
    }
}

fn add_own(world: &mut World, input: &mut Input, buffer: usize) {
    let (start, end) = part(input, world.model.len(buffer));
    if world.size() > LARGE {
        return;
    }
    let own = world.model.data[buffer][start..end].to_vec();
    let place = world.buffers[buffer].buffer.wrapping_add(start);
    let result = unsafe { ffi::evbuffer_add(world.raw(buffer), place.cast(), own.len()) };
    assert_eq!(result, 0);
    world.model.add(buffer, &own);
}

fn prepend(world: &mut World, input: &mut Input, buffer: usize) {
    let n = usize::from(input.byte());
    let bytes = input.bytes(n);
    let result =
        unsafe { ffi::evhub_buffer_prepend(world.raw(buffer), bytes.as_ptr().cast(), bytes.len()) };
    assert_eq!(result, 0);
    world.model.prepend(buffer, bytes);
}

fn prepend_own(world: &mut World, input: &mut Input, buffer: usize) {
    let (start, end) = part(input, world.model.len(buffer));
    if world.size() > LARGE {
        return;
    }
    let own = world.model.data[buffer][start..end].to_vec();
    let place = world.buffers[buffer].buffer.wrapping_add(start);
    let result = unsafe { ffi::evhub_buffer_prepend(world.raw(buffer), place.cast(), own.len()) };
    assert_eq!(result, 0);
    world.model.prepend(buffer, &own);
}

/// Bytes were taken: a buffer that is empty now has given a large block back.
fn check_given_back(world: &World, buffer: usize, before: usize) {
    let block = world.buffers[buffer].totallen;
    if before > 0 && world.model.len(buffer) == 0 {
        assert!(block <= 1 << 20, "an empty buffer keeps {block} bytes");
    }
}

fn drain(world: &mut World, input: &mut Input, buffer: usize) {
    let before = world.model.len(buffer);
    let n = amount(input, before);
    unsafe { ffi::evbuffer_drain(world.raw(buffer), n) };
    world.model.drain(buffer, n);
    check_given_back(world, buffer, before);
}

fn remove(world: &mut World, input: &mut Input, buffer: usize) {
    let before = world.model.len(buffer);
    let n = amount(input, before).min(before + 1);
    let mut room = vec![0; n];
    let result = unsafe { ffi::evbuffer_remove(world.raw(buffer), room.as_mut_ptr().cast(), n) };
    let taken = world.model.drain(buffer, n);
    assert_eq!(result as usize, taken.len());
    assert!(room[..taken.len()] == taken);
    check_given_back(world, buffer, before);
}

fn copyout(world: &mut World, input: &mut Input, buffer: usize) {
    let n = amount(input, world.model.len(buffer)).min(world.model.len(buffer) + 1);
    let mut room = vec![0; n];
    let result =
        unsafe { ffi::evhub_buffer_copyout(world.raw(buffer), room.as_mut_ptr().cast(), n) };
    assert_eq!(result as usize, n.min(world.model.len(buffer)));
    assert!(room[..result as usize] == world.model.data[buffer][..result as usize]);
}

fn add_buffer(world: &mut World, input: &mut Input, buffer: usize) {
    let from = input.choice(BUFFERS);
    let result = unsafe { ffi::evbuffer_add_buffer(world.raw(buffer), world.raw(from)) };
    assert_eq!(result, 0);
    world.model.add_buffer(buffer, from);
}

/// The line that was returned, and the end of its life.
fn check_line(world: &mut World, buffer: usize, text: *mut c_char, line: Option<(usize, usize)>) {
    let Some((length, taken)) = line else { return assert!(text.is_null()) };
    assert!(!text.is_null());
    // SAFETY: a line and its NUL, which are ours.
    unsafe {
        let bytes = slice::from_raw_parts(text.cast::<u8>(), length + 1);
        assert!(bytes[..length] == world.model.data[buffer][..length] && bytes[length] == 0);
        libc::free(text.cast());
    }
    world.model.drain(buffer, taken);
}

fn readline(world: &mut World, _input: &mut Input, buffer: usize) {
    if world.model.len(buffer) < SEARCHABLE {
        let line = world.model.readline(buffer);
        let text = unsafe { ffi::evbuffer_readline(world.raw(buffer)) };
        check_line(world, buffer, text, line);
    }
}

fn readln(world: &mut World, input: &mut Input, buffer: usize) {
    let style = input.choice(4);
    if world.model.len(buffer) < SEARCHABLE {
        let (mut length, line) = (99, world.model.readln(buffer, style));
        let text = unsafe { ffi::evbuffer_readln(world.raw(buffer), &mut length, style as c_int) };
        assert_eq!(length, line.map_or(0, |(length, _)| length));
        check_line(world, buffer, text, line);
    }
}

/// Bytes to look for: a part of the data, or others.
fn pattern(world: &World, input: &mut Input, buffer: usize) -> Vec<u8> {
    let (start, end) = part(input, world.model.len(buffer));
    let n = usize::from(input.byte() % 8);
    match input.choice(2) {
        0 => world.model.data[buffer][start..end].to_vec(),
        _ => input.bytes(n).to_vec(),
    }
}

/// Behaviour 77: of no bytes the first one counts.
fn find(world: &mut World, input: &mut Input, buffer: usize) {
    if world.model.len(buffer) < SEARCHABLE {
        let mut what = pattern(world, input, buffer);
        let n = what.len();
        what.resize(n.max(1), b'a');
        let found = unsafe { ffi::evbuffer_find(world.raw(buffer), what.as_ptr(), n) };
        let place = |at| world.buffers[buffer].buffer.wrapping_add(at);
        let want = world.model.find(buffer, &what, 0);
        assert_eq!(found, want.map_or(ptr::null_mut(), place));
    }
}

fn search(world: &mut World, input: &mut Input, buffer: usize) {
    if world.model.len(buffer) < SEARCHABLE {
        let what = pattern(world, input, buffer);
        let start = EvbufferPtr { pos: amount(input, world.model.len(buffer)) as isize };
        let found = unsafe {
            let what = (what.as_ptr().cast(), what.len());
            ffi::evhub_buffer_search(world.raw(buffer), what.0, what.1, &start)
        };
        let want = world.model.find(buffer, &what, start.pos as usize);
        assert_eq!(found.pos, want.map_or(-1, |at| at as isize));
    }
}

/// Room, and no change that anybody would hear of.
fn expand(world: &mut World, input: &mut Input, buffer: usize) {
    let n = size(input);
    assert_eq!(unsafe { ffi::evbuffer_expand(world.raw(buffer), n) }, 0);
    let buf = &world.buffers[buffer];
    assert!(buf.totallen - buf.misalign - buf.off >= n);
}

/// Behaviour 78: one read, of what is there up to what is asked for.
fn read(world: &mut World, input: &mut Input, buffer: usize) {
    let waiting = vec![input.byte(); size(input).min(PIPE_SIZE)];
    let howmuch = (input.number() as c_int).wrapping_sub(1);
    let usual = world.buffers[buffer].totallen.saturating_mul(4).max(4096);
    world.files.put(&waiting);
    let n = unsafe { ffi::evbuffer_read(world.raw(buffer), world.files.reader(), howmuch) };
    let left = world.files.take().len();
    match usize::try_from(howmuch) {
        Ok(0) => assert_eq!(n, 0),
        // An empty pipe: EAGAIN.
        _ if waiting.is_empty() => assert_eq!(n, -1),
        Ok(howmuch) => assert_eq!(n as usize, howmuch.min(waiting.len())),
        Err(_) => assert!(n as usize >= usual.min(waiting.len())),
    }
    let n = n.max(0) as usize;
    assert_eq!(left, waiting.len() - n);
    world.model.add(buffer, &waiting[..n]);
}

/// Behaviour 79: one write, and what went out is gone.
fn write(world: &mut World, _input: &mut Input, buffer: usize) {
    let before = world.model.len(buffer);
    let n = unsafe { ffi::evbuffer_write(world.raw(buffer), world.files.writer()) };
    assert!(n > 0 || before == 0 && n == 0);
    let gone = world.model.drain(buffer, n as usize);
    assert!(world.files.take() == gone);
    check_given_back(world, buffer, before);
}

fn print(world: &mut World, input: &mut Input, buffer: usize) {
    let (number, n) = (input.number(), usize::from(input.byte()));
    let mut text = input.bytes(n).to_vec();
    text.retain(|byte| *byte != 0);
    let string = CString::new(text).unwrap_or_default();
    let (format, middle, last) = match input.choice(3) {
        0 => (c"%s", String::new(), 0),
        1 => (c"%s%%%u", format!("%{number}"), 0),
        _ => (c"%s|%08x|%.3s", format!("|{number:08x}|"), string.count_bytes().min(3)),
    };
    let text = string.as_bytes();
    let want = [text, middle.as_bytes(), &text[..last]].concat();
    let (format, string) = (format.as_ptr(), string.as_ptr());
    let result =
        unsafe { ffi::evbuffer_add_printf(world.raw(buffer), format, string, number, string) };
    assert_eq!(result as usize, want.len());
    world.model.print(buffer, &want);
}

fn pullup(world: &mut World, input: &mut Input, buffer: usize) {
    let len = world.model.len(buffer);
    let size = amount(input, len) as isize;
    let place = unsafe { ffi::evhub_buffer_pullup(world.raw(buffer), size) };
    let is_there = len > 0 && size <= len as isize;
    assert_eq!(place, if is_there { world.buffers[buffer].buffer } else { ptr::null_mut() });
    assert_eq!(unsafe { ffi::evhub_buffer_get_length(world.raw(buffer)) }, len);
}

fn ptr_set(world: &mut World, input: &mut Input, buffer: usize) {
    let len = world.model.len(buffer);
    let (first, second) = (amount(input, len), amount(input, len));
    let mut ptr = EvbufferPtr { pos: 7 };
    let mut check = |position, how, want: Option<usize>| {
        let result =
            unsafe { ffi::evhub_buffer_ptr_set(world.raw(buffer), &mut ptr, position, how) };
        assert_eq!(result, if want.is_some() { 0 } else { -1 });
        assert_eq!(ptr.pos, want.map_or(-1, |at| at as isize));
    };
    let there = Some(first).filter(|at| *at <= len);
    check(first, 0, there);
    let sum = there.and_then(|at| at.checked_add(second)).filter(|at| *at <= len);
    check(second, 1, sum);
}

/// All of the part, and the descriptor is closed; or nothing, and it is still open.
fn add_file(world: &mut World, input: &mut Input, buffer: usize) {
    let offset = amount(input, FILE_SIZE).min(2 * FILE_SIZE);
    let length = amount(input, FILE_SIZE - offset.min(FILE_SIZE)).min(2 * FILE_SIZE);
    let (to_end, fd) = (input.choice(4) == 0, world.files.file());
    let length = if to_end { FILE_SIZE.saturating_sub(offset) } else { length };
    let is_there = if to_end { offset <= FILE_SIZE } else { offset + length <= FILE_SIZE };
    let is_there = is_there || length == 0 && !to_end;
    let asked = if to_end { -1 } else { length as i64 };
    let result = unsafe { ffi::evhub_buffer_add_file(world.raw(buffer), fd, offset as i64, asked) };
    assert_eq!(result, if is_there { 0 } else { -1 });
    // Closed already if it has worked, and only then.
    assert_eq!(unsafe { libc::close(fd) }, if is_there { -1 } else { 0 });
    if is_there && length > 0 {
        world.model.add(buffer, &contents()[offset..offset + length]);
    }
}

/// What the cleanup was called with.
#[derive(Default)]
struct Cleaned {
    calls: Cell<u32>,
    data: Cell<usize>,
    len: Cell<usize>,
}

unsafe extern "C" fn clean(data: *const c_void, len: usize, arg: *mut c_void) {
    // SAFETY: the argument of `add_reference`, whose call has not returned.
    let cleaned = unsafe { &*arg.cast::<Cleaned>() };
    cleaned.calls.set(cleaned.calls.get() + 1);
    cleaned.data.set(data.addr());
    cleaned.len.set(len);
}

fn add_reference(world: &mut World, input: &mut Input, buffer: usize) {
    let n = usize::from(input.byte());
    let (bytes, cleaned, wanted) = (input.bytes(n), Cleaned::default(), input.choice(2));
    let cleanup = (wanted == 1).then_some(clean as ffi::Cleanup);
    let arg = ptr::from_ref(&cleaned).cast_mut().cast();
    let (data, len) = (bytes.as_ptr(), bytes.len());
    let result = unsafe {
        ffi::evhub_buffer_add_reference(world.raw(buffer), data.cast(), len, cleanup, arg)
    };
    assert_eq!((result, cleaned.calls.get()), (0, wanted as u32));
    if wanted == 1 {
        assert_eq!((cleaned.data.get(), cleaned.len.get()), (data.addr(), len));
    }
    world.model.add(buffer, bytes);
}

fn listen(world: &mut World, input: &mut Input, buffer: usize) {
    world.listen(buffer, MODES[input.choice(MODES.len())]);
}

/// Sizes that cannot be: -1, and nothing has changed.
fn refuse(world: &mut World, input: &mut Input, buffer: usize) {
    let (raw, n) = (world.raw(buffer), usize::MAX - usize::from(input.byte()));
    let byte = [0u8; 1];
    let data = byte.as_ptr().cast();
    let result = unsafe {
        match input.choice(4) {
            0 => ffi::evbuffer_add(raw, data, n),
            1 => ffi::evhub_buffer_prepend(raw, data, n),
            2 => ffi::evbuffer_expand(raw, n),
            _ => ffi::evhub_buffer_add_reference(raw, data, n, None, ptr::null_mut()),
        }
    };
    assert_eq!(result, -1);
}
