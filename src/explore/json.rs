//! The messages between the page and the server, as JSON.

use serde_json::{Value as Json, json};

use crate::diagnostic::{Style, render_all};
use crate::output::figure::svg;
use crate::session::{Change, Exploration, Failure, Parameter, Picture, Point, Setter, Verdict};
use crate::shipped::SHIPPED;

/// Width of messages, in columns.
const COLUMNS: usize = 76;

/// The changes that a request lists; `None` if one of them is malformed.
pub(super) fn changes(list: &Json) -> Option<Vec<Change>> {
    list.as_array()?.iter().map(change).collect()
}

/// A change: `{"set": NAME, "value": TEXT}`, `{"collisions": TEXT}`, `{"experiment": NAME}` or `{"reset": true}`. Without a
/// text, the value is that of the script.
pub(super) fn change(json: &Json) -> Option<Change> {
    let text = |key: &str| json.get(key).and_then(Json::as_str).map(ToString::to_string);
    if let Some(name) = text("set") {
        return Some(Change::Set { name, value: text("value") });
    }
    if let Some(name) = text("experiment") {
        return Some(Change::Experiment(name));
    }
    if json.get("collisions").is_some() {
        return Some(Change::Collisions(text("collisions")));
    }
    json.get("reset").map(|_| Change::Reset)
}

/// What the controls of the page show at a point.
///
/// # Errors
/// The point has a mistake.
pub(super) fn view(exploration: &Exploration, point: &Point) -> Result<Json, Failure> {
    let parameters = exploration.parameters(point)?;
    let typed = |name: &str| point.settings.iter().find(|(n, _)| n == name).map(|(_, value)| value.as_str());
    let experiments = exploration.experiments().map(|(name, title)| json!({ "name": name, "title": title }));
    let (undo, redo) = exploration.can();
    Ok(json!({
        "protocol": exploration.protocol(),
        "about": exploration.about(),
        "protocols": SHIPPED.iter().map(|s| s.name).collect::<Vec<_>>(),
        "experiment": point.experiment,
        "experiments": experiments.collect::<Vec<_>>(),
        "parameters": parameters.iter().map(|p| parameter(p, typed(&p.name))).collect::<Vec<_>>(),
        "collisions": exploration.collisions(point).map(|(value, default)| json!({ "value": value, "default": default })),
        "undo": undo,
        "redo": redo,
        "changed": !point.settings.is_empty() || point.collisions.is_some(),
        "command": exploration.command(point),
        "key": key(point),
    }))
}

/// A text that is the same for equal points.
pub(super) fn key(point: &Point) -> String {
    let mut settings: Vec<&(String, String)> = point.settings.iter().collect();
    settings.sort();
    json!([point.experiment, settings, point.collisions]).to_string()
}

fn parameter(p: &Parameter, typed: Option<&str>) -> Json {
    let mut out = json!({
        "name": p.name,
        "doc": p.doc,
        "value": p.value,
        "default": p.default,
        "formula": p.formula,
        "set": p.is_set,
        "typed": typed.filter(|_| p.is_set),
    });
    let setter = match &p.setter {
        Setter::Slider(r) => json!({ "kind": "slider", "least": r.least, "most": r.most, "whole": r.whole }),
        Setter::Choice(choices) => json!({ "kind": "choice", "choices": choices }),
        Setter::Text => json!({ "kind": "text" }),
        Setter::Varied(how) => json!({ "kind": "varied", "how": how }),
    };
    if let (Json::Object(out), Json::Object(setter)) = (&mut out, setter) {
        out.extend(setter);
    }
    out
}

/// A picture with its claims.
pub(super) fn picture(picture: &Picture) -> Json {
    let claim =
        |c: &Verdict| json!({ "experiment": c.experiment, "text": c.text, "measured": c.measured, "holds": c.holds });
    let style = Style { colour: false, width: COLUMNS };
    json!({
        "figures": picture.figures.iter().map(|drawn| svg(&drawn.figure)).collect::<Vec<_>>(),
        "claims": picture.claims.iter().map(claim).collect::<Vec<_>>(),
        "coarse": picture.is_coarse,
        "amount": picture.amount,
        "warnings": render_all(&picture.warnings, &picture.sources, style).trim_end(),
    })
}

/// The mistakes of a point, as the command line prints them.
pub(super) fn error(failure: &Failure) -> Json {
    let text = render_all(&failure.diagnostics, &failure.sources, Style { colour: false, width: COLUMNS });
    json!({ "error": text.trim_end() })
}
