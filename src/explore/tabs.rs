//! The open pages. Each has an exploration of its own, and draws one picture at a time: a newer request stops an older one.

use std::collections::BTreeMap;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};

use crate::session::Exploration;

/// The most pages whose state is kept; beyond it, the page that was used least recently starts anew.
const MAX_TABS: usize = 64;

/// The figures that a page draws independently: that of its point, and that of the file for comparison.
pub(super) const LANES: usize = 2;

/// An open page.
#[derive(Debug)]
pub(super) struct Tab {
    exploration: Mutex<Exploration>,
    /// The number of the newest picture requested, for each lane.
    newest: [AtomicU64; LANES],
}

impl Tab {
    /// The exploration, for a short time: nothing is run while it is locked.
    pub(super) fn exploration(&self) -> MutexGuard<'_, Exploration> {
        // A panic leaves the exploration as it was before the change.
        self.exploration.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Announces a picture. Older ones of the lane are superseded.
    pub(super) fn announce(&self, lane: usize, number: u64) {
        self.newest[lane].fetch_max(number, Ordering::SeqCst);
    }

    /// Whether a newer picture was requested.
    pub(super) fn is_superseded(&self, lane: usize, number: u64) -> bool {
        self.newest[lane].load(Ordering::Relaxed) > number
    }
}

/// All open pages.
#[derive(Debug, Default)]
pub(super) struct Tabs {
    open: Mutex<Open>,
}

#[derive(Debug, Default)]
struct Open {
    /// The pages by number, and when each was last used.
    tabs: BTreeMap<u64, (Arc<Tab>, u64)>,
    /// Number of uses so far, which also numbers the pages.
    uses: u64,
}

impl Tabs {
    /// Adds a page and returns its number.
    pub(super) fn add(&self, exploration: Exploration) -> u64 {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.uses += 1;
        let number = open.uses;
        let newest = [const { AtomicU64::new(0) }; LANES];
        open.tabs.insert(number, (Arc::new(Tab { exploration: Mutex::new(exploration), newest }), number));
        if open.tabs.len() > MAX_TABS {
            let oldest = open.tabs.iter().min_by_key(|(_, (_, used))| *used).map(|(number, _)| *number);
            oldest.map(|number| open.tabs.remove(&number));
        }
        number
    }

    /// The page with this number; `None` if its state was dropped, or belonged to another server.
    pub(super) fn get(&self, number: u64) -> Option<Arc<Tab>> {
        let mut open = self.open.lock().unwrap_or_else(PoisonError::into_inner);
        open.uses += 1;
        let uses = open.uses;
        let (tab, used) = open.tabs.get_mut(&number)?;
        *used = uses;
        Some(Arc::clone(tab))
    }
}
