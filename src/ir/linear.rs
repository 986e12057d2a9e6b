//! Which numbers are linear in the state.

use super::{Measure, Scalar};

impl Scalar {
    /// Whether the number is a linear function of the density matrix, or such a function plus a constant, so that its mean over an
    /// ensemble of states is its value in the mean state. An earlier record counts as linear: it is judged where it is read.
    #[must_use]
    pub fn is_linear(&self) -> bool {
        match self {
            Self::Constant(_) | Self::Recorded { .. } | Self::Measure(Measure::Expectation { .. }) => true,
            Self::Measure(Measure::Reduced { function, .. }) => function.is_linear(),
            Self::Apply { args, .. } if args.iter().all(Self::is_constant) => true,
            Self::Apply { name, args, .. } if args.iter().all(Self::is_linear) => match (*name, &args[..]) {
                ("+" | "-", _) | ("re" | "im" | "conj", [_]) => true,
                ("*", [a, b]) => a.is_constant() || b.is_constant(),
                ("/", [_, b]) => b.is_constant(),
                _ => false,
            },
            Self::Apply { .. } => false,
        }
    }

    fn is_constant(&self) -> bool {
        match self {
            Self::Constant(_) => true,
            Self::Recorded { .. } | Self::Measure(_) => false,
            Self::Apply { args, .. } => args.iter().all(Self::is_constant),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::*;
    use crate::ir::Slot;
    use crate::quantum::{C64, CMat, StateFunction};

    #[test]
    fn sums_and_multiples_of_expectation_values_are_linear() {
        let mean = || {
            let terms = vec![(vec![Slot(0)], Arc::new(CMat::identity(2, 2)))];
            Scalar::Measure(Measure::Expectation { terms, label: "1".into() })
        };
        let two = || Scalar::Constant(C64::from(2.0));
        let apply = |name, args| Scalar::Apply { name, function: |args| args[0], args };
        let purity = Measure::Reduced { slots: vec![Slot(0)], function: StateFunction::named("purity") };
        assert!(apply("-", vec![mean(), apply("/", vec![apply("*", vec![two(), mean()]), two()])]).is_linear());
        assert!(apply("re", vec![mean()]).is_linear() && apply("√", vec![two()]).is_linear());
        for (name, args) in [("*", vec![mean(), mean()]), ("/", vec![two(), mean()]), ("abs", vec![mean()])] {
            assert!(!apply(name, args).is_linear(), "{name}");
        }
        assert!(!apply("+", vec![mean(), Scalar::Measure(purity)]).is_linear());
    }
}
