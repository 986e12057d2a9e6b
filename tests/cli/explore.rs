//! The commands that run no experiment, or run one only to check it: list, check, explain, verify, reference, new,
//! completions.

use crate::support::{Place, SMALL};

#[test]
fn list_shows_the_shipped_protocols() {
    let place = Place::new();
    let said = place.carom(&["list"]).ends(0);
    let line = said.out.lines().find(|l| l.contains("karpat2019")).unwrap();
    assert!(line.contains("Anti-phase"), "with its purpose: {line}");
    assert_eq!(said.err, "");
}

#[test]
fn list_shows_the_contents_of_a_script() {
    let place = Place::small();
    let out = place.carom(&["list", "m.carom"]).ends(0).out;
    for words in [
        "A spin that loses",
        "= 0.3",
        "coupling",
        "<σx(s)>",
        "what is watched",
        "recorded",
        "erase",
        "rule",
        "Twenty collisions",
    ] {
        assert!(out.contains(words), "no {words:?} in\n{out}");
    }
}

#[test]
fn check_runs_nothing_and_reports_every_mistake() {
    let place = Place::small();
    let said = place.carom(&["check", "m.carom", "karpat2019"]).ends(0);
    assert_eq!(said.out.lines().count(), 2);
    place.write("bad.carom", "param a = b\nparam c = d + 1\nsystem s = 0.5*|0>\n");
    let said = place.carom(&["check", "m.carom", "bad.carom"]).ends(3);
    assert!(said.err.contains("`b`") && said.err.contains("`d`") && said.err.contains("errors"), "{}", said.err);
    assert!(said.out.contains("m.carom") && !said.out.contains("bad.carom"));
    assert_eq!(place.tree(), ["bad.carom", "m.carom"]);
}

#[test]
fn check_finds_mistakes_that_only_numbers_show() {
    let place = Place::small();
    for (old, new, code) in [
        ("σx(s)*σx(e) + ", "raise(s)*σx(e) + ", "E401"),
        ("environment e = |0>", "environment e = 0.5*|0><0|", "E404"),
        ("width = 5", "width = 50", "E504"),
        ("rule keep { discard e }", "rule keep { uncorrelate s | e }", "E302"),
    ] {
        place.write("bad.carom", SMALL.replace(old, new));
        place.carom(&["check", "bad.carom"]).refuses(3, &[code, "bad.carom"]);
    }
}

#[test]
fn explain_lists_the_modes_of_the_step_map() {
    let place = Place::new();
    let out = place.carom(&["explain", "karpat2019", "fig2", "--spectrum"]).ends(0).out;
    for words in ["one sector", "one steady state", "0.9997324", "3.1092", "C12: predicted -0.9995"] {
        assert!(out.contains(words), "no {words:?} in\n{out}");
    }
    let out = place.carom(&["explain", "karpat2019", "fig8a", "--spectrum"]).ends(0).out;
    assert!(out.contains("Jordan block") && out.contains("no prediction"), "{out}");
    place
        .carom(&["explain", "karpat2019", "--spectrum", "--set", "trace_out=erase"])
        .refuses(3, &["E508", "uncorrelate"]);
    place.carom(&["explain", "karpat2019", "--spectrum", "--equations"]).refuses(2, &["--equations"]);
}

#[test]
fn the_spectrum_of_a_run_is_written_and_its_predictions_are_printed() {
    let place = Place::new();
    let model = "use karpat2019\nexperiment t {\nrun 400\nspectrum\nlet C = pearson(x1, x2, width = 140)\n}\n";
    place.write("t.carom", model);
    let out = place.carom(&["run", "t.carom", "--no-plots"]).ends(0).out;
    assert!(
        out.contains("C: predicted -0.9995") && out.contains("; simulated") && out.contains("spectrum.csv"),
        "{out}"
    );
    let csv = place.read("out/t/t/spectrum.csv");
    let (header, rows) = csv.split_once('\n').expect("a header");
    let own = "sector,re,im,modulus,decay,frequency,eigenvalues,eigenvectors";
    assert_eq!(header, format!("{own},x1_amplitude,x1_phase,x2_amplitude,x2_phase"));
    assert!(rows.starts_with("1,0.981322"), "{rows}");
    let json = place.carom(&["run", "t.carom", "--no-plots", "--json"]).ends(0).out;
    let summary: serde_json::Value = serde_json::from_str(&json).expect("JSON");
    let prediction = &summary[0]["predictions"][0];
    assert_eq!(prediction["name"], "C");
    assert!(
        prediction["predicted"]["from"].as_u64().is_some_and(|n| n > 3000) && prediction["simulated"]["n"] == 141,
        "{prediction}"
    );
}

