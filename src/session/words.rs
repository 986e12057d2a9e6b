//! Completion: the words that may appear at the cursor.

use super::commands::{COMMANDS, Completes, command};
use super::files;
use super::read::first_word;
use super::state::State;
use crate::check::Program;
use crate::diagnostic::Code;
use crate::shipped::SHIPPED;
use crate::{builtins, syntax};

/// The names of a session that completion offers, by kind.
#[derive(Debug, Clone, Default)]
pub struct Words {
    params: Vec<String>,
    experiments: Vec<String>,
    subsystems: Vec<String>,
    rules: Vec<String>,
    series: Vec<String>,
    definitions: Vec<String>,
}

impl Words {
    pub(super) fn of(state: &State) -> Self {
        let p: &Program = &state.checked.program;
        let model =
            p.observables.iter().map(|o| o.name.text.clone()).chain(p.records.iter().map(|(r, _)| r.text.clone()));
        let mut series: Vec<String> = model.collect();
        series.extend(state.last.iter().flat_map(|run| run.seen()).map(|seen| seen.name));
        series.sort();
        series.dedup();
        Self {
            params: p.params.iter().map(|x| x.name.text.clone()).collect(),
            experiments: p.experiments.iter().map(|x| x.name.text.clone()).collect(),
            subsystems: p.subsystems.iter().map(|x| x.name.text.clone()).collect(),
            rules: p.sequences.iter().filter(|s| s.is_rule).map(|x| x.name.text.clone()).collect(),
            series,
            definitions: state.checked.names(),
        }
    }

    /// The completions at the end of `line`, the text before the cursor: the byte at which the completed word begins, and
    /// its possible replacements.
    #[must_use]
    pub fn complete(&self, line: &str) -> (usize, Vec<String>) {
        let start = line
            .rfind(|c: char| !(c.is_alphanumeric() || c == '_'))
            .map_or(0, |i| i + line[i..].chars().next().map_or(1, char::len_utf8));
        // `\lambda` becomes λ.
        if line[..start].ends_with('\\') {
            let letters = syntax::greek_letters();
            let found = letters.filter(|(_, name)| name.starts_with(&line[start..]));
            let mut letters: Vec<(char, &str)> = found.collect();
            letters.sort_by_key(|(_, name)| name.len());
            return (start - 1, letters.into_iter().map(|(c, _)| c.to_string()).collect());
        }
        if let Some(name) = syntax::element(line) {
            let elements = self.starting(line, name, self.subsystems.iter().chain(&self.series).cloned());
            if !elements.is_empty() {
                return (name, elements);
            }
        }
        let begin = line.len() - line.trim_start().len();
        let (word, rest) = first_word(line.trim_start());
        if rest.is_empty() {
            let heads = COMMANDS.iter().map(|r| r.name.to_string());
            let words = syntax::TOP_LEVEL.iter().map(|w| (*w).to_string());
            return (start.max(begin), self.starting(line, start, heads.chain(words).chain(self.expression())));
        }
        match (word, command(word).map(|r| r.completes)) {
            ("set", _) if !rest.contains('=') => (start, self.starting(line, start, self.params.iter().cloned())),
            (_, Some(Completes::Files)) => {
                let path = rest.trim_start();
                let shipped =
                    SHIPPED.iter().map(|s| s.name.to_string()).filter(|n| word == "load" && n.starts_with(path));
                (line.len() - path.len(), files::complete(path).into_iter().chain(shipped).collect())
            }
            (_, Some(completes)) => (start, self.starting(line, start, self.completes(completes))),
            _ if in_measure(&line[..start]) => {
                let operators = builtins::names().map(ToString::to_string);
                (start, self.starting(line, start, self.subsystems.iter().cloned().chain(operators)))
            }
            _ => {
                let words = syntax::keywords().into_iter().map(ToString::to_string);
                (start, self.starting(line, start, self.expression().into_iter().chain(words)))
            }
        }
    }

    /// The names that begin like the word in `line[start..]`, without duplicates. A Greek letter also matches its English
    /// name.
    fn starting(&self, line: &str, start: usize, all: impl IntoIterator<Item = String>) -> Vec<String> {
        let word = &line[start..];
        let key = syntax::canonical(word);
        let fits =
            |name: &String| name.starts_with(word) || (!word.is_empty() && syntax::canonical(name).starts_with(&key));
        let mut out: Vec<String> = Vec::new();
        for name in all.into_iter().filter(fits) {
            if !out.contains(&name) {
                out.push(name);
            }
        }
        out
    }

    fn completes(&self, completes: Completes) -> Vec<String> {
        match completes {
            Completes::Nothing | Completes::Files => Vec::new(),
            Completes::Experiments => self.experiments.clone(),
            Completes::Subsystems => self.subsystems.clone(),
            Completes::Series => self.series.iter().chain(&self.experiments).cloned().collect(),
            Completes::Definitions => self.with_step(),
            Completes::RulesAndSeries => self.rules.iter().chain(&self.params).chain(&self.series).cloned().collect(),
            Completes::Anything => {
                let rows = COMMANDS.iter().map(|r| r.name.to_string()).chain(["redefine".to_string()]);
                let codes = Code::ALL.iter().map(|c| c.row().id.to_string());
                self.with_step()
                    .into_iter()
                    .chain(builtins::names().map(ToString::to_string))
                    .chain(rows)
                    .chain(codes)
                    .collect()
            }
        }
    }

    fn with_step(&self) -> Vec<String> {
        let step = (!self.definitions.iter().any(|d| d == "step")).then(|| "step".to_string());
        self.definitions.iter().cloned().chain(step).collect()
    }

    fn expression(&self) -> Vec<String> {
        let own = self.series.iter().chain(&self.definitions).cloned();
        own.chain(builtins::names().map(ToString::to_string)).collect()
    }
}

/// Whether the cursor is inside `<…` or the parentheses of a call.
fn in_measure(before: &str) -> bool {
    let open = before.matches('(').count() > before.matches(')').count();
    let angle = before.rfind(['<', '⟨']).is_some_and(|i| !before[i..].contains(['>', '⟩']));
    open || angle
}
