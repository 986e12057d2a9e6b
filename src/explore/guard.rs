//! Which requests are answered: those that carry the token, name this host, and come from its own page.

use std::hash::{BuildHasher, Hasher, RandomState};

use super::http::{Request, Status};
use crate::storage::fingerprint;

/// Length of a token, in hexadecimal digits: 128 bits.
const DIGITS: usize = 32;

/// The token and the names of this server.
#[derive(Debug)]
pub(super) struct Guard {
    token: String,
    /// The values of `Host` that name this server. A page of another site that has redirected its own name to 127.0.0.1
    /// sends its own name.
    hosts: [String; 2],
}

impl Guard {
    pub(super) fn new(port: u16) -> Self {
        Self { token: token(), hosts: ["127.0.0.1", "localhost"].map(|name| format!("{name}:{port}")) }
    }

    /// The address of the page.
    pub(super) fn address(&self) -> String {
        format!("http://{}/{}/", self.hosts[0], self.token)
    }

    /// The path of an admitted request after the token.
    ///
    /// # Errors
    /// The host, the token or the origin is wrong.
    pub(super) fn admit<'r>(&self, request: &'r Request) -> Result<&'r str, Status> {
        let is_here = |host: &str| self.hosts.iter().any(|h| h == host);
        if !request.header("host").is_some_and(is_here) {
            return Err(Status::Forbidden);
        }
        // A browser sends the origin with every request that is not a plain navigation.
        if request.has("origin") {
            let origin = request.header("origin").and_then(|origin| origin.strip_prefix("http://"));
            if !origin.is_some_and(is_here) {
                return Err(Status::Forbidden);
            }
        }
        let (token, rest) = request.path.strip_prefix('/').and_then(|p| p.split_once('/')).ok_or(Status::Forbidden)?;
        if same(token, &self.token) { Ok(rest) } else { Err(Status::Forbidden) }
    }
}

/// Compares in a time that does not depend on where the texts differ.
fn same(a: &str, b: &str) -> bool {
    a.len() == b.len() && a.bytes().zip(b.bytes()).fold(0, |differs, (x, y)| differs | (x ^ y)) == 0
}

/// A random token. The standard library seeds its hash maps with 128 bits from the system; a hash of what they make of
/// some fixed numbers does not reveal the seed.
fn token() -> String {
    let seed = RandomState::new();
    let number = |i: u64| {
        let mut hasher = seed.build_hasher();
        hasher.write_u64(i);
        hasher.finish()
    };
    let text: String = (0..4).map(|i| format!("{:016x}", number(i))).collect();
    fingerprint(&text, &[])[..DIGITS].to_string()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_server_has_another_token() {
        let tokens: Vec<String> = (0..100).map(|_| token()).collect();
        for (i, token) in tokens.iter().enumerate() {
            assert!(token.len() == DIGITS && token.bytes().all(|b| b.is_ascii_hexdigit()), "{token}");
            assert!(!tokens[..i].contains(token), "{token} twice");
        }
    }
}
