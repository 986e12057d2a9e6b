//! The syntax tree of a script, with source spans, before names are resolved.
//!
//! Contract: only `syntax` builds it. Nesting is at most 128 deep, a script has at most 10⁴ terms, and numbers are
//! finite. A name keeps the user's spelling next to the key used for look-up.

mod visit;

pub use visit::Part;

use crate::source::Span;

/// A name as written and as looked up. Greek letters and their English names share a key, as do subscripts and plain
/// characters.
#[derive(Debug, Clone)]
pub struct Name {
    /// The user's spelling: `ω₁`.
    pub text: String,
    /// The key used for look-up: `omega1`.
    pub key: String,
    /// The place of this occurrence.
    pub span: Span,
}

/// One script.
#[derive(Debug, Clone, Default)]
pub struct File {
    /// The `##` comment at the top of the file, if an empty line separates it from the first item.
    pub doc: Option<String>,
    /// The items in source order.
    pub items: Vec<Item>,
}

/// A definition or directive at the top level.
#[derive(Debug, Clone)]
pub struct Item {
    /// The `##` comment above the item or at the end of its first or last line.
    pub doc: Option<String>,
    /// The source range of the whole item.
    pub span: Span,
    /// The place of the word `redefine`, if the definition begins with it.
    pub redefine: Option<Span>,
    /// The definition or directive itself.
    pub kind: ItemKind,
}

/// The kinds of items at the top level of a script.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum ItemKind {
    /// `use sub/name`
    Use { path: String, span: Span },
    /// `param NAME = VALUE in LEAST..MOST`
    Param(Box<ParamDecl>),
    /// `input NAME = "FILE" column "COLUMN"`
    Input(InputDecl),
    /// `set NAME = VALUE` for the whole script.
    Set(Assignment),
    /// `system …` or `environment …`
    Subsystems(Box<SubsystemDecl>),
    /// `start s, e = STATE`
    Start(StartDecl),
    /// `hamiltonian NAME(args) = …`, `gate …`, `def …`
    Function(FunctionDecl),
    /// `rule NAME { … }` and `sequence NAME(args) { … }`
    Sequence(SequenceDecl),
    /// `step { … }`
    Step { keyword: Span, body: Vec<Stmt> },
    /// `observe NAME = MEASURE`
    Observe(Box<ObserveDecl>),
    /// `experiment NAME "title" { … }`
    Experiment(ExperimentDecl),
}

/// `param NAME = VALUE in LEAST..MOST`
#[derive(Debug, Clone)]
pub struct ParamDecl {
    /// The parameter.
    pub name: Name,
    /// Its default.
    pub value: Expr,
    /// The range of meaningful values, if the declaration gives one.
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

/// `observe NAME = MEASURE` or `observe NAME[k in 1..L] = MEASURE`
#[derive(Debug, Clone)]
pub struct ObserveDecl {
    /// The series, or the array of series.
    pub name: Name,
    /// The index of an array of series, and its range.
    pub elements: Option<Iteration>,
    /// The measure.
    pub value: Expr,
}

/// `k in 1..L`
#[derive(Debug, Clone)]
pub struct Iteration {
    /// The index.
    pub index: Name,
    /// The values that it takes.
    pub range: IndexRange,
}

/// `FIRST..LAST` or `range(FIRST, LAST, STEP)`; both ends belong to the range.
#[derive(Debug, Clone)]
pub struct IndexRange {
    /// The source range.
    pub span: Span,
    /// The first value.
    pub first: Expr,
    /// The last value, if the step leads to it.
    pub last: Expr,
    /// The step; 1 if `None`.
    pub step: Option<Expr>,
}

/// `input NAME = "FILE" column "COLUMN"`
#[derive(Debug, Clone)]
pub struct InputDecl {
    /// The name by which the values are called: `u(n)`.
    pub name: Name,
    /// The name of the file.
    pub file: String,
    /// The place of the name of the file.
    pub file_span: Span,
    /// The head of the column.
    pub column: String,
    /// The place of the head of the column.
    pub column_span: Span,
}

/// `NAME = VALUE` of `set`.
#[derive(Debug, Clone)]
pub struct Assignment {
    /// The parameter.
    pub name: Name,
    /// The new value.
    pub value: Expr,
}

/// Whether a subsystem persists or is a stream. A system persists; an environment is a stream of fresh units.
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
    /// The keyword of the declaration.
    pub role: Role,
    /// The declared names, with the sizes of arrays.
    pub names: Vec<Declared>,
    /// The kind and its argument, such as `boson` and `8`; `None` means `qubit`.
    pub kind: Option<(Name, Option<Expr>)>,
    /// The initial state, if the declaration gives one.
    pub state: Option<Expr>,
    /// The number of past units that are kept. Only an `environment` may have it; the checker rejects it on a `system`.
    pub keep: Option<Expr>,
}

