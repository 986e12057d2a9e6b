//! Checks the arguments in a call of a measure against the measure's row in the table.

use super::program::Expr;
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::{Formula, MeasureRow, Subsystems};
use crate::source::Span;

/// The error for a call whose number of arguments does not fit the row of the measure; `None` if it fits.
pub(super) fn wrong_arguments(row: &MeasureRow, groups: &[Vec<Expr>], span: Span) -> Option<Diagnostic> {
    let count = groups.iter().map(Vec::len).sum::<usize>();
    let two_states = matches!(row.formula, Formula::WithState(_)) && groups.len() == 2;
    if two_states && groups.iter().all(|g| !g.is_empty()) {
        return None;
    }
    let (name, more) = (row.name, usize::from(row.takes_more()));
    let called = format!("call it as `{}`", row.signature());
    let wrong = |message: String, label: &str, help: String| {
        Some(Diagnostic::new(Code::WrongArguments, message, span, label).help(help))
    };
    let least = if row.subsystems == Subsystems::SomeOrAll { 0 } else { 1 };
    if count < least + more {
        let message = match row.formula {
            Formula::WithLevel(_) => format!("`{name}` needs a subsystem and a level"),
            Formula::WithState(_) => format!("`{name}` needs a subsystem and a state to compare it with"),
            Formula::WithOperator(_) => format!("`{name}` needs a subsystem and its Hamiltonian"),
            _ => format!("`{name}` needs a subsystem"),
        };
        return wrong(message, "too few arguments", called);
    }
    if matches!(row.formula, Formula::OfParts(_)) {
        let divided = groups.len() == 2 && groups.iter().all(|g| !g.is_empty());
        if divided || (groups.len() == 1 && count == 2) {
            return None;
        }
        let message = match count {
            1 => format!("`{name}` needs two parts, but only one subsystem is given"),
            _ => format!("`{name}` needs two parts, but the {count} subsystems are not divided into two"),
        };
        let help = format!("write two subsystems, `{name}(a, b)`, or two groups, `{name}(a | b, c)`");
        return wrong(message, "which parts?", help);
    }
    if groups.len() > 1 {
        let message = format!("`{name}` does not take groups separated by `|`");
        let help = format!("{called}; for the correlations between two parts, write `mutual_information(a | b)`");
        return wrong(message, "which parts?", help);
    }
    let found = count - more;
    let Subsystems::Exactly(k) = row.subsystems else { return None };
    if found == k {
        return None;
    }
    let what = if row.only_qubits.is_some() { "qubit" } else { "subsystem" };
    let of = match k {
        1 => format!("one {what}"),
        2 => format!("two {what}s"),
        k => format!("{k} {what}s"),
    };
    let given = if found == 1 { "one is given".into() } else { format!("{found} are given") };
    let help = match row.only_qubits.filter(|remedy| k > 1 && !remedy.contains("{a}")) {
        Some(remedy) => format!("{called}; {remedy}"),
        None => called,
    };
    wrong(format!("`{name}` takes {of}, but {given}"), "wrong number of subsystems", help)
}
