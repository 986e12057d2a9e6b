//! Types of expressions: checked before anything runs.
//!
//! Contract: an expression's type follows from its form and the types of the arguments of the definition that it stands
//! in. A definition is checked once for each combination of argument types with which it is called, and once with
//! unknown ones ([`Type::Any`], which fits everywhere) if nobody calls it.

mod calls;
mod combine;
mod experiments;
mod remedies;

use std::collections::{HashMap, HashSet};

use super::program::{
    Analysis, Expr, ExprKind, FunctionId, KindExpr, ParamId, Program, SequenceId, SeriesId, Stmt, StmtKind, Type,
};
use crate::ast::{BinaryOp, FunctionRole, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;
use combine::result;
pub(crate) use combine::symbol;
use remedies::{combination, remedy};

impl Type {
    /// As a message says it.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Text => "a text",
            Self::Rule => "a rule",
            Self::Subsystem => "a subsystem",
            Self::Operator => "an operator",
            Self::Ket => "a ket",
            Self::Bra => "a bra",
            Self::Density => "a density matrix",
            Self::Channel => "a channel",
            Self::Measured => "a number read off the state",
            Self::Several(_) => "several numbers read off the state",
            Self::Series => "a series",
            Self::Condition => "a condition on each value of a series",
            Self::List => "a list",
            Self::Any => "anything",
        }
    }

    /// What a place takes that wants this type.
    fn wanted(self) -> &'static str {
        match self {
            Self::Density => "a ket or a density matrix",
            Self::Bool => "a comparison",
            other => other.describe(),
        }
    }

    fn fits(self, wanted: Self) -> bool {
        use Type::{Any, Density, Ket, Measured, Number, Operator};
        self == wanted
            || self == Any
            || wanted == Any
            || matches!((self, wanted), (Number, Operator | Measured) | (Ket | Operator, Density))
    }
}

/// Checks every definition, and fills in the types of parameters and `let`s.
pub(super) fn check(program: &mut Program, errors: &mut Vec<Diagnostic>) {
    let mut found = Found::default();
    let mut types = Types::new(program, errors);
    types.program_types(&mut found);
    for (param, ty) in program.params.iter_mut().zip(found.params) {
        param.ty = ty;
    }
    for (experiment, lets) in program.experiments.iter_mut().zip(found.lets) {
        for a in &mut experiment.analysis {
            if let Analysis::Let { id, ty, .. } = a {
                *ty = lets.get(id).copied().unwrap_or(Type::Any);
            }
        }
    }
}

/// Checks the value of `--set` against its parameter.
pub(super) fn check_setting(program: &Program, param: ParamId, value: &Expr, errors: &mut Vec<Diagnostic>) {
    Types::new(program, errors).setting(param, value);
}

/// Checks the values of `--sweep` against their parameter.
pub(super) fn check_axis(program: &Program, param: ParamId, values: &Expr, errors: &mut Vec<Diagnostic>) {
    Types::new(program, errors).axis(param, values);
}

/// The type of an expression that stands in no definition; `series` are the types of the series that it may name.
pub(super) fn of_expression(
    program: &Program,
    series: HashMap<SeriesId, Type>,
    e: &Expr,
    errors: &mut Vec<Diagnostic>,
) -> Type {
    let mut types = Types::new(program, errors);
    types.lets = series;
    types.infer(e, &[])
}

#[derive(Default)]
struct Found {
    params: Vec<Type>,
    lets: Vec<HashMap<SeriesId, Type>>,
}

struct Types<'a> {
    program: &'a Program,
    errors: &'a mut Vec<Diagnostic>,
    /// Types of definitions' bodies by the types of their arguments.
    functions: HashMap<(FunctionId, Vec<Type>), Type>,
    sequences: HashSet<(SequenceId, Vec<Type>)>,
    params: Vec<Option<Type>>,
    /// Types of the experiment's `let`s; observed and recorded series are not in it.
    lets: HashMap<SeriesId, Type>,
    /// What a series stands for: itself, or in `until` its value now.
    series: Type,
    /// The sweep whose table an `expect` is about: swept parameters and collected numbers are its columns.
    table: Option<&'a super::program::Experiment>,
    /// Places that have an error already: a body is visited once for each combination of types.
    reported: HashSet<Span>,
}