/// `s` or `s[L]` in a declaration.
#[derive(Debug, Clone)]
pub struct Declared {
    /// The subsystem, or the array of subsystems.
    pub name: Name,
    /// The number of elements of an array.
    pub size: Option<Expr>,
}

/// The keyword that introduces a function-like definition.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum FunctionRole {
    /// `hamiltonian`
    Hamiltonian,
    /// `gate`
    Gate,
    /// `def`
    Def,
}

/// `hamiltonian NAME(args) = BODY`, and likewise `gate` and `def`. Omitted and empty brackets mean the same.
#[derive(Debug, Clone)]
pub struct FunctionDecl {
    /// The keyword of the definition.
    pub role: FunctionRole,
    /// The defined name.
    pub name: Name,
    /// The formal arguments.
    pub args: Vec<Name>,
    /// The expression that it computes.
    pub body: Expr,
}

/// `rule NAME { … }` (no arguments) or `sequence NAME(args) { … }`.
#[derive(Debug, Clone)]
pub struct SequenceDecl {
    /// Whether the keyword is `rule`. A rule may only discard, uncorrelate and reset.
    pub is_rule: bool,
    /// The defined name.
    pub name: Name,
    /// The formal arguments.
    pub args: Vec<Name>,
    /// The statements of the body.
    pub body: Vec<Stmt>,
}

/// A statement of a step, rule or sequence.
#[derive(Debug, Clone)]
pub struct Stmt {
    /// The source range of the whole statement.
    pub span: Span,
    /// The statement itself.
    pub kind: StmtKind,
}

/// The kinds of statements in a step, rule or sequence.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum StmtKind {
    /// `evolve H for t`, or with jump operators `evolve H for t with K, L`
    Evolve { hamiltonian: Expr, time: Expr, jumps: Vec<Expr> },
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
    /// `for k in 1..L { … }`
    For { iteration: Box<Iteration>, body: Vec<Stmt> },
    /// `with probability p { … } else { … }`. Without `else` the second branch is empty.
    WithProbability { probability: Expr, then: Vec<Stmt>, otherwise: Vec<Stmt> },
    /// `measure A as NAME`
    Measure { value: Expr, name: Name },
    /// `when COND { … } else when COND { … } else { … }`. Without `else` the last branch is empty.
    When { branches: Vec<Conditional>, otherwise: Vec<Stmt> },
    /// `postselect COND`
    Postselect(Expr),
    /// `NAME(args)` runs a sequence.
    Call { name: Name, args: Vec<Expr> },
}

/// `when COND { … }`, or a further `else when COND { … }`.
#[derive(Debug, Clone)]
pub struct Conditional {
    /// The condition.
    pub condition: Expr,
    /// The statements that run if it is the first that holds.
    pub body: Vec<Stmt>,
}

/// A name with an optional unit offset or index, and case: `e`, `e'`, `e[k]`, `e[1]'`, `x in up`.
#[derive(Debug, Clone)]
pub struct Reference {
    /// The referenced name.
    pub name: Name,
    /// The unit of the stream, or the element of an array.
    pub offset: Offset,
    /// The unit of an element, as in `e[1]'`.
    pub further: Offset,
    /// The case of the experiment that the name belongs to, written after `in`.
    pub case: Option<Box<Name>>,
    /// The source range of the name, the offset and the case.
    pub span: Span,
}

