//! What to write instead of a value of the wrong type.

use crate::ast::BinaryOp;
use crate::check::ty::{Extent, Type};

/// What to do about two values that an operator does not combine.
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
            "what a step does cannot depend on its state: write a number or a parameter here; the expectation value itself is read by `observe` or `record`"
        }
        _ if either(Type::Measured) && either(Type::Series) => {
            "observe or record the measure, and combine the two series in an experiment"
        }
        _ if either(Type::Channel) => "channels are applied one after another, each with `apply`",
        B::Tensor => "⊗ joins states, or operators: write a ket, a density matrix or an operator on both sides",
        B::Mul if same(DENSITY) => "the joint state of two subsystems is `a ⊗ b`",
        B::Div if r == OPERATOR => "divide by a number; the inverse of a unitary U is `dag(U)`",
        B::Add | B::Sub if either(KET) && either(Type::Number) => {
            "a superposition is a sum of kets, `(|0> + |1>)/√2`; a number in front of a ket multiplies it"
        }
        B::Add | B::Sub if either(KET) => {
            "the density matrix of a ket |0> is `|0><0|`: it adds to operators and density matrices"
        }
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual if either(OPERATOR) => {
            "numbers are compared: the expectation value of an operator is written `<A>`, and is observed"
        }
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual => {
            "compare numbers with numbers, and a series with a number or a series"
        }
        _ => "numbers, operators, kets and series combine with their like, and numbers with any of them",
    }
}

/// What to do about a value of the wrong type.
pub(super) fn remedy(found: Type, wanted: Type) -> &'static str {
    use Type as T;
    match (found, wanted) {
        (T::Operator(_), T::Number | T::Measured) => "the expectation value of an operator is written `<A>`",
        (T::Series, T::Number) => "take one number of the series: `last(x)`, `max(x)`, `mean(x)`, `at(x, n)`, …",
        (T::Series, T::Bool) => "compare one number of the series: `last(x) < …`",
        (T::Condition, T::Bool) => {
            "say how often it holds, `fraction(…) > 0.9` or `count(…) > 0`, or compare one number: `last(x) < …`"
        }
        (T::Series, T::Condition) => "compare it: `x > 0`",
        (T::Number, T::Bool) => "compare it: `… < …`, or `… ≈ … ± …`",
        (_, T::Bool) => "write a comparison, such as `last(x) < 0.5`",
        (T::Number, T::Series) => "name an observed or recorded series",
        (_, T::Series) => "observe or record a number of it, and name that series",
        (T::Subsystem, T::Operator(_)) => "name the operator that acts on it: `Z(s)`",
        (T::Ket(_), T::Operator(_)) => "the projector on a ket |0> of s is `|0><0|(s)`",
        (T::Bra(_), T::Operator(_)) => "an operator is a ket times a bra: `|0><1|(s)`",
        (T::Density(_), T::Operator(_)) => {
            "a density matrix is a state, which `reset s = …` gives; write an operator such as `Z(s)`"
        }
        (T::Channel, T::Operator(_)) => "a channel is applied with `apply`",
        (T::Measured, T::Operator(_)) => {
            "what a step does cannot depend on its state: write an operator such as `Z(s)`"
        }
        (_, T::Operator(_)) => "write an operator such as `Z(s)`, or the name of a `hamiltonian`",
        (T::Text, T::Number) => "write the number without quotes",
        (T::Subsystem, T::Number) => "a subsystem has no value: write a number, or a parameter",
        (T::Ket(_) | T::Density(_), T::Number) => {
            "a number of a state is its overlap with another, `fidelity(s, |0>)`, which is observed"
        }
        (T::List, T::Number) => "a list of values stands behind `sweep p =`; write one number here",
        (T::Measured, T::Number) => "what is read off the state is observed or recorded, and used in an experiment",
        (_, T::Number) => "write a number, a parameter or a formula of them",
        (T::Number, T::Density(_)) => "write a ket such as `|0>`, or `mixed`, `thermal(H, T)`",
        (_, T::Density(_)) => {
            "write a state: a ket such as `|0>`, a mixture `0.8*|0><0| + 0.2*|1><1|`, `mixed`, `thermal(H, T)`"
        }
        (_, T::Rule) => "name a `rule` of the protocol",
        (T::Operator(_), T::Subsystem) => "name the subsystem alone: `s`, not `Z(s)`",
        (T::Ket(_) | T::Density(_), T::Subsystem) => {
            "name a subsystem, as in `Z(s)`; what it does to a ket is written `Z*|0>`"
        }
        (_, T::Subsystem) => "name a system or a unit of an environment",
        (_, T::List) => "write `linspace(a, b, k)`, `logspace(a, b, k)` or `[a, b, c]`",
        (_, T::Text) => "a text stands in double quotes",
        _ => "write a value of that kind",
    }
}
