//! Messages for unknown names.

use super::builtins;
use super::program::ExprKind;
use super::resolve::Resolver;
use super::suggest::{distance, nearest};
use crate::ast::Name;
use crate::diagnostic::{Code, Diagnostic};

impl Resolver<'_> {
    /// Reports an unknown name. `definition` shows how to define it, with `??` in place of the name.
    pub(super) fn unknown(&mut self, name: &Name, definition: &str) -> ExprKind {
        let d = match name.key.as_str() {
            "n" => Diagnostic::new(
                Code::NoCollision,
                "`n`, the collision number, is known only inside a step",
                name.span,
                "no collision here",
            )
            .help("move the expression with `n` into the step, for example `let t = 0.1*n`"),
            key if self.later.iter().any(|l| l == key) => Diagnostic::new(
                Code::SeriesOutside,
                format!("`{}` is computed after the run, but `until` is evaluated during the run", name.text),
                name.span,
                "not known yet",
            )
            .help(
                "write a condition on observed or recorded series; each stands for its value at the current collision",
            ),
            key => {
                let message = format!("there is no definition of `{}`", name.text);
                let d = Diagnostic::new(Code::UnknownName, message, name.span, "unknown name");
                match self.nearest_name(key) {
                    Some(near) => d.help(format!("did you mean `{near}`?")),
                    None if key == "e" => {
                        d.help("for Euler's number write `exp(1)`, for its powers `exp(x)`; `e` is not predefined")
                    }
                    None => d.help(format!(
                        "define it, for example `{}`; `carom reference` lists the built-in names",
                        definition.replace("??", &name.text)
                    )),
                }
            }
        };
        self.errors.push(d);
        ExprKind::Error
    }

    /// The nearest known name as its author wrote it. Of two equally near names, the one defined in the script is
    /// preferred.
    fn nearest_name(&self, key: &str) -> Option<String> {
        let globals = self.globals.names.keys().map(String::as_str);
        let own = globals.chain(self.locals.keys().map(String::as_str)).chain(self.series.keys().map(String::as_str));
        let aliases: Vec<(&str, String)> = builtins::aliases().collect();
        let built_in = builtins::names().map(|name| -> &str { name }).chain(aliases.iter().map(|(key, _)| *key));
        let (own, built_in) = (nearest(key, own), nearest(key, built_in));
        let near = match (own, built_in) {
            (Some(own), Some(built_in)) if distance(key, built_in) < distance(key, own) => built_in,
            (Some(own), _) => own,
            (None, built_in) => built_in?,
        };
        if let Some(written) = self.globals.written.get(near) {
            return Some(written.clone());
        }
        Some(
            aliases
                .iter()
                .find(|(key, _)| *key == near)
                .map_or_else(|| near.to_string(), |(_, written)| written.clone()),
        )
    }
}
