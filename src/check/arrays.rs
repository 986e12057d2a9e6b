//! Arrays: `system s[L]` stands for L systems s[1] … s[L], and `observe z[k in 1..L]` for the series z[1] … z[L].
//!
//! Contract: afterwards each element is a definition of its own, named like `s[3]`. A program is valid for the sizes for
//! which it was checked; [`Program::sizes`](super::Program::sizes) holds the parameters that determine them.

use std::sync::Arc;

use super::collect::{Collected, Def, Observed};
use super::experiments::assignment;
use super::numbers::{Given, Numbers, Sets};
use super::program::{Expr, Named, SubsystemId};
use super::resolve::{Globals, Place, Resolver};
use super::statements;
use crate::ast;
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// The most elements of one array.
const MOST_ELEMENTS: i64 = 256;

/// The most elements of all arrays together.
const MOST_ELEMENTS_OF_ALL: usize = 4096;

/// `system s[L]` or `environment e[L]`
#[derive(Debug, Clone)]
pub struct Array {
    /// The name without an index.
    pub name: Named,
    /// The elements 1, 2, ….
    pub members: Vec<SubsystemId>,
}

/// `observe z[k in 1..L] = MEASURE`
#[derive(Debug, Clone)]
pub struct SeriesArray {
    /// The name without an index.
    pub name: Named,
    /// The index as written: the `k` of `z[k in 1..L]`.
    pub index: String,
    /// The indices of the elements, in the order of their series.
    pub indices: Vec<i64>,
}

/// The name of an element.
pub(super) fn element(name: &Named, index: i64) -> Named {
    let of = |name: &str| format!("{name}[{index}]");
    Named { text: of(&name.text), key: of(&name.key), ..name.clone() }
}

/// The key of an array, from that of one of its elements.
pub(super) fn base(key: &str) -> &str {
    key.split('[').next().unwrap_or(key)
}

/// The numbers from which sizes are computed. `globals` are those of the script in which arrays still count as one
/// subsystem.
pub(super) fn numbers(c: &Collected<'_>, globals: &Globals, given: &Given) -> Numbers {
    let mut elsewhere = Vec::new(); // mistakes that are reported when the definitions are resolved
    let mut params: Vec<Expr> =
        c.params.iter().map(|d| Resolver::new(globals, Place::Param).expr(&d.value.value)).collect();
    for (id, value) in c.sets.iter().filter_map(|a| assignment(globals, a, &mut elsewhere)) {
        params[id.0] = value;
    }
    let body =
        |d: &Def<'_, ast::FunctionDecl>| Arc::new(statements::resolver(globals, &d.value.args).expr(&d.value.body));
    let functions = c.functions.iter().map(body).collect();
    Numbers { params, functions, given: given.clone(), ..Numbers::default() }
}

/// Replaces each array by its elements.
pub(super) fn unroll(c: &mut Collected<'_>, globals: &Globals, numbers: &Numbers, errors: &mut Vec<Diagnostic>) {
    let mut all = 0;
    for (def, span) in std::mem::take(&mut c.subsystems) {
        let Some(size) = size_of(&def) else {
            c.subsystems.push((def, span));
            continue;
        };
        let size = size_in(size, &def.name.text, globals, numbers).unwrap_or_else(|problem| {
            errors.extend(problem);
            1
        });
        all += size;
        if all > MOST_ELEMENTS_OF_ALL {
            errors.push(too_many(def.name.span));
            continue;
        }
        let first = c.subsystems.len();
        c.arrays.push(Array { name: def.name.clone(), members: (first..first + size).map(SubsystemId).collect() });
        for k in 1..=size {
            let name = element(&def.name, i64::try_from(k).expect("at most 256"));
            c.subsystems.push((Def { name, value: def.value }, span));
        }
    }
    for Observed { def, .. } in std::mem::take(&mut c.observables) {
        let Some(iteration) = &def.value.elements else {
            c.observables.push(Observed { def, index: None });
            continue;
        };
        let indices = indices_of(iteration, globals, numbers, &[]).unwrap_or_else(|problems| {
            errors.extend(problems);
            Vec::new()
        });
        all += indices.len();
        if all > MOST_ELEMENTS_OF_ALL {
            errors.push(too_many(def.name.span));
            continue;
        }
        c.series_arrays.push(SeriesArray {
            name: def.name.clone(),
            index: iteration.index.text.clone(),
            indices: indices.clone(),
        });
        for k in indices {
            let def = Def { name: element(&def.name, k), value: def.value };
            c.observables.push(Observed { def, index: Some((iteration.index.key.clone(), k)) });
        }
    }
}

