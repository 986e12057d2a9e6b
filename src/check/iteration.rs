//! Loops, sums and products over an index, and the elements that an index names.

use super::arrays::{SeriesArray, element, needs_index};
use super::program::{Entity, Expr, ExprKind};
use super::resolve::{Place, Resolver};
use crate::ast::{self, BinaryOp, Name, Offset, Reducer, Reference};
use crate::diagnostic::{Code, Diagnostic};
use crate::quantum::C64;
use crate::source::Span;

/// `FIRST..LAST` or `range(FIRST, LAST, STEP)`; both ends belong to the range.
#[derive(Debug, Clone)]
pub struct IndexRange {
    /// The place of the range.
    pub span: Span,
    /// The first value.
    pub first: Expr,
    /// The last value, if the step leads to it.
    pub last: Expr,
    /// The step; 1 if `None`.
    pub step: Option<Expr>,
}

/// The index of a loop, a sum or a product.
#[derive(Debug, Clone)]
pub struct Iteration {
    /// The local that holds the index.
    pub local: usize,
    /// The index as written, for messages.
    pub name: String,
    /// The values of the index.
    pub range: IndexRange,
}

impl IndexRange {
    /// The expressions of the range.
    pub(crate) fn parts(&self) -> impl Iterator<Item = &Expr> {
        [&self.first, &self.last].into_iter().chain(&self.step)
    }

    /// The expressions of the range, to be typed.
    pub(super) fn parts_mut(&mut self) -> impl Iterator<Item = &mut Expr> {
        [&mut self.first, &mut self.last].into_iter().chain(&mut self.step)
    }
}

