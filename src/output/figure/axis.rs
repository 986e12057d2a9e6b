//! An axis: the map from values to positions, and the choice of ticks.

use plotters::coord::ranged1d::Ranged;
use plotters::coord::types::RangedCoordf64;

use super::ticks::{decades, multiples_of_pi};

/// How an axis is divided.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub(super) enum Kind {
    /// Round numbers.
    #[default]
    Linear,
    /// Powers of ten.
    Log,
    /// Fractions and multiples of π.
    Pi,
}

/// The map from values to relative positions along an axis, and its ticks.
#[derive(Debug, Clone)]
pub(super) struct Axis {
    /// The ends, divided by `unit`, so that their difference cannot overflow and tick steps are of order 1. On a
    /// logarithmic axis their logarithms.
    low: f64,
    high: f64,
    unit: f64,
    log: bool,
    /// Positions in [0, 1] and labels.
    pub(super) ticks: Vec<(f64, String)>,
    /// Positions of ticks without labels.
    pub(super) minor: Vec<f64>,
    /// The common factor of the labels, such as `×10⁻⁷`, unless it is 1.
    pub(super) factor: Option<String>,
}

impl Axis {
    /// The axis over a [`usable`] range, with at most `most` ticks.
    pub(super) fn new(range: (f64, f64), most: usize) -> Self {
        let largest = range.0.abs().max(range.1.abs());
        let exponent = largest.log10().floor().max(-300.0);
        let unit = 10f64.powf(exponent);
        let (low, high) = (range.0 / unit, range.1 / unit);
        let values = RangedCoordf64::from(low..high).key_points(most.max(2));
        // Use a common factor if plain labels would have more zeros than significant digits.
        let plain = (-3.0..=5.0).contains(&exponent);
        let labels = labels(&values, if plain { unit } else { 1.0 });
        let ticks = values.iter().map(|v| (v - low) / (high - low)).zip(labels).collect();
        let factor = (!plain).then(|| format!("×$10^{{{exponent:.0}}}$"));
        Self { low, high, unit, log: false, ticks, minor: Vec::new(), factor }
    }

    /// The axis of a kind over a [`usable`] range, or [`usable_log`] if it is logarithmic.
    pub(super) fn of(range: (f64, f64), kind: Kind, most: usize) -> Self {
        let mut axis = Self::new(range, most);
        if kind == Kind::Log {
            axis = Self { low: range.0.log10(), high: range.1.log10(), unit: 1.0, log: true, factor: None, ..axis };
        }
        let (ticks, minor) = match kind {
            Kind::Linear => return axis,
            Kind::Log => decades(range, most),
            Kind::Pi => (multiples_of_pi(range, most), Vec::new()),
        };
        // A range without two of these ticks keeps the round numbers.
        let round = || linear(range, most);
        let ticks = if ticks.len() < 2 && kind == Kind::Log { round() } else { ticks };
        if ticks.len() >= 2 {
            let within = |place: &f64| (-1e-9..=1.0 + 1e-9).contains(place);
            let placed = ticks.into_iter().map(|(v, label)| (axis.at(v), label)).filter(|(p, _)| within(p));
            axis.ticks = placed.collect();
            axis.minor = minor.into_iter().map(|v| axis.at(v)).filter(within).collect();
            axis.factor = None;
        }
        axis
    }

    /// The axis of a category scale: the words label 0, 1, 2, …, and at most `most` of them are shown.
    pub(super) fn of_words(range: (f64, f64), words: &[String], most: usize) -> Self {
        let each = words.len().div_ceil(most.max(1)).max(1);
        let mut axis = Self { ticks: Vec::new(), factor: None, ..Self::new(range, 2) };
        let placed = words.iter().enumerate().step_by(each).map(|(i, word)| (axis.at(i as f64), word.clone()));
        axis.ticks = placed.filter(|(place, _)| (0.0..=1.0).contains(place)).collect();
        axis
    }

    /// The position of `v`: 0 at the lower end, 1 at the upper end, outside [0, 1] beyond them.
    ///
    /// On a logarithmic axis, numbers that are not positive have no position: NaN.
    pub(super) fn at(&self, v: f64) -> f64 {
        match self.log {
            true if v > 0.0 => (v.log10() - self.low) / (self.high - self.low),
            true => f64::NAN,
            false => (v / self.unit - self.low) / (self.high - self.low),
        }
    }

