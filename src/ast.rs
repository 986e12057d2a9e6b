//! The syntax tree: what a script says, with places, before any name is looked up.
//!
//! Contract: made only by `syntax`; nesting at most 128 deep and at most 10⁴ terms; numbers finite. Names keep the
//! spelling that the user chose beside the key under which they are looked up.

mod visit;

pub use visit::Part;

use crate::source::Span;

/// A name as written and as looked up: Greek letters and their English names, and subscript digits, are the same.
#[derive(Debug, Clone)]
pub struct Name {
    /// As written: `ω₁`.
    pub text: String,
    /// As looked up: `omega1`.
    pub key: String,
    /// Where.
    pub span: Span,
}

/// One script.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The `##` text at its top, where an empty line separates it from the first item.
    pub doc: Option<String>,
    /// Its items in the order of the text.
    pub items: Vec<Item>,
}

/// A definition or directive at the top level.
#[derive(Debug, Clone)]
pub struct Item {
    /// The `##` text above or behind it.
    pub doc: Option<String>,
    /// The whole item.
    pub span: Span,
    /// The place of `redefine`, if it stands before the definition.
    pub redefine: Option<Span>,
    /// What it is.
    pub kind: ItemKind,
}

/// What stands at the top level of a script.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum ItemKind {
    /// `use sub/name`
    Use { path: String, span: Span },
    /// `param NAME = VALUE`
    Param { name: Name, value: Expr },
    /// `set NAME = VALUE` for the whole script.
    Set(Assignment),
    /// `system …` or `environment …`
    Subsystems(Box<SubsystemDecl>),
    /// `hamiltonian NAME(args) = …`, `gate …`, `def …`
    Function(FunctionDecl),
    /// `rule NAME { … }` and `sequence NAME(args) { … }`
    Sequence(SequenceDecl),
    /// `step { … }`
    Step { keyword: Span, body: Vec<Stmt> },
    /// `observe NAME = MEASURE`
    Observe { name: Name, value: Expr },
    /// `experiment NAME "title" { … }`
    Experiment(ExperimentDecl),
}

/// `NAME = VALUE` of `set`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The parameter.
    pub name: Name,
    /// Its value.
    pub value: Expr,
}

/// Systems stay; environments are streams of fresh units.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// `system`
    System,
    /// `environment`
    Environment,
}

/// `system a, b : KIND = STATE` or `environment e : KIND = STATE keep k`.
#[derive(Debug, Clone)]
pub struct SubsystemDecl {
    /// Which keyword.
    pub role: Role,
    /// The declared names.
    pub names: Vec<Name>,
    /// The kind and its argument, `qubit` when absent: `(kind name, argument)`.
    pub kind: Option<(Name, Option<Expr>)>,
    /// The initial state.
    pub state: Option<Expr>,
    /// How many past units stay (`environment` only; the checker says so).
    pub keep: Option<Expr>,
}

/// Which keyword introduced a function-like definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionRole {
    /// `hamiltonian`
    Hamiltonian,
    /// `gate`
    Gate,
    /// `def`
    Def,
}

/// `hamiltonian NAME(args) = BODY` and its relatives. No brackets and empty brackets are the same.
#[derive(Debug, Clone)]
pub struct FunctionDecl {
    /// Which keyword.
    pub role: FunctionRole,
    /// Its name.
    pub name: Name,
    /// Its arguments.
    pub args: Vec<Name>,
    /// What it computes.
    pub body: Expr,
}

/// `rule NAME { … }` (no arguments) or `sequence NAME(args) { … }`.
#[derive(Debug, Clone)]
pub struct SequenceDecl {
    /// A rule may only discard, uncorrelate and reset.
    pub is_rule: bool,
    /// Its name.
    pub name: Name,
    /// Its arguments.
    pub args: Vec<Name>,
    /// Its statements.
    pub body: Vec<Stmt>,
}

/// A statement of a step, rule or sequence.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// The whole statement.
    pub span: Span,
    /// What it does.
    pub kind: StmtKind,
}

/// The statements of the language's table.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum StmtKind {
    /// `evolve H for t`
    Evolve { hamiltonian: Expr, time: Expr },
    /// `apply U`
    Apply(Expr),
    /// `discard a, b`
    Discard(Vec<Reference>),
    /// `uncorrelate A | B, C`
    Uncorrelate(Vec<Vec<Reference>>),
    /// `reset a, b = STATE`
    Reset { targets: Vec<Reference>, state: Expr },
    /// `trace RULE`
    Trace(Name),
    /// `record NAME = MEASURE`
    Record { name: Name, value: Expr },
    /// `let NAME = NUMBER`
    Let { name: Name, value: Expr },
    /// `repeat k { … }`
    Repeat { count: Expr, body: Vec<Stmt> },
    /// `with probability p { … } else { … }`; without `else` the other branch is empty.
    WithProbability { probability: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt> },
    /// `NAME(args)`: a sequence.
    Call { name: Name, args: Vec<Expr> },
}

/// A name with an optional unit offset: `e`, `e'`, `e[k]`.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The name.
    pub name: Name,
    /// Which unit of a stream.
    pub offset: Offset,
    /// Name and offset.
    pub span: Span,
}

/// Which unit of a stream a reference means.
#[derive(Debug, Clone)]
pub enum Offset {
    /// No mark: the current unit, or not a unit at all.
    None,
    /// `e''`: two ahead.
    Primes(u32),
    /// `e[k]`
    Index(Box<Expr>),
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// The whole expression.
    pub span: Span,
    /// What it is.
    pub kind: ExprKind,
}

