//! The history of a session, for `undo` and `redo`.

use std::collections::{BTreeMap, HashSet};
use std::sync::Arc;

use super::run::Run;
use super::state::State;

/// The largest number of states in the history.
const MAX_MOMENTS: usize = 1000;

/// The largest total of numbers in the results of the other states: 256 MB. Beyond it, the states furthest from the current
/// one keep only their scripts.
const MAX_NUMBERS: usize = 1 << 25;

/// The states of a session in order, one for each change of the script. States after the current one can be redone.
#[derive(Debug, Clone)]
pub(super) struct History {
    moments: Vec<Arc<State>>,
    /// Index of the current state in `moments`.
    at: usize,
}

impl History {
    pub(super) fn new(state: State) -> Self {
        Self { moments: vec![Arc::new(state)], at: 0 }
    }

    pub(super) fn now(&self) -> &Arc<State> {
        &self.moments[self.at]
    }

    /// Adds a state after the current one, and drops the states that could be redone.
    pub(super) fn push(&mut self, state: State) {
        self.moments.truncate(self.at + 1);
        self.moments.push(Arc::new(state));
        if self.moments.len() > MAX_MOMENTS {
            self.moments.remove(0);
        }
        self.at = self.moments.len() - 1;
        self.forget();
    }

    /// Replaces the current state by one with the same script.
    pub(super) fn replace(&mut self, state: State) {
        self.moments[self.at] = Arc::new(state);
        self.forget();
    }

    /// Goes back one state and returns the state that it left, or `None` at the first state.
    pub(super) fn back(&mut self) -> Option<Arc<State>> {
        let left = self.now().clone();
        self.at = self.at.checked_sub(1)?;
        Some(left)
    }

    /// Goes forward one state and returns the state that it left, or `None` at the last state.
    pub(super) fn forth(&mut self) -> Option<Arc<State>> {
        let left = self.now().clone();
        let next = self.at + 1;
        (next < self.moments.len()).then(|| {
            self.at = next;
            left
        })
    }

    /// Drops results beyond `MAX_NUMBERS`, so that a long session does not fill the memory.
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
