//! Tests of the library, in process: the language, the engines, the physics, and the rules of the house.

mod backends_agree;
mod bad_scripts;
mod editors;
mod fmt;
mod layering;
mod liveness;
mod needed_range;
mod oracle;
mod physics;
mod powers;
mod precision;
mod random;
mod reference;
mod runs;
mod seed;
mod session;
mod spectrum;
mod sweeps;
mod typing;