impl<'a> Types<'a> {
    fn new(program: &'a Program, errors: &'a mut Vec<Diagnostic>) -> Self {
        Self {
            program,
            errors,
            functions: HashMap::new(),
            sequences: HashSet::new(),
            params: vec![None; program.params.len()],
            lets: HashMap::new(),
            series: Type::Series,
            table: None,
            reported: HashSet::new(),
        }
    }

    fn program_types(&mut self, found: &mut Found) {
        let program = self.program;
        found.params = (0..program.params.len()).map(|i| self.param(ParamId(i))).collect();
        for (id, value) in &program.sets {
            self.setting(*id, value);
        }
        self.declarations();
        if let Some(step) = &program.step {
            self.body(&step.body, &mut Vec::new());
        }
        for o in &program.observables {
            self.measure(&o.value);
        }
        for e in &program.experiments {
            found.lets.push(self.experiment(e));
        }
        self.uncalled();
    }

    fn declarations(&mut self) {
        for s in &self.program.subsystems {
            match &s.kind {
                KindExpr::Qubit => {}
                KindExpr::Qudit(e) | KindExpr::Spin(e) | KindExpr::Boson(e) => {
                    self.want(e, &[], Type::Number, "the argument of a kind");
                }
            }
            if let Some(keep) = &s.keep {
                self.want(keep, &[], Type::Number, "the number of kept units");
            }
        }
        for d in &self.program.declarations {
            self.want(&d.state, &[], Type::Density, "an initial state");
        }
    }

    /// Definitions that nothing calls are checked with arguments of any type.
    fn uncalled(&mut self) {
        for (i, f) in self.program.functions.iter().enumerate() {
            if !self.functions.keys().any(|(id, _)| id.0 == i) {
                self.function(FunctionId(i), vec![Type::Any; f.args.len()]);
            }
        }
        for (i, s) in self.program.sequences.iter().enumerate() {
            if !self.sequences.iter().any(|(id, _)| id.0 == i) {
                self.sequence(SequenceId(i), &vec![Type::Any; s.args.len()]);
            }
        }
    }

    fn param(&mut self, id: ParamId) -> Type {
        if let Some(ty) = self.params[id.0] {
            return ty;
        }
        let value = &self.program.params[id.0].value;
        let ty = self.infer(value, &[]);
        let ok = matches!(ty, Type::Number | Type::Bool | Type::Text | Type::Rule | Type::Any);
        if !ok {
            let name = &self.program.params[id.0].name.text;
            let help = match ty {
                Type::Operator | Type::Channel => {
                    format!("write `hamiltonian {name} = …`, or `gate {name} = …` for what `apply` takes")
                }
                Type::Ket | Type::Density => format!("write `def {name} = …`, or the state itself where it is used"),
                Type::List => format!("the values of a sweep stand in an experiment: `sweep {name} = …`"),
                _ => format!("write `def {name} = …`"),
            };
            self.error_at(
                Code::WrongType,
                value.span,
                format!("a parameter is a number, a boolean, a text or a rule, and this is {}", ty.describe()),
                ty.describe(),
                &help,
            );
        }
        let ty = if ok { ty } else { Type::Any };
        self.params[id.0] = Some(ty);
        ty
    }

    fn setting(&mut self, id: ParamId, value: &Expr) {
        let wanted = self.param(id);
        let name = &self.program.params[id.0].name.text;
        self.want(value, &[], wanted, &format!("the parameter `{name}`"));
    }

    fn measure(&mut self, value: &Expr) {
        let ty = self.infer(value, &[]);
        self.measured(value, ty);
    }

