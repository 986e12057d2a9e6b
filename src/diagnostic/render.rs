//! Renders diagnostics as text, with miette.
//!
//! Contract: no control character or deceptive character of a script or file name reaches the terminal.

use std::fmt;

use miette::{
    GraphicalReportHandler, GraphicalTheme, LabeledSpan, NamedSource, Severity as Level, SourceCode, ThemeStyles,
};

use super::{Diagnostic, Severity};
use crate::source::{SourceMap, Span};

/// How diagnostics are rendered.
#[derive(Debug, Clone, Copy)]
pub struct Style {
    /// Whether ANSI colours are used.
    pub colour: bool,
    /// Width of the output in columns.
    pub width: usize,
}

impl Style {
    /// Without colours, 100 columns: for files and tests.
    #[must_use]
    pub fn plain() -> Self {
        Self { colour: false, width: 100 }
    }
}

/// Renders one diagnostic.
#[must_use]
pub fn render(diagnostic: &Diagnostic, sources: &SourceMap, style: Style) -> String {
    let theme = if style.colour {
        GraphicalTheme::unicode()
    } else {
        GraphicalTheme { styles: ThemeStyles::none(), ..GraphicalTheme::unicode_nocolor() }
    };
    let handler = GraphicalReportHandler::new_themed(theme).with_width(style.width.max(40)).with_links(false);
    let mut out = String::new();
    for report in reports(diagnostic, sources) {
        handler.render_report(&mut out, &report).expect("writing to a String does not fail");
    }
    // miette prints an empty line in place of its own code.
    out.trim_start_matches('\n').to_string()
}

/// Renders several diagnostics, each followed by an empty line.
#[must_use]
pub fn render_all(diagnostics: &[Diagnostic], sources: &SourceMap, style: Style) -> String {
    diagnostics.iter().map(|d| render(d, sources, style) + "\n").collect()
}

/// Whether a character can hide, reorder or break text on a screen: control characters, line and paragraph separators,
/// direction marks, tags, and other invisible characters. A newline is not deceptive.
#[must_use]
pub fn is_deceptive(c: char) -> bool {
    let invisible = matches!(c,
        '\u{ad}' | '\u{34f}' | '\u{61c}' | '\u{115f}' | '\u{1160}' | '\u{17b4}' | '\u{17b5}' | '\u{180b}'..='\u{180f}'
        | '\u{200b}'..='\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2060}'..='\u{206f}' | '\u{3164}' | '\u{fe00}'..='\u{fe0f}'
        | '\u{feff}' | '\u{ffa0}' | '\u{fff0}'..='\u{fffb}' | '\u{1bca0}'..='\u{1bca3}' | '\u{1d173}'..='\u{1d17a}'
        | '\u{e0000}'..='\u{e0fff}');
    c != '\n' && (c.is_control() || invisible)
}

/// Makes deceptive characters visible as `\u{202e}`; a tab becomes a space.
#[must_use]
pub fn escape_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_deceptive(c) => out.extend(c.escape_unicode()),
            c => out.push(c),
        }
    }
    out
}

/// Replaces each byte of a deceptive character by `?`, so that spans remain valid.
fn mask_controls(text: &str) -> String {
    let mut out = String::with_capacity(text.len());
    for c in text.chars() {
        match c {
            '\t' => out.push(' '),
            c if is_deceptive(c) => out.extend(std::iter::repeat_n('?', c.len_utf8())),
            c => out.push(c),
        }
    }
    out
}

/// The input of miette: a message with labels in one text.
struct Report {
    message: String,
    severity: Level,
    help: Option<String>,
    source: Option<NamedSource<String>>,
    labels: Vec<LabeledSpan>,
}

/// The report for the main place, then one for each place in another text.
fn reports(d: &Diagnostic, sources: &SourceMap) -> Vec<Report> {
    let severity = match d.severity {
        Severity::Error => Level::Error,
        Severity::Warning => Level::Warning,
    };
    let help = d.remedies(sources);
    let mut main = Report {
        message: escape_controls(&format!("{}: {}", d.code.row().id, d.message)),
        severity,
        help: (!help.is_empty()).then(|| escape_controls(&help.join("\n"))),
        source: None,
        labels: Vec::new(),
    };
    let Some((place, _)) = d.labels.first() else { return vec![main] };
    if let Some((long, text)) = d.labels.iter().find(|(s, _)| longest_line(*s, sources) > MAX_LINE) {
        let (line, column) = sources.line_column(*long);
        let name = escape_controls(&sources.file(long.source).name);
        let what = if text.is_empty() { String::new() } else { format!(": {}", escape_controls(text)) };
        main.message += &format!(" ({name}:{line}:{column}{what})");
        return vec![main];
    }
    let (here, elsewhere): (Vec<_>, Vec<_>) = d.labels.iter().partition(|(s, _)| s.source == place.source);
    main.source = Some(source_of(*place, sources));
    main.labels = here.iter().enumerate().map(|(i, (span, text))| label(*span, text, i == 0)).collect();
    let others = elsewhere.into_iter().map(|(span, text)| Report {
        message: escape_controls(text),
        severity: Level::Advice,
        help: None,
        source: Some(source_of(*span, sources)),
        labels: vec![label(*span, "", true)],
    });
    std::iter::once(main).chain(others).collect()
}

