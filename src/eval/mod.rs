//! Evaluates checked expressions at one parameter point.
//!
//! Contract: types fit (the checker saw to it), so what fails here fails for its numbers: a dimension, a complex value
//! where a real one is needed, a limit. Each failure is one diagnostic at the place.

mod arithmetic;
pub(crate) mod checks;
mod forms;
mod measure;
mod point;
mod series;
mod states;
mod units;
mod value;

use std::cell::{Cell, RefCell};

use crate::ast::{BinaryOp, KetLabel, KetSymbol, UnaryOp};
use crate::check::states::{Arity, arity};
use crate::check::{Expr, ExprKind, FunctionId, ParamId, Program};
use crate::diagnostic::{Code, Diagnostic};
use crate::ir::Slot;
use crate::quantum::{C64, CVec, Kind, basis_ket, minus_i_ket, minus_ket, plus_i_ket, plus_ket};
use crate::source::Span;
pub(crate) use forms::kind_of;
pub(crate) use measure::scale;
pub(crate) use point::parameters;
pub(crate) use units::Units;
use value::TooLarge;
pub(crate) use value::{Leg, Operator, Site, Value};

/// A failed evaluation.
pub(crate) type Failure = Box<Diagnostic>;
/// The value of an expression, or what is wrong with it.
pub(crate) type Eval<T = Value> = Result<T, Failure>;

/// How much work one evaluation may be: matrix elements touched, each node of an expression counted as a thousand.
const BUDGET: u64 = 20_000_000_000;

/// Makes a failure with a remedy.
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
    /// n, inside a step.
    pub(crate) collision: Option<u64>,
    /// Whether n was asked for.
    pub(crate) saw_collision: Cell<bool>,
    /// The parameters that were asked for since somebody has cleared this.
    pub(crate) asked: RefCell<Vec<ParamId>>,
    /// Values of the experiment's series by id.
    pub(crate) series: &'a [Value],
    /// The subsystems alive, for `purity` of everything.
    pub(crate) alive: &'a [Slot],
    /// Things to tell the user that are no errors.
    pub(crate) warnings: RefCell<Vec<Diagnostic>>,
    /// The subsystems whose joint state is being written.
    pub(crate) declared: RefCell<Vec<Site>>,
    pub(crate) spent: Cell<u64>,
}

