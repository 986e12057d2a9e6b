//! Values of expressions at one parameter point, and the algebra of operators that carry the sites they act on.

use std::collections::BTreeMap;
use std::sync::Arc;

use crate::analysis::Series;
use crate::check::{SequenceId, SubsystemId};
use crate::ir::{Scalar, Slot};
use crate::quantum::{C64, CMat, CVec, embed, permute};

/// The largest dimension of a Hilbert space on which an operator is stored as one matrix.
pub(crate) const MAX_DENSE: usize = 1024;

/// A tensor factor that an operator acts on: a slot of the gate sequence, or a place of the state being written.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Leg {
    Slot(Slot),
    Local(usize),
}

/// A leg with its dimension.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Site {
    pub(crate) leg: Leg,
    pub(crate) dim: usize,
}

/// An operator: a sum of terms, each a matrix on sites in increasing order. A term without sites is a multiple of 1.
#[derive(Debug, Clone, Default)]
pub(crate) struct Operator {
    pub(crate) terms: BTreeMap<Vec<Site>, CMat>,
}

/// The error for an operator on a space of a dimension larger than [`MAX_DENSE`].
#[derive(Debug, Clone, Copy)]
pub(crate) struct TooLarge {
    pub(crate) subsystems: usize,
    pub(crate) dim: u128,
}

/// The product of the dimensions, if it is at most [`MAX_DENSE`].
pub(crate) fn dense_dim(sites: &[Site]) -> Result<usize, TooLarge> {
    let dim = sites.iter().fold(1u128, |d, s| d.saturating_mul(s.dim as u128));
    usize::try_from(dim).ok().filter(|d| *d <= MAX_DENSE).ok_or(TooLarge { subsystems: sites.len(), dim })
}

/// The union of two increasing lists of sites.
pub(crate) fn union(a: &[Site], b: &[Site]) -> Vec<Site> {
    let mut out: Vec<Site> = a.iter().chain(b).copied().collect();
    out.sort_unstable();
    out.dedup();
    out
}

/// Embeds a matrix on `sites` into the larger list of sites `all`.
pub(crate) fn spread(matrix: &CMat, sites: &[Site], all: &[Site]) -> CMat {
    if sites == all {
        return matrix.clone();
    }
    let positions: Vec<usize> =
        sites.iter().map(|s| all.iter().position(|t| t == s).expect("a site of the union")).collect();
    let dims: Vec<usize> = all.iter().map(|s| s.dim).collect();
    embed(matrix, &positions, &dims)
}

impl Operator {
    /// A multiple of the identity.
    pub(crate) fn scalar(c: C64) -> Self {
        Self { terms: BTreeMap::from([(Vec::new(), CMat::from_element(1, 1, c))]) }
    }

    /// The operator with this matrix, whose Kronecker order is that of `sites`. The sites are distinct, in any order.
    pub(crate) fn on(sites: &[Site], matrix: &CMat) -> Self {
        let mut order: Vec<usize> = (0..sites.len()).collect();
        order.sort_by_key(|&i| sites[i]);
        let sorted: Vec<Site> = order.iter().map(|&i| sites[i]).collect();
        let matrix = if sorted == sites {
            matrix.clone()
        } else {
            let dims: Vec<usize> = sites.iter().map(|s| s.dim).collect();
            permute(matrix, &dims, &order)
        };
        Self { terms: BTreeMap::from([(sorted, matrix)]) }
    }

    /// All sites in increasing order.
    pub(crate) fn sites(&self) -> Vec<Site> {
        self.terms.keys().fold(Vec::new(), |all, sites| union(&all, sites))
    }

    pub(crate) fn scaled(mut self, c: C64) -> Self {
        self.terms.values_mut().for_each(|m| *m *= c);
        self
    }

    pub(crate) fn plus(mut self, other: &Self) -> Self {
        for (sites, m) in &other.terms {
            self.terms.entry(sites.clone()).and_modify(|t| *t += m).or_insert_with(|| m.clone());
        }
        self
    }

    pub(crate) fn times(&self, other: &Self) -> Result<Self, TooLarge> {
        let mut out = Self::default();
        for (a_sites, a) in &self.terms {
            for (b_sites, b) in &other.terms {
                let all = union(a_sites, b_sites);
                dense_dim(&all)?;
                let product = product(a, a_sites, b, b_sites, &all);
                out.terms.entry(all).and_modify(|t| *t += &product).or_insert(product);
            }
        }
        Ok(out)
    }

    pub(crate) fn adjoint(&self) -> Self {
        Self { terms: self.terms.iter().map(|(s, m)| (s.clone(), m.adjoint())).collect() }
    }

    /// The operator as one matrix on `all`, increasing sites that include its own.
    pub(crate) fn dense(&self, all: &[Site]) -> Result<CMat, TooLarge> {
        let dim = dense_dim(all)?;
        let mut out = CMat::zeros(dim, dim);
        for (sites, m) in &self.terms {
            out += spread(m, sites, all);
        }
        Ok(out)
    }

    /// Splits a Hamiltonian H into parts that share no site, so that exp(−iHt) is the product of the exponentials of
    /// the parts. A multiple of 1 comes first.
    pub(crate) fn components(&self) -> Vec<Self> {
        let mut parts: Vec<(Vec<Site>, Self)> = Vec::new();
        for (sites, m) in &self.terms {
            let mut merged = (sites.clone(), Self { terms: BTreeMap::from([(sites.clone(), m.clone())]) });
            let (touching, rest): (Vec<_>, Vec<_>) =
                parts.into_iter().partition(|(other, _)| other.iter().any(|s| sites.contains(s)));
            for (other, part) in touching {
                merged = (union(&merged.0, &other), part.plus(&merged.1));
            }
            parts = rest;
            parts.push(merged);
        }
        parts.sort_by(|a, b| a.0.cmp(&b.0));
        parts.into_iter().map(|(_, part)| part).collect()
    }
}

