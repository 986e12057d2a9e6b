//! Readouts: numbers of a state as functions of expectation values.
//!
//! An expectation value needs one Hermitian observable, or two if it is complex before a function makes it real. A
//! population, or another linear measure, needs one. Any other measure of a reduced density matrix needs all of its
//! coefficients in the Hermitian basis, one observable each.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::basis::Basis;
use super::heisenberg::{Observables, Tables};
use crate::backend::exec::{FaultKind, finite_real};
use crate::ir::{Layout, Measure, Origin, Scalar, Slot};
use crate::quantum::{C64, CMat, StateFunction};

/// A number as a function of expectation values; observables are given by their indices.
#[derive(Debug, Clone)]
pub(super) enum Formula {
    Constant(C64),
    /// The real number that an earlier record has read.
    Real(Box<Formula>),
    /// One of its subsystems is not live at this place.
    Missing,
    /// The expectation values of one observable for the real part, and of one for the imaginary part unless it is zero.
    Linear {
        re: usize,
        im: Option<usize>,
    },
    /// A function of a reduced density matrix.
    Reduced {
        /// The index of the first of its coefficients.
        first: usize,
        basis: Arc<Basis>,
        function: StateFunction,
    },
    Apply {
        function: fn(&[C64]) -> C64,
        args: Vec<Formula>,
    },
}

impl Formula {
    /// The number; NaN if it is missing.
    ///
    /// # Errors
    /// Those of [`evaluate`](crate::backend::evaluate).
    pub(super) fn evaluate(&self, values: &[f64]) -> Result<f64, FaultKind> {
        if let Self::Linear { re, im: None } = self {
            let value = values[*re];
            return if value.is_finite() { Ok(value) } else { Err(FaultKind::NotFinite) };
        }
        self.value(values)?.map_or(Ok(f64::NAN), finite_real)
    }

    /// Whether its evaluation decomposes a matrix.
    pub(super) fn is_costly(&self) -> bool {
        match self {
            Self::Reduced { .. } => true,
            Self::Real(formula) => formula.is_costly(),
            Self::Apply { args, .. } => args.iter().any(Self::is_costly),
            Self::Constant(_) | Self::Missing | Self::Linear { .. } => false,
        }
    }

    fn value(&self, values: &[f64]) -> Result<Option<C64>, FaultKind> {
        match self {
            Self::Constant(z) => Ok(Some(*z).filter(|z| !z.is_nan())),
            Self::Missing => Ok(None),
            Self::Real(formula) => {
                let value = formula.evaluate(values)?;
                Ok((!value.is_nan()).then(|| C64::from(value)))
            }
            Self::Linear { re, im } => Ok(Some(C64::new(values[*re], im.map_or(0.0, |im| values[im])))),
            Self::Reduced { first, basis, function } => {
                let coefficients = &values[*first..first + basis.len()];
                if coefficients.iter().any(|x| !x.is_finite()) {
                    return Err(FaultKind::NotFinite);
                }
                let number = function.evaluate(&basis.matrix(coefficients), basis.dims());
                number
                    .map(|x| Some(C64::from(x)))
                    .map_err(|why| FaultKind::InvalidState { why, measure: function.measure })
            }
            Self::Apply { function, args } => {
                let args: Result<Vec<Option<C64>>, FaultKind> = args.iter().map(|arg| arg.value(values)).collect();
                let present: Option<Vec<C64>> = args?.into_iter().collect();
                Ok(present.map(|args| function(&args)))
            }
        }
    }
}

/// A number that is read in every collision.
#[derive(Debug, Clone)]
pub(super) struct Readout {
    pub(super) formula: Formula,
    /// The statement that records it; `None` for an observable.
    pub(super) origin: Option<Origin>,
}

/// An observable as a sum of parts on a few slots each. A part is given by its coefficients over the strings of its
/// slots.
type Parts = Vec<(Vec<Slot>, Vec<f64>)>;

/// The observables that are requested at one place of a sequence.
#[derive(Debug)]
pub(super) struct Requested<'a> {
    layout: &'a Layout,
    /// The slots that are live there.
    alive: &'a BTreeSet<Slot>,
    /// The index of the first observable.
    first: usize,
    observables: Vec<Parts>,
    /// The formulas of the records before this place, by their indices.
    recorded: BTreeMap<usize, Formula>,
}

impl<'a> Requested<'a> {
    pub(super) fn new(layout: &'a Layout, alive: &'a BTreeSet<Slot>, first: usize) -> Self {
        Self { layout, alive, first, observables: Vec::new(), recorded: BTreeMap::new() }
    }

    /// The same place, after these records, each with its index.
    pub(super) fn after(mut self, records: &[(usize, Readout)]) -> Self {
        self.recorded = records.iter().map(|(index, readout)| (*index, readout.formula.clone())).collect();
        self
    }

