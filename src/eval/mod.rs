//! Evaluates checked expressions at one parameter point.
//!
//! Contract: every expression has a type and every operator an operation, so no decision here depends on the kind of a
//! value. An evaluation fails only because of numbers: a dimension, a complex value where a real one is needed, or a
//! limit. Each failure is one diagnostic at the place of the error.

mod arithmetic;
pub(crate) mod checks;
mod forms;
mod inputs;
mod iteration;
mod measure;
mod point;
mod random;
mod recurrence;
mod series;
mod states;
mod units;
mod value;

use std::cell::{Cell, RefCell};

use crate::ast::{KetLabel, KetSymbol};
use crate::chance::Stream;
use crate::check::{Applied, Expr, ExprKind, Extent, FunctionId, ParamId, Program, Type};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::{Recurrence, Slot};
use crate::quantum::{C64, CVec, Kind, REMAINDER, as_real, basis_ket, minus_i_ket, minus_ket, plus_i_ket, plus_ket};
use crate::source::Span;
pub(crate) use arithmetic::condition;
pub(crate) use forms::kind_of;
pub(crate) use iteration::{at_index, index_value};
pub(crate) use measure::{different_dimensions, expectation, scale};
pub(crate) use point::{in_bounds, parameters, range_depends_on};
pub(crate) use units::Units;
use value::TooLarge;
pub(crate) use value::{ByOutcome, Leg, Operator, Site, Value, union};

/// The diagnostic of an expression that cannot be evaluated.
pub(crate) type Failure = Box<Diagnostic>;
/// The value of an expression, or the diagnostic if it has none.
pub(crate) type Eval<T = Value> = Result<T, Failure>;

/// The work limit of one evaluation, in matrix elements touched; each node of an expression counts as a thousand.
const BUDGET: u64 = 20_000_000_000;

/// The tolerance of `≈` without `±`.
const DEFAULT_TOLERANCE: f64 = 1e-9;

/// Unwraps the operation that the checker stored for an operator or a call.
fn typed<T>(found: Option<T>) -> T {
    found.expect("only what the checker has typed is evaluated")
}

/// Returns a failure with a label and a remedy.
pub(crate) fn fail<T>(
    code: Code,
    span: Span,
    message: impl Into<String>,
    label: &str,
    help: impl Into<String>,
) -> Eval<T> {
    Err(Box::new(Diagnostic::new(code, message, span, label).help(help)))
}

/// Evaluates expressions of one program at one parameter point.
pub(crate) struct Evaluator<'a> {
    pub(crate) program: &'a Program,
    pub(crate) params: &'a [Value],
    pub(crate) slots: &'a RefCell<Units>,
    /// The number `n` of the collision, inside a step.
    pub(crate) collision: Option<u64>,
    /// After how many collisions the values that were computed occur again, because of the ways in which `n` was read.
    pub(crate) recurrence: Cell<Recurrence>,
    /// The source of random numbers, where there is one.
    pub(crate) stream: RefCell<Option<Stream>>,
    /// Whether a random number was drawn.
    pub(crate) saw_random: Cell<bool>,
    /// The parameters read since the last `clear`.
    pub(crate) params_read: RefCell<Vec<ParamId>>,
    /// Values of the experiment's series by id.
    pub(crate) series: &'a [Value],
    /// The values of each column of a run in progress, up to the current collision.
    pub(crate) past: &'a [Vec<f64>],
    /// The subsystems that are alive, for `purity` of the whole state.
    pub(crate) alive: &'a [Slot],
    /// The warnings of the analyses that were evaluated.
    pub(crate) warnings: RefCell<Vec<Diagnostic>>,
    /// The work done, which [`BUDGET`] limits.
    pub(crate) spent: Cell<u64>,
}

/// What the names inside an expression refer to.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// Arguments and `let`s of the enclosing definition.
    pub(crate) locals: &'s [Value],
    /// The subsystems whose state is being written, empty outside of states.
    pub(crate) places: &'s [Place],
}

/// A subsystem whose state is being written.
#[derive(Debug, Clone, Copy)]
pub(crate) struct Place {
    /// How an operator names it; a place without a name is [`Leg::Local`].
    pub(crate) site: Site,
    /// The kind of its Hilbert space.
    pub(crate) kind: Kind,
}

impl<'s> Scope<'s> {
    pub(crate) fn locals(locals: &'s [Value]) -> Self {
        Self { locals, places: &[] }
    }
}

