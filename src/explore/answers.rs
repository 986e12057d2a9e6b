//! The answers to the requests of the page.
//!
//! `GET` sends the files of the page. `POST` takes and returns JSON: `open` opens a protocol in a new tab, `change`, `undo`
//! and `redo` move its point, `draw` draws it, `equations` gives its step, `save` and `figure` write files. A mistake of
//! the user is the answer `{"error": TEXT}`; a tab that is no longer known is `{"gone": true}`.

use std::net::TcpStream;
use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, AtomicU64, Ordering};
use std::time::{Duration, Instant};

use serde_json::{Value as Json, json};

use super::Shared;
use super::http::{Request, Response, Status, is_closed};
use super::json::{change, changes, error, key, picture, view};
use super::tabs::{LANES, Tab};
use crate::experiment::Control;
use crate::output::figure::Format;
use crate::session::{Exploration, Failure, Point};
use crate::shipped::SHIPPED;

/// The files of the page: path, type, content.
const PAGE: [(&str, &str, &str); 4] = [
    ("", "text/html; charset=utf-8", include_str!("page/index.html")),
    ("style.css", "text/css; charset=utf-8", include_str!("page/style.css")),
    ("explore.js", "text/javascript; charset=utf-8", include_str!("page/explore.js")),
    ("formula.js", "text/javascript; charset=utf-8", include_str!("page/formula.js")),
];

/// How often a run checks whether its page has closed the connection.
const LOOK: Duration = Duration::from_millis(40);

/// Answers an admitted request. `path` is the part after the token.
pub(super) fn answer(shared: &Shared, request: &Request, path: &str, stream: &TcpStream) -> Response {
    let file = PAGE.iter().find(|(name, _, _)| *name == path);
    match (request.method.as_str(), file) {
        ("GET", Some((_, kind, text))) => Response::new(kind, *text),
        ("GET" | "POST", None) => posted(shared, request, path, stream).unwrap_or_else(Response::refusal),
        _ => Response::refusal(Status::WrongMethod),
    }
}

fn posted(shared: &Shared, request: &Request, path: &str, stream: &TcpStream) -> Result<Response, Status> {
    let known = ["open", "change", "undo", "redo", "draw", "equations", "save", "figure"];
    if !known.contains(&path) {
        return Err(Status::NotFound);
    }
    if request.method != "POST" {
        return Err(Status::WrongMethod);
    }
    // A form of another site cannot send this type.
    if !request.header("content-type").is_some_and(|kind| kind.starts_with("application/json")) {
        return Err(Status::NotJson);
    }
    let json: Json = serde_json::from_slice(&request.body).map_err(|_| Status::Bad)?;
    let answer = if path == "open" {
        open(shared, &json)?
    } else {
        let number = json.get("tab").and_then(Json::as_u64).ok_or(Status::Bad)?;
        match shared.tabs.get(number) {
            Some(tab) => in_tab(shared, path, &json, &tab, stream)?,
            None => Ok(json!({ "gone": true })),
        }
    };
    let answer = answer.unwrap_or_else(|failure| error(&failure));
    Ok(Response::new("application/json", answer.to_string()))
}

/// An answer, or a mistake of the user.
type Answer = Result<Json, Failure>;

fn in_tab(shared: &Shared, path: &str, json: &Json, tab: &Arc<Tab>, stream: &TcpStream) -> Result<Answer, Status> {
    match path {
        "draw" => draw(json, tab, stream),
        "change" => {
            let change = json.get("change").and_then(change).ok_or(Status::Bad)?;
            let amend = json.get("amend").and_then(Json::as_bool).unwrap_or(false);
            Ok(moved(tab, |exploration| exploration.change(&change, amend)))
        }
        "undo" => Ok(moved(tab, |exploration| {
            exploration.undo();
            Ok(())
        })),
        "redo" => Ok(moved(tab, |exploration| {
            exploration.redo();
            Ok(())
        })),
        "equations" => {
            let exploration = tab.exploration().clone();
            Ok(exploration.equations(exploration.point()).map(|latex| json!({ "latex": latex })))
        }
        "save" => {
            let name = json.get("name").and_then(Json::as_str).unwrap_or("");
            Ok(save(&tab.exploration().clone(), name, &shared.options.folder))
        }
        _ => {
            let named = |name: &str| Format::ALL.into_iter().find(|format| format.extension() == name);
            let format = json.get("format").and_then(Json::as_str).and_then(named).ok_or(Status::Bad)?;
            Ok(figure(&tab.exploration().clone(), format, &shared.options.folder, stream))
        }
    }
}

