//! The fuzzer's bytes as a list of choices. An input that has ended chooses 0 for ever.

pub struct Input<'a> {
    rest: &'a [u8],
}

impl<'a> Input<'a> {
    pub fn new(data: &'a [u8]) -> Self {
        Input { rest: data }
    }

    pub fn is_empty(&self) -> bool {
        self.rest.is_empty()
    }

    pub fn byte(&mut self) -> u8 {
        match self.rest.split_first() {
            Some((first, rest)) => {
                self.rest = rest;
                *first
            }
            None => 0,
        }
    }

    /// One of `n`.
    pub fn choice(&mut self, n: usize) -> usize {
        usize::from(self.byte()) % n
    }

    /// At most that many bytes.
    pub fn bytes(&mut self, n: usize) -> &'a [u8] {
        let (taken, rest) = self.rest.split_at(n.min(self.rest.len()));
        self.rest = rest;
        taken
    }

    /// Four bytes, then as many of their bits as a fifth says: small as often as large.
    pub fn number(&mut self) -> u32 {
        let shift = self.byte() % 32;
        let bytes = self.bytes(4).iter();
        bytes.fold(0, |number: u32, byte| number << 8 | u32::from(*byte)) >> shift
    }

    pub fn rest(&mut self) -> &'a [u8] {
        self.bytes(self.rest.len())
    }
}