/// The size in the declaration of a subsystem, if it is an array.
fn size_of<'a>(def: &Def<'a, ast::SubsystemDecl>) -> Option<&'a ast::Expr> {
    def.value.names.iter().find(|d| d.name.key == def.name.key)?.size.as_ref()
}

/// The number of elements of an array.
fn size_in(size: &ast::Expr, array: &str, globals: &Globals, numbers: &Numbers) -> Result<usize, Vec<Diagnostic>> {
    let mut resolver = Resolver::new(globals, Place::Param);
    let e = resolver.expr(size);
    if !resolver.errors.is_empty() {
        return Err(resolver.errors);
    }
    let what = format!("the size of `{array}`");
    let size = numbers.whole(&e, &what, &[]).map_err(|problem| problem.into_iter().collect::<Vec<_>>())?;
    if (1..=MOST_ELEMENTS).contains(&size) {
        return Ok(usize::try_from(size).expect("at most 256"));
    }
    let message = format!("{what} must be from 1 to {MOST_ELEMENTS}, but this is {size}");
    let help = format!("write a size from 1 to {MOST_ELEMENTS}; without brackets, `{array}` is one subsystem");
    Err(vec![Diagnostic::new(Code::ArraySize, message, e.span, "not a size").help(help)])
}

/// The values of the index of an array of series.
pub(super) fn indices_of(
    iteration: &ast::Iteration,
    globals: &Globals,
    numbers: &Numbers,
    sets: &Sets,
) -> Result<Vec<i64>, Vec<Diagnostic>> {
    let mut resolver = Resolver::new(globals, Place::Param);
    let range = resolver.range(&iteration.range);
    if !resolver.errors.is_empty() {
        return Err(resolver.errors);
    }
    let indices = numbers.range(&range, sets).map_err(|problem| problem.into_iter().collect::<Vec<_>>())?;
    match (super::collect::reserved(&iteration.index), i64::try_from(indices.len())) {
        (Some(d), _) => Err(vec![d]),
        (None, Ok(0..=MOST_ELEMENTS)) => Ok(indices),
        _ => Err(vec![
            Diagnostic::new(
                Code::ArraySize,
                format!("an array has at most {MOST_ELEMENTS} series, but this range has {} indices", indices.len()),
                range.span,
                "too many",
            )
            .help("observe fewer elements"),
        ]),
    }
}

fn too_many(at: Span) -> Diagnostic {
    let message = format!("all arrays together have more than {MOST_ELEMENTS_OF_ALL} elements");
    Diagnostic::new(Code::ArraySize, message, at, "the first one over the limit").help("declare smaller arrays")
}

/// The error for an index that an array does not have.
pub(crate) fn out_of_range(array: &Array, index: i64, span: Span) -> Diagnostic {
    let (name, size) = (&array.name.text, array.members.len());
    let message = match size {
        1 => format!("there is no `{name}[{index}]`: the only element is `{name}[1]`"),
        _ => format!("there is no `{name}[{index}]`: the elements are `{name}[1]` to `{name}[{size}]`"),
    };
    Diagnostic::new(Code::NoElement, message, span, format!("index {index}"))
        .label(array.name.span, "declared here")
        .help(format!("write an index from 1 to {size}, or declare a larger array"))
}

/// The error for the name of an array where one element is needed.
pub(super) fn needs_index(what: &str, name: &ast::Name, first: i64) -> Diagnostic {
    let message = format!("`{}` is an array of {what}, but one of them is needed here", name.text);
    Diagnostic::new(Code::NeedsIndex, message, name.span, "which element?").help(format!(
        "write `{0}[{first}]`; for all of them `for k in 1..L {{ … {0}[k] … }}` or `sum(k in 1..L, …)`",
        name.text
    ))
}
