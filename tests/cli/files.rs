//! The files that a run writes.

use crate::support::{Place, rows};

const SHORT: &str = "out/m/short";

#[test]
fn a_run_writes_its_series_figures_and_settings() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short"]).ends(0);
    let expected = [
        "m.carom",
        "out",
        "out/m",
        "out/m/short",
        "out/m/short/C.csv",
        "out/m/short/plot.pdf",
        "out/m/short/plot.png",
        "out/m/short/plot.svg",
        "out/m/short/run.json",
        "out/m/short/series.csv",
    ];
    assert_eq!(place.tree(), expected);
}

#[test]
fn columns_are_in_order_of_declaration() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short"]).ends(0);
    let table = rows(&place.read(&format!("{SHORT}/series.csv")));
    assert_eq!(table[0], ["n", "x", "z", "P", "y"]);
    assert_eq!(table.len(), 22);
    // The initial state |+> at n = 0, where nothing is recorded yet.
    assert_eq!(table[1][0], "0");
    assert!((table[1][1].parse::<f64>().unwrap() - 1.0).abs() < 1e-15);
    assert_eq!(table[1][3], "");
    for (n, row) in table[1..].iter().enumerate() {
        assert_eq!(row[0], n.to_string());
        let [x, z, y] = [1, 2, 4].map(|i| row[i].parse::<f64>().unwrap());
        assert_eq!((x * x + z * z).to_bits(), y.to_bits(), "row {n}");
    }
}

#[test]
fn a_series_with_another_index_has_its_own_file() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short"]).ends(0);
    let table = rows(&place.read(&format!("{SHORT}/C.csv")));
    assert_eq!(table[0], ["n", "C"]);
    // Width 5, overlap 3: windows begin at 1, 3, …, and the last one ends at 19 or 20.
    let starts: Vec<&str> = table[1..].iter().map(|row| row[0].as_str()).collect();
    assert_eq!(starts, ["1", "3", "5", "7", "9", "11", "13", "15"]);
}

#[test]
fn numbers_are_shortest_round_trip_decimals() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short"]).ends(0);
    for row in &rows(&place.read(&format!("{SHORT}/series.csv")))[1..] {
        for field in row.iter().filter(|f| !f.is_empty()) {
            let value: f64 = field.parse().unwrap();
            let (plain, exponent) = (format!("{value}"), format!("{value:e}"));
            assert!(*field == plain || *field == exponent, "{field} could be {plain}");
        }
    }
}

#[test]
fn figure_2_agrees_with_an_independent_program() {
    let place = Place::new();
    let reference = |name: &str| {
        let path = format!("{}/tests/data/reference/fig2_{name}.csv", env!("CARGO_MANIFEST_DIR"));
        std::fs::read_to_string(path).unwrap()
    };
    for rule in ["keep", "erase"] {
        let (trace_out, dir) = (format!("trace_out={rule}"), format!("out/{rule}"));
        let args = ["run", "karpat2019", "fig2", "--no-plots", "--set", &trace_out, "--out", &dir];
        place.carom(&args).ends(if rule == "keep" { 0 } else { 1 });
        for (ours, theirs, rows) in [("series.csv", "series", 2000), ("C12.csv", "pearson_140_125", 125)] {
            let ours = place.read(&format!("{dir}/fig2/{ours}"));
            let compared = compare(&ours, &reference(&format!("{rule}_{theirs}")));
            assert_eq!(compared, rows);
        }
    }
}

/// Compares every column and row of a reference, and returns its number of rows.
fn compare(ours: &str, theirs: &str) -> usize {
    let (ours, theirs) = (rows(ours), rows(theirs));
    for row in &theirs[1..] {
        let same = ours.iter().find(|r| r[0] == row[0]).unwrap_or_else(|| panic!("no row {}", row[0]));
        for (name, number) in theirs[0].iter().zip(row).skip(1) {
            let at = ours[0].iter().position(|c| c == name).unwrap_or_else(|| panic!("no column {name}"));
            let [a, b] = [&same[at], number].map(|text| text.parse::<f64>().unwrap());
            assert!((a - b).abs() < 1e-10, "{name} at {}: {a} and {b}", row[0]);
        }
    }
    theirs.len() - 1
}

