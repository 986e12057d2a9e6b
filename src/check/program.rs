//! The checked program: every name an id, every expression typed.
//!
//! Contract: made only by [`super::check`]. Ids index the vectors of [`Program`]; calls form no cycle; parameter
//! defaults form no cycle; every expression carries a type that fits its place. What still depends on numbers (dimensions,
//! Hermiticity, which unit is alive when) is checked when the program is lowered at a parameter point.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::builtins::Form;
use super::operators::{Applied, Operation, UnaryOperation};
use super::ty::Type;
use crate::analysis::FunctionRow;
use crate::ast::{BinaryOp, FunctionRole, KetLabel, Role, UnaryOp};
use crate::diagnostic::Diagnostic;
use crate::quantum::{C64, ChannelRow, GateRow, MeasureRow, NumberRow, OperatorRow};
use crate::source::Span;

/// Index of a parameter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct ParamId(pub usize);
/// Index of a declared subsystem (a system, or a stream of units).
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SubsystemId(pub usize);
/// Index of a hamiltonian, gate or def.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FunctionId(pub usize);
/// Index of a rule or sequence.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SequenceId(pub usize);
/// Index of a series among those of an experiment: observables, then records, then lets.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct SeriesId(pub usize);

/// A name with its place and documentation.
#[derive(Debug, Clone)]
pub struct Named {
    /// As its author wrote it.
    pub text: String,
    /// As it is looked up.
    pub key: String,
    /// Where it is defined.
    pub span: Span,
    /// Its `##` text.
    pub doc: Option<String>,
    /// Whether the run script itself defines it (not one that it uses).
    pub own: bool,
}

/// A checked script with all that it uses.
#[derive(Debug, Clone, Default)]
pub struct Program {
    /// The documentation of the whole protocol.
    pub doc: Option<String>,
    /// Parameters in order of definition.
    pub params: Vec<Param>,
    /// Values that `set` at the top level gives.
    pub sets: Vec<(ParamId, Expr)>,
    /// Groups of subsystems that were declared together.
    pub declarations: Vec<Declaration>,
    /// All subsystems in order of declaration: the order of Kronecker products.
    pub subsystems: Vec<Subsystem>,
    /// Hamiltonians, gates and defs.
    pub functions: Vec<Function>,
    /// Rules and sequences.
    pub sequences: Vec<Sequence>,
    /// What one collision does; a library of definitions has none.
    pub step: Option<StepBody>,
    /// `observe` definitions.
    pub observables: Vec<Observable>,
    /// The series that the step records, in order.
    pub records: Vec<(Named, Shape)>,
    /// Experiments in order.
    pub experiments: Vec<Experiment>,
    /// Inherited experiments that no longer fit the script, which has redefined what they need.
    pub set_aside: Vec<SetAside>,
    /// The definitions and the statements of the step in LaTeX, in their order.
    pub equations: Vec<String>,
    /// Where each name that a user may set or ask for is: key → what.
    pub names: BTreeMap<String, Entity>,
}

/// What a global name means.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Entity {
    /// A parameter.
    Param(ParamId),
    /// A system or environment.
    Subsystem(SubsystemId),
    /// A hamiltonian, gate or def.
    Function(FunctionId),
    /// A rule or sequence.
    Sequence(SequenceId),
    /// An observed or recorded series.
    Series(SeriesId),
}

/// `param NAME = VALUE`
#[derive(Debug, Clone)]
pub struct Param {
    /// The name under which it can be set.
    pub name: Named,
    /// Number, boolean, text or rule.
    pub ty: Type,
    /// Its default, which may depend on other parameters.
    pub value: Expr,
}

/// Subsystems declared together, with one state each or a joint one.
#[derive(Debug, Clone)]
pub struct Declaration {
    /// Whether they live for the whole run or come as a stream of units.
    pub role: Role,
    /// The subsystems that it declares, without those that are redefined elsewhere.
    pub members: Vec<SubsystemId>,
    /// The state in which they come into being.
    pub state: Expr,
    /// Whether the state is one of all members together. It follows from the type of the state.
    pub joint: bool,
    /// The place of the whole declaration.
    pub span: Span,
    /// The names as they were declared.
    pub names: Vec<String>,
    /// Where one of the names is redefined on its own.
    pub redefined: Option<Span>,
}

/// Which kind of Hilbert space; the argument is a number known at a parameter point.
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

/// One system, or one stream.
#[derive(Debug, Clone)]
pub struct Subsystem {
    /// The name under which a step addresses it.
    pub name: Named,
    /// Whether it lives for the whole run or comes as a stream of units.
    pub role: Role,
    /// The kind of its Hilbert space.
    pub kind: KindExpr,
    /// Index of its declaration in [`Program::declarations`].
    pub declaration: usize,
    /// How many past units stay (streams only).
    pub keep: Option<Expr>,
}

