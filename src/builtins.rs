//! The built-in names: a look-up over the tables of `quantum` and `analysis`, the constants, and the few forms whose
//! arguments are not plain numbers. The highlighter, the checker, completion and the reference read the same rows.

use crate::analysis::{FUNCTIONS, FunctionRow};
use crate::chance::{DISTRIBUTIONS, DistributionRow};
use crate::quantum::{
    CHANNELS, ChannelRow, GATES, GateRow, MEASURES, MeasureRow, NUMBERS, NumberRow, OPERATORS, OperatorRow,
};

/// A constant of the language.
#[derive(Debug, Clone, Copy, PartialEq)]
pub enum Constant {
    /// A real number: π or ∞.
    Real(f64),
    /// The imaginary unit, `i`.
    Imaginary,
    /// `true` or `false`.
    Bool(bool),
}

/// The row of a constant.
#[derive(Debug)]
pub struct ConstantRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// Value of the constant.
    pub value: Constant,
    /// Description in one sentence.
    pub help: &'static str,
}

/// The constants.
pub static CONSTANTS: &[ConstantRow] = &[
    ConstantRow { name: "pi", value: Constant::Real(std::f64::consts::PI), help: "π = 3.14159…; also `π`." },
    ConstantRow { name: "i", value: Constant::Imaginary, help: "The imaginary unit." },
    ConstantRow { name: "inf", value: Constant::Real(f64::INFINITY), help: "Infinity, as in `thermal(H, inf)`." },
    ConstantRow { name: "true", value: Constant::Bool(true), help: "The true boolean." },
    ConstantRow { name: "false", value: Constant::Bool(false), help: "The false boolean." },
];

/// A form: a built-in that takes operators or states, or that makes a state or a list.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Form {
    /// `thermal(H, T)`
    Thermal,
    /// `mixed`
    Mixed,
    /// `kraus(A, B, …)`
    Kraus,
    /// `dag(A)`
    Dag,
    /// `comm(A, B)`
    Comm,
    /// `anticomm(A, B)`
    Anticomm,
    /// `tensor(A, B, …)`
    Tensor,
    /// `linspace(a, b, k)`
    Linspace,
    /// `logspace(a, b, k)`
    Logspace,
    /// `correlation(A, B, from = m)`
    Correlation,
    /// `settled(tolerance, k)`
    Settled,
    /// `product(k in RANGE, EXPR)`
    Product,
    /// `range(a, b, step)`
    Range,
    /// `stderr(x)`
    Stderr,
    /// `trajectory(x, k)`
    Trajectory,
}

/// The row of a form.
#[derive(Debug)]
pub struct FormRow {
    /// Canonical name, by which it is looked up.
    pub name: &'static str,
    /// The form that the name denotes.
    pub form: Form,
    /// Call syntax.
    pub signature: &'static str,
    /// Smallest and largest number of arguments.
    pub arity: (usize, usize),
    /// Description in one or two sentences.
    pub help: &'static str,
    /// Example: a line of a script.
    pub example: &'static str,
}