    /// The formula of a scalar; adds the observables that it needs.
    pub(super) fn formula(&mut self, scalar: &Scalar, tables: &mut Tables) -> Formula {
        match scalar {
            Scalar::Constant(z) => Formula::Constant(*z),
            Scalar::Recorded { index, .. } => Formula::Real(Box::new(self.recorded[index].clone())),
            Scalar::Measure(Measure::Expectation { terms, .. }) => self.expectation(terms, tables),
            Scalar::Measure(Measure::Reduced { slots, .. }) if !self.all_alive(slots) => Formula::Missing,
            Scalar::Measure(Measure::Reduced { slots, function }) if function.is_linear() => {
                self.linear(slots, function, tables)
            }
            Scalar::Measure(Measure::Reduced { slots, function }) => {
                let basis = tables.basis(&self.layout.dims(slots));
                Formula::Reduced { first: self.coefficients(slots, basis.len()), basis, function: function.clone() }
            }
            Scalar::Apply { function, args, .. } => {
                let args = args.iter().map(|arg| self.formula(arg, tables)).collect();
                Formula::Apply { function: *function, args }
            }
        }
    }

    /// The index of the trace, the expectation value of the identity, which is added unless present.
    pub(super) fn trace(&mut self) -> usize {
        self.request(vec![(Vec::new(), vec![1.0])])
    }

    /// The observables of the state at this place, or `None` if none were requested.
    pub(super) fn observables(&self) -> Option<Observables> {
        let slots: BTreeSet<Slot> = self.observables.iter().flatten().flat_map(|(slots, _)| slots).copied().collect();
        let slots: Vec<Slot> = slots.into_iter().collect();
        let mut out = Observables::zero(&slots, self.layout, self.observables.len());
        for (which, parts) in self.observables.iter().enumerate() {
            parts.iter().for_each(|(slots, v)| out.add(which, slots, v));
        }
        (!self.observables.is_empty()).then_some(out)
    }

    fn all_alive(&self, slots: &[Slot]) -> bool {
        slots.iter().all(|slot| self.alive.contains(slot))
    }

    /// Tr ρA = Σ_i Tr(B_i A) Tr(B_i ρ) / D
    #[expect(clippy::cast_precision_loss, reason = "dimensions are small")]
    fn expectation(&mut self, terms: &[(Vec<Slot>, Arc<CMat>)], tables: &mut Tables) -> Formula {
        if terms.iter().any(|(slots, _)| !self.all_alive(slots)) {
            return Formula::Missing;
        }
        let (mut re, mut im) = (Parts::new(), Parts::new());
        for (slots, a) in terms {
            let basis = tables.basis(&self.layout.dims(slots));
            let v: Vec<C64> = (0..basis.len()).map(|i| basis.trace_with(i, a) / basis.size() as f64).collect();
            re.push((slots.clone(), v.iter().map(|z| z.re).collect()));
            im.push((slots.clone(), v.iter().map(|z| z.im).collect()));
        }
        // The imaginary part of a Hermitian operator's coefficients is rounding.
        let size = |parts: &Parts| parts.iter().flat_map(|(_, v)| v).fold(0.0, |most: f64, x| most.max(x.abs()));
        let complex = size(&im) > 1e-10 * size(&re).max(f64::MIN_POSITIVE);
        Formula::Linear { re: self.request(re), im: complex.then(|| self.request(im)) }
    }

    /// A linear function of a reduced density matrix Σ r_i B_i / D; its coefficients are its values at the B_i / D.
    fn linear(&mut self, slots: &[Slot], function: &StateFunction, tables: &mut Tables) -> Formula {
        let basis = tables.basis(&self.layout.dims(slots));
        let mut unit = vec![0.0; basis.len()];
        let mut value = |i: usize| {
            unit.fill(0.0);
            unit[i] = 1.0;
            function.evaluate(&basis.matrix(&unit), basis.dims()).expect("a linear function needs no eigenvalues")
        };
        let values = (0..basis.len()).map(&mut value).collect();
        Formula::Linear { re: self.request(vec![(slots.to_vec(), values)]), im: None }
    }

    /// The index of the first of the observables B_i of a reduced density matrix, which are added unless present.
    fn coefficients(&mut self, slots: &[Slot], count: usize) -> usize {
        let unit = |i: usize| (0..count).map(|k| f64::from(u8::from(k == i))).collect::<Vec<_>>();
        let whole: Vec<Parts> = (0..count).map(|i| vec![(slots.to_vec(), unit(i))]).collect();
        let known = self.observables.windows(count).position(|window| window == whole);
        let at = known.unwrap_or(self.observables.len());
        if known.is_none() {
            self.observables.extend(whole);
        }
        self.first + at
    }

    /// The index of an observable, which is added unless present.
    fn request(&mut self, parts: Parts) -> usize {
        let known = self.observables.iter().position(|other| *other == parts);
        let at = known.unwrap_or(self.observables.len());
        if known.is_none() {
            self.observables.push(parts);
        }
        self.first + at
    }
}
