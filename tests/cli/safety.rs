//! Data that a run must not lose or damage: journals of earlier starts, files outside its folder, results of another
//! run.

use crate::support::{Place, has};
use crate::sweeps::{RESUME, stopped, whole};

/// After a second interrupted start, the journal of the first is still kept.
#[test]
fn every_journal_that_is_set_aside_is_kept() {
    let place = stopped();
    let journal = |name: &str| std::fs::read(place.path(&format!("o/large/{name}"))).unwrap();
    let first = journal("large.journal");
    std::fs::copy(place.path("o/large/large.journal"), place.path("kept")).unwrap();
    place.carom(&RESUME[..6]).ends(0);
    // The journal of a second interrupted start.
    std::fs::write(place.path("o/large/large.journal"), b"the second").unwrap();
    let said = place.carom(&RESUME[..6]).ends(0);
    assert!(said.err.contains("large.journal.old.2"), "{}", said.err);
    assert!(journal("large.journal.old.1") == first);
    assert_eq!(journal("large.journal.old.2"), b"the second");
    // The kept journal can be continued under its own name.
    std::fs::rename(place.path("o/large/large.journal.old.1"), place.path("o/large/large.journal")).unwrap();
    let said = place.carom(&RESUME).ends(0);
    assert!(said.out.contains("of them from the journal"), "{}", said.out);
}

/// The journal is removed only after the results have their final names.
#[test]
fn the_journal_is_kept_while_a_result_cannot_be_written() {
    let place = stopped();
    for file in ["large.csv", "run.json"] {
        place.write(&format!("o/large/{file}/x"), "");
        place.carom(&RESUME).refuses(4, &["E602", file, "folder"]);
        assert!(place.path("o/large/large.journal").exists(), "{file}");
        std::fs::remove_dir_all(place.path(&format!("o/large/{file}"))).unwrap();
    }
    let said = place.carom(&RESUME).ends(0);
    assert!(said.out.contains("of them from the journal"), "{}", said.out);
    assert_eq!(place.read("o/large/large.csv"), whole(&place));
}

/// Splits a journal into its frames, each with its marker, length and checksum.
fn frames(journal: &[u8]) -> Vec<&[u8]> {
    let (mut rest, mut out) = (journal, Vec::new());
    while rest.len() >= 12 {
        let len = u32::from_le_bytes(rest[4..8].try_into().unwrap()) as usize + 12;
        let Some((frame, others)) = rest.split_at_checked(len) else { break };
        out.push(frame);
        rest = others;
    }
    out
}

fn frame(payload: &[u8]) -> Vec<u8> {
    let length = u32::try_from(payload.len()).unwrap().to_le_bytes();
    let mut frame = [b"\xC4crm", &length[..], payload].concat();
    frame.extend(crc32fast::hash(&frame).to_le_bytes());
    frame
}

fn record(point: u64, values: &[f64]) -> Vec<u8> {
    let numbers: Vec<u8> = values.iter().flat_map(|x| x.to_le_bytes()).collect();
    frame(&[&point.to_le_bytes()[..], &(values.len() as u64).to_le_bytes(), &numbers].concat())
}