impl<'a> Evaluator<'a> {
    pub(crate) fn new(program: &'a Program, params: &'a [Value], slots: &'a RefCell<Units>) -> Self {
        Self {
            program,
            params,
            slots,
            collision: None,
            recurrence: Cell::new(Recurrence::CONSTANT),
            stream: RefCell::new(None),
            saw_random: Cell::new(false),
            params_read: RefCell::new(Vec::new()),
            series: &[],
            past: &[],
            alive: &[],
            warnings: RefCell::new(Vec::new()),
            spent: Cell::new(0),
        }
    }

    /// An evaluator at the same point, with empty records of reads, warnings and work.
    pub(crate) fn fork(&self) -> Self {
        Self { collision: self.collision, series: self.series, ..Self::new(self.program, self.params, self.slots) }
    }

    pub(crate) fn spend(&self, work: u64, span: Span) -> Eval<()> {
        let spent = self.spent.get().saturating_add(work);
        self.spent.set(spent);
        if spent <= BUDGET {
            return Ok(());
        }
        fail(
            Code::TooMuchWork,
            span,
            "this expression needs more arithmetic than a model's definition should",
            "stopped here",
            "write sums with fewer terms, powers with smaller exponents, and operators on fewer subsystems",
        )
    }

    pub(crate) fn eval(&self, e: &Expr, scope: Scope<'_>) -> Eval {
        self.spend(1000, e.span)?;
        match &e.kind {
            ExprKind::Number(z) => Ok(Value::Number(*z)),
            ExprKind::Text(t) => Ok(Value::Text(t.clone())),
            ExprKind::Bool(b) => Ok(Value::Bool(Some(*b))),
            ExprKind::Param(id) => {
                self.params_read.borrow_mut().push(*id);
                Ok(self.params[id.0].clone())
            }
            ExprKind::Local(i) => Ok(scope.locals[*i].clone()),
            ExprKind::Collision => self.collision(e.span),
            ExprKind::Input { id, at } => self.input(*id, at, scope),
            ExprKind::Random { row, args } => random::number(self, row, args, e.span, scope),
            ExprKind::Rule(id) => Ok(Value::Rule(*id)),
            ExprKind::Subsystem { id, offset } => {
                let offset = offset.as_ref().map_or(Ok(0), |o| self.unit_offset(o, scope))?;
                Ok(Value::Subsystem(*id, self.slots.borrow().check_offset(self.program, *id, offset, e.span)?))
            }
            ExprKind::Element { array, index, offset } => self.element(*array, index, offset.as_deref(), e.span, scope),
            ExprKind::LocalUnit { local, offset } => self.local_unit(*local, offset, e.span, scope),
            ExprKind::Series(id) => Ok(self.series[id.0].clone()),
            ExprKind::Complex { re, im } => {
                let parts = [self.eval(re, scope)?.series(), self.eval(im, scope)?.series()];
                Ok(Value::ComplexSeries(Box::new(series::present(parts))))
            }
            ExprKind::Ket(label) => self.ket(label, e.span, &dims(scope.places)).map(|(d, v)| Value::Ket(d, v)),
            ExprKind::Bra(label) => self.ket(label, e.span, &dims(scope.places)).map(|(d, v)| Value::Bra(d, v)),
            ExprKind::KetBra { ket, bra, on } => self.ket_bra(ket, bra, on, e.span, scope),
            ExprKind::Expectation(a) => measure::expectation(self, a, scope),
            ExprKind::Operator { row, on } => forms::operator(self, row, on.as_deref(), e.span, scope),
            ExprKind::Gate { row, args } => forms::gate(self, row, args, e.span, scope),
            ExprKind::Channel { row, args } => forms::channel(self, row, args, e.span, scope),
            ExprKind::Measure { row, groups } => measure::measure(self, row, groups, e.span, scope),
            ExprKind::Function { number, series, args, applied } => {
                let values = match number {
                    Some(row) if row.name == REMAINDER => self.remainder_arguments(args, scope)?,
                    _ => self.arguments(args, scope)?,
                };
                match (typed(*applied), number, series) {
                    (Applied::Complex, number, series) => {
                        let name = number.map(|row| row.name).or(series.map(|row| row.name));
                        series::of_complex(self, name.expect("a function has a row"), values, e.span)
                    }
                    (Applied::Series, _, Some(row)) => series::series_function(self, row, args, &values, e.span),
                    (applied, Some(row), _) => series::number_function(self, row, applied, values, e.span),
                    _ => unreachable!("a function has a row"),
                }
            }
            ExprKind::Reduction { iteration, body, operation, reducer } => {
                self.reduction((*reducer, *operation), iteration, body, e, scope)
            }
            ExprKind::Form { form, args } => forms::form(self, *form, args, e.span, scope),
            ExprKind::Call { function, args, body } => {
                self.call(*function, args, body.as_ref().expect("the checker has typed it"), e.span, scope)
            }
            ExprKind::Unary { operand, operation, .. } => self.unary(typed(*operation), operand, e.span, scope),
            ExprKind::Binary { lhs, rhs, operation, .. } => self.binary(typed(*operation), lhs, rhs, e.span, scope),
            ExprKind::Approx { lhs, rhs, tolerance } => {
                let default = Ok(DEFAULT_TOLERANCE);
                let tolerance = tolerance.as_ref().map_or(default, |t| self.real(t, scope, "the tolerance of `≈`"))?;
                if e.ty == Type::Condition {
                    let (l, r) = (self.eval(lhs, scope)?, self.eval(rhs, scope)?);
                    return series::approx(self, &l, &r, tolerance, e.span);
                }
                let (l, r) = (self.eval(lhs, scope)?.number(), self.eval(rhs, scope)?.number());
                if l.is_nan() || r.is_nan() {
                    return Ok(Value::Bool(None));
                }
                let side = "each side of `≈`";
                let (a, b) = (self.real_value(l, lhs.span, side)?, self.real_value(r, rhs.span, side)?);
                Ok(Value::Bool(Some(crate::analysis::is_near(a, b, tolerance))))
            }
            ExprKind::List(items) => Ok(Value::List(items.iter().map(|i| self.eval(i, scope)).collect::<Eval<_>>()?)),
            ExprKind::Error => unreachable!("a program with errors is never returned"),
        }
    }

