//! The options of `run`: experiments, parameters, output folder, threads, standard input.

use crate::support::{Place, SMALL, rows};

#[test]
fn without_a_name_every_experiment_runs() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom"]).ends(1);
    assert!(place.path("out/m/short/series.csv").exists() && place.path("out/m/wrong/series.csv").exists());
    assert!(said.out.find("m short").unwrap() < said.out.find("m wrong").unwrap());
}

#[test]
fn named_experiments_run_and_no_others() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "short"]).ends(0);
    assert!(!place.path("out/m/wrong").exists());
    place.carom(&["run", "m.carom", "wrong", "short", "--out", "both"]).ends(1);
    assert!(place.path("both/short/run.json").exists() && place.path("both/wrong/run.json").exists());
}

#[test]
fn parameters_are_numbers_expressions_and_rules() {
    let place = Place::small();
    let mut seen = Vec::new();
    let values: [(&[&str], &str, &str); 6] = [
        (&["g=0.5"], "g", "0.5"),
        (&[" g = 1/4 "], "g", "0.25"),
        (&["omega=2g"], "ω", "0.6"),
        (&["ω=π/2"], "ω", "1.5707963267948966"),
        (&["out=erase"], "out", "erase"),
        (&["g=0.1", "ω=3g", "g=0.2"], "ω", "0.6000000000000001"),
    ];
    for (sets, name, value) in values {
        let mut args = vec!["run", "m.carom", "short"];
        sets.iter().for_each(|set| args.extend(["--set", set]));
        let said = place.carom(&args);
        assert!(said.code < 2, "{sets:?}: {}", said.err);
        let recorded = place.json("out/m/short/run.json")["parameters"][name].clone();
        let expected = serde_json::from_str(value).unwrap_or_else(|_| serde_json::Value::from(value));
        assert_eq!(recorded, expected, "{sets:?}");
        seen.push(place.read("out/m/short/series.csv"));
    }
    seen.dedup();
    assert!(seen.len() >= 4, "parameters change the numbers");
}

#[test]
fn a_parameter_follows_another_that_is_set() {
    let place = Place::new();
    place.carom(&["run", "karpat2019", "fig2", "--collisions", "150", "--set", "omega1 = 2"]).ends(1);
    let parameters = &place.json("out/karpat2019/fig2/run.json")["parameters"];
    assert_eq!((&parameters["ω1"], &parameters["ω2"]), (&2.into(), &2.2.into()));
}

#[test]
fn a_pattern_names_several_experiments() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom", "s*", "?hort", "-o", "o", "-j", "1"]).ends(0);
    assert!(place.path("o/short/series.csv").exists() && !place.path("o/wrong").exists());
    assert_eq!(said.out.matches("m short").count(), 1);
    place.carom(&["run", "m.carom", "fig*"]).refuses(2, &["E213", "no experiment matches `fig*`", "short, wrong"]);
}

#[test]
fn several_experiments_end_with_a_verdict() {
    let place = Place::small();
    let said = place.carom(&["run", "m.carom", "--no-plots"]).ends(1);
    let end = said.out.split("2 experiments run; 1 of 2 expectations hold\n").nth(1).expect("a verdict");
    assert!(end.starts_with("  wrong: ✗ last(z) < 0") && end.lines().count() == 1, "{end}");
    let one = place.carom(&["run", "m.carom", "short", "--no-plots"]).ends(0);
    assert!(!one.out.contains("experiments run"), "{}", one.out);
    assert_eq!(place.carom(&["run", "m.carom", "--no-plots", "-q"]).ends(1).out, "");
    place.write("fails.carom", "system s = |+>\nstep { evolve Z(s) for 0.1 }\nobserve r = log(0.9 - <X(s)>)\nobserve x = <X(s)>\nexperiment a { run 5 }\nexperiment b { run 5 }\n");
    let failed = place.carom(&["run", "fails.carom", "--no-plots"]).ends(4);
    assert!(failed.out.contains("0 experiments run\n  a: failed with E607\n  b: failed with E607"), "{}", failed.out);
}

