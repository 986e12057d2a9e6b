//! Runs one tool on one piece of work and prints a line of JSON: `peers TOOL WORK`, `peers TOOL chain QUBITS STEPS`, or
//! `peers carom pure neighbours|all`.
//!
//! Tools are `carom`, `prism` and `prism-fused`; work is `signals`, `line` (only Carom) or `chain`. RAYON_NUM_THREADS
//! sets the number of threads.

mod measure;
mod on_carom;
mod on_prism;

fn main() {
    let args: Vec<String> = std::env::args().skip(1).collect();
    let args: Vec<&str> = args.iter().map(String::as_str).collect();
    let count = |text: &str| text.parse::<u32>().expect("a count");
    match args[..] {
        ["carom", "signals"] => on_carom::signals(),
        ["carom", "line"] => on_carom::line(),
        ["carom", "chain", qubits, steps] => on_carom::chain(count(qubits), count(steps)),
        ["carom", "pure", pairs] => on_carom::pure(pairs == "all"),
        ["prism", "signals"] => on_prism::signals(false),
        ["prism-fused", "signals"] => on_prism::signals(true),
        ["prism", "chain", qubits, steps] => on_prism::chain(count(qubits), count(steps)),
        _ => panic!(
            "peers carom|prism|prism-fused signals|line, peers carom|prism chain QUBITS STEPS, peers carom pure neighbours|all"
        ),
    }
}
