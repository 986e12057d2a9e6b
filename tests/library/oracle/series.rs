//! Series, and the functions of series that the oracle implements.

/// Values at the collisions start, start + stride, …; NaN marks a missing value.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Series {
    pub(crate) start: usize,
    pub(crate) stride: usize,
    pub(crate) values: Vec<f64>,
}

impl Series {
    pub(crate) fn map(&self, f: impl Fn(f64) -> f64) -> Self {
        Self { values: self.values.iter().copied().map(f).collect(), ..self.clone() }
    }

    /// Pairs (collision, value) from n = 1 on.
    fn analysed(&self) -> Vec<(f64, f64)> {
        (self.start..)
            .step_by(self.stride)
            .zip(&self.values)
            .filter(|(n, _)| *n >= 1)
            .map(|(n, x)| (float(n), *x))
            .collect()
    }

    fn present(&self) -> Vec<(f64, f64)> {
        self.analysed().into_iter().filter(|(_, x)| !x.is_nan()).collect()
    }

    /// Combines two series at their common collisions. For an observed and a recorded series these begin at 1.
    pub(crate) fn zip(&self, other: &Self, f: impl Fn(f64, f64) -> f64) -> Self {
        assert_eq!(self.stride, other.stride, "series with the same index");
        let start = self.start.max(other.start);
        let from = |s: &Self| (start - s.start) / s.stride;
        let pairs = self.values[from(self)..].iter().zip(&other.values[from(other)..]);
        Self { start, stride: self.stride, values: pairs.map(|(x, y)| f(*x, *y)).collect() }
    }

    /// The value at collision `n`; NaN if there is none.
    pub(crate) fn at(&self, n: f64) -> f64 {
        let indices = (self.start..).step_by(self.stride);
        indices.zip(&self.values).find(|(at, _)| float(*at) == n).map_or(f64::NAN, |(_, x)| *x)
    }
}

fn float(n: usize) -> f64 {
    f64::from(u32::try_from(n).expect("a small collision"))
}

fn mean(values: &[f64]) -> f64 {
    values.iter().sum::<f64>() / float(values.len())
}

/// The number that a function returns for a series and an optional second argument, or `None` if it is another
/// function.
pub(crate) fn number(name: &str, x: &Series, argument: Option<f64>) -> Option<f64> {
    let all = x.analysed();
    let present: Vec<f64> = x.present().into_iter().map(|(_, x)| x).collect();
    let bound = argument.unwrap_or(f64::NAN);
    let first = |f: &dyn Fn(f64) -> bool| all.iter().find(|(_, x)| f(*x)).map_or(f64::NAN, |(n, _)| *n);
    let stays = |f: &dyn Fn(f64) -> bool| {
        let late = all.iter().rev().take_while(|(_, x)| f(*x));
        late.last().map_or(f64::NAN, |(n, _)| *n)
    };
    let greatest = present.iter().copied().fold(f64::NAN, f64::max);
    Some(match name {
        "last" => all.last().map_or(f64::NAN, |(_, x)| *x),
        "first" => all.first().map_or(f64::NAN, |(_, x)| *x),
        "at" => x.at(bound),
        "mean" | "average" => mean(&present),
        "sum" => present.iter().sum(),
        "rms" => mean(&present.iter().map(|x| x * x).collect::<Vec<_>>()).sqrt(),
        "min" => present.iter().copied().fold(f64::NAN, f64::min),
        "max" => greatest,
        "argmax" => first(&|x| x == greatest),
        "count" => present.iter().sum(),
        "fraction" => mean(&present),
        "first_below" => first(&|x| x < bound),
        "first_above" => first(&|x| x > bound),
        "stays_below" => stays(&|x| x < bound),
        "stays_above" => stays(&|x| x > bound),
        _ => return None,
    })
}

/// The series that a function returns for a series, or `None` if it is another function.
pub(crate) fn series(name: &str, x: &Series) -> Option<Series> {
    let values = match name {
        "abs" => return Some(x.map(f64::abs)),
        "diff" => {
            let before = std::iter::once(f64::NAN).chain(x.values.iter().copied());
            x.values.iter().zip(before).map(|(x, before)| x - before).collect()
        }
        "cumsum" => {
            let mut sum = 0.0;
            let start = x.start;
            let add = |(at, x): (usize, &f64)| {
                if start + at > 0 {
                    sum += x;
                }
                sum
            };
            x.values.iter().enumerate().map(add).collect()
        }
        _ => return None,
    };
    Some(Series { values, ..x.clone() })
}

/// Pearson's correlation coefficient in windows that start at n = 1, 1 + (width − overlap), …
pub(crate) fn pearson(x: &Series, y: &Series, width: usize, overlap: usize) -> Series {
    let (x, y): (Vec<f64>, Vec<f64>) =
        x.analysed().into_iter().zip(y.analysed()).map(|((_, x), (_, y))| (x, y)).unzip();
    let stride = width - overlap;
    let starts = (0..).step_by(stride).take_while(|from| from + width <= x.len());
    let values = starts.map(|from| coefficient(&x[from..from + width], &y[from..from + width])).collect();
    Series { start: 1, stride, values }
}

fn coefficient(x: &[f64], y: &[f64]) -> f64 {
    let covariance = |a: &[f64], b: &[f64]| {
        let (ma, mb) = (mean(a), mean(b));
        a.iter().zip(b).map(|(p, q)| (p - ma) * (q - mb)).sum::<f64>()
    };
    covariance(x, y) / (covariance(x, x) * covariance(y, y)).sqrt()
}
