//! The checked program: every name is an id, every expression has a type.
//!
//! Contract: only [`super::check`] creates a [`Program`]. Ids index its vectors. Neither calls nor parameter defaults
//! form a cycle. Every expression has a type that fits its place. Whatever depends on numbers (dimensions, Hermiticity,
//! the lifetimes of units) is checked when the program is lowered at a parameter point.

mod experiment;

pub use experiment::*;

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use super::arrays::{Array, SeriesArray};
use super::builtins::Form;
use super::iteration::Iteration;
use super::latex::ModelLatex;
use super::load::Unit;
use super::operators::{Applied, Operation, UnaryOperation};
use super::ty::Type;
use crate::analysis::FunctionRow;
use crate::ast::{BinaryOp, FunctionRole, KetLabel, Reducer, Role, UnaryOp};
use crate::chance::DistributionRow;
use crate::quantum::{C64, ChannelRow, GateRow, MeasureRow, NumberRow, OperatorRow};
use crate::source::Span;

/// Index of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(pub usize);
/// Index of an input.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct InputId(pub usize);
/// Index of a declared subsystem (a system, or a stream of units).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubsystemId(pub usize);
/// Index of an array of subsystems.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ArrayId(pub usize);
/// Index of an array of series.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesArrayId(pub usize);
/// Index of a hamiltonian, gate or def.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub usize);
/// Index of a rule or sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SequenceId(pub usize);
/// Index of a series among those of an experiment: the model's observables, its records, the observables of the
/// experiment, then its `let`s and `collect`s.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub usize);

/// The name of a definition, with its place and documentation.
#[derive(Debug, Clone)]
pub struct Named {
    /// The name as the author wrote it.
    pub text: String,
    /// The canonical spelling, by which the name is looked up.
    pub key: String,
    /// The place of the name in its definition.
    pub span: Span,
    /// The `##` documentation.
    pub doc: Option<String>,
    /// Whether the script itself defines it, rather than a script that it uses.
    pub own: bool,
}

/// A checked script together with every script that it uses.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The documentation of the whole protocol.
    pub doc: Option<String>,
    /// Parameters in order of definition.
    pub params: Vec<Param>,
    /// Columns of files.
    pub inputs: Vec<Input>,
    /// Parameters and their values from each top-level `set`, in order.
    pub sets: Vec<(ParamId, Expr)>,
    /// Declarations, each of one or more subsystems.
    pub declarations: Vec<Declaration>,
    /// `start`, if the run does not start in the declared states alone.
    pub start: Option<Start>,
    /// All subsystems in order of declaration, which is the order of Kronecker products. Each element of an array is one.
    pub subsystems: Vec<Subsystem>,
    /// Arrays of subsystems.
    pub arrays: Vec<Array>,
    /// Arrays of series.
    pub series_arrays: Vec<SeriesArray>,
    /// The parameters that determine the sizes of arrays, and the values for which the program was checked.
    pub sizes: Vec<(ParamId, f64)>,
    /// Hamiltonians, gates and defs.
    pub functions: Vec<Function>,
    /// Rules and sequences.
    pub sequences: Vec<Sequence>,
    /// The statements of one collision; `None` for a library of definitions.
    pub step: Option<StepBody>,
    /// `observe` definitions.
    pub observables: Vec<Observable>,
    /// The names and shapes of the records in the step, in execution order. The outcome of a measurement is one of them.
    pub records: Vec<(Named, Shape)>,
    /// The names of the outcomes, by key.
    pub outcomes: BTreeSet<String>,
    /// The keys of the records that each record uses.
    pub used_records: BTreeMap<String, BTreeSet<String>>,
    /// Experiments in order of definition.
    pub experiments: Vec<Experiment>,
    /// Inherited experiments that no longer fit the script, because it has redefined what they need.
    pub set_aside: Vec<SetAside>,
    /// The syntax trees, from which the program is checked for other sizes of arrays; `None` without arrays.
    pub(super) units: Option<Arc<Vec<Unit>>>,
    /// The definitions and the step as LaTeX.
    pub latex: Arc<ModelLatex>,
    /// The definition of each global name, by key.
    pub names: BTreeMap<String, Entity>,
}