/// The forms.
pub static FORMS: &[FormRow] = &[
    FormRow {
        name: "thermal",
        form: Form::Thermal,
        signature: "thermal(H, T)",
        arity: (2, 2),
        help: "The Gibbs state exp(−H/T)/Z of the Hamiltonian H at temperature T (ħ = k_B = 1); T = 0 is the ground state (an equal mixture when it is degenerate), T = inf the maximally mixed state.",
        example: "environment e = thermal(-ω/2*Z, T)",
    },
    FormRow {
        name: "mixed",
        form: Form::Mixed,
        signature: "mixed",
        arity: (0, 0),
        help: "The maximally mixed state 1/d of the subsystem that is declared or reset; d is its number of levels.",
        example: "system s = mixed",
    },
    FormRow {
        name: "kraus",
        form: Form::Kraus,
        signature: "kraus(A, B, …)",
        arity: (1, 64),
        help: "The channel ρ → Σ K ρ K† with the given Kraus operators; Σ K†K must be 1 within 1e-10.",
        example: "gate decay(s) = kraus(|0><0|(s) + sqrt(1-p)*|1><1|(s), sqrt(p)*|0><1|(s))",
    },
    FormRow {
        name: "dag",
        form: Form::Dag,
        signature: "dag(A)",
        arity: (1, 1),
        help: "The adjoint of an operator; also written A†.",
        example: "hamiltonian H = g*(lower(a)*dag(lower(b)) + dag(lower(a))*lower(b))",
    },
    FormRow {
        name: "comm",
        form: Form::Comm,
        signature: "comm(A, B)",
        arity: (2, 2),
        help: "The commutator AB − BA.",
        example: "observe c = <i*comm(X(s), Y(s))>",
    },
    FormRow {
        name: "anticomm",
        form: Form::Anticomm,
        signature: "anticomm(A, B)",
        arity: (2, 2),
        help: "The anticommutator AB + BA.",
        example: "observe c = <anticomm(X(s), Z(s))>",
    },
    FormRow {
        name: "tensor",
        form: Form::Tensor,
        signature: "tensor(A, B, …)",
        arity: (1, 64),
        help: "The tensor product of states; also written A ⊗ B.",
        example: "system a, b = tensor(|0>, |+>)",
    },
    FormRow {
        name: "correlation",
        form: Form::Correlation,
        signature: "correlation(A, B, from = m)",
        arity: (3, 3),
        help: "The two-time correlation ⟨A(n) B(m)⟩ for n ≥ m, a complex series: B acts on the state after collision m, the result, including the memory, evolves through the collisions m+1 … n, and A is measured. A and B are any operators. ⟨B(m) A(n)⟩ is the complex conjugate of correlation(A†, B†, from = m). It must be the whole value of a `let` in an experiment, and the step must be linear.",
        example: "let C = correlation(X(s), X(s), from = 50)",
    },
    FormRow {
        name: "settled",
        form: Form::Settled,
        signature: "settled(tolerance, k)",
        arity: (1, 2),
        help: "In `until`: whether no observed or recorded series has moved by more than the tolerance, in absolute value, over the last k collisions (k = 1 if it is not given). A series that is missing is left out.",
        example: "run 100000 until settled(1e-10, 20)",
    },
    FormRow {
        name: "product",
        form: Form::Product,
        signature: "product(k in RANGE, EXPR)",
        arity: (2, 2),
        help: "The product of an expression over an index, from left to right: of numbers, operators or measures. `sum(k in RANGE, EXPR)` is their sum. A range is `a..b` or `range(a, b, step)`.",
        example: "gate turn = product(k in 1..L, RX(s[k], φ))",
    },
    FormRow {
        name: "range",
        form: Form::Range,
        signature: "range(a, b, step)",
        arity: (2, 3),
        help: "The values a, a + step, … of an index, up to b: in `for k in RANGE`, `sum`, `product` and `observe z[k in RANGE]`. The step is 1 if it is left out, and may be negative; `a..b` is `range(a, b, 1)`.",
        example: "for k in range(1, L-1, 2) { apply CZ(s[k], s[k+1]) }",
    },
    FormRow {
        name: "stderr",
        form: Form::Stderr,
        signature: "stderr(x)",
        arity: (1, 1),
        help: "The standard error of an observed or recorded series x of an experiment with `trajectories`: x is the mean over K trajectories, and stderr(x) the standard deviation over them divided by √K. It is missing for a single trajectory.",
        example: "expect abs(last(x) - 0.5) < 5*last(stderr(x))",
    },
    FormRow {
        name: "trajectory",
        form: Form::Trajectory,
        signature: "trajectory(x, k)",
        arity: (2, 2),
        help: "The observed or recorded series x of trajectory k alone, k = 1 … K; k is a number or a parameter.",
        example: "plot { line x; line trajectory(x, 1) dotted }",
    },
    FormRow {
        name: "linspace",
        form: Form::Linspace,
        signature: "linspace(a, b, k)",
        arity: (3, 3),
        help: "k values from a to b with equal steps, both ends included: the values of a sweep.",
        example: "sweep λ = linspace(0, 0.25, 51)",
    },
    FormRow {
        name: "logspace",
        form: Form::Logspace,
        signature: "logspace(a, b, k)",
        arity: (3, 3),
        help: "k values from a to b with equal ratios, both ends included. a and b are the first and the last value, not their exponents; both are positive.",
        example: "sweep T = logspace(0.1, 10, 21)",
    },
];

