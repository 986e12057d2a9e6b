//! Passes prepared for a list of actions, kept for later collisions.
//!
//! Most steps are the same in every collision. On a small state, distributing the actions over passes takes longer than
//! the passes themselves, and comparing the matrices is cheaper.

use std::sync::Arc;

use super::schedule::{self, schedule};
use crate::backend::Action;
use crate::backend::axes::Axes;
use crate::ir::Slot;
use crate::quantum::CMat;

/// The number of lists that are kept; a step has fewer.
const REMEMBERED: usize = 16;

/// The most recently prepared lists of actions.
#[derive(Debug)]
pub(in crate::backend) struct Preparations<P> {
    lists: Vec<Arc<Prepared<P>>>,
}

/// A list of actions on a state with these axes, as passes.
#[derive(Debug)]
pub(in crate::backend) struct Prepared<P> {
    axes: Axes,
    actions: Vec<(Vec<Slot>, Vec<CMat>)>,
    pub(in crate::backend) passes: Vec<P>,
}

/// Compiles a scheduled pass over some of the actions.
type Compile<P> = fn(&Axes, &[Action<'_>], &schedule::Pass) -> P;

impl<P> Clone for Preparations<P> {
    fn clone(&self) -> Self {
        Self { lists: self.lists.clone() }
    }
}

impl<P> Preparations<P> {
    pub(in crate::backend) fn new() -> Self {
        Self { lists: Vec::new() }
    }

    /// The passes for these actions, prepared now unless they are kept. `limit` is that of [`schedule`].
    pub(in crate::backend) fn get(
        &mut self,
        axes: &Axes,
        actions: &[Action<'_>],
        limit: usize,
        compile: Compile<P>,
    ) -> Arc<Prepared<P>> {
        if let Some(known) = self.lists.iter().find(|known| known.is_for(axes, actions)) {
            return Arc::clone(known);
        }
        let passes = schedule(axes, actions, limit).iter().map(|planned| compile(axes, actions, planned)).collect();
        let owned = |action: &Action<'_>| (action.targets.to_vec(), action.kraus.to_vec());
        let made = Arc::new(Prepared { axes: axes.clone(), actions: actions.iter().map(owned).collect(), passes });
        self.keep(Arc::clone(&made));
        made
    }

    fn keep(&mut self, list: Arc<Prepared<P>>) {
        if self.lists.len() == REMEMBERED {
            self.lists.remove(0);
        }
        self.lists.push(list);
    }

    /// Keeps those of another state as well, such as those of the other branch of a mixture.
    pub(in crate::backend) fn join(&mut self, other: Self) {
        for list in other.lists {
            if !self.lists.iter().any(|known| Arc::ptr_eq(known, &list)) {
                self.keep(list);
            }
        }
    }
}

impl<P> Prepared<P> {
    fn is_for(&self, axes: &Axes, actions: &[Action<'_>]) -> bool {
        let same = |((targets, kraus), action): (&(Vec<Slot>, Vec<CMat>), &Action<'_>)| {
            targets == action.targets && kraus == action.kraus
        };
        self.axes == *axes && self.actions.len() == actions.len() && self.actions.iter().zip(actions).all(same)
    }
}
