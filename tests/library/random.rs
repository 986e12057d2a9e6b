//! Random valid scripts, drawn from a tape of choices so that a failing script can shrink.

pub(crate) mod analysis;
pub(crate) mod choices;
pub(crate) mod linear;
pub(crate) mod measures;
pub(crate) mod particles;
pub(crate) mod script;
pub(crate) mod search;
pub(crate) mod step;
pub(crate) mod terms;
