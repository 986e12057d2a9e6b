//! Which types combine, and what to do where they do not.

use crate::ast::BinaryOp;
use crate::check::program::Type;

/// The type of arithmetic on numbers of several kinds.
pub(super) fn strongest(types: &[Type]) -> Type {
    for ty in [Type::Any, Type::Series, Type::Measured, Type::Operator] {
        if types.contains(&ty) {
            return ty;
        }
    }
    Type::Number
}

/// The type of `l op r`, or nothing if they do not combine.
pub(super) fn result(op: BinaryOp, l: Type, r: Type) -> Option<Type> {
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
        B::Less | B::LessEqual | B::Greater | B::GreaterEqual | B::Equal | B::NotEqual => match (l, r) {
            (T::Number, T::Number) => Some(T::Bool),
            (T::Series, T::Series | T::Number) | (T::Number, T::Series) => Some(T::Condition),
            (T::Bool, T::Bool) | (T::Text, T::Text) | (T::Rule, T::Rule) => {
                matches!(op, B::Equal | B::NotEqual).then_some(T::Bool)
            }
            _ => None,
        },
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

pub(super) fn combine_help(op: BinaryOp, l: Type, r: Type) -> &'static str {
    use BinaryOp as B;
    let either = |t| l == t || r == t;
    match op {
        _ if either(Type::Subsystem) => "an operator acts on a subsystem as in `X(s)`",
        B::Tensor => "⊗ joins states",
        B::Mul if l == Type::Density && r == Type::Density => "the joint state of two subsystems is `a ⊗ b`",
        B::Add | B::Sub if either(Type::Ket) => "the density matrix of a ket is `|ψ><ψ|`",
        _ if either(Type::Channel) => "channels are applied one after another, each with `apply`",
        _ => "both sides must be of kinds that combine",
    }
}

/// What to do about a value of the wrong type.
pub(super) fn remedy(found: Type, wanted: Type) -> &'static str {
    match (found, wanted) {
        (Type::Operator, Type::Number | Type::Measured) => "the expectation value of an operator is written `<A>`",
        (Type::Series, Type::Number) => "take one number of the series: `last(x)`, `max(x)`, `mean(x)`, `at(x, n)`, …",
        (Type::Series, Type::Bool) => "compare one number of the series: `last(x) < …`",
        (Type::Condition, Type::Bool) => {
            "say how often it holds, `fraction(…) > 0.9` or `count(…) > 0`, or compare one number: `last(x) < …`"
        }
        (Type::Series, Type::Condition) => "compare it: `x > 0`",
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