    fn measured(&mut self, value: &Expr, ty: Type) {
        if !matches!(ty, Type::Measured | Type::Several(_) | Type::Number | Type::Any) {
            let help = match ty {
                Type::Operator => "the expectation value of an operator is written `<A>`",
                Type::Ket | Type::Density => {
                    "the overlap with a state is `fidelity(s, |0>)`, the population of a level `population(s, 0)`"
                }
                Type::Subsystem => "write a measure of it: `<Z(s)>`, `entropy(s)`, `state(s)`, …",
                _ => "write an expectation value, `<Z(s)>`, or a measure such as `concurrence(a, b)`",
            };
            self.error(
                Code::WrongType,
                value.span,
                format!("what is measured is a number, and this is {}", ty.describe()),
                help,
            );
        }
    }

    fn body(&mut self, body: &[Stmt], locals: &mut Vec<Type>) {
        let depth = locals.len();
        for s in body {
            self.statement(s, locals);
        }
        locals.truncate(depth);
    }

    fn statement(&mut self, s: &Stmt, locals: &mut Vec<Type>) {
        match &s.kind {
            StmtKind::Evolve { hamiltonian, time } => {
                self.want(hamiltonian, locals, Type::Operator, "what `evolve` takes");
                self.duration(time, locals);
            }
            StmtKind::Apply(e) => {
                let ty = self.infer(e, locals);
                if !matches!(ty, Type::Operator | Type::Channel | Type::Any) {
                    self.error(
                        Code::WrongType,
                        e.span,
                        format!("`apply` takes a unitary or a channel, and this is {}", ty.describe()),
                        "write a gate or a channel on its subsystems, such as `apply H(s)` or `apply damping(s, 0.1)`",
                    );
                }
            }
            StmtKind::Discard(list) => list.iter().for_each(|e| self.subsystem(e, locals, "`discard`")),
            StmtKind::Uncorrelate(groups) => {
                groups.iter().flatten().for_each(|e| self.subsystem(e, locals, "`uncorrelate`"));
            }
            StmtKind::Reset { targets, state, .. } => {
                targets.iter().for_each(|e| self.subsystem(e, locals, "`reset`"));
                self.want(state, locals, Type::Density, "the new state");
            }
            StmtKind::Trace(rule) => {
                self.want(rule, locals, Type::Rule, "what `trace` takes");
                if let ExprKind::Rule(id) = rule.kind {
                    self.sequence(id, &[]);
                }
            }
            StmtKind::Record { value, .. } => {
                let ty = self.infer(value, locals);
                self.measured(value, ty);
            }
            StmtKind::Let { local, value } => {
                let ty = self.want(value, locals, Type::Number, "a `let` of a step");
                locals.resize(local + 1, Type::Any);
                locals[*local] = ty;
            }
            StmtKind::Repeat { count, body } => {
                self.want(count, locals, Type::Number, "the count of `repeat`");
                self.body(body, &mut locals.clone());
            }
            StmtKind::Mix { probability, then, otherwise } => {
                self.want(probability, locals, Type::Number, "a probability");
                self.body(then, &mut locals.clone());
                self.body(otherwise, &mut locals.clone());
            }
            StmtKind::Call { sequence, args } => {
                let types: Vec<Type> = args.iter().map(|a| self.infer(a, locals)).collect();
                // What is wrong whatever the arguments is said first; what is left comes of the arguments of this call.
                self.sequence(*sequence, &vec![Type::Any; args.len()]);
                let known = self.errors.len();
                self.sequence(*sequence, &types);
                self.blame(known, s.span, &self.program.sequences[sequence.0].name.text);
            }
        }
    }

    /// Of the errors that arguments of a wrong kind cause inside a definition, one is told, with the call.
    fn blame(&mut self, known: usize, call: Span, name: &str) {
        self.errors.truncate(known + 1);
        if let Some(d) = self.errors.get_mut(known)
            && d.labels.len() < 4
        {
            d.labels.push((call, format!("`{name}` is used here")));
        }
    }

    fn sequence(&mut self, id: SequenceId, args: &[Type]) {
        if self.sequences.insert((id, args.to_vec())) {
            self.body(&self.program.sequences[id.0].body, &mut args.to_vec());
        }
    }

