//! Tests of the library in one process: the language, the backends, the physics, and the rules of the project's
//! structure.

mod arrays;
mod backends_agree;
mod bad_scripts;
mod cases;
#[path = "../common/clock.rs"]
#[allow(dead_code, reason = "these tests bound only the time of their own threads")]
mod clock;
mod editors;
mod fmt;
mod layering;
mod liveness;
mod needed_range;
mod oracle;
mod physics;
mod places;
mod plans;
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
mod truncation;
mod typing;
