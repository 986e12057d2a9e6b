//! The protocols that are built into the binary, and the data that they read.

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
    "reservoir",
);

/// A file of data that is built into the binary, for the inputs of a shipped protocol.
#[derive(Debug)]
pub struct Data {
    /// The name of the file, as an `input` writes it.
    pub file: &'static str,
    /// Its text, a CSV table.
    pub text: &'static str,
}

macro_rules! data {
    ($($file:literal),* $(,)?) => {
        /// Every file of data.
        pub static DATA: &[Data] = &[
            $( Data { file: $file, text: include_str!(concat!("../protocols/data/", $file)) }, )*
        ];
    };
}

data!("reservoir.csv");

/// The built-in data of this file, or `None` if there is no such file.
#[must_use]
pub fn data(file: &str) -> Option<&'static Data> {
    DATA.iter().find(|data| data.file == file)
}

/// The shipped protocol with this name, or `None` if there is no such protocol.
#[must_use]
pub fn shipped(name: &str) -> Option<&'static Shipped> {
    SHIPPED.iter().find(|s| s.name == name)
}
