//! The basis elements that a map couples: reachable sets and connected components of its graph.
//!
//! The map is given by its rows: element i of the result is a linear combination of the elements j in row i, so j acts
//! on i.

use std::collections::{BTreeMap, BTreeSet};

use super::heisenberg::Sparse;

/// The coupling graph of a map.
pub(super) struct Graph {
    /// The elements that have a row, in increasing order.
    strings: Vec<usize>,
    /// For each of these elements, the elements on which it depends, as indices into `strings`.
    rows: Vec<Vec<usize>>,
}

impl Graph {
    /// Builds the graph of the elements that have a row.
    pub(super) fn new(rows: &BTreeMap<usize, Sparse>) -> Self {
        let strings: Vec<usize> = rows.keys().copied().collect();
        let numbered = |row: &Sparse| row.iter().filter_map(|(j, _)| strings.binary_search(j).ok()).collect();
        let rows = rows.values().map(numbered).collect();
        Self { strings, rows }
    }

    /// The elements that become nonzero after any number of steps, from a state with the nonzero elements `begin`.
    pub(super) fn reached(&self, begin: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        let mut acts_on = vec![Vec::new(); self.strings.len()];
        for (i, row) in self.rows.iter().enumerate() {
            row.iter().for_each(|&j| acts_on[j].push(i));
        }
        self.spread_from(begin, &acts_on)
    }

    /// The elements on which the elements `observed` depend, after any number of steps.
    pub(super) fn seen(&self, observed: impl Iterator<Item = usize>) -> BTreeSet<usize> {
        self.spread_from(observed, &self.rows)
    }

    /// The connected components of the graph on the kept elements, each in increasing order, sorted by their lowest
    /// elements.
    pub(super) fn components(&self, kept: &BTreeSet<usize>) -> Vec<Vec<usize>> {
        let kept: Vec<bool> = self.strings.iter().map(|string| kept.contains(string)).collect();
        let mut neighbours = vec![Vec::new(); self.strings.len()];
        for (i, row) in self.rows.iter().enumerate().filter(|(i, _)| kept[*i]) {
            for &j in row.iter().filter(|j| kept[**j]) {
                neighbours[i].push(j);
                neighbours[j].push(i);
            }
        }
        let mut found: Vec<bool> = kept.iter().map(|kept| !kept).collect();
        let mut out = Vec::new();
        for lowest in 0..found.len() {
            let mut component = spread(vec![lowest], &neighbours, &mut found);
            if !component.is_empty() {
                component.sort_unstable();
                out.push(component.into_iter().map(|i| self.strings[i]).collect());
            }
        }
        out
    }

    /// All elements that can be reached from `begin`.
    fn spread_from(&self, begin: impl Iterator<Item = usize>, next: &[Vec<usize>]) -> BTreeSet<usize> {
        let begin = begin.filter_map(|string| self.strings.binary_search(&string).ok()).collect();
        let found = spread(begin, next, &mut vec![false; self.strings.len()]);
        found.into_iter().map(|i| self.strings[i]).collect()
    }
}

/// The indices that can be reached from `waiting` and are not yet `found`, in no particular order. Marks them as found.
fn spread(mut waiting: Vec<usize>, next: &[Vec<usize>], found: &mut [bool]) -> Vec<usize> {
    let mut out = Vec::new();
    waiting.retain(|&i| !std::mem::replace(&mut found[i], true));
    while let Some(i) = waiting.pop() {
        out.push(i);
        // Each index waits once: a map of a thousand elements has a million edges.
        waiting.extend(next[i].iter().filter(|&&j| !std::mem::replace(&mut found[j], true)));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(usize, &[usize])]) -> Graph {
        Graph::new(&edges.iter().map(|(i, js)| (*i, js.iter().map(|j| (*j, 1.0)).collect())).collect())
    }

    #[test]
    fn reachable_sets_follow_the_direction_of_the_edges() {
        let graph = graph(&[(0, &[0]), (1, &[0, 1]), (2, &[1]), (3, &[3, 2]), (4, &[4])]);
        assert_eq!(graph.reached([1].into_iter()), BTreeSet::from([1, 2, 3]));
        assert_eq!(graph.reached([4].into_iter()), BTreeSet::from([4]));
        assert!(graph.reached([].into_iter()).is_empty());
        assert_eq!(graph.seen([2].into_iter()), BTreeSet::from([0, 1, 2]));
        assert_eq!(graph.seen([4, 0].into_iter()), BTreeSet::from([0, 4]));
    }

    #[test]
    fn components_ignore_the_direction_of_the_edges() {
        let graph = graph(&[(0, &[0]), (1, &[0, 1]), (2, &[1]), (3, &[3]), (4, &[3, 2]), (5, &[5])]);
        let all = BTreeSet::from([0, 1, 2, 3, 5]);
        assert_eq!(graph.components(&all), [vec![0, 1, 2], vec![3], vec![5]]);
    }
}
