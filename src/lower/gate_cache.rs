//! Caches the matrices of statements, so that they are recomputed only if a value that they depend on has changed.
//!
//! While a statement is evaluated, the parameters that it reads are recorded. The same statement is lowered again for
//! other live slots, at the next collision, or at the next point of a sweep. Its cached matrices are used if all of
//! these parameters, and the local variables that it names, have the same values. A statement that uses `n` is never cached.

use std::collections::{BTreeSet, HashMap};
use std::sync::Arc;

use crate::check::{Expr, ExprKind, ParamId, SubsystemId, children};
use crate::eval::{Eval, Evaluator};
use crate::eval::{Leg, Site, Value};
use crate::ir::Recurrence;
use crate::quantum::{C64, CMat};
use crate::source::Span;

/// An operation on subsystems, made by a statement.
#[derive(Debug, Clone)]
pub(super) struct PlacedGate {
    /// The subsystems, in the basis order of the matrices.
    pub(super) sites: Vec<Site>,
    pub(super) kind: GateKind,
    /// Largest entry of U†U − 1 or Σ K†K − 1 for the operation as written, before the nearest exact one replaced it.
    pub(super) deviation: f64,
}

impl PlacedGate {
    /// Size of the matrices, in bytes.
    pub(super) fn bytes(&self) -> u64 {
        let of = |m: &CMat| (m.len() * size_of::<C64>()) as u64;
        match &self.kind {
            GateKind::Unitary(u) => of(u),
            GateKind::Channel(kraus) => kraus.iter().map(of).sum(),
        }
    }
}

/// A unitary, or the Kraus operators of a channel.
#[derive(Debug, Clone)]
pub(super) enum GateKind {
    Unitary(Arc<CMat>),
    Channel(Arc<Vec<CMat>>),
}

/// The cached gates and channels of a program, valid across collisions and parameter points.
#[derive(Debug, Default)]
pub(crate) struct GateCache {
    kept: HashMap<Span, Vec<Entry>>,
}

/// Largest number of entries for one statement, each with different values.
const MAX_ENTRIES: usize = 64;

/// A system or unit, by its id and its offset in units. Slot numbers differ between parameter points.
type Unit = (SubsystemId, i64);

#[derive(Debug)]
struct Entry {
    /// The values of the local variables that the statement names.
    locals: Vec<Value>,
    /// The parameters that the statement read, with their values.
    params: Vec<(ParamId, Value)>,
    /// The units that the evaluation mentioned, in order. A cache hit mentions them again, because slots are numbered
    /// in the order of first mention.
    mentioned: Vec<Unit>,
    /// The operations, with units and dimensions in place of slots.
    made: Vec<(Vec<(Unit, usize)>, PlacedGate)>,
}

impl GateCache {
    /// The operations of the statement at `span`, from the cache or else from `make`; `locals` are the values of the
    /// local variables that the statement names.
    ///
    /// # Errors
    /// Those of `make`.
    pub(super) fn get(
        &mut self,
        ev: &Evaluator<'_>,
        span: Span,
        locals: &[Value],
        make: impl FnOnce() -> Eval<Vec<PlacedGate>>,
    ) -> Eval<Vec<PlacedGate>> {
        let entries = self.kept.entry(span).or_default();
        if let Some(entry) = entries.iter().find(|entry| entry.fits(ev, locals)) {
            return Ok(entry.relocated(ev));
        }
        let before = ev.recurrence.replace(Recurrence::CONSTANT);
        ev.params_read.borrow_mut().clear();
        ev.slots.borrow_mut().mentioned.clear();
        let made = make();
        let own = ev.recurrence.get();
        ev.recurrence.set(before.and(own));
        let made = made?;
        if own == Recurrence::CONSTANT && locals.iter().all(|local| same(local, local)) {
            if entries.len() == MAX_ENTRIES {
                entries.clear();
            }
            entries.push(Entry::new(ev, locals, &made));
        }
        Ok(made)
    }
}

