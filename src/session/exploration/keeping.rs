//! What can be taken from an exploration: a script, a figure, and the command that gives the same.

use std::path::{Path, PathBuf};

use super::{Exploration, Failure, Picture, Point};
use crate::ast::{ExperimentDecl, ExperimentItemKind, Item, ItemKind};
use crate::check::Script;
use crate::output::figure::{Format, write_figure};
use crate::session::script::{bytes, items};
use crate::session::state::State;
use crate::session::{definitions, files};
use crate::storage::ensure_dir;
use crate::syntax;

/// The longest name of a saved file, in characters.
const LONGEST_NAME: usize = 60;

impl Exploration {
    /// The command line that computes the experiment at a point.
    #[must_use]
    pub fn command(&self, point: &Point) -> String {
        let mut words = vec!["carom".to_string(), "run".to_string(), quoted(&self.file), quoted(&point.experiment)];
        let scales = self.scales.get(&point.experiment);
        for (name, value) in point.settings.iter().filter(|(name, _)| !scales.is_some_and(|s| s.varies(name))) {
            words.extend(["--set".to_string(), quoted(&format!("{name} = {value}"))]);
        }
        if let Some(collisions) = &point.collisions {
            words.extend(["--collisions".to_string(), quoted(&collisions.replace('_', ""))]);
        }
        words.join(" ")
    }

    /// Saves a script in `folder` that gives the same results: a `use`, and the experiment with the values of the point.
    /// No existing file is overwritten: the name gets a number. Returns the path.
    ///
    /// # Errors
    /// The point has a mistake, or the file cannot be written.
    pub fn save(&self, point: &Point, name: &str, folder: &Path) -> Result<PathBuf, Failure> {
        let default = format!("{}-{}", self.protocol(), point.experiment);
        let path = free_path(folder, &stem(name, &default, self.protocol()), "carom");
        files::save(&self.script_at(point)?, &path)?;
        Ok(path)
    }

    /// Saves the figures of a picture in `folder`, as PNG or SVG. Returns their paths.
    ///
    /// # Errors
    /// A file cannot be written.
    pub fn save_figures(
        &self,
        point: &Point,
        picture: &Picture,
        format: Format,
        folder: &Path,
    ) -> Result<Vec<PathBuf>, Failure> {
        let stem = stem("", &format!("{}-{}", self.protocol(), point.experiment), "");
        let write = |drawn: &crate::experiment::figures::Drawn| {
            let path = free_path(folder, &stem, format.extension());
            ensure_dir(folder)
                .and_then(|()| write_figure(&drawn.figure, format, &path))
                .map_err(|e| files::cannot_write(&e))?;
            Ok(path)
        };
        picture.figures.iter().map(write).collect()
    }

    /// The state of a session whose script gives the same results.
    fn script_at(&self, point: &Point) -> Result<State, Failure> {
        let ready = self.ready(point)?;
        let mut names: Vec<&str> =
            self.parts(self.program(&ready), &point.experiment).iter().map(|e| e.name.text.as_str()).collect();
        if !names.contains(&point.experiment.as_str()) {
            names.push(&point.experiment);
        }
        let scales = self.scales.get(&point.experiment);
        let settings = point.settings.iter().filter(|(name, _)| !scales.is_some_and(|s| s.varies(name)));
        let settings: Vec<(&str, &str)> = settings.map(|(name, value)| (name.as_str(), value.as_str())).collect();
        let text: String =
            names.iter().filter_map(|name| self.redefined(name, &settings, ready.options.collisions)).collect();
        let base = self.using().map_or_else(|| State::new(self.checked.script.clone()), Ok)?;
        let reply = definitions::define(&base, &text)?;
        Ok(reply.state.unwrap_or(base))
    }

    /// The state of a script that only uses the explored one; `None` if `use` cannot name it.
    fn using(&self) -> Option<State> {
        let script = &self.checked.script;
        if script.text == format!("use {}\n", script.protocol) {
            return State::new(script.clone()).ok();
        }
        let folder = script.folder.as_ref()?;
        let used =
            Script { name: "session.carom".into(), text: format!("use {}\n", script.protocol), ..script.clone() };
        let is_it = folder.join(format!("{}.carom", script.protocol)).is_file();
        State::new(used).ok().filter(|_| is_it)
    }

