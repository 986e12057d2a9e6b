//! Decides where spaces go between the pieces of a line.

use super::pieces::{Piece, Role};

/// The pieces of one line as text.
pub(super) fn join(pieces: &[Piece<'_>]) -> String {
    let mut out = String::new();
    for (i, piece) in pieces.iter().enumerate() {
        if i > 0 && space(&pieces[i - 1], piece) {
            out.push(' ');
        }
        out.push_str(piece.text);
    }
    out
}

/// Whether to write a space between two neighbouring pieces.
pub(super) fn space(left: &Piece<'_>, right: &Piece<'_>) -> bool {
    use Role as R;
    let as_written = right.blanks > 0;
    if left.in_path && left.role != R::Keyword {
        return as_written;
    }
    match (left.role, right.role) {
        (_, R::Comma | R::Semicolon | R::Close | R::CloseAngle | R::Postfix) => false,
        (R::Open | R::OpenAngle | R::Prefix, _) | (R::OpenBlock, R::CloseBlock) => false,
        (R::Infix { spaced }, _) | (_, R::Infix { spaced }) => spaced,
        // Only without a space is `2x` a product and `e[k]` a unit.
        (R::Number, R::Name | R::Number | R::Value | R::Open | R::OpenAngle | R::Prefix | R::Keyword) => as_written,
        (R::Keyword, R::Open) if right.text == "[" => as_written,
        (R::Name | R::Close | R::CloseAngle | R::Postfix, R::Open) => false,
        (R::Value, R::Open | R::Value) => false, // `|0><1|(s)`
        _ => true,
    }
}
