//! The rows of a map on some basis elements, and which of these elements it couples.
//!
//! Element i of the result is Σ_j S_ij r_j: element j acts on i, and i depends on j. Elements are given by their numbers
//! in the order of the strings, and a set of them by a flag for each number.

use super::heisenberg::Sparse;
use crate::backend::{Stopped, Watch};

/// The rows of a map on some of the basis elements, which depend on no others.
#[derive(Debug)]
pub(super) struct Rows {
    /// The elements as strings over the carried slots, in increasing order.
    strings: Vec<usize>,
    /// The nonzero entries (j, S_ij) of each row i.
    rows: Vec<Sparse>,
}

impl Rows {
    /// Numbers the elements. Each row comes with its string, and its entries are given by their strings, each of which
    /// has a row.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn new(mut rows: Vec<(usize, Sparse)>, watch: &Watch<'_>) -> Result<Self, Stopped> {
        rows.sort_unstable_by_key(|(string, _)| *string);
        let (strings, mut rows): (Vec<usize>, Vec<Sparse>) = rows.into_iter().unzip();
        let mut numbers = vec![0; strings.last().map_or(0, |last| last + 1)];
        strings.iter().enumerate().for_each(|(i, &string)| numbers[string] = i);
        renumber(&mut rows, &numbers, watch)?;
        Ok(Self { strings, rows })
    }

    /// The number of elements.
    pub(super) fn len(&self) -> usize {
        self.strings.len()
    }

    /// The elements as strings, in increasing order.
    pub(super) fn strings(&self) -> &[usize] {
        &self.strings
    }

    /// The nonzero entries (j, S_ij) of row i.
    pub(super) fn row(&self, i: usize) -> &[(usize, f64)] {
        &self.rows[i]
    }

    /// The number of a string, if it has a row.
    pub(super) fn number(&self, string: usize) -> Option<usize> {
        self.strings.binary_search(&string).ok()
    }

    /// The elements on which the elements `observed` depend, after any number of steps.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn seen(&self, observed: Vec<usize>, watch: &Watch<'_>) -> Result<Vec<bool>, Stopped> {
        spread(observed, &self.rows, |(j, _)| *j, watch)
    }

    /// The elements that become nonzero after any number of steps, from a state with the nonzero elements `begin`.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn reached(&self, begin: Vec<usize>, watch: &Watch<'_>) -> Result<Vec<bool>, Stopped> {
        let mut acts_on = vec![Vec::new(); self.len()];
        for (i, row) in self.rows.iter().enumerate() {
            watch.spend(row.len())?;
            row.iter().for_each(|(j, _)| acts_on[*j].push(i));
        }
        spread(begin, &acts_on, |i| *i, watch)
    }

    /// The rows of the kept elements, which depend on no others.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn restricted(mut self, kept: &[bool], watch: &Watch<'_>) -> Result<Self, Stopped> {
        if kept.iter().all(|kept| *kept) {
            return Ok(self);
        }
        let numbers: Vec<usize> =
            kept.iter().scan(0, |next, kept| Some(std::mem::replace(next, *next + usize::from(*kept)))).collect();
        let (mut at, mut of_row) = (kept.iter(), kept.iter());
        self.strings.retain(|_| at.next() == Some(&true));
        self.rows.retain(|_| of_row.next() == Some(&true));
        renumber(&mut self.rows, &numbers, watch)?;
        Ok(self)
    }

    /// The sets of kept elements that do not couple to each other, each in increasing order, sorted by their lowest
    /// elements.
    ///
    /// # Errors
    /// [`Stopped`]
    pub(super) fn components(&self, kept: &[bool], watch: &Watch<'_>) -> Result<Vec<Vec<usize>>, Stopped> {
        let mut lower = Components((0..self.len()).collect());
        for (i, row) in self.rows.iter().enumerate().filter(|(i, _)| kept[*i]) {
            watch.spend(row.len())?;
            row.iter().filter(|(j, _)| kept[*j]).for_each(|(j, _)| lower.join(i, *j));
        }
        let (mut components, mut component_of) = (Vec::<Vec<usize>>::new(), vec![0; self.len()]);
        for i in (0..self.len()).filter(|i| kept[*i]) {
            let lowest = lower.lowest(i);
            if lowest == i {
                component_of[i] = components.len();
                components.push(Vec::new());
            }
            components[component_of[lowest]].push(i);
        }
        Ok(components)
    }
}

