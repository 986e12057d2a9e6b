//! The table of operators: for each operator and the types of its operands, the type of the result and the operation.
//!
//! The checker looks up each operator of a script once and stores the operation in the tree; evaluation carries it out.
//! The table has no entries for operands of unknown type ([`Type::Any`]).

use super::ty::{Extent, Label, Type};
use crate::analysis::{Comparison, FunctionRow, Operation as Arithmetic};
use crate::ast::{BinaryOp, UnaryOp};
use crate::quantum::NumberRow;

/// What an infix operator computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Operation {
    /// Arithmetic between two numbers.
    Numbers(Arithmetic),
    /// Arithmetic between numbers, at least one of which is read off the state.
    Measured(Arithmetic),
    /// Elementwise arithmetic. At least one side is a series; the other may be a number.
    Series(Arithmetic),
    /// A ± B, where a number stands for that multiple of the identity.
    AddOperators(Sign),
    /// AB, where a number stands for that multiple of the identity.
    MultiplyOperators,
    /// A/z
    DivideOperator,
    /// A^k
    PowerOfOperator,
    /// |a⟩ ± |b⟩
    AddKets(Sign),
    /// ⟨a| ± ⟨b|
    AddBras(Sign),
    /// ρ ± σ, where an operator stands for its matrix.
    AddDensities(Sign),
    /// A ket, bra or density matrix times a number, in either order.
    Scale,
    /// A ket, bra or density matrix divided by a number.
    DivideState,
    /// |a⟩⟨b|
    Outer,
    /// ⟨a|b⟩
    Overlap,
    /// A|b⟩
    Act,
    /// |a⟩ ⊗ |b⟩
    JoinKets,
    /// ρ ⊗ σ, where a ket stands for its density matrix and an operator for its matrix.
    JoinDensities,
    /// A ⊗ B
    JoinOperators,
    /// A comparison of two numbers.
    CompareNumbers(Comparison),
    /// An elementwise comparison.
    CompareSeries(Comparison),
    /// Whether two booleans, texts or rules are equal (`true`) or different (`false`).
    Same(bool),
    /// At which points a column of labels equals the given label (`true`) or differs from it (`false`).
    LabelIs(bool),
    /// At which values a condition equals a boolean (`true`) or differs from it (`false`).
    ConditionIs(bool),
    /// Logical and; the right side is evaluated only if the left side is true.
    And,
    /// Logical or; the right side is evaluated only if the left side is false.
    Or,
    /// Elementwise logical and.
    BothConditions,
    /// Elementwise logical or.
    EitherCondition,
}

/// Whether an operation depends on the values of its operands alone. A tensor product also needs the subsystems of each
/// side.
pub(super) fn takes_values(operation: Operation) -> bool {
    !matches!(operation, Operation::JoinKets | Operation::JoinDensities | Operation::JoinOperators)
}

/// Distinguishes a sum from a difference.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Sign {
    /// a + b
    Plus,
    /// a − b
    Minus,
}

/// What a prefix or postfix operator computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum UnaryOperation {
    /// Negation, computed as this product of −1 and the operand.
    Negate(Operation),
    /// The square root.
    Root(Applied),
    /// Logical negation of a boolean.
    NotBool,
    /// Elementwise logical negation of a condition.
    NotCondition,
    /// The complex conjugate of a number.
    Conjugate,
    /// A†
    AdjointOperator,
    /// The bra of a ket.
    AdjointKet,
    /// The ket of a bra.
    AdjointBra,
}

/// What a call of a number function or a series function computes.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Applied {
    /// The number function, of numbers.
    Numbers,
    /// The number function, of numbers of which at least one is read off the state.
    Measured,
    /// The number function, of each value of a series.
    Each,
    /// exp(A) of an operator.
    Exponential,
    /// The series function, of whole series.
    Series,
    /// The function of either kind, of a complex series.
    Complex,
}

