//! Resolves the names in expressions to ids.
//!
//! Contract: the result refers to definitions by id only. An unknown name gives one error that suggests the nearest
//! known name, and an [`ExprKind::Error`] in its place, so that one pass finds all independent errors.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use super::arrays::SeriesArray;
use super::builtins::{self, Builtin, Constant, Form, signature};
use super::iteration;
use super::maps;
use super::measures;
use super::misplaced;
use super::numbers::Numbers;
use super::program::{Argument, Entity, Expr, ExprKind, FunctionId, ParamId, SequenceId, SeriesId, Trajectories};
use super::unknown::Wanted;
use crate::ast;
use crate::ast::{BinaryOp, FunctionRole, Name, Offset, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::{C64, Formula, MeasureRow, Subsystems};
use crate::source::Span;

/// The place of an expression, which determines the names it may use.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Place {
    /// The value of a parameter.
    Param,
    /// The declaration of a subsystem.
    State,
    /// The body of a definition, or a statement of a step.
    Step,
    /// The value of an `observe`.
    Measure,
    /// An expression that an experiment evaluates on its series.
    Experiment,
    /// The condition of `run … until`.
    Until,
}

/// The global names of the program.
pub(super) struct Globals {
    /// Key → definition.
    pub(super) names: BTreeMap<String, Entity>,
    /// Key → name as its author wrote it, for every entry of `names`.
    pub(super) written: BTreeMap<String, String>,
    /// Keyword and argument names of each function.
    pub(super) functions: Vec<(FunctionRole, Vec<String>)>,
    /// Whether each sequence is a rule, and the names of its arguments.
    pub(super) sequences: Vec<(bool, Vec<String>)>,
    /// Keys of the outcomes of the step.
    pub(super) outcomes: BTreeSet<String>,
    /// Arrays of series of the model.
    pub(super) series_arrays: Vec<SeriesArray>,
    /// The numbers from which sizes and indices are computed.
    pub(super) numbers: Numbers,
}

/// Resolves the expressions of one definition.
pub(super) struct Resolver<'g> {
    pub(super) globals: &'g Globals,
    pub(super) place: Place,
    /// Locals in scope: key → index.
    pub(super) locals: HashMap<String, usize>,
    /// Series in scope: key → id.
    pub(super) series: HashMap<String, SeriesId>,
    /// Keys of the `let`s of the experiment, which have values only after the run.
    pub(super) later: Vec<String>,
    /// The cases of the experiment, and the series that each of them has.
    pub(super) cases: Cases,
    /// Complex series in scope.
    pub(super) complex: ComplexNames,
    /// Values of indices that are known here: key → value.
    pub(super) constants: HashMap<String, i64>,
    /// Arrays of series.
    pub(super) series_arrays: Vec<SeriesArray>,
    /// The settings of the experiment.
    pub(super) sets: Vec<(ParamId, Expr)>,
    /// The number of terms of sums that were written out.
    pub(super) written: usize,
    /// Whether random numbers can be drawn here.
    pub(super) random: bool,
    /// The trajectories of the experiment.
    pub(super) trajectories: Option<Trajectories>,
    /// The first free id of a series.
    pub(super) ids: usize,
    /// The kind of name that fits here.
    pub(super) wanted: Wanted,
    pub(super) errors: Vec<Diagnostic>,
}

/// The cases of an experiment. The series x of the case up is in scope under the key `x in up`.
#[derive(Debug, Clone, Default)]
pub(super) struct Cases {
    /// Key and spelling of each case.
    pub(super) names: Vec<(String, String)>,
    /// Keys of the series of a run in any of the cases.
    pub(super) series: Vec<String>,
    /// The arrays of series in each case.
    pub(super) arrays: Vec<Vec<SeriesArray>>,
}

/// Keys of complex series, each with the id of its real part. The id of the imaginary part follows it.
pub(super) type ComplexNames = HashMap<String, SeriesId>;

/// The key of a series of a case.
pub(super) fn key_in(series: &str, case: &str) -> String {
    format!("{series} in {case}")
}

impl<'g> Resolver<'g> {
    pub(super) fn new(globals: &'g Globals, place: Place) -> Self {
        Self {
            globals,
            place,
            locals: HashMap::new(),
            series: HashMap::new(),
            later: Vec::new(),
            cases: Cases::default(),
            complex: ComplexNames::new(),
            constants: HashMap::new(),
            series_arrays: globals.series_arrays.clone(),
            sets: Vec::new(),
            written: 0,
            random: false,
            trajectories: None,
            ids: 0,
            wanted: Wanted::Value,
            errors: Vec::new(),
        }
    }