    fn function(&mut self, id: FunctionId, args: Vec<Type>) -> Type {
        if let Some(ty) = self.functions.get(&(id, args.clone())) {
            return *ty;
        }
        let f = &self.program.functions[id.0];
        let ty = self.infer(&f.body, &args);
        let (ok, wanted) = match f.role {
            FunctionRole::Hamiltonian => (ty.fits(Type::Operator), "an operator"),
            FunctionRole::Gate => (ty.fits(Type::Operator) || ty == Type::Channel, "a unitary or a channel"),
            FunctionRole::Def => (true, ""),
        };
        if !ok {
            self.error(
                Code::WrongType,
                f.body.span,
                format!("`{}` must be {wanted}, and this is {}", f.name.text, ty.describe()),
                "a `def` may be of any type",
            );
        }
        let ty = if !ok {
            Type::Any
        } else if f.role != FunctionRole::Def && ty == Type::Number {
            Type::Operator // a multiple of the identity
        } else {
            ty
        };
        self.functions.insert((id, args), ty);
        ty
    }

    fn error(&mut self, code: Code, span: Span, message: String, help: &str) {
        self.error_at(code, span, message, "here", help);
    }

    /// An error whose place says what stands there.
    fn error_at(&mut self, code: Code, span: Span, message: String, label: &str, help: &str) {
        if self.reported.insert(span) {
            self.errors.push(Diagnostic::new(code, message, span, label).help(help));
        }
    }

    /// The type of an expression that must fit `wanted`.
    fn want(&mut self, e: &Expr, locals: &[Type], wanted: Type, what: &str) -> Type {
        let ty = self.infer(e, locals);
        if ty.fits(wanted) {
            return ty;
        }
        let help = remedy(ty, wanted);
        let message = format!("{what} must be {}, and this is {}", wanted.wanted(), ty.describe());
        self.error_at(Code::WrongType, e.span, message, ty.describe(), help);
        Type::Any
    }

    fn subsystem(&mut self, e: &Expr, locals: &[Type], what: &str) {
        let what = format!("what {what} names");
        self.want(e, locals, Type::Subsystem, &what);
    }

    /// The duration: an operator there has changed places with it.
    fn duration(&mut self, e: &Expr, locals: &[Type]) {
        if self.infer(e, locals) == Type::Operator {
            let message = "the duration must be a number, and this is an operator".into();
            let help = "the Hamiltonian stands before `for`, the duration behind it: `evolve Z(s) for 0.1`";
            return self.error_at(Code::WrongType, e.span, message, "an operator", help);
        }
        self.want(e, locals, Type::Number, "the duration");
    }

