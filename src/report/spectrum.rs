//! The report on the spectrum of a step map.

use unicode_width::UnicodeWidthStr;

use super::{Page, short};
use crate::backend::{Mode, Sector, Spectrum};
use crate::experiment::{LateValue, Prediction, SpectralView};
use crate::output::{Tone, format_number, tone};

/// Largest number of modes shown; the file `spectrum.csv` has all of them.
const MODES: usize = 8;
/// Largest number of series shown.
const SERIES: usize = 4;

/// Describes the spectrum: the part of the map that the observables depend on, steady states, the slowest visible
/// modes, Jordan blocks, and predictions of Pearson coefficients.
#[must_use]
pub fn spectrum_page(view: &SpectralView) -> String {
    let mut page = Page::default();
    page.line(&(tone(Tone::Strong, "spectrum of the step map") + &tone(Tone::Faint, &format!("  {}", extent(view)))));
    lasting(view, &mut page);
    modes(view, &mut page);
    for (number, sector) in view.spectrum.sectors.iter().enumerate() {
        defects(number + 1, sector, &mut page);
    }
    view.predictions.iter().for_each(|p| page.line(&prediction(p)));
    page.text()
}

fn extent(view: &SpectralView) -> String {
    let Spectrum { whole, sectors, .. } = &view.spectrum;
    let sizes: Vec<String> = sectors.iter().map(|s| s.size.to_string()).collect();
    let seen: usize = sectors.iter().map(|s| s.size).sum();
    let sectors = if sizes.len() == 1 { "one sector".into() } else { format!("sectors of {}", sizes.join(", ")) };
    format!("the observables see {seen} of {whole} basis elements, in {sectors}")
}

fn lasting(view: &SpectralView, page: &mut Page) {
    match &view.spectrum.lasting {
        None => page.line("steady states are not counted: the carried state is too large"),
        Some(lasting) => {
            page.line(&match lasting.steady {
                0 => "no eigenvalue is 1 within rounding".to_string(),
                1 => "one steady state".to_string(),
                k => format!("{k} eigenvalues are 1: which steady state is reached depends on the initial state"),
            });
            if lasting.oscillating > 0 {
                let k = lasting.oscillating;
                page.line(&format!("{k} more eigenvalues have modulus 1: oscillations that are never damped"));
            }
        }
    }
    let steady = (0..view.seen.len()).filter_map(|r| Some((&view.seen[r].name, view.steady_value(r)?)));
    let values: Vec<String> = steady.take(MODES).map(|(name, x)| format!("{name} = {}", short(x))).collect();
    page.line(&format!("constant part: {}", values.join(", ")));
}

/// Tabulates the slowest modes that are visible in a series.
fn modes(view: &SpectralView, page: &mut Page) {
    let linear: Vec<usize> = (0..view.seen.len()).filter(|r| view.spectrum.linear[*r]).take(SERIES).collect();
    let sectors = view.spectrum.sectors.iter().enumerate();
    let all = sectors.flat_map(|(number, s)| s.modes.iter().map(move |mode| (number + 1, mode)));
    let visible = |mode: &Mode| !mode.is_steady() && linear.iter().any(|r| view.is_visible(mode, *r));
    let mut shown: Vec<(usize, &Mode)> = all.filter(|(_, mode)| visible(mode)).collect();
    shown.sort_by(|(_, a), (_, b)| a.decay().total_cmp(&b.decay()));
    if shown.is_empty() {
        let whole = view.spectrum.sectors.iter().all(|s| s.defects.is_empty());
        return page.line(if whole { "no observed series changes" } else { "no separated mode is visible" });
    }
    let count = shown.len();
    shown.truncate(MODES);
    let left = if count > MODES { format!(", the slowest {MODES} of {count}") } else { String::new() };
    let why = format!("visible modes{left}; amplitudes and phases (radians) at collision {}", view.first);
    page.line(&tone(Tone::Faint, &why));
    let mut table = vec![["sector", "|λ|", "decay", "frequency"].map(String::from).to_vec()];
    table[0].extend(linear.iter().map(|r| view.seen[*r].name.clone()));
    let pairs: Vec<(usize, usize)> = linear.iter().skip(1).map(|r| (linear[0], *r)).collect();
    table[0].extend(pairs.iter().map(|(a, b)| format!("{} − {}", view.seen[*b].name, view.seen[*a].name)));
    for (number, mode) in shown {
        let mut row = vec![number.to_string(), short(mode.value.norm()), digits(mode.decay())];
        row.push(digits(mode.frequency()));
        let amplitude = |r: &usize| if view.is_visible(mode, *r) { digits(mode.amplitude(*r)) } else { "–".into() };
        row.extend(linear.iter().map(amplitude));
        row.extend(pairs.iter().map(|(a, b)| phase(view, mode, *a, *b)));
        table.push(row);
    }
    for row in &table {
        page.line(&aligned(row, &table));
    }
}

