//! Messages for statements that the grammar rejects.
//!
//! Contract: takes pest's error for one piece of text. The message says in words what was expected and what was found,
//! and adds a remedy for common mistakes. Positions are byte offsets in that piece; its [`Place`] maps them to the
//! source.

use pest::error::{Error, ErrorVariant, InputLocation};

use super::grammar::Rule;
use super::habits::{kets, words as words_of_habit};
use super::layout::statement_at;
use super::scan::{Kind, Token, scan};
use super::{Place, words};
use crate::diagnostic::{Code, Diagnostic};

/// The part of the language that a piece of text belongs to.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Context {
    /// An item at the top level.
    Item,
    /// A statement of a step, rule or sequence.
    Statement,
    /// A statement of an experiment.
    Experiment,
    /// A line of a plot.
    Plot,
    /// An expression on its own, as in `--set NAME=EXPR`.
    Expression,
}

impl Context {
    /// The entry rule for a single piece in this context.
    pub(super) fn rule(self) -> Rule {
        match self {
            Self::Item => Rule::lone_item,
            Self::Statement => Rule::lone_statement,
            Self::Experiment => Rule::lone_experiment_item,
            Self::Plot => Rule::lone_plot_item,
            Self::Expression => Rule::lone_expr,
        }
    }

    /// The words that can begin a piece in this context.
    fn words(self) -> &'static [&'static str] {
        match self {
            Self::Item => words::TOP_LEVEL,
            Self::Statement => words::STEP,
            Self::Experiment => words::EXPERIMENT,
            Self::Plot => words::PLOT,
            Self::Expression => &[],
        }
    }

    fn describe(self) -> &'static str {
        match self {
            Self::Item => "at the top level",
            Self::Statement => "in a step, rule or sequence",
            Self::Experiment => "in an experiment",
            Self::Plot => "in a plot",
            Self::Expression => "in an expression",
        }
    }

    /// The words that can begin a line, in a sentence.
    pub(super) fn words_here(self) -> String {
        format!("a line here begins with {}", list(self.words(), "or"))
    }

    /// What is expected in this context, for a piece that does not begin with a word of the language.
    fn expects(self) -> &'static str {
        match self {
            Self::Item => "a script consists of definitions, such as `param J = 0.25` or `system s = |0>`",
            Self::Statement => "a step consists of statements, such as `evolve H(s, e) for 0.1` or `discard e`",
            Self::Experiment => "an experiment consists of statements, such as `run 2000` or `expect last(x) < 0.5`",
            Self::Plot => "a plot consists of lines such as `line x dashed` or `xlabel \"n\"`",
            Self::Expression => "a value is a number, a parameter or a formula of them, such as `0.95π/2` or `2*J`",
        }
    }
}

/// A rejected piece of text and the position of the error in it.
pub(super) struct Refusal<'t> {
    pub(super) text: &'t str,
    pub(super) place: &'t Place,
    pub(super) context: Context,
    /// The rules that the grammar tried at the position.
    pub(super) expected: Vec<Rule>,
    /// The token that the grammar rejected; `None` at the end of the piece.
    pub(super) found: Option<Token<'t>>,
    /// The token before it.
    pub(super) before: Option<Token<'t>>,
    /// The first token of the piece.
    pub(super) head: Option<Token<'t>>,
}

/// The diagnostic for an error of the grammar in one piece.
pub(super) fn of_error(error: &Error<Rule>, text: &str, place: &Place, context: Context) -> Diagnostic {
    let (InputLocation::Pos(at) | InputLocation::Span((at, _))) = error.location;
    let expected = match &error.variant {
        ErrorVariant::ParsingError { positives, .. } => positives.clone(),
        ErrorVariant::CustomError { .. } => Vec::new(),
    };
    let head = scan(text).next();
    let before = scan(text).take_while(|token| token.end() <= at).last();
    let found = scan(text).find(|token| token.end() > at && token.kind != Kind::Newline);
    let refusal = Refusal { text, place, context, expected, found, before, head };
    refusal.wrong_word().or_else(|| refusal.habit()).unwrap_or_else(|| refusal.expectation())
}