    fn infer(&mut self, e: &Expr, locals: &[Type]) -> Type {
        match &e.kind {
            ExprKind::Number(_) | ExprKind::Collision => Type::Number,
            ExprKind::Text(_) => Type::Text,
            ExprKind::Bool(_) => Type::Bool,
            ExprKind::Param(id) => match self.table {
                Some(sweep) if sweep.sweep.iter().any(|(swept, _)| swept == id) => Type::Series,
                _ => self.param(*id),
            },
            ExprKind::Local(i) => locals.get(*i).copied().unwrap_or(Type::Any),
            ExprKind::Rule(_) => Type::Rule,
            ExprKind::Subsystem { offset, .. } => {
                if let Some(offset) = offset {
                    self.want(offset, locals, Type::Number, "the index of a unit");
                }
                Type::Subsystem
            }
            ExprKind::LocalUnit { local, offset } => {
                self.want(offset, locals, Type::Number, "the index of a unit");
                let ty = locals.get(*local).copied().unwrap_or(Type::Any);
                if !ty.fits(Type::Subsystem) {
                    self.error(
                        Code::NotAStream,
                        e.span,
                        format!("this argument is {}, and has no units", ty.describe()),
                        "only an environment has units e, e', e[k]: hand one over, as in `meet(e)`",
                    );
                }
                Type::Subsystem
            }
            ExprKind::Series(id) => self.series_type(*id, e.span),
            ExprKind::Ket(_) => Type::Ket,
            ExprKind::Bra(_) => Type::Bra,
            ExprKind::KetBra { on, .. } => {
                on.iter().for_each(|s| self.subsystem(s, locals, "`|…><…|(…)`"));
                Type::Operator
            }
            ExprKind::Expectation(a) => {
                self.want(a, locals, Type::Operator, "what stands in `<…>`");
                Type::Measured
            }
            ExprKind::Operator { row, on } => {
                if let Some(on) = on {
                    self.subsystem(on, locals, &format!("`{}`", row.name));
                }
                Type::Operator
            }
            ExprKind::Gate { row, args } => self.acting(args, row.subsystems, row.name, locals, Type::Operator),
            ExprKind::Channel { row, args } => self.acting(args, row.subsystems, row.name, locals, Type::Channel),
            ExprKind::Measure { row, groups } => self.measure_call(row, groups, locals),
            ExprKind::Function { number, series, args } => self.function_call(*number, *series, args, e.span, locals),
            ExprKind::Form { form, args } => self.form(*form, args, locals),
            ExprKind::Call { function, args } => {
                let types: Vec<Type> = args.iter().map(|a| self.infer(a, locals)).collect();
                self.function(*function, vec![Type::Any; args.len()]);
                let known = self.errors.len();
                let ty = self.function(*function, types);
                self.blame(known, e.span, &self.program.functions[function.0].name.text);
                ty
            }
            ExprKind::Unary { op, operand } => self.unary(*op, operand, locals),
            ExprKind::Binary { op, lhs, rhs } => self.binary(*op, lhs, rhs, e.span, locals),
            ExprKind::Approx { lhs, rhs, tolerance } => {
                for side in [Some(lhs), Some(rhs), tolerance.as_ref()].into_iter().flatten() {
                    self.want(side, locals, Type::Number, "each side of `≈`");
                }
                Type::Bool
            }
            ExprKind::List(items) => {
                items.iter().for_each(|i| {
                    self.infer(i, locals);
                });
                Type::List
            }
            ExprKind::Error => Type::Any,
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, locals: &[Type]) -> Type {
        match op {
            UnaryOp::Not => match self.infer(operand, locals) {
                Type::Condition => Type::Condition,
                _ => {
                    self.want(operand, locals, Type::Bool, "what `not` takes");
                    Type::Bool
                }
            },
            UnaryOp::Sqrt => {
                let ty = self.infer(operand, locals);
                if matches!(ty, Type::Measured | Type::Series) {
                    ty
                } else {
                    self.want(operand, locals, Type::Number, "what stands under √")
                }
            }
            UnaryOp::Dagger => {
                self.want(operand, locals, Type::Operator, "what `†` takes");
                Type::Operator
            }
            UnaryOp::Neg => {
                let ty = self.infer(operand, locals);
                if matches!(
                    ty,
                    Type::Bool
                        | Type::Text
                        | Type::Rule
                        | Type::Subsystem
                        | Type::Channel
                        | Type::List
                        | Type::Several(_)
                ) {
                    self.error(
                        Code::WrongType,
                        operand.span,
                        format!("`-` does not apply to {}", ty.describe()),
                        remedy(ty, Type::Number),
                    );
                    return Type::Any;
                }
                ty
            }
        }
    }

    fn binary(&mut self, op: BinaryOp, lhs: &Expr, rhs: &Expr, span: Span, locals: &[Type]) -> Type {
        use BinaryOp as B;
        if matches!(op, B::And | B::Or) {
            if self.infer(lhs, locals) == Type::Condition {
                self.want(rhs, locals, Type::Condition, "the other side of a condition on a series");
                return Type::Condition;
            }
            self.want(lhs, locals, Type::Bool, "each side of `and` and `or`");
            self.want(rhs, locals, Type::Bool, "each side of `and` and `or`");
            return Type::Bool;
        }
        let (l, r) = (self.infer(lhs, locals), self.infer(rhs, locals));
        match result(op, l, r) {
            Some(ty) => ty,
            None => {
                let message = format!("`{}` does not combine {} with {}", symbol(op), l.describe(), r.describe());
                let help = combination(op, l, r);
                if self.reported.insert(span) {
                    self.errors.push(
                        Diagnostic::new(Code::WrongType, message, lhs.span, l.describe())
                            .label(rhs.span, r.describe())
                            .help(help),
                    );
                }
                Type::Any
            }
        }
    }
}
