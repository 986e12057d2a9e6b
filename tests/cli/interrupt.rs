//! Ctrl-C ends a run and keeps the results computed so far.
#![cfg(unix)]

use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use crate::clock;
use crate::support::{Place, SMALL, carom, rows};

fn start(place: &Place, args: &[&str]) -> Child {
    let mut command = Command::new(carom());
    command.args(args).current_dir(place.path("")).stdout(Stdio::null()).stderr(Stdio::null());
    command.spawn().unwrap()
}

fn signal(child: &Child, name: &str) {
    let status = Command::new("kill").args(["-s", name, &child.id().to_string()]).status().unwrap();
    assert!(status.success());
}

/// Waits for a folder that a run creates when it begins.
fn wait_for(path: &Path) {
    let begin = Instant::now();
    while !path.exists() {
        assert!(begin.elapsed() < Duration::from_secs(120), "{} does not appear", path.display());
        sleep(Duration::from_millis(5));
    }
}

/// Waits until the process has used this many milliseconds of processor time.
fn wait_for_work(child: &Child, milliseconds: u64) {
    let begin = Instant::now();
    while clock::of_process(child.id(), begin) < Duration::from_millis(milliseconds) {
        assert!(begin.elapsed() < Duration::from_secs(120), "it ended too soon");
        sleep(Duration::from_millis(5));
    }
}

/// Waits for the exit status. If the process still runs after `patience`, kills it and returns `None`.
fn end(mut child: Child, patience: Duration) -> Option<i32> {
    let begin = Instant::now();
    while begin.elapsed() < patience {
        if let Some(status) = child.try_wait().unwrap() {
            return status.code();
        }
        sleep(Duration::from_millis(5));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    None
}

#[test]
fn an_interrupted_run_keeps_whole_rows() {
    for name in ["INT", "TERM"] {
        let place = Place::small();
        let child = start(&place, &["run", "m.carom", "short", "--collisions", "20000000"]);
        wait_for(&place.path("out/m/short"));
        wait_for_work(&child, 300);
        signal(&child, name);
        assert_eq!(end(child, Duration::from_secs(120)), Some(130), "{name}");

        let table = rows(&place.read("out/m/short/series.csv"));
        assert_eq!(table[0], ["n", "x", "z", "P"]);
        assert!(table.len() > 10, "{} rows", table.len());
        assert!(table.iter().all(|row| row.len() == 4));
        assert!(table[1..].iter().enumerate().all(|(n, row)| row[0] == n.to_string()));
        assert!(table[2..].iter().all(|row| row.iter().all(|field| field.parse::<f64>().is_ok())));
        let json = place.json("out/m/short/run.json");
        assert_eq!(json["collisions"], table.len() as u64 - 2);
        assert_eq!(json["files"], serde_json::json!(["series.csv"]));
        assert!(!place.tree().iter().any(|f| f.contains(".tmp")), "{:?}", place.tree());
    }
}

#[test]
fn an_interrupted_run_reports_how_far_it_got() {
    let place = Place::small();
    // The shell provides the process id, and the summary goes to a file.
    let line = "carom_() { exec \"$CAROM\" \"$@\"; }
        (carom_ run m.carom short --collisions 20000000 > said.txt) & pid=$!
        until [ -d out/m/short ]; do sleep 0.05; done; sleep 0.3; kill -INT $pid; wait $pid";
    // Without `set -m` a background process of a shell ignores SIGINT.
    place.shell(&format!("set -m\n{line}")).ends(130);
    let said = place.read("said.txt");
    assert!(said.contains("of 20000000 collisions, where it was interrupted"), "{said}");
    assert!(!said.contains('✓') && !said.contains('✗'), "claims are not checked on half a run: {said}");
}

#[test]
fn an_experiment_that_has_not_begun_keeps_its_earlier_results() {
    let place = Place::small();
    place.write("m.carom", SMALL.replace("run 20\n    let", "run 20000000\n    let"));
    place.carom(&["run", "m.carom", "wrong"]).ends(1);
    let before = place.read("out/m/wrong/series.csv");
    let child = start(&place, &["run", "m.carom", "short", "wrong", "--threads", "1"]);
    wait_for(&place.path("out/m/short"));
    wait_for_work(&child, 100);
    signal(&child, "INT");
    assert_eq!(end(child, Duration::from_secs(120)), Some(130));
    assert_eq!(place.read("out/m/wrong/series.csv"), before);
}

#[test]
fn a_second_interrupt_ends_at_once() {
    let place = Place::new();
    // An operator on ten spins: its exponential takes long and does not check for interrupts.
    let names: Vec<String> = (0..10).map(|i| format!("q{i}")).collect();
    let terms: Vec<String> = names.windows(2).map(|p| format!("X({})*X({}) + Z({})", p[0], p[1], p[0])).collect();
    let script = format!(
        "system {} = |0>\nhamiltonian H = {}\nstep {{ repeat 50 {{ evolve H for 1; evolve 2*H for 1; evolve 3*H for 1 }} }}\nobserve z = <Z(q0)>\nexperiment a {{ run 100 }}\n",
        names.join(", "),
        terms.join(" + ")
    );
    place.write("m.carom", script);
    let mut child = start(&place, &["run", "m.carom"]);
    wait_for(&place.path("out/m/a"));
    signal(&child, "INT");
    sleep(Duration::from_millis(200));
    assert!(child.try_wait().unwrap().is_none(), "still in the exponential");
    signal(&child, "INT");
    assert_eq!(end(child, Duration::from_secs(10)), Some(130));
    assert!(!place.path("out/m/a/series.csv").exists());
}
