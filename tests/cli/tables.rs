//! Tables in unusual cases: words that look like formulas, long titles, files that were edited, folders that were
//! renamed.

use crate::support::{Place, SMALL};
use npyz::NpyFile;
use std::fs::File;
use zip::ZipArchive;

fn place(experiments: &str) -> Place {
    let place = Place::small();
    place.write("t.carom", format!("use m\n{experiments}\n"));
    place
}

#[test]
fn a_text_that_looks_like_a_formula_is_written_as_text_and_read_back() {
    let place = Place::new();
    let words = "[\"=cmd|'/C calc'!A0\", \"@SUM(1)\", \"+1\", \"-1\", \"a,b\", \"q\"]";
    let sweep =
        format!("param mode = \"a\"\n{SMALL}\nexperiment t {{ run 5; sweep mode = {words}; collect c = last(z) - 2 }}");
    place.write("t.carom", sweep);
    place.carom(&["run", "t.carom", "t"]).ends(0);
    let table = place.read("out/t/t/t.csv");
    let firsts: Vec<char> = table.lines().skip(1).filter_map(|l| l.trim_start_matches('"').chars().next()).collect();
    assert_eq!(firsts, ['\'', '\'', '\'', '\'', 'a', 'q'], "{table}");
    assert!(table.lines().skip(1).all(|l| l.rsplit(',').next().is_some_and(|c| c.starts_with('-'))), "{table}");
    let svg = place.read("out/t/t/plot.svg");
    std::fs::remove_file(place.path("out/t/t/plot.svg")).unwrap();
    place.carom(&["plot", "out/t/t"]).ends(0);
    assert_eq!(place.read("out/t/t/plot.svg"), svg, "redrawn from the same words");
}

#[test]
fn swept_words_label_their_axes() {
    let place = place(
        "experiment line { run 5; sweep out = [keep, erase]; collect c = last(z) }\n\
         experiment map { run 5; sweep out = [keep, erase], g = [0.1, 0.2]; collect c = last(z) }\n\
         experiment across { run 5; sweep g = [0.1, 0.2], out = [keep, erase]; collect c = last(z)\n\
                             plot { heatmap c } }",
    );
    for experiment in ["line", "map", "across"] {
        let said = place.carom(&["run", "t.carom", experiment, "--plot-terminal"]).ends(0);
        let svg = place.read(&format!("out/t/{experiment}/plot.svg")).replace('\n', "");
        for word in ["keep", "erase"] {
            assert!(svg.contains(&format!(">{word}<")), "{experiment}: {word}");
            assert!(said.out.contains(word), "{experiment}: {}", said.out);
        }
    }
}

#[test]
fn long_titles_get_short_and_distinct_file_names() {
    let title = |last: char| format!("{}{last}", "x".repeat(300));
    let plot = |last| format!("plot {{ line x; title \"{}\" }}", title(last));
    let place = place(&format!("experiment t \"{}\" {{ run 5; {}; {} }}", title('t'), plot('a'), plot('b')));
    let names = || {
        let mut names: Vec<String> = std::fs::read_dir(place.path("out/t/t"))
            .unwrap()
            .map(|e| e.unwrap().file_name().into_string().unwrap())
            .filter(|n| n.ends_with(".svg"))
            .collect();
        names.sort();
        names
    };
    place.carom(&["run", "t.carom", "t"]).ends(0);
    let first = names();
    assert_eq!(first.len(), 2, "{first:?}");
    place.carom(&["run", "t.carom", "t"]).ends(0);
    assert_eq!(names(), first, "the same names each time");
}

#[test]
fn a_table_that_no_run_could_have_written_is_refused() {
    let place = place("experiment t { run 5; plot { line x } }");
    place.carom(&["run", "t.carom", "t"]).ends(0);
    let good = place.read("out/t/t/series.csv");
    let huge = "9".repeat(300);
    let replaced = |n: usize, by: &str| {
        let mut lines: Vec<String> = good.lines().map(str::to_string).collect();
        let (_, rest) = lines[n].split_once(',').unwrap();
        lines[n] = format!("{by},{rest}");
        lines.join("\n")
    };
    for (text, words) in [
        (replaced(2, &huge), "do not match this experiment"),
        (replaced(3, "-1"), "do not match this experiment"),
        (replaced(3, "1.5"), "do not match this experiment"),
        (replaced(3, ""), "do not match this experiment"),
        (replaced(3, "x"), "line 4: `x` in column `n` is not a number"),
        (replaced(3, "2,7"), "cannot read"),
        (String::new(), "do not match this experiment"),
        ("n".into(), "do not match this experiment"),
    ] {
        place.write("out/t/t/series.csv", text);
        place.carom(&["plot", "out/t/t"]).refuses(4, &["E601", words]);
    }
}

