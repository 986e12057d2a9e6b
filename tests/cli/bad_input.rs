//! Unusable files and folders cause a short error, at once, and leave nothing half done.

use crate::support::{Place, SMALL, has};

#[test]
fn a_file_that_is_not_a_script_is_refused() {
    let place = Place::new();
    place.write("latin.carom", b"## \xe9t\xe9\n");
    place.write("rubbish.carom", (0..=255u8).cycle().skip(128).take(5000).collect::<Vec<_>>());
    place.write("zeros.carom", [0; 4096]);
    place.write("words.carom", "Dear Sir or Madam,\n");
    place.write("huge.carom", "# comment\n".repeat(110_000));
    place.write("deep.carom", format!("param a = {}1{}\n", "(".repeat(5000), ")".repeat(5000)));
    place.write("long.carom", format!("param a = {}1\n", "1 + ".repeat(100_000)));
    place.write("folder/x.carom", "");
    for (file, words) in [
        ("latin.carom", ["E106", "byte 3"]),
        ("rubbish.carom", ["E106", "not UTF-8"]),
        ("zeros.carom", ["E101", "zeros.carom"]),
        ("words.carom", ["E101", "words.carom:1"]),
        ("huge.carom", ["E104", "1 MiB"]),
        ("deep.carom", ["E104", "deep"]),
        ("long.carom", ["E104", "more than"]),
        ("folder", ["E601", "folder"]),
        ("none.carom", ["E601", "no file"]),
        ("karpat209", ["E601", "`karpat2019`"]),
        ("karpat209.carom", ["E601", "`karpat2019`"]),
        ("", ["E601", "no file"]),
        ("latin.carom/below", ["E601", "latin.carom/below"]),
    ] {
        for command in ["run", "check", "list", "explain", "verify"] {
            // `check` takes folders.
            if (command, file) != ("check", "folder") {
                place.at_once(&[command, file]).refuses(3, &words);
            }
        }
    }
    assert!(!place.path("out").exists());
}

#[test]
fn an_empty_script_has_nothing_to_run() {
    let place = Place::new();
    place.write("empty.carom", "");
    place.carom(&["check", "empty.carom"]).ends(0);
    place.carom(&["list", "empty.carom"]).ends(0);
    place.carom(&["run", "empty.carom"]).refuses(3, &["E507", "experiment NAME"]);
    place.carom(&["explain", "empty.carom"]).refuses(3, &["E224"]);
    assert_eq!(place.tree(), ["empty.carom"]);
}

#[cfg(unix)]
#[test]
fn an_unreadable_file_is_refused() {
    use std::os::unix::fs::PermissionsExt;
    let place = Place::small();
    std::fs::set_permissions(place.path("m.carom"), std::fs::Permissions::from_mode(0o000)).unwrap();
    if std::fs::read(place.path("m.carom")).is_ok() {
        eprintln!("skipped: this user may read everything");
        return;
    }
    place.carom(&["check", "m.carom"]).refuses(3, &["E601", "ermission"]);
}

#[cfg(unix)]
#[test]
fn devices_and_pipes_neither_hang_nor_exhaust_memory() {
    let place = Place::new();
    place.shell("mkfifo pipe p.carom").ends(0);
    place.at_once(&["check", "pipe"]).refuses(3, &["E601", "pipe", "`-`"]);
    for device in ["/dev/zero", "/dev/null", "/dev/tty"] {
        let said = place.at_once(&["check", device]);
        assert!(said.code == 3 && said.err.contains("E601"), "{device}: {}", said.err);
    }
    place.shell("ulimit -v 4000000; carom check - < /dev/zero").refuses(3, &["E104", "standard input"]);
    place.shell("carom check - < /dev/null").ends(0);
    place.shell("carom check - < .").refuses(3, &["E601", "standard input"]);
    // `use` does not find a protocol that is a pipe.
    place.write("main.carom", "use p\n");
    place.carom(&["check", "main.carom"]).refuses(3, &["E214"]);
}

#[test]
fn an_impossible_output_folder_is_refused() {
    let place = Place::small();
    place.write("file", "precious");
    for out in ["file", "file/below"] {
        place.carom(&["run", "m.carom", "short", "--out", out]).refuses(4, &["E602", "file", "--out"]);
    }
    // The error comes before the run, which would take hours.
    let args = ["run", "m.carom", "short", "--collisions", "20000000", "--out", "file"];
    place.at_once(&args).refuses(4, &["E602"]);
    assert_eq!(place.read("file"), "precious");
    assert_eq!(place.tree(), ["file", "m.carom"]);
}

