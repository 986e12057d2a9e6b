//! Counts the instructions of six fixed runs, each on one thread under callgrind, and compares them with the recorded
//! counts in `instructions.txt`. A run that needs over 3 % more fails. Instructions, unlike times, hardly depend on the
//! machine and on what else it does. They do depend on the compiler, whose version is recorded too: with another one, the
//! counts are only shown.
//!
//! `cargo bench --bench instructions -- --record` records the present counts. A change that raises one says why.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "the result of a bench")]

use std::fmt::Write as _;
use std::fs::File;
use std::path::Path;
use std::process::{Command, ExitCode};

/// The runs, as arguments of `carom`; `-` stands for [`CHAIN`] as standard input.
const RUNS: [&str; 6] = [
    "check karpat2019",
    "run karpat2019 fig2",
    "run karpat2019 fig3a --set points=9 --no-plots",
    "run karpat2019 fig5a --set points=3 --no-plots",
    "run monitored purification --no-plots",
    "run - --backend density --no-plots",
];

/// Nine spins, the last of which collides with a stream.
const CHAIN: &str = "
system s[9] = |+>
environment e = |0>
hamiltonian H(a, b) = (X(a)*X(b) + Y(a)*Y(b))/2
step {
    for k in 1..8 { evolve H(s[k], s[k + 1]) for 0.1 }
    evolve H(s[9], e) for 0.3
    discard e
}
observe z = <Z(s[9])>
experiment t { run 5 }
";

/// The largest accepted count, as a fraction of the recorded one.
const CEILING: f64 = 1.03;

/// The version of the compiler, then each run with its count.
const RECORD: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/benches/instructions.txt");

fn main() -> ExitCode {
    let counts: Vec<(&str, u64)> = RUNS.iter().map(|run| (*run, count(run))).collect();
    let present = compiler();
    if std::env::args().any(|arg| arg == "--record") {
        let mut text = format!("{present}\n");
        counts.iter().for_each(|(run, count)| writeln!(text, "{run},{count}").expect("a string grows"));
        std::fs::write(RECORD, text).expect("the record can be written");
        return ExitCode::SUCCESS;
    }
    let record = std::fs::read_to_string(RECORD).expect("the counts are recorded");
    let (by, lines) = record.split_once('\n').expect("the compiler stands in the first line");
    let recorded: Vec<(&str, u64)> = lines.lines().map(entry).collect();
    if by != present {
        println!("These counts are of {present}, the recorded ones of {by}, so none of them fails.");
    }
    let mut code = ExitCode::SUCCESS;
    for (run, count) in counts {
        let (_, before) = recorded.iter().find(|(known, _)| *known == run).expect("each run is recorded");
        #[expect(clippy::cast_precision_loss, reason = "for a ratio")]
        let ratio = count as f64 / *before as f64;
        println!("{run}: {:.1} million instructions, {ratio:.3} of the record", count as f64 / 1e6);
        if ratio > CEILING && by == present {
            println!("  more than {CEILING} of the record");
            code = ExitCode::FAILURE;
        }
    }
    code
}

/// The number of instructions of a run.
fn count(run: &str) -> u64 {
    let folder = tempfile::tempdir().expect("a temporary folder");
    let profile = folder.path().join("profile");
    let mut valgrind = Command::new("valgrind");
    valgrind.args(["--tool=callgrind", &format!("--callgrind-out-file={}", profile.display())]);
    valgrind.arg(env!("CARGO_BIN_EXE_carom")).args(run.split(' ')).env("RAYON_NUM_THREADS", "1");
    let script = folder.path().join("script");
    std::fs::write(&script, CHAIN).expect("the folder is writable");
    valgrind.stdin(File::open(script).expect("it was just written"));
    let done = valgrind.current_dir(folder.path()).output().expect("valgrind runs");
    assert!(done.status.success(), "{run}: {}", String::from_utf8_lossy(&done.stderr));
    total(&profile)
}

/// The total of a profile, in its last lines.
fn total(profile: &Path) -> u64 {
    let text = std::fs::read_to_string(profile).expect("callgrind has written its profile");
    let total =
        text.lines().rev().find_map(|line| line.strip_prefix("totals: ")).expect("a profile ends with its total");
    total.trim().parse().expect("a number of instructions")
}

fn entry(line: &str) -> (&str, u64) {
    let (run, count) = line.rsplit_once(',').expect("a run and its count");
    (run, count.parse().expect("a number of instructions"))
}

fn compiler() -> String {
    let version = Command::new("rustc").arg("--version").output().expect("rustc runs");
    String::from_utf8_lossy(&version.stdout).trim().into()
}
