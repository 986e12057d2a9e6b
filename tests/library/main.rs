//! Tests of the library in one process: the language, the backends, the physics, and the rules of the project's
//! structure.

mod arrays;
mod backends_agree;
mod bad_scripts;
mod cases;
#[path = "../common/clock.rs"]
#[allow(dead_code, reason = "these tests bound only the time of their own threads")]
mod clock;
mod dissipation;
mod editors;
mod fmt;
mod inputs;
mod layering;
mod liveness;
mod measurement;
mod needed_range;
mod oracle;
mod periodic;
mod physics;
mod places;
mod plans;
mod postselection;
mod powers;
mod precision;
mod pure;
mod random;
mod records;
mod reference;
mod remarks;
mod runs;
mod seed;
mod selected_trajectories;
mod session;
mod settled;
mod small_numbers;
mod spectrum;
mod start;
mod statements;
mod steady;
mod sweeps;
mod trajectories;
mod truncation;
mod typing;
mod unravelling;