#[cfg(target_os = "linux")]
#[test]
fn a_folder_where_nothing_can_be_created() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "--out", "/proc/results"]).refuses(4, &["E602", "/proc/results"]);
    // Two experiments, two errors, and the verdict alone.
    let said = place.carom(&["run", "m.carom", "--out", "/proc/results"]).ends(4);
    assert_eq!((said.err.matches("E602").count(), said.out.lines().count()), (2, 3), "{}", said.out);
    assert!(said.out.starts_with("0 experiments run\n"), "{}", said.out);
}

#[test]
fn a_folder_with_the_name_of_a_result() {
    let place = Place::small();
    place.write("out/m/short/series.csv/x", "");
    place.carom(&["run", "m.carom", "short"]).refuses(4, &["E602", "series.csv", "folder"]);
    assert!(!place.tree().iter().any(|f| f.contains(".carom-") || f.ends_with("run.json")), "{:?}", place.tree());
}

#[cfg(target_os = "linux")]
#[test]
fn a_full_disk_leaves_no_partial_file() {
    if !has("unshare") {
        return;
    }
    let place = Place::small();
    std::fs::create_dir(place.path("disk")).unwrap();
    let line = "unshare -m true 2> /dev/null || exit 77
        unshare -m bash -c 'mount -t tmpfs -o size=64k none disk || exit 77
            \"$CAROM\" run m.carom short --no-plots --collisions 20 --out disk -q || exit 70
            cp disk/short/series.csv before.csv
            \"$CAROM\" run m.carom short --no-plots --collisions 20000 --out disk
            code=$?
            find disk -type f | sort > tree.txt
            cmp before.csv disk/short/series.csv || exit 71
            exit $code'";
    let said = place.shell(line);
    if said.code == 77 {
        eprintln!("skipped: this user may not mount a small disk");
        return;
    }
    said.refuses(4, &["E602", "disk/short/series.csv", "free some space"]);
    assert_eq!(place.read("tree.txt"), "disk/short/C.csv\ndisk/short/run.json\ndisk/short/series.csv\n");
}

#[test]
fn a_run_too_large_for_memory_is_refused_with_its_size() {
    let place = Place::new();
    let names: Vec<String> = (0..40).map(|i| format!("q{i}")).collect();
    let wide = format!(
        "system {} = |0>\nstep {{ apply X(q0) }}\nobserve z = <Z(q0)>\nexperiment a {{ run 5 }}\n",
        names.join(", ")
    );
    place.write("wide.carom", wide);
    for command in ["run", "check", "verify"] {
        let size = "17.6 TB"; // 16 · 2^40 bytes: the state is pure
        place.at_once(&[command, "wide.carom"]).refuses(4, &["E603", "40 subsystems", "1099511627776", size]);
    }
    let matrix = ["run", "wide.carom", "--backend", "density"];
    place.at_once(&matrix).refuses(4, &["E603", "40 subsystems", "9.7e6 EB"]); // 8 · 4^40 bytes
    let said = place.at_once(&["explain", "wide.carom"]).ends(0);
    assert!(said.out.contains("40 live subsystems"), "{}", said.out);

    place.write("m.carom", SMALL);
    let long = ["run", "m.carom", "short", "--collisions", "1000000000000"];
    place.at_once(&long).refuses(4, &["E603", "1000000000000 collisions", "TB"]);
    place.write("m.carom", SMALL.replace("run 20\n", "run 1e12\n"));
    place.at_once(&["run", "m.carom", "short"]).refuses(4, &["E603", "1000000000000 collisions"]);
    place.write("m.carom", SMALL.replace("run 20\n", "run 1e13\n"));
    place.at_once(&["run", "m.carom", "short"]).refuses(3, &["E410"]);
    assert!(!place.path("out").exists(), "{:?}", place.tree());
}

#[test]
fn a_failed_run_keeps_folders_that_existed_before() {
    let place = Place::small();
    place.write("m.carom", SMALL.replace("width = 5", "width = 50"));
    std::fs::create_dir_all(place.path("results/empty")).unwrap();
    place.carom(&["run", "m.carom", "short", "--out", "results/empty"]).refuses(3, &["E504"]);
    place.carom(&["run", "m.carom", "short", "--out", "new/folder"]).refuses(3, &["E504"]);
    assert_eq!(place.tree(), ["m.carom", "results", "results/empty"]);
}