#[test]
fn colours_are_set_by_an_option() {
    let place = Place::small();
    let plain = place.carom(&["run", "m.carom", "short", "--no-plots"]).ends(0);
    let coloured = place.carom(&["run", "m.carom", "short", "--no-plots", "--color", "always"]).ends(0);
    assert!(!plain.out.contains('\u{1b}') && coloured.out.contains('\u{1b}'));
    assert!(place.carom(&["--color=always", "check", "nothing"]).ends(3).err.contains('\u{1b}'));
    assert!(!place.carom(&["check", "nothing", "--color", "never"]).ends(3).err.contains('\u{1b}'));
}

#[test]
fn a_script_in_place_of_a_command_is_explained() {
    let place = Place::small();
    place.carom(&["m.carom"]).refuses(2, &["`m.carom` is a script", "carom run m.carom"]);
    place.carom(&["otto", "cycle"]).refuses(2, &["carom run otto"]);
    place.carom(&["nothing"]).refuses(2, &["unrecognized"]);
}

#[test]
fn the_option_collisions_overrides_the_script() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "--collisions", "33"]).ends(0);
    assert_eq!(rows(&place.read("out/m/short/series.csv")).len(), 35);
    assert_eq!(place.json("out/m/short/run.json")["collisions"], 33);
}

#[test]
fn any_number_of_threads_gives_the_same_bytes() {
    let place = Place::small();
    for threads in ["1", "2", "7"] {
        place.carom(&["run", "m.carom", "--threads", threads, "--out", threads]).ends(1);
    }
    for file in ["short/series.csv", "short/C.csv", "wrong/series.csv"] {
        let [one, two, seven] = ["1", "2", "7"].map(|t| place.read(&format!("{t}/{file}")));
        assert!(one == two && two == seven, "{file}");
    }
}

#[test]
fn the_same_run_gives_the_same_bytes() {
    let place = Place::new();
    for dir in ["a", "b"] {
        place.carom(&["run", "karpat2019", "fig2", "--no-plots", "--out", dir]).ends(0);
    }
    for file in ["series.csv", "C12.csv"] {
        assert_eq!(place.read(&format!("a/fig2/{file}")), place.read(&format!("b/fig2/{file}")));
    }
}

#[test]
fn standard_input_is_a_script() {
    let place = Place::new();
    place.piped(&["run", "-", "short"], SMALL).ends(0);
    assert!(place.path("out/stdin/short/series.csv").exists());
    place.piped(&["check", "-"], "param a = b").refuses(3, &["E201", "<stdin>"]);
}

#[test]
fn a_file_takes_precedence_over_a_shipped_protocol_but_a_folder_does_not() {
    let place = Place::new();
    place.write("karpat2019/fig2.txt", "results");
    assert!(place.carom(&["list", "karpat2019"]).ends(0).out.contains("fig2"));
    place.write("other/karpat2019", SMALL);
    let said = place.shell("cd other && carom list karpat2019").ends(0);
    assert!(said.out.contains("short") && !said.out.contains("fig2"), "{}", said.out);
}

#[test]
fn a_script_may_be_in_any_folder() {
    let place = Place::new();
    place.write("a folder/γ model.carom", SMALL);
    place.carom(&["run", "a folder/γ model.carom", "short"]).ends(0);
    assert!(place.path("out/γ model/short/series.csv").exists());
}

#[test]
fn wrong_usage_is_reported() {
    let place = Place::small();
    let cases: [(&[&str], &str); 14] = [
        (&["run"], "FILE"),
        (&["run", "m.carom", "--collisions", "0"], "--collisions"),
        (&["run", "m.carom", "--collisions", "-5"], "-5"),
        (&["run", "m.carom", "--collisions", "1e3"], "1e3"),
        (&["run", "m.carom", "--collisions", "99999999999999999999"], "--collisions"),
        (&["run", "m.carom", "--threads", "0"], "--threads"),
        (&["run", "m.carom", "--threads", "many"], "--threads"),
        (&["run", "m.carom", "--nonsense"], "--nonsense"),
        (&["run", "m.carom", "--set"], "--set"),
        (&["run", "m.carom", "shrot"], "did you mean `short`?"),
        (&["fly"], "fly"),
        (&["check"], "FILE"),
        (&["completions", "tcsh95"], "tcsh95"),
        (&["explain", "m.carom", "shrot"], "did you mean `short`?"),
    ];
    for (args, word) in cases {
        let said = place.carom(args).refuses(2, &[word]);
        assert_eq!(said.out, "", "{args:?}");
    }
    assert_eq!(place.tree(), ["m.carom"]);
}

