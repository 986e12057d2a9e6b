//! Finds the collisions that an analysis reads: a late window does not need the series before it.
//!
//! The search goes back from the results. `last` needs one value, a window of `pearson` as many values as its width,
//! and arithmetic the values at the same collisions; any other function needs the whole series. Windows on a part of a
//! series give the same values as on the whole only if they begin at the same collisions, so the part begins with a
//! window.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use super::analyse::own_id;
use crate::analysis::{FunctionRow, Index, Reads};
use crate::ast::{BinaryOp, UnaryOp};
use crate::check::{Analysis, Argument, Experiment, Expr, ExprKind, SeriesId, Type, children};
use crate::eval::{Evaluator, Scope, Value};
use crate::lower::Model;

/// The collisions whose values the analysis needs; all of them, from the initial state on, if a part would not give the
/// same results.
pub(super) fn reads(model: &Model<'_>, experiment: &Experiment, requested: u64) -> RangeInclusive<u64> {
    let all = 0..=requested;
    if experiment.run.as_ref().is_some_and(|run| run.until.is_some()) {
        return all;
    }
    let mut demand = NeededRange::new(model, experiment, requested);
    if demand.gather(experiment).is_none() {
        return all;
    }
    match demand.range {
        None => requested..=requested,
        Some((from, to)) if demand.windows.is_none_or(|start| start == from) => from..=to,
        Some(_) => all,
    }
}

/// First and last collision at which values of a series are needed.
type Span = (u64, u64);

pub(super) struct NeededRange<'a> {
    ev: Evaluator<'a>,
    /// Number of collisions of the run.
    requested: u64,
    /// The first id that belongs to a `let` or `collect`, not to a series of the run.
    own: Option<SeriesId>,
    /// The series defined by `let`s.
    lets: BTreeMap<SeriesId, &'a Expr>,
    /// The spans needed of each of these series.
    needs: BTreeMap<SeriesId, Vec<Span>>,
    /// The span needed of the series of the run; `None` if no value is needed.
    range: Option<Span>,
    /// The first collision of the windows that are needed; `None` without windows.
    windows: Option<u64>,
}

impl<'a> NeededRange<'a> {
    pub(super) fn new(model: &'a Model<'_>, experiment: &'a Experiment, requested: u64) -> Self {
        let lets = experiment.analysis.iter().filter_map(|a| match a {
            Analysis::Let { id, ty: Type::Series, value, .. } => Some((*id, value)),
            _ => None,
        });
        let own = experiment.analysis.iter().find_map(own_id);
        let ev = model.evaluator();
        Self { ev, requested, own, lets: lets.collect(), needs: BTreeMap::new(), range: None, windows: None }
    }

    /// Collects the needs from the last definition backwards; `None` if everything is needed.
    fn gather(&mut self, experiment: &'a Experiment) -> Option<()> {
        for a in experiment.analysis.iter().rev() {
            match a {
                Analysis::Let { id, ty: Type::Series, value, .. } => {
                    // An unused series is still a result, so all of it is computed.
                    let needs = self.needs.remove(id)?;
                    needs.into_iter().try_for_each(|span| self.series(value, span))?;
                }
                Analysis::Let { value, .. } | Analysis::Collect { value, .. } => self.number(value)?,
                Analysis::Expect { .. } if experiment.has_table() => {}
                Analysis::Expect { condition, .. } => self.number(condition)?,
            }
        }
        Some(())
    }

    /// Adds what a number needs.
    fn number(&mut self, e: &Expr) -> Option<()> {
        if let ExprKind::Function { series: Some(row), args, .. } = &e.kind {
            match (row.reads, args.as_slice()) {
                (Reads::Last, [x]) => {
                    let last = self.index(&x.value)?.last()?;
                    return self.series(&x.value, (last, last));
                }
                (Reads::At, [x, n]) if n.name.is_none() => {
                    let n = self.constant(&n.value)?;
                    self.index(&x.value)?.position(n)?;
                    return self.series(&x.value, (n, n));
                }
                _ => {}
            }
        }
        match &e.kind {
            ExprKind::Series(id) if self.is_series(*id) => None,
            _ => {
                let mut fine = Some(());
                children(e, &mut |c| fine = fine.and_then(|()| self.number(c)));
                fine
            }
        }
    }

