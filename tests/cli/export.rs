//! `carom export`: LaTeX that compiles, and Python that draws.

use std::process::Command;

use crate::support::{Place, SMALL, has, python};

#[test]
fn the_model_is_a_section_of_a_paper() {
    let place = Place::small();
    let latex = |set: &str| place.carom(&["export", "m.carom", "short", "--to", "latex", "--set", set]).ends(0).out;
    let kept = latex("out = keep");
    for part in [
        "\\section{Twenty collisions}",
        "|\\psi_{s}\\rangle = |+\\rangle",
        "H = \\frac{g}{2}",
        "\\rho \\to e^{-i H 1} \\rho\\, e^{i H 1}",
        "\\rho \\to \\mathrm{Tr}_{e}\\, \\rho",
        "x_n = \\langle \\sigma_x^{(s)} \\rangle",
        "  $g$ & $0.3$ & coupling \\\\",
        "& \\texttt{keep} & which rule",
    ] {
        assert!(kept.contains(part), "no {part} in\n{kept}");
    }
    assert!(!kept.contains("\\rho_{s}") && latex("out = erase").contains("\\rho \\to \\rho_{s}"), "{kept}");
    let said = place.carom(&["export", "m.carom", "short", "--to", "latex", "-o", "model.tex"]).ends(0);
    assert_eq!((said.out.as_str(), place.read("model.tex")), ("→ model.tex\n", kept));
}

#[test]
fn sections_of_all_shipped_protocols_compile() {
    if !has("pdflatex") {
        return;
    }
    let place = Place::new();
    let mut document = String::from("\\documentclass{article}\n\\usepackage{amsmath}\n\\begin{document}\n");
    for (protocol, experiment) in [
        ("karpat2019", "fig2"),
        ("otto", "cycle"),
        ("chain", "*"),
        ("monitored", "*"),
        ("reservoir", "*"),
        ("micromaser", "*"),
        ("blp", "*"),
        ("memory", "*"),
    ] {
        let said = place.carom(&["export", protocol, experiment, "--to", "latex"]).ends(0);
        document += &said.out;
    }
    place.write("all.tex", document + "\\end{document}\n");
    let mut latex = Command::new("pdflatex");
    latex.args(["-interaction=nonstopmode", "-halt-on-error", "all.tex"]).current_dir(place.path("."));
    let output = latex.output().unwrap();
    assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stdout));
}

/// Curves, a second axis, a computed curve, an inset, a heat map, a sweep that keeps series, trajectories, panels and an
/// array against time.
const FIGURES: &str = "
experiment a { run 20; let C = pearson(x, z, width = 5); plot { line x, x^2; line C dashed right; xlabel \"n\"; y2label \"C\"; inset { line z; xrange 1, 5 } } }
experiment map { run 5; sweep g = linspace(0, 0.3, 4), ω = [0.5, 1, 2]; collect l = last(x) ; plot { heatmap l } }
experiment words { run 5; sweep out = [keep, erase]; collect l = last(x) }
experiment lines { run 6; sweep g = [0.1, 0.2] }
experiment noise { draw g = uniform(0.1, 0.3); run 6; trajectories 10 }
experiment both { plot { panels map, lines } }
";

#[test]
fn scripts_draw_every_kind_of_figure() {
    let place = Place::small();
    place.write("f.carom", format!("use m\n{FIGURES}"));
    place.carom(&["run", "f.carom", "--no-plots"]).ends(0);
    let script = |experiment: &str| place.carom(&["export", "f.carom", experiment, "--to", "matplotlib"]).ends(0).out;
    let a = script("a");
    for line in [
        "x, y = column(\"series.csv\", \"n\", 0, 21), column(\"series.csv\", \"x\", 0, 21)",
        "column(\"C.csv\", \"n\"",
        "right = axes.twinx()",
        "axes = axes.inset_axes(",
    ] {
        assert!(a.contains(line), "no {line} in\n{a}");
    }
    assert!(script("map").contains("values = column(\"map.csv\", \"l\", 0, 12)"), "{}", script("map"));
    assert!(script("lines").contains("column(\"series.csv\", \"x\", 7, 14)"), "{}", script("lines"));
    assert!(script("both").contains("column(\"../map/map.csv\", \"l\", 0, 12)"), "{}", script("both"));
    assert!(
        script("noise").contains("band(axes, x, y, column(\"series.csv\", \"stderr(x)\", 0, 7)"),
        "{}",
        script("noise")
    );
    let Some(python) = python() else { return };
    for experiment in ["a", "map", "words", "lines", "noise", "both"] {
        place.carom(&["export", "f.carom", experiment, "--to", "matplotlib", "-o", "draw.py"]).ends(0);
        let output = Command::new(python).arg("draw.py").current_dir(place.path(".")).output().unwrap();
        assert!(output.status.success(), "{experiment}: {}", String::from_utf8_lossy(&output.stderr));
        for kind in ["pdf", "png"] {
            let written = std::fs::metadata(place.path(&format!("{experiment}.{kind}"))).unwrap();
            assert!(written.len() > 1000, "{experiment}.{kind}");
        }
    }
}

#[test]
fn a_figure_needs_its_run() {
    let place = Place::new();
    place.write("m.carom", SMALL);
    let args = ["export", "m.carom", "short", "--to", "matplotlib"];
    place.carom(&args).refuses(3, &["E601", "series.csv", "run the experiment first"]);
    place.carom(&["run", "m.carom", "short", "-o", "there", "--no-plots"]).ends(0);
    let out = place.carom(&[&args[..], &["--run", "there/short"]].concat()).ends(0).out;
    assert!(out.contains("else \"there/short\")"), "{out}");
}