/// The phase of series `b` minus that of series `a` in a mode, or `–` if the mode is not visible in both.
fn phase(view: &SpectralView, mode: &Mode, a: usize, b: usize) -> String {
    if !view.is_visible(mode, a) || !view.is_visible(mode, b) {
        return "–".into();
    }
    let difference = (mode.coefficients[b] * mode.coefficients[a].conj()).arg();
    match format!("{difference:.4}").as_str() {
        "-0.0000" => "0.0000".into(),
        // π and −π are the same.
        "-3.1416" => "3.1416".into(),
        text => text.into(),
    }
}

/// Formats a number with four significant digits; a number that is zero up to rounding becomes `0`.
fn digits(x: f64) -> String {
    if x.abs() < 1e-11 {
        "0".into()
    } else {
        format_number(format!("{x:.3e}").parse().expect("a printed number parses"))
    }
}

fn aligned(row: &[String], table: &[Vec<String>]) -> String {
    let width = |column: usize| table.iter().map(|r| r[column].width()).max().unwrap_or(0);
    let cell = |(column, text): (usize, &String)| format!("{text}{}", " ".repeat(width(column) - text.width()));
    row.iter().enumerate().map(cell).collect::<Vec<_>>().join("  ").trim_end().to_string()
}

fn defects(number: usize, sector: &Sector, page: &mut Page) {
    for d in sector.defects.iter().filter(|d| !d.is_forgotten()) {
        let im = if d.value.im == 0.0 { String::new() } else { format!(" ± {}i", short(d.value.im)) };
        let of = if d.vectors == 1 { "eigenvector" } else { "eigenvectors" };
        let line = format!(
            "Jordan block in sector {number}: λ = {}{im}, {} eigenvalues with {} {of}; its modes are not separated: use the simulated series",
            short(d.value.re),
            d.count,
            d.vectors
        );
        page.line(&tone(Tone::Bad, &line));
    }
}

fn prediction(p: &Prediction) -> String {
    let name = tone(Tone::Strong, &p.name);
    let (value, window) = match &p.simulated {
        Some((n, value, _)) => (Some(*value), format!(" at n = {n}")),
        None => (None, String::new()),
    };
    let simulated = value.map_or_else(String::new, |v| format!("; simulated {}{window}", short(v)));
    match &p.prediction {
        Err(why) => format!("{name}: no prediction: {why}{simulated}"),
        Ok(prediction) => {
            format!("{name}: {}{simulated}", predicted(prediction, p.simulated.and_then(|(_, _, there)| there)))
        }
    }
}

/// `predicted -0.9910 … -0.9907 from n = 1500 on, -0.9908 in the last window`
fn predicted(LateValue { late, from }: &LateValue, there: Option<f64>) -> String {
    let rounded = |x: f64| format!("{x:.4}");
    let range = if rounded(late.low) == rounded(late.high) {
        rounded(late.low)
    } else {
        format!("{} … {}", rounded(late.low), rounded(late.high))
    };
    let there = there.map_or_else(String::new, |x| format!(", {} in the last window", rounded(x)));
    format!("predicted {range} from n = {from} on{there}")
}
