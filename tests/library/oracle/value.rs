//! Values of expressions.

use std::rc::Rc;

use carom::ast::{KetLabel, KetSymbol};
use num_complex::Complex64;

use super::joint::{Label, Operator};
use super::matrix::{I, Matrix, embedded, real};
use super::series::Series;
use super::tables::Kind;

/// The value of an expression.
#[derive(Clone)]
pub(crate) enum Value {
    /// A missing number is NaN.
    Number(Complex64),
    /// `None` for a comparison with a missing number.
    Bool(Option<bool>),
    Subsystem(Label),
    Operator(Operator),
    Form(Form),
    Channel(Vec<Operator>),
    Rule(String),
    Series(Series),
    /// 1 where the condition holds, 0 where it does not, NaN where a value is missing.
    Condition(Series),
    /// A measure with several values: the suffixes of their series and the values.
    Columns(Vec<(String, f64)>),
    Text,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Shape {
    Ket,
    Bra,
    Matrix,
}

/// Builds a matrix once the kinds of its subsystems are known.
type Build = dyn Fn(&[Kind]) -> Matrix;

/// A ket, bra or matrix on `arity` unnamed subsystems. Their kinds are known only where the form is used.
#[derive(Clone)]
pub(crate) struct Form {
    pub(crate) shape: Shape,
    pub(crate) arity: usize,
    build: Rc<Build>,
}

impl Form {
    pub(crate) fn new(shape: Shape, arity: usize, build: impl Fn(&[Kind]) -> Matrix + 'static) -> Self {
        Self { shape, arity, build: Rc::new(build) }
    }

    pub(crate) fn on(&self, kinds: &[Kind]) -> Matrix {
        // On one subsystem with more than ten levels, `|12>` is a level.
        assert!(kinds.len() == self.arity || kinds.len() == 1, "a state of this number of subsystems");
        (self.build)(kinds)
    }

    pub(crate) fn ket(label: &KetLabel) -> Self {
        let symbols = label.symbols.clone();
        let whole = label.clone();
        Self::new(Shape::Ket, symbols.len(), move |kinds| {
            let level = |s: &KetSymbol| if let KetSymbol::Level(k) = s { *k as usize } else { 0 };
            if kinds.len() == 1 && symbols.len() > 1 {
                assert!(!whole.commas, "one symbol each");
                let number = symbols.iter().fold(0, |n, s| 10 * n + level(s));
                return basis(kinds[0].dim(), number);
            }
            let factors = symbols.iter().zip(kinds).map(|(symbol, kind)| {
                let zero = basis(kind.dim(), 0);
                let with = |factor: Complex64| (zero.clone() + basis(kind.dim(), 1) * factor) / real(2f64.sqrt());
                match symbol {
                    KetSymbol::Level(k) => basis(kind.dim(), *k as usize),
                    KetSymbol::Plus => with(real(1.0)),
                    KetSymbol::Minus => with(real(-1.0)),
                    KetSymbol::PlusI => with(I),
                    KetSymbol::MinusI => with(-I),
                }
            });
            factors.fold(Matrix::identity(1, 1), |product, factor| product.kronecker(&factor))
        })
    }

    /// |a⟩⟨b|
    pub(crate) fn outer(ket: &KetLabel, bra: &KetLabel) -> Self {
        let (ket, bra) = (Self::ket(ket), Self::ket(bra));
        Self::new(Shape::Matrix, ket.arity, move |kinds| ket.on(kinds) * bra.on(kinds).adjoint())
    }

    pub(crate) fn map(&self, f: impl Fn(Matrix) -> Matrix + 'static) -> Self {
        let this = self.clone();
        Self::new(self.shape, self.arity, move |kinds| f(this.on(kinds)))
    }

    pub(crate) fn adjoint(&self) -> Self {
        let shape = match self.shape {
            Shape::Ket => Shape::Bra,
            Shape::Bra => Shape::Ket,
            Shape::Matrix => Shape::Matrix,
        };
        Self { shape, ..self.map(|m| m.adjoint()) }
    }

    /// Gives both forms the same shape: a ket becomes its density matrix if the other form is a matrix.
    fn alike(&self, other: &Self) -> (Self, Self) {
        let matrix = |f: &Self| {
            let form = f.clone();
            Self::new(Shape::Matrix, f.arity, move |kinds| form.density(kinds))
        };
        if self.shape == other.shape { (self.clone(), other.clone()) } else { (matrix(self), matrix(other)) }
    }

    pub(crate) fn plus(&self, other: &Self, sign: f64) -> Self {
        let (a, b) = self.alike(other);
        Self::new(a.shape, self.arity, move |kinds| a.on(kinds) + b.on(kinds) * real(sign))
    }