/// The product a·b on the sites `all`. If the sites of a and b do not interleave, it is a Kronecker product.
fn product(a: &CMat, a_sites: &[Site], b: &CMat, b_sites: &[Site], all: &[Site]) -> CMat {
    if a_sites.is_empty() {
        return b * a[(0, 0)];
    }
    if b_sites.is_empty() {
        return a * b[(0, 0)];
    }
    if a_sites.last() < b_sites.first() {
        return a.kronecker(b);
    }
    if b_sites.last() < a_sites.first() {
        return b.kronecker(a);
    }
    spread(a, a_sites, all) * spread(b, b_sites, all)
}

/// A channel on sites, in the Kronecker order of its matrices.
#[derive(Debug, Clone)]
pub(crate) struct ChannelValue {
    pub(crate) sites: Vec<Site>,
    pub(crate) kraus: Vec<CMat>,
}

/// The value of an expression.
#[derive(Debug, Clone)]
pub(crate) enum Value {
    Number(C64),
    /// None where it depends on a missing number.
    Bool(Option<bool>),
    Text(String),
    Rule(SequenceId),
    /// A system (offset 0) or a unit of a stream.
    Subsystem(SubsystemId, i64),
    Operator(Operator),
    /// A vector over subsystems of the given dimensions.
    Ket(Vec<usize>, CVec),
    Bra(Vec<usize>, CVec),
    Density(Vec<usize>, CMat),
    Channel(ChannelValue),
    /// A number or boolean that depends on outcomes of measurements.
    ByOutcome(Arc<ByOutcome>),
    /// A number read off the state.
    Scalar(Scalar),
    /// Several numbers read off the state, each with its suffix to the name of the series.
    Several(Vec<(String, Scalar)>),
    Series(Series),
    /// The real and the imaginary part of a complex series.
    ComplexSeries(Box<[Series; 2]>),
    /// A text or a rule for each point of a sweep.
    Labels(Vec<Value>),
    List(Vec<Value>),
}

/// The values of an expression for the outcomes of measurements. Only the lowering of a step holds it: it evaluates
/// expressions with the value of one outcome in its place.
#[derive(Debug, Clone)]
pub(crate) struct ByOutcome {
    /// The registers of the outcomes.
    pub(crate) registers: Vec<Slot>,
    /// One value for each joint level of the registers, the first the most significant; `None` where it cannot occur.
    pub(crate) values: Vec<Option<Value>>,
}

impl Value {
    pub(crate) fn real(x: f64) -> Self {
        Self::Number(C64::new(x, 0.0))
    }

    /// The value of an expression that the checker has typed as a number.
    pub(crate) fn number(self) -> C64 {
        match self {
            Self::Number(z) => z,
            other => other.mistyped("a number"),
        }
    }

    /// The value of an expression that the checker has typed as a boolean.
    pub(crate) fn truth(self) -> Option<bool> {
        match self {
            Self::Bool(b) => b,
            other => other.mistyped("a boolean"),
        }
    }

    /// The value of an expression that the checker has typed as an operator. A number is that multiple of the identity.
    pub(crate) fn operator(self) -> Operator {
        match self {
            Self::Operator(operator) => operator,
            Self::Number(z) => Operator::scalar(z),
            other => other.mistyped("an operator"),
        }
    }

    /// The value of an expression that the checker has typed as a subsystem: which, and how many units ahead.
    pub(crate) fn subsystem(self) -> (SubsystemId, i64) {
        match self {
            Self::Subsystem(id, offset) => (id, offset),
            other => other.mistyped("a subsystem"),
        }
    }

    /// The vector of a ket or bra and the dimensions of its subsystems.
    pub(super) fn vector(self) -> (Vec<usize>, CVec) {
        match self {
            Self::Ket(dims, v) | Self::Bra(dims, v) => (dims, v),
            other => other.mistyped("a ket or a bra"),
        }
    }

    /// The value of an expression that the checker has typed as a series or a condition.
    pub(super) fn series(self) -> Series {
        match self {
            Self::Series(series) => series,
            other => other.mistyped("a series"),
        }
    }

    /// Panics: a type on which the checker and the evaluator disagree is a bug.
    pub(crate) fn mistyped(&self, expected: &str) -> ! {
        unreachable!("the checker has typed this as {expected}, but it is {}", self.describe())
    }

    pub(crate) fn describe(&self) -> &'static str {
        match self {
            Self::Number(_) => "a number",
            Self::Bool(_) => "a boolean",
            Self::Text(_) => "a text",
            Self::Rule(_) => "a rule",
            Self::Subsystem(..) => "a subsystem",
            Self::Operator(_) => "an operator",
            Self::Ket(..) => "a ket",
            Self::Bra(..) => "a bra",
            Self::Density(..) => "a density matrix",
            Self::Channel(_) => "a channel",
            Self::ByOutcome(_) => "a value that depends on an outcome",
            Self::Scalar(_) => "a number read off the state",
            Self::Several(_) => "several numbers read off the state",
            Self::Series(_) => "a series",
            Self::ComplexSeries(_) => "a complex series",
            Self::Labels(_) => "a column of labels",
            Self::List(_) => "a list",
        }
    }
}