impl Resolver<'_> {
    pub(super) fn range(&mut self, range: &ast::IndexRange) -> IndexRange {
        IndexRange {
            span: range.span,
            first: self.expr(&range.first),
            last: self.expr(&range.last),
            step: range.step.as_ref().map(|step| self.expr(step)),
        }
    }

    /// Resolves what is in the scope of an index, held by the local `local`. The index hides other meanings of its name.
    pub(super) fn over<T>(
        &mut self,
        iteration: &ast::Iteration,
        local: usize,
        inside: impl FnOnce(&mut Self) -> T,
    ) -> (Iteration, T) {
        let range = self.range(&iteration.range);
        self.errors.extend(super::collect::reserved(&iteration.index));
        let scope = self.locals.clone();
        self.locals.insert(iteration.index.key.clone(), local);
        let inside = inside(self);
        self.locals = scope;
        (Iteration { local, name: iteration.index.text.clone(), range }, inside)
    }

    /// `sum(k in 1..L, TERM)`
    pub(super) fn reduction(
        &mut self,
        reducer: Reducer,
        iteration: &ast::Iteration,
        body: &ast::Expr,
        span: Span,
    ) -> ExprKind {
        if matches!(self.place, Place::Experiment | Place::Until) {
            return self.written_out(reducer, iteration, body, span);
        }
        let local = self.locals.values().max().map_or(0, |last| last + 1);
        let (iteration, body) = self.over(iteration, local, |resolver| resolver.expr(body));
        ExprKind::Reduction { reducer, iteration: Box::new(iteration), body: Box::new(body), operation: None }
    }

    /// A sum or product of an experiment, where the index selects series: its terms, with infix operators between them.
    fn written_out(&mut self, reducer: Reducer, iteration: &ast::Iteration, body: &ast::Expr, span: Span) -> ExprKind {
        self.errors.extend(super::collect::reserved(&iteration.index));
        let range = self.range(&iteration.range);
        let indices = match self.globals.numbers.range(&range, &self.sets) {
            Ok(indices) => indices,
            Err(problem) => {
                self.errors.extend(problem);
                return ExprKind::Error;
            }
        };
        let key = &iteration.index.key;
        let outside = self.constants.clone();
        let (known, mut terms) = (self.errors.len(), Vec::new());
        for k in indices {
            self.constants.insert(key.clone(), k);
            terms.push(self.expr(body));
            self.written += 1;
            if self.errors.len() > known || self.too_much_written(span) {
                break; // the other terms have the same mistakes
            }
        }
        self.constants = outside;
        let join = |lhs: Expr, rhs: Expr| {
            let (lhs, rhs) = (Box::new(lhs), Box::new(rhs));
            Expr::untyped(span, ExprKind::Binary { op: reducer.operator(), lhs, rhs, operation: None })
        };
        let neutral = if reducer.operator() == BinaryOp::Add { 0.0 } else { 1.0 };
        terms.into_iter().reduce(join).map_or(ExprKind::Number(C64::from(neutral)), |sum| sum.kind)
    }

    fn too_much_written(&mut self, span: Span) -> bool {
        if self.written <= MOST_WRITTEN {
            return false;
        }
        let message = format!("the sums of this expression have more than {MOST_WRITTEN} terms");
        let d = Diagnostic::new(Code::RangeTooLong, message, span, "too many terms");
        self.errors.push(d.help("compute a part of it in a `let`"));
        true
    }

    /// A name followed by an index: an element of an array. `None` if the name is not that of an array.
    pub(super) fn element(&mut self, r: &Reference) -> Option<ExprKind> {
        if self.array_of(r).is_some() {
            return Some(self.by_element(r).map_or(ExprKind::Error, |named| self.reference(&named)));
        }
        let Some(Entity::Array(id)) = self.globals.names.get(&r.name.key).copied() else { return None };
        let Offset::Index(index) = &r.offset else {
            self.errors.push(needs_index("subsystems", &r.name, 1));
            return Some(ExprKind::Error);
        };
        let (index, offset) = (Box::new(self.expr(index)), self.offset(&r.further, r.span));
        Some(ExprKind::Element { array: id, index, offset })
    }

    /// Reports two indices of what is not an array.
    pub(super) fn not_an_array(&mut self, r: &Reference) {
        let name = &r.name.text;
        let (message, help) = if self.locals.contains_key(&r.name.key) {
            (
                format!("`{name}` is one subsystem here, so it has no elements"),
                format!(
                    "the brackets of an argument count units: write `{name}'` or `{name}[k]`, and pass an element where it is used"
                ),
            )
        } else {
            (
                format!("`{name}` is not an array, so it has no elements"),
                format!(
                    "to declare an array, write `environment {name}[L] = …`; a single bracket or prime counts units"
                ),
            )
        };
        self.errors.push(Diagnostic::new(Code::NotAnArray, message, r.span, "two indices").help(help));
    }

    /// The reference with the name of the element, if it names an element of an array of series. `None` if there is no such
    /// element.
    pub(super) fn by_element(&mut self, r: &Reference) -> Option<Reference> {
        let Some(array) = self.array_of(r).cloned() else { return Some(r.clone()) };
        let name = self.series_element_name(&array, &r.name, &r.offset)?;
        Some(Reference { name, offset: r.further.clone(), further: Offset::None, ..r.clone() })
    }

    /// The array of series with this name, in the case that the reference names.
    fn array_of(&self, r: &Reference) -> Option<&SeriesArray> {
        let arrays = self.cases.arrays_in(r.case.as_deref()).unwrap_or(&self.series_arrays);
        arrays.iter().find(|array| array.name.key == r.name.key)
    }

    /// The name of the series that an index selects.
    pub(super) fn series_element_name(&mut self, array: &SeriesArray, name: &Name, offset: &Offset) -> Option<Name> {
        let indices = &array.indices;
        let Offset::Index(index) = offset else {
            self.errors.push(needs_index("series", name, indices.first().copied().unwrap_or(1)));
            return None;
        };
        let known = self.errors.len();
        let e = self.expr(index);
        if self.errors.len() > known {
            return None;
        }
        match self.globals.numbers.whole(&e, "the index of a series", &self.sets) {
            Ok(k) if indices.contains(&k) => {
                let named = element(&array.name, k);
                Some(Name { text: named.text, key: named.key, span: name.span.to(index.span) })
            }
            Ok(k) => {
                self.errors.push(no_series(array, k, name.span.to(index.span)));
                None
            }
            Err(problem) => {
                self.errors.extend(problem);
                None
            }
        }
    }
}

/// The error for `product` without an index, and for a range where there is no index.
pub(super) fn misplaced(name: &str, signature: &str, span: Span) -> Diagnostic {
    let message = format!("`{name}` belongs to an index: `for k in RANGE`, or `sum` and `product` over an index");
    let help =
        format!("write `{signature}`, as in `sum(k in range(1, L, 2), Z(s[k]))` or `product(k in 1..L, X(s[k]))`");
    Diagnostic::new(Code::WrongArguments, message, span, "no index").help(help)
}

/// The largest number of terms of all sums and products in one expression of an experiment.
const MOST_WRITTEN: usize = 256;

/// The error for an index that an array of series does not have.
fn no_series(array: &SeriesArray, index: i64, span: Span) -> Diagnostic {
    let name = &array.name.text;
    let message = match array.indices.as_slice() {
        [] => format!("there is no `{name}[{index}]`: the array is empty"),
        [only] => format!("there is no `{name}[{index}]`: the only element is `{name}[{only}]`"),
        [first, .., last] => {
            format!("there is no `{name}[{index}]`: the elements are `{name}[{first}]` to `{name}[{last}]`")
        }
    };
    Diagnostic::new(Code::NoElement, message, span, format!("index {index}"))
        .label(array.name.span, "observed here")
        .help("write an index in the range of the `observe`, or observe more elements")
}
