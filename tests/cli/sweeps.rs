//! Sweeps: tables, journals, and their fate when a run is stopped halfway.

use std::process::{Child, Command, Stdio};
use std::thread::sleep;
use std::time::{Duration, Instant};

use serde_json::json;

use crate::support::{Place, SMALL, carom, has, rows};

/// A 4 × 3 map, and a larger one to be stopped. At g = 0 the population is constant and has no Pearson coefficient.
const MAPS: &str = "
use m
experiment map \"A map\" {
    run 20
    sweep g = [0, 0.1, 0.2, 0.3], ω = [0.5, 1, 2]
    collect Z = last(z), C = last(pearson(x, z, width = 5, overlap = 3))
    expect count(Z > 0.5) == 5
    expect fraction(g > 0) ≈ 0.75
}
experiment large {
    run 800
    sweep g = linspace(0, 0.3, 30), ω = linspace(0.5, 2, 10)
    collect Z = last(z), C = last(pearson(x, z, width = 5, overlap = 3))
}
experiment rules {
    run 20
    sweep out = [keep, erase]
    collect Z = last(z)
}
";

fn maps() -> Place {
    let place = Place::small();
    place.write("maps.carom", MAPS);
    place
}

fn start(place: &Place, args: &[&str]) -> Child {
    let mut command = Command::new(carom());
    command.args(args).current_dir(place.path("")).stdout(Stdio::null()).stderr(Stdio::piped());
    command.spawn().unwrap()
}

/// Starts the large map and waits until its journal holds some points.
fn started(place: &Place, args: &[&str]) -> Child {
    let child = start(place, &[&["run", "maps.carom", "large", "--out", "o", "--threads", "1"], args].concat());
    let (begin, journal) = (Instant::now(), place.path("o/large/large.journal"));
    while std::fs::metadata(&journal).map_or(0, |m| m.len()) < 1000 {
        assert!(begin.elapsed() < Duration::from_secs(120), "no journal appears");
        sleep(Duration::from_millis(2));
    }
    child
}

fn kill(mut child: Child) -> bool {
    let running = child.try_wait().unwrap().is_none();
    child.kill().unwrap();
    child.wait().unwrap();
    running
}

/// A folder with the journal of a large map that was stopped halfway.
pub(crate) fn stopped() -> Place {
    let place = maps();
    assert!(kill(started(&place, &[])), "it finished before it was stopped");
    place
}

/// The large table, from an uninterrupted run.
pub(crate) fn whole(place: &Place) -> String {
    place.carom(&["run", "maps.carom", "large", "--out", "whole", "--no-plots"]).ends(0);
    place.read("whole/large/large.csv")
}

pub(crate) const RESUME: [&str; 7] = ["run", "maps.carom", "large", "--out", "o", "--no-plots", "--resume"];

