//! Evaluates expressions in their scope.

use std::cell::RefCell;
use std::collections::BTreeMap;

use carom::ast::{Argument, Expr, ExprKind, IndexRange, Offset, Reducer, Reference};

use super::arithmetic::{approximately, binary, unary};
use super::joint::{Joint, Label, Operator};
use super::matrix::{I, Matrix, real};
use super::series::Series;
use super::tables::{Kind, operator};
use super::value::{Form, Shape, Value};
use super::world::{Subsystem, World};

/// Names that are defined only in a block, a function's body or an experiment.
pub(crate) type Locals = BTreeMap<String, Value>;

/// A script at one parameter point.
pub(crate) struct Model {
    pub(crate) world: World,
    /// The kind of each subsystem.
    pub(crate) kinds: Vec<Kind>,
}

impl Model {
    pub(crate) fn new(world: World) -> Self {
        let mut model = Self { world, kinds: vec![] };
        model.world.subsystems = model.elements();
        let subsystems = 0..model.world.subsystems.len();
        let kinds = subsystems.map(|at| match &model.world.declaration(at).kind {
            None => Kind::Qubit,
            Some((name, argument)) => {
                let scope = Scope::constant(&model);
                Kind::named(&name.key, argument.as_ref().map_or(0.0, |a| scope.eval(a).number().re))
            }
        });
        model.kinds = kinds.collect();
        model
    }

    /// The subsystems, with the elements s[1], s[2], … in place of each array s.
    fn elements(&self) -> Vec<Subsystem> {
        let mut out = Vec::new();
        for s in &self.world.subsystems {
            match self.world.size(s) {
                None => out.push(s.clone()),
                Some(size) => {
                    let size = whole(&Scope::constant(self).eval(size));
                    let named = |k| Subsystem { key: format!("{}[{k}]", s.key), declaration: s.declaration };
                    out.extend((1..=size).map(named));
                }
            }
        }
        out
    }

    pub(crate) fn kinds(&self, labels: &[Label]) -> Vec<Kind> {
        labels.iter().map(|l| self.kinds[l.subsystem]).collect()
    }

    pub(crate) fn dims(&self, labels: &[Label]) -> Vec<usize> {
        self.kinds(labels).into_iter().map(Kind::dim).collect()
    }

    /// The state as a density matrix of these subsystems.
    pub(crate) fn density(&self, state: &Value, of: &[Label]) -> Matrix {
        match state {
            Value::Form(form) => form.density(&self.kinds(of)),
            _ => {
                // Subsystems that the operator does not act on are maximally mixed.
                let matrix = state.operator().spread(of, &self.dims(of));
                let trace = matrix.trace();
                matrix / trace
            }
        }
    }
}

/// The scope of an expression.
pub(crate) struct Scope<'a> {
    pub(crate) model: &'a Model,
    pub(crate) locals: Locals,
    /// The number of the collision, or `None` outside a step.
    pub(crate) n: Option<i64>,
    /// The unit that the name of a stream without a mark refers to.
    pub(crate) current: i64,
    /// The state that measures read, or `None` where there is no state.
    pub(crate) state: Option<&'a Joint>,
    /// The series of a run in progress.
    pub(crate) past: Option<&'a BTreeMap<String, Series>>,
    /// The subsystems that measures have read.
    pub(crate) measured: RefCell<Vec<Label>>,
}

impl<'a> Scope<'a> {
    /// The scope outside a step.
    pub(crate) fn constant(model: &'a Model) -> Self {
        let measured = RefCell::default();
        Self { model, locals: Locals::new(), n: None, current: 0, state: None, past: None, measured }
    }

    /// The value of the body of a function with these arguments.
    fn body(&self, names: &[carom::ast::Name], values: Vec<Value>, body: &Expr) -> Value {
        assert_eq!(names.len(), values.len(), "the number of arguments");
        let locals = names.iter().map(|n| n.key.clone()).zip(values).collect();
        let inner = Scope { locals, measured: RefCell::default(), ..*self };
        let out = inner.eval(body);
        self.measured.borrow_mut().extend(inner.measured.into_inner());
        out
    }

