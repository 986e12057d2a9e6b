//! Carom: a language for quantum collision models.
fn main_placeholder() {}
