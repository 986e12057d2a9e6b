//! Checks an expression outside of any script, such as one typed into a session.

use super::program::{Expr, Program, SeriesId};
use super::resolve::{Place, Resolver};
use super::ty::Type;
use super::{globals_of, types};
use crate::diagnostic::Diagnostic;
use crate::source::SourceMap;
use crate::syntax;

/// Checks an expression that may read the state and name the given series. `series` holds their names and types, in the
/// order of their ids. The text is added to `sources` under `name`.
///
/// # Errors
/// Syntax errors, unknown names, and types that do not fit.
pub fn expression(
    name: &str,
    text: &str,
    program: &Program,
    series: &[(String, Type)],
    sources: &mut SourceMap,
) -> Result<Expr, Vec<Diagnostic>> {
    let source = sources.add(name, text);
    let parsed = syntax::parse_expression(source, text)?;
    let globals = globals_of(program);
    let mut resolver = Resolver::new(&globals, Place::Measure);
    for (i, (written, _)) in series.iter().enumerate() {
        resolver.series.insert(syntax::canonical(written), SeriesId(i));
    }
    let mut expr = resolver.expr(&parsed);
    let mut errors = std::mem::take(&mut resolver.errors);
    if !errors.is_empty() {
        return Err(errors);
    }
    let known = series.iter().enumerate().map(|(i, (_, ty))| (SeriesId(i), *ty)).collect();
    types::check_expression(program, known, &mut expr, &mut errors);
    if errors.is_empty() { Ok(expr) } else { Err(errors) }
}