/// What a global name refers to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// A parameter.
    Param(ParamId),
    /// A column of a file.
    Input(InputId),
    /// A system or environment, or an element of an array of them.
    Subsystem(SubsystemId),
    /// An array of systems or environments.
    Array(ArrayId),
    /// A hamiltonian, gate or def.
    Function(FunctionId),
    /// A rule or sequence.
    Sequence(SequenceId),
    /// An observed or recorded series, or an element of an array of them.
    Series(SeriesId),
    /// An array of observed series.
    SeriesArray(SeriesArrayId),
}

/// `param NAME = VALUE in LEAST..MOST`
#[derive(Debug, Clone)]
pub struct Param {
    /// The name by which it can be set.
    pub name: Named,
    /// Its type: number, boolean, text or rule.
    pub ty: Type,
    /// Its default, which may depend on other parameters.
    pub value: Expr,
    /// The range of its values, if it has one. The ends may depend on other parameters.
    pub bounds: Option<Bounds>,
}

/// `LEAST..MOST`; both ends belong to the range.
#[derive(Debug, Clone)]
pub struct Bounds {
    /// The lower end.
    pub least: Expr,
    /// The upper end.
    pub most: Expr,
}

impl Bounds {
    /// The place of the range.
    #[must_use]
    pub fn span(&self) -> Span {
        self.least.span.to(self.most.span)
    }
}

/// `input NAME = "FILE" column "COLUMN"`
#[derive(Debug, Clone)]
pub struct Input {
    /// The name by which its values are called: `u(n)`.
    pub name: Named,
    /// The name of the file, relative to the folder of the script.
    pub file: String,
    /// The head of the column.
    pub column: String,
    /// The place of the name of the file.
    pub span: Span,
    /// The values u(1), u(2), …, all finite.
    pub values: Arc<[f64]>,
    /// SHA-256 of the bytes of the file, in hexadecimal.
    pub sha256: String,
}

/// Subsystems declared together, each in the same state or all in a joint one.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Whether they are systems, alive for the whole run, or streams of environment units.
    pub role: Role,
    /// The subsystems that it declares, except those that are redefined elsewhere.
    pub members: Vec<SubsystemId>,
    /// The initial state of the systems, or of each fresh unit.
    pub state: Expr,
    /// Whether the state is a joint state of all members. This follows from the type of the state.
    pub joint: bool,
    /// The place of the whole declaration.
    pub span: Span,
    /// The names as they were declared.
    pub names: Vec<String>,
    /// The place where one of the names is redefined on its own.
    pub redefined: Option<Span>,
}

/// `start s, e = STATE`
#[derive(Debug, Clone)]
pub struct Start {
    /// Systems and first units of streams.
    pub targets: Vec<Expr>,
    /// Their state before the first collision.
    pub state: Expr,
    /// Whether the state is a joint state of all of them; otherwise each of them is in the state.
    pub joint: bool,
    /// The place of the whole statement.
    pub span: Span,
}

/// The kind of a Hilbert space. Its argument is evaluated at a parameter point.
#[derive(Debug, Clone)]
pub enum KindExpr {
    /// Dimension 2.
    Qubit,
    /// `qudit(d)`
    Qudit(Expr),
    /// `spin(j)`
    Spin(Expr),
    /// `boson(d)`
    Boson(Expr),
}

/// One system, or one stream of environment units.
#[derive(Debug, Clone)]
pub struct Subsystem {
    /// The name by which the script refers to it.
    pub name: Named,
    /// Whether it is a system, alive for the whole run, or a stream of environment units.
    pub role: Role,
    /// The kind of its Hilbert space.
    pub kind: KindExpr,
    /// Index of its declaration in [`Program::declarations`].
    pub declaration: usize,
    /// The number of past units that are kept (streams only); 0 if `None`.
    pub keep: Option<Expr>,
}

/// A hamiltonian, gate or def; its arguments are the locals 0, 1, … of its body.
#[derive(Debug, Clone)]
pub struct Function {
    /// The name by which it is called.
    pub name: Named,
    /// The keyword of the definition, which restricts the type of its body.
    pub role: FunctionRole,
    /// Names of its arguments.
    pub args: Vec<String>,
    /// The body, typed for arguments of any type.
    pub body: Arc<Expr>,
}

