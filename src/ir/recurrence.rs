//! How the gate sequences of a run repeat.

/// The longest period that is recognised, in collisions.
const LONGEST: u64 = 128;

/// After how many collisions a gate sequence occurs again.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Recurrence {
    /// After this many collisions, at least 1; 1 if all collisions are the same.
    Every(u64),
    /// Each collision may have a sequence of its own.
    Never,
}

impl Recurrence {
    /// All collisions are the same.
    pub const CONSTANT: Self = Self::Every(1);

    /// The recurrence of a sequence with two parts: the least common multiple of their periods. A period of more than 128
    /// collisions counts as none.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        let (Self::Every(a), Self::Every(b)) = (self, other) else { return Self::Never };
        Self::every((a / gcd(a, b)).saturating_mul(b))
    }

    /// A period of this many collisions, unless it is too long.
    #[must_use]
    pub fn every(period: u64) -> Self {
        if (1..=LONGEST).contains(&period) { Self::Every(period) } else { Self::Never }
    }

    /// The number of a collision within its period; the number itself without a period.
    #[must_use]
    pub fn phase(self, n: u64) -> u64 {
        if let Self::Every(period) = self { n % period } else { n }
    }
}

fn gcd(a: u64, b: u64) -> u64 {
    if b == 0 { a } else { gcd(b, a % b) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn periods_combine_to_their_least_common_multiple() {
        let every = Recurrence::Every;
        assert_eq!(every(4).and(every(6)), every(12));
        assert_eq!(Recurrence::CONSTANT.and(every(5)), every(5));
        assert_eq!(every(100).and(every(99)), Recurrence::Never);
        assert_eq!(every(2).and(Recurrence::Never), Recurrence::Never);
        assert_eq!((Recurrence::every(0), Recurrence::every(u64::MAX)), (Recurrence::Never, Recurrence::Never));
    }

    #[test]
    fn a_phase_repeats_after_a_period() {
        assert_eq!((Recurrence::Every(3).phase(7), Recurrence::Never.phase(7)), (1, 7));
    }
}
