//! The protocols inside the binary.

/// A shipped protocol.
#[derive(Debug)]
pub struct Shipped {
    /// The name by which it is run and used.
    pub name: &'static str,
    /// Its whole text.
    pub text: &'static str,
}

macro_rules! shipped {
    ($($name:literal),* $(,)?) => {
        /// Every shipped protocol, the standard one first.
        pub static SHIPPED: &[Shipped] = &[
            $( Shipped { name: $name, text: include_str!(concat!("../protocols/", $name, ".carom")) }, )*
        ];
    };
}

shipped!("karpat2019", "exchange", "phases", "thermalization", "homogenization", "memory");

/// The shipped protocol of that name.
#[must_use]
pub fn shipped(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|s| s.name == name)
}
