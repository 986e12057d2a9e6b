//! The progress of long work on standard error.

use crate::support::{Place, has};

/// Runs a command in the background in a shell that can interrupt it.
const LONG: &str = "carom_() { exec \"$CAROM\" \"$@\"; }\nset -m\n";

#[test]
fn a_line_every_ten_seconds_tells_how_far_a_run_has_come() {
    let place = Place::small();
    let line = "(carom_ run m.carom short --collisions 40000000 --backend density --no-plots 2> progress.txt) & pid=$!
        for i in $(seq 300); do [ -s progress.txt ] && break; sleep 0.1; done; kill -INT $pid; wait $pid";
    place.shell(&format!("{LONG}{line}"));
    let said = place.read("progress.txt");
    let first = said.lines().next().unwrap_or_default();
    assert!(first.starts_with("short: ") && first.contains(" of 40000000 collisions, "), "{said}");
    assert!(first.contains("/s, about ") && first.ends_with(" left"), "{said}");
}

#[test]
fn a_bar_appears_on_a_terminal_after_a_second() {
    if !has("script") {
        return;
    }
    let place = Place::small();
    let run = "$CAROM run m.carom short --collisions 40000000 --backend density --no-plots";
    let line = format!(
        "(script -qfc \"timeout -s INT 3 {run}\" screen.txt > /dev/null < /dev/null) || true; tr '\\r' '\\n' < screen.txt"
    );
    let said = place.shell(&line);
    assert!(said.out.contains(" of 40000000 collisions, ") && said.out.contains('━'), "{}", said.out);
    // A short run shows none.
    let line = "script -qfc \"$CAROM run m.carom short --no-plots\" screen.txt > /dev/null < /dev/null; cat screen.txt";
    assert!(!place.shell(line).out.contains('━'));
}

#[test]
fn a_changed_script_runs_again() {
    let place = Place::small();
    let line = "(carom_ run m.carom short --watch --no-plots > out.txt 2> err.txt) & pid=$!
        wait_for() { for i in $(seq 300); do grep -q \"$1\" \"$2\" 2> /dev/null && return; sleep 0.1; done; }
        wait_for watching err.txt
        sed 's/run 20/run 21/' m.carom > new && mv new m.carom
        wait_for '21 collisions' out.txt
        echo 'param' > m.carom
        wait_for E101 err.txt
        kill -INT $pid; wait $pid; echo $?";
    let said = place.shell(&format!("{LONG}{line}"));
    assert!(said.out.ends_with("130\n"), "{}", said.out);
    let out = place.read("out.txt");
    assert!(out.contains("20 collisions") && out.contains("21 collisions"), "{out}");
    let err = place.read("err.txt");
    assert!(err.contains("m.carom has changed") && err.contains("E101"), "{err}");
    place.carom(&["run", "otto", "--watch"]).refuses(2, &["E604", "`--watch`"]);
}
