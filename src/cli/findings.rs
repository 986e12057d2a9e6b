//! Diagnostics for other programs: JSON, SARIF and lines as compilers print them.

use serde_json::{Value, json};

use crate::diagnostic::{Code, Diagnostic, escape_controls};
use crate::source::SourceMap;

/// A diagnostic with its place in a file.
pub(super) struct Finding {
    code: Code,
    is_error: bool,
    message: String,
    help: Vec<String>,
    /// The file as the command line or a `use` names it.
    file: String,
    /// `None` if the diagnostic concerns the whole file.
    place: Option<Place>,
}

/// A range of text. Lines and columns count from 1, columns in characters; the end is exclusive.
#[derive(Debug, Clone, Copy)]
struct Place {
    line: usize,
    column: usize,
    end_line: usize,
    end_column: usize,
}

impl Finding {
    /// The finding of a diagnostic about the script `file`.
    pub(super) fn new(d: &Diagnostic, file: &str, sources: &SourceMap) -> Self {
        let place = d.labels.first().map(|(span, _)| {
            let (line, column) = sources.line_column(*span);
            let text = sources.text(*span);
            let last = text.rsplit('\n').next().unwrap_or_default().chars().count();
            let lines = text.matches('\n').count();
            let end_column = if lines == 0 { column + last } else { last + 1 };
            Place { line, column, end_line: line + lines, end_column }
        });
        let named = d.labels.first().map(|(span, _)| sources.file(span.source).name.clone());
        Self {
            code: d.code,
            is_error: d.is_error(),
            message: d.message.clone(),
            help: d.remedies(sources),
            file: named.unwrap_or_else(|| file.to_string()),
            place,
        }
    }

    fn severity(&self) -> &'static str {
        if self.is_error { "error" } else { "warning" }
    }

    fn json(&self) -> Value {
        json!({
            "code": self.code.row().id,
            "severity": self.severity(),
            "file": self.file,
            "line": self.place.map(|p| p.line),
            "column": self.place.map(|p| p.column),
            "end_line": self.place.map(|p| p.end_line),
            "end_column": self.place.map(|p| p.end_column),
            "message": self.message,
            "help": self.help,
        })
    }

    /// `m.carom:3:5: error[E201]: …`
    pub(super) fn short(&self) -> String {
        let place = self.place.map_or_else(String::new, |p| format!("{}:{}:", p.line, p.column));
        let line = format!("{}:{place} {}[{}]: {}", self.file, self.severity(), self.code.row().id, self.message);
        escape_controls(&line.replace('\n', " "))
    }

    fn sarif(&self, rules: &[Code]) -> Value {
        let help: String = self.help.iter().map(|help| format!("\n{help}")).collect();
        let mut location = json!({"artifactLocation": {"uri": uri(&self.file)}});
        if let Some(Place { line, column, end_line, end_column }) = self.place {
            location["region"] =
                json!({"startLine": line, "startColumn": column, "endLine": end_line, "endColumn": end_column});
        }
        json!({
            "ruleId": self.code.row().id,
            "ruleIndex": rules.iter().position(|code| *code == self.code),
            "level": self.severity(),
            "message": {"text": format!("{}{help}", self.message)},
            "locations": [{"physicalLocation": location}],
        })
    }
}

/// A JSON list with one object for each finding, each on a line of its own.
pub(super) fn json(findings: &[Finding]) -> String {
    let lines: Vec<String> = findings.iter().map(|f| f.json().to_string()).collect();
    if lines.is_empty() { "[]\n".into() } else { format!("[\n{}\n]\n", lines.join(",\n")) }
}

/// A SARIF 2.1.0 log with one run.
pub(super) fn sarif(findings: &[Finding]) -> String {
    let mut rules: Vec<Code> = Vec::new();
    for finding in findings {
        if !rules.contains(&finding.code) {
            rules.push(finding.code);
        }
    }
    let rule = |code: &Code| {
        let row = code.row();
        json!({"id": row.id, "shortDescription": {"text": row.title}, "fullDescription": {"text": row.explanation}})
    };
    let log = json!({
        "$schema": "https://docs.oasis-open.org/sarif/sarif/v2.1.0/errata01/os/schemas/sarif-schema-2.1.0.json",
        "version": "2.1.0",
        "runs": [{
            "tool": {"driver": {
                "name": "carom",
                "version": env!("CARGO_PKG_VERSION"),
                "rules": rules.iter().map(rule).collect::<Vec<_>>(),
            }},
            "columnKind": "unicodeCodePoints",
            "results": findings.iter().map(|f| f.sarif(&rules)).collect::<Vec<_>>(),
        }],
    });
    format!("{log:#}\n")
}

/// A path as a URI reference: characters other than letters, digits and `-._~/` are percent-encoded.
fn uri(path: &str) -> String {
    let encode = |byte: u8| match byte {
        b'\\' if cfg!(windows) => "/".to_string(),
        b'-' | b'.' | b'_' | b'~' | b'/' => char::from(byte).to_string(),
        byte if byte.is_ascii_alphanumeric() => char::from(byte).to_string(),
        byte => format!("%{byte:02X}"),
    };
    path.bytes().map(encode).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::source::Span;

    #[test]
    fn the_end_of_a_place_is_exclusive() {
        let mut sources = SourceMap::new();
        let source = sources.add("a b.carom", "γ = π\nstep {\n}\n");
        let finding = |text: &str| {
            let all = sources.file(source).text.clone();
            let start = all.find(text).unwrap();
            let number = |x: usize| u32::try_from(x).unwrap();
            let span = Span { source, start: number(start), end: number(start + text.len()) };
            let d = Diagnostic::new(Code::UnexpectedText, "here", span, "").help("there");
            Finding::new(&d, "a b.carom", &sources)
        };
        let Place { line, column, end_line, end_column } = finding("π").place.unwrap();
        assert_eq!((line, column, end_line, end_column), (1, 5, 1, 6));
        let Place { line, column, end_line, end_column } = finding("step {\n}").place.unwrap();
        assert_eq!((line, column, end_line, end_column), (2, 1, 3, 2));
        assert_eq!(finding("π").short(), "a b.carom:1:5: error[E101]: here");
        assert_eq!(uri("a b/γ.carom"), "a%20b/%CE%B3.carom");
    }
}
