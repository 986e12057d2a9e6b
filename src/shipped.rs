//! The protocols that are built into the binary.

/// A protocol that is built into the binary.
#[derive(Debug)]
pub struct Shipped {
    /// The name that `carom run` and `use` take.
    pub name: &'static str,
    /// The source text of the script.
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

shipped!(
    "karpat2019",
    "exchange",
    "phases",
    "thermalization",
    "homogenization",
    "memory",
    "blp",
    "otto",
    "landauer",
    "battery",
    "thermometry",
    "micromaser",
    "darwinism",
    "delay",
    "monitored",
    "zeno",
    "chain",
);

/// The shipped protocol with this name, or `None` if there is no such protocol.
#[must_use]
pub fn shipped(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|s| s.name == name)
}
