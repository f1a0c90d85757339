//! Numbers as text, without the formatting machinery: each reply has two of them.

/// The digits of a number, without leading zeros.
pub struct Decimal {
    digits: [u8; 20],
    first: usize,
}

impl Decimal {
    pub fn new(mut number: u64) -> Decimal {
        let (mut digits, mut first) = ([b'0'; 20], 19);
        loop {
            digits[first] = b'0' + (number % 10) as u8;
            number /= 10;
            if number == 0 {
                return Decimal { digits, first };
            }
            first -= 1;
        }
    }

    pub fn bytes(&self) -> &[u8] {
        &self.digits[self.first..]
    }
}

#[cfg(test)]
mod tests {
    use super::Decimal;

    #[test]
    fn digits_are_those_of_the_number() {
        for number in [0, 1, 9, 10, 99, 100, 404, 65535, 1 << 32, u64::MAX - 1, u64::MAX] {
            assert_eq!(Decimal::new(number).bytes(), number.to_string().as_bytes());
        }
    }
}
