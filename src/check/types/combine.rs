//! Which types combine.

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
            (T::Bra, T::Bra) => Some(T::Bra),
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