/// The type of `l op r` and its operation, or `None` if the operands do not combine.
pub(super) fn binary(op: BinaryOp, l: Type, r: Type) -> Option<(Type, Operation)> {
    use BinaryOp as B;
    match op {
        B::Add => arithmetic(Arithmetic::Add, l, r),
        B::Sub => arithmetic(Arithmetic::Subtract, l, r),
        B::Mul => arithmetic(Arithmetic::Multiply, l, r),
        B::Div => arithmetic(Arithmetic::Divide, l, r),
        B::Pow => arithmetic(Arithmetic::Power, l, r),
        B::Tensor => tensor(l, r),
        B::Less => comparison(Comparison::Less, l, r),
        B::LessEqual => comparison(Comparison::LessEqual, l, r),
        B::Greater => comparison(Comparison::Greater, l, r),
        B::GreaterEqual => comparison(Comparison::GreaterEqual, l, r),
        B::Equal => comparison(Comparison::Equal, l, r),
        B::NotEqual => comparison(Comparison::NotEqual, l, r),
        B::And => logic(Operation::And, Operation::BothConditions, l, r),
        B::Or => logic(Operation::Or, Operation::EitherCondition, l, r),
    }
}

fn arithmetic(a: Arithmetic, l: Type, r: Type) -> Option<(Type, Operation)> {
    use Arithmetic as A;
    use Operation as O;
    use Type as T;
    let sign = if a == A::Subtract { Sign::Minus } else { Sign::Plus };
    Some(match (a, l, r) {
        (_, T::Number, T::Number) => (T::Number, O::Numbers(a)),
        (_, T::Measured, T::Measured | T::Number) | (_, T::Number, T::Measured) => (T::Measured, O::Measured(a)),
        (_, T::Series, T::Series | T::Number) | (_, T::Number, T::Series) => (T::Series, O::Series(a)),
        (A::Add | A::Subtract, T::Ket(a), T::Ket(b)) => (T::Ket(a.with(b)), O::AddKets(sign)),
        (A::Add | A::Subtract, T::Bra(a), T::Bra(b)) => (T::Bra(a.with(b)), O::AddBras(sign)),
        (A::Add | A::Subtract, T::Density(a), T::Density(b) | T::Operator(b))
        | (A::Add | A::Subtract, T::Operator(a), T::Density(b)) => (T::Density(a.with(b)), O::AddDensities(sign)),
        (A::Multiply, T::Number, state @ (T::Ket(_) | T::Bra(_) | T::Density(_)))
        | (A::Multiply, state @ (T::Ket(_) | T::Bra(_) | T::Density(_)), T::Number) => (state, O::Scale),
        (A::Divide, state @ (T::Ket(_) | T::Bra(_) | T::Density(_)), T::Number) => (state, O::DivideState),
        (A::Multiply, T::Ket(a), T::Bra(b)) => (T::Operator(a.with(b)), O::Outer),
        (A::Multiply, T::Bra(_), T::Ket(_)) => (T::Number, O::Overlap),
        (A::Multiply, T::Ket(a), T::Ket(b)) => (T::Ket(a.beside(b)), O::JoinKets),
        // The subsystems that the operator names must be among those of the ket.
        (A::Multiply, T::Operator(Extent::Named), T::Ket(b)) => (T::Ket(b), O::Act),
        (A::Multiply, T::Operator(a), T::Ket(b)) => (T::Ket(a.with(b)), O::Act),
        (A::Divide, T::Operator(_), T::Number) => (l, O::DivideOperator),
        (A::Power, T::Operator(_), T::Number) => (l, O::PowerOfOperator),
        (A::Add | A::Subtract | A::Multiply, T::Operator(_) | T::Number, T::Operator(_) | T::Number) => {
            let does = if a == A::Multiply { O::MultiplyOperators } else { O::AddOperators(sign) };
            (T::Operator(l.extent().with(r.extent())), does)
        }
        _ => return None,
    })
}

fn tensor(l: Type, r: Type) -> Option<(Type, Operation)> {
    use Type as T;
    Some(match (l, r) {
        (T::Ket(a), T::Ket(b)) => (T::Ket(a.beside(b)), Operation::JoinKets),
        (T::Operator(Extent::Named), T::Operator(_)) | (T::Operator(_), T::Operator(Extent::Named)) => {
            (T::Operator(Extent::Named), Operation::JoinOperators)
        }
        (T::Operator(a), T::Operator(b)) => (T::Operator(a.beside(b)), Operation::JoinOperators),
        (T::Ket(a) | T::Density(a) | T::Operator(a), T::Ket(b) | T::Density(b) | T::Operator(b)) => {
            (T::Density(a.beside(b)), Operation::JoinDensities)
        }
        _ => return None,
    })
}