    /// Whether the axis is logarithmic.
    pub(super) fn is_log(&self) -> bool {
        self.log
    }

    /// The smallest distance between neighbouring ticks, as a fraction of the axis; ∞ for fewer than two ticks.
    pub(super) fn spacing(&self) -> f64 {
        self.ticks.windows(2).map(|w| w[1].0 - w[0].0).fold(f64::INFINITY, f64::min)
    }

    /// Width of the widest tick label at font size `size`, in pixels.
    pub(super) fn label_width(&self, size: f64) -> f64 {
        self.ticks.iter().map(|(_, label)| super::text::width(label, size)).fold(0.0, f64::max)
    }
}

/// Formats the values times `unit`, all with the same number of decimals: the fewest that represent them.
fn labels(values: &[f64], unit: f64) -> Vec<String> {
    let step = values.windows(2).map(|w| w[1] - w[0]).fold(f64::INFINITY, f64::min);
    let tolerance = if step.is_finite() { step * unit * 1e-3 } else { 1e-6 * unit };
    let all: Vec<f64> = values.iter().map(|v| v * unit).collect();
    let exact = |decimals: i32| {
        let scale = 10f64.powi(decimals);
        all.iter().all(|v| ((v * scale).round() / scale - v).abs() <= tolerance)
    };
    let decimals = (0..15).find(|&d| exact(d)).unwrap_or(15);
    all.iter().map(|v| number(*v, usize::try_from(decimals).unwrap_or(0))).collect()
}

/// Formats a number with a typographic minus sign (U+2212), which a rounded zero does not have.
pub(super) fn number(v: f64, decimals: usize) -> String {
    let text = format!("{:.decimals$}", v.abs());
    if v < 0.0 && text.bytes().any(|b| (b'1'..=b'9').contains(&b)) { format!("−{text}") } else { text }
}

/// Round numbers in a range with their labels.
fn linear(range: (f64, f64), most: usize) -> Vec<(f64, String)> {
    let values = RangedCoordf64::from(range.0..range.1).key_points(most.max(2));
    let labels = labels(&values, 1.0);
    values.into_iter().zip(labels).collect()
}

/// The smallest and the largest finite value, or `None` if there is none.
pub(super) fn extent(values: impl IntoIterator<Item = f64>) -> Option<(f64, f64)> {
    values.into_iter().filter(|v| v.is_finite()).fold(None, |range, v| match range {
        None => Some((v, v)),
        Some((low, high)) => Some((f64::min(low, v), f64::max(high, v))),
    })
}

/// Makes a range suitable for an axis: its ends are finite and in order, and it is wide enough that rounding errors of
/// the data do not look like a signal. Constant data is centred.
pub(super) fn usable(range: Option<(f64, f64)>) -> (f64, f64) {
    let (a, b) = range.filter(|r| r.0.is_finite() && r.1.is_finite()).unwrap_or((0.0, 1.0));
    let (low, high) = (a.min(b), a.max(b));
    let largest = low.abs().max(high.abs());
    if largest < 1e-290 {
        return (-1.0, 1.0);
    }
    if high / largest - low / largest > 1e-9 {
        return (low, high);
    }
    let wider = |v: f64| v.clamp(-f64::MAX, f64::MAX);
    (wider(low - 0.1 * largest), wider(high + 0.1 * largest))
}

/// Makes a range suitable for a logarithmic axis: positive and at least a factor of 1.05 wide.
pub(super) fn usable_log(range: Option<(f64, f64)>) -> (f64, f64) {
    let positive = |r: &(f64, f64)| [r.0, r.1].iter().all(|v| (1e-300..=1e300).contains(v));
    let (a, b) = range.filter(positive).unwrap_or((0.1, 1.0));
    let (low, high) = (a.min(b), a.max(b));
    if high > 1.05 * low { (low, high) } else { (low / 2.0, high * 2.0) }
}

/// [`padded`] on a logarithmic axis.
pub(super) fn padded_log((low, high): (f64, f64), share: (f64, f64)) -> (f64, f64) {
    let (from, to) = padded((low.log10(), high.log10()), share);
    (10f64.powf(from.max(-305.0)), 10f64.powf(to.min(305.0)))
}