/// A hamiltonian, gate or def; its arguments are the locals 0, 1, … of its body.
#[derive(Debug, Clone)]
pub struct Function {
    /// The name by which it is called.
    pub name: Named,
    /// Its keyword, which restricts the type of the body.
    pub role: FunctionRole,
    /// Names of its arguments.
    pub args: Vec<String>,
    /// Its body, typed for arguments of any type.
    pub body: Arc<Expr>,
}

/// A rule or sequence; its arguments are the locals 0, 1, … of its body.
#[derive(Debug, Clone)]
pub struct Sequence {
    /// The name by which it is called or traced.
    pub name: Named,
    /// A rule only discards, uncorrelates and resets.
    pub is_rule: bool,
    /// Names of its arguments; a rule has none.
    pub args: Vec<String>,
    /// Its statements, typed for arguments of any type.
    pub body: Arc<Vec<Stmt>>,
}

/// The step's statements.
#[derive(Debug, Clone)]
pub struct StepBody {
    /// The place of the word `step`.
    pub keyword: Span,
    /// The `##` text above it.
    pub doc: Option<String>,
    /// Its statements, in the order of the text.
    pub body: Vec<Stmt>,
}

/// `observe NAME = MEASURE`
#[derive(Debug, Clone)]
pub struct Observable {
    /// The name of its series, or their common prefix.
    pub name: Named,
    /// What is measured.
    pub value: Expr,
    /// How many series come of it.
    pub shape: Shape,
}

/// The series that an observable or record gives and that a script can name: the suffix of each, as in `NAME_x`. One series
/// has an empty suffix; the entries of `state(…)` cannot be named.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct Shape(pub &'static [&'static str]);

impl Shape {
    /// One series.
    pub const SINGLE: Self = Self(&[""]);

    /// How many series a script can name.
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
    /// What it does to the state.
    pub kind: StmtKind,
}

/// The statements of a step.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum StmtKind {
    /// `evolve H for t`
    Evolve { hamiltonian: Expr, time: Expr },
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
    /// `record NAME = MEASURE` into record `index`.
    Record { name: String, value: Expr, shape: Shape },
    /// `let NAME = NUMBER` into a local.
    Let { local: usize, value: Expr },
    /// `repeat k { … }`
    Repeat { count: Expr, body: Vec<Stmt> },
    /// `with probability p { … } else { … }`
    Mix { probability: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt> },
    /// A sequence in its place, and its body typed for these arguments.
    Call { sequence: SequenceId, args: Vec<Expr>, body: Option<Arc<Vec<Stmt>>> },
}

/// An expression with every name resolved, and its type.
#[derive(Debug, Clone)]
pub struct Expr {
    /// The place of the whole expression.
    pub span: Span,
    /// [`Type::Any`] until the checker has typed it. In the body of a definition with arguments the types are those for
    /// arguments of any type; a call holds its own copy, typed for its arguments.
    pub ty: Type,
    /// What it is.
    pub kind: ExprKind,
}

impl Expr {
    /// An expression whose names are resolved, and which is not typed yet.
    #[must_use]
    pub(super) fn untyped(span: Span, kind: ExprKind) -> Self {
        Self { span, ty: Type::Any, kind }
    }

    /// A series by its id.
    #[must_use]
    pub fn series(span: Span, id: SeriesId) -> Self {
        Self { span, ty: Type::Series, kind: ExprKind::Series(id) }
    }
}

/// A call's argument, perhaps named.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The keyword by which it is given, with its place.
    pub name: Option<(String, Span)>,
    /// The expression given.
    pub value: Expr,
}