    pub(crate) fn eval(&self, expr: &Expr) -> Value {
        match &expr.kind {
            ExprKind::Number(x) => Value::real(*x),
            ExprKind::Text(_) => Value::Text,
            ExprKind::Reference(reference) => match &reference.case {
                Some(case) => self.locals[&format!("{} in {}", reference.name.key, case.key)].clone(),
                None => self.reference(reference),
            },
            ExprKind::Ket(label) => Value::Form(Form::ket(label)),
            ExprKind::Bra(label) => Value::Form(Form::ket(label).adjoint()),
            ExprKind::KetBra { ket, bra, on } => {
                let form = Form::outer(ket, bra);
                if on.is_empty() {
                    return Value::Form(form);
                }
                let on: Vec<Label> = on.iter().map(|e| self.eval(e).subsystem()).collect();
                let matrix = form.on(&self.model.kinds(&on));
                self.operator(on, matrix)
            }
            ExprKind::Expectation(inner) => {
                let operator = self.eval(inner).operator();
                let read = self.read(&operator.on, |rho, _| (rho * &operator.matrix).trace());
                Value::Number(read.unwrap_or(real(f64::NAN)))
            }
            ExprKind::Reduction { reducer, iteration, body } => {
                let key = &iteration.index.key;
                let term = |k: i64| self.with(key, Value::real(float(k)), |inner| inner.eval(body));
                let terms = self.indices(&iteration.range).into_iter().map(term);
                let total = terms.reduce(|total, term| binary(reducer.operator(), &total, &term));
                total.unwrap_or(Value::real(if *reducer == Reducer::Sum { 0.0 } else { 1.0 }))
            }
            ExprKind::Call { function, groups } => self.call(&function.key, groups),
            ExprKind::Unary { op, operand } => unary(*op, &self.eval(operand)),
            ExprKind::Binary { op, lhs, rhs } => binary(*op, &self.eval(lhs), &self.eval(rhs)),
            ExprKind::Approx { lhs, rhs, tolerance } => {
                let tolerance = tolerance.as_ref().map_or(1e-9, |t| self.eval(t).number().re);
                approximately(&self.eval(lhs), &self.eval(rhs), tolerance)
            }
            ExprKind::List(_) => panic!("lists are for sweeps"),
        }
    }

    pub(crate) fn operator(&self, on: Vec<Label>, matrix: Matrix) -> Value {
        Value::Operator(Operator { dims: self.model.dims(&on), on, matrix })
    }

    /// Reads a value from the reduced state of these subsystems; `None` if one of them is not live.
    pub(crate) fn read<T>(&self, on: &[Label], f: impl Fn(Matrix, &[usize]) -> T) -> Option<T> {
        self.measured.borrow_mut().extend(on);
        let state = self.state.expect("a measure occurs only where there is a state");
        state.holds(on).then(|| f(state.reduced(on), &state.dims(on)))
    }

    /// The subsystem or unit that a name with its mark refers to.
    pub(crate) fn label(&self, reference: &Reference) -> Label {
        self.reference(reference).subsystem()
    }

    /// The values of a range of indices.
    pub(crate) fn indices(&self, range: &IndexRange) -> Vec<i64> {
        let of = |e: &Expr| whole(&self.eval(e));
        let (first, last, step) = (of(&range.first), of(&range.last), range.step.as_ref().map_or(1, of));
        let inside = |k: &i64| if step > 0 { *k <= last } else { *k >= last };
        std::iter::successors(Some(first), |k| Some(k + step)).take_while(inside).collect()
    }

