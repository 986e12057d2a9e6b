//! A digest that identifies a script together with its parameters.

use sha2::{Digest, Sha256};

/// The SHA-256, in hexadecimal, of the UTF-8 text that consists of the expanded script and, for each parameter in the
/// given order, a line `set NAME = VALUE`. Lines are separated by newlines; the last one has none after it.
#[must_use]
pub fn fingerprint(script: &str, parameters: &[(String, String)]) -> String {
    let mut hash = Sha256::new_with_prefix(script);
    for (name, value) in parameters {
        hash.update(format!("\nset {name} = {value}"));
    }
    hexadecimal(hash)
}

/// The SHA-256 of some bytes, in hexadecimal.
#[must_use]
pub fn fingerprint_of(bytes: &[u8]) -> String {
    hexadecimal(Sha256::new_with_prefix(bytes))
}

fn hexadecimal(hash: Sha256) -> String {
    hash.finalize().iter().map(|byte| format!("{byte:02x}")).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_fingerprint_is_the_standard_hash_of_the_text() {
        // FIPS 180-4, example "abc".
        let abc = "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad";
        assert_eq!(fingerprint("abc", &[]), abc);
        let set = |value: &str| [("γ".to_owned(), value.to_owned())];
        assert_eq!(fingerprint("abc", &set("0.1")), fingerprint("abc\nset γ = 0.1", &[]));
        assert_ne!(fingerprint("abc", &set("0.1")), fingerprint("abc", &set("0.2")));
    }
}