    /// Adds what the values of a series at some collisions need.
    fn series(&mut self, e: &Expr, (from, to): Span) -> Option<()> {
        match &e.kind {
            ExprKind::Series(id) if self.lets.contains_key(id) => {
                self.needs.entry(*id).or_default().push((from, to));
                Some(())
            }
            ExprKind::Series(id) if self.is_series(*id) => {
                let (first, last) = self.range.unwrap_or((from, to));
                self.range = Some((first.min(from), last.max(to)));
                Some(())
            }
            ExprKind::Function { series: Some(FunctionRow { reads: Reads::Window, .. }), args, .. } => {
                let (width, advance) = self.window(args)?;
                let other = self.windows.replace(from);
                if other.is_some_and(|start| start != from) || (from - 1) % advance != 0 {
                    return None;
                }
                args[..2].iter().try_for_each(|x| self.series(&x.value, (from, to + width - 1)))
            }
            ExprKind::Function { series: Some(FunctionRow { reads: Reads::Before, .. }), args, .. } => {
                let [x] = args.as_slice() else { return None };
                let Index { start, stride, .. } = self.index(&x.value)?;
                // The only value before the first one is the initial state, which only the whole series contains.
                let before = from.checked_sub(stride).filter(|before| *before >= start)?;
                self.series(&x.value, (before, to))
            }
            _ if elementwise(e) => {
                let mut fine = Some(());
                children(e, &mut |c| {
                    let of_series = self.index(c).is_some();
                    let needed = |demand: &mut Self| match of_series {
                        true => demand.series(c, (from, to)),
                        false => demand.number(c),
                    };
                    fine = fine.and_then(|()| needed(self));
                });
                fine
            }
            _ => None,
        }
    }

    /// The index of a series at n ≥ 1, or `None` if the series cannot be computed in part.
    fn index(&self, e: &Expr) -> Option<Index> {
        match &e.kind {
            ExprKind::Series(id) => match self.lets.get(id) {
                Some(value) => self.index(value),
                None if self.is_series(*id) => Index::of_collisions(self.requested),
                None => None,
            },
            ExprKind::Function { series: Some(FunctionRow { reads: Reads::Window, .. }), args, .. } => {
                let (width, advance) = self.window(args)?;
                let windows = self.requested.checked_sub(width)? / advance + 1;
                Some(Index { start: 1, stride: advance, len: usize::try_from(windows).ok()? })
            }
            ExprKind::Function { series: Some(FunctionRow { reads: Reads::Before, .. }), args, .. } => {
                self.index(&args.first()?.value)
            }
            _ if elementwise(e) => {
                let mut found = None;
                children(e, &mut |c| found = found.take().or_else(|| self.index(c)));
                found
            }
            _ => None,
        }
    }

    /// Width and advance of the windows of a call whose arguments have a value at every collision; `None` for windows
    /// of windows.
    pub(super) fn window(&self, args: &[Argument]) -> Option<(u64, u64)> {
        let named = |name: &str, at: usize| {
            let by_name = args.iter().find(|a| a.name.as_ref().is_some_and(|(n, _)| n == name));
            by_name.or_else(|| args.get(at).filter(|a| a.name.is_none()))
        };
        let [x @ Argument { name: None, .. }, y @ Argument { name: None, .. }, ..] = args else { return None };
        let every = Index::of_collisions(self.requested);
        if self.index(&x.value) != every || self.index(&y.value) != every {
            return None;
        }
        let width = self.constant(&named("width", 2)?.value)?;
        let overlap = named("overlap", 3).map_or(Some(0), |o| self.constant(&o.value))?;
        (overlap < width).then(|| (width, width - overlap))
    }

    /// The value of an expression that is a whole number and does not depend on a series.
    fn constant(&self, e: &Expr) -> Option<u64> {
        if mentions_series(e) {
            return None;
        }
        let Ok(Value::Number(z)) = self.ev.eval(e, Scope::locals(&[])) else { return None };
        let whole = z.re.round();
        #[expect(
            clippy::cast_possible_truncation,
            clippy::cast_sign_loss,
            reason = "checked to be a small whole number"
        )]
        ((z.re - whole).abs() <= 1e-9 && (0.0..1e15).contains(&whole)).then_some(whole as u64)
    }

    /// Whether an id belongs to a series, not to a number defined by a `let`.
    fn is_series(&self, id: SeriesId) -> bool {
        self.lets.contains_key(&id) || self.own.is_none_or(|first| id < first)
    }
}

fn mentions_series(e: &Expr) -> bool {
    let mut found = matches!(e.kind, ExprKind::Series(_));
    children(e, &mut |c| found |= mentions_series(c));
    found
}

/// Whether the value of a series or condition at a collision depends only on the values of its operands there.
fn elementwise(e: &Expr) -> bool {
    match &e.kind {
        ExprKind::Unary { op, .. } => matches!(op, UnaryOp::Neg | UnaryOp::Sqrt | UnaryOp::Not),
        ExprKind::Binary { op, .. } => *op != BinaryOp::Tensor,
        ExprKind::Approx { .. } => true,
        ExprKind::Function { series, .. } => series.is_none_or(|row| row.reads == Reads::Each),
        _ => false,
    }
}