fn comparison(c: Comparison, l: Type, r: Type) -> Option<(Type, Operation)> {
    use Type as T;
    let equal = match c {
        Comparison::Equal => Some(true),
        Comparison::NotEqual => Some(false),
        _ => None,
    };
    Some(match (l, r) {
        (T::Number, T::Number) => (T::Bool, Operation::CompareNumbers(c)),
        (T::Series, T::Series | T::Number) | (T::Number, T::Series) => (T::Condition, Operation::CompareSeries(c)),
        (T::Bool, T::Bool) | (T::Text, T::Text) | (T::Rule, T::Rule) => (T::Bool, Operation::Same(equal?)),
        (T::Labels(Label::Text), T::Text)
        | (T::Text, T::Labels(Label::Text))
        | (T::Labels(Label::Rule), T::Rule)
        | (T::Rule, T::Labels(Label::Rule)) => (T::Condition, Operation::LabelIs(equal?)),
        (T::Condition, T::Bool) | (T::Bool, T::Condition) => (T::Condition, Operation::ConditionIs(equal?)),
        _ => return None,
    })
}

fn logic(once: Operation, each: Operation, l: Type, r: Type) -> Option<(Type, Operation)> {
    match (l, r) {
        (Type::Bool, Type::Bool) => Some((Type::Bool, once)),
        (Type::Condition, Type::Condition) => Some((Type::Condition, each)),
        _ => None,
    }
}

/// The type of `l ≈ r`, or `None` if the operands cannot be compared.
pub(super) fn approx(l: Type, r: Type) -> Option<Type> {
    comparison(Comparison::LessEqual, l, r).map(|(ty, _)| ty)
}

/// The type of a prefix or postfix operator and its operation, or `None` if it does not apply to the operand.
pub(super) fn unary(op: UnaryOp, operand: Type) -> Option<(Type, UnaryOperation)> {
    use Type as T;
    use UnaryOperation as U;
    Some(match (op, operand) {
        (UnaryOp::Neg, _) => {
            let (ty, product) = arithmetic(Arithmetic::Multiply, Type::Number, operand)?;
            (ty, U::Negate(product))
        }
        (UnaryOp::Sqrt, T::Number | T::Measured | T::Series) => (operand, U::Root(applied_to(operand)?)),
        (UnaryOp::Not, T::Bool) => (T::Bool, U::NotBool),
        (UnaryOp::Not, T::Condition) => (T::Condition, U::NotCondition),
        (UnaryOp::Dagger, T::Number) => (T::Number, U::Conjugate),
        (UnaryOp::Dagger, T::Operator(e)) => (T::Operator(e), U::AdjointOperator),
        (UnaryOp::Dagger, T::Ket(e)) => (T::Bra(e), U::AdjointKet),
        (UnaryOp::Dagger, T::Bra(e)) => (T::Ket(e), U::AdjointBra),
        _ => return None,
    })
}

fn applied_to(ty: Type) -> Option<Applied> {
    match ty {
        Type::Number => Some(Applied::Numbers),
        Type::Measured => Some(Applied::Measured),
        Type::Series => Some(Applied::Each),
        _ => None,
    }
}

/// Whether a call means the series function of a name rather than the number function. It does if there is no number
/// function, or if an argument is a series.
pub(super) fn is_of_series(number: Option<&NumberRow>, series: Option<&FunctionRow>, arguments: &[Type]) -> bool {
    series.is_some_and(|row| {
        number.is_none() || arguments.contains(&Type::Series) && arguments.len() <= row.parameters.len()
    })
}

/// The type of a call of a number function and what it computes, or `None` if the arguments do not fit together.
pub(super) fn function(row: &NumberRow, arguments: &[Type]) -> Option<(Type, Applied)> {
    match arguments {
        [one] => match one {
            Type::Operator(_) if row.name == "exp" => Some((*one, Applied::Exponential)),
            _ => Some((*one, applied_to(*one)?)),
        },
        // Several arguments: numbers, some of which may be read off the state.
        _ if arguments.contains(&Type::Measured) => {
            let fit = arguments.iter().all(|t| matches!(t, Type::Number | Type::Measured));
            fit.then_some((Type::Measured, Applied::Measured))
        }
        _ => arguments.iter().all(|t| *t == Type::Number).then_some((Type::Number, Applied::Numbers)),
    }
}

/// The symbol of an infix operator.
pub(crate) fn symbol(op: BinaryOp) -> &'static str {
    use BinaryOp as B;
    match op {
        B::Add => Arithmetic::Add.symbol(),
        B::Sub => Arithmetic::Subtract.symbol(),
        B::Mul => Arithmetic::Multiply.symbol(),
        B::Div => Arithmetic::Divide.symbol(),
        B::Pow => Arithmetic::Power.symbol(),
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
