//! `carom explore` as a page and an attacker meet it: requests over a plain TCP connection.
#![allow(clippy::unwrap_used, reason = "a failed unwrap fails the test")]

mod client;
#[path = "../common/clock.rs"]
mod clock;
mod drawing;
mod keeping;
mod points;
mod security;
