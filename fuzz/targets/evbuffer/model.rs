//! Buffers as plain byte vectors, and what their callbacks must hear.

use std::mem;

/// How many buffers there are.
pub const BUFFERS: usize = 3;

/// What a buffer's callback does.
#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub enum Mode {
    /// There is none.
    Silent,
    Notes,
    /// Drops half of what was added, rounded up, from the front: it is called from within itself.
    Trims,
    /// Moves all to the next buffer when something was added.
    Moves,
    /// Frees its buffer when something was added.
    Frees,
}

pub const MODES: [Mode; 5] = [Mode::Silent, Mode::Notes, Mode::Trims, Mode::Moves, Mode::Frees];

#[derive(Clone, Copy, PartialEq, Eq, Debug)]
pub struct Call {
    pub buffer: usize,
    pub old: usize,
    pub new: usize,
}

/// What a callback that trims drops.
pub fn trimmed(old: usize, new: usize) -> usize {
    (new - old).div_ceil(2)
}

pub struct Model {
    pub data: [Vec<u8>; BUFFERS],
    pub modes: [Mode; BUFFERS],
    /// By a callback: they are there again after the operation, empty and silent.
    pub freed: [bool; BUFFERS],
    pub calls: Vec<Call>,
}

/// A line: its length, and how many bytes it takes with its end.
type Line = Option<(usize, usize)>;

fn is_end(byte: u8) -> bool {
    byte == b'\r' || byte == b'\n'
}

impl Model {
    pub fn new() -> Self {
        Model {
            data: Default::default(),
            modes: [Mode::Silent; BUFFERS],
            freed: [false; BUFFERS],
            calls: Vec::new(),
        }
    }

    pub fn len(&self, buffer: usize) -> usize {
        self.data[buffer].len()
    }

    /// The buffer had the length `old`.
    fn tell(&mut self, buffer: usize, old: usize) {
        let new = self.len(buffer);
        if self.modes[buffer] == Mode::Silent {
            return;
        }
        self.calls.push(Call { buffer, old, new });
        if new > old {
            self.react(buffer, old, new);
        }
    }

    fn react(&mut self, buffer: usize, old: usize, new: usize) {
        match self.modes[buffer] {
            Mode::Silent | Mode::Notes => {}
            Mode::Trims => {
                self.drain(buffer, trimmed(old, new));
            }
            Mode::Moves => {
                if self.freed.get(buffer + 1) == Some(&false) {
                    self.add_buffer(buffer + 1, buffer);
                }
            }
            Mode::Frees => {
                self.data[buffer].clear();
                self.modes[buffer] = Mode::Silent;
                self.freed[buffer] = true;
            }
        }
    }

    /// Tells of the change, if it is one.
    fn changed(&mut self, buffer: usize, old: usize) {
        if self.len(buffer) != old {
            self.tell(buffer, old);
        }
    }

    pub fn add(&mut self, buffer: usize, bytes: &[u8]) {
        let old = self.len(buffer);
        self.data[buffer].extend_from_slice(bytes);
        self.changed(buffer, old);
    }

    /// As `add`, but nothing is a change, too (behaviour 70).
    pub fn print(&mut self, buffer: usize, bytes: &[u8]) {
        let old = self.len(buffer);
        self.data[buffer].extend_from_slice(bytes);
        self.tell(buffer, old);
    }

    pub fn prepend(&mut self, buffer: usize, bytes: &[u8]) {
        let old = self.len(buffer);
        self.data[buffer].splice(..0, bytes.iter().copied());
        self.changed(buffer, old);
    }

    pub fn drain(&mut self, buffer: usize, n: usize) -> Vec<u8> {
        let old = self.len(buffer);
        let taken = self.data[buffer].drain(..n.min(old)).collect();
        self.changed(buffer, old);
        taken
    }

    /// Behaviour 71: an empty buffer exchanges blocks, and the other one is told first.
    pub fn add_buffer(&mut self, out: usize, from: usize) {
        let (old, moved) = (self.len(out), self.len(from));
        if out == from || moved == 0 {
            return;
        }
        let bytes = mem::take(&mut self.data[from]);
        self.data[out].extend(bytes);
        if old == 0 {
            self.tell(from, moved);
            self.tell(out, old);
        } else {
            self.tell(out, old);
            self.tell(from, moved);
        }
    }

    /// Behaviour 75.
    pub fn readline(&self, buffer: usize) -> Line {
        let data = &self.data[buffer];
        let end = data.iter().position(|byte| is_end(*byte))?;
        let pair = data.get(end + 1).is_some_and(|next| is_end(*next) && *next != data[end]);
        Some((end, end + 1 + usize::from(pair)))
    }

    /// Behaviour 76; the styles are ANY, CRLF, CRLF_STRICT and LF.
    pub fn readln(&self, buffer: usize, style: usize) -> Line {
        let data = &self.data[buffer];
        match style {
            0 => {
                let end = data.iter().position(|byte| is_end(*byte))?;
                let run = data[end..].iter().take_while(|byte| is_end(**byte)).count();
                Some((end, end + run))
            }
            1 => {
                let end = data.iter().position(|byte| *byte == b'\n')?;
                let text = data[..end].strip_suffix(b"\r").unwrap_or(&data[..end]);
                Some((text.len(), end + 1))
            }
            2 => {
                let end = data.windows(2).position(|pair| pair == b"\r\n")?;
                Some((end, end + 2))
            }
            _ => {
                let end = data.iter().position(|byte| *byte == b'\n')?;
                Some((end, end + 1))
            }
        }
    }

    pub fn find(&self, buffer: usize, what: &[u8], start: usize) -> Option<usize> {
        let data = self.data[buffer].get(start..)?;
        if what.is_empty() {
            return Some(start);
        }
        data.windows(what.len()).position(|part| part == what).map(|at| at + start)
    }
}