#[test]
fn a_table_has_the_swept_and_the_collected_columns_row_by_row() {
    let place = maps();
    let said = place.carom(&["run", "maps.carom", "map", "--no-plots"]).ends(0);
    let table = rows(&place.read("out/maps/map/map.csv"));
    assert_eq!(table[0], ["g", "ω", "Z", "C"]);
    let places: Vec<(&str, &str)> = table[1..].iter().map(|r| (r[0].as_str(), r[1].as_str())).collect();
    assert_eq!(places.len(), 12);
    assert_eq!(places[..4], [("0", "0.5"), ("0", "1"), ("0", "2"), ("0.1", "0.5")]);
    assert!(table[1..4].iter().all(|r| r[2] == "0" && r[3].is_empty()), "{table:?}");
    assert!(table[4..].iter().all(|r| r[2..].iter().all(|x| x.parse::<f64>().is_ok())), "{table:?}");

    let reasons = rows(&place.read("out/maps/map/map.reasons.csv"));
    assert_eq!(reasons[0], ["g", "ω", "reason"]);
    assert!(reasons.len() == 4 && reasons[1..].iter().all(|r| r[0] == "0" && r[2].contains("no correlation")));
    for words in ["12 points (4 g × 3 ω) of 20 collisions", "3 points have missing values", "✓ count(Z > 0.5) == 5"]
    {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    assert_eq!(said.err, "");
    assert!(!place.path("out/maps/map/map.journal").exists());
}

#[test]
fn a_point_equals_the_single_run_with_its_parameters() {
    let place = maps();
    place.carom(&["run", "maps.carom", "map", "--no-plots"]).ends(0);
    let sets = ["run", "m.carom", "short", "--no-plots", "--set", "g = 0.2", "--set", "ω = 2"];
    place.carom(&sets).ends(1);
    let (series, table) = (place.read("out/m/short/series.csv"), rows(&place.read("out/maps/map/map.csv")));
    let point = table.iter().find(|r| r[0] == "0.2" && r[1] == "2").unwrap();
    // A point computes fewer series, with a different map, so the last digits may differ.
    let close = |x: &str, y: &str| (x.parse::<f64>().unwrap() - y.parse::<f64>().unwrap()).abs() < 1e-12;
    assert!(close(&rows(&series).last().unwrap()[2], &point[2]));
    assert!(close(&rows(&place.read("out/m/short/C.csv")).last().unwrap()[1], &point[3]));
}

#[test]
fn any_number_of_threads_gives_the_same_table() {
    let place = maps();
    for threads in ["1", "2", "3"] {
        place.carom(&["run", "maps.carom", "map", "--threads", threads, "--out", threads]).ends(0);
        for file in ["map.csv", "map.reasons.csv", "plot.svg", "plot.png"] {
            let read = |t: &str| std::fs::read(place.path(&format!("{t}/map/{file}"))).unwrap();
            assert!(read(threads) == read("1"), "{file} with {threads} threads");
        }
    }
}

#[test]
fn an_infinite_number_is_missing_with_a_reason() {
    let place = maps();
    place.write("inf.carom", "use m\nexperiment inf { run 5; sweep g = [0, 1]; collect A = exp(1000 - 900g), B = g }");
    place.carom(&["run", "inf.carom", "--no-plots"]).ends(0);
    let table = rows(&place.read("out/inf/inf/inf.csv"));
    assert!(table[1][1].is_empty() && table[1][2] == "0" && !table[2][1].is_empty(), "{table:?}");
    assert_eq!(place.read("out/inf/inf/inf.reasons.csv"), "g,reason\n0,`A` is infinite\n");
    // The reasons of an earlier run are removed.
    place.carom(&["run", "inf.carom", "--no-plots", "--set", "g = 1"]).ends(0);
    assert!(!place.path("out/inf/inf/inf.reasons.csv").exists());
}

#[test]
fn an_option_sweeps_any_experiment() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "--sweep", "g = linspace(0, 1, 5)"]).ends(0);
    let table = rows(&place.read("out/m/short/series.csv"));
    assert_eq!(table[0], ["g", "n", "x", "z", "P", "y"]);
    assert_eq!(table.len(), 1 + 5 * 21);
    assert_eq!((&table[22][0], &table[22][1]), (&"0.25".into(), &"0".into()));
    assert_eq!(rows(&place.read("out/m/short/C.csv")).len(), 1 + 5 * 8);
    assert_eq!(place.json("out/m/short/run.json")["sweep"], json!(["g = linspace(0, 1, 5)"]));

    // Each point equals the run with that parameter.
    place.carom(&["run", "m.carom", "short", "--set", "g = 0.75", "--out", "one"]).ends(0);
    let single: Vec<String> = place.read("one/short/series.csv").lines().skip(1).map(|l| format!("0.75,{l}")).collect();
    let swept = place.read("out/m/short/series.csv");
    let there: Vec<&str> = swept.lines().filter(|l| l.starts_with("0.75,")).collect();
    assert_eq!(there, single);
}

#[test]
fn options_build_a_grid_and_collapse_an_axis() {
    let place = maps();
    let two = ["run", "m.carom", "short", "--no-plots", "--sweep", "g = [0.1, 0.2]", "--sweep", "ω = [1, 2, 3]"];
    place.carom(&two).ends(0);
    let table = rows(&place.read("out/m/short/series.csv"));
    assert_eq!((table[0][..3].join(","), table.len()), ("g,ω,n".into(), 1 + 6 * 21));
    assert_eq!((&table[22][0], &table[22][1]), (&"0.1".into(), &"2".into()));

    let said = place.carom(&["run", "maps.carom", "map", "--no-plots", "--set", "g = 0.1"]);
    assert!(said.ends(1).out.contains("3 points (1 g × 3 ω)"));
    let table = rows(&place.read("out/maps/map/map.csv"));
    assert!(table.len() == 4 && table[1..].iter().all(|r| r[0] == "0.1"), "{table:?}");

    // The first option replaces an axis of the script, the second adds one.
    let more = ["run", "maps.carom", "map", "--sweep", "g = [0.3]", "--sweep", "out = [keep, erase]"];
    place.carom(&more);
    let table = rows(&place.read("out/maps/map/map.csv"));
    assert_eq!((table[0].join(","), table.len()), ("g,ω,out,Z,C".into(), 7));
}