    pub(crate) fn tensor(&self, other: &Self) -> Self {
        let (a, b) = self.alike(other);
        Self::new(a.shape, a.arity + b.arity, move |kinds| {
            let (first, second) = kinds.split_at(a.arity);
            a.on(first).kronecker(&b.on(second))
        })
    }

    /// The product `*`: the tensor product of two kets or two bras, otherwise the matrix product.
    pub(crate) fn times(&self, other: &Self) -> Value {
        let (a, b) = (self.clone(), other.clone());
        let shape = match (self.shape, other.shape) {
            (Shape::Ket, Shape::Ket) | (Shape::Bra, Shape::Bra) => return Value::Form(self.tensor(other)),
            (Shape::Bra, Shape::Ket) => {
                // No ket in the scripts has a level above 15.
                let kinds = vec![Kind::Qudit(16); self.arity];
                return Value::Number((a.on(&kinds) * b.on(&kinds))[(0, 0)]);
            }
            (Shape::Matrix, Shape::Ket) => Shape::Ket,
            (Shape::Bra, Shape::Matrix) => Shape::Bra,
            _ => Shape::Matrix,
        };
        Value::Form(Self::new(shape, self.arity, move |kinds| a.on(kinds) * b.on(kinds)))
    }

    /// A number as a multiple of the identity.
    pub(crate) fn number(z: Complex64, arity: usize) -> Self {
        Self::new(Shape::Matrix, arity, move |kinds| {
            let dim = kinds.iter().map(|k| k.dim()).product();
            Matrix::identity(dim, dim) * z
        })
    }

    /// The density matrix; for a ket, its projector.
    pub(crate) fn density(&self, kinds: &[Kind]) -> Matrix {
        let matrix = self.on(kinds);
        if self.shape == Shape::Ket { &matrix * matrix.adjoint() } else { matrix }
    }
}

fn basis(dim: usize, level: usize) -> Matrix {
    let mut out = Matrix::zeros(dim, 1);
    out[(level, 0)] = real(1.0);
    out
}

impl Operator {
    pub(crate) fn number(z: Complex64) -> Self {
        Self { on: vec![], dims: vec![], matrix: Matrix::from_element(1, 1, z) }
    }

    /// The matrix of the operator on these subsystems, which must include its own.
    pub(crate) fn spread(&self, on: &[Label], dims: &[usize]) -> Matrix {
        let place = |label: &Label| on.iter().position(|l| l == label).expect("the operator's subsystems are included");
        embedded(&self.matrix, &self.on.iter().map(place).collect::<Vec<_>>(), dims)
    }

    /// Combines two operators, both extended to the union of their subsystems.
    pub(crate) fn with(&self, other: &Self, f: impl Fn(Matrix, Matrix) -> Matrix) -> Self {
        let (mut on, mut dims) = (self.on.clone(), self.dims.clone());
        for (label, dim) in other.on.iter().zip(&other.dims) {
            if !on.contains(label) {
                on.push(*label);
                dims.push(*dim);
            }
        }
        let matrix = f(self.spread(&on, &dims), other.spread(&on, &dims));
        Self { on, dims, matrix }
    }

    pub(crate) fn map(&self, f: impl Fn(&Matrix) -> Matrix) -> Self {
        Self { matrix: f(&self.matrix), ..self.clone() }
    }
}

impl Value {
    pub(crate) fn real(x: f64) -> Self {
        Self::Number(real(x))
    }

    pub(crate) fn number(&self) -> Complex64 {
        match self {
            Self::Number(z) => *z,
            _ => panic!("a number is expected"),
        }
    }

    pub(crate) fn operator(&self) -> Operator {
        match self {
            Self::Number(z) => Operator::number(*z),
            Self::Operator(operator) => operator.clone(),
            _ => panic!("an operator is expected"),
        }
    }

    pub(crate) fn subsystem(&self) -> Label {
        match self {
            Self::Subsystem(label) => *label,
            _ => panic!("a subsystem is expected"),
        }
    }

    pub(crate) fn form(&self) -> Form {
        match self {
            Self::Form(form) => form.clone(),
            _ => panic!("a state is expected"),
        }
    }

    pub(crate) fn series(&self) -> Series {
        match self {
            Self::Series(series) | Self::Condition(series) => series.clone(),
            _ => panic!("a series is expected"),
        }
    }

    /// The Kraus operators of a channel, or the single one of a unitary.
    pub(crate) fn kraus(&self) -> Vec<Operator> {
        match self {
            Self::Channel(kraus) => kraus.clone(),
            _ => vec![self.operator()],
        }
    }
}