#[test]
fn explain_shows_when_each_subsystem_is_live_and_why() {
    let place = Place::new();
    let out = place.carom(&["explain", "karpat2019"]).ends(0).out;
    let line = |start: &str| {
        let line = out.lines().find(|l| l.trim_start().starts_with(start));
        line.unwrap_or_else(|| panic!("no {start:?} in\n{out}"))
    };
    assert!(line("peak").contains("4 live subsystems, s1 s2 e2 e1' at `apply pswap(e2, e1')`"));
    assert!(line("memory").contains("2.2 kB") && line("memory").contains("dimension 16"));
    assert!(line("the step  ").contains("linear"));
    assert!(line("backend").contains("step-map (36 of 64 basis elements in blocks of 18, 18)"));
    assert!(line("why").contains("for 1999 collisions") && line("why").contains("by density"));
    assert!(line("cost").contains("operations per collision"));
    assert!(line("s1  ").contains("whole run"));
    assert!(line("e1  ").contains("traced out after `evolve Hse(s1, e1) for δt`"));
    assert!(line("e2  ").contains("attached for `evolve Hse(s2, e2) for δt`"));
    assert!(line("e1' ").contains("becomes e1 of the next collision"));
}

#[test]
fn explain_follows_the_parameters() {
    let place = Place::small();
    let out = |args: &[&str]| place.carom(&[&["explain", "m.carom"], args].concat()).ends(0).out;
    assert!(out(&[]).contains("the step  linear"));
    // `uncorrelate` with one group, the whole state, changes nothing.
    assert!(out(&["--set", "out=erase"]).contains("the step  linear"));
    let erased = place.carom(&["explain", "karpat2019", "--set", "trace_out=erase"]).ends(0).out;
    assert!(erased.contains("the step  nonlinear: `uncorrelate`"), "{erased}");
    place.write("n.carom", "use karpat2019\nexperiment e { set trace_out = erase; run 5 }\n");
    assert!(place.carom(&["explain", "n.carom", "e"]).ends(0).out.contains("nonlinear"));
    place.carom(&["explain", "m.carom", "--set", "g=i"]).refuses(3, &["E401"]);
    place.write("m.carom", SMALL.replace("for 1\n", "for 1/n\n"));
    assert!(out(&[]).contains("`n` occurs"));
}

#[test]
fn equations_are_latex_with_balanced_braces() {
    let place = Place::small();
    for file in ["karpat2019", "m.carom"] {
        let out = place.carom(&["explain", file, "--equations"]).ends(0).out;
        assert!(out.starts_with("\\begin{align*}\n") && out.ends_with("\\end{align*}\n"), "{out}");
        let mut depth = 0;
        for c in out.chars() {
            depth += i32::from(c == '{') - i32::from(c == '}');
            assert!(depth >= 0, "{out}");
        }
        assert_eq!(depth, 0, "{out}");
        assert_eq!(out.matches("\\left").count(), out.matches("\\right").count());
        assert!(out.contains("\\rho \\to e^{-i"), "{out}");
        assert!(out.is_ascii(), "Greek letters are commands: {out}");
        // Every line but the last ends with a LaTeX line break.
        let lines: Vec<&str> = out.lines().filter(|l| l.starts_with("  &")).collect();
        assert!(
            lines[..lines.len() - 1].iter().all(|l| l.ends_with("\\\\")) && !lines[lines.len() - 1].ends_with("\\\\")
        );
    }
}

#[test]
fn verify_prints_one_line_per_claim() {
    let place = Place::small();
    let said = place.carom(&["verify", "m.carom"]).ends(1);
    assert!(said.out.contains("✓ last(z) > 0.5") && said.out.contains("✗ last(z) < 0"), "{}", said.out);
    assert!(said.out.contains("1 of 2 expectations hold"), "{}", said.out);
    assert_eq!(place.tree(), ["m.carom"], "it writes nothing");
    let said = place.carom(&["verify", "exchange"]).ends(0);
    assert!(said.out.contains("✓"), "{}", said.out);
}

#[test]
fn verify_runs_sweeps_with_the_given_settings() {
    let place = Place::new();
    let experiments = "param k = 5
experiment map {
    run 10
    sweep g = linspace(0.1, 0.5, k)
    collect last_z = last(z)
    expect count(g < 3) == 5
    expect fraction(last_z <= 1) == 1
}
experiment figure { plot { panels map } }
";
    let model = SMALL.split("experiment").next().expect("the part before the first experiment");
    place.write("m.carom", format!("{model}{experiments}"));
    let said = place.carom(&["verify", "m.carom"]).ends(0);
    assert!(said.out.contains("m map\n  5 points\n  ✓ count(g < 3) == 5"), "{}", said.out);
    assert!(said.out.contains("2 of 2 expectations hold") && !said.out.contains("figure"), "{}", said.out);
    assert_eq!(place.tree(), ["m.carom"], "it writes nothing");
    let said = place.carom(&["verify", "m.carom", "--set", "k = 2"]).ends(1);
    assert!(said.out.contains("✗ count(g < 3) == 5   count(g < 3) = 2"), "{}", said.out);
    place.carom(&["verify", "m.carom", "--set", "kk = 2"]).refuses(2, &["kk"]);
    place.carom(&["check", "m.carom"]).ends(0);
}

