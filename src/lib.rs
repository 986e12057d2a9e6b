//! Carom: a language for quantum collision models, its interpreter and its simulator.
//!
//! Data flows in one direction, and each stage has its own type:
//! text ([`source`]) → syntax tree ([`syntax`], [`ast`]) → checked program ([`check`]) → gate sequence ([`ir`]) →
//! numbers ([`backend`], [`experiment`]) → series ([`analysis`]) → files ([`output`]).
//!
//! Units: ħ = k_B = 1. |0⟩ is the +1 eigenstate of Z. Subsystems keep the order of their declarations; the first one is
//! the most significant index of a Kronecker product.

pub mod analysis;
pub mod ast;
pub mod backend;
pub mod builtins;
pub mod chance;
pub mod check;
pub mod cli;
pub mod diagnostic;
pub mod eval;
pub mod experiment;
pub mod explore;
pub mod ir;
pub mod lower;
pub mod lsp;
pub mod output;
pub mod quantum;
pub mod reference;
pub mod repl;
pub mod report;
pub mod session;
pub mod shipped;
pub mod source;
pub mod storage;
pub mod syntax;

#[cfg(test)]
#[path = "../tests/library/seed.rs"]
mod seed;
