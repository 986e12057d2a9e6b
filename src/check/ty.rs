//! The types of expressions.

/// The type of an expression.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Type {
    /// Real or complex.
    Number,
    /// `true` or `false`
    Bool,
    /// `"text"`
    Text,
    /// The name of a rule.
    Rule,
    /// A system or a unit of a stream.
    Subsystem,
    /// An operator on subsystems.
    Operator(Extent),
    /// A state vector.
    Ket(Extent),
    /// Its dual.
    Bra(Extent),
    /// A density matrix.
    Density(Extent),
    /// A channel on subsystems.
    Channel,
    /// A number read off the state.
    Measured,
    /// Several numbers read off the state: `bloch`, `state`.
    Several(usize),
    /// A number for each collision, or for each point of a sweep.
    Series,
    /// A condition on each value of a series.
    Condition,
    /// A text or a rule for each point of a sweep.
    Labels(Label),
    /// Several values of a sweep.
    List,
    /// Not known: an expression before it is typed, an argument of a definition that is not called, what holds an error.
    Any,
}

/// What a column of labels holds.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Label {
    /// Texts.
    Text,
    /// Names of rules.
    Rule,
}

/// How many subsystems a state or an operator describes.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub enum Extent {
    /// As many as there are where it stands: `mixed`, a multiple of the identity.
    Any,
    /// This many, in the order of the declaration or `reset`: `|01>` two, `X` without argument one.
    Many(usize),
    /// Those that it names: `X(s)`.
    Named,
}

/// Larger extents count as this one. No state of more than ten subsystems can be written out (dimension 1024), so that
/// nothing is lost, and a definition has finitely many types of arguments.
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

    /// How many subsystems a factor of a tensor product takes; one that fits any number takes one.
    #[must_use]
    pub fn share(self) -> usize {
        if let Self::Many(count) = self { count } else { 1 }
    }
}

impl Type {
    /// As a message says it.
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
            Self::Condition => "a condition on each value of a series",
            Self::Labels(Label::Text) => "a column of texts",
            Self::Labels(Label::Rule) => "a column of rules",
            Self::List => "a list",
            Self::Any => "anything",
        }
    }

    /// How many subsystems a state or an operator describes; [`Extent::Any`] for everything else.
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

    /// What a place takes that wants this type.
    pub(super) fn wanted(self) -> &'static str {
        match self {
            Self::Density(_) => "a ket or a density matrix",
            Self::Bool => "a comparison",
            other => other.describe(),
        }
    }

    /// Whether a value of this type can stand where `wanted` is asked for, whatever their extents.
    pub(super) fn fits(self, wanted: Self) -> bool {
        use Type::{Any, Density, Ket, Measured, Number, Operator};
        self.class() == wanted.class()
            || self == Any
            || wanted == Any
            || matches!((self, wanted), (Number, Operator(_) | Measured) | (Ket(_) | Operator(_), Density(_)))
    }
}
