//! Habits that only the place of the rejected token reveals.

use super::super::grammar::Rule;
use super::super::messages::{Context, Refusal};
use super::super::scan::{Kind, Token, scan, scan_from};
use super::super::words as language;
use super::terms::closing;
use super::words::{Row, Write, is_counted, is_unit};
use crate::builtins::{Builtin, lookup};
use crate::diagnostic::Diagnostic;

impl Refusal<'_> {
    /// Adds an edit, unless a block has been left out of the piece between its ends.
    pub(in crate::syntax) fn fix(
        &self,
        problem: Diagnostic,
        (start, end): (usize, usize),
        new: impl Into<String>,
    ) -> Diagnostic {
        let span = self.place.span(start, end);
        let whole = if start == end { span.start == span.end } else { (span.end - span.start) as usize == end - start };
        if whole { problem.fix(span, new) } else { problem }
    }

    pub(in crate::syntax) fn habit_of_place(&self) -> Option<Diagnostic> {
        self.decimal_comma()
            .or_else(|| self.other_token())
            .or_else(|| self.missing_name())
            .or_else(|| self.missing_comma())
            .or_else(|| self.trace_out())
            .or_else(|| self.sweep_values())
            .or_else(|| self.slice())
            .or_else(|| self.extra_word())
            .or_else(|| self.function_without_brackets())
            .or_else(|| self.text_without_quotes())
            .or_else(|| self.plot_without_braces())
            .or_else(|| self.curve_against())
    }

    /// A line that begins with the word of a habit.
    pub(in crate::syntax) fn other_word(&self, head: Token<'_>, message: String, row: &Row) -> Diagnostic {
        let problem = self.at(head, message, "not a word of the language").help(row.help);
        match row.write {
            Write::Nothing => problem,
            Write::Word(word) => self.fix(problem, (head.start, head.end()), word),
            Write::Bare(word) => {
                let whole = self.text.trim_end().len();
                let open = self.after(head).filter(|open| open.text == "(");
                match open.filter(|open| closing(self.text, open.start) == Some(whole)) {
                    None => self.fix(problem, (head.start, head.end()), word),
                    Some(open) => {
                        let inside = self.text[open.end()..whole - 1].trim();
                        self.fix(problem, (head.start, whole), format!("{word} {inside}"))
                    }
                }
            }
        }
    }

    /// `X(a)` as a statement without brackets, and `H(s, u) = …` without a word.
    pub(in crate::syntax) fn word_before(&self, head: Token<'_>, message: &str) -> Option<Diagnostic> {
        let next = self.after(head)?;
        let problem = self.at(head, message, "not a word of the language");
        let acts = matches!(lookup(head.text), Some(Builtin::Operator(_) | Builtin::Gate(_) | Builtin::Channel(_)));
        if self.context == Context::Statement && acts && next.kind == Kind::Word {
            let arguments = self.text[next.start..].trim_end();
            let problem = problem.help("a gate acts with `apply X(s)`");
            let whole = (head.start, next.start + arguments.len());
            return Some(self.fix(problem, whole, format!("apply {}({arguments})", head.text)));
        }
        let operator = |token: Token<'_>| matches!(lookup(token.text), Some(Builtin::Operator(_)));
        let body = self.text.split_once('=').filter(|_| self.context == Context::Item && next.text == "(")?.1;
        let word = if scan(body).any(operator) { "hamiltonian" } else { "def" };
        let problem = problem.help(format!("write `{word} {}(…) = …`; a unitary is a `gate`", head.text));
        Some(self.fix(problem, (head.start, head.start), format!("{word} ")))
    }

    /// `for γ in [0, 1] { … }` in an experiment.
    pub(in crate::syntax) fn loop_of_an_experiment(&self, head: Token<'_>, message: &str) -> Option<Diagnostic> {
        if self.context != Context::Experiment || !matches!(head.text, "for" | "while" | "repeat") {
            return None;
        }
        let body = &self.text[head.end()..self.text.find(['{', ':']).unwrap_or(self.text.len())];
        let sweep = body.split_once(" in ").map(|(name, values)| (name.trim(), values.trim()));
        let line = match sweep {
            Some((name, values)) => match ends(values) {
                Some((a, b)) => format!("sweep {name} = linspace({a}, {b}, 11)"),
                None => format!("sweep {name} = {values}"),
            },
            None => "sweep γ = [0.1, 0.2]".to_owned(),
        };
        let problem = self.at(head, message, "an experiment has no loops");
        Some(problem.help(format!("the run is repeated for each value of a parameter by `{line}`, beside its `run`")))
    }

    /// `def step():` and `def f(x):`
    pub(in crate::syntax) fn python_definition(&self, colon: Token<'_>) -> Diagnostic {
        let name = self.head.and_then(|head| self.after(head)).map_or("f", |name| name.text);
        let message = format!("`:` does not begin the block of `{name}`");
        let problem = self.at(colon, message, "not `:`");
        match name {
            "step" => problem.help("the step is `step { … }`: write `step {` here, and `}` at its end"),
            _ => problem.help(format!(
                "a definition is `def {name}(x) = …` on one line, without `return`; statements of a step are a `sequence {name}(s) {{ … }}`"
            )),
        }
    }

    /// `x = 3` without a word before it.
    pub(in crate::syntax) fn without_a_word(&self, head: Token<'_>, problem: Diagnostic) -> Diagnostic {
        let value = self.after(head).and_then(|equals| self.after(equals));
        if let Some(measure) = value.filter(|value| value.text == "measure" && self.context == Context::Statement) {
            let line = format!("{} as {}", self.text[measure.start..].trim_end(), head.text);
            let problem = problem.help("an outcome gets its name with `as`: `measure X(e) as r`");
            return self.fix(problem, (head.start, self.text.trim_end().len()), line);
        }
        if let Some(value) = value.filter(|_| self.context == Context::Experiment) {
            let call = self.text[value.start..].contains('(');
            let problem = problem.help(format!(
                "a number computed from the series is `let {0} = …`, the value of a parameter `set {0} = …`",
                head.text
            ));
            return self.fix(problem, (head.start, head.start), if call { "let " } else { "set " });
        }
        let operator = |token: Token<'_>| {
            let call = self.text[token.end()..].starts_with('(');
            token.kind == Kind::Word && call && matches!(lookup(token.text), Some(Builtin::Operator(_)))
        };
        let word = match value {
            _ if self.context != Context::Item => "let",
            Some(value) if value.kind == Kind::Ket => "system",
            Some(value) if value.text == "<" || value.text == "⟨" => "observe",
            _ if scan(self.text).any(operator) => "hamiltonian",
            _ => "param",
        };
        let problem = problem.help(format!("write `{word} {} = …`", head.text));
        self.fix(problem, (head.start, head.start), format!("{word} "))
    }

    /// `plot { p vs n }`
    pub(in crate::syntax) fn bare_curve(&self, head: Token<'_>, problem: Diagnostic) -> Diagnostic {
        let next = self.after(head);
        let ends =
            next.is_none_or(|next| matches!(next.text, "," | "vs" | "against") || language::STYLE.contains(&next.text));
        if !ends {
            return problem.help(self.context.words_here());
        }
        let problem = self.fix(problem, (head.start, head.start), "line ");
        match next.filter(|next| matches!(next.text, "vs" | "against")) {
            Some(vs) => self.not_against(problem, vs),
            None => problem.help("a curve is a `line`, drawn over the number of the collision"),
        }
    }

    /// Removes `vs n`.
    fn not_against(&self, problem: Diagnostic, vs: Token<'_>) -> Diagnostic {
        let other = self.after(vs);
        let time = other.is_some_and(|other| matches!(other.text, "n" | "N" | "t" | "time"));
        let problem = problem.help(
            "a curve is a `line` over the number of the collision n, or in a sweep over the swept parameter; `line y \
             against x` is over another series",
        );
        let from = self.text[..vs.start].trim_end().len();
        match other.filter(|_| time) {
            Some(other) => self.fix(problem, (from, other.end()), ""),
            None => self.fix(problem, (vs.start, vs.end()), "against"),
        }
    }

    /// `line p vs n`
    fn curve_against(&self) -> Option<Diagnostic> {
        let vs = self.found.filter(|f| self.context == Context::Plot && matches!(f.text, "vs" | "versus" | "over"))?;
        Some(self.not_against(self.at(vs, format!("unexpected `{}`", vs.text), "here"), vs))
    }

    /// `0,25`
    fn decimal_comma(&self) -> Option<Diagnostic> {
        let comma = self.found.filter(|found| found.text == ",")?;
        let whole =
            self.before.filter(|b| b.kind == Kind::Number && b.end() == comma.start && !b.text.contains('.'))?;
        let part = self.after(comma).filter(|part| part.kind == Kind::Number && part.start == comma.end())?;
        let digits = part.text.chars().all(|c| c.is_ascii_digit());
        digits.then(|| {
            let message = format!("`{}` is not a number", &self.text[whole.start..part.end()]);
            let problem = self.at(comma, message, "a comma separates two values").help("a number has a decimal point");
            self.fix(problem, (comma.start, comma.end()), ".")
        })
    }

    /// `trace out e`
    fn trace_out(&self) -> Option<Diagnostic> {
        let head = self.head.filter(|head| head.text == "trace")?;
        let found = self.found.filter(|found| found.kind == Kind::Word)?;
        let problem = self.at(found, "`trace` is followed by the name of a rule alone", "here");
        let problem = problem.help("a unit is traced out with `discard`, a rule with `trace NAME`");
        Some(self.fix(problem, (head.start, found.start), "discard "))
    }

    /// `sweep γ in [0, 1]`, `sweep γ = 0..1`, `sweep γ from 0 to 1`
    fn sweep_values(&self) -> Option<Diagnostic> {
        let found = self.found.filter(|_| self.head_is("sweep") || self.head_is("set") || self.head_is("collect"))?;
        let equals = self.expected.contains(&Rule::equals);
        let help = "the values of a sweep are `linspace(a, b, k)`, `logspace(a, b, k)` or a list";
        if equals && matches!(found.text, "in" | "from" | "to" | ":") {
            let problem = self.at(found, format!("expected `=`, found `{}`", found.text), "here");
            if !self.head_is("sweep") {
                return Some(self.fix(problem.help("a definition has `=`"), (found.start, found.end()), "="));
            }
            let rest = &self.text[found.end()..];
            return Some(match ends(rest) {
                Some((a, b)) => self.fix(
                    problem.help(help),
                    (found.start, self.text.trim_end().len()),
                    format!("= linspace({a}, {b}, 11)"),
                ),
                None => self.fix(problem.help(help), (found.start, found.end()), "="),
            });
        }
        if self.head_is("sweep") && found.kind == Kind::Number && self.before.is_some_and(|b| b.text == ",") {
            let from = self.text[..found.start].rfind('=')? + 1;
            let values = self.text[from..].trim();
            let problem = self.at(found, "the values of a sweep are a list", "here").help(help);
            return Some(self.fix(problem, (from, self.text.trim_end().len()), format!(" [{values}]")));
        }
        if !self.head_is("sweep") || !matches!(found.text, ".." | ":" | "to") {
            return None;
        }
        let from = self.text[..found.start].rfind('=')? + 1;
        let (a, b) = ends(&self.text[from..])?;
        let problem = self.at(found, format!("unexpected `{}`", found.text), "here").help(help);
        Some(self.fix(problem, (from, self.text.trim_end().len()), format!(" linspace({a}, {b}, 11)")))
    }

    /// `p[5:10]`
    fn slice(&self) -> Option<Diagnostic> {
        let colon = self.found.filter(|found| found.text == ":" && self.expected.contains(&Rule::rbracket))?;
        Some(self.at(colon, "a series has no slices", "here").help(
            "`at(x, 10)` is one value of a series; a whole series is `last(x)`, `mean(x)`, `max(x)`; windows are `pearson(x, y, width = 140)`",
        ))
    }

    /// A unit, or a word that only counts, after a number.
    fn extra_word(&self) -> Option<Diagnostic> {
        let found = self.found?;
        let before = self.before?;
        let head = self.head.filter(|head| head.text == "run");
        if head.is_some() && before.text == "until" && self.text.trim_start().starts_with("run until") {
            let problem = self.at(found, "`run` is followed by the largest number of collisions", "here");
            return Some(self.fix(
                problem.help("write it like `run 10000 until last(x) < 0.1`"),
                (before.start, before.start),
                "10000 ",
            ));
        }
        if let Some(head) =
            self.head.filter(|head| head.text == "evolve" && found.text == "=" && before.kind == Kind::Word)
        {
            let problem =
                self.at(found, "the duration has no name", "here").help("write it like `evolve H(s, e) for 0.1`");
            let value = self.after(found).map_or(found.end(), |value| value.start);
            return Some(if head.start < before.start {
                self.fix(problem, (before.start, value), "")
            } else {
                problem
            });
        }
        if let Some(head) = head.filter(|_| before.text == "for" || found.text == "=") {
            let problem = self.at(found, "`run` is followed by the number of collisions alone", "here");
            let end = if found.text == "=" { found.end() } else { before.end() };
            return Some(self.fix(problem.help("write it like `run 2000`"), (head.end(), end), ""));
        }
        if found.kind != Kind::Word || before.kind != Kind::Number {
            return None;
        }
        let remove = |problem| self.fix(problem, (before.end(), found.end()), "");
        let counts = ["run", "repeat", "trajectories", "environment"].iter().any(|word| self.head_is(word));
        if counts && is_counted(found.text) {
            let message = format!("a number is enough here, found `{}`", found.text);
            let example = self.head.and_then(|head| language::example(head.text)).unwrap_or("run 2000");
            return Some(remove(self.at(found, message, "delete it").help(format!("write it like `{example}`"))));
        }
        if matches!(found.text, "deg" | "degree" | "degrees") {
            let problem = self.at(found, "numbers have no units", "a unit").help("angles are in radians");
            return Some(self.fix(problem, (before.end(), found.end()), "*π/180"));
        }
        is_unit(found.text).then(|| {
            let problem = self.at(found, "numbers have no units", "a unit").help(
                "ħ = k_B = 1: write energies, frequencies and temperatures as multiples of one frequency, and times as multiples of its inverse",
            );
            let problem = if found.text.len() == 1 {
                problem.help(format!("for a product with `{0}`, write `{1}*{0}`", found.text, before.text))
            } else {
                problem
            };
            remove(problem)
        })
    }

    /// Two factors without an operator.
    pub(in crate::syntax) fn product(&self, found: Token<'_>) -> Option<Diagnostic> {
        let before = self.before.filter(|before| before.ends_operand() && before.text != ">" && before.text != "'")?;
        let factor = matches!(found.kind, Kind::Word | Kind::Ket | Kind::Number) || matches!(found.text, "(" | "√");
        let style = self.context == Context::Plot && before.kind != Kind::Number;
        let style = style || self.context == Context::Plot && language::STYLE.contains(&found.text);
        let follows =
            ["for", "with", "keep", "until", "and", "or", "on", "in", "as", "else", "seed", "to"].contains(&found.text);
        let numbers = before.kind == Kind::Number && found.kind == Kind::Number;
        let operator = self.expected.contains(&Rule::add);
        let keyword = self.head.is_some_and(|head| head.start == before.start);
        // What follows the Hamiltonian may be the duration, and what follows a measured operator the outcome.
        let rest = &self.text[found.start..];
        let lacks = |rule, word| self.expected.contains(&rule) && !rest.contains(word);
        let operator_in_words = matches!(found.text, "plus" | "minus" | "times") || before.text == "lambda";
        if lacks(Rule::kw_for, " for ") || lacks(Rule::kw_as, " as ") || operator_in_words {
            return None;
        }
        (factor && operator && !follows && !style && !numbers && !keyword).then(|| {
            let message = format!("there is no operator between `{}` and `{}`", before.text, found.text);
            let problem = self.at(found, message, "is this a product?").help("a product is written with `*`");
            let problem = self.fix(problem, (before.end(), found.start), "*");
            self.more_products(problem, found)
        })
    }

    /// Adds the `*` between the factors after the first pair, up to a word of the statement.
    fn more_products(&self, mut problem: Diagnostic, from: Token<'_>) -> Diagnostic {
        let tokens: Vec<Token<'_>> = scan(self.text).filter(|token| token.start >= from.start).collect();
        let head = self.head.map_or("", |head| head.text);
        for pair in tokens.windows(2) {
            let [left, right] = pair else { break };
            if language::inside(head).contains(&right.text) {
                break;
            }
            let apart = left.end() < right.start || left.text == ")";
            let factors = matches!(left.kind, Kind::Word | Kind::Number) || left.text == ")";
            let word = right.kind == Kind::Word && !matches!(right.text, "and" | "or" | "not");
            if apart && factors && word && left.ends_operand() {
                problem = self.fix(problem, (left.end(), right.start), "*");
            }
        }
        problem
    }

    /// `sqrt 2`
    fn function_without_brackets(&self) -> Option<Diagnostic> {
        let found = self.found.filter(|f| matches!(f.kind, Kind::Word | Kind::Number))?;
        let name = self.before.filter(|b| b.kind == Kind::Word)?;
        let builtin = lookup(name.text)?;
        let function = matches!(builtin, Builtin::Function(Some(_), _));
        let acts = matches!(builtin, Builtin::Operator(_) | Builtin::Gate(_) | Builtin::Channel(_));
        let acts = acts && self.head_is("apply") && found.kind == Kind::Word;
        ((function || acts) && self.expected.contains(&Rule::lparen)).then(|| {
            let message = format!("the argument of `{}` is in brackets", name.text);
            let problem = self.at(found, message, "here");
            let end = if acts { self.text.trim_end().len() } else { self.operand_end(found) };
            let new = format!("{}({})", name.text, &self.text[found.start..end]);
            self.fix(problem.help(format!("call it as `{}(x)`", name.text)), (name.start, end), new)
        })
    }

    /// The end of the operand that begins with a token: `2π`, `f(x)`, `s[1]`.
    fn operand_end(&self, first: Token<'_>) -> usize {
        let mut end = first.end();
        for token in scan_from(self.text, first.end()) {
            if token.start != end {
                break;
            }
            match token.kind {
                Kind::Word | Kind::Number => end = token.end(),
                Kind::Open => match closing(self.text, token.start) {
                    Some(close) => return close,
                    None => break,
                },
                _ => break,
            }
        }
        end
    }

    /// `color red`, `xlabel n`, `save p.csv p` and `'text'`
    fn text_without_quotes(&self) -> Option<Diagnostic> {
        let found = self.found?;
        let message = "a text is in double quotes";
        if found.text == "'" {
            let rest = &self.text[found.end()..];
            let problem = self.at(found, message, "`'` marks the next unit").help("write `\"…\"`");
            return Some(match rest.find('\'') {
                Some(length) => {
                    let end = found.end() + length + 1;
                    self.fix(problem, (found.start, end), format!("\"{}\"", &rest[..length]))
                }
                None => problem,
            });
        }
        let wanted = self.expected.iter().all(|rule| matches!(rule, Rule::text));
        if !wanted || !matches!(found.kind, Kind::Word | Kind::Number) {
            return None;
        }
        let rest = &self.text[found.start..];
        if self.head_is("save") && !rest.contains('.') {
            let problem = self.at(found, "`save` is followed by the name of a file", "here");
            let problem = problem.help("write it like `save \"x.csv\" x`");
            return Some(self.fix(problem, (found.start, found.start), format!("\"{}.csv\" ", found.text)));
        }
        let last = matches!(self.before.map_or("", |b| b.text), "title" | "xlabel" | "ylabel" | "y2label" | "colorbar");
        let length = if last { rest.trim_end().len() } else { rest.find([' ', ',', ';']).unwrap_or(rest.len()) };
        let problem = self.at(found, message, "here").help("write `\"…\"`");
        Some(self.fix(problem, (found.start, found.start + length), format!("\"{}\"", rest[..length].trim_end())))
    }

    /// `plot p`
    fn plot_without_braces(&self) -> Option<Diagnostic> {
        let head = self.head.filter(|head| head.text == "plot")?;
        let found = self.found.filter(|_| self.expected.contains(&Rule::lbrace))?;
        let values = self.text[found.start..].trim_end();
        let whole = found.start + values.len();
        let values = values.strip_prefix('(').and_then(|v| v.strip_suffix(')')).unwrap_or(values);
        let values = ["vs n", "vs t", "against n"].iter().find_map(|time| values.strip_suffix(time)).unwrap_or(values);
        let line = if language::PLOT.contains(&found.text) { "" } else { "line " };
        let message = format!("the block of `plot` is in braces, found {}", self.describe_found());
        let problem = self.at(found, message, "here").help("curves are lines of the block: `plot { line x }`");
        Some(self.fix(problem, (head.end(), whole), format!(" {{ {line}{} }}", values.trim_end())))
    }
}

/// The ends of a range of values in one of its spellings: `0..1`, `0 to 1`, `0:0.1:1`, `range(0, 1)`.
fn ends(text: &str) -> Option<(&str, &str)> {
    let text = text.trim();
    let (a, b) = text.split_once("..").or_else(|| text.split_once(" to ")).or_else(|| {
        let (a, rest) = text.split_once(':')?;
        Some((a, rest.rsplit_once(':').map_or(rest, |(_, b)| b)))
    })?;
    let plain = |part: &str| !part.is_empty() && !part.contains([',', ':', '[', '(']);
    let (a, b) = (a.trim(), b.trim());
    (plain(a) && plain(b)).then_some((a, b))
}
