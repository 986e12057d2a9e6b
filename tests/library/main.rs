//! Tests of the library, in process: the language, the engines, the physics, and the rules of the house.

mod backends_agree;
mod bad_scripts;
#[path = "../common/clock.rs"]
#[allow(dead_code, reason = "only the time of this process's own threads is bounded here")]
mod clock;
mod editors;
mod fmt;
mod layering;
mod liveness;
mod needed_range;
mod oracle;
mod physics;
mod places;
mod powers;
mod precision;
mod random;
mod reference;
mod runs;
mod seed;
mod session;
mod small_numbers;
mod spectrum;
mod statements;
mod sweeps;
