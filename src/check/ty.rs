//! The types of expressions.

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// A real or complex number.
    Number,
    /// `true` or `false`
    Bool,
    /// `"text"`
    Text,
    /// The name of a rule.
    Rule,
    /// A system or a unit of an environment.
    Subsystem,
    /// An operator on subsystems.
    Operator(Extent),
    /// A state vector |ψ⟩.
    Ket(Extent),
    /// The dual ⟨ψ| of a state vector.
    Bra(Extent),
    /// A density matrix.
    Density(Extent),
    /// A channel on subsystems.
    Channel,
    /// A number read off the state.
    Measured,
    /// Several numbers read off the state, as by `bloch` or `state`.
    Several(usize),
    /// A number for each collision, or for each point of a sweep.
    Series,
    /// A complex number for each collision.
    ComplexSeries,
    /// A condition on each value of a series.
    Condition,
    /// A text or a rule for each point of a sweep.
    Labels(Label),
    /// The list of values of a swept parameter.
    List,
    /// Unknown: an expression that is not typed yet or contains an error, or an argument of a definition outside a
    /// call.
    Any,
}

/// The contents of a column of labels.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Texts.
    Text,
    /// Names of rules.
    Rule,
}

/// The subsystems that a state or an operator describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// Any number, determined by the context: `mixed`, or a multiple of the identity.
    Any,
    /// This number, in the order of the declaration or `reset`: two for `|01>`, one for `X` without an argument.
    Many(usize),
    /// The subsystems that it names: `X(s)`.
    Named,
}

/// The largest number of subsystems that a type records; larger numbers count as this one, so that there are finitely
/// many types. Nothing is lost, because a state written out as a matrix has at most ten subsystems (dimension 1024).
const LARGEST_EXTENT: usize = 256;

impl Extent {
    /// The extent of something that describes `count` subsystems.
    #[must_use]
    pub fn many(count: usize) -> Self {
        Self::Many(count.min(LARGEST_EXTENT))
    }

    /// The extent of a sum, or of a product on the same subsystems.
    #[must_use]
    pub fn with(self, other: Self) -> Self {
        match (self, other) {
            (Self::Named, _) | (_, Self::Named) => Self::Named,
            (Self::Any, x) | (x, Self::Any) => x,
            (Self::Many(a), Self::Many(b)) => Self::Many(a.max(b)),
        }
    }

    /// The extent of a tensor product.
    #[must_use]
    pub fn beside(self, other: Self) -> Self {
        Self::many(self.share() + other.share())
    }

    /// The number of subsystems that this factor of a tensor product covers; a factor that fits any number covers one.
    #[must_use]
    pub fn share(self) -> usize {
        if let Self::Many(count) = self { count } else { 1 }
    }
}

impl Type {
    /// The type in the words of a message, with its article.
    #[must_use]
    pub fn describe(self) -> &'static str {
        match self {
            Self::Number => "a number",
            Self::Bool => "a boolean",
            Self::Text => "a text",
            Self::Rule => "a rule",
            Self::Subsystem => "a subsystem",
            Self::Operator(_) => "an operator",
            Self::Ket(_) => "a ket",
            Self::Bra(_) => "a bra",
            Self::Density(_) => "a density matrix",
            Self::Channel => "a channel",
            Self::Measured => "a number read off the state",
            Self::Several(_) => "several numbers read off the state",
            Self::Series => "a series",
            Self::ComplexSeries => "a complex series",
            Self::Condition => "a condition on each value of a series",
            Self::Labels(Label::Text) => "a column of texts",
            Self::Labels(Label::Rule) => "a column of rules",
            Self::List => "a list",
            Self::Any => "anything",
        }
    }

    /// The extent of a state or an operator; [`Extent::Any`] for every other type.
    #[must_use]
    pub fn extent(self) -> Extent {
        match self {
            Self::Operator(e) | Self::Ket(e) | Self::Bra(e) | Self::Density(e) => e,
            _ => Extent::Any,
        }
    }

    /// The type without its extent.
    pub(super) fn class(self) -> Self {
        match self {
            Self::Operator(_) => Self::Operator(Extent::Any),
            Self::Ket(_) => Self::Ket(Extent::Any),
            Self::Bra(_) => Self::Bra(Extent::Any),
            Self::Density(_) => Self::Density(Extent::Any),
            other => other,
        }
    }

    /// What to write where this type is expected, in the words of a message.
    pub(super) fn expected_words(self) -> &'static str {
        match self {
            Self::Density(_) => "a ket or a density matrix",
            Self::Bool => "a comparison",
            other => other.describe(),
        }
    }

    /// Whether a value of this type can be used where `expected` is expected, regardless of extents.
    pub(super) fn fits(self, expected: Self) -> bool {
        use Type::{Any, Density, Ket, Measured, Number, Operator};
        self.class() == expected.class()
            || self == Any
            || expected == Any
            || matches!((self, expected), (Number, Operator(_) | Measured) | (Ket(_) | Operator(_), Density(_)))
    }
}