/// A rule or sequence; its arguments are the locals 0, 1, … of its body.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The name by which a sequence is called or a rule is traced.
    pub name: Named,
    /// Whether it is a rule. A rule may only discard, uncorrelate and reset.
    pub is_rule: bool,
    /// Names of its arguments; a rule has none.
    pub args: Vec<String>,
    /// The statements, typed for arguments of any type.
    pub body: Arc<Vec<Stmt>>,
}

/// The step: what happens in one collision.
#[derive(Debug, Clone)]
pub struct StepBody {
    /// The place of the keyword `step`.
    pub keyword: Span,
    /// The `##` documentation.
    pub doc: Option<String>,
    /// The statements in order.
    pub body: Vec<Stmt>,
}

/// `observe NAME = MEASURE`
#[derive(Debug, Clone)]
pub struct Observable {
    /// The name of the series, or the common prefix of their names.
    pub name: Named,
    /// The measured expression.
    pub value: Expr,
    /// The series that it gives.
    pub shape: Shape,
}

/// The suffixes of the series that an observable or record gives and that a script can name, such as `_x` in `NAME_x`.
/// A single series has an empty suffix; the entries of `state(…)` cannot be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape(pub &'static [&'static str]);

impl Shape {
    /// One series.
    pub const SINGLE: Self = Self(&[""]);

    /// The number of series that a script can name.
    #[must_use]
    pub fn series(self) -> usize {
        self.0.len()
    }
}

/// A statement with its place.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// The place of the whole statement.
    pub span: Span,
    /// The statement itself.
    pub kind: StmtKind,
}

/// The kinds of statements in a step.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum StmtKind {
    /// `evolve H for t`, or with jump operators `evolve H for t with K, L`
    Evolve { hamiltonian: Expr, time: Expr, jumps: Vec<Expr> },
    /// `apply U`
    Apply(Expr),
    /// `discard a, b`
    Discard(Vec<Expr>),
    /// `uncorrelate A | B, C`
    Uncorrelate(Vec<Vec<Expr>>),
    /// `reset a, b = STATE`
    Reset { targets: Vec<Expr>, state: Expr, joint: bool },
    /// `trace RULE` or `trace PARAMETER`: an expression of type rule.
    Trace(Expr),
    /// `record NAME = MEASURE`; later records of the step may use it as a local.
    Record { name: String, value: Expr, shape: Shape, local: usize },
    /// `let NAME = NUMBER` into a local.
    Let { local: usize, value: Expr },
    /// `repeat k { … }`
    Repeat { count: Expr, body: Vec<Stmt> },
    /// `for k in 1..L { … }`
    For { iteration: Box<Iteration>, body: Vec<Stmt> },
    /// `with probability p { … } else { … }`
    Mix { probability: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt> },
    /// `measure A as NAME`: the outcome becomes a local and the record `name`.
    Measure { value: Expr, name: String, local: usize },
    /// `when COND { … } else when COND { … } else { … }`
    When { branches: Vec<Conditional>, otherwise: Vec<Stmt> },
    /// `postselect COND`
    Postselect(Expr),
    /// A call of a sequence, and the body typed for these arguments.
    Call { sequence: SequenceId, args: Vec<Expr>, body: Option<Arc<Vec<Stmt>>> },
}

/// The name of the built-in series that a step with `postselect` records: the probability that every post-selection so far
/// succeeded.
pub const SUCCESS: &str = "success";

/// `when COND { … }`, or a further `else when COND { … }`.
#[derive(Debug, Clone)]
pub struct Conditional {
    /// The condition.
    pub condition: Expr,
    /// The statements that run if it is the first that holds.
    pub body: Vec<Stmt>,
}

/// An expression with every name resolved, and its type.
#[derive(Debug, Clone)]
pub struct Expr {
    /// The place of the whole expression.
    pub span: Span,
    /// The type; [`Type::Any`] until the checker has determined it. The body of a definition is typed for arguments of
    /// any type; a call refers to a copy of the body that is typed for its arguments.
    pub ty: Type,
    /// The expression itself.
    pub kind: ExprKind,
}