    fn collision(&self, span: Span) -> Eval {
        self.depend(Recurrence::Never);
        match self.collision {
            #[expect(clippy::cast_precision_loss, reason = "runs are far shorter than 2^53 collisions")]
            Some(n) => Ok(Value::real(n as f64)),
            None => fail(
                Code::NoCollision,
                span,
                "`n`, the collision number, is known only inside a step",
                "no collision here",
                "use this definition in the step, or give it an argument",
            ),
        }
    }

    /// Evaluates a number that must be real.
    pub(crate) fn real(&self, e: &Expr, scope: Scope<'_>, what: &str) -> Eval<f64> {
        self.real_value(self.eval(e, scope)?.number(), e.span, what)
    }

    /// The value of a number at `span` that must be real.
    pub(crate) fn real_value(&self, z: C64, span: Span, what: &str) -> Eval<f64> {
        match as_real(z) {
            Some(x) => Ok(x),
            None if z.is_nan() => fail(
                Code::NotFinite,
                span,
                format!("{what} is undefined"),
                "not a number",
                "look for a division by zero, ∞ − ∞, or a missing value",
            ),
            None => fail(
                Code::NotReal,
                span,
                format!("{what} must be real, but this is {}", complex(z)),
                "a complex number",
                "take `re(…)`, `im(…)` or `abs(…)` of it",
            ),
        }
    }

    /// Evaluates a number that must be real and finite.
    pub(crate) fn finite(&self, e: &Expr, scope: Scope<'_>, what: &str) -> Eval<f64> {
        let x = self.real(e, scope, what)?;
        if x.is_finite() {
            return Ok(x);
        }
        fail(
            Code::NotFinite,
            e.span,
            format!("{what} must be finite, but this is {x}"),
            "not finite",
            "look for a division by zero, a number that overflows, or a missing value",
        )
    }

