//! Semantic tokens: the token classes as numbers of the protocol.

use lsp_types::{SemanticToken, SemanticTokenType, SemanticTokens, SemanticTokensLegend, Uri};

use super::position::{Lines, narrow};
use super::workspace::Workspace;
use crate::syntax::{TokenClass, classify};

/// The token types; a type is sent as its index here.
pub(super) fn legend() -> SemanticTokensLegend {
    let token_types = TokenClass::ALL.iter().filter_map(|class| token_type(*class));
    SemanticTokensLegend { token_types: token_types.collect(), token_modifiers: Vec::new() }
}

/// The token type of a class; `None` for brackets, which editors colour themselves.
fn token_type(class: TokenClass) -> Option<SemanticTokenType> {
    Some(match class {
        TokenClass::Keyword => SemanticTokenType::KEYWORD,
        TokenClass::Builtin => SemanticTokenType::FUNCTION,
        TokenClass::Name => SemanticTokenType::VARIABLE,
        TokenClass::Number => SemanticTokenType::NUMBER,
        TokenClass::Text => SemanticTokenType::STRING,
        TokenClass::Comment => SemanticTokenType::COMMENT,
        TokenClass::Doc => SemanticTokenType::new("documentation"),
        TokenClass::Ket => SemanticTokenType::ENUM_MEMBER,
        TokenClass::Operator => SemanticTokenType::OPERATOR,
        TokenClass::Bracket => return None,
    })
}

/// The tokens of a document, with positions relative to the previous token.
pub(super) fn tokens(workspace: &Workspace, uri: &Uri) -> Option<SemanticTokens> {
    let document = workspace.document(uri)?;
    let lines = Lines::new(&document.text, workspace.encoding);
    let legend = legend().token_types;
    let mut data = Vec::new();
    let (mut line, mut start) = (0, 0);
    for (at, class) in classify(&document.text) {
        let Some(kind) = token_type(class).and_then(|t| legend.iter().position(|l| *l == t)) else { continue };
        let position = lines.position(at.start);
        let delta_line = position.line - line;
        data.push(SemanticToken {
            delta_line,
            delta_start: if delta_line == 0 { position.character - start } else { position.character },
            length: narrow(lines.length(&document.text[at])),
            token_type: narrow(kind),
            token_modifiers_bitset: 0,
        });
        (line, start) = (position.line, position.character);
    }
    Some(SemanticTokens { result_id: None, data })
}
