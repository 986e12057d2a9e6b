//! Determines the type of every expression before anything runs, and stores it in the tree.
//!
//! Contract: the type of an expression follows from its form and the argument types of the enclosing definition. Each
//! operand is typed once. A definition is typed once for each combination of argument types in its calls, and once for
//! arguments of unknown type ([`Type::Any`], which fits everywhere). Calls with the same argument types share the
//! result.

mod calls;
mod experiments;
mod iteration;
mod remedies;
mod statements;
#[cfg(test)]
mod tests;

use std::collections::{HashMap, HashSet};
use std::sync::Arc;

use super::operators::{self, symbol};
use super::program::{Expr, ExprKind, FunctionId, Param, ParamId, Program, SequenceId, SeriesId, Stmt};
use super::ty::{Extent, Label, Type};
use crate::ast::{BinaryOp, FunctionRole, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use experiments::{Columns, Meaning};
use remedies::{combination, remedy};

/// The maximum number of nodes that the checker types, counting a definition once for each combination of argument
/// types. A protocol of ten thousand terms needs a few times ten thousand. A chain of definitions that each use the
/// previous one with several types of arguments could need exponentially many.
const MOST_NODES: usize = 300_000;

/// Types every expression of a program in place. Returns the number of nodes typed.
pub(super) fn check(program: &mut Program, errors: &mut Vec<Diagnostic>) -> usize {
    let resolved = program.clone();
    let mut types = Types::new(&resolved, errors);
    types.program(program);
    types.typed
}

/// Types the value of `--set` and checks it against its parameter.
pub(super) fn check_setting(program: &Program, param: ParamId, value: &mut Expr, errors: &mut Vec<Diagnostic>) {
    Types::new(program, errors).setting(param, value);
}

/// Types the values of `--sweep` and checks them against their parameter.
pub(super) fn check_axis(program: &Program, param: ParamId, values: &mut Expr, errors: &mut Vec<Diagnostic>) {
    Types::new(program, errors).axis(param, values);
}

/// Types an experiment of a typed program again, because new swept parameters are new columns of its table.
pub(super) fn check_experiment(
    program: &Program,
    experiment: &mut super::program::Experiment,
    errors: &mut Vec<Diagnostic>,
) {
    Types::new(program, errors).experiment(experiment);
}

/// Types an expression outside of any definition. `series` holds the types of the series that it may name.
pub(super) fn check_expression(
    program: &Program,
    series: HashMap<SeriesId, Type>,
    e: &mut Expr,
    errors: &mut Vec<Diagnostic>,
) {
    let mut types = Types::new(program, errors);
    types.lets = series;
    types.infer(e, &[]);
}

/// The type and the typed body of a definition for one combination of argument types.
type Instance = (Type, Arc<Expr>);

struct Types<'a> {
    /// The resolved program, typed or not, from which definitions are copied.
    program: &'a Program,
    errors: &'a mut Vec<Diagnostic>,
    functions: HashMap<(FunctionId, Vec<Type>), Instance>,
    sequences: HashMap<(SequenceId, Vec<Type>), Arc<Vec<Stmt>>>,
    /// Parameters that are typed already.
    params: HashMap<ParamId, (Type, Expr)>,
    /// Types of the experiment's `let`s; observed and recorded series are not included.
    lets: HashMap<SeriesId, Type>,
    /// What the name of a series means.
    series: Meaning,
    /// The columns of the sweep's table, while an expression about that table is typed.
    table: Option<Columns>,
    /// Places that already have an error, because a body is typed several times.
    reported: HashSet<Span>,
    /// Number of nodes typed so far.
    typed: usize,
}