    /// Declares the arguments of a definition as its first locals.
    pub(super) fn arguments(&mut self, args: &[Name]) {
        for (i, arg) in args.iter().enumerate() {
            if self.locals.insert(arg.key.clone(), i).is_some() {
                self.errors.push(
                    Diagnostic::new(
                        Code::DuplicateName,
                        format!("there are two arguments named `{}`", arg.text),
                        arg.span,
                        "defined again",
                    )
                    .help("give each argument a name of its own"),
                );
            }
        }
    }

    pub(super) fn expr(&mut self, e: &ast::Expr) -> Expr {
        let kind = match &e.kind {
            ast::ExprKind::Number(x) => ExprKind::Number(C64::new(*x, 0.0)),
            ast::ExprKind::Text(t) => ExprKind::Text(t.clone()),
            ast::ExprKind::Reference(r) => self.reference(r),
            ast::ExprKind::Ket(label) => ExprKind::Ket(label.clone()),
            ast::ExprKind::Bra(label) => ExprKind::Bra(label.clone()),
            ast::ExprKind::KetBra { ket, bra, on } => {
                ExprKind::KetBra { ket: ket.clone(), bra: bra.clone(), on: self.list(on) }
            }
            ast::ExprKind::Expectation(a) => {
                if self.place == Place::Experiment {
                    self.measure_outside("<…>", e.span);
                    return Expr::untyped(e.span, ExprKind::Error);
                }
                ExprKind::Expectation(self.boxed(a))
            }
            ast::ExprKind::Reduction { reducer, iteration, body } => self.reduction(*reducer, iteration, body, e.span),
            ast::ExprKind::Call { function, groups } => self.call(function, groups, e.span),
            ast::ExprKind::Unary { op, operand } => {
                ExprKind::Unary { op: *op, operand: self.boxed(operand), operation: None }
            }
            ast::ExprKind::Binary { op, lhs, rhs } => {
                ExprKind::Binary { op: *op, lhs: self.boxed(lhs), rhs: self.boxed(rhs), operation: None }
            }
            ast::ExprKind::Approx { lhs, rhs, tolerance } => ExprKind::Approx {
                lhs: self.boxed(lhs),
                rhs: self.boxed(rhs),
                tolerance: tolerance.as_ref().map(|t| self.boxed(t)),
            },
            ast::ExprKind::List(items) => ExprKind::List(self.list(items)),
        };
        Expr::untyped(e.span, kind)
    }

    fn boxed(&mut self, e: &ast::Expr) -> Box<Expr> {
        Box::new(self.expr(e))
    }

    fn list(&mut self, items: &[ast::Expr]) -> Vec<Expr> {
        items.iter().map(|e| self.expr(e)).collect()
    }

    pub(super) fn reference(&mut self, r: &ast::Reference) -> ExprKind {
        let hidden = self.locals.contains_key(&r.name.key) || self.constants.contains_key(&r.name.key);
        if !hidden && let Some(element) = self.element(r) {
            return element;
        }
        if let Some(case) = &r.case {
            return self.in_case(r, case);
        }
        if !matches!(r.further, Offset::None) {
            self.not_an_array(r);
            return ExprKind::Error;
        }
        let offset = self.offset(&r.offset, r.span);
        if let Some(&local) = self.locals.get(&r.name.key) {
            return match offset {
                None => ExprKind::Local(local),
                Some(offset) => ExprKind::LocalUnit { local, offset },
            };
        }
        if let (Some(&k), None) = (self.constants.get(&r.name.key), &offset) {
            #[expect(clippy::cast_precision_loss, reason = "an index is at most 1e9")]
            return ExprKind::Number(C64::from(k as f64));
        }
        if let Some(Entity::Subsystem(id)) = self.globals.names.get(&r.name.key) {
            return ExprKind::Subsystem { id: *id, offset };
        }
        if offset.is_some() && self.known(&r.name.key) {
            self.errors.push(self.not_a_stream(r));
            return ExprKind::Error;
        }
        self.plain_name(&r.name)
    }

