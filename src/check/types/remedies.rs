//! Suggests what to write instead of a value of the wrong type.

use crate::ast::BinaryOp;
use crate::check::ty::{Extent, Type};

/// The remedy for two values that an operator cannot combine.
pub(super) fn combination(op: BinaryOp, l: Type, r: Type) -> &'static str {
    use BinaryOp as B;
    const KET: Type = Type::Ket(Extent::Any);
    const DENSITY: Type = Type::Density(Extent::Any);
    const OPERATOR: Type = Type::Operator(Extent::Any);
    let (l, r) = (l.class(), r.class());
    let either = |t| l == t || r == t;
    let same = |t| l == t && r == t;
    match op {
        B::Pow if l == Type::Subsystem => {
            "an operator acts on a subsystem, as in `Z(s)^2`; powers of Euler's number are written `exp(x)`"
        }
        _ if either(Type::Subsystem) => "name the operator that acts on the subsystem, as in `Z(s)`",
        _ if either(Type::Measured) && (either(OPERATOR) || either(KET) || either(DENSITY)) => {
            "a step cannot depend on measured values: write a number or a parameter here; to read the expectation value, use `observe` or `record`"
        }
        _ if either(Type::Measured) && either(Type::Series) => {
            "observe or record the measure, and combine the two series in an experiment"
        }
        _ if either(Type::Channel) => "apply channels one after another, each with its own `apply`",
        _ if either(Type::ComplexSeries) => "take a part of the complex series: `re(C)`, `im(C)`, `abs(C)`",
        B::Tensor => "⊗ joins two states or two operators: write a ket, a density matrix or an operator on each side",
        B::Mul if same(DENSITY) => "for the joint state of two subsystems, write `a ⊗ b`",
        B::Div if r == OPERATOR => "divide by a number; the inverse of a unitary U is `dag(U)`",
        B::Add | B::Sub if either(KET) && either(Type::Number) => {
            "a superposition is a sum of kets, `(|0> + |1>)/√2`; a number in front of a ket multiplies it"
        }
        B::Add | B::Sub if either(KET) => {
            "to add a ket |0> to an operator or a density matrix, write its density matrix `|0><0|`"
        }
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual if either(OPERATOR) => {
            "only numbers can be compared: observe the expectation value `<A>` of the operator"
        }
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual => {
            "compare numbers with numbers, and a series with a number or a series"
        }
        _ => "numbers, operators, kets and series combine with values of the same type, and numbers with any of them",
    }
}

/// The remedy for a value of the wrong type.
pub(super) fn remedy(found: Type, expected: Type) -> &'static str {
    use Type as T;
    match (found, expected) {
        (T::Operator(_), T::Number | T::Measured) => "for the expectation value of an operator, write `<A>`",
        (T::Series, T::Number) => "take one number of the series: `last(x)`, `max(x)`, `mean(x)`, `at(x, n)`, …",
        (T::ComplexSeries, _) => "take a part of it: `re(C)`, `im(C)`, `abs(C)`, or its `spectrum(C)`",
        (T::Series, T::Bool) => "compare one number of the series: `last(x) < …`",
        (T::Condition, T::Bool) => {
            "state how often it holds, `fraction(…) > 0.9` or `count(…) > 0`, or compare one number: `last(x) < …`"
        }
        (T::Series, T::Condition) => "compare it: `x > 0`",
        (T::Number, T::Bool) => "compare it: `… < …`, or `… ≈ … ± …`",
        (_, T::Bool) => "write a comparison, such as `last(x) < 0.5`",
        (T::Number, T::Series) => "name an observed or recorded series",
        (_, T::Series) => "observe or record a number computed from it, and name that series",
        (T::Subsystem, T::Operator(_)) => "name the operator that acts on it: `Z(s)`",
        (T::Ket(_), T::Operator(_)) => "for the projector on the ket |0> of s, write `|0><0|(s)`",
        (T::Bra(_), T::Operator(_)) => "an operator is a ket times a bra: `|0><1|(s)`",
        (T::Density(_), T::Operator(_)) => {
            "a density matrix is a state, as in `reset s = …`; write an operator such as `Z(s)`"
        }
        (T::Channel, T::Operator(_)) => "apply a channel with `apply`, such as `apply damping(s, 0.1)`",
        (T::Measured, T::Operator(_)) => "a step cannot depend on measured values: write an operator such as `Z(s)`",
        (_, T::Operator(_)) => "write an operator such as `Z(s)`, or the name of a `hamiltonian`",
        (T::Text, T::Number) => "write the number without quotes",
        (T::Subsystem, T::Number) => "a subsystem has no numerical value: write a number or a parameter",
        (T::Ket(_) | T::Density(_), T::Number) => {
            "to get a number from a state, observe its overlap with another: `observe f = fidelity(s, |0>)`"
        }
        (T::List, T::Number) => "a list of values goes after `sweep p =`; write one number here",
        (T::Measured, T::Number) => "observe or record this number, and use its series in an experiment",
        (_, T::Number) => "write a number, a parameter or a formula of them",
        (T::Number, T::Density(_)) => "write a ket such as `|0>`, or `mixed`, `thermal(H, T)`",
        (_, T::Density(_)) => {
            "write a state: a ket such as `|0>`, a mixture `0.8*|0><0| + 0.2*|1><1|`, `mixed`, `thermal(H, T)`"
        }
        (_, T::Rule) => "name a `rule` of the protocol",
        (T::Operator(_), T::Subsystem) => "name the subsystem alone: `s`, not `Z(s)`",
        (T::Ket(_) | T::Density(_), T::Subsystem) => {
            "name a subsystem, as in `Z(s)`; to apply an operator to a ket, write `Z*|0>`"
        }
        (_, T::Subsystem) => "name a system or a unit of an environment",
        (_, T::List) => "write `linspace(a, b, k)`, `logspace(a, b, k)` or `[a, b, c]`",
        (_, T::Text) => "write a text in double quotes",
        _ => "write a value of that type",
    }
}