#[test]
fn a_renamed_folder_is_redrawn_in_place() {
    let place = place(
        "experiment t { run 5; plot { line x } }\n\
         experiment map { run 5; sweep g = [0.1, 0.2]; collect c = last(z) }\n\
         experiment both { plot { panels t, map } }",
    );
    place.carom(&["run", "t.carom", "t", "map", "both"]).ends(0);
    for experiment in ["t", "map"] {
        let svg = place.read(&format!("out/t/{experiment}/plot.svg"));
        std::fs::rename(place.path(&format!("out/t/{experiment}")), place.path("out/t/renamed")).unwrap();
        std::fs::remove_file(place.path("out/t/renamed/plot.svg")).unwrap();
        place.carom(&["plot", "out/t/renamed"]).ends(0);
        assert_eq!(place.read("out/t/renamed/plot.svg"), svg);
        assert!(!place.path(&format!("out/t/{experiment}")).exists());
        std::fs::rename(place.path("out/t/renamed"), place.path(&format!("out/t/{experiment}-2"))).unwrap();
    }
    // The error of an arrangement names the missing folder.
    place.carom(&["plot", "out/t/both"]).refuses(4, &["E601", "t/series.csv", "run the experiment first"]);
}

#[test]
fn an_arrangement_is_the_same_from_one_command_and_from_files() {
    let place = place(
        "experiment t { run 5; plot { line x } }\n\
         experiment map { run 5; sweep g = [0.1, 0.2]; collect c = last(z) }\n\
         experiment both { plot { panels t, map } }",
    );
    place.carom(&["run", "t.carom", "t", "map", "both"]).ends(0);
    let svg = place.read("out/t/both/plot.svg");
    place.carom(&["run", "t.carom", "both"]).ends(0);
    assert_eq!(place.read("out/t/both/plot.svg"), svg);
}

#[test]
fn npz_holds_the_series_of_a_sweep_in_the_shape_of_its_grid() {
    let place =
        place("experiment t { run 5; sweep out = [keep, erase], g = [0.1, 0.2, 0.3]; let C = pearson(x, z, 3, 1) }");
    let said = place.carom(&["run", "t.carom", "t", "--format", "npz", "--no-plots"]).ends(0);
    for file in ["series.csv", "series.npz", "C.csv", "C.npz"] {
        assert!(said.out.contains(&format!("out/t/t/{file}")), "{}", said.out);
    }
    let mut npz = ZipArchive::new(File::open(place.path("out/t/t/series.npz")).unwrap()).unwrap();
    let mut shape = |name: &str| NpyFile::new(npz.by_name(&format!("{name}.npy")).unwrap()).unwrap().shape().to_vec();
    assert_eq!([shape("out"), shape("g"), shape("n")], [[2], [3], [6]]);
    for series in ["x", "z", "P"] {
        assert_eq!(shape(series), [2, 3, 6], "{series} at two by three points, with n = 0 … 5");
    }
    let z: Vec<f64> = NpyFile::new(npz.by_name("z.npy").unwrap()).unwrap().into_vec().unwrap();
    let table = place.read("out/t/t/series.csv");
    let column: Vec<f64> = table.lines().skip(1).map(|l| l.split(',').nth(4).unwrap().parse().unwrap()).collect();
    assert_eq!(table.lines().next(), Some("out,g,n,x,z,P"));
    assert_eq!(z, column);
}

#[test]
fn a_sweep_whose_series_exceed_memory_is_refused_before_it_starts() {
    let place = place("experiment t { run 100_000_000; sweep g = linspace(0, 1, 10_000) }");
    for command in [&["run", "t.carom", "t"][..], &["check", "t.carom"]] {
        place.carom(command).refuses(4, &["E603", "10000 points", "100000000 collisions", "TB", "collect"]);
    }
}

#[test]
fn a_complex_number_is_missing_with_a_reason() {
    let place = place("experiment t { run 2; sweep ω = [-1, 4]; collect v = √ω, w = √ω + last(z) }");
    place.carom(&["run", "t.carom", "t", "--no-plots"]).ends(0);
    let table = place.read("out/t/t/t.csv");
    assert!(table.starts_with("ω,v,w\n-1,,\n4,2,"), "{table}");
    let reasons = place.read("out/t/t/t.reasons.csv");
    assert!(reasons.contains("is complex, so it is missing"), "{reasons}");
}