    /// The number of units ahead that primes or brackets denote.
    pub(super) fn offset(&mut self, offset: &Offset, span: Span) -> Option<Box<Expr>> {
        match offset {
            Offset::None => None,
            Offset::Primes(k) => {
                let kind = ExprKind::Number(C64::new(f64::from(*k), 0.0));
                Some(Box::new(Expr::untyped(span, kind)))
            }
            Offset::Index(e) => Some(self.boxed(e)),
        }
    }

    fn known(&self, key: &str) -> bool {
        self.globals.names.contains_key(key) || self.series.contains_key(key) || builtins::lookup(key).is_some()
    }

    fn plain_name(&mut self, name: &Name) -> ExprKind {
        if let Some(&id) = self.series.get(&name.key) {
            return ExprKind::Series(id);
        }
        if let Some(&SeriesId(re)) = self.complex.get(&name.key) {
            let part = |id| Box::new(Expr::series(name.span, SeriesId(id)));
            return ExprKind::Complex { re: part(re), im: part(re + 1) };
        }
        if self.cases.series.contains(&name.key) && self.place == Place::Experiment {
            self.errors.push(self.cases.needs_case(name));
            return ExprKind::Error;
        }
        match self.globals.names.get(&name.key) {
            Some(Entity::Param(id)) => return ExprKind::Param(*id),
            Some(Entity::Subsystem(id)) => return ExprKind::Subsystem { id: *id, offset: None },
            Some(Entity::Array(_) | Entity::SeriesArray(_)) => unreachable!("`element` handles the names of arrays"),
            Some(Entity::Function(id)) => return self.user_call(*id, name, Vec::new()),
            Some(Entity::Sequence(id)) => return self.rule_name(*id, name),
            Some(Entity::Series(_)) => return self.series_outside(name),
            Some(Entity::Input(id)) => return self.input(*id, name, &[]),
            None => {}
        }
        if name.key == "n" && matches!(self.place, Place::Step | Place::Until) {
            return ExprKind::Collision;
        }
        match builtins::lookup(&name.key) {
            Some(Builtin::Constant(row)) => match row.value {
                Constant::Real(x) => ExprKind::Number(C64::new(x, 0.0)),
                Constant::Imaginary => ExprKind::Number(C64::i()),
                Constant::Bool(b) => ExprKind::Bool(b),
            },
            Some(Builtin::Operator(row)) => ExprKind::Operator { row, on: None },
            Some(Builtin::Form(row)) if row.arity.0 == 0 => ExprKind::Form { form: row.form, args: Vec::new() },
            Some(Builtin::Measure(row)) if row.subsystems == Subsystems::SomeOrAll => {
                self.measure(name, row, Vec::new(), name.span)
            }
            // A `gamma` without arguments is an undefined γ.
            Some(Builtin::Distribution(_)) => self.unknown(name, "param ?? = …"),
            Some(builtin) => {
                let signature = signature(&builtin);
                self.errors.push(
                    Diagnostic::new(
                        Code::WrongArguments,
                        format!("`{}` needs arguments", name.text),
                        name.span,
                        "no arguments",
                    )
                    .help(format!("call it as `{signature}`")),
                );
                ExprKind::Error
            }
            None if self.place == Place::Experiment => self.unknown(name, "observe ?? = …"),
            None => self.unknown(name, "param ?? = …"),
        }
    }

    fn rule_name(&mut self, id: SequenceId, name: &Name) -> ExprKind {
        if self.globals.sequences[id.0].0 {
            return ExprKind::Rule(id);
        }
        self.errors.push(
            Diagnostic::new(
                Code::WrongType,
                format!("`{}` is a sequence, not a value", name.text),
                name.span,
                "a sequence",
            )
            .help(format!("call a sequence as a statement of the step: `{}(…)`", name.text)),
        );
        ExprKind::Error
    }