/// The unit of a stream that a reference selects.
#[derive(Debug, Clone)]
pub enum Offset {
    /// No mark: the current unit of a stream, or a name that is not a stream.
    None,
    /// `e''`: the number of primes is the number of units ahead.
    Primes(u32),
    /// `e[k]`
    Index(Box<Expr>),
}

/// An expression.
#[derive(Debug, Clone)]
pub struct Expr {
    /// The source range of the whole expression.
    pub span: Span,
    /// The expression itself.
    pub kind: ExprKind,
}

/// The labels between `|` and `>`, one per subsystem.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct KetLabel {
    /// The labels in the order of the subsystems.
    pub symbols: Vec<KetSymbol>,
    /// Whether commas separate the labels, as in `|10,3>`. Digits without commas can be read in more than one way.
    pub commas: bool,
}

/// One label of a ket.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum KetSymbol {
    /// A basis level, counted from 0.
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
    /// `*`, or a number directly before a name or bracket.
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

/// The two ways to combine the values of an expression over an index.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Reducer {
    /// `sum`
    Sum,
    /// `product`
    Product,
}

impl Reducer {
    /// The word in a script.
    #[must_use]
    pub fn word(self) -> &'static str {
        match self {
            Self::Sum => "sum",
            Self::Product => "product",
        }
    }

    /// The infix operator between two of the values.
    #[must_use]
    pub fn operator(self) -> BinaryOp {
        match self {
            Self::Sum => BinaryOp::Add,
            Self::Product => BinaryOp::Mul,
        }
    }
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

/// An argument of a call, positional or with a keyword: `width = 140`.
#[derive(Debug, Clone)]
pub struct Argument {
    /// The keyword, if there is one.
    pub name: Option<Name>,
    /// The value of the argument.
    pub value: Expr,
}

/// The kinds of expressions.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum ExprKind {
    /// A finite number.
    Number(f64),
    /// `"text"`
    Text(String),
    /// A name or a unit of a stream.
    Reference(Reference),
    /// `|01>`
    Ket(KetLabel),
    /// `<01|`
    Bra(KetLabel),
    /// `|0><1|`, or `|0><1|(a, b)` for the operator on those subsystems. Without brackets `on` is empty.
    KetBra { ket: KetLabel, bra: KetLabel, on: Vec<Expr> },
    /// `<A>`
    Expectation(Box<Expr>),
    /// `sum(k in 1..L, TERM)` or `product(k in 1..L, FACTOR)`
    Reduction { reducer: Reducer, iteration: Box<Iteration>, body: Box<Expr> },
    /// `f(a, b | c, width = 3)`. The groups are separated by `|`.
    Call { function: Name, groups: Vec<Vec<Argument>> },
    /// A prefix or postfix operator.
    Unary { op: UnaryOp, operand: Box<Expr> },
    /// An infix operator.
    Binary { op: BinaryOp, lhs: Box<Expr>, rhs: Box<Expr> },
    /// `a ≈ b ± tol`. Without `±` the tolerance is 1e-9.
    Approx { lhs: Box<Expr>, rhs: Box<Expr>, tolerance: Option<Box<Expr>> },
    /// `[a, b, c]`
    List(Vec<Expr>),
}

/// `experiment NAME "title" { … }`
#[derive(Debug, Clone)]
pub struct ExperimentDecl {
    /// The name by which it is run.
    pub name: Name,
    /// The text in quotes after the name.
    pub title: Option<String>,
    /// The statements in source order.
    pub items: Vec<ExperimentItem>,
}

/// `start s, e = STATE`
#[derive(Debug, Clone)]
pub struct StartDecl {
    /// The systems and first units of streams that start in the state.
    pub targets: Vec<Reference>,
    /// The state before the first collision.
    pub state: Expr,
}

