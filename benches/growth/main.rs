//! Measures how the time and the peak memory of `carom` grow with the number of collisions, points, qubits, trajectories
//! and lines. Writes a table for each of them to `target/growth`, with a script that draws it.
//!
//! `cargo bench --bench growth` runs for about a minute; `-- --full` goes to the largest sizes. Linux only, as the peak memory
//! of a process is read from `/proc`.
#![cfg(target_os = "linux")]
#![expect(clippy::print_stdout, reason = "the result of a bench")]

mod kinds;

use std::fmt::Write as _;
use std::fs;
use std::io::Write as _;
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::time::{Duration, Instant};

use kinds::{Growth, KINDS, Kind};

/// A run that takes longer is measured once, a shorter one three times.
const SHORT: Duration = Duration::from_secs(1);

/// The time between two looks at the memory of a run.
const LOOK: Duration = Duration::from_millis(1);

/// The time and the peak memory of a run.
#[derive(Clone, Copy)]
struct Measured {
    seconds: f64,
    megabytes: f64,
}

fn main() {
    let full = std::env::args().any(|arg| arg == "--full");
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("growth");
    fs::create_dir_all(&folder).expect("the target folder is writable");
    for kind in &KINDS {
        let sizes = if full { kind.sizes } else { &kind.sizes[..kind.usual] };
        let measured: Vec<(u64, Measured)> = sizes.iter().map(|size| (*size, best(kind, *size, &folder))).collect();
        let path = folder.join(format!("{}.csv", kind.name));
        fs::write(&path, table(kind, &measured)).expect("the folder is writable");
        let script = folder.join(format!("{}.carom", kind.name));
        fs::write(&script, kind.figure(measured.len())).expect("the folder is writable");
        report(kind, &measured);
        println!("  drawn by: carom run {}", script.display());
    }
}

/// The quickest of three runs, or a single run that is long.
fn best(kind: &Kind, size: u64, folder: &Path) -> Measured {
    let first = measure(kind, size, folder);
    if first.seconds > SHORT.as_secs_f64() {
        return first;
    }
    (0..2).map(|_| measure(kind, size, folder)).fold(first, |best, next| Measured {
        seconds: best.seconds.min(next.seconds),
        megabytes: best.megabytes.max(next.megabytes),
    })
}

/// Runs `carom` on the script of a size.
fn measure(kind: &Kind, size: u64, folder: &Path) -> Measured {
    let mut command = Command::new(env!("CARGO_BIN_EXE_carom"));
    command.args(kind.command).current_dir(folder);
    let start = Instant::now();
    let mut child = command.stdin(Stdio::piped()).stdout(Stdio::null()).stderr(Stdio::null()).spawn().expect("it runs");
    let mut input = child.stdin.take().expect("piped");
    input.write_all((kind.script)(size).as_bytes()).expect("it reads its script");
    drop(input);
    let megabytes = watched(&mut child);
    let seconds = start.elapsed().as_secs_f64();
    let status = child.wait().expect("it has ended");
    assert!(status.success(), "{} {size} fails", kind.name);
    Measured { seconds, megabytes }
}

/// The peak memory of a process, read until it ends.
fn watched(child: &mut Child) -> f64 {
    let mut most = 0.0;
    while child.try_wait().expect("its state is known").is_none() {
        let status = fs::read_to_string(format!("/proc/{}/status", child.id())).unwrap_or_default();
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.trim().strip_suffix(" kB"));
        most = peak.and_then(|kilobytes| kilobytes.parse::<f64>().ok()).map_or(most, |k| k / 1000.0);
        std::thread::sleep(LOOK);
    }
    most
}

/// The table of a kind, with the time that is expected from the largest size.
fn table(kind: &Kind, measured: &[(u64, Measured)]) -> String {
    let (last, largest) = measured.last().expect("there is a size");
    let mut text = format!("{},seconds,megabytes,expected\n", kind.name);
    for (size, Measured { seconds, megabytes }) in measured {
        let expected = largest.seconds * kind.growth.ratio(*size, *last);
        writeln!(text, "{size},{seconds:.6},{megabytes:.3},{expected:.6}").expect("a string grows");
    }
    text
}

/// Prints the measured numbers, and how the time grows between the last two sizes.
fn report(kind: &Kind, measured: &[(u64, Measured)]) {
    println!("{}", kind.title);
    for (size, Measured { seconds, megabytes }) in measured {
        println!("  {size:>14}  {seconds:>9.4} s  {megabytes:>9.1} MB");
    }
    if let [.., (a, before), (b, last)] = measured {
        let expected = match kind.growth {
            Growth::Power(exponent) => format!("N^{exponent}"),
            Growth::Exponential(base) => format!("{base}^N"),
        };
        let (grown, by) = (last.seconds / before.seconds, kind.growth.ratio(*b, *a));
        println!("  the time grows by {grown:.2} from {a} to {b}; {expected} grows by {by:.2}");
    }
}
