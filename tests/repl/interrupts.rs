//! Ctrl-C at random moments of a long run.

use std::time::Duration;

use crate::terminal::{Surroundings, Terminal};

/// Number of interrupts. The bench prints the median and the worst time.
const TIMES: u32 = 200;

/// Longest processor time from Ctrl-C to the prompt. The bench measures wall-clock time.
const BOUND: Duration = Duration::from_millis(1000);

/// The pause before interrupt `i`, from 0 to 20 ms: pseudo-random but the same in each run.
fn pause(i: u32) -> Duration {
    Duration::from_micros(u64::from(i.wrapping_mul(2_654_435_761) % 20_000))
}

#[test]
fn ctrl_c_returns_to_the_prompt_and_the_session_is_intact() {
    let mut terminal = Terminal::start(&Surroundings::new(), "karpat2019");
    terminal.prompt("at the start");
    terminal.line("set γ = 0.3", "before the interrupts");
    let mut worst = Duration::ZERO;
    for i in 0..TIMES {
        terminal.begin("run 10_000_000", "a long run");
        std::thread::sleep(pause(i));
        let before = terminal.processor_time();
        terminal.send("\x03");
        terminal.prompt("after an interrupt");
        worst = worst.max(terminal.processor_time() - before);
        terminal.must_show("interrupted", "the run did not end by itself");
        // A fresh screen, so that the prompt of the next round is a new one.
        terminal.send("\x0c");
    }
    assert!(worst < BOUND, "{worst:?}");
    terminal.line("run 10_000_000 until n == 20", "the session still runs");
    terminal.must_show("20 of 10000000 collisions", "a complete run");
    terminal.line("show", "the script remains");
    terminal.must_show("set γ = 0.3", "the script is unchanged");
}