/// What an expression is.
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
    /// A rule's name.
    Rule(SequenceId),
    /// A system or a unit of a stream: `offset` units ahead of the current one.
    Subsystem { id: SubsystemId, offset: Option<Box<Expr>> },
    /// A unit some steps ahead of one that an argument names: `a'` where `a` is an argument.
    LocalUnit { local: usize, offset: Box<Expr> },
    /// A series of the experiment.
    Series(SeriesId),
    /// `|01>`
    Ket(KetLabel),
    /// `<01|`
    Bra(KetLabel),
    /// `|0><1|`, on subsystems if `on` names some.
    KetBra { ket: KetLabel, bra: KetLabel, on: Vec<Expr> },
    /// `<A>`
    Expectation(Box<Expr>),
    /// A built-in operator on a subsystem, or on the one being declared.
    Operator { row: &'static OperatorRow, on: Option<Box<Expr>> },
    /// A built-in gate: subsystems, then angles.
    Gate { row: &'static GateRow, args: Vec<Expr> },
    /// A built-in channel: subsystem, then parameters.
    Channel { row: &'static ChannelRow, args: Vec<Expr> },
    /// A measure: groups of arguments.
    Measure { row: &'static MeasureRow, groups: Vec<Vec<Expr>> },
    /// A number function, or a series function of the same name, and what the call computes.
    Function {
        number: Option<&'static NumberRow>,
        series: Option<&'static FunctionRow>,
        args: Vec<Argument>,
        applied: Option<Applied>,
    },
    /// `thermal`, `kraus`, `comm`, … whose arguments are not numbers.
    Form { form: Form, args: Vec<Expr> },
    /// A definition of the script, and its body typed for these arguments. Calls with arguments of the same types share it.
    Call { function: FunctionId, args: Vec<Expr>, body: Option<Arc<Expr>> },
    /// A prefix or postfix operator, and what it computes.
    Unary { op: UnaryOp, operand: Box<Expr>, operation: Option<UnaryOperation> },
    /// An infix operator, and what it computes.
    Binary { op: BinaryOp, lhs: Box<Expr>, rhs: Box<Expr>, operation: Option<Operation> },
    /// `a ≈ b ± tol`
    Approx { lhs: Box<Expr>, rhs: Box<Expr>, tolerance: Option<Box<Expr>> },
    /// `[a, b]`
    List(Vec<Expr>),
    /// What could not be resolved; a program that holds one is never returned.
    Error,
}

/// `experiment NAME "title" { … }`
#[derive(Debug, Clone)]
pub struct Experiment {
    /// The name by which it is run, and of the folder of its results.
    pub name: Named,
    /// From its first statement to its last.
    pub body: Span,
    /// The title of its figures.
    pub title: Option<String>,
    /// Values of parameters that outrank their defaults, in order.
    pub sets: Vec<(ParamId, Expr)>,
    /// How many collisions it runs; an experiment of panels has no run.
    pub run: Option<RunSpec>,
    /// Observables of its own, after those of the model.
    pub observables: Vec<Observable>,
    /// `let`s and `expect`s in their order.
    pub analysis: Vec<Analysis>,
    /// The swept parameters and their values.
    pub sweep: Vec<(ParamId, Expr)>,
    /// The numbers collected a point: names and ids; their expressions stand in `analysis`.
    pub collect: Vec<(Named, SeriesId)>,
    /// Its figures, each a list of lines of `plot { … }`.
    pub plots: Vec<Vec<PlotEntry>>,
    /// Its saves: file name and the series (all, when none is named).
    pub saves: Vec<Save>,
    /// Where it asks for the spectrum of the step map, if it does.
    pub spectrum: Option<Span>,
}

/// An experiment of a used protocol that no longer fits the script.
#[derive(Debug, Clone)]
pub struct SetAside {
    /// Its name.
    pub name: Named,
    /// Its title.
    pub title: Option<String>,
    /// The errors in it, at least one.
    pub reasons: Vec<Diagnostic>,
}

impl Experiment {
    /// Whether its `expect`s are about the table of a sweep: they see the swept and the collected columns.
    #[must_use]
    pub fn has_table(&self) -> bool {
        !self.sweep.is_empty() && !self.collect.is_empty()
    }
}

/// `run N until COND`
#[derive(Debug, Clone)]
pub struct RunSpec {
    /// The place of the whole statement.
    pub span: Span,
    /// The number of collisions, a whole number.
    pub collisions: Expr,
    /// When to stop earlier; series stand for their value at the present collision.
    pub until: Option<Expr>,
}

/// What an experiment computes from its series, in order.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum Analysis {
    /// `let NAME = VALUE`; the value is series or local `id`.
    Let { name: Named, id: SeriesId, ty: Type, value: Expr },
    /// `collect NAME = NUMBER`, at each point of a sweep.
    Collect { id: SeriesId, value: Expr },
    /// `expect COND`: of one run, or of the table of a sweep that collects.
    Expect { span: Span, condition: Expr },
}

/// A line of `plot { … }`.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum PlotEntry {
    /// `line x, y` or `scatter x, y`
    Curves { values: Vec<Expr>, look: Look, points: bool },
    /// `heatmap C`
    Heatmap { value: Expr, look: Look },
    /// `inset { … }`
    Inset(Vec<PlotEntry>),
    /// `panels a, b`: keys of experiments.
    Panels(Vec<String>),
    /// `title`, `xlabel`, `ylabel`, `y2label`, `colorbar` with a text.
    Text { which: String, text: String },
    /// `xrange`, `yrange`, `y2range`, `colorrange`
    Range { which: String, from: Expr, to: Expr },
}

/// How something is drawn.
#[derive(Debug, Clone, Default)]
pub struct Look {
    /// `solid`, `dashed`, `dotted`, `points`
    pub stroke: Option<String>,
    /// What the legend calls it.
    pub label: Option<String>,
    /// A colour by name or `#rrggbb`.
    pub color: Option<String>,
    /// Whether it belongs to the axis on the right.
    pub right: bool,
}

/// `save "file.csv" a, b`
#[derive(Debug, Clone)]
pub struct Save {
    /// The file name, inside the experiment's folder.
    pub file: String,
    /// The place of the file name.
    pub span: Span,
    /// The series in the order of their columns; if empty, all of them.
    pub series: Vec<SeriesId>,
}