#[test]
fn reference_explains_a_word() {
    let place = Place::new();
    for (word, says) in [
        ("pearson", "width = 140"),
        ("concurrence", "concurrence(a, b)"),
        ("SWAP", "SWAP"),
        ("σx", "also"),
        ("E401", "not Hermitian"),
        ("e401", "not Hermitian"),
        ("W001", "missing"),
    ] {
        let out = place.carom(&["reference", word]).ends(0).out;
        assert!(out.contains(says), "{word}:\n{out}");
    }
    place.carom(&["reference", "persn"]).refuses(2, &["persn", "did you mean `pearson`?"]);
    place.carom(&["reference", "zzzzzz"]).refuses(2, &["zzzzzz", "carom reference"]);
    place.carom(&["reference", "E999"]).refuses(2, &["E999"]);
    let all = place.carom(&["reference"]).ends(0).out;
    assert!(all.contains("pearson") && all.contains("E401") && all.lines().all(|l| l.chars().count() <= 100), "{all}");
}

#[test]
fn new_writes_a_protocol_that_runs() {
    let place = Place::new();
    let said = place.carom(&["new", "bath"]).ends(0);
    assert!(said.out.contains("bath.carom"));
    place.carom(&["check", "bath.carom"]).ends(0);
    place.carom(&["run", "bath.carom", "--no-plots"]).ends(0);
    place.carom(&["new", "other.carom"]).ends(0);
    assert!(place.path("other.carom").exists());
}

#[test]
fn new_overwrites_nothing() {
    let place = Place::new();
    place.write("mine.carom", "my work");
    for name in ["mine", "mine.carom"] {
        place.carom(&["new", name]).refuses(4, &["E602", "mine.carom", "already exists"]);
    }
    assert_eq!(place.read("mine.carom"), "my work");
    for name in ["", ".", "..", "a b", "a/", "a.b", "-", "-x", "a\nb", "x*"] {
        let said = place.carom(&["new", "--", name]);
        said.refuses(2, &["E604", "cannot be the name"]);
    }
    place.carom(&["new", "mine.carom/x"]).refuses(4, &["E602"]);
    assert_eq!(place.tree(), ["mine.carom"]);
}

#[test]
fn completions_know_every_command() {
    let place = Place::new();
    for shell in ["bash", "zsh", "fish"] {
        let out = place.carom(&["completions", shell]).ends(0).out;
        for command in ["run", "check", "list", "explain", "verify", "reference", "fmt", "lsp", "new", "completions"] {
            assert!(out.contains(command), "{shell}: {command}");
        }
        assert!(out.contains("collisions"), "{shell}");
    }
    // The shell accepts the script.
    place.shell("carom completions bash > c.bash && bash -n c.bash && source c.bash && complete -p carom").ends(0);
}

#[test]
fn every_command_has_a_manual_page() {
    let place = Place::new();
    let page = place.carom(&["man"]).ends(0).out;
    assert!(page.contains(".TH carom 1") && page.contains("quantum collision models"), "{page}");
    place.carom(&["man", "share/man1"]).ends(0);
    assert!(place.read("share/man1/carom-fmt.1").contains("standard output"));
    let commands = place.carom(&["--help"]).out;
    let commands = commands.lines().skip_while(|l| *l != "Commands:").skip(1).take_while(|l| !l.is_empty());
    for name in commands.filter_map(|l| l.split_whitespace().next()).filter(|name| *name != "help") {
        assert!(place.path(&format!("share/man1/carom-{name}.1")).is_file(), "{name}");
    }
    place.write("file", "");
    place.carom(&["man", "file"]).refuses(4, &["E602", "file"]);
}

#[test]
fn help_and_version() {
    let place = Place::new();
    assert!(place.carom(&["--version"]).ends(0).out.contains(env!("CARGO_PKG_VERSION")));
    for args in [&["--help"][..], &["run", "--help"], &["help", "explain"]] {
        let said = place.carom(args).ends(0);
        assert!(said.out.contains("Usage: carom") && said.err.is_empty());
    }
    assert!(place.carom(&[]).ends(2).err.contains("Usage: carom"));
}
