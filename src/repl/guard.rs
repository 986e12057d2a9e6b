//! Containment of panics. A panic is a bug in Carom; it costs the line that caused it, not the session.

use std::panic::{self, AssertUnwindSafe};
use std::sync::Mutex;

use super::{Screen, places};
use crate::session::Session;

/// The source location and message of the last panic.
static LAST: Mutex<String> = Mutex::new(String::new());

/// Records the place of a panic without printing it; [`report`] does that.
pub(super) fn install() {
    panic::set_hook(Box::new(|info| {
        let payload = info.payload();
        let text = payload.downcast_ref::<&str>().copied().or(payload.downcast_ref::<String>().map(String::as_str));
        let text = text.unwrap_or("no message");
        let place = info.location().map_or_else(String::new, |l| format!("{}:{}: ", l.file(), l.line()));
        if let Ok(mut last) = LAST.lock() {
            *last = format!("{place}{text}");
        }
    }));
}

/// The result of some work, or the message of its panic. Work replaces the session only when it is done, so a panic leaves it
/// unchanged.
pub(super) fn guarded<T>(work: impl FnOnce() -> T) -> Result<T, String> {
    panic::catch_unwind(AssertUnwindSafe(work)).map_err(|_| {
        let last = LAST.lock().map(|text| text.clone()).unwrap_or_default();
        if last.is_empty() { "no message".to_string() } else { last }
    })
}

/// Reports a panic, and saves the session's script in a file.
pub(super) fn report(panic: &str, session: &Session, screen: &mut dyn Screen) {
    let kept = match places::keep(session.script(), "recovery.carom") {
        Ok(path) => format!("the script is saved in {}", path.display()),
        Err(e) => format!("the script could not be saved: {e}"),
    };
    screen.note(&format!("a bug in Carom stopped this line: {panic}"));
    screen.note(&format!("{kept}; the session continues unchanged. Please report the line and the script."));
    screen.ended(super::Ended::Bug);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_panic_is_caught_with_its_message_and_place() {
        assert_eq!(guarded(|| 3), Ok(3));
        install();
        let caught = guarded(|| -> i32 { panic!("an invariant is broken") });
        drop(panic::take_hook());
        let text = caught.expect_err("it panicked");
        assert!(text.contains("guard.rs:") && text.ends_with("an invariant is broken"), "{text}");
    }
}