impl Refusal<'_> {
    pub(super) fn at(&self, token: Token<'_>, message: impl Into<String>, label: &str) -> Diagnostic {
        Diagnostic::new(Code::UnexpectedText, message, self.place.span(token.start, token.end()), label)
    }

    pub(super) fn head_is(&self, word: &str) -> bool {
        self.head.is_some_and(|head| head.text == word)
    }

    /// The token after `token`.
    pub(super) fn after(&self, token: Token<'_>) -> Option<Token<'_>> {
        scan(self.text).find(|next| next.start >= token.end())
    }

    /// For a piece whose first word cannot begin anything in this context.
    fn wrong_word(&self) -> Option<Diagnostic> {
        let head = self.head.filter(|head| head.kind == Kind::Word)?;
        let known = self.context.words();
        let is_call = self.context == Context::Statement && self.after(head).is_some_and(|next| next.text == "(");
        if known.is_empty() || known.contains(&head.text) || is_call {
            return None;
        }
        let message = format!("nothing {} begins with `{}`", self.context.describe(), head.text);
        if let Some(row) = words_of_habit::find(head.text, self.context)
            .filter(|_| self.after(head).is_none_or(|next| next.text != "="))
        {
            return Some(self.other_word(head, message, row));
        }
        if let Some(problem) = self.word_before(head, &message) {
            return Some(problem);
        }
        if let Some(sweep) = self.loop_of_an_experiment(head, &message) {
            return Some(sweep);
        }
        if let Some(elsewhere) = elsewhere(head.text) {
            let problem = self.at(head, message, "not allowed here");
            return Some(problem.help(match elsewhere {
                Context::Statement if self.context == Context::Item => {
                    format!("`{0}` belongs {1}: `step {{ {0} … }}`", head.text, elsewhere.describe())
                }
                Context::Experiment if self.context == Context::Item => {
                    format!("`{0}` belongs {1}: `experiment NAME {{ {0} … }}`", head.text, elsewhere.describe())
                }
                _ if head.text == "param" => {
                    "`param` belongs at the top level; inside a block, define a number with `let x = …`".into()
                }
                _ => format!("`{}` belongs {}", head.text, elsewhere.describe()),
            }));
        }
        let problem = self.at(head, message, "not a word of the language");
        if let Some(word) = nearest(head.text, known) {
            return Some(problem.did_you_mean(self.place.span(head.start, head.end()), word));
        }
        Some(match (head.text, self.after(head).map_or("", |next| next.text)) {
            ("if", _) if self.context == Context::Statement => self.fix(
                problem.help("a condition on an outcome, a number or `n` is `when`, a random choice `with probability p`"),
                (head.start, head.end()),
                "when",
            ),
            ("if" | "while", _) => problem.help(
                "the language has no `if` or `while` here; in a step, `when COND { … }`, and `run N until COND` ends a run",
            ),
            ("import" | "from" | "include" | "using", _) => {
                problem.help("include another protocol with `use NAME`; operators, gates and functions are built in")
            }
            ("for", _) => {
                problem.help("write a loop as `repeat k { … }`, and a loop over parameter values as `sweep p = [ … ]`")
            }
            (_, "=") if self.context != Context::Plot => self.without_a_word(head, problem),
            _ if self.context == Context::Plot => self.bare_curve(head, problem),
            _ => problem.help(self.context.words_here()),
        })
    }

    /// For habits from other languages, and slips.
    fn habit(&self) -> Option<Diagnostic> {
        self.malformed_ket()
            .or_else(|| self.habit_of_place())
            .or_else(|| self.habit_at_found())
            .or_else(|| self.stray_character())
            .or_else(|| self.habit_of_statement())
    }

    /// For `|psi>`, `|3,>` and `|0`.
    fn malformed_ket(&self) -> Option<Diagnostic> {
        if let Some(ket) = self.found.filter(|t| t.kind == Kind::Ket && self.before.is_none_or(|b| !b.ends_operand())) {
            return Some(self.bad_ket(ket.start, ket.end()));
        }
        if let Some(open) = self.open_ket() {
            return Some(open);
        }
        let found = [self.found, self.before].into_iter().flatten().find(|token| token.text == "|")?;
        let rest = &self.text[found.start + 1..];
        let length = rest
            .find(['>', '⟩'])
            .filter(|&i| !rest.starts_with(' ') && !rest[..i].contains(['\n', '(', ')', '{', '|', '<']))?;
        let end = found.end() + length + rest[length..].chars().next().map_or(0, char::len_utf8);
        Some(self.bad_ket(found.start, end))
    }

    fn bad_ket(&self, start: usize, end: usize) -> Diagnostic {
        let written = &self.text[start..end];
        let message = format!("`{written}` is not a valid ket");
        let problem = Diagnostic::new(Code::BadKet, message, self.place.span(start, end), "malformed ket");
        if let Some((new, help)) = kets::instead(written) {
            return self.fix(problem.help(help), (start, end), new);
        }
        problem.help("write digits, +, -, +i or -i between | and >, one per subsystem: |01>, |+->, |10,3>")
    }

    /// For a label after `|` without a `>`.
    fn open_ket(&self) -> Option<Diagnostic> {
        let end = self.before?.end();
        let bar = scan(self.text).take_while(|token| token.start < end).filter(|token| token.text == "|").last()?;
        let label = &self.text[bar.end()..end];
        let is_label = !label.is_empty() && label.chars().all(|c| matches!(c, '0'..='9' | '+' | '-' | '−' | 'i' | ','));
        is_label.then(|| {
            let message = format!("the ket `|{label}` is not closed");
            Diagnostic::new(Code::BadKet, message, self.place.span(bar.start, end), "no `>`")
                .help(format!("write `|{label}>`"))
        })
    }

    fn habit_at_found(&self) -> Option<Diagnostic> {
        let found = self.found?;
        let equals_expected = self.expected.contains(&Rule::equals);
        let problem = |message: &str, label: &str, help: &str| Some(self.at(found, message, label).help(help));
        match found.text {
            "**" => problem("a power is written with `^`", "not an operator", "write `x^2`"),
            "*" if self.text[found.end()..].starts_with('*') => {
                problem("a power is written with `^`", "not an operator", "write `x^2`")
            }
            "|" if self.text[found.end()..].starts_with('|') => {
                problem("`||` is not an operator of the language", "not an operator", "write `or`")
            }
            "==" if equals_expected => problem("a definition has a single `=`", "this compares", "write `=`"),
            "=" if self.head_is("expect") || self.text.contains(" until ") => problem(
                "`=` defines a value and does not compare two values",
                "not a comparison",
                "write `a == b`, or `a ≈ b ± tolerance` for numbers that are computed",
            ),
            ":" if self.head_is("def") => Some(self.python_definition(found)),
            "|" => problem(
                "there is a lone `|` here",
                "neither part of a ket nor between groups",
                "a ket is written |0>, an expectation value <Z(s)>, an absolute value `abs(x)`; `|` separates groups, as in `uncorrelate a | b`",
            ),
            "≈" | "~=" | "<" | ">" | "==" | "<=" | ">=" if self.expected.contains(&Rule::expectation) => None,
            _ => self.factor_apart(found),
        }
    }

    /// For characters and words from other languages.
    fn stray_character(&self) -> Option<Diagnostic> {
        let found = self.found.filter(|_| !self.head_is("use"))?;
        let operator = self.expected.contains(&Rule::add);
        let before = self.before.map_or("", |before| before.text);
        let help = match found.text {
            "!" => "write `not`, or `!=` to compare two values",
            ":" if self.expected.contains(&Rule::equals) => "write `=`",
            "." => "names contain no dots; functions and constants are built in, such as `pi` and `sqrt(x)`",
            "--" => "a comment begins with `#`",
            "$" | "?" | "`" | "~" => "it has no meaning in a script: delete it",
            "plus" if operator => "write `+`",
            "minus" if operator => "write `-`",
            "times" if operator => "write `*`",
            "for" if self.head_is("apply") => {
                "`apply` acts instantaneously; for a finite duration write `evolve H for t`"
            }
            _ if before == "lambda" => "define a function of x with `def f(x) = …`",
            text if text.starts_with('.') && text != ".." && self.before.is_some_and(|b| b.kind == Kind::Number) => {
                "a number has one decimal point; delete the second one, or separate two numbers with a comma"
            }
            _ => return None,
        };
        Some(self.at(found, format!("unexpected `{}`", found.text), "here").help(help))
    }

    /// For `2 x`, two statements on a line, and a comment without `#`.
    fn factor_apart(&self, found: Token<'_>) -> Option<Diagnostic> {
        if let Some(dashes) = scan(self.text).find(|token| token.text == "--" && token.start < found.start) {
            return Some(
                self.at(dashes, "a comment begins with `#`", "this subtracts a negative number").help("write `# …`"),
            );
        }
        let duration = found.text == "for" && self.head_is("apply");
        if !duration && statement_at(self.text, found.start).is_some() && self.expected.contains(&Rule::EOI) {
            let mut problem = self.expectation();
            problem.help = vec!["a newline or `;` ends a statement".to_owned()];
            return Some(problem);
        }
        self.product(found)
    }

    /// For the parts that are most often missing from a statement.
    fn habit_of_statement(&self) -> Option<Diagnostic> {
        if self.expected.contains(&Rule::kw_for) {
            let message = format!("expected `for` and the duration, found {}", self.describe_found());
            let problem = self.here(message).help("a Hamiltonian acts for a duration: `evolve H for t`");
            return Some(self.missing_duration(problem));
        }
        if self.expected.contains(&Rule::use_path) || self.head_is("use") {
            let message = format!("expected the name of a protocol, found {}", self.describe_found());
            return Some(self.use_without_quotes(self.here(message)).help(
                "the name consists of letters, digits, `_` and `-`, with `/` for subfolders: `use sub/name`; no quotes, no `..`, no file extension",
            ));
        }
        if self.expected.contains(&Rule::lbrace) && !self.expected.contains(&Rule::lparen) {
            let head = self.head.map_or("this", |head| head.text);
            let message = format!("expected `{{` to open the block of `{head}`, found {}", self.describe_found());
            return Some(
                self.here(message).help(format!("write `{{` after it, and `}}` where the block of `{head}` ends")),
            );
        }
        let style = self.found.filter(|_| self.expected.contains(&Rule::style))?;
        let word = nearest(style.text, words::STYLE)?;
        let message = format!("`{}` is not a style of a curve", style.text);
        Some(self.at(style, message, "unknown style").did_you_mean(self.place.span(style.start, style.end()), word))
    }

    /// The general message, such as "expected `=` after the parameter's name, found `0.3`".
    fn expectation(&self) -> Diagnostic {
        let after = match self.head.map_or("", |head| head.text) {
            _ if !self.expected.contains(&Rule::equals) => "",
            "param" | "set" => " after the parameter's name",
            "observe" | "record" | "collect" => " after the series' name",
            "hamiltonian" | "gate" | "def" => " after the name and its arguments",
            _ => "",
        };
        let expected = plain(&self.expected);
        let problem = if expected.is_empty() {
            self.here(format!("unexpected {}", self.describe_found()))
        } else {
            self.here(format!("expected {}{after}, found {}", list(&expected, "or"), self.describe_found()))
        };
        problem.help(self.usage())
    }

    /// A remedy that shows an example of the statement.
    fn usage(&self) -> String {
        let head = scan(self.text).find(|token| token.text != "redefine").map_or("", |head| head.text);
        let example = words::example(head).filter(|_| self.context != Context::Expression);
        example.map_or_else(|| self.context.expects().to_owned(), |example| format!("write it like `{example}`"))
    }

    /// A diagnostic at the rejected token, or at the end of the piece.
    pub(super) fn here(&self, message: impl Into<String>) -> Diagnostic {
        match self.found {
            Some(found) => self.at(found, message, "here"),
            None => {
                let end = self.text.trim_end().len();
                let start = self.text[..end].char_indices().next_back().map_or(0, |(i, _)| i);
                Diagnostic::new(Code::UnexpectedText, message, self.place.span(start, end), "after this")
            }
        }
    }

    pub(super) fn describe_found(&self) -> String {
        match self.found {
            Some(found) if found.text.chars().count() > 40 => {
                format!("`{}…`", found.text.chars().take(40).collect::<String>())
            }
            Some(found) => format!("`{}`", found.text),
            None => "the end of the line".to_owned(),
        }
    }
}

