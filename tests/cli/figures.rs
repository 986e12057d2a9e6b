//! Figures: drawn by `carom run`, drawn again by `carom plot`, and sketched on a terminal.

use crate::support::{Place, SMALL};

const FIGURES: &str = "
use m
experiment a \"Two figures\" {
    run 20
    let C = pearson(x, z, width = 5, overlap = 3)
    plot { line x; line z dashed; inset { line C }; title \"x: and/or z\" }
    plot { scatter C; ylabel \"C\" }
}
experiment b { run 30 }
experiment both \"Side by side\" { plot { panels a, b } }
experiment map {
    run 20
    sweep g = linspace(0, 0.3, 4), ω = [0.5, 1, 2]
    collect C = last(pearson(x, z, width = 5, overlap = 3))
    plot { heatmap C; title \"C\" }
}
experiment lines { run 20; sweep g = [0, 0.2]; plot { line z } }
experiment bare { run 20; sweep g = [0, 0.2, 0.3]; collect C = last(pearson(x, z, width = 5, overlap = 3)) }
";

fn figures() -> Place {
    let place = Place::small();
    place.write("f.carom", FIGURES);
    place
}

fn pictures(place: &Place) -> Vec<(String, Vec<u8>)> {
    let names = place.tree().into_iter().filter(|f| [".svg", ".pdf", ".png"].iter().any(|end| f.ends_with(end)));
    names.map(|f| (f.clone(), std::fs::read(place.path(&f)).unwrap())).collect()
}

#[test]
fn a_run_draws_its_figures() {
    let place = figures();
    let said = place.carom(&["run", "f.carom"]).ends(0);
    let drawn = pictures(&place);
    let names: Vec<&str> = drawn.iter().map(|(f, _)| f.strip_prefix("out/f/").unwrap()).collect();
    let expected = [
        "a/plot.pdf",
        "a/plot.png",
        "a/plot.svg",
        "a/x-and-or-z.pdf",
        "a/x-and-or-z.png",
        "a/x-and-or-z.svg",
        "b/plot.pdf",
        "b/plot.png",
        "b/plot.svg",
        "bare/plot.pdf",
        "bare/plot.png",
        "bare/plot.svg",
        "both/plot.pdf",
        "both/plot.png",
        "both/plot.svg",
        "lines/plot.pdf",
        "lines/plot.png",
        "lines/plot.svg",
        "map/C.pdf",
        "map/C.png",
        "map/C.svg",
    ];
    assert_eq!(names, expected);
    for (name, bytes) in &drawn {
        assert!(said.out.contains(&format!("→ {name}")), "{name} in\n{}", said.out);
        let begins: &[u8] = match name.rsplit('.').next() {
            Some("png") => b"\x89PNG",
            Some("pdf") => b"%PDF-",
            _ => b"<svg",
        };
        assert!(bytes.starts_with(begins) && bytes.len() > 1000, "{name}");
    }
    for (file, words) in [
        ("a/x-and-or-z.svg", "x: and/or z"),
        ("both/plot.svg", "Two figures"),
        ("both/plot.svg", "(b)"),
        ("lines/plot.svg", ">g</tspan> = 0.2"),
        ("b/plot.svg", ">z<"),
    ] {
        assert!(place.read(&format!("out/f/{file}")).contains(words), "no {words:?} in {file}");
    }
    assert!(!place.read("out/f/both/plot.svg").contains("Side by side"), "a plot without a title has none");
}

#[test]
fn without_plots_nothing_is_drawn() {
    let place = figures();
    place.carom(&["run", "f.carom", "--no-plots", "--plot-terminal"]).ends(0);
    assert!(pictures(&place).is_empty());
}

#[test]
fn a_missing_value_is_labelled() {
    let place = figures();
    place.carom(&["run", "f.carom", "map"]).ends(0);
    let with = place.read("out/f/map/C.svg");
    assert!(with.contains(">missing<"), "a heat map with missing cells labels them");
    place.carom(&["run", "f.carom", "map", "--sweep", "g = linspace(0.1, 0.3, 4)"]).ends(0);
    assert!(!place.read("out/f/map/C.svg").contains(">missing<"));
}

#[test]
fn plot_draws_the_same_bytes_again() {
    let place = figures();
    place.carom(&["run", "f.carom", "--set", "ω = 1.5"]).ends(0);
    place.carom(&["run", "m.carom", "short", "--sweep", "g = [0.1, 0.2]", "--out", "out/f", "-q"]).ends(0);
    let before = pictures(&place);
    assert_eq!(before.len(), 24);
    before.iter().for_each(|(name, _)| std::fs::remove_file(place.path(name)).unwrap());
    let said = place.carom(&["plot", "out/f"]).ends(0);
    assert!(pictures(&place) == before);
    assert!(said.out.contains("→ out/f/both/plot.svg") && said.err.is_empty(), "{}{}", said.out, said.err);
    // One folder, from the folder above it, with the script by name.
    std::fs::remove_file(place.path("out/f/a/plot.svg")).unwrap();
    place.shell("cd out/f && carom plot a --script ../../f.carom").ends(0);
    assert!(pictures(&place) == before);
}

/// Cases, correlations and maps are read back from the files like other series.
#[test]
fn plot_draws_cases_and_correlations_again() {
    let place = Place::small();
    place.write(
        "c.carom",
        "use m
observe J = choi(s)
experiment cases {
    case weak { set g = 0.1 }
    case strong { set g = 0.3 }
    run 20
    observe D = trace_distance(s in weak, s in strong)
    let y = x in weak - x in strong
    plot { line x in weak, y; line D dashed }
}
experiment plain { case weak { set g = 0.1 }; case strong { set g = 0.3 }; run 20 }
experiment late { run 20; let C = correlation(X(s), X(s), from = 4); let a = abs(C); plot { line re(C), a } }
experiment swept { case weak { set g = 0.1 }; case strong { set g = 0.3 }; run 9; sweep ω = [1, 2]; plot { line x in weak } }
",
    );
    place.carom(&["run", "c.carom", "--format", "npz"]).ends(0);
    let csv = std::fs::read_to_string(place.path("out/c/cases/series.csv")).unwrap();
    let head = csv.lines().next().unwrap();
    assert!(head.starts_with("n,x in weak") && head.ends_with("J_11_11_im in strong,D,y"), "{head}");
    let late = std::fs::read_to_string(place.path("out/c/late/series.csv")).unwrap();
    assert!(late.lines().nth(4).unwrap().ends_with(",,"), "missing before the correlation begins: {late}");
    let json = std::fs::read_to_string(place.path("out/c/cases/run.json")).unwrap();
    let json: serde_json::Value = serde_json::from_str(&json).unwrap();
    assert_eq!(json["cases"], serde_json::json!({"weak": {"g": 0.1}, "strong": {"g": 0.3}}));
    let before = pictures(&place);
    assert_eq!(before.len(), 12);
    before.iter().for_each(|(name, _)| std::fs::remove_file(place.path(name)).unwrap());
    let said = place.carom(&["plot", "out/c"]).ends(0);
    assert!(pictures(&place) == before && said.err.is_empty(), "{}{}", said.out, said.err);
}

#[test]
fn plot_follows_a_changed_plot_and_refuses_changed_numbers() {
    let place = figures();
    place.carom(&["run", "f.carom", "a", "map", "lines"]).ends(0);
    place.write("f.carom", FIGURES.replace("ylabel \"C\"", "ylabel \"Pearson\""));
    place.carom(&["plot", "out/f/a"]).ends(0);
    assert!(place.read("out/f/a/plot.svg").contains("Pearson"));
    let before = pictures(&place);
    for (experiment, from, to, words) in [
        ("map", "linspace(0, 0.3, 4)", "linspace(0, 0.6, 4)", "do not match this experiment"),
        ("map", "[0.5, 1, 2]", "[0.5, 1]", "do not match this experiment"),
        ("map", "collect C", "collect D = last(x), C", "do not match this experiment"),
        ("lines", "[0, 0.2]", "[0.2, 0.4]", "do not match this experiment"),
        ("lines", "sweep g = [0, 0.2];", "", "do not match this experiment"),
        ("a", "use m", "use m\nset ω = 2", "`ω` was 1"),
        ("a", "use m", "use m\nobserve other = <σy(s)>", "do not match this experiment"),
        ("a", "experiment a", "experiment other", "no experiment `a`"),
    ] {
        place.write("f.carom", FIGURES.replace(from, to));
        let said = place.carom(&["plot", &format!("out/f/{experiment}")]);
        assert!(said.code > 1 && said.err.contains(words), "{to}: {}\n{}", said.code, said.err);
    }
    assert!(pictures(&place) == before);
}

#[test]
fn a_figure_that_cannot_be_redrawn_is_refused() {
    let place = figures();
    place.carom(&["run", "f.carom", "a", "--no-plots"]).ends(0);
    for dir in ["nothing", "out", "m.carom"] {
        place.carom(&["plot", dir]).refuses(4, &["E601", "no finished run", dir]);
    }
    std::fs::remove_file(place.path("out/f/a/series.csv")).unwrap();
    place.carom(&["plot", "out/f/a"]).refuses(4, &["E601", "series.csv", "run the experiment first"]);
    std::fs::remove_file(place.path("f.carom")).unwrap();
    place.carom(&["plot", "out/f/a"]).refuses(3, &["E601", "f.carom", "--script"]);
    for text in ["", "{}", "[1]", "not JSON", "{\"experiment\": 3}"] {
        place.write("out/f/a/run.json", text);
        place.carom(&["plot", "out/f/a"]).refuses(4, &["E601", "run.json", "run the experiment again"]);
    }
}

#[test]
fn plotting_a_run_of_standard_input_requires_its_script() {
    let place = Place::new();
    place.piped(&["run", "-", "short"], SMALL).ends(0);
    place.carom(&["plot", "out/stdin/short"]).refuses(4, &["standard input", "--script"]);
    place.write("m.carom", SMALL);
    place.carom(&["plot", "out/stdin/short", "--script", "m.carom"]).ends(0);
}

#[test]
fn a_sketch_is_printed_on_request() {
    let place = figures();
    place.carom(&["run", "f.carom", "both"]).refuses(4, &["E601", "a/series.csv", "run the experiment first"]);
    for experiment in ["a", "b", "map", "both"] {
        let plain = place.carom(&["run", "f.carom", experiment]).ends(0);
        let sketched = place.carom(&["run", "f.carom", experiment, "--plot-terminal"]).ends(0);
        let extra = sketched.out.lines().count() - plain.out.lines().count();
        assert!(extra >= 8 && !plain.out.contains('┤'), "{experiment}: {extra} more lines\n{}", sketched.out);
    }
}

#[test]
fn more_than_two_axes_give_a_table_and_no_heat_map() {
    let place = figures();
    let said = place.carom(&["run", "f.carom", "map", "--sweep", "out = [keep, erase]"]).ends(0);
    assert!(said.out.contains("24 points (4 g × 3 ω × 2 out)"), "{}", said.out);
    assert!(pictures(&place).is_empty(), "{:?}", place.tree());
    place.carom(&["run", "f.carom", "a", "b", "both", "--sweep", "g = [0.1, 0.2]", "--out", "o"]).ends(0);
    assert!(place.read("o/both/plot.svg").contains(">g</tspan> = 0.1"), "panels are swept too");
}

const PRINTED: &str = "
use m
experiment column { run 9; plot { line x, z; size column; yscale log } }
experiment given { run 9; plot { scatter x against z; size 100, 50; xlabel \"$\\hat{ρ}_{01}^2$\" } }
experiment tiny { run 9; plot { line x; size 5 } }
";

#[test]
fn a_figure_has_the_size_of_the_script() {
    let place = Place::small();
    place.write("p.carom", PRINTED);
    place.carom(&["run", "p.carom", "column", "given"]).ends(0);
    let column = place.read("out/p/column/plot.svg");
    assert!(column.contains("width=\"86mm\"") && column.contains(">10<tspan"), "{column}");
    assert!(column.contains("font-size=\"12\"") && !column.contains("font-size=\"13.5\""), "8 pt everywhere");
    let given = place.read("out/p/given/plot.svg");
    assert!(given.contains("width=\"100mm\"") && given.contains("height=\"50mm\""), "{given}");
    for words in ["ρ\u{302}</tspan>", ">01</tspan>", ">x</tspan>"] {
        assert!(given.contains(words), "{words}: {given}");
    }
    // 100 mm × 50 mm are 283.46 × 141.73 points, and 2363 × 1181 pixels at 600 per inch.
    let pdf = std::fs::read(place.path("out/p/given/plot.pdf")).unwrap();
    assert!(String::from_utf8_lossy(&pdf).contains("/MediaBox [0 0 283.4"), "the page has the size of the figure");
    let png = std::fs::read(place.path("out/p/given/plot.png")).unwrap();
    assert_eq!(png[16..24], [0, 0, 9, 0x3b, 0, 0, 4, 0x9d]);
    let dense = png.windows(4).position(|w| w == b"pHYs").unwrap();
    assert_eq!(png[dense + 4..dense + 13], [0, 0, 0x5c, 0x46, 0, 0, 0x5c, 0x46, 1], "23622 pixels per metre");
    place.carom(&["run", "p.carom", "tiny"]).refuses(4, &["E411", "5 mm", "size 86, 60"]);
}
