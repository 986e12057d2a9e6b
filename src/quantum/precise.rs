//! Sums of products in twice the working precision.

/// A sum of products of doubles, accumulated as an unevaluated sum of two doubles, so that its error is of the order of
/// the square of the unit roundoff (algorithm Dot2 of Ogita, Rump and Oishi, SIAM J. Sci. Comput. 26, 1955, 2005).
/// Every term must be below 1e300 in modulus.
#[derive(Debug, Clone, Copy, Default)]
pub struct PreciseSum {
    high: f64,
    low: f64,
}

impl PreciseSum {
    /// Adds the number a.
    pub fn add(&mut self, a: f64) {
        let sum = self.high + a;
        let back = sum - self.high;
        self.low += (self.high - (sum - back)) + (a - back);
        self.high = sum;
    }

    /// Adds the product ab.
    pub fn add_product(&mut self, a: f64, b: f64) {
        if a == 0.0 || b == 0.0 {
            return; // most entries of a gate are zero
        }
        let product = a * b;
        let ((a_high, a_low), (b_high, b_low)) = (split(a), split(b));
        let error = a_low * b_low - (((product - a_high * b_high) - a_low * b_high) - a_high * b_low);
        self.add(product);
        self.low += error;
    }

    /// The sum, rounded to one double.
    #[must_use]
    pub fn value(self) -> f64 {
        self.high + self.low
    }
}

/// Splits a double into the sum of two doubles with 26 significant bits each, whose products are exact (Veltkamp's
/// splitting).
fn split(a: f64) -> (f64, f64) {
    const FACTOR: f64 = 134_217_729.0; // 2²⁷ + 1
    let scaled = FACTOR * a;
    let high = scaled - (scaled - a);
    (high, a - high)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn products_and_sums_are_exact_to_twice_the_precision() {
        // cos² 1 + sin² 1 − 1 for the doubles nearest to the cosine and the sine; expected value by exact arithmetic.
        let (cos, sin) = (0.540_302_305_868_139_8, 0.841_470_984_807_896_5);
        let mut sum = PreciseSum::default();
        sum.add_product(cos, cos);
        sum.add_product(sin, sin);
        sum.add(-1.0);
        assert!((sum.value() - 4.845_676_792_606_737e-17).abs() < 1e-31, "{:e}", sum.value());
        let mut tiny = PreciseSum::default();
        [1.0, 1e-25, -1.0].into_iter().for_each(|x| tiny.add(x));
        assert_eq!(tiny.value(), 1e-25);
    }
}