impl Entry {
    fn new(ev: &Evaluator<'_>, locals: &[Value], made: &[PlacedGate]) -> Self {
        let params = ev.params_read.take().into_iter().map(|id| (id, ev.params[id.0].clone())).collect();
        let mut slots = ev.slots.borrow_mut();
        let mentioned = std::mem::take(&mut slots.mentioned);
        let unit = |site: &Site| match site.leg {
            Leg::Slot(slot) => (slots.unit_of(slot), site.dim),
            Leg::Local(_) => unreachable!("`placed` has checked that operators of a step name their subsystems"),
        };
        let made = made.iter().map(|m| (m.sites.iter().map(unit).collect(), m.clone())).collect();
        Self { locals: locals.to_vec(), params, mentioned, made }
    }

    fn fits(&self, ev: &Evaluator<'_>, locals: &[Value]) -> bool {
        let slots = ev.slots.borrow();
        let dims = self.made.iter().flat_map(|(units, _)| units);
        self.locals.len() == locals.len()
            && self.locals.iter().zip(locals).all(|(a, b)| same(a, b))
            && self.params.iter().all(|(id, value)| same(value, &ev.params[id.0]))
            && dims.into_iter().all(|((id, _), dim)| slots.kinds[id.0].dim() == *dim)
            // A unit that this point does not keep is an error, which only a new evaluation reports.
            && self.mentioned.iter().all(|(id, offset)| *offset >= -slots.keep[id.0])
    }

    /// The same operations, on the slots of the current point.
    fn relocated(&self, ev: &Evaluator<'_>) -> Vec<PlacedGate> {
        let mut slots = ev.slots.borrow_mut();
        for (id, offset) in &self.mentioned {
            slots.slot(ev.program, *id, *offset);
        }
        let mut site = |((id, offset), dim): &(Unit, usize)| {
            let slot = slots.slot(ev.program, *id, *offset);
            Site { leg: Leg::Slot(slot), dim: *dim }
        };
        let made = self.made.iter();
        made.map(|(units, made)| PlacedGate { sites: units.iter().map(&mut site).collect(), ..made.clone() }).collect()
    }
}

/// The values of the local variables that some expressions name.
pub(super) fn named_locals<'e>(expressions: impl IntoIterator<Item = &'e Expr>, locals: &[Value]) -> Vec<Value> {
    // The index of a sum is not yet among them; its values depend on the others.
    indices_of_locals(expressions).into_iter().filter_map(|local| locals.get(local).cloned()).collect()
}

/// The local variables that some expressions name.
pub(super) fn indices_of_locals<'e>(expressions: impl IntoIterator<Item = &'e Expr>) -> BTreeSet<usize> {
    fn gather(e: &Expr, out: &mut BTreeSet<usize>) {
        if let ExprKind::Local(local) | ExprKind::LocalUnit { local, .. } = e.kind {
            out.insert(local);
        }
        children(e, &mut |child| gather(child, out));
    }
    let mut named = BTreeSet::new();
    expressions.into_iter().for_each(|e| gather(e, &mut named));
    named
}

/// Whether two values are equal bit for bit. Values of other types, which can be large, never count as equal.
fn same(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(a), Value::Number(b)) => bits(a) == bits(b),
        (Value::Bool(a), Value::Bool(b)) => a == b,
        (Value::Text(a), Value::Text(b)) => a == b,
        (Value::Rule(a), Value::Rule(b)) => a == b,
        (Value::Subsystem(a, i), Value::Subsystem(b, j)) => (a, i) == (b, j),
        // A statement that reads such a value is lowered once for each outcome, with the value of that outcome.
        (Value::ByOutcome(_), Value::ByOutcome(_)) => true,
        // No gate depends on a number that is read off the state.
        (Value::Scalar(_), Value::Scalar(_)) => true,
        _ => false,
    }
}

fn bits(z: &C64) -> (u64, u64) {
    (z.re.to_bits(), z.im.to_bits())
}