#[test]
fn mistakes_in_set_are_usage_errors_and_write_nothing() {
    let place = Place::small();
    let cases = [
        ("g", "E604", "no `=`"),
        ("", "E604", "no `=`"),
        ("h=1", "E212", "no parameter `h`"),
        ("omga=1", "E212", "did you mean `ω`?"),
        ("=1", "E212", "no parameter"),
        ("g=", "E101", "<--set>"),
        ("g=(1", "E102", "never closed"),
        ("g=1 1", "E101", "<--set>"),
        ("g=1e999", "E105", "<--set>"),
        ("g=keep", "E208", "must be a number"),
        ("out=3", "E208", "must be a rule"),
        ("out=keeep", "E201", "did you mean `keep`?"),
        ("g=1/0", "E409", "<--set>"),
        ("g=σx(s)", "E208", "must be a number"),
    ];
    for (set, code, words) in cases {
        place.carom(&["run", "m.carom", "--set", set]).refuses(2, &[code, words]);
    }
    // Several mistakes are reported together.
    let said = place.carom(&["run", "m.carom", "--set", "h=1", "--set", "g"]).ends(2);
    assert!(said.err.contains("E212") && said.err.contains("E604") && said.err.contains("2 errors"));
    assert_eq!(place.tree(), ["m.carom"]);
}

#[test]
fn the_range_of_a_parameter_applies_to_options_and_is_listed() {
    let place = Place::new();
    place.write(
        "r.carom",
        "param g = 0.3 in 0..√ω\nparam ω = 1\nsystem s = |0>\nstep { apply RX(s, g) }\n\
         experiment turns { run 3 }\n",
    );
    for set in ["g=1.5", "g=-0.1", "g=i"] {
        place.carom(&["run", "r.carom", "--set", set]).refuses(2, &["`g`"]);
    }
    place.carom(&["run", "r.carom", "--set", "g=1.5"]).refuses(2, &["E416", "1.5", "from 0 to 1", "<--set>"]);
    place.carom(&["run", "r.carom", "--sweep", "g = [0.5, 1.5]"]).refuses(2, &["E416", "1.5", "from 0 to 1"]);
    place.carom(&["run", "r.carom", "--set", "g=1.5", "--set", "ω=4"]).ends(0);
    let listed = place.carom(&["list", "r.carom"]).ends(0).out;
    assert!(listed.contains("= 0.3 in 0..√ω"), "{listed}");
}

#[test]
fn a_size_is_set_on_the_command_line_and_named_in_the_files() {
    let place = Place::new();
    place.write(
        "a.carom",
        "param L = 2 in 1..9\nsystem s[L] = |0>\nstep { for k in 1..L { apply RX(s[k], 0.1*k) } }\n\
         observe z[k in 1..L] = <Z(s[k])>\n\
         experiment turns { run 3; plot { heatmap z }; save \"z.csv\" z[L] }\n\
         experiment own { set L = 4; run 3; save \"z.csv\" z }\n\
         experiment sizes { sweep L = [1, 3]; run 3; collect c = last(z[L]) }\n",
    );
    let header = |path: &str| place.read(path).lines().next().unwrap_or_default().to_string();
    place.carom(&["run", "a.carom", "turns", "--set", "L=3"]).ends(0);
    assert_eq!(header("out/a/turns/series.csv"), "n,z[1],z[2],z[3]");
    assert_eq!(header("out/a/turns/z.csv"), "n,z[3]");
    place.carom(&["run", "a.carom", "own"]).ends(0);
    assert_eq!(header("out/a/own/z.csv"), "n,z[1],z[2],z[3],z[4]");
    place.carom(&["run", "a.carom", "sizes"]).ends(0);
    let swept = place.read("out/a/sizes/sizes.csv");
    let values: Vec<&str> = swept.lines().skip(1).map(|line| line.split(',').nth(1).unwrap_or_default()).collect();
    assert_eq!(values.len(), 2, "{swept}");
    assert_ne!(values[0], values[1]);
    place.carom(&["run", "a.carom", "turns", "--set", "L=12"]).refuses(2, &["E416"]);
    let listed = place.carom(&["list", "a.carom"]).ends(0).out;
    assert!(listed.contains("z[1] … z[2]"), "{listed}");
}
