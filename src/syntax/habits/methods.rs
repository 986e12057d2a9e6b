//! Habits from Python: modules and methods.

use super::super::scan::{Kind, Token, scan_from};
use super::Habit;
use super::terms::closing;
use crate::builtins::{Builtin, lookup};

/// Names under which the modules of Python are usually imported.
const MODULES: &[&str] = &["np", "numpy", "math", "cmath", "scipy", "jnp", "qt", "qutip"];

/// `np.pi`, `qt.sigmax()`
pub(super) fn module(text: &str, token: Token<'_>) -> Option<Habit> {
    let rest = text[token.end()..].strip_prefix('.').filter(|_| MODULES.contains(&token.text))?;
    let end = token.end() + 1;
    rest.starts_with(char::is_alphabetic).then(|| {
        let message = format!("`{}.` has no meaning in a script", token.text);
        Habit::replace(token.start, end, "", message, "constants and functions are built in: `pi`, `sqrt(x)`")
    })
}

/// `A.dag()` and `p.mean()`
pub(super) fn method(text: &str, dot: Token<'_>, before: Option<Token<'_>>) -> Option<Habit> {
    let object = before.filter(|b| b.end() == dot.start)?;
    let mut after = scan_from(text, dot.end());
    let name = after.next().filter(|name| name.kind == Kind::Word && name.start == dot.end())?;
    let open = after.next().filter(|open| open.text == "(" && open.start == name.end())?;
    let end = closing(text, open.start)?;
    let arguments = text[open.end()..end - 1].trim();
    let message = format!("`.{}(…)` has no meaning in a script", name.text);
    if name.text == "dag" && arguments.is_empty() {
        return Some(Habit::replace(dot.start, end, "†", message, "the adjoint of A is `A†`, or `dag(A)`"));
    }
    let known = matches!(lookup(name.text), Some(Builtin::Function(..)));
    (known && object.kind == Kind::Word).then(|| {
        let more = if arguments.is_empty() { String::new() } else { format!(", {arguments}") };
        let new = format!("{}({}{more})", name.text, object.text);
        Habit::replace(object.start, end, new, message, "a function is called as `mean(x)`")
    })
}
