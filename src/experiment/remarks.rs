//! The warnings of runs. Where an experiment consists of several runs, only the gravest warning of each kind is shown.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Code, Diagnostic};
use crate::source::{SourceMap, Span};

/// A warning of a run.
#[derive(Debug, Clone)]
pub(super) struct Remark {
    pub(super) warning: Diagnostic,
    /// The number that the warning is about, to compare it with those of other runs; 0 if it has none.
    gravity: f64,
}

impl Remark {
    /// A warning about this number.
    pub(super) fn graded(warning: Diagnostic, gravity: f64) -> Self {
        Self { warning, gravity }
    }

    /// Whether both warn about the same operation, or about the same subsystem.
    pub(super) fn is_like(&self, other: &Self) -> bool {
        self.warning.code == other.warning.code && self.warning.labels == other.warning.labels
    }

    /// Whether its places exist.
    fn fits(&self, sources: &SourceMap) -> bool {
        self.warning.labels.iter().all(|(span, _)| sources.has(*span))
    }

    /// Whether it is graver than another one of the same kind.
    pub(super) fn is_graver(&self, other: &Self) -> bool {
        self.gravity > other.gravity
    }
}

impl From<Diagnostic> for Remark {
    fn from(warning: Diagnostic) -> Self {
        Self { warning, gravity: 0.0 }
    }
}

/// Adds the warnings of another run. Of two equally grave ones, the known one stays.
pub(super) fn merge(known: &mut Vec<Remark>, new: Vec<Remark>) {
    for remark in new {
        match known.iter_mut().find(|k| k.is_like(&remark)) {
            Some(known) if remark.is_graver(known) => *known = remark,
            Some(_) => {}
            None => known.push(remark),
        }
    }
}

/// Whether the places of all warnings exist.
pub(super) fn fit(remarks: &[Remark], sources: &SourceMap) -> bool {
    remarks.iter().all(|remark| remark.fits(sources))
}

/// The warnings themselves.
pub(super) fn warnings(remarks: Vec<Remark>) -> Vec<Diagnostic> {
    remarks.into_iter().map(|remark| remark.warning).collect()
}

/// The warnings as text for a journal; empty if there are none.
pub(super) fn to_text(remarks: &[Remark]) -> String {
    let label = |(span, text): &(Span, String)| json!([span.numbers(), text]);
    let remark = |Remark { warning, gravity }: &Remark| {
        json!({
            "code": warning.code.row().id,
            "message": warning.message,
            "labels": warning.labels.iter().map(label).collect::<Vec<_>>(),
            "help": warning.help,
            "gravity": gravity.to_bits(),
        })
    };
    if remarks.is_empty() { String::new() } else { Json::from_iter(remarks.iter().map(remark)).to_string() }
}

/// The warnings in a text of a journal; `None` for any other text. Their places need not exist.
pub(super) fn from_text(text: &str) -> Option<Vec<Remark>> {
    if text.is_empty() {
        return Some(Vec::new());
    }
    let json: Json = serde_json::from_str(text).ok()?;
    json.as_array()?.iter().map(read).collect()
}

fn read(remark: &Json) -> Option<Remark> {
    let text = |json: &Json| json.as_str().map(String::from);
    let mut warning = Diagnostic::nowhere(Code::from_id(remark["code"].as_str()?)?, text(&remark["message"])?);
    for label in remark["labels"].as_array()? {
        let numbers =
            label[0].as_array()?.iter().map(|n| u32::try_from(n.as_u64()?).ok()).collect::<Option<Vec<_>>>()?;
        warning = warning.label(Span::from_numbers(numbers.try_into().ok()?), text(&label[1])?);
    }
    warning.help = remark["help"].as_array()?.iter().map(text).collect::<Option<_>>()?;
    Some(Remark { warning, gravity: f64::from_bits(remark["gravity"].as_u64()?) })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn remark(gravity: f64) -> Remark {
        let span = Span::from_numbers([0, 0, 5]);
        let warning =
            Diagnostic::new(Code::TruncatedBoson, format!("it is {gravity}"), span, "here").help("a \"remedy\"");
        Remark::graded(warning, gravity)
    }

    fn nowhere(message: &str) -> Remark {
        Diagnostic::nowhere(Code::NeverSelected, message).into()
    }

    #[test]
    fn warnings_survive_a_journal() {
        let remarks = [remark(0.1 + 0.2), nowhere("nothing is left")];
        assert_eq!(format!("{:?}", from_text(&to_text(&remarks)).unwrap()), format!("{remarks:?}"));
        assert!(from_text("").unwrap().is_empty());
        for (old, new) in [("[0,0,5]", "[0,0]"), ("[0,0,5]", "[0,0,-1]"), ("W006", "W999"), ("}]", "")] {
            assert!(from_text(&to_text(&remarks).replace(old, new)).is_none(), "{new}");
        }
    }

    #[test]
    fn a_place_that_does_not_exist_does_not_fit() {
        let mut sources = SourceMap::new();
        sources.add("script", "wrong α");
        assert!(fit(&[remark(1.0), nowhere("it fits everywhere")], &sources));
        // The seventh byte is the first of two of a character.
        for numbers in [[0, 0, 7], [0, 5, 4], [1, 0, 5]] {
            let text = to_text(&[remark(1.0)]).replace("[0,0,5]", &format!("{numbers:?}"));
            assert!(!fit(&from_text(&text).unwrap(), &sources), "{numbers:?}");
        }
    }

    #[test]
    fn the_gravest_of_a_kind_stays() {
        let mut known = vec![remark(2.0)];
        merge(&mut known, vec![remark(1.0), nowhere("other")]);
        merge(&mut known, vec![remark(3.0)]);
        let messages: Vec<String> = warnings(known).into_iter().map(|d| d.message).collect();
        assert_eq!(messages, ["it is 3", "other"]);
    }
}