#[test]
fn rules_and_booleans_are_swept() {
    let place = maps();
    place.carom(&["run", "maps.carom", "rules"]).ends(0);
    let table = rows(&place.read("out/maps/rules/rules.csv"));
    assert_eq!((&table[1][0], &table[2][0]), (&"keep".into(), &"erase".into()));
    place.write("b.carom", SMALL.replace("system s", "param on = true\nsystem s"));
    let said = place.carom(&["run", "b.carom", "short", "--sweep", "on = [true, false]"]).ends(0);
    assert!(said.out.contains("2 points (2 on)"), "{}", said.out);
    assert_eq!(place.read("out/b/short/series.csv").lines().filter(|l| l.starts_with("false,")).count(), 21);
}

#[test]
fn one_point_is_a_sweep() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom", "short", "--sweep", "g = [0.1]"]).ends(0);
    assert!(said.out.contains("1 point (1 g)"), "{}", said.out);
}

#[test]
fn an_impossible_sweep_is_refused() {
    let place = maps();
    for (sweep, code, words) in [
        ("g = []", 2, ["E411", "<--sweep>"]),
        ("g = linspace(0, 1, 1e9)", 2, ["E410", "1000000000"]),
        ("g = keep", 2, ["E208", "linspace"]),
        ("nothing = [1]", 2, ["E212", "nothing"]),
        ("g = [1, i]", 2, ["E411", "`g`"]),
        ("g = linspace(0, inf, 3)", 2, ["E409", "inf"]),
        ("g = [0, \"a\"]", 2, ["E208", "text"]),
        ("g = 1 / [1]", 2, ["E2", "list"]),
        ("g", 2, ["E604", "`--sweep g`"]),
    ] {
        place.carom(&["run", "m.carom", "short", "--sweep", sweep]).refuses(code, &words);
    }
    let huge = ["run", "m.carom", "short", "--sweep", "g = linspace(0, 1, 1e5)", "--sweep", "ω = linspace(0, 1, 1e4)"];
    place.at_once(&huge).refuses(2, &["E411", "1000000000 points"]);
    for (from, to, words) in [
        ("collect Z = last(z)", "collect Z = z", ["E208", "last(x)"]),
        ("run 20\n    sweep g", "run 20\n    plot { line QQ }\n    sweep g", ["E201", "QQ"]),
        ("[0, 0.1, 0.2, 0.3]", "[]", ["E411", "no values"]),
    ] {
        place.write("bad.carom", MAPS.replacen(from, to, 1));
        place.carom(&["run", "bad.carom", "map"]).refuses(3, &words);
    }
    assert!(!place.path("out").exists(), "{:?}", place.tree());
}

#[test]
fn json_and_run_json_describe_a_sweep() {
    let place = maps();
    let said = place.carom(&["run", "maps.carom", "map", "--json", "--no-plots"]).ends(0);
    let json: serde_json::Value = serde_json::from_str(&said.out).unwrap();
    let map = &json[0];
    assert_eq!((&map["experiment"], &map["title"]), (&json!("map"), &json!("A map")));
    let counts = ["points", "done", "resumed", "missing", "collisions"].map(|k| map[k].as_u64().unwrap());
    assert_eq!(counts, [12, 12, 0, 3, 20]);
    assert_eq!(
        (&map["interrupted"], &map["backend"]),
        (&json!(false), &json!("step-map (2 of 4 basis elements; 14 collisions by powers)"))
    );
    assert_eq!(map["expectations"][0]["holds"], true);
    assert_eq!(map["files"], json!(["out/maps/map/map.csv", "out/maps/map/map.reasons.csv"]));
    let run = place.json("out/maps/map/run.json");
    assert_eq!((&run["experiment"], &run["script"]), (&json!("map"), &json!("maps.carom")));
    assert_eq!((&run["collisions"], &run["files"]), (&json!(20), &json!(["map.csv", "map.reasons.csv"])));
}

#[test]
fn quiet_sweeps_print_nothing() {
    let place = maps();
    let said = place.carom(&["run", "maps.carom", "map", "--quiet"]).ends(0);
    assert_eq!((said.out.as_str(), said.err.as_str()), ("", ""));
}