/// Opens the script of the command line, or a shipped protocol. No other file can be named.
fn open(shared: &Shared, json: &Json) -> Result<Answer, Status> {
    let options = &shared.options;
    let (file, experiment) = match json.get("protocol").and_then(Json::as_str) {
        None => (options.file(), options.experiment.as_deref()),
        Some(name) => (SHIPPED.iter().find(|s| s.name == name).ok_or(Status::NotFound)?.name, None),
    };
    Ok(Exploration::open(file, experiment).and_then(|exploration| {
        let mut view = view(&exploration, exploration.point())?;
        view["tab"] = shared.tabs.add(exploration).into();
        view["file"] = options.file().into();
        Ok(view)
    }))
}

/// Changes the point, and returns the view of the new one.
fn moved(tab: &Tab, change: impl FnOnce(&mut Exploration) -> Result<(), Failure>) -> Answer {
    let mut exploration = tab.exploration();
    let mut trial = exploration.clone();
    change(&mut trial)?;
    let view = view(&trial, trial.point())?;
    *exploration = trial;
    Ok(view)
}

/// Draws the point after some changes that are only tried out. A newer request of the same lane stops this one.
fn draw(json: &Json, tab: &Tab, stream: &TcpStream) -> Result<Answer, Status> {
    let whole = |key: &str| json.get(key).and_then(Json::as_u64);
    let number = whole("number").ok_or(Status::Bad)?;
    let lane = whole("lane").and_then(|lane| usize::try_from(lane).ok()).filter(|lane| *lane < LANES);
    let lane = lane.ok_or(Status::Bad)?;
    let level = whole("level").and_then(|level| usize::try_from(level).ok()).ok_or(Status::Bad)?;
    let tried = json.get("changes").and_then(changes).ok_or(Status::Bad)?;
    tab.announce(lane, number);
    let exploration = tab.exploration().clone();
    let point = tried.iter().fold(exploration.point().clone(), |point, change| point.with(change));
    let start = Instant::now();
    let drawn = stoppable(stream, &|| tab.is_superseded(lane, number), |control| {
        let Some(drawn) = exploration.draw(&point, level, control)? else { return Ok(json!({ "cancelled": true })) };
        let mut out = picture(&drawn);
        out["view"] = view(&exploration, &point)?;
        out["key"] = key(&point).into();
        Ok(out)
    });
    Ok(drawn.map(|mut out| {
        out["number"] = number.into();
        out["level"] = level.into();
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a run")]
        let milliseconds = start.elapsed().as_millis() as u64;
        out["milliseconds"] = milliseconds.into();
        out
    }))
}

/// Runs some work that stops when it is superseded or when the page closes the connection.
fn stoppable(
    stream: &TcpStream,
    superseded: &(dyn Fn() -> bool + Sync),
    work: impl FnOnce(&Control<'_>) -> Answer,
) -> Answer {
    let (start, next, closed) = (Instant::now(), AtomicU64::new(0), AtomicBool::new(false));
    drop(stream.set_nonblocking(true));
    let interrupted = || {
        #[expect(clippy::cast_possible_truncation, reason = "milliseconds of a run")]
        let now = start.elapsed().as_millis() as u64;
        if now >= next.load(Ordering::Relaxed) {
            #[expect(clippy::cast_possible_truncation, reason = "a few milliseconds")]
            next.store(now + LOOK.as_millis() as u64, Ordering::Relaxed);
            if is_closed(stream) {
                closed.store(true, Ordering::Relaxed);
            }
        }
        closed.load(Ordering::Relaxed) || superseded()
    };
    let answer = work(&Control { interrupted: &interrupted, progress: &|_, _| {} });
    drop(stream.set_nonblocking(false));
    answer
}

fn save(exploration: &Exploration, name: &str, folder: &Path) -> Answer {
    let point: &Point = exploration.point();
    let path = exploration.save(point, name, folder)?;
    Ok(json!({ "path": path.display().to_string() }))
}

/// Draws the figures in full and saves them.
fn figure(exploration: &Exploration, format: Format, folder: &Path, stream: &TcpStream) -> Answer {
    let point = exploration.point();
    stoppable(stream, &|| false, |control| {
        let finest = usize::MAX;
        let Some(drawn) = exploration.draw(point, finest, control)? else { return Ok(json!({ "cancelled": true })) };
        let paths = exploration.save_figures(point, &drawn, format, folder)?;
        Ok(json!({ "paths": paths.iter().map(|path| path.display().to_string()).collect::<Vec<_>>() }))
    })
}