/// The first context in which a word can begin a piece, if there is one.
fn elsewhere(word: &str) -> Option<Context> {
    [Context::Item, Context::Statement, Context::Experiment, Context::Plot]
        .into_iter()
        .find(|context| context.words().contains(&word))
}

/// The known word nearest in spelling. A word of fewer than five letters may differ by one edit, a longer one by two.
fn nearest<'w>(word: &str, known: &[&'w str]) -> Option<&'w str> {
    let slips = if word.chars().count() < 5 { 1 } else { 2 };
    known
        .iter()
        .map(|candidate| (strsim::damerau_levenshtein(word, candidate), *candidate))
        .min()
        .filter(|&(distance, _)| distance <= slips)
        .map(|(_, candidate)| candidate)
}

/// Joins words as in "`a`, `b` or `c`".
fn list<T: AsRef<str>>(words: &[T], last: &str) -> String {
    let quoted: Vec<&str> = words.iter().map(AsRef::as_ref).collect();
    match quoted.split_last() {
        None => String::new(),
        Some((only, [])) => (*only).to_owned(),
        Some((end, rest)) => format!("{} {last} {end}", rest.join(", ")),
    }
}

/// The expected constructs in words, each once, with the end of the statement last.
fn plain(expected: &[Rule]) -> Vec<String> {
    let mut words: Vec<String> = Vec::new();
    let operand = expected.contains(&Rule::number) || expected.contains(&Rule::parenthesis);
    let operator = expected.contains(&Rule::add);
    for &rule in expected {
        let word = word_for(rule, operand, operator);
        if let Some(word) = word.filter(|word| !words.contains(word)) {
            words.push(word);
        }
    }
    words.sort_by_key(|word| word == END); // the other words are more informative
    words
}