/// What the names inside an expression refer to.
#[derive(Clone, Copy)]
pub(crate) struct Scope<'s> {
    /// Arguments and `let`s of the enclosing definition.
    pub(crate) locals: &'s [Value],
    /// Kinds of the subsystems whose state is being written, empty outside of states.
    pub(crate) places: &'s [Kind],
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
            saw_collision: Cell::new(false),
            asked: RefCell::new(Vec::new()),
            series: &[],
            alive: &[],
            warnings: RefCell::new(Vec::new()),
            declared: RefCell::new(Vec::new()),
            spent: Cell::new(0),
        }
    }

    /// The same point, without what one evaluation gathers.
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
            "given up here",
            "write sums with fewer terms, powers with smaller exponents, and operators on fewer subsystems",
        )
    }

    pub(crate) fn eval(&self, e: &Expr, scope: Scope<'_>) -> Eval {
        self.spend(1000, e.span)?;
        match &e.kind {
            ExprKind::Number(z) => Ok(Value::Number(*z)),
            ExprKind::Text(t) => Ok(Value::Text(t.clone())),
            ExprKind::Bool(b) => Ok(Value::Bool(*b)),
            ExprKind::Param(id) => {
                self.asked.borrow_mut().push(*id);
                Ok(self.params[id.0].clone())
            }
            ExprKind::Local(i) => Ok(scope.locals[*i].clone()),
            ExprKind::Collision => self.collision(e.span),
            ExprKind::Rule(id) => Ok(Value::Rule(*id)),
            ExprKind::Subsystem { id, offset } => {
                let offset = offset.as_ref().map_or(Ok(0), |o| self.unit_offset(o, scope))?;
                Ok(Value::Subsystem(*id, self.slots.borrow().check_offset(self.program, *id, offset, e.span)?))
            }
            ExprKind::LocalUnit { local, offset } => self.local_unit(*local, offset, e.span, scope),
            ExprKind::Series(id) => Ok(self.series[id.0].clone()),
            ExprKind::Ket(label) => self.ket(label, e.span, &dims(scope.places)).map(|(d, v)| Value::Ket(d, v)),
            ExprKind::Bra(label) => self.ket(label, e.span, &dims(scope.places)).map(|(d, v)| Value::Bra(d, v)),
            ExprKind::KetBra { ket, bra, on } => self.ket_bra(ket, bra, on, e.span, scope),
            ExprKind::Expectation(a) => measure::expectation(self, a, scope),
            ExprKind::Operator { row, on } => forms::operator(self, row, on.as_deref(), e.span, scope),
            ExprKind::Gate { row, args } => forms::gate(self, row, args, e.span, scope),
            ExprKind::Channel { row, args } => forms::channel(self, row, args, e.span, scope),
            ExprKind::Measure { row, groups } => measure::measure(self, row, groups, e.span, scope),
            ExprKind::Function { number, series, args } => series::call(self, *number, *series, args, e.span, scope),
            ExprKind::Form { form, args } => forms::form(self, *form, args, e.span, scope),
            ExprKind::Call { function, args } => self.call(*function, args, e.span, scope),
            ExprKind::Unary { op, operand } => self.unary(*op, operand, e.span, scope),
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs, e.span, scope),
            ExprKind::Approx { lhs, rhs, tolerance } => {
                let tolerance = tolerance.as_ref().map_or(Ok(1e-9), |t| self.real(t, scope, "the tolerance"))?;
                let (a, b) = (self.real(lhs, scope, "each side of `≈`")?, self.real(rhs, scope, "each side of `≈`")?);
                Ok(Value::Bool((a - b).abs() <= tolerance))
            }
            ExprKind::List(items) => Ok(Value::List(items.iter().map(|i| self.eval(i, scope)).collect::<Eval<_>>()?)),
            ExprKind::Error => unreachable!("a program with errors is never returned"),
        }
    }

    fn collision(&self, span: Span) -> Eval {
        self.saw_collision.set(true);
        match self.collision {
            #[expect(clippy::cast_precision_loss, reason = "runs are far shorter than 2^53 collisions")]
            Some(n) => Ok(Value::real(n as f64)),
            None => fail(
                Code::NoCollision,
                span,
                "`n`, the number of the collision, is known only inside a step",
                "no collision here",
                "use this definition in the step, or give it an argument",
            ),
        }
    }

    /// A number that must be real.
    pub(crate) fn real(&self, e: &Expr, scope: Scope<'_>, what: &str) -> Eval<f64> {
        match self.eval(e, scope)? {
            Value::Number(z) if z.im.abs() <= 1e-12 * z.re.abs().max(1.0) => Ok(z.re),
            Value::Number(z) if z.is_nan() => fail(
                Code::NotFinite,
                e.span,
                format!("{what} is undefined"),
                "not a number",
                "look for a division by zero, ∞ − ∞, or a missing value",
            ),
            Value::Number(z) => fail(
                Code::NotReal,
                e.span,
                format!("{what} must be real, and this is {}", complex(z)),
                "a complex number",
                "take `re(…)`, `im(…)` or `abs(…)` of it",
            ),
            other => fail(
                Code::WrongType,
                e.span,
                format!("{what} must be a number, and this is {}", other.describe()),
                "not a number",
                "write a number, a parameter or a formula of them",
            ),
        }
    }

    /// A real number that is finite.
    pub(crate) fn finite(&self, e: &Expr, scope: Scope<'_>, what: &str) -> Eval<f64> {
        let x = self.real(e, scope, what)?;
        if x.is_finite() {
            return Ok(x);
        }
        fail(
            Code::NotFinite,
            e.span,
            format!("{what} must be finite, and this is {x}"),
            "not finite",
            "look for a division by zero, a number that overflows, or a missing value",
        )
    }

    /// A whole number within bounds.
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
        // A bound that only guards the arithmetic says nothing to a reader.
        let bounds = if most >= 1_000_000 { format!("{least} or more") } else { format!("from {least} to {most}") };
        #[expect(clippy::cast_precision_loss, reason = "bounds are far below 2^53")]
        let help = if inside {
            format!("write {rounded}, or `floor(…)` of the formula")
        } else if x > most as f64 {
            format!("the most is {most}: write that or less")
        } else {
            format!("the least is {least}: write that or more")
        };
        fail(
            Code::NotACount,
            e.span,
            format!("{what} is a whole number, {bounds}, and this is {x}"),
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
                format!("the index of a unit is a whole number from −64 to 64, and this is {x}"),
                "not such a number",
                "`e[1]` is the next unit, `e[-1]` the one before",
            );
        }
        #[expect(clippy::cast_possible_truncation, reason = "a whole number of at most 64")]
        Ok(k as i64)
    }

    fn local_unit(&self, local: usize, offset: &Expr, span: Span, scope: Scope<'_>) -> Eval {
        let ahead = self.unit_offset(offset, scope)?;
        match &scope.locals[local] {
            Value::Subsystem(id, base) => {
                Ok(Value::Subsystem(*id, self.slots.borrow().check_offset(self.program, *id, base + ahead, span)?))
            }
            other => fail(
                Code::NotAStream,
                span,
                format!("this argument is {}, and has no units", other.describe()),
                "not a stream of units",
                "only an environment has units e, e', e[k]: hand one over, as in `meet(e)`",
            ),
        }
    }

    /// The site of an expression that names a subsystem.
    pub(crate) fn site(&self, e: &Expr, scope: Scope<'_>) -> Eval<Site> {
        match self.eval(e, scope)? {
            Value::Subsystem(id, offset) => {
                let mut slots = self.slots.borrow_mut();
                let slot = slots.slot(self.program, id, offset);
                Ok(Site { leg: Leg::Slot(slot), dim: slots.layout.dim(slot) })
            }
            other => fail(
                Code::WrongType,
                e.span,
                format!("this must be a subsystem, and it is {}", other.describe()),
                "here",
                "name a system or a unit of an environment",
            ),
        }
    }

    /// Several sites, which must be distinct.
    pub(crate) fn sites<'e>(&self, list: impl IntoIterator<Item = &'e Expr>, scope: Scope<'_>) -> Eval<Vec<Site>> {
        let mut out = Vec::new();
        for e in list {
            let site = self.site(e, scope)?;
            if out.contains(&site) {
                return fail(
                    Code::SameSubsystem,
                    e.span,
                    format!("`{}` stands twice", self.leg_label(site.leg)),
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

    /// A ket's dimensions and vector, with the dimensions of the state that is being written.
    fn ket(&self, label: &KetLabel, span: Span, dims: &[usize]) -> Eval<(Vec<usize>, CVec)> {
        let label = self.label_for(label, dims);
        if dims.is_empty() {
            return fail(
                Code::NoPlace,
                span,
                "a ket alone does not say whose state it is",
                "no subsystem here",
                "an operator is written `|0><1|(s)`; a state stands after `system`, `environment`, `reset`, or in `fidelity`",
            );
        }
        if label.symbols.len() != dims.len() {
            let (have, want) = (label.symbols.len(), dims.len());
            return fail(
                Code::StateArity,
                span,
                format!(
                    "this ket has {have} label{}, one a subsystem, and stands for {want} subsystem{}",
                    s(have),
                    s(want)
                ),
                "labels and subsystems differ in number",
                if want == 1 {
                    "write a ket of one label, such as `|0>`; with two it is a joint state of two, as in `system a, b = |01>`"
                } else {
                    "write one label a subsystem; levels above 9 are separated by commas: |10,3>"
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

    /// `|12>` of one subsystem with more than ten levels is its level 12.
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

    fn call(&self, id: FunctionId, args: &[Expr], span: Span, scope: Scope<'_>) -> Eval {
        let values: Vec<Value> = args.iter().map(|a| self.eval(a, scope)).collect::<Eval<_>>()?;
        let function = &self.program.functions[id.0];
        self.eval(&function.body, Scope { locals: &values, places: scope.places }).map_err(|mut d| {
            if d.labels.len() < 4 && d.labels.iter().all(|(s, _)| *s != span) {
                d.labels.push((span, format!("`{}` is used here", function.name.text)));
            }
            d
        })
    }

    fn unary(&self, op: UnaryOp, operand: &Expr, span: Span, scope: Scope<'_>) -> Eval {
        let value = self.eval(operand, scope)?;
        match (op, value) {
            (UnaryOp::Not, Value::Bool(b)) => Ok(Value::Bool(!b)),
            (UnaryOp::Not, Value::Series(c)) => Ok(Value::Series(crate::analysis::negate(&c))),
            (UnaryOp::Dagger, v) => Ok(Value::Operator(self.operator(v, operand.span)?.adjoint())),
            (UnaryOp::Neg, v) => self.combine(BinaryOp::Mul, Value::real(-1.0), v, span, span),
            (UnaryOp::Sqrt, v) => series::number_function(self, "sqrt", vec![v], span),
            (UnaryOp::Not, v) => fail(
                Code::WrongType,
                span,
                format!("`not` takes a boolean, and this is {}", v.describe()),
                "here",
                "compare numbers first",
            ),
        }
    }

    fn binary(&self, op: BinaryOp, lhs: &Expr, rhs: &Expr, span: Span, scope: Scope<'_>) -> Eval {
        use BinaryOp as B;
        if matches!(op, B::And | B::Or) {
            let l = match self.eval(lhs, scope)? {
                Value::Bool(l) => l,
                l @ Value::Series(_) => return series::conditions(self, op, &l, &self.eval(rhs, scope)?, span),
                _ => return self.no_combination(op, lhs.span),
            };
            if l == (op == B::Or) {
                return Ok(Value::Bool(l));
            }
            let Value::Bool(r) = self.eval(rhs, scope)? else { return self.no_combination(op, rhs.span) };
            return Ok(Value::Bool(r));
        }
        // In the product of two states, each factor takes its share of the subsystems.
        let kets = crate::check::states::is_ket(lhs) && crate::check::states::is_ket(rhs);
        if op == B::Tensor && !scope.places.is_empty() || op == B::Mul && kets {
            let left = match arity(lhs, &[]) {
                Arity::Many(k) => k.min(scope.places.len()),
                Arity::Any => 1.min(scope.places.len()),
            };
            let (l_places, r_places) = scope.places.split_at(left);
            let l = self.eval(lhs, Scope { places: l_places, ..scope })?;
            let r = self.eval(rhs, Scope { places: r_places, ..scope })?;
            return forms::tensor(self, l, r, span);
        }
        let (l, r) = (self.eval(lhs, scope)?, self.eval(rhs, scope)?);
        if matches!(op, B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual) {
            return self.compare(op, &l, &r, lhs, rhs);
        }
        self.combine(op, l, r, span, rhs.span)
    }

    fn compare(&self, op: BinaryOp, l: &Value, r: &Value, lhs: &Expr, rhs: &Expr) -> Eval {
        use BinaryOp as B;
        if matches!(l, Value::Series(_)) || matches!(r, Value::Series(_)) {
            return series::conditions(self, op, l, r, lhs.span.to(rhs.span));
        }
        if matches!(op, B::Equal | B::NotEqual) {
            let same = match (l, r) {
                (Value::Number(a), Value::Number(b)) => a == b,
                (Value::Bool(a), Value::Bool(b)) => a == b,
                (Value::Text(a), Value::Text(b)) => a == b,
                (Value::Rule(a), Value::Rule(b)) => a == b,
                _ => return self.no_combination(op, lhs.span),
            };
            return Ok(Value::Bool(same == (op == B::Equal)));
        }
        let number = |v: &Value, e: &Expr| match v {
            Value::Number(z) if z.im.abs() <= 1e-12 * z.re.abs().max(1.0) => Ok(z.re),
            Value::Number(z) => fail(
                Code::NotReal,
                e.span,
                format!("complex numbers such as {} have no order", complex(*z)),
                "a complex number",
                "take `re(…)`, `im(…)` or `abs(…)` of it",
            ),
            _ => self.no_combination(op, e.span),
        };
        let (a, b) = (number(l, lhs)?, number(r, rhs)?);
        Ok(Value::Bool(match op {
            B::Less => a < b,
            B::LessEqual => a <= b,
            B::Greater => a > b,
            _ => a >= b,
        }))
    }

    pub(crate) fn no_combination<T>(&self, op: BinaryOp, span: Span) -> Eval<T> {
        fail(
            Code::WrongType,
            span,
            format!("`{}` does not combine the values on its sides", crate::check::symbol(op)),
            "here",
            "numbers, operators, kets and series combine with their like, and numbers with any of them",
        )
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

    /// A value as an operator: numbers are multiples of the identity, kets and density matrices are not operators.
    pub(crate) fn operator(&self, value: Value, span: Span) -> Eval<Operator> {
        match value {
            Value::Operator(op) => Ok(op),
            Value::Number(z) => Ok(Operator::scalar(z)),
            other => fail(
                Code::WrongType,
                span,
                format!("this must be an operator, and it is {}", other.describe()),
                "here",
                "an operator acts on a subsystem as in `X(s)`",
            ),
        }
    }
}

/// The dimensions of kinds.
pub(crate) fn dims(kinds: &[Kind]) -> Vec<usize> {
    kinds.iter().map(|k| k.dim()).collect()
}

/// The places of the state that is being written.
pub(crate) fn local_sites(dims: &[usize]) -> Vec<Site> {
    dims.iter().enumerate().map(|(i, &dim)| Site { leg: Leg::Local(i), dim }).collect()
}

/// A complex number as a user writes it.
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
