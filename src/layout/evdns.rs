//! What `evdns.h` shows of a request to a name server of ours.

use crate::errno::Result;
use std::cell::Cell;
use std::ffi::{c_char, c_int};
use std::mem::{offset_of, size_of};

/// `struct evdns_server_question`: one question; its memory goes on for as long as the name.
#[repr(C)]
pub struct Question {
    pub r#type: Cell<c_int>,
    /// `dns_question_class` in C++
    pub class: Cell<c_int>,
    pub name: [Cell<c_char>; 1],
}

/// `struct evdns_server_request`: what a client asks.
#[repr(C)]
pub struct ServerRequest {
    pub flags: Cell<c_int>,
    pub nquestions: Cell<c_int>,
    pub questions: Cell<*mut *mut Question>,
}

/// The memory of a question. It stays in place when this is moved; programs may write to it, and
/// nothing of ours reads it back.
pub struct QuestionMemory(Vec<Cell<u32>>);

impl QuestionMemory {
    /// `name` is text, without a NUL.
    pub fn new(kind: u16, class: u16, name: &[u8]) -> Result<QuestionMemory> {
        let text = name.chunks(4).map(|part| {
            let mut word = [0; 4];
            word[..part.len()].copy_from_slice(part);
            u32::from_ne_bytes(word)
        });
        let mut words = Vec::new();
        // The head, the text, and at least one byte that ends it.
        words.try_reserve_exact(2 + name.len() / 4 + 1)?;
        words.extend([u32::from(kind), u32::from(class)].map(Cell::new));
        words.extend(text.map(Cell::new));
        if name.len().is_multiple_of(4) {
            words.push(Cell::new(0));
        }
        Ok(QuestionMemory(words))
    }

    /// For C: valid for as long as this is.
    pub fn as_ptr(&self) -> *mut Question {
        self.0.as_ptr().cast_mut().cast()
    }
}

const _: () = {
    assert!(size_of::<Question>() == 12 && align_of::<Question>() == 4);
    assert!(offset_of!(Question, r#type) == 0);
    assert!(offset_of!(Question, class) == 4);
    assert!(offset_of!(Question, name) == 8);
    assert!(offset_of!(ServerRequest, flags) == 0);
    assert!(offset_of!(ServerRequest, nquestions) == 4);
    assert!(offset_of!(ServerRequest, questions) == 8);
};

#[cfg(target_pointer_width = "64")]
const _: () = assert!(size_of::<ServerRequest>() == 16 && align_of::<ServerRequest>() == 8);

#[cfg(target_pointer_width = "32")]
const _: () = assert!(size_of::<ServerRequest>() == 12 && align_of::<ServerRequest>() == 4);

#[cfg(test)]
mod tests {
    use super::*;
    use std::ffi::CStr;

    #[test]
    fn a_question_is_a_struct_and_a_string() {
        for name in ["", "a", "abc", "abcd", "abcde", "example.org"] {
            let memory = QuestionMemory::new(28, 1, name.as_bytes()).expect("memory");
            let question = memory.as_ptr();
            // SAFETY: as long as the memory lives, which is as long as a question and its name.
            let (kind, class, text) = unsafe {
                let text = CStr::from_ptr((&raw const (*question).name).cast());
                ((*question).r#type.get(), (*question).class.get(), text)
            };
            assert_eq!((kind, class, text.to_bytes()), (28, 1, name.as_bytes()));
            assert!(memory.0.len() * 4 >= size_of::<Question>());
        }
    }
}
