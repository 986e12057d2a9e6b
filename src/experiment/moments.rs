//! Means and standard errors of many values over trajectories.
//!
//! The mean and the sum of squared deviations are updated with each trajectory (B. P. Welford, Technometrics 4, 419
//! (1962)), and those of two groups of trajectories are combined (T. F. Chan, G. H. Golub, R. J. LeVeque, COMPSTAT 1982).
//! Neither loses digits where the deviations are small compared with the mean.

/// Number, mean and sum of squared deviations of each value. A missing value (NaN) does not count.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Moments {
    count: Vec<f64>,
    mean: Vec<f64>,
    squares: Vec<f64>,
}

impl Moments {
    /// The moments of `len` values over no trajectory.
    pub(super) fn new(len: usize) -> Self {
        Self { count: vec![0.0; len], mean: vec![0.0; len], squares: vec![0.0; len] }
    }

    /// Adds the values of one trajectory.
    pub(super) fn add(&mut self, values: impl Iterator<Item = f64>) {
        for (i, x) in values.enumerate().filter(|(_, x)| !x.is_nan()) {
            self.count[i] += 1.0;
            let before = x - self.mean[i];
            self.mean[i] += before / self.count[i];
            self.squares[i] += before * (x - self.mean[i]);
        }
    }

    /// Adds the trajectories of another group.
    pub(super) fn merge(&mut self, other: &Self) {
        for i in 0..self.count.len() {
            let (a, b) = (self.count[i], other.count[i]);
            if b == 0.0 {
                continue;
            }
            let (all, apart) = (a + b, other.mean[i] - self.mean[i]);
            self.count[i] = all;
            self.mean[i] += apart * (b / all);
            self.squares[i] += other.squares[i] + apart * apart * (a * (b / all));
        }
    }

    /// The mean of value `i`; NaN if it is missing in every trajectory.
    pub(super) fn mean(&self, i: usize) -> f64 {
        if self.count[i] > 0.0 { self.mean[i] } else { f64::NAN }
    }

    /// The standard error of the mean of value `i`, √(Σ(x − x̄)²/(k(k − 1))) over k trajectories; NaN for k < 2.
    pub(super) fn standard_error(&self, i: usize) -> f64 {
        let k = self.count[i];
        if k < 2.0 { f64::NAN } else { (self.squares[i] / (k * (k - 1.0))).sqrt() }
    }

    /// The moments as numbers, for a journal.
    pub(super) fn to_numbers(&self) -> impl Iterator<Item = f64> {
        self.count.iter().chain(&self.mean).chain(&self.squares).copied()
    }

    /// The inverse of [`to_numbers`](Self::to_numbers) for `len` values; `None` for another number of numbers.
    pub(super) fn from_numbers(len: usize, numbers: &[f64]) -> Option<Self> {
        let parts: Vec<Vec<f64>> = numbers.chunks(len.max(1)).map(<[f64]>::to_vec).collect();
        match <[Vec<f64>; 3]>::try_from(parts) {
            Ok([count, mean, squares]) if squares.len() == len => Some(Self { count, mean, squares }),
            _ => (len == 0 && numbers.is_empty()).then(|| Self::new(0)),
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn moments(values: &[f64]) -> Moments {
        let mut m = Moments::new(1);
        values.iter().for_each(|x| m.add(std::iter::once(*x)));
        m
    }

    /// 1, 2, 4, 5 have the mean 3 and Σ(x − 3)² = 10.
    #[test]
    fn means_and_errors_are_those_of_statistics() {
        let m = moments(&[1.0, 2.0, f64::NAN, 4.0, 5.0]);
        assert_eq!((m.mean(0), m.standard_error(0)), (3.0, (10.0_f64 / 12.0).sqrt()));
        let mut parts = moments(&[1.0, 2.0]);
        parts.merge(&moments(&[]));
        parts.merge(&moments(&[4.0, 5.0]));
        assert_eq!((parts.mean(0), parts.standard_error(0)), (m.mean(0), m.standard_error(0)));
        assert!(moments(&[]).mean(0).is_nan() && moments(&[1.0]).standard_error(0).is_nan());
    }

    #[test]
    fn small_deviations_from_a_large_mean_keep_their_digits() {
        let m = moments(&[1e9 + 1.0, 1e9 + 2.0, 1e9 + 3.0]);
        assert_eq!((m.mean(0), m.standard_error(0)), (1e9 + 2.0, (2.0_f64 / 6.0).sqrt()));
    }

    #[test]
    fn numbers_are_read_back() {
        let mut m = Moments::new(2);
        m.add([0.5, f64::NAN].into_iter());
        m.add([0.25, 2.0].into_iter());
        let numbers: Vec<f64> = m.to_numbers().collect();
        assert_eq!(Moments::from_numbers(2, &numbers), Some(m));
        assert_eq!(Moments::from_numbers(3, &numbers), None);
        assert_eq!(Moments::from_numbers(0, &[]), Some(Moments::new(0)));
    }
}