    /// Evaluates a number that must be an integer in `range`.
    pub(crate) fn count(
        &self,
        e: &Expr,
        scope: Scope<'_>,
        what: &str,
        range: std::ops::RangeInclusive<u64>,
    ) -> Eval<u64> {
        let x = self.real(e, scope, what)?;
        let rounded = x.round();
        #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
        let inside = rounded >= *range.start() as f64 && rounded <= *range.end() as f64;
        if (x - rounded).abs() <= 1e-9 && inside {
            #[expect(
                clippy::cast_possible_truncation,
                clippy::cast_sign_loss,
                reason = "within bounds, checked above"
            )]
            return Ok(rounded as u64);
        }
        let (least, most) = (*range.start(), *range.end());
        // An upper bound that only protects the arithmetic is of no use to the reader.
        let bounds = if most >= 1_000_000 { format!("{least} or more") } else { format!("from {least} to {most}") };
        #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
        let help = if inside {
            format!("write {rounded}, or `floor(…)` of the formula")
        } else if x > most as f64 {
            format!("write {most} or less")
        } else {
            format!("write {least} or more")
        };
        fail(
            Code::NotACount,
            e.span,
            format!("{what} must be a whole number, {bounds}, but this is {x}"),
            "not such a number",
            help,
        )
    }

    fn unit_offset(&self, e: &Expr, scope: Scope<'_>) -> Eval<i64> {
        let x = self.real(e, scope, "the index of a unit")?;
        let k = x.round();
        if (x - k).abs() > 1e-9 || k.abs() > 64.0 {
            return fail(
                Code::BadUnitIndex,
                e.span,
                format!("the index of a unit must be a whole number from −64 to 64, but this is {x}"),
                "not such a number",
                "write `e[1]` for the next unit and `e[-1]` for the previous one",
            );
        }
        #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 64")]
        Ok(k as i64)
    }

    fn local_unit(&self, local: usize, offset: &Expr, span: Span, scope: Scope<'_>) -> Eval {
        let ahead = self.unit_offset(offset, scope)?;
        let (id, base) = scope.locals[local].clone().subsystem();
        Ok(Value::Subsystem(id, self.slots.borrow().check_offset(self.program, id, base + ahead, span)?))
    }

    /// The site of an expression that names a subsystem.
    pub(crate) fn site(&self, e: &Expr, scope: Scope<'_>) -> Eval<Site> {
        let (id, offset) = self.eval(e, scope)?.subsystem();
        let mut slots = self.slots.borrow_mut();
        let slot = slots.slot(self.program, id, offset);
        Ok(Site { leg: Leg::Slot(slot), dim: slots.layout.dim(slot) })
    }

    /// The sites of several expressions that name distinct subsystems.
    pub(crate) fn sites<'e>(&self, list: impl IntoIterator<Item = &'e Expr>, scope: Scope<'_>) -> Eval<Vec<Site>> {
        let mut out = Vec::new();
        for e in list {
            let site = self.site(e, scope)?;
            if out.contains(&site) {
                return fail(
                    Code::SameSubsystem,
                    e.span,
                    format!("`{}` is named twice", self.leg_label(site.leg)),
                    "the same subsystem again",
                    "name different subsystems",
                );
            }
            out.push(site);
        }
        Ok(out)
    }

    pub(crate) fn leg_label(&self, leg: Leg) -> String {
        match leg {
            Leg::Slot(slot) => self.slots.borrow().layout.label(slot).to_string(),
            Leg::Local(i) => format!("subsystem {}", i + 1),
        }
    }

    /// The dimensions and the vector of a ket on subsystems of the given dimensions.
    fn ket(&self, label: &KetLabel, span: Span, dims: &[usize]) -> Eval<(Vec<usize>, CVec)> {
        let label = self.label_for(label, dims);
        if dims.is_empty() {
            return fail(
                Code::NoPlace,
                span,
                "a ket alone does not name its subsystem",
                "no subsystem here",
                "write an operator as `|0><1|(s)`, or a state in `system s = |0>`, `environment`, `reset` or `fidelity`",
            );
        }
        if label.symbols.len() != dims.len() {
            let (have, want) = (label.symbols.len(), dims.len());
            return fail(
                Code::StateArity,
                span,
                format!(
                    "this ket has {have} label{}, one per subsystem, but describes {want} subsystem{}",
                    s(have),
                    s(want)
                ),
                "one label per subsystem is needed",
                if want == 1 {
                    "write a ket with one label, such as `|0>`; for a joint state of two subsystems, write `system a, b = |01>`"
                } else {
                    "write one label per subsystem; separate levels above 9 with commas: |10,3>"
                },
            );
        }
        let mut vector = CVec::from_element(1, C64::new(1.0, 0.0));
        for (symbol, &dim) in label.symbols.iter().zip(dims) {
            let one = match symbol {
                KetSymbol::Level(k) => basis_ket(*k as usize, dim),
                KetSymbol::Plus => plus_ket(dim),
                KetSymbol::Minus => minus_ket(dim),
                KetSymbol::PlusI => plus_i_ket(dim),
                KetSymbol::MinusI => minus_i_ket(dim),
            };
            let Some(one) = one else {
                let level = if let KetSymbol::Level(k) = symbol { *k } else { 1 };
                return fail(
                    Code::Dimension,
                    span,
                    format!("there is no level {level} in dimension {dim}: levels go from 0 to {}", dim - 1),
                    format!("dimension {dim}").as_str(),
                    format!("name a lower level, or declare more of them: `: qudit({0})`, `: boson({0})`", level + 1),
                );
            };
            if vector.len().saturating_mul(dim) > value::MAX_DENSE {
                return self.too_large(
                    TooLarge { subsystems: dims.len(), dim: dims.iter().map(|d| *d as u128).product() },
                    span,
                );
            }
            vector = vector.kronecker(&one);
        }
        Ok((dims.to_vec(), vector))
    }

    /// Reads `|12>` on one subsystem with more than ten levels as its level 12.
    fn label_for(&self, label: &KetLabel, dims: &[usize]) -> KetLabel {
        if let [dim] = dims
            && *dim > 10
            && !label.commas
            && label.symbols.len() > 1
        {
            let level = label.symbols.iter().try_fold(0u32, |n, s| match s {
                KetSymbol::Level(d) => n.checked_mul(10)?.checked_add(*d),
                _ => None,
            });
            if let Some(level) = level {
                return KetLabel { symbols: vec![KetSymbol::Level(level)], commas: true };
            }
        }
        label.clone()
    }

    fn ket_bra(&self, ket: &KetLabel, bra: &KetLabel, on: &[Expr], span: Span, scope: Scope<'_>) -> Eval {
        let sites = if on.is_empty() { local_sites(&dims(scope.places)) } else { self.sites(on, scope)? };
        let dims: Vec<usize> = sites.iter().map(|s| s.dim).collect();
        let (_, left) = self.ket(ket, span, &dims)?;
        let (_, right) = self.ket(bra, span, &dims)?;
        Ok(Value::Operator(Operator::on(&sites, &(left * right.adjoint()))))
    }

    fn call(&self, id: FunctionId, args: &[Expr], body: &Expr, span: Span, scope: Scope<'_>) -> Eval {
        // In a state, an argument for fewer subsystems is evaluated on the first of them.
        let share = |a: &Expr| match a.ty.extent() {
            Extent::Many(count) => Scope { places: &scope.places[..count.min(scope.places.len())], ..scope },
            Extent::Any | Extent::Named => scope,
        };
        let values: Vec<Value> = args.iter().map(|a| self.eval(a, share(a))).collect::<Eval<_>>()?;
        self.eval(body, Scope { locals: &values, places: scope.places }).map_err(|mut d| {
            if d.labels.len() < 4 && d.labels.iter().all(|(s, _)| *s != span) {
                let name = &self.program.functions[id.0].name.text;
                d.labels.push((span, format!("`{name}` is used here")));
            }
            d
        })
    }

    pub(crate) fn too_large<T>(&self, e: TooLarge, span: Span) -> Eval<T> {
        fail(
            Code::OperatorTooLarge,
            span,
            format!(
                "this would be one matrix on {} subsystems, of dimension {}; the limit is {}",
                e.subsystems,
                e.dim,
                value::MAX_DENSE
            ),
            "too large for one matrix",
            "write it as several statements that each act on a few subsystems",
        )
    }
}

/// The dimensions of the subsystems whose state is being written.
pub(crate) fn dims(places: &[Place]) -> Vec<usize> {
    places.iter().map(|place| place.kind.dim()).collect()
}

/// The places of the state that is being written.
pub(crate) fn local_sites(dims: &[usize]) -> Vec<Site> {
    dims.iter().enumerate().map(|(i, &dim)| Site { leg: Leg::Local(i), dim }).collect()
}

/// A complex number in the notation of a script.
pub(crate) fn complex(z: C64) -> String {
    if z.im == 0.0 {
        return format!("{}", z.re);
    }
    if z.re == 0.0 {
        return format!("{}i", z.im);
    }
    let sign = if z.im < 0.0 { '−' } else { '+' };
    format!("{} {sign} {}i", z.re, z.im.abs())
}

pub(crate) fn s(n: usize) -> &'static str {
    if n == 1 { "" } else { "s" }
}
