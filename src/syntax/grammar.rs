//! The parser that pest makes of `grammar/carom.pest`, and the order of its operators.

use std::sync::LazyLock;

use pest::pratt_parser::{Assoc, Op, PrattParser};

/// The generated parser; [`Rule`] lists the grammar's rules.
#[derive(pest_derive::Parser)]
#[grammar = "grammar/carom.pest"]
pub(super) struct Grammar;

/// Operators from the loosest to the tightest. `±` stands on the level of `≈` and joins it in the builder; a number
/// directly before a name binds like `*`; the minus of −x² is looser than the power, and 2^-3 is allowed all the same.
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
