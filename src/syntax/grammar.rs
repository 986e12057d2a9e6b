//! The parser that pest generates from `grammar/carom.pest`, and the precedence of its operators.

use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};

/// The generated parser. [`Rule`] lists the rules of the grammar.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/carom.pest"]
pub(super) struct Grammar;

/// The operators from the loosest binding to the tightest. `±` has the precedence of `≈`, and the builder attaches it
/// to the `≈` before it. A number directly before a name binds like `*`. Unary minus binds more loosely than a power,
/// as in −x²; 2^-3 is nevertheless allowed.
pub(super) static PRECEDENCE: LazyLock<PrattParser<Rule>> = LazyLock::new(|| {
    let left = |rule| Op::infix(rule, Assoc::Left);
    PrattParser::new()
        .op(left(Rule::or))
        .op(left(Rule::and))
        .op(Op::prefix(Rule::not))
        .op(left(Rule::approx)
            | left(Rule::plus_minus)
            | left(Rule::equal)
            | left(Rule::not_equal)
            | left(Rule::less)
            | left(Rule::less_equal)
            | left(Rule::greater)
            | left(Rule::greater_equal))
        .op(left(Rule::add) | left(Rule::subtract))
        .op(left(Rule::multiply) | left(Rule::divide) | left(Rule::tensor) | left(Rule::juxtaposition))
        .op(Op::prefix(Rule::negate) | Op::prefix(Rule::root))
        .op(Op::infix(Rule::power, Assoc::Right))
        .op(Op::postfix(Rule::dagger))
});