    /// Evaluates something with another local.
    fn with<T>(&self, key: &str, value: Value, inside: impl FnOnce(&Scope<'_>) -> T) -> T {
        let mut locals = self.locals.clone();
        locals.insert(key.to_string(), value);
        let inner = Scope { locals, measured: RefCell::default(), ..*self };
        let out = inside(&inner);
        self.measured.borrow_mut().extend(inner.measured.into_inner());
        out
    }

    fn reference(&self, reference: &Reference) -> Value {
        let ahead = |offset: &Offset| match offset {
            Offset::None => 0,
            Offset::Primes(count) => i64::from(*count),
            Offset::Index(index) => whole(&self.eval(index)),
        };
        let key = &reference.name.key;
        let element = match &reference.offset {
            Offset::Index(_) if !self.locals.contains_key(key) => Some(format!("{key}[{}]", ahead(&reference.offset))),
            _ => None,
        };
        // The bracket of an array or of an array of series is the index of the element.
        let world = &self.model.world;
        let element = element.filter(|key| self.locals.contains_key(key) || world.subsystem(key).is_some());
        let (key, ahead) = match &element {
            Some(element) => (element, ahead(&reference.further)),
            None => (key, ahead(&reference.offset)),
        };
        match self.named(key) {
            Value::Subsystem(label) => Value::Subsystem(Label { unit: label.unit + ahead, ..label }),
            value => value,
        }
    }

    fn named(&self, key: &str) -> Value {
        let world = &self.model.world;
        if let Some(value) = self.locals.get(key) {
            return value.clone();
        }
        if let (Some(n), "n") = (self.n, key) {
            return Value::real(float(n));
        }
        if let Some(value) = world.parameters.get(key) {
            return Scope::constant(self.model).eval(value);
        }
        if let Some(subsystem) = world.subsystem(key) {
            let unit = if world.is_stream(subsystem) { self.current } else { 0 };
            return Value::Subsystem(Label { subsystem, unit });
        }
        if let Some(function) = world.functions.get(key) {
            return self.body(&function.args, vec![], &function.body);
        }
        if world.sequences.contains_key(key) {
            return Value::Rule(key.to_string());
        }
        match key {
            "pi" => Value::real(std::f64::consts::PI),
            "i" => Value::Number(I),
            "inf" => Value::real(f64::INFINITY),
            "true" => Value::Bool(Some(true)),
            "false" => Value::Bool(Some(false)),
            "mixed" => Value::Form(Form::number(real(1.0), 1).map(|one| {
                let dim = one.trace();
                one / dim
            })),
            "purity" => self.measure("purity", &[]),
            _ => {
                let name = key.to_string();
                let bare = move |kinds: &[Kind]| {
                    operator(&name, kinds[0]).unwrap_or_else(|| panic!("no operator {name} for {:?}", kinds[0]))
                };
                Value::Form(Form::new(Shape::Matrix, 1, bare))
            }
        }
    }

    /// Calls a function of the script or a built-in function.
    fn call(&self, key: &str, groups: &[Vec<Argument>]) -> Value {
        let values = || groups.iter().flatten().map(|a| self.eval(&a.value)).collect::<Vec<_>>();
        if let Some(function) = self.model.world.functions.get(key) {
            return self.body(&function.args, values(), &function.body);
        }
        if let Some(input) = self.model.world.inputs.get(key) {
            let at = usize::try_from(whole(&values()[0])).expect("an index from 1");
            return Value::real(input[at - 1]);
        }
        let arguments: Vec<Vec<Value>> =
            groups.iter().map(|g| g.iter().map(|a| self.eval(&a.value)).collect()).collect();
        let of_series =
            matches!(arguments.first().and_then(|g| g.first()), Some(Value::Series(_) | Value::Condition(_)));
        match key {
            "pearson" => self.pearson(groups),
            _ if of_series => self.of_series(key, &arguments[0]),
            "concurrence" | "mutual_information" | "entropy" | "purity" | "negativity" | "fidelity"
            | "trace_distance" | "relative_entropy" | "ergotropy" | "coherence" | "population" | "bloch" | "state" => {
                self.measure(key, &arguments)
            }
            _ => self.built_in(key, &arguments.concat()),
        }
    }
}

/// The value as an integer.
pub(crate) fn whole(value: &Value) -> i64 {
    format!("{:.0}", value.number().re).parse().expect("a whole number")
}

pub(crate) fn float(n: i64) -> f64 {
    f64::from(i32::try_from(n).expect("a small number"))
}