/// The labels between `|` and `>`: one a subsystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KetLabel {
    /// In order of the subsystems.
    pub symbols: Vec<KetSymbol>,
    /// Whether a comma separated them (`|10,3>`), so that no other reading of the digits is possible.
    pub commas: bool,
}

/// One label of a ket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KetSymbol {
    /// A level, from 0.
    Level(u32),
    /// `+`: (|0⟩ + |1⟩)/√2
    Plus,
    /// `-`: (|0⟩ − |1⟩)/√2
    Minus,
    /// `+i`: (|0⟩ + i|1⟩)/√2
    PlusI,
    /// `-i`: (|0⟩ − i|1⟩)/√2
    MinusI,
}

/// Infix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum BinaryOp {
    /// `+`
    Add,
    /// `-`
    Sub,
    /// `*`, and a number directly before a name or bracket.
    Mul,
    /// `/`
    Div,
    /// `^`
    Pow,
    /// `⊗`
    Tensor,
    /// `<`
    Less,
    /// `<=` or `≤`
    LessEqual,
    /// `>`
    Greater,
    /// `>=` or `≥`
    GreaterEqual,
    /// `==`
    Equal,
    /// `!=` or `≠`
    NotEqual,
    /// `and`
    And,
    /// `or`
    Or,
}

/// Prefix and postfix operators.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum UnaryOp {
    /// `-x`
    Neg,
    /// `√x`
    Sqrt,
    /// `not x`
    Not,
    /// `A†`
    Dagger,
}

/// A call's argument, perhaps named: `width = 140`.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The keyword, if any.
    pub name: Option<Name>,
    /// The value.
    pub value: Expr,
}

/// What an expression is.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum ExprKind {
    /// A finite number.
    Number(f64),
    /// `"text"`
    Text(String),
    /// A name or a unit.
    Reference(Reference),
    /// `|01>`
    Ket(KetLabel),
    /// `<01|`
    Bra(KetLabel),
    /// `|0><1|`, with `(a, b)` behind it an operator on those subsystems (else `on` is empty).
    KetBra { ket: KetLabel, bra: KetLabel, on: Vec<Expr> },
    /// `<A>`
    Expectation(Box<Expr>),
    /// `f(a, b | c, width = 3)`: the groups that `|` separates.
    Call { function: Name, groups: Vec<Vec<Argument>> },
    /// A prefix or postfix operator.
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// An infix operator.
    Binary { op: BinaryOp, lhs: Box<Expr>, rhs: Box<Expr> },
    /// `a ≈ b ± tol`; without `±` the tolerance is 1e-9.
    Approx { lhs: Box<Expr>, rhs: Box<Expr>, tolerance: Option<Box<Expr>> },
    /// `[a, b, c]`
    List(Vec<Expr>),
}

/// `experiment NAME "title" { … }`
#[derive(Debug, Clone)]
pub struct ExperimentDecl {
    /// Its name.
    pub name: Name,
    /// Its title.
    pub title: Option<String>,
    /// Its statements.
    pub items: Vec<ExperimentItem>,
}

/// A statement of an experiment.
#[derive(Debug, Clone)]
pub struct ExperimentItem {
    /// The whole statement.
    pub span: Span,
    /// What it does.
    pub kind: ExperimentItemKind,
}

/// The statements of an experiment.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum ExperimentItemKind {
    /// `set NAME = VALUE`
    Set(Assignment),
    /// `run N`, `run N until COND`
    Run { collisions: Expr, until: Option<Expr> },
    /// `let NAME = VALUE`
    Let { name: Name, value: Expr },
    /// `observe NAME = MEASURE` for this experiment alone.
    Observe { name: Name, value: Expr },
    /// `expect COND`
    Expect(Expr),
    /// `sweep NAME = VALUES, …`
    Sweep(Vec<Assignment>),
    /// `collect NAME = NUMBER, …`
    Collect(Vec<(Name, Expr)>),
    /// `plot { … }`
    Plot(Vec<PlotItem>),
    /// `save "file.csv" a, b` (no names: every series)
    Save { file: String, file_span: Span, names: Vec<Name> },
    /// `spectrum`
    Spectrum,
}

/// A line of `plot { … }`.
#[derive(Debug, Clone)]
pub struct PlotItem {
    /// The whole line.
    pub span: Span,
    /// What it draws or sets.
    pub kind: PlotItemKind,
}

/// What a plot consists of.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum PlotItemKind {
    /// `line x, y dashed`
    Line { values: Vec<Expr>, style: Vec<PlotStyle> },
    /// `scatter x, y`
    Scatter { values: Vec<Expr>, style: Vec<PlotStyle> },
    /// `heatmap C`
    Heatmap { value: Expr, style: Vec<PlotStyle> },
    /// `inset { … }`
    Inset(Vec<PlotItem>),
    /// `panels fig3a, fig3b`
    Panels(Vec<Name>),
    /// `title`, `xlabel`, `ylabel`, `y2label`, `colorbar` with a text.
    Text { which: Name, text: String },
    /// `xrange a, b`, `yrange a, b`, `y2range a, b`, `colorrange a, b`
    Range { which: Name, from: Expr, to: Expr },
}

/// How something is drawn: `dashed`, `label "…"`, `color "…"`, `on right`.
#[derive(Debug, Clone)]
pub struct PlotStyle {
    /// The word: `solid`, `dashed`, `dotted`, `points`, `label`, `color`, `right`.
    pub word: Name,
    /// Its text, for `label` and `color`.
    pub text: Option<String>,
}
