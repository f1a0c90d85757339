//! Names of hosts: which pattern a name fits.
//!
//! A pattern is a name, or "*." and a name: then it stands for exactly one more label (RFC 9525).
//! Case does not count, nor does a dot at the end. A later pattern never hides an exact one.

/// What stands for each pattern, in the order of adding.
pub struct Names<T>(Vec<(String, T)>);

impl<T> Names<T> {
    pub fn new() -> Names<T> {
        Names(Vec::new())
    }

    /// Adds a pattern; a pattern that is there already gets another value. False: it is none.
    pub fn add(&mut self, pattern: &str, value: T) -> bool {
        let Some(pattern) = normal(pattern) else { return false };
        let name = pattern.strip_prefix("*.").unwrap_or(&pattern);
        if name.contains('*') {
            return false;
        }
        match self.0.iter_mut().find(|(known, _)| *known == pattern) {
            Some((_, known)) => *known = value,
            None => self.0.push((pattern, value)),
        }
        true
    }

    /// What stands for a name.
    pub fn find(&self, name: &str) -> Option<&T> {
        let name = normal(name)?;
        let exactly = |pattern: &str| pattern == name;
        let rest = name.split_once('.').map(|(_, rest)| rest);
        let by_star =
            |pattern: &str| pattern.strip_prefix("*.").is_some_and(|pattern| Some(pattern) == rest);
        let found = self.0.iter().find(|(pattern, _)| exactly(pattern));
        found.or_else(|| self.0.iter().find(|(pattern, _)| by_star(pattern))).map(|(_, v)| v)
    }
}

/// In lower case, without the dot of the root; `None` for what can be no name of a host.
pub fn normal(name: &str) -> Option<String> {
    let name = name.strip_suffix('.').unwrap_or(name);
    let is_part = |c: u8| c.is_ascii_graphic() && !b"/:@[]\\".contains(&c);
    let is_name = !name.is_empty() && name.len() <= 253 && name.bytes().all(is_part);
    is_name.then(|| name.to_ascii_lowercase())
}
