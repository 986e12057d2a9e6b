//! The moments of a session: what `undo` and `redo` walk along.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::run::Run;
use super::state::State;

/// How many changes `undo` goes back at most.
const MAX_MOMENTS: usize = 1000;

/// Numbers that results of earlier moments may hold together: 256 MB. Beyond that the oldest moments keep their scripts only.
const MAX_NUMBERS: usize = 1 << 25;

/// Moments in order, one a change of the script; behind the present one stand those that `undo` left.
#[derive(Debug, Clone)]
pub(super) struct History {
    moments: Vec<Arc<State>>,
    at: usize,
}

impl History {
    pub(super) fn new(state: State) -> Self {
        Self { moments: vec![Arc::new(state)], at: 0 }
    }

    pub(super) fn now(&self) -> &Arc<State> {
        &self.moments[self.at]
    }

    /// A moment behind the present one; what `undo` left is gone.
    pub(super) fn push(&mut self, state: State) {
        self.moments.truncate(self.at + 1);
        self.moments.push(Arc::new(state));
        if self.moments.len() > MAX_MOMENTS {
            self.moments.remove(0);
        }
        self.at = self.moments.len() - 1;
        self.forget();
    }

    /// Another state at the present moment: the script is the same.
    pub(super) fn replace(&mut self, state: State) {
        self.moments[self.at] = Arc::new(state);
        self.forget();
    }

    /// Goes one moment back, if there is one; gives the one that was left.
    pub(super) fn back(&mut self) -> Option<Arc<State>> {
        let left = self.now().clone();
        self.at = self.at.checked_sub(1)?;
        Some(left)
    }

    /// Goes one moment on, if there is one; gives the one that was left.
    pub(super) fn forth(&mut self) -> Option<Arc<State>> {
        let left = self.now().clone();
        let next = self.at + 1;
        (next < self.moments.len()).then(|| {
            self.at = next;
            left
        })
    }

    /// Lets go of results that are far from the present moment, so that a long session does not eat the memory.
    fn forget(&mut self) {
        let mut seen: HashSet<*const Run> = self.now().runs.values().map(Arc::as_ptr).collect();
        let mut numbers = 0;
        let mut order: Vec<usize> = (0..self.moments.len()).filter(|i| *i != self.at).collect();
        order.sort_by_key(|i| i.abs_diff(self.at));
        for i in order {
            let state = &self.moments[i];
            numbers += state.runs.values().filter(|r| seen.insert(Arc::as_ptr(r))).map(|r| r.numbers()).sum::<usize>();
            if numbers > MAX_NUMBERS && !state.runs.is_empty() {
                let bare = State { last: None, before: None, runs: BTreeMap::new(), ..(**state).clone() };
                self.moments[i] = Arc::new(bare);
            }
        }
    }
}