impl Expr {
    /// An expression whose names are resolved but whose type is not known yet.
    #[must_use]
    pub(super) fn untyped(span: Span, kind: ExprKind) -> Self {
        Self { span, ty: Type::Any, kind }
    }

    /// An expression that refers to the series `id`.
    #[must_use]
    pub fn series(span: Span, id: SeriesId) -> Self {
        Self { span, ty: Type::Series, kind: ExprKind::Series(id) }
    }
}

/// An argument of a call, with or without a name.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The name of a named argument and its place.
    pub name: Option<(String, Span)>,
    /// The value of the argument.
    pub value: Expr,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum ExprKind {
    /// A number.
    Number(C64),
    /// A text.
    Text(String),
    /// A boolean.
    Bool(bool),
    /// A parameter.
    Param(ParamId),
    /// An argument or `let` of the enclosing definition.
    Local(usize),
    /// `n`
    Collision,
    /// `u(n)`: a value of an input, counted from 1.
    Input { id: InputId, at: Box<Expr> },
    /// A random number.
    Random { row: &'static DistributionRow, args: Vec<Expr> },
    /// The name of a rule.
    Rule(SequenceId),
    /// A system or a unit of a stream: `offset` units ahead of the current one.
    Subsystem { id: SubsystemId, offset: Option<Box<Expr>> },
    /// An element of an array: `s[k]`, or for streams a unit of it, `offset` units ahead of the current one.
    Element { array: ArrayId, index: Box<Expr>, offset: Option<Box<Expr>> },
    /// A unit relative to one passed as an argument: `a'` where `a` is an argument.
    LocalUnit { local: usize, offset: Box<Expr> },
    /// A series of the experiment.
    Series(SeriesId),
    /// A complex series, given by its real and its imaginary part.
    Complex { re: Box<Expr>, im: Box<Expr> },
    /// `|01>`
    Ket(KetLabel),
    /// `<01|`
    Bra(KetLabel),
    /// `|0><1|`, or `|0><1|(s)` on the subsystems in `on`.
    KetBra { ket: KetLabel, bra: KetLabel, on: Vec<Expr> },
    /// `<A>`
    Expectation(Box<Expr>),
    /// A built-in operator on a subsystem, or without an argument in a state.
    Operator { row: &'static OperatorRow, on: Option<Box<Expr>> },
    /// A built-in gate; its arguments are subsystems, then angles.
    Gate { row: &'static GateRow, args: Vec<Expr> },
    /// A built-in channel; its arguments are subsystems, then parameters.
    Channel { row: &'static ChannelRow, args: Vec<Expr> },
    /// A measure with its groups of arguments.
    Measure { row: &'static MeasureRow, groups: Vec<Vec<Expr>> },
    /// A number function or a series function of the same name, and what the call computes.
    Function {
        number: Option<&'static NumberRow>,
        series: Option<&'static FunctionRow>,
        args: Vec<Argument>,
        applied: Option<Applied>,
    },
    /// `thermal`, `kraus`, `comm`, … whose arguments are not numbers.
    Form { form: Form, args: Vec<Expr> },
    /// A call of a definition of the script, and the body typed for these arguments. Calls with the same argument types
    /// share the body.
    Call { function: FunctionId, args: Vec<Expr>, body: Option<Arc<Expr>> },
    /// `sum(k in 1..L, TERM)` or `product(k in 1..L, FACTOR)`, and what combines two of the values.
    Reduction { reducer: Reducer, iteration: Box<Iteration>, body: Box<Expr>, operation: Option<Operation> },
    /// A prefix or postfix operator, and what it computes.
    Unary { op: UnaryOp, operand: Box<Expr>, operation: Option<UnaryOperation> },
    /// An infix operator, and what it computes.
    Binary { op: BinaryOp, lhs: Box<Expr>, rhs: Box<Expr>, operation: Option<Operation> },
    /// `a ≈ b ± tol`
    Approx { lhs: Box<Expr>, rhs: Box<Expr>, tolerance: Option<Box<Expr>> },
    /// `[a, b]`
    List(Vec<Expr>),
    /// An expression that could not be resolved. A program that contains one is never returned.
    Error,
}
