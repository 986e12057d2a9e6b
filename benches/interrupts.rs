//! Measures the time from Ctrl-C to the next prompt. Goal: 100 ms for the slowest of 200 interrupts at random moments.
//!
//! The time runs from the key press to the new prompt on the screen of a pseudo-terminal. The interrupted tasks are: a
//! small state, a state whose single gates take milliseconds, a sweep on all cores, the construction and squaring of a
//! step map, and a spectrum.
#![cfg(unix)]

#[expect(dead_code, reason = "the dialogues use the rest")]
#[path = "../tests/repl/terminal.rs"]
mod terminal;

use std::time::{Duration, Instant};

use terminal::{Surroundings, Terminal};

const TIMES: u32 = 200;

/// Nine qubits: a density matrix of 4 MB.
const LARGE: &str = "\
system a, b, c, d, f, g, h, j = |+>
environment e = |0>
hamiltonian H(s, u) = X(s)*X(u) + Y(s)*Y(u)
step {
    evolve H(a, e) for 0.1
    evolve H(a, b) + H(b, c) for 0.1
    evolve H(f, g) + H(h, j) for 0.1
    discard e
}
observe x = <X(a)>
";

/// Five coupled qubits that collide with a stream; their step map has hundreds of basis elements. One experiment jumps
/// ahead by powers of the map, the other computes the spectrum.
const MAP: &str = "\
system a, b, c, d, f = |+>
environment e = |0>
hamiltonian H(s, u) = X(s)*X(u) + 0.3*Y(s)*Z(u) + 0.2*Z(s)
step {
    evolve H(a, b) + H(b, c) for 0.1
    evolve H(c, d) + H(d, f) for 0.1
    evolve H(f, e) for 0.1
    discard e
}
observe x = <X(a)>
experiment jump { run 1_000_000_000_000; expect abs(last(x)) < 2 }
experiment modes { run 10; spectrum }
";

fn main() {
    let mut surroundings = Surroundings::new();
    surroundings.write("large.carom", LARGE);
    surroundings.columns = 120;
    measure("6 qubits", &surroundings, "karpat2019", "run 10_000_000");
    measure("9 qubits", &surroundings, "large.carom", "run 10_000_000");
    measure("a sweep of 2601 points", &surroundings, "karpat2019", "run fig3a");
    surroundings.write("map.carom", MAP);
    measure("a jump by powers", &surroundings, "map.carom", "run jump");
    measure("a spectrum", &surroundings, "map.carom", "run modes");
}

fn measure(what: &str, surroundings: &Surroundings, script: &str, line: &str) {
    let mut terminal = Terminal::start(surroundings, script);
    terminal.prompt("at the start");
    let mut times: Vec<Duration> = (0..TIMES).map(|i| one(&mut terminal, line, i)).collect();
    times.sort();
    let ms = |t: Duration| t.as_secs_f64() * 1e3;
    let (median, worst) = (times[times.len() / 2], times[times.len() - 1]);
    #[expect(clippy::print_stdout, reason = "the result of a bench")]
    {
        println!("{what}: median {:.1} ms, worst of {TIMES} {:.1} ms; goal 100 ms", ms(median), ms(worst));
    }
}

/// Returns the time of one interrupt. The pause before it is between 30 and 60 ms, pseudo-random but the same in each
/// run.
fn one(terminal: &mut Terminal, line: &str, i: u32) -> Duration {
    terminal.begin(line, "a long run");
    std::thread::sleep(Duration::from_micros(30_000 + u64::from(i.wrapping_mul(2_654_435_761) % 30_000)));
    let start = Instant::now();
    terminal.send("\x03");
    terminal.prompt("after an interrupt");
    let time = start.elapsed();
    terminal.send("\x0c");
    time
}