#[test]
fn run_json_records_how_the_numbers_were_computed() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "--set", "g = 2*0.2"]).ends(0);
    let json = place.json(&format!("{SHORT}/run.json"));
    assert_eq!(json["version"], env!("CARGO_PKG_VERSION"));
    assert_eq!(json["experiment"], "short");
    assert_eq!(json["sha256"].as_str().unwrap().len(), 64);
    assert_eq!(json["parameters"]["g"], 0.4);
    assert_eq!(json["parameters"]["out"], "keep");
    assert_eq!(json["collisions"], 20);
    assert!(json["backend"].as_str().unwrap().starts_with("step-map ("), "{}", json["backend"]);
    assert!(json["seed"].is_null());
    let command: Vec<&str> = json["command"].as_array().unwrap().iter().filter_map(|w| w.as_str()).collect();
    assert_eq!(command[1..], ["run", "m.carom", "short", "--set", "g = 2*0.2"]);
    assert_eq!(
        json["options"],
        serde_json::json!({"collisions": null, "backend": "auto", "seed": null, "format": "csv"})
    );
    assert_eq!(json["expectations"][0]["claim"], "last(z) > 0.5");
    assert_eq!(json["expectations"][0]["holds"], true);
    assert_eq!(json["texts"], serde_json::json!([{"file": "m.carom", "text": place.read("m.carom")}]));
    let started = json["started"].as_str().unwrap();
    assert!(started.len() == 20 && started.starts_with("20") && started.ends_with('Z'), "{started}");
    assert!(json["wall_seconds"].as_f64().unwrap() >= 0.0);
    assert_eq!(json["files"], serde_json::json!(["series.csv", "C.csv"]));
}

#[test]
fn the_hash_covers_the_script_and_the_parameters() {
    let place = Place::small();
    let hash = |args: &[&str]| {
        place.carom(&[&["run", "m.carom", "short"], args].concat()).ends(0);
        place.json(&format!("{SHORT}/run.json"))["sha256"].to_string()
    };
    let plain = hash(&[]);
    assert_eq!(plain, hash(&["--threads", "1"]));
    assert_eq!(plain, hash(&["--set", "g = 0.15*2"]), "another spelling of the same value");
    assert_ne!(plain, hash(&["--set", "g = 0.4"]));
    place.write("m.carom", crate::support::SMALL.replace("splitting", "level splitting"));
    assert_ne!(plain, hash(&[]));
}

#[test]
fn until_ends_a_run_early() {
    let place = Place::small();
    place.write("until.carom", "use m\nexperiment stop { run 500 until z > 0.5 }\n");
    let said = place.carom(&["run", "until.carom"]).ends(0);
    let table = rows(&place.read("out/until/stop/series.csv"));
    let z = |row: &[String]| row[2].parse::<f64>().unwrap();
    let (last, before) = table[1..].split_last().unwrap();
    assert!(z(last) > 0.5 && before.iter().all(|row| z(row) <= 0.5));
    let done: u64 = last[0].parse().unwrap();
    assert!(done < 500);
    assert_eq!(place.json("out/until/stop/run.json")["collisions"], done);
    assert!(said.out.contains(&format!("{done} of 500 collisions")) && said.out.contains("until"), "{}", said.out);
}

#[test]
fn save_writes_the_named_series() {
    let place = Place::small();
    let script = "use m\nexperiment kept {\n run 10\n let d = diff(x)\n save \"two.csv\" z, x\n save \"all.csv\"\n save \"d.csv\" d\n}\n";
    place.write("save.carom", script);
    place.carom(&["run", "save.carom"]).ends(0);
    let table = rows(&place.read("out/save/kept/two.csv"));
    assert_eq!(table[0], ["n", "z", "x"]);
    assert_eq!(table.len(), 12);
    assert_eq!(rows(&place.read("out/save/kept/all.csv"))[0], ["n", "x", "z", "P"]);
    assert_eq!(rows(&place.read("out/save/kept/d.csv"))[0], ["n", "d"]);
}

