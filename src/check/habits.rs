//! Unknown names that are known elsewhere: on paper, in Python, in other tools.
//!
//! Contract: replaces the remedy of an unknown name in the table by what the language writes instead. The place in the
//! text decides which row applies, so that `ptrace(e)` is `discard e` as a statement, and `state(e)` as a measure.

use crate::builtins::{Builtin, lookup};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceMap, Span};
use crate::syntax::{canonical, context, is_unit};

/// Where a row applies.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum At {
    /// A name that is not called.
    Value,
    /// A call in an expression.
    Call,
    /// A call that is a statement of a step.
    Statement,
}

/// How the text is corrected.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Write {
    /// There is no single correction.
    Nothing,
    /// Another name, or a value.
    Name(&'static str),
    /// A value in place of the whole call.
    Whole(&'static str),
    /// Other texts around the only argument.
    Around(&'static str, &'static str),
}

/// A name, and what to write instead.
struct Row(At, &'static [&'static str], Write, &'static str);

use At as A;
use Write as W;

const ROWS: &[Row] = &[
    Row(
        A::Value,
        &["k_B", "kB", "k_b", "hbar", "ħ", "ℏ", "h_bar"],
        W::Name("1"),
        "units are ħ = k_B = 1: leave the constant out",
    ),
    Row(A::Value, &["j", "im", "imag"], W::Name("i"), "the imaginary unit is `i`"),
    Row(A::Value, &["hc", "h_c", "conj"], W::Nothing, "the Hermitian conjugate of A is `dag(A)`: write `A + dag(A)`"),
    Row(A::Value, &["deg", "degree", "degrees"], W::Name("(π/180)"), "angles are in radians"),
    Row(A::Call, &["deg2rad", "radians"], W::Around("(", ")*π/180"), "angles are in radians"),
    Row(
        A::Call,
        &["Tr", "tr", "trace", "expect", "expval", "mean_value"],
        W::Around("<", ">"),
        "the expectation value of an operator is `<X(s)>`; measures of a state, such as `purity(s)`, take the partial trace themselves",
    ),
    Row(
        A::Call,
        &["ptrace", "partial_trace", "reduced", "rdm", "density_matrix", "rho"],
        W::Name("state"),
        "the reduced density matrix of a is `state(a)`; a unit is traced out in the step, by `discard e`",
    ),
    Row(
        A::Statement,
        &["ptrace", "partial_trace", "Tr", "tr", "trace", "trace_out", "traceout", "remove"],
        W::Around("discard ", ""),
        "a unit is traced out with `discard`",
    ),
    Row(
        A::Call,
        &["lindblad", "lindblad_dissipator", "dissipator", "D"],
        W::Nothing,
        "jump operators come after `with`: `evolve 0 for t with √γ*lower(s)`",
    ),
    Row(
        A::Statement,
        &["lindblad", "lindblad_dissipator", "dissipator", "dissipate", "mesolve"],
        W::Nothing,
        "jump operators come after `with`: `evolve 0 for t with √γ*lower(s)`",
    ),
    Row(A::Statement, &["discard"], W::Around("discard ", ""), "`discard` has no brackets"),
    Row(A::Statement, &["apply"], W::Around("apply ", ""), "`apply` has no brackets"),
    Row(A::Statement, &["evolve"], W::Nothing, "write it like `evolve H(s, e) for 0.1`, without brackets around both"),
    Row(A::Value, &["all"], W::Nothing, "name each unit: `discard e1, e2`"),
    Row(A::Call, &["XX", "YY", "ZZ", "XY"], W::Nothing, "operators name their subsystems: `X(a)*X(b)`"),
    Row(A::Call, &["final", "end", "final_value"], W::Name("last"), "the value after the last collision is `last(x)`"),
    Row(A::Call, &["maximum", "amax"], W::Name("max"), "the largest value is `max(x)`"),
    Row(A::Call, &["minimum", "amin"], W::Name("min"), "the smallest value is `min(x)`"),
    Row(A::Statement, &["print"], W::Nothing, "a value at this point of the step is a series: `record z = <Z(s)>`"),
    Row(
        A::Value,
        &["ground", "zero", "up", "vacuum", "vac"],
        W::Name("|0>"),
        "states are written as kets; |0> is the +1 eigenstate of Z, and the ground state of H = -ω/2*Z with ω > 0",
    ),
    Row(
        A::Value,
        &["excited", "one", "down"],
        W::Name("|1>"),
        "states are written as kets; |0> is the +1 eigenstate of Z, and the ground state of H = -ω/2*Z with ω > 0",
    ),
    Row(A::Value, &["plus"], W::Name("|+>"), "states are written as kets"),
    Row(A::Value, &["minus"], W::Name("|->"), "states are written as kets"),
    Row(A::Value, &["bell", "Bell"], W::Name("(|00> + |11>)/√2"), "states are written as kets"),
    Row(A::Value, &["maximally_mixed", "identity_state"], W::Name("mixed"), "the state 1/d is `mixed`"),
    Row(A::Call, &["basis", "fock", "ket", "fock_dm"], W::Nothing, "states are written as kets: `|0>`, `|3>`"),
    Row(
        A::Call,
        &["coherent"],
        W::Nothing,
        "displace the vacuum in a `gate`: `gate displace(c) = exp(α*dag(lower(c)) - conj(α)*lower(c))`",
    ),
    Row(
        A::Call,
        &["destroy", "annihilate", "annihilation"],
        W::Name("lower"),
        "operators name their subsystem: `lower(s)`",
    ),
    Row(A::Call, &["create", "creation"], W::Name("raise"), "operators name their subsystem: `raise(s)`"),
    Row(A::Call, &["num"], W::Name("number"), "operators name their subsystem: `number(s)`"),
    Row(
        A::Call,
        &["qeye", "identity", "eye", "Id", "one"],
        W::Whole("1"),
        "a number stands for that multiple of the identity",
    ),
    Row(
        A::Value,
        &["Id", "identity", "eye", "qeye"],
        W::Name("1"),
        "a number stands for that multiple of the identity",
    ),
    Row(
        A::Call,
        &["entropy_vn", "von_neumann", "vn_entropy"],
        W::Name("entropy"),
        "the von Neumann entropy is `entropy(s)`",
    ),
    Row(
        A::Call,
        &["entropy_mutual", "mutual_info"],
        W::Name("mutual_information"),
        "the mutual information is `mutual_information(a, b)`",
    ),
    Row(
        A::Call,
        &["tracedist", "trace_dist"],
        W::Name("trace_distance"),
        "the trace distance is `trace_distance(a, b)`",
    ),
    Row(A::Call, &["thermal_dm", "gibbs", "thermal_state"], W::Name("thermal"), "the Gibbs state is `thermal(H, T)`"),
    Row(A::Call, &["commutator"], W::Name("comm"), "the commutator is `comm(A, B)`"),
    Row(A::Call, &["anticommutator"], W::Name("anticomm"), "the anticommutator is `anticomm(A, B)`"),
    Row(A::Call, &["dagger", "adjoint", "hc", "ctranspose"], W::Name("dag"), "the adjoint is `A†` or `dag(A)`"),
    Row(A::Call, &["kron"], W::Name("tensor"), "states are joined with `⊗` or `tensor(a, b)`"),
    Row(A::Call, &["expm"], W::Name("exp"), "exp(A) is also the exponential of an operator"),
    Row(A::Call, &["ln"], W::Name("log"), "the natural logarithm is `log(x)`"),
    Row(A::Call, &["arcsin"], W::Name("asin"), "the inverse of the sine is `asin(x)`"),
    Row(A::Call, &["arccos"], W::Name("acos"), "the inverse of the cosine is `acos(x)`"),
    Row(A::Call, &["arctan"], W::Name("atan"), "the inverse of the tangent is `atan(x)`"),
    Row(A::Call, &["real", "Re"], W::Name("re"), "the real part is `re(z)`"),
    Row(A::Call, &["imag", "Im"], W::Name("im"), "the imaginary part is `im(z)`"),
    Row(A::Call, &["arange"], W::Nothing, "values at equal steps are `linspace(a, b, k)`, with the number k of values"),
    Row(
        A::Call,
        &["mesolve", "sesolve", "mcsolve"],
        W::Nothing,
        "the evolution is the `step`: `evolve H for t`, with jump operators `evolve H for t with √γ*lower(s)`",
    ),
    Row(A::Call, &["unit", "normalize", "normalise"], W::Nothing, "divide a ket by its norm: `(|0> + |1>)/√2`"),
];

/// Replaces the remedies of unknown names that have a row.
pub(super) fn explain(mut errors: Vec<Diagnostic>, sources: &SourceMap) -> Vec<Diagnostic> {
    for d in &mut errors {
        let Some(&(span, _)) = d.labels.first() else { continue };
        if !sources.has(span) {
            continue;
        }
        let text = &sources.file(span.source).text;
        match d.code {
            Code::UnknownName => unknown(d, span, text),
            Code::WrongArguments => decimal_comma(d, span, text),
            _ => {}
        }
    }
    errors
}

fn unknown(d: &mut Diagnostic, span: Span, text: &str) {
    let (start, end) = (span.start as usize, span.end as usize);
    let (name, after) = (&text[start..end], &text[end..]);
    if is_unit(name) && without_unit(d, span, text) || numbered_unit(d, span, text) || indexed_operator(d, span, name) {
        return;
    }
    let arguments = after.strip_prefix('(').and_then(|rest| Some((rest, closing(rest)?)));
    let place = context(text, start);
    let at = match arguments {
        None => A::Value,
        Some(_) if place.head.is_none() && place.block.is_some() => A::Statement,
        Some(_) => A::Call,
    };
    let Some(Row(_, _, write, help)) = ROWS.iter().find(|Row(on, names, ..)| *on == at && names.contains(&name)) else {
        return;
    };
    (d.help, d.names_fix) = (vec![(*help).to_owned()], false);
    let part = |from: usize, to: usize| Span { start: to_u32(from), end: to_u32(to), ..span };
    d.fix = match (write, arguments) {
        (W::Name(_), Some((rest, length)))
            if at == A::Call && *write == W::Name("state") && rest[..length].contains(',') =>
        {
            Vec::new()
        }
        (W::Name(new), _) => vec![(span, (*new).to_owned())],
        (W::Whole(new), Some((_, length))) => vec![(part(start, end + 1 + length + 1), (*new).to_owned())],
        (W::Around(open, close), Some((rest, length))) => {
            let inside = &rest[..length];
            let state = ["state(", "rho", "ρ"].iter().any(|state| inside.contains(state));
            if (inside.contains(',') && !open.starts_with("discard")) || state {
                Vec::new()
            } else {
                vec![(part(start, end + 1 + length + 1), format!("{open}{inside}{close}"))]
            }
        }
        _ => Vec::new(),
    };
}

/// `0.25GHz` and `0.25*GHz`
fn without_unit(d: &mut Diagnostic, span: Span, text: &str) -> bool {
    let before = text[..span.start as usize].trim_end_matches(' ');
    let before = before.strip_suffix('*').unwrap_or(before).trim_end_matches(' ');
    if !before.ends_with(|c: char| c.is_ascii_digit() || c == ')' || c == 'π') {
        return false;
    }
    d.help = vec!["numbers have no units (ħ = k_B = 1): write energies, frequencies and temperatures as multiples of one frequency, and times as multiples of its inverse".into()];
    d.fix = vec![(Span { start: to_u32(before.len()), ..span }, String::new())];
    true
}

/// `e_n` and `e_n+1`
fn numbered_unit(d: &mut Diagnostic, span: Span, text: &str) -> bool {
    let (start, end) = (span.start as usize, span.end as usize);
    let Some(stem) = text[start..end].strip_suffix("_n").filter(|stem| !stem.is_empty()) else { return false };
    if context(text, start).block.is_none_or(|block| block == "experiment" || block == "plot") {
        return false;
    }
    let (next, prime) = if text[end..].starts_with("+1") { (2, "'") } else { (0, "") };
    d.help = vec![
        "the units of a stream have no number: in a step `e` is the present unit, `e'` the next, `e[-1]` the last one"
            .into(),
    ];
    d.fix = vec![(Span { end: span.end + next, ..span }, format!("{stem}{prime}"))];
    true
}

/// `X_s`
fn indexed_operator(d: &mut Diagnostic, span: Span, name: &str) -> bool {
    let Some((operator, subsystem)) = name.rsplit_once('_').filter(|(_, subsystem)| !subsystem.is_empty()) else {
        return false;
    };
    let key = canonical(operator);
    if !matches!(lookup(&key), Some(Builtin::Operator(_))) || subsystem.chars().all(|c| c.is_ascii_digit()) {
        return false;
    }
    d.help = vec!["operators name their subsystem in brackets: `X(s)`".into()];
    d.fix = vec![(span, format!("{operator}({subsystem})"))];
    true
}

/// `RX(a, 0,25)`
fn decimal_comma(d: &mut Diagnostic, span: Span, text: &str) {
    let (start, end) = (span.start as usize, span.end as usize);
    let after = text[end..].strip_prefix('(').and_then(closing).map_or(end, |length| end + 1 + length);
    let call = &text[start..after];
    let between_digits = |i: &usize| {
        let digits = |s: &str| s.len() - s.trim_end_matches(|c: char| c.is_ascii_digit()).len();
        let whole = &call[..*i];
        let leading = digits(whole);
        leading > 0
            && !whole[..whole.len() - leading].ends_with(|c: char| c.is_alphanumeric() || matches!(c, '.' | '_' | '['))
            && call[i + 1..].starts_with(|c: char| c.is_ascii_digit())
    };
    let Some(comma) = call.match_indices(',').map(|(i, _)| i).find(between_digits) else { return };
    let at = to_u32(start + comma);
    d.help.push("a number has a decimal point; a comma separates two arguments".into());
    d.fix = vec![(Span { start: at, end: at + 1, ..span }, ".".into())];
}

/// The length of the text up to the `)` that closes an open `(`, on the same line.
fn closing(rest: &str) -> Option<usize> {
    let mut depth = 0_usize;
    for (i, c) in rest.char_indices().take_while(|(_, c)| *c != '\n') {
        match c {
            '(' => depth += 1,
            ')' if depth == 0 => return Some(i),
            ')' => depth -= 1,
            _ => {}
        }
    }
    None
}

fn to_u32(byte: usize) -> u32 {
    u32::try_from(byte).expect("a text has at most 2^20 bytes")
}
