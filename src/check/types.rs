//! Types of expressions: checked before anything runs.
//!
//! Contract: an expression's type follows from its form and the types of the arguments of the definition that it stands
//! in. A definition is checked once for each combination of argument types with which it is called, and once with
//! unknown ones ([`Type::Any`], which fits everywhere) if nobody calls it.

use std::collections::{HashMap, HashSet};

use super::builtins::{Form, MeasureKind};
use super::program::{
    Analysis, Argument, Expr, ExprKind, FunctionId, KindExpr, ParamId, Program, SequenceId, SeriesId, Stmt, StmtKind,
    Type,
};
use crate::analysis::{FunctionRow, ParamKind, ResultKind};
use crate::ast::{BinaryOp, FunctionRole, UnaryOp};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::NumberRow;
use crate::source::Span;

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
            Self::Table => "a table",
            Self::List => "a list",
            Self::Any => "anything",
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
                self.sequence(SequenceId(i), vec![Type::Any; s.args.len()]);
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
            self.error(
                Code::WrongType,
                value.span,
                format!("a parameter is a number, a boolean, a text or a rule, and this is {}", ty.describe()),
                "name operators with `hamiltonian` or `gate`, and states where they are used",
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

    fn experiment(&mut self, e: &super::program::Experiment) -> HashMap<SeriesId, Type> {
        self.lets.clear();
        for (id, value) in &e.sets {
            self.setting(*id, value);
        }
        for o in &e.observables {
            self.measure(&o.value);
        }
        if let Some(run) = &e.run {
            self.want(&run.collisions, &[], Type::Number, "the number of collisions");
            if let Some(until) = &run.until {
                self.series = Type::Number;
                self.want(until, &[], Type::Bool, "the condition of `until`");
                self.series = Type::Series;
            }
        }
        for a in &e.analysis {
            match a {
                Analysis::Let { id, value, .. } => {
                    let ty = self.infer(value, &[]);
                    if !matches!(ty, Type::Number | Type::Bool | Type::Series | Type::Any) {
                        self.error(
                            Code::WrongType,
                            value.span,
                            format!(
                                "`let` of an experiment names a number, a boolean or a series, and this is {}",
                                ty.describe()
                            ),
                            "compute it from the observed and recorded series",
                        );
                    }
                    self.lets.insert(*id, ty);
                }
                Analysis::Expect { condition, .. } => {
                    self.want(condition, &[], Type::Bool, "what is expected");
                }
            }
        }
        self.sweep(e);
        std::mem::take(&mut self.lets)
    }

    fn sweep(&mut self, e: &super::program::Experiment) {
        for (id, values) in &e.sweep {
            match &values.kind {
                ExprKind::List(items) => items.iter().for_each(|v| self.setting(*id, v)),
                _ => {
                    self.want(values, &[], Type::List, "the values of a sweep");
                }
            }
        }
        for (_, value) in &e.collect {
            self.want(value, &[], Type::Number, "what `collect` gathers a point");
        }
    }

    fn measure(&mut self, value: &Expr) {
        let ty = self.infer(value, &[]);
        self.measured(value, ty);
    }

    fn measured(&mut self, value: &Expr, ty: Type) {
        if !matches!(ty, Type::Measured | Type::Several(_) | Type::Number | Type::Any) {
            let help = if ty == Type::Operator {
                "the expectation value of an operator is written `<A>`"
            } else {
                "see `carom reference` for the measures"
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
                self.want(time, locals, Type::Number, "the duration");
            }
            StmtKind::Apply(e) => {
                let ty = self.infer(e, locals);
                if !matches!(ty, Type::Operator | Type::Channel | Type::Any) {
                    self.error(
                        Code::WrongType,
                        e.span,
                        format!("`apply` takes a unitary or a channel, and this is {}", ty.describe()),
                        "for example `apply H(s)` or `apply damping(s, 0.1)`",
                    );
                }
            }
            StmtKind::Discard(list) => list.iter().for_each(|e| self.subsystem(e, locals, "`discard`")),
            StmtKind::Uncorrelate(groups) => {
                groups.iter().flatten().for_each(|e| self.subsystem(e, locals, "`uncorrelate`"))
            }
            StmtKind::Reset { targets, state, .. } => {
                targets.iter().for_each(|e| self.subsystem(e, locals, "`reset`"));
                self.want(state, locals, Type::Density, "the new state");
            }
            StmtKind::Trace(rule) => {
                self.want(rule, locals, Type::Rule, "what `trace` takes");
                if let ExprKind::Rule(id) = rule.kind {
                    self.sequence(id, Vec::new());
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
                let types = args.iter().map(|a| self.infer(a, locals)).collect();
                self.sequence(*sequence, types);
            }
        }
    }

    fn sequence(&mut self, id: SequenceId, args: Vec<Type>) {
        if self.sequences.insert((id, args.clone())) {
            self.body(&self.program.sequences[id.0].body, &mut args.clone());
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
        if self.reported.insert(span) {
            self.errors.push(Diagnostic::new(code, message, span, "here").help(help));
        }
    }

    /// The type of an expression that must fit `wanted`.
    fn want(&mut self, e: &Expr, locals: &[Type], wanted: Type, what: &str) -> Type {
        let ty = self.infer(e, locals);
        if ty.fits(wanted) {
            return ty;
        }
        let help = remedy(ty, wanted);
        let message = format!("{what} must be {}, and this is {}", wanted.describe(), ty.describe());
        self.error(Code::WrongType, e.span, message, help);
        Type::Any
    }

    fn subsystem(&mut self, e: &Expr, locals: &[Type], what: &str) {
        let what = format!("what {what} names");
        self.want(e, locals, Type::Subsystem, &what);
    }

    fn infer(&mut self, e: &Expr, locals: &[Type]) -> Type {
        match &e.kind {
            ExprKind::Number(_) | ExprKind::Collision => Type::Number,
            ExprKind::Text(_) => Type::Text,
            ExprKind::Bool(_) => Type::Bool,
            ExprKind::Param(id) => self.param(*id),
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
                        "only an environment has units",
                    );
                }
                Type::Subsystem
            }
            ExprKind::Series(id) => self.lets.get(id).copied().unwrap_or(self.series),
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
            ExprKind::Operator { on, .. } => {
                if let Some(on) = on {
                    self.subsystem(on, locals, "an operator");
                }
                Type::Operator
            }
            ExprKind::Gate { row, args } => self.acting(args, row.subsystems, row.name, locals, Type::Operator),
            ExprKind::Channel { row, args } => self.acting(args, row.subsystems, row.name, locals, Type::Channel),
            ExprKind::Measure { kind, groups } => self.measure_call(*kind, groups, locals),
            ExprKind::Function { number, series, args } => self.function_call(*number, *series, args, e.span, locals),
            ExprKind::Form { form, args } => self.form(*form, args, locals),
            ExprKind::Call { function, args } => {
                let types = args.iter().map(|a| self.infer(a, locals)).collect();
                self.function(*function, types)
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

    /// A gate or channel: subsystems first, then numbers.
    fn acting(&mut self, args: &[Expr], subsystems: usize, name: &str, locals: &[Type], ty: Type) -> Type {
        for (i, a) in args.iter().enumerate() {
            if i < subsystems {
                self.subsystem(a, locals, &format!("`{name}`"));
            } else {
                self.want(a, locals, Type::Number, &format!("an angle or probability of `{name}`"));
            }
        }
        ty
    }

    fn measure_call(&mut self, kind: MeasureKind, groups: &[Vec<Expr>], locals: &[Type]) -> Type {
        let count = groups.iter().map(Vec::len).sum::<usize>();
        for (i, a) in groups.iter().flatten().enumerate() {
            let last = i + 1 == count;
            match kind {
                MeasureKind::Fidelity | MeasureKind::TraceDistance if last => {
                    self.want(a, locals, Type::Density, "the state to compare with");
                }
                MeasureKind::Population if i > 0 && last => {
                    self.want(a, locals, Type::Number, "the level of `population`");
                }
                _ => self.subsystem(a, locals, "this measure"),
            }
        }
        match kind {
            MeasureKind::Bloch => Type::Several(3),
            MeasureKind::State => Type::Several(0),
            _ => Type::Measured,
        }
    }

    fn function_call(
        &mut self,
        number: Option<&'static NumberRow>,
        series: Option<&'static FunctionRow>,
        args: &[Argument],
        span: Span,
        locals: &[Type],
    ) -> Type {
        let types: Vec<Type> = args.iter().map(|a| self.infer(&a.value, locals)).collect();
        if let Some(row) = series
            && (number.is_none() || types.contains(&Type::Series) && args.len() <= row.parameters.len())
        {
            return self.series_call(row, args, &types, span);
        }
        let Some(row) = number else { return Type::Any };
        for (a, ty) in args.iter().zip(&types) {
            let exp = row.name == "exp" && *ty == Type::Operator;
            if !exp && !matches!(ty, Type::Number | Type::Measured | Type::Series | Type::Any) {
                self.error(
                    Code::WrongType,
                    a.value.span,
                    format!("`{}` works on numbers, and this is {}", row.name, ty.describe()),
                    remedy(*ty, Type::Number),
                );
            }
        }
        strongest(&types)
    }

    fn series_call(&mut self, row: &'static FunctionRow, args: &[Argument], types: &[Type], span: Span) -> Type {
        let mut filled = vec![false; row.parameters.len()];
        for (i, (a, ty)) in args.iter().zip(types).enumerate() {
            let at = match &a.name {
                Some((name, _)) => row.parameters.iter().position(|p| p.name == name),
                None => Some(i),
            };
            let Some(at) = at.filter(|at| *at < filled.len()) else {
                let (name, span) = a.name.clone().unwrap_or_default_span(a.value.span);
                self.error(
                    Code::NamedArgument,
                    span,
                    format!("`{}` has no argument called `{name}`", row.name),
                    &format!("it is called as `{}`", row.signature),
                );
                continue;
            };
            if std::mem::replace(&mut filled[at], true) {
                self.error(
                    Code::NamedArgument,
                    a.value.span,
                    format!("`{}` of `{}` is given twice", row.parameters[at].name, row.name),
                    "give it once",
                );
            }
            let wanted = match row.parameters[at].kind {
                ParamKind::Series => Type::Series,
                ParamKind::Number => Type::Number,
            };
            if !ty.fits(wanted) {
                let what = format!(
                    "`{}` of `{}` must be {}, and this is {}",
                    row.parameters[at].name,
                    row.name,
                    wanted.describe(),
                    ty.describe()
                );
                self.error(Code::WrongType, a.value.span, what, remedy(*ty, wanted));
            }
        }
        let missing: Vec<&str> = row
            .parameters
            .iter()
            .zip(&filled)
            .filter(|(p, f)| !**f && p.default.is_none())
            .map(|(p, _)| p.name)
            .collect();
        if !missing.is_empty() {
            let what = format!("`{}` needs `{}`", row.name, missing.join("` and `"));
            self.error(Code::WrongArguments, span, what, &format!("it is called as `{}`", row.signature));
        }
        match row.result {
            ResultKind::Series => Type::Series,
            ResultKind::Number => Type::Number,
        }
    }

    fn form(&mut self, form: Form, args: &[Expr], locals: &[Type]) -> Type {
        let all = |this: &mut Self, wanted, what: &str| {
            for a in args {
                this.want(a, locals, wanted, what);
            }
        };
        match form {
            Form::Thermal => {
                self.want(&args[0], locals, Type::Operator, "the Hamiltonian of `thermal`");
                self.want(&args[1], locals, Type::Number, "the temperature");
                Type::Density
            }
            Form::Mixed => Type::Density,
            Form::Kraus => {
                all(self, Type::Operator, "a Kraus operator");
                Type::Channel
            }
            Form::Dag | Form::Comm | Form::Anticomm => {
                all(self, Type::Operator, "its argument");
                Type::Operator
            }
            Form::Tensor => {
                let types: Vec<Type> = args.iter().map(|a| self.infer(a, locals)).collect();
                if types.iter().all(|t| *t == Type::Ket) {
                    Type::Ket
                } else {
                    all(self, Type::Density, "a factor of `tensor`");
                    Type::Density
                }
            }
            Form::Linspace | Form::Logspace => {
                all(self, Type::Number, "an end or count");
                Type::List
            }
        }
    }

    fn unary(&mut self, op: UnaryOp, operand: &Expr, locals: &[Type]) -> Type {
        match op {
            UnaryOp::Not => {
                self.want(operand, locals, Type::Bool, "what `not` takes");
                Type::Bool
            }
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
            self.want(lhs, locals, Type::Bool, "each side of `and` and `or`");
            self.want(rhs, locals, Type::Bool, "each side of `and` and `or`");
            return Type::Bool;
        }
        let (l, r) = (self.infer(lhs, locals), self.infer(rhs, locals));
        match result(op, l, r) {
            Some(ty) => ty,
            None => {
                let message = format!("`{}` does not combine {} with {}", symbol(op), l.describe(), r.describe());
                let help = combine_help(op, l, r);
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

trait NameOrSpan {
    fn unwrap_or_default_span(self, span: Span) -> (String, Span);
}

impl NameOrSpan for Option<(String, Span)> {
    fn unwrap_or_default_span(self, span: Span) -> (String, Span) {
        self.unwrap_or_else(|| ("?".into(), span))
    }
}

/// The type of arithmetic on numbers of several kinds.
fn strongest(types: &[Type]) -> Type {
    for ty in [Type::Any, Type::Series, Type::Measured, Type::Operator] {
        if types.contains(&ty) {
            return ty;
        }
    }
    Type::Number
}

/// The type of `l op r`, or nothing if they do not combine.
fn result(op: BinaryOp, l: Type, r: Type) -> Option<Type> {
    use BinaryOp as B;
    use Type as T;
    if l == T::Any || r == T::Any {
        let compare = matches!(op, B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual);
        return Some(if compare { T::Bool } else { T::Any });
    }
    let numeric = |t| matches!(t, T::Number | T::Measured | T::Series);
    let mixed = |a: T, b: T| (a == T::Measured) != (b == T::Measured) && (a == T::Series || b == T::Series);
    match op {
        _ if mixed(l, r) => None,
        B::Add | B::Sub => match (l, r) {
            (a, b) if numeric(a) && numeric(b) => Some(strongest(&[a, b])),
            (T::Operator, T::Operator | T::Number) | (T::Number, T::Operator) => Some(T::Operator),
            (T::Ket, T::Ket) => Some(T::Ket),
            (T::Density | T::Operator, T::Density) | (T::Density, T::Operator) => Some(T::Density),
            _ => None,
        },
        B::Mul => match (l, r) {
            (a, b) if numeric(a) && numeric(b) => Some(strongest(&[a, b])),
            (T::Number, t @ (T::Operator | T::Ket | T::Bra | T::Density))
            | (t @ (T::Operator | T::Ket | T::Bra | T::Density), T::Number) => Some(t),
            (T::Operator, T::Operator) | (T::Ket, T::Bra) => Some(T::Operator),
            (T::Ket, T::Ket) | (T::Operator, T::Ket) => Some(T::Ket),
            (T::Bra, T::Ket) => Some(T::Number),
            _ => None,
        },
        B::Div => match (l, r) {
            (a, b) if numeric(a) && numeric(b) => Some(strongest(&[a, b])),
            (t @ (T::Operator | T::Ket | T::Bra | T::Density), T::Number) => Some(t),
            _ => None,
        },
        B::Pow => match (l, r) {
            (a, T::Number) if numeric(a) || a == T::Operator => Some(a),
            (T::Number, b) if numeric(b) => Some(b),
            _ => None,
        },
        B::Tensor => match (l, r) {
            (T::Ket, T::Ket) => Some(T::Ket),
            (T::Ket | T::Density | T::Operator, T::Ket | T::Density) | (T::Ket | T::Density, T::Operator) => {
                Some(T::Density)
            }
            (T::Operator, T::Operator) => Some(T::Operator),
            _ => None,
        },
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual => (l == T::Number && r == T::Number).then_some(T::Bool),
        B::Equal | B::NotEqual => (l == r && matches!(l, T::Number | T::Bool | T::Text | T::Rule)).then_some(T::Bool),
        B::And | B::Or => Some(T::Bool),
    }
}

/// How an operator is written.
pub(crate) fn symbol(op: BinaryOp) -> &'static str {
    use BinaryOp as B;
    match op {
        B::Add => "+",
        B::Sub => "-",
        B::Mul => "*",
        B::Div => "/",
        B::Pow => "^",
        B::Tensor => "⊗",
        B::Less => "<",
        B::LessEqual => "<=",
        B::Greater => ">",
        B::GreaterEqual => ">=",
        B::Equal => "==",
        B::NotEqual => "!=",
        B::And => "and",
        B::Or => "or",
    }
}

fn combine_help(op: BinaryOp, l: Type, r: Type) -> &'static str {
    use BinaryOp as B;
    let either = |t| l == t || r == t;
    match op {
        _ if either(Type::Subsystem) => "an operator acts on a subsystem as in `X(s)`",
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual if either(Type::Series) => {
            "compare one number of the series: `last(x)`, `max(x)`, `at(x, n)`, …"
        }
        B::Tensor => "⊗ joins states",
        B::Mul if l == Type::Density && r == Type::Density => "the joint state of two subsystems is `a ⊗ b`",
        B::Add | B::Sub if either(Type::Ket) => "the density matrix of a ket is `|ψ><ψ|`",
        _ if either(Type::Channel) => "channels are applied one after another, each with `apply`",
        _ => "both sides must be of kinds that combine",
    }
}

/// What to do about a value of the wrong type.
fn remedy(found: Type, wanted: Type) -> &'static str {
    match (found, wanted) {
        (Type::Operator, Type::Number | Type::Measured) => "the expectation value of an operator is written `<A>`",
        (Type::Series, Type::Number) => "take one number of the series: `last(x)`, `max(x)`, `mean(x)`, `at(x, n)`, …",
        (Type::Series, Type::Bool) => "compare one number of the series: `last(x) < …`",
        (Type::Number, Type::Bool) => "compare it: `… < …`, or `… ≈ … ± …`",
        (Type::Number, Type::Series) => "name an observed or recorded series",
        (Type::Subsystem, Type::Operator) => "name the operator that acts on it: `Z(s)`",
        (Type::Ket, Type::Operator) => "the projector on a ket is `|ψ><ψ|`",
        (Type::Channel, Type::Operator) => "a channel is applied with `apply`",
        (Type::Number, Type::Density) => "write a ket such as `|0>`, or `mixed`, `thermal(H, T)`",
        (_, Type::Number) => "give it a number, or an expression of numbers and parameters",
        (_, Type::Rule) => "name a `rule` of the protocol",
        (_, Type::Subsystem) => "name a system or a unit of an environment",
        (_, Type::List) => "write `linspace(a, b, k)`, `logspace(a, b, k)` or `[a, b, c]`",
        _ => "see the definition of the place where it stands",
    }
}
