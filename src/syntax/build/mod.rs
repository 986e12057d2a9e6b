//! Pairs of the grammar → syntax tree.
//!
//! Contract: takes pairs that the grammar produced. There is one function per rule. It asserts its rule and takes all
//! its children in the order of the grammar. What the grammar cannot express (numbers in range, no chained comparisons,
//! depth of the tree) is reported in [`Builder::problems`]. The tree is then still well formed, but must not be used.

mod experiments;
mod expressions;
mod items;
mod statements;

use std::cell::RefCell;

use pest::iterators::{Pair, Pairs};

use super::Place;
use super::grammar::Rule;
use super::names::canonical;
use crate::ast::{Assignment, Name};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::Span;

/// Builds trees from the pairs of one text.
pub(super) struct Builder<'a> {
    place: &'a Place,
    problems: RefCell<Vec<Diagnostic>>,
}

impl<'a> Builder<'a> {
    pub(super) fn new(place: &'a Place) -> Self {
        Self { place, problems: RefCell::default() }
    }

    /// The mistakes found while building.
    pub(super) fn problems(self) -> Vec<Diagnostic> {
        self.problems.into_inner()
    }

    fn report(&self, problem: Diagnostic) {
        self.problems.borrow_mut().push(problem);
    }

    /// The span of a pair, without the trailing white space that pest's implicit white space includes.
    fn span(&self, pair: &Pair<'_, Rule>) -> Span {
        let start = pair.as_span().start();
        self.place.span(start, start + pair.as_str().trim_end().len())
    }

    fn name(&self, pair: &Pair<'_, Rule>) -> Name {
        Name { text: pair.as_str().to_owned(), key: canonical(pair.as_str()), span: self.span(pair) }
    }

    /// `"…"` without its quotes.
    fn text(pair: Pair<'_, Rule>) -> String {
        let mut children = Children::of(pair, Rule::text);
        let text = children.take(Rule::content).as_str().to_owned();
        children.end();
        text
    }

    /// `NAME = VALUE`
    fn binding(&self, pair: Pair<'_, Rule>) -> Assignment {
        let mut children = Children::of(pair, Rule::binding);
        let binding =
            Assignment { name: self.name(&children.take(Rule::name)), value: self.expr(children.take(Rule::expr)) };
        children.end();
        binding
    }

    /// The binding of a rule that consists of a word and a binding, such as `param`.
    fn only_binding(&self, pair: Pair<'_, Rule>, rule: Rule) -> Assignment {
        let mut children = Children::of(pair, rule);
        let binding = self.binding(children.take(Rule::binding));
        children.end();
        binding
    }
}

/// The children of a pair in order, without the words and marks that carry no further information.
struct Children<'i>(Pairs<'i, Rule>);

impl<'i> Children<'i> {
    /// The children of a pair. Asserts that the pair matches this rule.
    fn of(pair: Pair<'i, Rule>, rule: Rule) -> Self {
        assert_eq!(pair.as_rule(), rule, "the caller looked at the rule");
        Self(pair.into_inner())
    }

    /// The rule of the next child.
    fn peek(&mut self) -> Option<Rule> {
        while let Some(pair) = self.0.peek() {
            if !is_mark(pair.as_rule()) {
                return Some(pair.as_rule());
            }
            self.0.next();
        }
        None
    }

    /// The next child, if it matches this rule.
    fn maybe(&mut self, rule: Rule) -> Option<Pair<'i, Rule>> {
        if self.peek() == Some(rule) { self.0.next() } else { None }
    }

    /// The next child. The grammar guarantees that it matches this rule.
    fn take(&mut self, rule: Rule) -> Pair<'i, Rule> {
        self.maybe(rule).expect("the grammar has this child here")
    }

    /// The next child, whatever its rule.
    fn any(&mut self) -> Pair<'i, Rule> {
        self.peek();
        self.0.next().expect("the grammar has a child here")
    }

    /// The next children, as long as they match this rule.
    fn all(&mut self, rule: Rule) -> Vec<Pair<'i, Rule>> {
        std::iter::from_fn(|| self.maybe(rule)).collect()
    }

    /// Asserts that no child is left.
    fn end(mut self) {
        assert_eq!(self.peek(), None, "every child has been taken");
    }
}

/// Whether a rule is a word or mark that only identifies its parent rule.
fn is_mark(rule: Rule) -> bool {
    use Rule::{
        EOI, bar, colon, comma, dots, equals, kw_against, kw_apply, kw_as, kw_case, kw_collect, kw_column, kw_discard,
        kw_draw, kw_else, kw_evolve, kw_expect, kw_experiment, kw_for, kw_heatmap, kw_in, kw_input, kw_inset, kw_keep,
        kw_let, kw_measure, kw_observe, kw_on, kw_panels, kw_param, kw_plot, kw_postselect, kw_probability, kw_range,
        kw_record, kw_repeat, kw_reset, kw_run, kw_save, kw_seed, kw_set, kw_size, kw_spectrum, kw_start, kw_steady,
        kw_sweep, kw_trace, kw_trajectories, kw_uncorrelate, kw_until, kw_use, kw_when, kw_with, lbrace, lbracket,
        lparen, rbrace, rbracket, rparen,
    };
    #[rustfmt::skip]
    let mark = matches!(
        rule,
        EOI | bar | colon | comma | dots | equals | lbrace | lbracket | lparen | rbrace | rbracket | rparen
            | kw_against | kw_apply | kw_as | kw_case | kw_collect | kw_column | kw_discard | kw_draw | kw_else | kw_evolve | kw_expect
            | kw_experiment | kw_for | kw_heatmap | kw_in | kw_input | kw_inset | kw_keep | kw_let | kw_measure
            | kw_observe | kw_on | kw_panels | kw_param | kw_plot | kw_postselect | kw_probability | kw_range | kw_record
            | kw_repeat | kw_reset | kw_run | kw_save | kw_seed | kw_set | kw_size | kw_spectrum | kw_start | kw_steady | kw_sweep
            | kw_trace | kw_trajectories | kw_uncorrelate | kw_until | kw_use | kw_when | kw_with
    );
    mark
}

/// The diagnostic for a number beyond the range of a double.
fn number_out_of_range(text: &str, span: Span) -> Diagnostic {
    Diagnostic::new(Code::BadNumber, format!("the number {text} is out of range"), span, "too large")
        .help("numbers are at most about 1.8e308; write `inf` for infinity")
}