/// The meaning of a built-in name.
#[derive(Debug, Clone, Copy)]
pub enum Builtin {
    /// A constant.
    Constant(&'static ConstantRow),
    /// An operator on one subsystem.
    Operator(&'static OperatorRow),
    /// A gate.
    Gate(&'static GateRow),
    /// A channel.
    Channel(&'static ChannelRow),
    /// A measure.
    Measure(&'static MeasureRow),
    /// A form.
    Form(&'static FormRow),
    /// A distribution of random numbers.
    Distribution(&'static DistributionRow),
    /// A function of numbers, of series, or both.
    Function(Option<&'static NumberRow>, Option<&'static FunctionRow>),
}

/// Looks up a canonical name in all tables.
#[must_use]
pub fn lookup(key: &str) -> Option<Builtin> {
    let is = |name: &str, aliases: &[&str]| name == key || aliases.contains(&key);
    if let Some(row) = CONSTANTS.iter().find(|r| r.name == key) {
        return Some(Builtin::Constant(row));
    }
    if let Some(row) = OPERATORS.iter().find(|r| is(r.name, r.aliases)) {
        return Some(Builtin::Operator(row));
    }
    if let Some(row) = GATES.iter().find(|r| is(r.name, r.aliases)) {
        return Some(Builtin::Gate(row));
    }
    if let Some(row) = CHANNELS.iter().find(|r| is(r.name, r.aliases)) {
        return Some(Builtin::Channel(row));
    }
    if let Some(row) = FORMS.iter().find(|r| r.name == key) {
        return Some(Builtin::Form(row));
    }
    if let Some(row) = DistributionRow::find(key) {
        return Some(Builtin::Distribution(row));
    }
    if let Some(row) = MEASURES.iter().find(|r| is(r.name, r.aliases)) {
        return Some(Builtin::Measure(row));
    }
    let number = NUMBERS.iter().find(|r| is(r.name, r.aliases));
    let series = FUNCTIONS.iter().find(|r| is(r.name, r.aliases));
    (number.is_some() || series.is_some()).then_some(Builtin::Function(number, series))
}

/// All built-in names without aliases, for suggestions and completion.
pub fn names() -> impl Iterator<Item = &'static str> {
    CONSTANTS
        .iter()
        .map(|r| r.name)
        .chain(OPERATORS.iter().map(|r| r.name))
        .chain(GATES.iter().map(|r| r.name))
        .chain(CHANNELS.iter().map(|r| r.name))
        .chain(FORMS.iter().map(|r| r.name))
        .chain(DISTRIBUTIONS.iter().map(|r| r.name))
        .chain(MEASURES.iter().map(|r| r.name))
        .chain(NUMBERS.iter().map(|r| r.name))
        .chain(FUNCTIONS.iter().map(|r| r.name))
}

/// The aliases of built-ins, each as its canonical key and as usually written: `sigmax` and `σx`.
pub fn aliases() -> impl Iterator<Item = (&'static str, String)> {
    let written =
        |key: &'static str| (key, key.strip_prefix("sigma").map_or(key.to_string(), |rest| format!("σ{rest}")));
    let operators = OPERATORS.iter().flat_map(|r| r.aliases);
    let gates = GATES.iter().flat_map(|r| r.aliases);
    operators.chain(gates).chain(CHANNELS.iter().flat_map(|r| r.aliases)).map(move |key| written(key))
}

/// The call syntax of a built-in.
#[must_use]
pub fn signature(builtin: &Builtin) -> String {
    let with = |name: &str, subsystems: usize, rest: &[&str]| {
        let letters = ["a", "b", "c"];
        let args: Vec<&str> = letters[..subsystems].iter().copied().chain(rest.iter().copied()).collect();
        format!("{name}({})", args.join(", "))
    };
    match builtin {
        Builtin::Constant(row) => row.name.to_string(),
        Builtin::Operator(row) => with(row.name, 1, &[]),
        Builtin::Gate(row) => with(row.name, row.subsystems, row.angles),
        Builtin::Channel(row) => with(row.name, row.subsystems, row.parameters),
        Builtin::Measure(row) => row.signature(),
        Builtin::Form(row) => row.signature.to_string(),
        Builtin::Distribution(row) => row.signature(),
        Builtin::Function(Some(row), None) => match row.arity.end() {
            1 => format!("{}(x)", row.name),
            _ => format!("{}(x, y)", row.name),
        },
        Builtin::Function(_, Some(row)) => row.signature.to_string(),
        Builtin::Function(None, None) => String::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_name_is_found() {
        for name in names() {
            assert!(lookup(name).is_some(), "{name}");
        }
    }
}