/// A checksum detects damage, but not wrong contents: a series length that does not match the numbers, too few numbers,
/// a point outside the grid.
#[test]
fn records_that_do_not_fit_are_recomputed() {
    let place = Place::small();
    let args = ["run", "m.carom", "short", "--no-plots", "--sweep", "g = [0.1, 0.2]"];
    let with = |more: &[&'static str]| [&args[..], more].concat();
    place.carom(&with(&["--out", "whole"])).ends(0);
    place.write("o/short/series.csv/x", "");
    place.carom(&with(&["--out", "o"])).refuses(4, &["E602"]);
    std::fs::remove_dir_all(place.path("o/short/series.csv")).unwrap();
    let journal = std::fs::read(place.path("o/short/short.journal")).unwrap();
    let head = frames(&journal)[..2].concat();
    for values in [&[1.0, 0.0, 1.0, 1e300][..], &[1.0, 0.0, 1.0, 5.0, 0.5], &[f64::NAN], &[1e300], &[-1.0]] {
        for point in [0, 1, 2, u64::MAX] {
            place.write("o/short/short.journal", [&head[..], &record(point, values)].concat());
            place.carom(&with(&["--out", "o", "--resume"])).ends(0);
            assert_eq!(place.read("o/short/series.csv"), place.read("whole/short/series.csv"), "{values:?}");
        }
    }
}

#[test]
fn a_journal_of_another_version_is_refused() {
    let place = stopped();
    let journal = std::fs::read(place.path("o/large/large.journal")).unwrap();
    let frames = frames(&journal);
    let head = String::from_utf8(frames[0][8..frames[0].len() - 4].to_vec()).unwrap();
    let version = format!("\"version\":\"{}\"", env!("CARGO_PKG_VERSION"));
    assert!(head.contains(&version), "{head}");
    // The same version may have written records of another format before it was released.
    assert!(head.contains("\"format\":3,"), "{head}");
    for (now, before) in
        [(&version[..], "\"version\":\"0.0.1\""), ("\"format\":3,", ""), ("\"format\":3,", "\"format\":4,")]
    {
        let other = frame(head.replace(now, before).as_bytes());
        place.write("o/large/large.journal", [&other[..], &other, &frames[2..].concat()].concat());
        place.carom(&RESUME).refuses(4, &["E608", "another version"]);
    }
}

#[cfg(unix)]
#[test]
fn the_lock_of_a_folder_does_not_follow_links() {
    let place = Place::small();
    place.write("victim", "precious");
    std::fs::create_dir_all(place.path("out/m/short")).unwrap();
    std::os::unix::fs::symlink("../../../victim", place.path("out/m/short/.carom.lock")).unwrap();
    place.carom(&["run", "m.carom", "short"]).refuses(4, &["E602", ".carom.lock", "--out"]);
    assert_eq!(place.read("victim"), "precious");
    assert!(!place.path("out/m/short/series.csv").exists());
}

/// Reading a pipe or a device could wait for ever, and writing would replace it, so both are refused.
#[cfg(unix)]
#[test]
fn pipes_and_devices_in_an_output_folder_are_refused() {
    let place = stopped();
    place.shell("rm o/large/large.journal; mkfifo o/large/large.journal").ends(0);
    place.carom(&RESUME).refuses(4, &["E608", "large.journal", "named pipe"]);
    place.carom(&RESUME[..6]).refuses(4, &["E602", "large.journal", "move it away"]);
    place.shell("rm o/large/large.journal; ln -s /dev/zero o/large/large.journal").ends(0);
    place.carom(&RESUME).refuses(4, &["E608", "device"]);

    let place = Place::small();
    place.carom(&["run", "m.carom", "short"]).ends(0);
    for make in ["mkfifo series.csv", "ln -s /dev/zero series.csv"] {
        place.shell(&format!("cd out/m/short; rm series.csv; {make}")).ends(0);
        place.carom(&["plot", "out/m/short"]).refuses(4, &["E601", "series.csv", "device"]);
    }
    place.shell("cd out/m/short; rm series.csv; mkfifo series.csv").ends(0);
    place.carom(&["run", "m.carom", "short"]).refuses(4, &["E602", "series.csv", "move it away"]);
    place.shell("test -p out/m/short/series.csv").ends(0);
}

/// B opens the lock file of A and is delayed before it locks the file; A ends and removes the file. B must not end up
/// with a lock that C cannot see. `strace` delays B; a unit test of the lock has the same order of events without it.
#[cfg(target_os = "linux")]
#[test]
fn two_runs_never_hold_one_folder() {
    let place = Place::new();
    let script = |coupling: &str, n: u64| {
        format!(
            "system s = |1>\nenvironment e = |0>\nstep {{ apply partial_swap(s, e, {coupling}); discard e }}\n\
             observe p = population(s, 1)\nexperiment t {{ run {n} }}\n"
        )
    };
    place.write("short.carom", script("0.1", 5));
    place.write("long.carom", script("0.001n", 100_000_000));
    if !has("strace") {
        return;
    }
    // Each part waits for a sign from the previous one.
    let line = "run='run long.carom --out o --no-plots --quiet'
        \"$CAROM\" $run & a=$!
        until [ -s o/t/.carom.lock ]; do sleep 0.01; done
        strace -f -qq -o trace -e trace=openat,flock -e inject=flock:delay_enter=2000000 \"$CAROM\" $run & b=$!
        until grep -q carom.lock trace 2> /dev/null; do sleep 0.01; done
        kill -INT $a; wait $a
        until [ -s o/t/.carom.lock ]; do sleep 0.01; done
        owner=$(cat o/t/.carom.lock)
        \"$CAROM\" run short.carom --out o --no-plots --quiet; code=$?
        kill -INT $owner; wait $b
        exit $code";
    // Without `set -m` a background process of a shell ignores SIGINT.
    place.shell(&format!("set -m\n{line}")).refuses(4, &["E609", "writes into"]);
}