impl<'a> Types<'a> {
    fn new(program: &'a Program, errors: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            program,
            errors,
            functions: HashMap::new(),
            sequences: HashMap::new(),
            params: HashMap::new(),
            lets: HashMap::new(),
            series: Meaning::Whole,
            table: None,
            reported: HashSet::new(),
            typed: 0,
        }
    }

    /// Types `program`, a copy of `self.program`.
    fn program(&mut self, program: &mut Program) {
        for i in 0..program.params.len() {
            self.param(ParamId(i));
        }
        for (i, p) in program.params.iter_mut().enumerate() {
            self.bounds(ParamId(i), p);
        }
        for (id, value) in &mut program.sets {
            self.setting(*id, value);
        }
        self.declarations(program);
        if let Some(step) = &mut program.step {
            self.body(&mut step.body, &mut Vec::new());
        }
        for o in &mut program.observables {
            self.measure(&mut o.value, &[]);
        }
        for e in &mut program.experiments {
            self.experiment(e);
        }
        for (i, f) in program.functions.iter_mut().enumerate() {
            f.body = self.function(FunctionId(i), vec![Type::Any; f.args.len()]).1;
        }
        for (i, s) in program.sequences.iter_mut().enumerate() {
            s.body = self.sequence(SequenceId(i), vec![Type::Any; s.args.len()]);
        }
        for (i, p) in program.params.iter_mut().enumerate() {
            (p.ty, p.value) = self.params.remove(&ParamId(i)).expect("every parameter is typed above");
        }
    }

    fn param(&mut self, id: ParamId) -> Type {
        if let Some((ty, _)) = self.params.get(&id) {
            return *ty;
        }
        let known = self.program.params[id.0].ty;
        if known != Type::Any {
            return known;
        }
        let mut value = self.program.params[id.0].value.clone();
        let ty = self.infer(&mut value, &[]);
        let ok = matches!(ty, Type::Number | Type::Bool | Type::Text | Type::Rule | Type::Any);
        if !ok {
            let name = &self.program.params[id.0].name.text;
            let help = match ty {
                Type::Operator(_) | Type::Channel => {
                    format!("write `hamiltonian {name} = …`, or `gate {name} = …` for what `apply` takes")
                }
                Type::Ket(_) | Type::Density(_) => {
                    format!("write `def {name} = …`, or the state itself where it is used")
                }
                Type::List => format!("write the values of a sweep in an experiment: `sweep {name} = …`"),
                _ => format!("write `def {name} = …`"),
            };
            self.error_at(
                Code::WrongType,
                value.span,
                format!("a parameter is a number, a boolean, a text or a rule, but this is {}", ty.describe()),
                ty.describe(),
                &help,
            );
        }
        let ty = if ok { ty } else { Type::Any };
        self.params.insert(id, (ty, value));
        ty
    }

    fn bounds(&mut self, id: ParamId, p: &mut Param) {
        let Some(bounds) = &mut p.bounds else { return };
        for end in [&mut bounds.least, &mut bounds.most] {
            self.want(end, &[], Type::Number, "the end of a range");
        }
        let ty = self.param(id);
        if !ty.fits(Type::Number) {
            let message = format!("`{}` is {}, which has no range", p.name.text, ty.describe());
            self.error(Code::WrongType, bounds.span(), message, "leave the range out; only numbers have one");
        }
    }

    fn setting(&mut self, id: ParamId, value: &mut Expr) {
        let expected = self.param(id);
        let name = &self.program.params[id.0].name.text;
        self.want(value, &[], expected, &format!("the parameter `{name}`"));
    }

    fn measure(&mut self, value: &mut Expr, locals: &[Type]) {
        let ty = self.infer(value, locals);
        if !matches!(ty, Type::Measured | Type::Several(_) | Type::Number | Type::Any) {
            let help = match ty {
                Type::Operator(_) => "for the expectation value of an operator, write `<A>`",
                Type::Ket(_) | Type::Density(_) => {
                    "for the overlap with a state, write `fidelity(s, |0>)`; for the population of a level, `population(s, 0)`"
                }
                Type::Subsystem => "write a measure of it: `<Z(s)>`, `entropy(s)`, `state(s)`, …",
                _ => "write an expectation value, `<Z(s)>`, or a measure such as `concurrence(a, b)`",
            };
            self.error(
                Code::WrongType,
                value.span,
                format!("a measured value must be a number, but this is {}", ty.describe()),
                help,
            );
        }
    }

    /// Keeps only the first of the errors that the argument types of a call cause inside a definition, and adds the
    /// call.
    fn blame(&mut self, known: usize, call: Span, name: &str) {
        self.errors.truncate(known + 1);
        if let Some(d) = self.errors.get_mut(known)
            && d.labels.len() < 4
        {
            d.labels.push((call, format!("`{name}` is used here")));
        }
    }

    fn sequence(&mut self, id: SequenceId, mut args: Vec<Type>) -> Arc<Vec<Stmt>> {
        if let Some(body) = self.sequences.get(&(id, args.clone())) {
            return body.clone();
        }
        let s = &self.program.sequences[id.0];
        if self.too_many_nodes(s.name.span, &s.name.text) {
            return s.body.clone();
        }
        let mut body = Vec::clone(&s.body);
        let key = (id, args.clone());
        self.body(&mut body, &mut args);
        let body = Arc::new(body);
        self.sequences.insert(key, body.clone());
        body
    }

    fn function(&mut self, id: FunctionId, args: Vec<Type>) -> Instance {
        if let Some(instance) = self.functions.get(&(id, args.clone())) {
            return instance.clone();
        }
        let f = &self.program.functions[id.0];
        if self.too_many_nodes(f.name.span, &f.name.text) {
            return (Type::Any, f.body.clone());
        }
        let mut body = Expr::clone(&f.body);
        let ty = self.infer(&mut body, &args);
        let (ok, expected) = match f.role {
            FunctionRole::Hamiltonian => (ty.fits(Type::Operator(Extent::Any)), "an operator"),
            FunctionRole::Gate => {
                (ty.fits(Type::Operator(Extent::Any)) || ty == Type::Channel, "a unitary or a channel")
            }
            FunctionRole::Def => (true, ""),
        };
        if !ok {
            self.error(
                Code::WrongType,
                f.body.span,
                format!("`{}` must be {expected}, but this is {}", f.name.text, ty.describe()),
                "a `def` may be of any type",
            );
        }
        let ty = if !ok {
            Type::Any
        } else if f.role != FunctionRole::Def && ty == Type::Number {
            Type::Operator(Extent::Any) // a multiple of the identity
        } else {
            ty
        };
        let instance = (ty, Arc::new(body));
        self.functions.insert((id, args), instance.clone());
        instance
    }

    /// Reports an error if too many nodes have been typed to type another copy of a definition.
    fn too_many_nodes(&mut self, span: Span, name: &str) -> bool {
        if self.typed < MOST_NODES {
            return false;
        }
        let message = format!(
            "`{name}` and the definitions that use it are called with too many combinations of argument types: checking \
             them takes more than {MOST_NODES} steps"
        );
        self.error_at(Code::TooDeep, span, message, "used with too many types of arguments", "shorten the chain of definitions that use each other with arguments of several types, such as kets of different lengths");
        true
    }

    fn error(&mut self, code: Code, span: Span, message: String, help: &str) {
        self.error_at(code, span, message, "here", help);
    }

    /// Reports an error with its own label, unless there already is an error at this place.
    fn error_at(&mut self, code: Code, span: Span, message: String, label: &str, help: &str) {
        if self.reported.insert(span) {
            self.errors.push(Diagnostic::new(code, message, span, label).help(help));
        }
    }

    /// Types an expression and checks that it fits `expected`.
    fn want(&mut self, e: &mut Expr, locals: &[Type], expected: Type, what: &str) -> Type {
        let ty = self.infer(e, locals);
        self.must_fit(e, ty, expected, what)
    }

    /// Checks that a typed expression fits `expected`.
    fn must_fit(&mut self, e: &Expr, ty: Type, expected: Type, what: &str) -> Type {
        if ty.fits(expected) {
            return ty;
        }
        let message = format!("{what} must be {}, but this is {}", expected.expected_words(), ty.describe());
        self.error_at(Code::WrongType, e.span, message, ty.describe(), remedy(ty, expected));
        Type::Any
    }

    fn subsystem(&mut self, e: &mut Expr, locals: &[Type], what: &str) {
        let what = format!("an argument of {what}");
        self.want(e, locals, Type::Subsystem, &what);
    }

    /// Types an expression and stores the type in it.
    fn infer(&mut self, e: &mut Expr, locals: &[Type]) -> Type {
        self.typed += 1;
        e.ty = self.type_of(&mut e.kind, e.span, locals);
        e.ty
    }

    fn type_of(&mut self, kind: &mut ExprKind, span: Span, locals: &[Type]) -> Type {
        match kind {
            ExprKind::Number(_) | ExprKind::Collision => Type::Number,
            ExprKind::Text(_) => Type::Text,
            ExprKind::Bool(_) => Type::Bool,
            ExprKind::Param(id) => self.param_here(*id),
            ExprKind::Local(i) => locals.get(*i).copied().unwrap_or(Type::Any),
            ExprKind::Input { at, .. } => {
                self.want(at, locals, Type::Number, "the index of an input");
                Type::Number
            }
            ExprKind::Random { row, args } => {
                for a in args {
                    self.want(a, locals, Type::Number, &format!("a parameter of `{}`", row.name));
                }
                Type::Number
            }
            ExprKind::Rule(_) => Type::Rule,
            ExprKind::Subsystem { offset, .. } => {
                if let Some(offset) = offset {
                    self.want(offset, locals, Type::Number, "the index of a unit");
                }
                Type::Subsystem
            }
            ExprKind::Element { array, index, offset } => {
                if let Some(offset) = offset {
                    self.want(offset, locals, Type::Number, "the index of a unit");
                }
                self.want(index, locals, Type::Number, "the index of an element");
                if let Some(element) = self.fixed_element(*array, index, offset.clone(), span) {
                    *kind = element;
                }
                Type::Subsystem
            }
            ExprKind::LocalUnit { local, offset } => {
                self.want(offset, locals, Type::Number, "the index of a unit");
                self.has_units(locals.get(*local).copied().unwrap_or(Type::Any), span);
                Type::Subsystem
            }
            ExprKind::Series(id) => self.series_type(*id, span),
            ExprKind::Complex { re, im } => {
                // In the table of a sweep, neither part is a column.
                let parts = [self.infer(re, locals), self.infer(im, locals)];
                if parts.contains(&Type::Any) { Type::Any } else { Type::ComplexSeries }
            }
            ExprKind::Ket(label) => Type::Ket(Extent::many(label.symbols.len())),
            ExprKind::Bra(label) => Type::Bra(Extent::many(label.symbols.len())),
            ExprKind::KetBra { ket, on, .. } => {
                on.iter_mut().for_each(|s| self.subsystem(s, locals, "`|…><…|(…)`"));
                let unplaced = Extent::many(ket.symbols.len());
                Type::Operator(if on.is_empty() { unplaced } else { Extent::Named })
            }
            ExprKind::Expectation(a) => {
                self.want(a, locals, Type::Operator(Extent::Any), "the expression in `<…>`");
                Type::Measured
            }
            ExprKind::Operator { row, on: Some(on) } => {
                self.subsystem(on, locals, &format!("`{}`", row.name));
                Type::Operator(Extent::Named)
            }
            ExprKind::Operator { on: None, .. } => Type::Operator(Extent::many(1)),
            ExprKind::Gate { row, args } => {
                self.acting(args, row.subsystems, row.name, locals);
                Type::Operator(Extent::Named)
            }
            ExprKind::Channel { row, args } => {
                self.acting(args, row.subsystems, row.name, locals);
                Type::Channel
            }
            ExprKind::Measure { row, groups } => self.measure_call(row, groups, locals),
            ExprKind::Function { number, series, args, applied } => {
                let types: Vec<Type> = args.iter_mut().map(|a| self.infer(&mut a.value, locals)).collect();
                let (ty, does) = self.function_call(*number, *series, args, &types, span);
                *applied = does;
                ty
            }
            ExprKind::Form { form, args } => self.form(*form, args, locals),
            ExprKind::Reduction { reducer, iteration, body, operation } => {
                let (ty, combines) = self.reduction(*reducer, iteration, body, locals);
                *operation = combines;
                ty
            }
            ExprKind::Call { function, args, body } => {
                let types: Vec<Type> = args.iter_mut().map(|a| self.infer(a, locals)).collect();
                // Errors for any arguments are reported first; the rest are due to the arguments of this call.
                self.function(*function, vec![Type::Any; types.len()]);
                let known = self.errors.len();
                let (ty, typed) = self.function(*function, types);
                self.blame(known, span, &self.program.functions[function.0].name.text);
                *body = Some(typed);
                ty
            }
            ExprKind::Unary { op, operand, operation } => {
                let ty = self.infer(operand, locals);
                let found = operators::unary(*op, ty);
                *operation = found.map(|(_, does)| does);
                found.map_or_else(|| self.no_unary(*op, operand, ty), |(ty, _)| ty)
            }
            ExprKind::Binary { op, lhs, rhs, operation } => {
                let (l, r) = (self.infer(lhs, locals), self.infer(rhs, locals));
                let found = operators::binary(*op, l, r);
                *operation = found.map(|(_, does)| does);
                found.map_or_else(|| self.no_binary(*op, lhs, rhs, span), |(ty, _)| ty)
            }
            ExprKind::Approx { lhs, rhs, tolerance } => {
                if let Some(tolerance) = tolerance {
                    self.want(tolerance, locals, Type::Number, "the tolerance of `≈`");
                }
                let (l, r) = (self.infer(lhs, locals), self.infer(rhs, locals));
                operators::approx(l, r).unwrap_or_else(|| {
                    self.must_fit(lhs, l, Type::Number, "each side of `≈`");
                    self.must_fit(rhs, r, Type::Number, "each side of `≈`");
                    Type::Bool
                })
            }
            ExprKind::List(items) => {
                items.iter_mut().for_each(|i| {
                    self.infer(i, locals);
                });
                Type::List
            }
            ExprKind::Error => Type::Any,
        }
    }

    /// The type of a parameter here; in the table of a sweep, a swept parameter is a column.
    fn param_here(&mut self, id: ParamId) -> Type {
        let ty = self.param(id);
        if self.table.as_ref().is_none_or(|table| !table.swept.contains(&id)) {
            return ty;
        }
        match ty {
            Type::Number => Type::Series,
            Type::Bool => Type::Condition,
            Type::Text => Type::Labels(Label::Text),
            Type::Rule => Type::Labels(Label::Rule),
            other => other,
        }
    }

    fn has_units(&mut self, ty: Type, span: Span) {
        if !ty.fits(Type::Subsystem) {
            self.error(
                Code::NotAStream,
                span,
                format!("this argument is {}, which has no units", ty.describe()),
                "only an environment has units e, e', e[k]: pass one as the argument, as in `meet(e)`",
            );
        }
    }

    /// The type of a prefix or postfix operator without an entry in the table: its operand has an unknown or a wrong
    /// type.
    fn no_unary(&mut self, op: UnaryOp, operand: &Expr, ty: Type) -> Type {
        match op {
            UnaryOp::Not => {
                self.must_fit(operand, ty, Type::Bool, "the operand of `not`");
                Type::Bool
            }
            UnaryOp::Sqrt => self.must_fit(operand, ty, Type::Number, "the operand of √"),
            UnaryOp::Dagger => self.must_fit(operand, ty, Type::Operator(Extent::Any), "the operand of `†`"),
            UnaryOp::Neg => {
                if ty != Type::Any {
                    let message = format!("`-` cannot be applied to {}", ty.describe());
                    self.error(Code::WrongType, operand.span, message, remedy(ty, Type::Number));
                }
                Type::Any
            }
        }
    }

    /// The type of an infix operator without an entry in the table: an operand has an unknown type, or they do not
    /// combine.
    fn no_binary(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr, span: Span) -> Type {
        use BinaryOp as B;
        let (l, r) = (lhs.ty, rhs.ty);
        match op {
            B::And | B::Or if l == Type::Condition => {
                self.must_fit(rhs, r, Type::Condition, "the other side of a condition on a series");
                Type::Condition
            }
            B::And | B::Or => {
                self.must_fit(lhs, l, Type::Bool, "each side of `and` and `or`");
                self.must_fit(rhs, r, Type::Bool, "each side of `and` and `or`");
                Type::Bool
            }
            B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual
                if l == Type::Any || r == Type::Any =>
            {
                Type::Bool
            }
            _ if l == Type::Any || r == Type::Any => Type::Any,
            _ => {
                let message = format!("`{}` cannot combine {} with {}", symbol(op), l.describe(), r.describe());
                if self.reported.insert(span) {
                    self.errors.push(
                        Diagnostic::new(Code::WrongType, message, lhs.span, l.describe())
                            .label(rhs.span, r.describe())
                            .help(combination(op, l, r)),
                    );
                }
                Type::Any
            }
        }
    }
}