#[test]
fn a_killed_sweep_resumes_to_the_same_table() {
    let place = maps();
    let whole = whole(&place);
    let (mut kills, mut moment) = (0, 7);
    for threads in ["1", "2"] {
        for _ in 0..4 {
            drop(std::fs::remove_dir_all(place.path("o")));
            for _ in 0..6 {
                let child = start(&place, &[&RESUME[..], &["--threads", threads]].concat());
                sleep(Duration::from_millis(moment));
                kills += usize::from(kill(child));
                // A different moment each time, possibly before the first point.
                moment = (moment * 3 + 11) % 83;
            }
            place.carom(&[&RESUME[..], &["--threads", threads]].concat()).ends(0);
            assert!(place.read("o/large/large.csv") == whole, "after {kills} kills");
            assert!(!place.tree().iter().any(|f| f.ends_with("journal")), "{:?}", place.tree());
        }
    }
    assert!(kills >= 15, "only {kills} were killed in time");
}

#[cfg(unix)]
#[test]
fn ctrl_c_keeps_the_points_and_explains_how_to_resume() {
    let place = maps();
    let child = started(&place, &[]);
    Command::new("kill").args(["-s", "INT", &child.id().to_string()]).status().unwrap();
    let said = child.wait_with_output().unwrap();
    let err = String::from_utf8(said.stderr).unwrap();
    assert_eq!(said.status.code(), Some(130), "{err}");
    assert!(err.contains("large: stopped after") && err.contains("of 300 points") && err.contains("--resume"), "{err}");
    assert!(!place.path("o/large/large.csv").exists(), "an incomplete table is not written");
    let said = place.carom(&RESUME).ends(0);
    assert!(said.out.contains("of them from the journal"), "{}", said.out);
    assert_eq!(place.read("o/large/large.csv"), whole(&place));
}

#[test]
fn a_journal_of_something_else_is_refused_and_kept() {
    let place = stopped();
    let journal = || std::fs::read(place.path("o/large/large.journal")).unwrap();
    let before = journal();
    let cases: [(&[&str], &str); 5] = [
        (&["--collisions", "801"], "other parameters, collisions or backend"),
        (&["--set", "out = erase"], "other parameters"),
        (&["--backend", "reference"], "other parameters, collisions or backend"),
        (&["--set", "g = 0.1"], "other parameters"),
        (&["--sweep", "g = linspace(0, 0.2, 30)"], "another grid"),
    ];
    for (args, words) in cases {
        let said = place.carom(&[&RESUME[..], args].concat());
        said.refuses(4, &["E608", "large.journal", words, "without `--resume`"]);
        assert!(journal() == before, "{args:?}");
    }
    place.write("maps.carom", MAPS.replace("30), ω", "31), ω"));
    place.carom(&RESUME).refuses(4, &["E608", "another script"]);
    place.write("o/large/large.journal", &before[30..300]);
    place.write("maps.carom", MAPS);
    let said = place.carom(&RESUME);
    assert!(said.code == 0 || said.err.contains("header is damaged"), "{}", said.err);
}

#[test]
fn a_damaged_journal_loses_only_the_damaged_points() {
    let place = stopped();
    let whole = whole(&place);
    let journal = std::fs::read(place.path("o/large/large.journal")).unwrap();
    let middle = journal.len() / 2;
    let mut flipped = journal.clone();
    flipped[middle] ^= 0xff;
    let cut = journal[..journal.len() - 5].to_vec();
    let rubbish = [&journal[..], &[0xC4, b'c', b'r', b'm', 1, 2, 3]].concat();
    let hole = [&journal[..middle], &vec![0; 300][..], &journal[middle..]].concat();
    for damaged in [flipped, cut, rubbish, hole] {
        place.write("o/large/large.journal", damaged);
        let said = place.carom(&RESUME).ends(0);
        assert!(said.out.contains("of them from the journal"), "{}", said.out);
        assert!(place.read("o/large/large.csv") == whole);
    }
    for lost in [&b""[..], b"no journal at all", &[0xff; 5000]] {
        place.write("o/large/large.journal", lost);
        place.carom(&RESUME).refuses(4, &["E608", "header is damaged"]);
        assert_eq!(std::fs::read(place.path("o/large/large.journal")).unwrap(), lost);
    }
}

#[test]
fn without_resume_the_old_journal_is_set_aside() {
    let place = stopped();
    let before = std::fs::read(place.path("o/large/large.journal")).unwrap();
    let said = place.carom(&RESUME[..6]).ends(0);
    assert!(said.err.contains("large.journal.old.1") && said.err.contains("--resume"), "{}", said.err);
    assert!(!said.out.contains("from the journal"), "{}", said.out);
    assert!(std::fs::read(place.path("o/large/large.journal.old.1")).unwrap() == before);
}

