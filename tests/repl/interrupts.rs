//! Ctrl-C at random moments of a long run.

use std::time::Duration;

use crate::terminal::{Surroundings, Terminal};

/// How often; the bench does it more often and prints the worst.
const TIMES: u32 = 200;

/// Processor time that may pass from Ctrl-C to the prompt. The bench measures the time on the wall.
const BOUND: Duration = Duration::from_millis(1000);

/// Pauses from 0 to about 20 ms, the same ones each time.
fn pause(i: u32) -> Duration {
    Duration::from_micros(u64::from(i.wrapping_mul(2_654_435_761) % 20_000))
}

#[test]
fn ctrl_c_gives_the_prompt_back_with_the_series_so_far() {
    let mut terminal = Terminal::start(&Surroundings::new(), "karpat2019");
    terminal.prompt("at the start");
    terminal.line("set γ = 0.3", "the session before");
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
    terminal.line("run 10_000_000 until n == 20", "the session is there");
    terminal.must_show("20 of 10000000 collisions", "the session runs");
    terminal.line("show", "the script is there");
    terminal.must_show("set γ = 0.3", "the script is what it was");
}