#[test]
fn no_result_replaces_another() {
    let place = Place::small();
    for (what, name) in [
        ("save \"series.csv\" x", "series.csv"),
        ("save \"Series.csv\" x", "Series.csv"),
        ("save \"a.csv\" x; save \"a.csv\" z", "a.csv"),
        ("let series = pearson(x, z, width = 5)", "series.csv"),
    ] {
        place.write("twice.carom", format!("use m\nexperiment twice {{ run 10; {what} }}\n"));
        place.carom(&["run", "twice.carom"]).refuses(3, &["E503", name]);
    }
    for name in ["../up.csv", "/tmp/x.csv", "sub/x.csv", ".hidden.csv", "x.txt", ""] {
        place.write("twice.carom", format!("use m\nexperiment twice {{ run 10; save \"{name}\" x }}\n"));
        place.carom(&["run", "twice.carom"]).refuses(3, &["E503"]);
    }
    assert_eq!(place.tree(), ["m.carom", "twice.carom"]);
}

#[test]
fn a_failed_expectation_exits_with_1_and_writes_the_files() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom", "wrong"]).ends(1);
    assert!(said.out.contains("✗ last(z) < 0"), "{}", said.out);
    assert!(place.read("out/m/wrong/series.csv").lines().count() == 22);
    assert_eq!(place.json("out/m/wrong/run.json")["collisions"], 20);
}

#[test]
fn a_run_that_fails_halfway_keeps_its_earlier_rows() {
    let place = Place::new();
    let script = "system s = |+>\nstep { evolve Z(s) for 0.1 }\nobserve r = log(0.9 - <X(s)>)\nobserve x = <X(s)>\nexperiment a { run 50 }\n";
    place.write("m.carom", script);
    let said = place.carom(&["run", "m.carom"]);
    // At n = 0 ⟨X⟩ = 1, so that the logarithm's argument is negative.
    said.refuses(4, &["E607", "collision 0", "`r`"]);
    assert_eq!(place.read("out/m/a/series.csv"), "n,r,x\n");
    assert_eq!(place.json("out/m/a/run.json")["collisions"], 0);
}

#[test]
fn a_second_run_replaces_the_earlier_results() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short"]).ends(0);
    place.carom(&["run", "m.carom", "short", "--collisions", "10"]).ends(0);
    assert_eq!(place.read(&format!("{SHORT}/series.csv")).lines().count(), 12);
}

#[test]
fn numpy_archives_are_written_beside_csv_on_request() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "--format", "npz", "--no-plots"]).ends(0);
    let tree = place.tree();
    for file in ["series.csv", "series.npz", "C.csv", "C.npz"] {
        assert!(tree.contains(&format!("out/m/short/{file}")), "{file} in {tree:?}");
    }
    // A zip archive of files whose names end in .npy.
    let bytes = std::fs::read(place.path("out/m/short/series.npz")).unwrap();
    assert!(bytes.starts_with(b"PK") && bytes.windows(5).any(|w| w == b"x.npy"));
    place.carom(&["run", "m.carom", "short", "--format", "npz", "--no-plots", "--sweep", "g = [0.1, 0.2]"]).ends(0);
}

/// Two spins stay in anti-phase for ever. Only the last window, which the claim reads, is kept.
#[test]
fn a_run_too_long_to_keep_writes_its_last_window() {
    let place = Place::new();
    place.write(
        "long.carom",
        "system a = |+>\nsystem b = |->\nstep { evolve -0.4*Z(a) - 0.4*Z(b) for 0.3 }
        observe x = <X(a)>\nobserve y = <X(b)>
        experiment t { run 10^11; expect last(pearson(x, y, width = 100, overlap = 50)) ≈ -1 ± 1e-12 }",
    );
    let said = place.carom(&["run", "long.carom"]).ends(0);
    assert!(said.err.contains("W002") && said.err.contains("99999999901 …"), "{}", said.err);
    let table = rows(&place.read("out/long/t/series.csv"));
    assert_eq!((table.len(), table[1][0].as_str(), table[100][0].as_str()), (101, "99999999901", "100000000000"));
}
