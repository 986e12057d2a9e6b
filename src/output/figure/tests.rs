//! Properties that every figure must have, as far as a program can check them.

use std::fs;

use proptest::prelude::*;

use super::*;

fn some(text: &str) -> Option<String> {
    Some(text.to_owned())
}

fn curve(label: &str, points: impl IntoIterator<Item = (f64, f64)>) -> Curve {
    let (x, y): (Vec<f64>, Vec<f64>) = points.into_iter().unzip();
    Curve { label: label.to_owned(), x: Values::from(x).into(), y: y.into(), ..Curve::default() }
}

fn of_curves(curves: Vec<Curve>) -> Panel {
    Panel {
        x_label: some("$N$"), y_label: some("⟨σx⟩, C12"), content: Content::Curves(curves), ..Panel::default()
    }
}

fn of_map(nx: u32, ny: u32, value: impl Fn(u32, u32) -> f64) -> Panel {
    let values = (0..ny).flat_map(|iy| (0..nx).map(move |ix| (ix, iy))).map(|(ix, iy)| value(ix, iy)).collect();
    let x = (0..nx).map(|i| 0.9 + 0.2 * f64::from(i) / f64::from(nx)).collect();
    let y = (0..ny).map(|i| 0.25 * f64::from(i) / f64::from(ny)).collect();
    let map = Heatmap { x, y, values, label: "C12".to_owned(), color_range: Some((-1.0, 1.0)) };
    Panel { x_label: some("ω2/ω1"), y_label: some("λ"), content: Content::Heatmap(map), ..Panel::default() }
}

fn figure(panels: Vec<Panel>) -> Figure {
    Figure { title: some("Local spins & <their> \"phase\""), panels, size: None }
}

/// The series of the standard protocol: two spins and their correlation.
fn fig2() -> Figure {
    let table = |text: &str, column: usize| -> Vec<(f64, f64)> {
        let number = |line: &str, k: usize| line.split(',').nth(k).and_then(|f| f.parse().ok()).unwrap_or(f64::NAN);
        text.lines().skip(1).map(|line| (number(line, 0), number(line, column))).collect()
    };
    let series = include_str!("../../../tests/data/reference/fig2_keep_series.csv");
    let windows = include_str!("../../../tests/data/reference/fig2_keep_pearson_140_125.csv");
    let dashed = Curve { style: Stroke::Dashed, ..curve("C12", table(windows, 1)) };
    figure(vec![of_curves(vec![curve("x1", table(series, 1)), curve("x2", table(series, 2)), dashed])])
}

/// The SVG without newlines, so that each text is on one line with its tags.
fn drawn(figure: &Figure) -> String {
    document::svg(figure, Cells::Few).replace('\n', "")
}

fn count(text: &str, pattern: &str) -> usize {
    text.matches(pattern).count()
}