/// For each element a lower one of its component, or itself if it is the lowest.
struct Components(Vec<usize>);

impl Components {
    /// The lowest element of the component. Shortens the way to it.
    fn lowest(&mut self, mut i: usize) -> usize {
        while self.0[i] != i {
            self.0[i] = self.0[self.0[i]];
            i = self.0[i];
        }
        i
    }

    fn join(&mut self, i: usize, j: usize) {
        let (i, j) = (self.lowest(i), self.lowest(j));
        self.0[i.max(j)] = i.min(j);
    }
}

fn renumber(rows: &mut [Sparse], numbers: &[usize], watch: &Watch<'_>) -> Result<(), Stopped> {
    for row in rows {
        watch.spend(row.len())?;
        row.iter_mut().for_each(|(j, _)| *j = numbers[*j]);
    }
    Ok(())
}

/// The elements that can be reached from `waiting` through the neighbours `next`.
fn spread<T>(
    mut waiting: Vec<usize>,
    next: &[Vec<T>],
    number: impl Fn(&T) -> usize,
    watch: &Watch<'_>,
) -> Result<Vec<bool>, Stopped> {
    let mut found = vec![false; next.len()];
    waiting.retain(|&i| !std::mem::replace(&mut found[i], true));
    while let Some(i) = waiting.pop() {
        watch.spend(next[i].len())?;
        // Each element waits once: a map of a thousand elements has a million entries.
        waiting.extend(next[i].iter().map(&number).filter(|&j| !std::mem::replace(&mut found[j], true)));
    }
    Ok(found)
}

#[cfg(test)]
mod tests {
    use super::*;

    /// The rows of the strings 0, 10, 20, …, from the numbers on which each depends.
    fn rows(depends_on: &[&[usize]]) -> Rows {
        let row = |(i, js): (usize, &&[usize])| (10 * i, js.iter().map(|j| (10 * j, 1.0)).collect());
        Rows::new(depends_on.iter().enumerate().map(row).rev().collect(), &Watch::never()).expect("not stopped")
    }

    fn chosen(flags: Result<Vec<bool>, Stopped>) -> Vec<usize> {
        let flags = flags.expect("not stopped");
        (0..flags.len()).filter(|i| flags[*i]).collect()
    }

    #[test]
    fn reachable_sets_follow_the_direction_of_the_coupling() {
        let (rows, watch) = (rows(&[&[0], &[0, 1], &[1], &[3, 2], &[4]]), Watch::never());
        assert_eq!(chosen(rows.reached(vec![1], &watch)), [1, 2, 3]);
        assert_eq!(chosen(rows.reached(vec![4], &watch)), [4]);
        assert!(chosen(rows.reached(vec![], &watch)).is_empty());
        assert_eq!(chosen(rows.seen(vec![2], &watch)), [0, 1, 2]);
        assert_eq!(chosen(rows.seen(vec![4, 0, 0], &watch)), [0, 4]);
    }

    #[test]
    fn components_ignore_the_direction_of_the_coupling() {
        let rows = rows(&[&[0], &[0, 1], &[1], &[3], &[3, 2], &[5], &[6, 5]]);
        let kept = [true, true, true, true, false, true, true];
        let components = rows.components(&kept, &Watch::never());
        assert_eq!(components.expect("not stopped"), [vec![0, 1, 2], vec![3], vec![5, 6]]);
    }

    #[test]
    fn a_restriction_numbers_the_kept_elements_anew() {
        let rows = rows(&[&[0], &[1], &[1, 3], &[3, 1], &[0, 4]]);
        let kept = [false, true, true, true, false];
        let restricted = rows.restricted(&kept, &Watch::never()).expect("not stopped");
        assert_eq!(restricted.strings(), [10, 20, 30]);
        assert_eq!(restricted.rows, [vec![(0, 1.0)], vec![(0, 1.0), (2, 1.0)], vec![(2, 1.0), (0, 1.0)]]);
        assert_eq!([5, 20].map(|string| restricted.number(string)), [None, Some(1)]);
    }
}