    fn call(&mut self, name: &Name, groups: &[Vec<ast::Argument>], span: Span) -> ExprKind {
        if self.locals.contains_key(&name.key) {
            self.errors.push(
                Diagnostic::new(
                    Code::NotCallable,
                    format!("`{}` is an argument here, not a function", name.text),
                    name.span,
                    "cannot be called",
                )
                .help(format!("to multiply, write `{}*(…)`", name.text)),
            );
            return ExprKind::Error;
        }
        match self.globals.names.get(&name.key) {
            Some(Entity::Input(id)) => return self.input(*id, name, groups),
            Some(Entity::Function(id)) => {
                let wanted = std::mem::replace(&mut self.wanted, Wanted::Argument);
                let args = self.plain_arguments(name, groups, &self.own_signature(*id, name));
                self.wanted = wanted;
                return args.map_or(ExprKind::Error, |args| self.user_call(*id, name, args));
            }
            Some(entity) => {
                let product = format!("to multiply, write `{}*(…)`", name.text);
                let first = groups.iter().flatten().next().map(|a| a.value.span);
                let fix = self.instead_of_a_call(entity, name, first);
                let (what, help) = match entity {
                    Entity::Param(_) => ("a parameter", product),
                    Entity::Subsystem(_) | Entity::Array(_) => {
                        ("a subsystem", format!("write an operator that acts on it, such as `Z({})`", name.text))
                    }
                    Entity::Sequence(id) if self.globals.sequences[id.0].0 => {
                        ("a rule", format!("apply a rule with the statement `trace {}`", name.text))
                    }
                    Entity::Sequence(_) => {
                        ("a sequence", format!("call a sequence as a statement of its own: `{}(…)`", name.text))
                    }
                    _ if self.place == Place::Experiment => {
                        ("a series", format!("one value of a series is `at({}, n)`", name.text))
                    }
                    _ => ("a series", product),
                };
                let d = Diagnostic::new(
                    Code::NotCallable,
                    format!("`{}` is {what}, not a function", name.text),
                    name.span,
                    "cannot be called",
                );
                self.errors.push(fix.into_iter().fold(d.help(help), |d, (span, new)| d.fix(span, new)));
                return ExprKind::Error;
            }
            None => {}
        }
        match builtins::lookup(&name.key) {
            Some(builtin) => self.builtin_call(name, builtin, groups, span),
            None => {
                for argument in groups.iter().flatten() {
                    self.expr(&argument.value); // errors in the arguments are independent of the unknown name
                }
                self.unknown_of(Wanted::Callable, name, "def ??(x) = …")
            }
        }
    }

    fn builtin_call(&mut self, name: &Name, builtin: Builtin, groups: &[Vec<ast::Argument>], span: Span) -> ExprKind {
        if let Builtin::Function(number, series) = builtin {
            self.one_group(name, groups);
            let args = groups.iter().flatten().map(|a| self.argument(a)).collect();
            return self.function_call(name, number, series, args);
        }
        if let Builtin::Measure(row) = builtin {
            let signature = row.signature();
            let groups = groups.iter().map(|g| g.iter().map(|a| self.unnamed(name, a, &signature)).collect()).collect();
            return self.measure(name, row, groups, span);
        }
        if let Builtin::Form(row) = builtin
            && matches!(row.form, Form::Stderr | Form::Trajectory)
        {
            return self.of_trajectories(row, groups, span);
        }
        if let Some(d) = misplaced::form(builtin, self.place, groups, span) {
            self.errors.push(d);
            return ExprKind::Error;
        }
        if matches!(&builtin, Builtin::Form(row) if matches!(row.form, Form::Product | Form::Range)) {
            self.errors.push(iteration::misplaced(&name.text, &signature(&builtin), span));
            return ExprKind::Error;
        }
        let acts = matches!(builtin, Builtin::Operator(_) | Builtin::Gate(_) | Builtin::Channel(_));
        let wanted = std::mem::replace(&mut self.wanted, if acts { Wanted::Argument } else { Wanted::Value });
        let args = self.plain_arguments(name, groups, &signature(&builtin));
        self.wanted = wanted;
        let Some(args) = args else { return ExprKind::Error };
        let (least, most) = match builtin {
            Builtin::Operator(_) => (1, 1),
            Builtin::Gate(row) => (row.subsystems + row.angles.len(), row.subsystems + row.angles.len()),
            Builtin::Channel(row) => (row.subsystems + row.parameters.len(), row.subsystems + row.parameters.len()),
            Builtin::Form(row) => row.arity,
            Builtin::Distribution(row) => (row.parameters.len(), row.parameters.len()),
            Builtin::Constant(_) | Builtin::Function(..) | Builtin::Measure(..) => (0, 0),
        };
        if let Builtin::Constant(row) = builtin {
            self.errors.push(
                Diagnostic::new(
                    Code::NotCallable,
                    format!("`{}` is a constant, not a function", row.name),
                    name.span,
                    "cannot be called",
                )
                .help(format!("to multiply, write `{}*(…)`", name.text)),
            );
            return ExprKind::Error;
        }
        if args.len() < least || args.len() > most {
            self.wrong_count(name, args.len(), &signature(&builtin), (least == most).then_some(least), span);
            return ExprKind::Error;
        }
        match builtin {
            Builtin::Operator(row) => ExprKind::Operator { row, on: args.into_iter().next().map(Box::new) },
            Builtin::Gate(row) => ExprKind::Gate { row, args },
            Builtin::Channel(row) => ExprKind::Channel { row, args },
            Builtin::Form(row) => form(row.form, args),
            Builtin::Distribution(row) => self.random_number(row, args, span),
            Builtin::Constant(_) | Builtin::Function(..) | Builtin::Measure(..) => unreachable!("handled above"),
        }
    }