#[test]
fn labels_and_curves_are_there() {
    let svg = drawn(&fig2());
    for text in ["⟨σx⟩, C12", ">N<", ">x1<", ">x2<", ">C12<", ">2000<", ">−1.0<", "Local spins &amp; &lt;their&gt;"]
    {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(count(&svg, r#"class="curve""#), 3);
    assert_eq!(count(&svg, "stroke-dasharray"), 2, "the dashed curve and its place in the legend");
    assert!(resvg::usvg::Tree::from_str(&svg, &resvg::usvg::Options::default()).is_ok());
}

#[test]
fn a_missing_value_leaves_a_gap() {
    let wave = |i: u32| if i == 50 || i == 52 { f64::NAN } else { f64::from(i).sin() };
    let whole = figure(vec![of_curves(vec![curve("", (0..100).map(|i| (f64::from(i), f64::from(i).sin())))])]);
    let gaps = figure(vec![of_curves(vec![curve("", (0..100).map(|i| (f64::from(i), wave(i))))])]);
    let starts = |figure: &Figure| {
        let svg = document::svg(figure, Cells::Few);
        let path = svg.split("<path d=\"").find(|p| p.len() > 900).unwrap();
        (count(path.split('"').next().unwrap(), "M"), count(&svg, "h.01"))
    };
    assert_eq!(starts(&whole), (1, 0));
    assert_eq!(starts(&gaps), (2, 1), "two lines, and the lone point between the gaps as a dot");
}

#[test]
fn files_are_small_and_reproducible() {
    let folder = tempfile::tempdir().unwrap();
    let bytes = |name: &str| {
        let path = folder.path().join(name);
        write_figure(&fig2(), Format::of(&path).unwrap(), &path).unwrap();
        fs::read(path).unwrap()
    };
    for (format, most) in [("svg", 200_000), ("pdf", 100_000), ("png", 200_000)] {
        let file = bytes(&format!("a.{format}"));
        assert_eq!(file, bytes(&format!("b.{format}")));
        assert!(file.len() < most, "{format}: {}", file.len());
    }
    let noise = |k: f64| curve("", (0..100_000).map(move |i| (f64::from(i), (k * f64::from(i)).sin())));
    let long = document::svg(&figure(vec![of_curves(vec![noise(1.1), noise(1.3), noise(1.7)])]), Cells::Few);
    assert!(long.len() < 250_000, "{}", long.len());
    let missing = write_figure(&fig2(), Format::Svg, &folder.path().join("no/such/folder.svg")).unwrap_err();
    assert!(missing.path.ends_with("folder.svg"));
}

#[test]
fn a_png_has_twice_the_size_of_the_svg() {
    let svg = document::svg(&fig2(), Cells::Few);
    let size = |name: &str| -> u32 {
        let start = svg.find(&format!(" {name}=\"")).unwrap() + name.len() + 3;
        svg[start..].split('"').next().unwrap().parse().unwrap()
    };
    let png = png::rasterise(&svg, 192).unwrap();
    let word = |at: usize| u32::from_be_bytes(png[at..at + 4].try_into().unwrap());
    // IHDR follows the signature: width, height.
    assert_eq!((word(16), word(20)), (2 * size("width"), 2 * size("height")));
}

#[test]
fn every_character_is_drawn() {
    let ink = |title: &str| {
        let figure = Figure { title: some(title), ..Figure::default() };
        let png = png::rasterise(&document::svg(&figure, Cells::Paths), 192).unwrap();
        let pixels = resvg::tiny_skia::Pixmap::decode_png(&png).unwrap();
        pixels.data().iter().filter(|byte| **byte < 128).count()
    };
    assert_eq!(ink(" "), 0);
    for title in ["⟨", "⟩", "σ", "λ", "ω", "₁", "†", "量"] {
        assert!(ink(title) > 5, "{title}");
    }
}

#[test]
fn maps_share_one_labelled_scale() {
    let value = |ix: u32, iy: u32| if ix + iy == 0 { f64::NAN } else { f64::from(ix).sin() };
    let svg = drawn(&figure(vec![of_map(51, 51, value), of_map(17, 11, value), of_map(101, 101, value)]));
    assert_eq!(count(&svg, r#"class="colorbar""#), 1);
    assert_eq!(count(&svg, r#"class="heatmap""#), 3);
    assert_eq!(count(&svg, ">C12<"), 1);
    assert_eq!(count(&svg, ">missing<"), 1);
    assert_eq!(count(&svg, r#"class="missing""#), 4, "a cell in each map, and the note");
    assert_eq!(count(&svg, "<image"), 1, "the map of 10201 cells");
    assert!(svg.len() < 500_000, "{}", svg.len());
    let whole = drawn(&figure(vec![of_map(5, 5, |ix, _| f64::from(ix))]));
    assert_eq!(count(&whole, ">missing<"), 0);
}

#[test]
fn insets_and_right_axes_are_drawn() {
    let decay = |label: &str| curve(label, (0..500).map(|i| (f64::from(i), (-f64::from(i) / 60.0).exp())));
    let mut panel = of_curves(vec![decay("E"), Curve { right_axis: true, ..decay("I") }]);
    panel.y2_label = some("I (nats)");
    panel.y2_range = Some((0.0, 40.0));
    panel.inset = Some(Box::new(Panel { y_label: some("inner"), ..of_curves(vec![decay("")]) }));
    let svg = drawn(&figure(vec![panel]));
    for text in [">I (nats)<", ">40<", ">I →<", ">inner<", r#"class="inset""#] {
        assert!(svg.contains(text), "{text}");
    }
    assert_eq!(count(&svg, r#"class="curve""#), 3);
}

#[test]
fn a_sketch_fits_its_terminal() {
    let figure = fig2();
    let sketch = |figure: &Figure, width, height| crate::output::coloured(&sketch(figure, width, height), false);
    for (width, height) in [(80, 24), (120, 40), (40, 12), (13, 5), (1, 1), (0, 0)] {
        let text = sketch(&figure, width, height);
        assert!(text.lines().count() <= height.max(1), "{width} × {height}\n{text}");
        let widest = text.lines().map(unicode_width::UnicodeWidthStr::width).max().unwrap_or(0);
        assert!(widest <= width, "{width} × {height}: {widest}\n{text}");
    }
    let text = sketch(&figure, 80, 24);
    for label in ["Local spins", "x1", "x2", "C12", "1000", "2000", "−0.5", "N"] {
        assert!(text.contains(label), "{label}\n{text}");
    }
    assert!(text.chars().filter(|c| ('\u{2801}'..='\u{28ff}').contains(c)).count() > 200, "{text}");
    let map = sketch(&super::tests::figure(vec![of_map(17, 11, |ix, _| f64::from(ix) / 8.0 - 1.0)]), 60, 16);
    assert!(map.contains('█') && map.contains('░') && map.contains("C12: −1.00"), "{map}");
    let row = map.lines().nth(5).unwrap().split(['┤', '│']).nth(1).unwrap();
    assert!(row.trim_end().ends_with('█'), "the upper end is at the right\n{map}");
}

/// Renders the figure in every format.
fn all(figure: &Figure) {
    for size in [None, Some(Size::COLUMN), Some(Size { width: 30.0, height: Some(20.0) })] {
        let figure = Figure { size, ..figure.clone() };
        let svg = document::svg(&figure, Cells::Few);
        assert!(!svg.contains("NaN") && !svg.contains("inf"), "{svg}");
        png::rasterise(&svg, 96).unwrap();
        pdf::pages(&document::svg(&figure, Cells::Image)).unwrap();
    }
    assert!(sketch(figure, 60, 15).lines().count() <= 15);
}

#[test]
fn extreme_numbers_can_be_drawn() {
    let hostile = [0.0, -0.0, 1.0, 5e-324, -1e-310, 1e308, -f64::MAX, f64::INFINITY, f64::NEG_INFINITY, f64::NAN];
    let pairs = || hostile.iter().flat_map(|a| hostile.iter().map(|b| (*a, *b)));
    all(&Figure::default());
    all(&figure(vec![Panel::default(), of_curves(vec![])]));
    all(&figure(vec![of_curves(vec![
        curve("empty", []),
        curve("all", pairs()),
        curve("nan", [(f64::NAN, f64::NAN)]),
    ])]));
    all(&figure(vec![of_map(0, 0, |_, _| 0.0), of_map(1, 1, |_, _| f64::NAN), of_map(3, 0, |_, _| 1.0)]));
    for (a, b) in pairs() {
        let mut panel =
            of_curves(vec![curve("one", [(a, b)]), Curve { right_axis: true, ..curve("two", [(b, a), (a, b)]) }]);
        (panel.x_range, panel.y_range, panel.y2_range) = (Some((a, b)), Some((b, a)), Some((a, a)));
        let map = Heatmap {
            x: vec![a, b],
            y: vec![b],
            values: vec![a].into(),
            label: String::new(),
            color_range: Some((a, b)),
        };
        let map = Panel { content: Content::Heatmap(map), ..Panel::default() };
        all(&figure(vec![Panel { inset: Some(Box::new(map)), ..panel }]));
    }
    let mut nested = of_curves(vec![curve("deep", [(0.0, 0.0), (1.0, 1.0)])]);
    for _ in 0..20 {
        nested = Panel { inset: Some(Box::new(nested)), ..of_curves(vec![curve("deep", [(0.0, 0.0), (1.0, 1.0)])]) };
    }
    all(&figure(vec![nested]));
    let label = "a very long label \u{1b}[31m\u{0}\u{ffff}\n".repeat(100);
    let labelled =
        Curve { color: Some(label.clone()), style: Stroke::Points, ..curve(&label, [(1.0, 1.0), (2.0, 2.0)]) };
    let panel = Panel {
        title: Some(label.clone()),
        y_label: Some(label.clone()),
        x_label: Some(label.clone()),
        ..of_curves(vec![labelled])
    };
    all(&Figure { title: Some(label), panels: vec![panel], size: None });
}

#[test]
fn too_many_panels_are_an_error() {
    let svg = document::svg(&figure(vec![Panel::default(); 1000]), Cells::Few);
    assert!(png::rasterise(&svg, 192).is_err());
}

proptest! {
    #![proptest_config(crate::seed::config(24))]
    #[test]
    fn random_numbers_can_be_drawn(points in prop::collection::vec((any::<f64>(), any::<f64>()), 0..30), right: bool) {
        all(&figure(vec![of_curves(vec![Curve { right_axis: right, ..curve("any", points) }])]));
    }
}

#[test]
fn panels_of_a_narrow_figure_are_below_one_another() {
    let panels = || vec![of_map(5, 5, |ix, _| f64::from(ix)), of_map(5, 5, |ix, _| f64::from(ix))];
    for (size, side_by_side) in [(Size::COLUMN, false), (Size::PAGE, true)] {
        let svg = drawn(&Figure { size: Some(size), ..figure(panels()) });
        let at: Vec<(f64, f64)> = svg
            .match_indices(r#"<g class="panel" transform="translate("#)
            .filter_map(|(i, found)| {
                let (x, y) = svg[i + found.len()..].split_once(')')?.0.split_once(' ')?;
                Some((x.parse().ok()?, y.parse().ok()?))
            })
            .collect();
        assert_eq!(at.len(), 2, "{svg}");
        assert!(svg.contains(">(a)<") && svg.contains(">(b)<"), "{svg}");
        assert_eq!((at[0].1 == at[1].1, at[0].0 == at[1].0), (side_by_side, !side_by_side), "{at:?}");
        assert!(svg.contains(&format!("width=\"{}mm\"", size.width)), "{svg}");
    }
}

#[test]
fn few_points_have_marks_that_the_frame_does_not_cut() {
    let few = curve("few", (0..5).map(|i| (f64::from(i), f64::from(i))));
    let many = curve("many", (0..50).map(|i| (f64::from(i) / 12.5, 0.0)));
    let svg = drawn(&figure(vec![of_curves(vec![few, many])]));
    let unclipped = svg.split("</svg>").nth(1).unwrap();
    assert_eq!(count(unclipped.split(r#"class="legend""#).next().unwrap(), "h.01"), 5, "{svg}");
}

#[test]
fn logarithmic_axes_leave_out_what_is_not_positive() {
    let values = [1e-4, 0.0, -1.0, 1e-2, 1.0];
    let decay = curve("", values.iter().enumerate().map(|(i, y)| (i as f64, *y)));
    let svg = drawn(&figure(vec![Panel { y_log: true, ..of_curves(vec![decay]) }]));
    for words in [">10<tspan", ">−4</tspan>", ">0</tspan>"] {
        assert!(svg.contains(words), "{words}: {svg}");
    }
    assert_eq!(count(&svg, "h.01"), 3, "three points");
}

#[test]
fn a_legend_of_many_curves_is_short() {
    let curves = (0..40).map(|k| curve(&format!("curve {k}"), [(0.0, f64::from(k)), (1.0, 0.0)])).collect();
    let svg = drawn(&figure(vec![of_curves(curves)]));
    assert!(svg.contains(">… 29 more<") && svg.contains(">curve 10<") && !svg.contains(">curve 11<"), "{svg}");
}

#[test]
fn a_sketch_has_colours_insets_and_panels() {
    let mut panel = of_curves(vec![curve("E", (0..50).map(|i| (f64::from(i), -f64::from(i))))]);
    panel.inset =
        Some(Box::new(Panel { x_label: some("inner"), ..of_curves(vec![curve("", [(0.0, 0.0), (1.0, 1.0)])]) }));
    let text = crate::output::coloured(&sketch(&figure(vec![panel]), 80, 20), true);
    assert!(text.contains("\u{1b}[38;5;25m") && text.contains("inner"), "{text}");
    let map = || of_map(4, 4, |ix, _| f64::from(ix) / 2.0 - 1.0);
    let text = crate::output::coloured(&sketch(&figure(vec![map(), map(), map()]), 80, 20), true);
    assert!(text.contains("[48;5;") && text.contains("(+ 1 more)"), "{text}");
    assert_eq!(count(text.lines().nth(3).unwrap(), "┤") + count(text.lines().nth(3).unwrap(), "│"), 2, "{text}");
}