#[test]
fn a_folder_in_use_is_refused_with_the_process() {
    let place = maps();
    // A minute of work, so that the sweep still runs when the two others have been refused, even on a busy machine. The
    // mean reads every collision; `last` would be reached by powers of the map.
    let long = MAPS
        .replace("run 800", "run 2000000")
        .replace("2, 10)\n    collect Z = last(z)", "2, 10)\n    collect Z = mean(z)");
    assert!(long.contains("mean(z)"));
    place.write("maps.carom", long);
    let child = started(&place, &[]);
    let pid = child.id().to_string();
    for args in [&RESUME[..], &RESUME[..6]] {
        place.carom(args).refuses(4, &["E609", &format!("process {pid}"), "--out"]);
    }
    assert!(kill(child), "it finished too early");
    // The lock ends with the process.
    place.carom(&[&RESUME[..6], &["--collisions", "80"]].concat()).ends(0);
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_keeps_the_journal() {
    if !has("unshare") {
        return;
    }
    let place = maps();
    let args = "run m.carom short --no-plots --sweep 'g = linspace(0, 1, 400)'";
    place.shell(&format!("carom {args} --out whole")).ends(0);
    let line = format!(
        "mkdir disk; unshare -m true 2> /dev/null || exit 77
        unshare -m bash -c \"mount -t tmpfs -o size=96k none disk || exit 77
            \\\"$CAROM\\\" {args} --out disk; code=\\$?
            cp -r disk copy
            \\\"$CAROM\\\" {args} --out disk --resume 2> again.txt && exit 71
            cmp disk/short/short.journal copy/short/short.journal || exit 72
            mount -o remount,size=8m disk
            \\\"$CAROM\\\" {args} --out disk --resume > resumed.txt || exit 73
            cmp disk/short/series.csv whole/short/series.csv || exit 74
            exit \\$code\""
    );
    let said = place.shell(&line);
    if said.code == 77 {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    }
    said.refuses(4, &["E602", "disk/short/short.journal", "of 400 points are kept", "--resume"]);
    assert!(place.read("again.txt").contains("E602"), "{}", place.read("again.txt"));
    assert!(place.read("resumed.txt").contains("from the journal"));
    place.shell(&format!("carom {args} --out copy --resume")).ends(0);
    assert_eq!(place.read("copy/short/series.csv"), place.read("whole/short/series.csv"));
}

#[cfg(target_os = "linux")]
#[test]
fn on_a_terminal_a_sweep_of_hours_asks_first() {
    if !has("script") {
        return;
    }
    let place = maps();
    let grid = "g = linspace(0, 1, 4000), ω = linspace(0, 1, 4000)";
    let experiment = format!("experiment long {{ run 20000; sweep {grid}; collect c = mean(z) }}");
    place.write("long.carom", format!("use m\n{experiment}\n"));
    let run = "run long.carom long --threads 1";
    // `script` gives the command a pseudo-terminal.
    let said = place.shell(&format!("script -qec \"$CAROM {run}\" /dev/null")).ends(2);
    for words in ["E610", "hours", "--yes"] {
        assert!(said.out.contains(words), "no {words:?} in\n{}", said.out);
    }
    assert!(!place.path("out").exists());
}

/// `n` in the step: no step map can run it, so the requested backend fails at every point.
#[test]
fn a_sweep_without_a_result_fails() {
    let place = Place::small();
    place.write(
        "n.carom",
        "param g = 1\nsystem s = |0>\nstep { apply RX(s, g*n) }\nobserve z = <Z(s)>\n\
         experiment d { run 5; sweep g = [1, 2]; collect v = last(z) }\n",
    );
    let said = place.carom(&["run", "n.carom", "--backend", "step-map"]).ends(4);
    assert!(said.out.contains("no point has a result: no step map can run this"), "{}", said.out);
    place.carom(&["run", "n.carom"]).ends(0);
}

#[test]
fn points_of_different_lengths_are_reported_as_a_range() {
    let place = Place::small();
    place.write(
        "t.carom",
        "param τ = 0.1\nsystem s = |0>\nstep { apply RX(s, τ) }\nobserve z = <Z(s)>\n\
         experiment d { run round(2/τ); sweep τ = [0.2, 0.1, 0.05]; collect v = last(z) }\n",
    );
    let said = place.carom(&["run", "t.carom"]).ends(0);
    assert!(said.out.contains("3 points (3 τ) of 10 to 40 collisions"), "{}", said.out);
}