/// The longest line that is shown, in bytes. For a longer line the message only gives the position, since a line that
/// fills the screen does not help.
const MAX_LINE: usize = 400;

/// The length in bytes of the longest line that a span touches.
fn longest_line(span: Span, sources: &SourceMap) -> usize {
    let text = &sources.file(span.source).text;
    let (start, end) = (span.start as usize, span.end as usize);
    let from = text[..start].rfind('\n').map_or(0, |i| i + 1);
    let to = text[end..].find('\n').map_or(text.len(), |i| end + i);
    text[from..to].lines().map(str::len).max().unwrap_or(0)
}

fn source_of(span: Span, sources: &SourceMap) -> NamedSource<String> {
    let file = sources.file(span.source);
    NamedSource::new(escape_controls(&file.name), mask_controls(&file.text))
}

fn label(span: Span, text: &str, primary: bool) -> LabeledSpan {
    let text = (!text.is_empty()).then(|| escape_controls(text));
    let (at, len) = (span.start as usize, (span.end - span.start) as usize);
    if primary { LabeledSpan::new_primary_with_span(text, (at, len)) } else { LabeledSpan::new(text, at, len) }
}

impl fmt::Display for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl fmt::Debug for Report {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.message)
    }
}

impl std::error::Error for Report {}

impl miette::Diagnostic for Report {
    fn severity(&self) -> Option<Level> {
        Some(self.severity)
    }

    fn help<'a>(&'a self) -> Option<Box<dyn fmt::Display + 'a>> {
        self.help.as_ref().map(|h| Box::new(h) as Box<dyn fmt::Display>)
    }

    fn source_code(&self) -> Option<&dyn SourceCode> {
        self.source.as_ref().map(|s| s as &dyn SourceCode)
    }

    fn labels(&self) -> Option<Box<dyn Iterator<Item = LabeledSpan> + '_>> {
        (!self.labels.is_empty())
            .then(|| Box::new(self.labels.iter().cloned()) as Box<dyn Iterator<Item = LabeledSpan>>)
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::diagnostic::Code;

    #[test]
    fn control_characters_are_not_printed() {
        let mut sources = SourceMap::new();
        let id = sources.add("a\u{1b}[31m.carom", "param x = \u{1b}[2J\u{202e}3\n");
        let d =
            Diagnostic::new(Code::UnexpectedText, "bad \u{7}", Span { source: id, start: 10, end: 11 }, "h\u{9b}re");
        let text = render(&d, &sources, Style::plain());
        assert!(text.chars().all(|c| !is_deceptive(c)), "{text:?}");
        assert!(text.contains("E101"));
    }

    #[test]
    fn only_the_position_of_a_very_long_line_is_shown() {
        let mut sources = SourceMap::new();
        let id = sources.add("long.carom", format!("a\n{}", "1 + ".repeat(1000)));
        let d = Diagnostic::new(Code::UnexpectedText, "bad", Span { source: id, start: 6, end: 7 }, "here");
        let text = render(&d, &sources, Style::plain());
        assert!(text.contains("bad (long.carom:2:5: here)") && text.len() < 200, "{text}");
        let short = Diagnostic::new(Code::UnexpectedText, "bad", Span { source: id, start: 0, end: 1 }, "here");
        assert!(render(&short, &sources, Style::plain()).contains("╰── here"));
    }

    #[test]
    fn a_place_in_another_text_follows() {
        let mut sources = SourceMap::new();
        let main = sources.add("main.carom", "param x = 1\n");
        let used = sources.add("used.carom", "param x = 2\n");
        let at = |source, start| Span { source, start, end: start + 1 };
        let d = Diagnostic::new(Code::DuplicateName, "twice", at(main, 6), "again").label(at(used, 6), "first");
        let text = render(&d, &sources, Style::plain());
        assert!(text.contains("main.carom:1:7") && text.contains("used.carom:1:7"), "{text}");
    }

    #[test]
    fn deceptive_characters_are_shown() {
        assert_eq!(escape_controls("a\u{1b}\u{202e}γ\tb\n"), "a\\u{1b}\\u{202e}γ b\n");
        // Line separators, direction marks, tags, variation selectors; letters and combining marks are text.
        for c in "\u{85}\u{2028}\u{2029}\u{61c}\u{200f}\u{2066}\u{e0041}\u{e0101}\u{fe0f}\u{ad}\u{3164}".chars() {
            assert!(is_deceptive(c), "{c:?}");
        }
        assert!(!"γ′⟨σx⟩ ρ̂ éå日本語 √½²\n".chars().any(is_deceptive));
    }

    #[test]
    fn masking_keeps_byte_positions() {
        let text = "a\u{1b}\u{202e}\u{e0041}γ\tb";
        assert_eq!(mask_controls(text).len(), text.len());
        assert_eq!(mask_controls(text), "a????????γ b");
    }

    #[test]
    fn a_line_separator_does_not_break_a_line() {
        let mut sources = SourceMap::new();
        let id = sources.add("a.carom", "param x = \u{2028}3\n");
        let d =
            Diagnostic::new(Code::UnexpectedText, "bad \u{2028}", Span { source: id, start: 13, end: 14 }, "\u{61c}");
        let text = render(&d, &sources, Style::plain());
        assert!(!text.chars().any(is_deceptive) && text.contains("???3"), "{text}");
        assert!(text.contains("bad \\u{2028}") && text.contains("\\u{61c}"), "{text}");
    }
}
