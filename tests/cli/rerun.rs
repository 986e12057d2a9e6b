//! `carom rerun`: an experiment runs again from its `run.json` alone.

use crate::support::{Place, SMALL};

/// A script that uses another in a folder, which uses a shipped protocol, and reads an input.
fn nested() -> Place {
    let place = Place::new();
    place.write("sub/base.carom", "use memory\nparam k = 0.5\ninput u = \"u.csv\" column \"u\"\n");
    place.write("sub/u.csv", "u\n0.1\n0.2\n");
    let main = "use sub/base\nset θ = k\nobserve two = 2*population(s, 1)\n\
                experiment a { run 30; let m = min(two) }\n\
                experiment t { run 10; sweep k = [0.1, 0.2, 0.4]; collect low = last(two) }\n\
                experiment noise { draw k = uniform(0.1, 0.2); run 10; trajectories 20 }\n";
    place.write("main.carom", main);
    place
}

#[test]
fn a_record_alone_gives_the_same_bytes() {
    let place = nested();
    place.carom(&["run", "main.carom", "--no-plots", "--set", "γ = 0.3", "--format", "npz"]).ends(0);
    let series = [("a", "series.csv"), ("t", "t.csv"), ("noise", "series.csv")];
    let before = series.map(|(e, file)| place.read(&format!("out/main/{e}/{file}")));
    for (k, (experiment, _)) in series.iter().enumerate() {
        // The script is gone, and so are the other files of the run.
        place.write(&format!("{k}.json"), place.read(&format!("out/main/{experiment}/run.json")));
    }
    for file in ["main.carom", "sub/base.carom", "sub/u.csv"] {
        std::fs::remove_file(place.path(file)).unwrap();
    }
    for (k, (experiment, file)) in series.iter().enumerate() {
        let said = place.carom(&["rerun", &format!("{k}.json"), "--no-plots"]).ends(0);
        assert!(!said.out.contains("the same bytes"), "{}", said.out);
        assert_eq!(place.read(&format!("rerun/main/{experiment}/{file}")), before[k], "{experiment}");
        assert!(place.path("rerun/main/a/series.npz").exists());
        // A record of the second run gives the numbers a third time.
        let again = format!("rerun/main/{experiment}");
        let said = place.carom(&["rerun", &again, "-o", "third", "--no-plots"]).ends(0);
        assert!(said.out.contains(&format!("✓ {file}: the same bytes")), "{}", said.out);
    }
}

#[test]
fn options_are_repeated_and_differences_reported() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "--collisions", "33", "--backend", "density", "--no-plots"]).ends(0);
    let said = place.carom(&["rerun", "out/m/short", "--no-plots"]).ends(0);
    assert!(said.out.contains("33 collisions") && said.out.contains("density"), "{}", said.out);
    place.carom(&["rerun", "out/m/short"]).refuses(4, &["E602", "contains a run already", "--out"]);
    place.write("out/m/short/series.csv", "n,x\n");
    let said = place.carom(&["rerun", "out/m/short", "-o", "new", "-q", "--no-plots"]).ends(1);
    assert!(said.out.contains("✗ series.csv: other numbers") && !said.out.contains("C.csv"), "{}", said.out);
}

#[test]
fn a_record_that_cannot_be_run_is_refused() {
    let place = Place::small();
    place.carom(&["run", "m.carom", "short", "--no-plots"]).ends(0);
    let good = place.read("out/m/short/run.json");
    let refused = |text: &str, code: i32, words: &[&str]| {
        place.write("r.json", text);
        place.carom(&["rerun", "r.json", "--no-plots"]).refuses(code, words);
        assert!(!place.path("rerun").exists(), "{words:?}");
    };
    refused("{", 4, &["E601", "damaged"]);
    refused("[1]", 4, &["E601", "damaged"]);
    refused(&good.replace("\"format\": 2", "\"format\": 3"), 4, &["E601", "newer version"]);
    refused(&good.replace("\"format\": 2,", ""), 4, &["E601", "older version", "run the experiment again"]);
    refused(&good.replace("\"texts\"", "\"text\""), 4, &["E601", "damaged"]);
    refused(&good.replace("\"file\": \"m.carom\"", "\"file\": \"../m.carom\""), 4, &["E601", "damaged"]);
    refused(&good.replace("splitting", "level splitting"), 4, &["E601", "hash"]);
    refused(&good.replace("evolve H for", "evolve G for"), 4, &["E201", "ran with carom"]);
    refused(&good.replace("\"backend\": \"auto\"", "\"backend\": \"abacus\""), 4, &["E601", "damaged"]);
    place.carom(&["rerun", "nothing"]).refuses(4, &["E601", "nothing"]);
}

#[test]
fn a_script_of_standard_input_is_in_the_record() {
    let place = Place::new();
    place.piped(&["run", "-", "short", "--no-plots"], SMALL).ends(0);
    let said = place.carom(&["rerun", "out/stdin/short", "--no-plots"]).ends(0);
    assert!(said.out.contains("✓ series.csv: the same bytes"), "{}", said.out);
}
