//! Which basis elements a map couples: reachable sets and components of its graph.
//!
//! The map is given by its rows: element i of the result is a combination of the elements j in row i. So j acts on i.

use std::collections::{BTreeMap, BTreeSet};

use super::functionals::Sparse;

/// The elements of the map that a state with `begin` in it ever has.
pub(super) fn reached(rows: &BTreeMap<usize, Sparse>, begin: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    let mut acts_on: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (&i, row) in rows {
        row.iter().for_each(|(j, _)| acts_on.entry(*j).or_default().push(i));
    }
    spread(begin, |j| acts_on.get(&j).cloned().unwrap_or_default())
}

/// The elements of the map that somebody who looks at `wanted` ever sees.
pub(super) fn seen(rows: &BTreeMap<usize, Sparse>, wanted: impl Iterator<Item = usize>) -> BTreeSet<usize> {
    spread(wanted, |i| rows[&i].iter().map(|(j, _)| *j).collect())
}

/// The components of the graph on the elements that are kept, each in increasing order, the one with the lowest first.
pub(super) fn components(rows: &BTreeMap<usize, Sparse>, kept: &BTreeSet<usize>) -> Vec<Vec<usize>> {
    let mut neighbours: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for &i in kept {
        for (j, _) in rows[&i].iter().filter(|(j, _)| kept.contains(j)) {
            neighbours.entry(i).or_default().push(*j);
            neighbours.entry(*j).or_default().push(i);
        }
    }
    let mut left = kept.clone();
    let mut out = Vec::new();
    while let Some(&lowest) = left.first() {
        let component = spread(std::iter::once(lowest), |i| neighbours.get(&i).cloned().unwrap_or_default());
        left.retain(|i| !component.contains(i));
        out.push(component.into_iter().collect());
    }
    out
}

/// All that is reached from the beginning.
fn spread(begin: impl Iterator<Item = usize>, next: impl Fn(usize) -> Vec<usize>) -> BTreeSet<usize> {
    let mut found: BTreeSet<usize> = BTreeSet::new();
    let mut waiting: Vec<usize> = begin.collect();
    while let Some(i) = waiting.pop() {
        if found.insert(i) {
            waiting.extend(next(i));
        }
    }
    found
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
