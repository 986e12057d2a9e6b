//! Work that is divided into numbered parts: the points of a sweep, or groups of trajectories.
//!
//! Contract: each part is computed by one thread, independently of the others. Every finished part is written to the
//! journal before it counts, so that the work can be continued after an interruption at any moment.

use std::collections::BTreeSet;
use std::path::Path;
use std::sync::atomic::{AtomicBool, Ordering};
use std::sync::mpsc::{Receiver, sync_channel};
use std::time::{Duration, Instant};

use rayon::prelude::*;

use super::journal::{Head, Journal, Record, read};
use super::{Control, remarks};
use crate::diagnostic::{Code, Diagnostic};
use crate::source::SourceMap;
use crate::storage::FileError;

/// Where and how finished parts are stored.
#[derive(Debug, Clone, Copy)]
pub struct Keeping<'k> {
    /// Path of the journal.
    pub journal: &'k Path,
    /// Whether to continue from an existing journal.
    pub resume: bool,
    /// Number of threads; 0 means one per core.
    pub threads: usize,
}

/// The most records on their way to the journal.
pub(super) const QUEUE: usize = 64;
/// A finished part is held back for at most this time while others finish.
const HELD: Duration = Duration::from_millis(2);

/// Parts that can be computed independently.
pub(super) trait Parts: Sync {
    /// What a thread keeps from one part to the next.
    type Own<'s>
    where
        Self: 's;

    fn own(&self) -> Self::Own<'_>;

    /// The result of a part; `None` if it was interrupted.
    fn compute<'s>(&'s self, part: usize, own: &mut Self::Own<'s>, control: &Control<'_>) -> Option<Record>;
}

/// Parts to be computed.
pub(super) struct Work<'w, P> {
    pub(super) parts: &'w P,
    /// The indices of the parts.
    pub(super) todo: &'w [usize],
    /// How many parts are sent to the journal together.
    pub(super) together: usize,
    /// Number of threads; 0 means one per core.
    pub(super) threads: usize,
}

impl<P: Parts> Work<'_, P> {
    /// Computes the parts on several threads. Each result goes first to the journal, if there is one, and then to `put`.
    ///
    /// # Errors
    /// The journal cannot be written. The other parts are then not computed.
    pub(super) fn run(
        &self,
        journal: Option<&mut Journal>,
        put: &mut dyn FnMut(Record),
        control: &Control<'_>,
    ) -> Result<(), FileError> {
        let Self { parts, todo, together, threads } = *self;
        let stop = AtomicBool::new(false);
        let interrupted = || stop.load(Ordering::Relaxed) || (control.interrupted)();
        let (sender, receiver) = sync_channel::<Vec<Record>>(QUEUE / together.max(1));
        std::thread::scope(|scope| {
            // The sender is dropped after the last part, which ends the receiver.
            let interrupted = &interrupted;
            scope.spawn(move || {
                let work = move || {
                    let own = || (sender.clone(), parts.own());
                    todo.par_chunks(together).for_each_init(own, |(sender, own), chunk| {
                        let control = Control { interrupted, progress: control.progress };
                        let (mut ready, mut since) = (Vec::new(), Instant::now());
                        // After an interrupt no further part is prepared.
                        for &i in chunk.iter().take_while(|_| !interrupted()) {
                            ready.extend(parts.compute(i, own, &control).filter(|_| !interrupted()));
                            if since.elapsed() > HELD {
                                drop(sender.send(std::mem::take(&mut ready)));
                                since = Instant::now();
                            }
                        }
                        // Sending fails only if the journal cannot be written; there is nothing to do here then.
                        drop(sender.send(ready));
                    });
                };
                match rayon::ThreadPoolBuilder::new().num_threads(threads).build() {
                    Ok(pool) => pool.install(work),
                    Err(_) => work(),
                }
            });
            let gathered = gather(&receiver, journal, put);
            if gathered.is_err() {
                stop.store(true, Ordering::Relaxed);
                // Drain the channel, so that blocked threads continue and notice the stop.
                receiver.iter().for_each(drop);
            }
            gathered
        })
    }
}

/// Stores each result as it arrives, first in the journal, then in the tables.
fn gather(
    receiver: &Receiver<Vec<Record>>,
    mut journal: Option<&mut Journal>,
    put: &mut dyn FnMut(Record),
) -> Result<(), FileError> {
    for record in receiver.iter().flatten() {
        if let Some(journal) = &mut journal {
            journal.append(&record)?;
        }
        put(record);
    }
    journal.map_or(Ok(()), Journal::sync)
}

impl Keeping<'_> {
    /// The parts in a journal on disk, each once; none if the work begins anew. A record that is not accepted, or that names
    /// a place outside the sources, counts as damaged, even if its checksum is right.
    ///
    /// # Errors
    /// The journal belongs to other work.
    pub(super) fn recover(
        &self,
        head: &Head,
        sources: &SourceMap,
        accepts: &dyn Fn(&Record) -> bool,
    ) -> Result<Vec<Record>, Vec<Diagnostic>> {
        let path = self.journal;
        if !self.resume || !path.exists() {
            return Ok(Vec::new());
        }
        let refuse = |why: String| {
            let d =
                Diagnostic::nowhere(Code::JournalRefused, format!("cannot resume from `{}`: {why}", path.display()));
            Err(vec![d.help("run without `--resume` to start over (the old journal is kept), or with the script and options of the old run")])
        };
        let recovered = match read(path) {
            Ok(recovered) => recovered,
            Err(e) => return refuse(e.to_string()),
        };
        match recovered.head.map(|h| h.difference(head)) {
            None => return refuse("its header is damaged, so the run that it belongs to is unknown".into()),
            Some(Some(difference)) => return refuse(format!("it belongs to {difference}")),
            Some(None) => {}
        }
        let mut seen = BTreeSet::new();
        let mut is_good = |r: &Record| remarks::fit(&r.remarks, sources) && accepts(r) && seen.insert(r.point);
        Ok(recovered.records.into_iter().filter(|r| is_good(r)).collect())
    }
}

pub(super) fn cannot_write(e: &FileError) -> Diagnostic {
    Diagnostic::nowhere(Code::CannotWrite, e.to_string()).help(e.remedy())
}
