//! Processor time of processes and threads. Unlike wall-clock time, it does not grow while other programs use the
//! machine, so a test that bounds it does not depend on the load.

use std::time::{Duration, Instant};

/// Processor time that a process has used so far, or the wall-clock time since `start` where the system does not report
/// it.
pub(crate) fn of_process(id: u32, start: Instant) -> Duration {
    of(&format!("/proc/{id}/stat")).unwrap_or_else(|| start.elapsed())
}

/// The same for this thread.
#[allow(dead_code, reason = "not every test that includes this file bounds its own time")]
pub(crate) fn of_this_thread(start: Instant) -> Duration {
    of("/proc/thread-self/stat").unwrap_or_else(|| start.elapsed())
}

fn of(stat: &str) -> Option<Duration> {
    let stat = std::fs::read_to_string(stat).ok()?;
    // After the name in brackets, user and system time are the fields 12 and 13, in hundredths of a second.
    let fields: Vec<&str> = stat.rsplit_once(") ")?.1.split(' ').collect();
    let hundredths: u64 = fields.get(11..13)?.iter().map(|f| f.parse::<u64>().unwrap_or(0)).sum();
    Some(Duration::from_millis(10 * hundredths))
}