    /// The definition of an experiment with other values.
    fn redefined(&self, name: &str, settings: &[(&str, &str)], collisions: Option<u64>) -> Option<String> {
        let key = syntax::canonical(name);
        let is_it = |item: &Item| matches!(&item.kind, ItemKind::Experiment(e) if e.name.key == key);
        let mut files = self.checked.sources.files();
        let (text, item) = files.find_map(|f| Some((f.text.clone(), items(&f.text).into_iter().rev().find(is_it)?)))?;
        let ItemKind::Experiment(declared) = &item.kind else { return None };
        let range = bytes(item.span);
        let begin = item.redefine.map_or(range.start, |word| {
            let end = bytes(word).end;
            end + text[end..].len() - text[end..].trim_start().len()
        });
        let mut out = text[begin..range.end].to_string();
        for (place, new) in edits(declared, settings, collisions).into_iter().rev() {
            out.replace_range(place.start - begin..place.end - begin, &new);
        }
        Some(format!("redefine {out}\n\n"))
    }
}

/// What changes in the text of an experiment, in the order of the text.
fn edits(
    declared: &ExperimentDecl,
    settings: &[(&str, &str)],
    collisions: Option<u64>,
) -> Vec<(std::ops::Range<usize>, String)> {
    let (mut out, mut first) = (Vec::new(), String::new());
    let runs =
        declared.items.iter().any(|i| matches!(i.kind, ExperimentItemKind::Run { .. } | ExperimentItemKind::Steady));
    for (name, value) in settings.iter().filter(|_| runs) {
        let key = syntax::canonical(name);
        let own = declared.items.iter().rev().find_map(|item| match &item.kind {
            ExperimentItemKind::Set(a) if a.name.key == key => Some(bytes(a.value.span)),
            _ => None,
        });
        match own {
            Some(place) => out.push((place, (*value).to_string())),
            None => first += &format!("set {name} = {value}\n    "),
        }
    }
    for item in &declared.items {
        if let (ExperimentItemKind::Run { collisions: written, .. }, Some(n)) = (&item.kind, collisions) {
            out.push((bytes(written.span), n.to_string()));
        }
    }
    if let (Some(item), false) = (declared.items.first(), first.is_empty()) {
        let start = bytes(item.span).start;
        out.push((start..start, first));
    }
    out.sort_by_key(|(place, _)| place.start);
    out
}

/// A word of a command line, in single quotes where a shell needs them.
fn quoted(word: &str) -> String {
    let plain = |c: char| c.is_alphanumeric() || "-_./".contains(c);
    if !word.is_empty() && !word.starts_with('-') && word.chars().all(plain) {
        return word.to_string();
    }
    format!("'{}'", word.replace('\'', "'\\''"))
}

/// A file stem made of the letters, digits and hyphens of a typed name; it never leaves the folder. A script that is named
/// like the protocol would use itself, so it gets another name.
fn stem(typed: &str, default: &str, protocol: &str) -> String {
    let typed = typed.trim();
    let clean = |text: &str| {
        let typed = text.strip_suffix(".carom").unwrap_or(text);
        let plain: String = typed.chars().map(|c| if c.is_alphanumeric() || c == '_' { c } else { '-' }).collect();
        let words: Vec<&str> = plain.split('-').filter(|w| !w.is_empty()).collect();
        words.join("-").chars().take(LONGEST_NAME).collect::<String>()
    };
    let name = Some(clean(typed)).filter(|name| !name.is_empty()).unwrap_or_else(|| clean(default));
    if name == protocol { format!("{name}-explored") } else { name }
}

/// The path of a file that does not exist yet: `stem`, `stem-2`, `stem-3`, …
fn free_path(folder: &Path, stem: &str, ending: &str) -> PathBuf {
    let numbered = (2..).map(|i| format!("{stem}-{i}.{ending}"));
    let mut paths = std::iter::once(format!("{stem}.{ending}")).chain(numbered).map(|name| folder.join(name));
    paths.find(|path| path.symlink_metadata().is_err()).expect("the list of names is infinite")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_typed_name_stays_in_the_folder() {
        assert_eq!(stem("../../etc/passwd", "d", "p"), "etc-passwd");
        assert_eq!(stem("my run.carom", "d", "p"), "my-run");
        assert_eq!(stem("  \u{0}/ ", "p-fig2", "p"), "p-fig2");
        assert_eq!(stem("p", "d", "p"), "p-explored");
        assert_eq!(stem(&"é".repeat(300), "d", "p").chars().count(), LONGEST_NAME);
    }

    #[test]
    fn words_are_quoted_for_a_shell() {
        assert_eq!(quoted("fig2"), "fig2");
        assert_eq!(quoted("γ = 0.5"), "'γ = 0.5'");
        assert_eq!(quoted("it's"), "'it'\\''s'");
        assert_eq!(quoted("-x"), "'-x'");
    }
}