    fn function_call(
        &mut self,
        name: &Name,
        number: Option<&'static crate::quantum::NumberRow>,
        series: Option<&'static crate::analysis::FunctionRow>,
        args: Vec<Argument>,
    ) -> ExprKind {
        let fits_number = number.is_some_and(|r| r.arity.contains(&args.len()));
        let fits_series = series.is_some_and(|r| args.len() <= r.parameters.len() && !args.is_empty());
        if !fits_number && !fits_series {
            let signature = signature(&Builtin::Function(number, series));
            let exact = number.filter(|r| series.is_none() && r.arity.start() == r.arity.end()).map(|r| *r.arity.end());
            self.wrong_count(name, args.len(), &signature, exact, name.span);
            return ExprKind::Error;
        }
        let named = args.iter().find_map(|a| a.name.clone());
        if let Some((text, span)) = named.filter(|_| !fits_series) {
            self.no_such_argument(&name.text, &text, span, &signature(&Builtin::Function(number, series)));
            return ExprKind::Error;
        }
        let (number, series) = (number.filter(|_| fits_number), series.filter(|_| fits_series));
        ExprKind::Function { number, series, args, applied: None }
    }

    fn measure(&mut self, name: &Name, row: &'static MeasureRow, groups: Vec<Vec<Expr>>, span: Span) -> ExprKind {
        if self.place == Place::Experiment {
            self.measure_outside(&format!("{}(…)", name.text), name.span);
            return ExprKind::Error;
        }
        if matches!(row.formula, Formula::OfMap(_)) && self.place != Place::Measure {
            self.errors.push(maps::misplaced(row.name, span));
            return ExprKind::Error;
        }
        if let Some(d) = measures::wrong_arguments(row, &groups, span) {
            self.errors.push(d);
            return ExprKind::Error;
        }
        ExprKind::Measure { row, groups }
    }

    fn measure_outside(&mut self, measure: &str, span: Span) {
        self.errors.push(
            Diagnostic::new(
                Code::MeasureOutside,
                format!("`{measure}` reads the state during a run, but an experiment works on series after the run"),
                span,
                "a measure",
            )
            .help(format!(
                "write `observe NAME = {measure}`, or `record NAME = {measure}` inside the step, and use NAME here"
            )),
        );
    }

    /// The signature of a definition of the script.
    fn own_signature(&self, id: FunctionId, name: &Name) -> String {
        match self.globals.functions[id.0].1.as_slice() {
            [] => name.text.clone(),
            args => format!("{}({})", name.text, args.join(", ")),
        }
    }

    /// A call of a definition of the script. Reports a wrong number of arguments.
    pub(super) fn user_call(&mut self, id: FunctionId, name: &Name, args: Vec<Expr>) -> ExprKind {
        let expected = self.globals.functions[id.0].1.len();
        if expected != args.len() {
            let signature = self.own_signature(id, name);
            self.wrong_count(name, args.len(), &signature, Some(expected), name.span);
            return ExprKind::Error;
        }
        ExprKind::Call { function: id, args, body: None }
    }
}

/// A call of a form. `dag` and `tensor` become the operators † and ⊗.
fn form(form: Form, args: Vec<Expr>) -> ExprKind {
    let binary = |lhs: Expr, rhs: Expr| {
        let span = lhs.span.to(rhs.span);
        let kind = ExprKind::Binary { op: BinaryOp::Tensor, lhs: Box::new(lhs), rhs: Box::new(rhs), operation: None };
        Expr::untyped(span, kind)
    };
    match form {
        Form::Dag | Form::Tensor => {
            let product = args.into_iter().reduce(binary).expect("both have at least one argument");
            if form == Form::Tensor {
                return product.kind;
            }
            ExprKind::Unary { op: UnaryOp::Dagger, operand: Box::new(product), operation: None }
        }
        form => ExprKind::Form { form, args },
    }
}