/// Extends the range below and above by the two fractions `share` of its width, at most to the largest double.
pub(super) fn padded((low, high): (f64, f64), share: (f64, f64)) -> (f64, f64) {
    let wide = |by: f64| high * by - low * by;
    ((low - wide(share.0)).max(-f64::MAX), (high + wide(share.1)).min(f64::MAX))
}

/// Extends a horizontal range to round numbers just outside its ends: collisions 1 … 2000 are drawn over 0 … 2000.
pub(super) fn rounded((low, high): (f64, f64), most: usize) -> (f64, f64) {
    let (outer_low, outer_high) = padded((low, high), (0.02, 0.02));
    let axis = Axis::new((outer_low, outer_high), most);
    let value = |place: f64| (axis.low + place * (axis.high - axis.low)) * axis.unit;
    let ticks = axis.ticks.iter().map(|(place, _)| value(*place));
    ticks.fold((low, high), |(from, to), tick| (from.min(tick), to.max(tick)))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn shown(range: (f64, f64), most: usize) -> (String, Option<String>) {
        let axis = Axis::new(usable(Some(range)), most);
        (axis.ticks.iter().map(|(_, label)| label.as_str()).collect::<Vec<_>>().join(" "), axis.factor)
    }

    #[test]
    fn ticks_are_round() {
        let cases = [
            ((0.0, 2000.0), "0 500 1000 1500 2000", None),
            ((-1.0, 1.0), "−1.0 −0.5 0.0 0.5 1.0", None),
            ((0.9, 1.1), "0.90 0.95 1.00 1.05 1.10", None),
            ((0.0, 0.25), "0.00 0.05 0.10 0.15 0.20 0.25", None),
            ((0.0, 3e-7), "0 1 2 3", Some("×$10^{-7}$")),
            ((0.0, 2e12), "0.0 0.5 1.0 1.5 2.0", Some("×$10^{12}$")),
        ];
        for (range, labels, factor) in cases {
            assert_eq!(shown(range, 6), (labels.to_owned(), factor.map(str::to_owned)), "{range:?}");
        }
    }

    #[test]
    fn every_range_yields_an_axis() {
        let ends = [0.0, 5e-324, 1e-310, 1e-200, 1.0, 1.0 + 1e-15, 1e200, f64::MAX, f64::INFINITY, f64::NAN];
        for a in ends {
            for b in ends {
                for (a, b) in [(a, b), (-a, b), (a, -b), (-a, -b)] {
                    let range = usable(Some((a, b)));
                    let axis = Axis::new(padded(range, (0.05, 0.7)), 6);
                    assert!(axis.at(range.0).is_finite() && axis.at(range.1) > axis.at(range.0), "{a:?} {b:?}");
                    assert!(!axis.ticks.is_empty() && axis.ticks.len() < 20, "{a:?} {b:?} {:?}", axis.ticks);
                    rounded(range, 6);
                }
            }
        }
    }

    #[test]
    fn every_range_yields_a_logarithmic_axis() {
        let ends = [-1.0, 0.0, 5e-324, 1e-300, 1e-3, 1.0, 1.0 + 1e-15, 3.0, 1e300, f64::MAX, f64::INFINITY, f64::NAN];
        for a in ends {
            for b in ends {
                let range = usable_log(Some((a, b)));
                let axis = Axis::of(padded_log(range, (0.05, 0.7)), Kind::Log, 6);
                assert!(axis.at(range.0).is_finite() && axis.at(range.1) > axis.at(range.0), "{a:?} {b:?}");
                assert!(axis.ticks.len() >= 2 && axis.ticks.len() < 20, "{a:?} {b:?} {:?}", axis.ticks);
            }
        }
        let axis = Axis::of((1e-3, 1.0), Kind::Log, 6);
        assert!((axis.at(0.1) - 2.0 / 3.0).abs() < 1e-12 && axis.at(0.0).is_nan() && axis.at(-1.0).is_nan());
    }

    #[test]
    fn rounding_errors_are_not_magnified() {
        let (low, high) = usable(Some((0.3, 0.3 + 1e-15)));
        assert!(high - low > 0.05);
        assert_eq!(rounded((1.0, 2000.0), 6), (0.0, 2000.0));
        assert_eq!(rounded((1.0, 1860.0), 6), (0.0, 1860.0));
    }
}