/// The phrase for the end of the input.
const END: &str = "the end of the statement";

/// The plain words for a rule, or `None` if they would add nothing to the other expected rules. `operand` and
/// `operator` say whether any operand or operator is expected.
fn word_for(rule: Rule, operand: bool, operator: bool) -> Option<String> {
    use Rule as R;
    Some(match rule {
        R::expr | R::number | R::parenthesis | R::lone_expr | R::arithmetic => "an expression".into(),
        R::name | R::lparen | R::lbracket if operand => return None,
        R::lparen | R::lbracket | R::primes | R::index | R::dagger | R::rbrace if operator => return None,
        R::or
        | R::and
        | R::plus_minus
        | R::approx
        | R::equal
        | R::not_equal
        | R::less
        | R::less_equal
        | R::greater
        | R::greater_equal
        | R::add
        | R::subtract
        | R::multiply
        | R::divide
        | R::tensor
        | R::power => "an operator".into(),
        R::negate
        | R::root
        | R::not
        | R::coefficient
        | R::ket
        | R::bra
        | R::ket_bra
        | R::bra_ket
        | R::list
        | R::call
        | R::expectation
        | R::reference
        | R::text
            if operand =>
        {
            return None;
        }
        R::text => "a text in double quotes".into(),
        R::name | R::reference | R::group | R::binding => "a name".into(),
        R::EOI => END.into(),
        R::lparen => "`(`".into(),
        R::rparen => "`)`".into(),
        R::lbracket => "`[`".into(),
        R::rbracket => "`]`".into(),
        R::lbrace | R::block | R::plot_block => "`{`".into(),
        R::rbrace => "`}`".into(),
        R::comma => "`,`".into(),
        R::dots => "`..`".into(),
        R::colon => "`:`".into(),
        R::bar => "`|`".into(),
        R::equals => "`=`".into(),
        R::in_case | R::kw_in => return None,
        R::style | R::plain_style | R::text_style => "a style of the curve".into(),
        R::against => "`against`".into(),
        R::size_word => "`column`, `page`".into(),
        R::scale_word => "`log`, `linear`".into(),
        other => return keyword(other),
    })
}

/// The word of a `kw_…` rule: `kw_for` gives `for`. Other rules mean nothing to a user and give `None`.
fn keyword(rule: Rule) -> Option<String> {
    format!("{rule:?}").strip_prefix("kw_").map(|word| format!("`{word}`"))
}