/// A statement of an experiment.
#[derive(Debug, Clone)]
pub struct ExperimentItem {
    /// The source range of the whole statement.
    pub span: Span,
    /// The statement itself.
    pub kind: ExperimentItemKind,
}

/// The kinds of statements in an experiment.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum ExperimentItemKind {
    /// `set NAME = VALUE`
    Set(Assignment),
    /// `start s, e = STATE` for this experiment alone.
    Start(StartDecl),
    /// `run N`, `run N until COND`
    Run { collisions: Expr, until: Option<Expr> },
    /// `steady`, the fixed point of the step in place of a run
    Steady,
    /// `trajectories K seed S`
    Trajectories { count: Expr, seed: Option<Expr> },
    /// `draw NAME = VALUE`, a random value of a parameter for each trajectory.
    Draw(Assignment),
    /// `let NAME = VALUE`
    Let { name: Name, value: Expr },
    /// `observe NAME = MEASURE` for this experiment alone.
    Observe(Box<ObserveDecl>),
    /// `expect COND`
    Expect(Expr),
    /// `sweep NAME = VALUES, …`
    Sweep(Vec<Assignment>),
    /// `collect NAME = NUMBER, …`
    Collect(Vec<(Name, Expr)>),
    /// `plot { … }`
    Plot(Vec<PlotItem>),
    /// `save "file.csv" a, z[3], b in up`. Without names every series is saved.
    Save { file: String, file_span: Span, series: Vec<SeriesName> },
    /// `spectrum`
    Spectrum,
    /// `case NAME { set … }`
    Case { name: Name, items: Vec<ExperimentItem> },
}

/// The name of a series, with the element and the case that it belongs to: `x`, `z[3]`, `x in up`.
#[derive(Debug, Clone)]
pub struct SeriesName {
    /// The name of the series.
    pub name: Name,
    /// The element of an array of series.
    pub index: Option<Expr>,
    /// The case written after `in`.
    pub case: Option<Name>,
}

/// A line of `plot { … }`.
#[derive(Debug, Clone)]
pub struct PlotItem {
    /// The source range of the whole line.
    pub span: Span,
    /// The curve, layout or label that it describes.
    pub kind: PlotItemKind,
}

/// The kinds of lines in a plot.
#[derive(Debug, Clone)]
#[expect(missing_docs, reason = "the comment of a variant shows what its fields hold")]
pub enum PlotItemKind {
    /// `line x, y dashed`, `line x against y`
    Line { values: Vec<Expr>, against: Option<Expr>, style: Vec<PlotStyle> },
    /// `scatter x, y`, `scatter x against y`
    Scatter { values: Vec<Expr>, against: Option<Expr>, style: Vec<PlotStyle> },
    /// `heatmap C`
    Heatmap { value: Expr, style: Vec<PlotStyle> },
    /// `inset { … }`
    Inset(Vec<PlotItem>),
    /// `panels fig3a, fig3b`
    Panels(Vec<Name>),
    /// `title`, `xlabel`, `ylabel`, `y2label`, `colorbar` with a text and its place.
    Text { which: Name, text: String, span: Span },
    /// `size column`, `size page`
    NamedSize(Name),
    /// `size 86`, `size 86, 60`: width and height in millimetres.
    Size(Vec<Expr>),
    /// `xscale log`, `yscale linear`
    Scale { which: Name, kind: Name },
    /// `xrange a, b`, `yrange a, b`, `y2range a, b`, `colorrange a, b`
    Range { which: Name, from: Expr, to: Expr },
}

/// A style of a curve: `dashed`, `label "…"`, `color "…"`, `on right`.
#[derive(Debug, Clone)]
pub struct PlotStyle {
    /// The style word: `solid`, `dashed`, `dotted`, `points`, `label`, `color`, `right`.
    pub word: Name,
    /// The text after `label` or `color`.
    pub text: Option<String>,
    /// The source range of the style.
    pub span: Span,
}
