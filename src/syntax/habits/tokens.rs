//! Tokens at which a statement goes on in another way.

use super::super::grammar::Rule;
use super::super::messages::Refusal;
use super::super::scan::{Kind, Token};
use super::super::words as language;
use crate::diagnostic::Diagnostic;

/// A token that the grammar rejects: the first words of the statements, the rule that was expected, the token, what to
/// write instead, and why.
struct Row(&'static [&'static str], Option<Rule>, &'static [&'static str], &'static str, &'static str);

const RANGES: &[&str] = &["xrange", "yrange", "y2range", "colorrange"];

const ROWS: &[Row] = &[
    Row(&["for"], Some(Rule::kw_in), &["=", "∈", ":", "from"], "in", "an index and its range are written `k in 1..L`"),
    Row(
        &["with"],
        Some(Rule::kw_probability),
        &["prob", "p", "chance", "proba"],
        "probability",
        "a random branch is `with probability p { … }`",
    ),
    Row(
        &["evolve"],
        Some(Rule::kw_for),
        &["during", "over", "by", ",", ":", "t", "time"],
        "for",
        "a Hamiltonian acts for a duration: `evolve H for t`",
    ),
    Row(&["run"], None, &["while"], "until not", "a run ends when the condition of `until` holds"),
    Row(
        &["reset", "start", "param", "set", "let", "system", "environment"],
        Some(Rule::equals),
        &["to", "is", "as", "be", ":", "<", "in"],
        "=",
        "the value comes after `=`",
    ),
    Row(&["save"], None, &[","], "", "the names of the series come directly after the file: `save \"x.csv\" x, y`"),
    Row(RANGES, None, &["..", ":", "to"], ",", "the limits of an axis are separated by a comma: `xrange 0, 2000`"),
];

impl Refusal<'_> {
    /// A token of [`ROWS`].
    pub(super) fn other_token(&self) -> Option<Diagnostic> {
        let (head, found) = (self.head?, self.found?);
        let fits = |row: &&Row| {
            let Row(heads, rule, tokens, ..) = row;
            heads.contains(&head.text)
                && tokens.contains(&found.text)
                && rule.is_none_or(|r| self.expected.contains(&r))
        };
        let Row(_, _, _, new, help) = ROWS.iter().find(fits)?;
        // `param γ in 0..1` has its range before its value.
        if found.text == "in" && head.text == "param" {
            return None;
        }
        let problem = self.at(found, format!("unexpected `{}`", found.text), "here").help(*help);
        let start = if found.text == "," { self.before.map_or(found.start, |b| b.end()) } else { found.start };
        let new =
            if found.text == "," && !new.is_empty() && *new != "," { format!(" {new}") } else { (*new).to_owned() };
        let end =
            if found.text == ":" && self.text[found.end()..].starts_with('=') { found.end() + 1 } else { found.end() };
        Some(self.fix(problem, (start, end), new))
    }

    /// `observe population(a, 1)` and `collect last(p)`
    pub(super) fn missing_name(&self) -> Option<Diagnostic> {
        let head = self.head.filter(|head| matches!(head.text, "observe" | "record" | "collect"))?;
        let found = self.found.filter(|_| !self.text.contains('='))?;
        let first = self.after(head)?;
        let call = found.text == "(" && self.before.is_some_and(|before| before.start == first.start);
        if !call && found.start != first.start {
            return None;
        }
        let problem = self.at(found, format!("expected a name and `=` after `{}`", head.text), "here");
        let problem = problem.help(format!("write it like `{}`", language::example(head.text).unwrap_or_default()));
        Some(self.fix(problem, (first.start, first.start), "value = "))
    }

    /// `system a b = |0>` and `xrange 0 5`
    pub(super) fn missing_comma(&self) -> Option<Diagnostic> {
        let (before, found) = (self.before?, self.found?);
        let names = before.kind == Kind::Word && found.kind == Kind::Word && !self.expected.contains(&Rule::add);
        let numbers = before.kind == Kind::Number && found.kind == Kind::Number;
        let keyword = self.head.is_some_and(|head| head.start == before.start)
            || language::inside(self.head.map_or("", |head| head.text)).contains(&found.text)
            || language::STYLE.contains(&found.text);
        if !self.expected.contains(&Rule::comma) || keyword || !(names || numbers) {
            return None;
        }
        let message = format!("there is no comma between `{}` and `{}`", before.text, found.text);
        let problem = self.at(found, message, "here").help("names and values of a list are separated by commas");
        Some(self.fix(problem, (before.end(), found.start), ", "))
    }

    /// `evolve H(a, e) 0.1`
    pub(in crate::syntax) fn missing_duration(&self, problem: Diagnostic) -> Diagnostic {
        match self.found.filter(|found| matches!(found.kind, Kind::Number | Kind::Word)) {
            Some(number) => self.fix(problem, (number.start, number.start), "for "),
            None => problem,
        }
    }

    /// `use "name.carom"`
    pub(in crate::syntax) fn use_without_quotes(&self, problem: Diagnostic) -> Diagnostic {
        let text = self.found.filter(|found| found.kind == Kind::Text);
        let name = |text: Token<'_>| text.text.trim_matches('"').trim_end_matches(".carom").to_owned();
        match text.filter(|text| crate::syntax::is_name(&name(*text))) {
            Some(text) => self.fix(problem, (text.start, text.end()), name(text)),
            None => problem,
        }
    }
}
