//! Which basis elements a map couples: reachable sets and components of its graph.
//!
//! The map is given by its rows: element i of the result is a combination of the elements j in row i. So j acts on i.

use std::collections::{BTreeMap, BTreeSet};

use super::heisenberg::Sparse;

/// The elements that become nonzero, in any number of steps, in a state that begins with `begin`.
pub(super) fn reached(rows: &BTreeMap<usize, Sparse>, begin: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let graph = Graph::new(rows);
    let mut acts_on = vec![Vec::new(); graph.strings.len()];
    for (i, row) in graph.rows.iter().enumerate() {
        row.iter().for_each(|&j| acts_on[j].push(i));
    }
    graph.spread(begin, &acts_on)
}

/// The elements on which `wanted` depend, after any number of steps.
pub(super) fn seen(rows: &BTreeMap<usize, Sparse>, wanted: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let graph = Graph::new(rows);
    graph.spread(wanted, &graph.rows)
}

/// The components of the graph on the elements that are kept, each in increasing order, the one with the lowest first.
pub(super) fn components(rows: &BTreeMap<usize, Sparse>, kept: &BTreeSet<usize>) -> Vec<Vec<usize>> {
    let graph = Graph::new(rows);
    let kept: Vec<bool> = graph.strings.iter().map(|string| kept.contains(string)).collect();
    let mut neighbours = vec![Vec::new(); graph.strings.len()];
    for (i, row) in graph.rows.iter().enumerate().filter(|(i, _)| kept[*i]) {
        for &j in row.iter().filter(|j| kept[**j]) {
            neighbours[i].push(j);
            neighbours[j].push(i);
        }
    }
    let mut left = kept;
    let mut out = Vec::new();
    while let Some(lowest) = left.iter().position(|left| *left) {
        let component = graph.spread(std::iter::once(graph.strings[lowest]), &neighbours);
        graph.strings.iter().zip(&mut left).for_each(|(string, left)| *left &= !component.contains(string));
        out.push(component.into_iter().collect());
    }
    out
}

/// The rows with their elements numbered from 0.
struct Graph {
    strings: Vec<usize>,
    rows: Vec<Vec<usize>>,
}

impl Graph {
    /// Elements without a row of their own are not in it.
    fn new(rows: &BTreeMap<usize, Sparse>) -> Self {
        let strings: Vec<usize> = rows.keys().copied().collect();
        let numbered = |row: &Sparse| row.iter().filter_map(|(j, _)| strings.binary_search(j).ok()).collect();
        let rows = rows.values().map(numbered).collect();
        Self { strings, rows }
    }

    /// All elements that can be reached from `begin`.
    fn spread(&self, begin: impl Iterator<Item = usize>, next: &[Vec<usize>]) -> BTreeSet<usize> {
        let mut found = vec![false; self.strings.len()];
        let mut waiting: Vec<usize> = begin.filter_map(|string| self.strings.binary_search(&string).ok()).collect();
        while let Some(i) = waiting.pop() {
            if !std::mem::replace(&mut found[i], true) {
                waiting.extend(&next[i]);
            }
        }
        self.strings.iter().zip(found).filter(|(_, found)| *found).map(|(string, _)| *string).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn graph(edges: &[(usize, &[usize])]) -> BTreeMap<usize, Sparse> {
        edges.iter().map(|(i, js)| (*i, js.iter().map(|j| (*j, 1.0)).collect())).collect()
    }

    #[test]
    fn what_is_reached_follows_the_direction() {
        let rows = graph(&[(0, &[0]), (1, &[0, 1]), (2, &[1]), (3, &[3, 2]), (4, &[4])]);
        assert_eq!(reached(&rows, [1].into_iter()), BTreeSet::from([1, 2, 3]));
        assert_eq!(reached(&rows, [4].into_iter()), BTreeSet::from([4]));
        assert!(reached(&rows, [].into_iter()).is_empty());
        assert_eq!(seen(&rows, [2].into_iter()), BTreeSet::from([0, 1, 2]));
        assert_eq!(seen(&rows, [4, 0].into_iter()), BTreeSet::from([0, 4]));
    }

    #[test]
    fn components_do_not() {
        let rows = graph(&[(0, &[0]), (1, &[0, 1]), (2, &[1]), (3, &[3]), (4, &[3, 2]), (5, &[5])]);
        let all = BTreeSet::from([0, 1, 2, 3, 5]);
        assert_eq!(components(&rows, &all), [vec![0, 1, 2], vec![3], vec![5]]);
    }
}
