//! The warnings of the points of a sweep: of each kind the gravest, with the point where it occurs.

use crate::diagnostic::{Code, Diagnostic};
use crate::experiment::remarks::Remark;

/// The warnings of the points so far, one of each kind.
#[derive(Debug, Default)]
pub(super) struct Survey(Vec<Found>);

#[derive(Debug)]
struct Found {
    /// The gravest warning of this kind.
    remark: Remark,
    /// The point where it occurs; of several equally grave ones, the first in the grid.
    point: usize,
    /// The number of points with a warning of this kind.
    points: usize,
}

impl Survey {
    /// Adds the warnings of another point. The order in which points are added does not matter.
    pub(super) fn add(&mut self, point: usize, remarks: Vec<Remark>) {
        // Missing values have their reasons recorded point by point.
        for remark in remarks.into_iter().filter(|remark| remark.warning.code != Code::NeverSelected) {
            let Some(found) = self.0.iter_mut().find(|found| found.remark.is_like(&remark)) else {
                self.0.push(Found { remark, point, points: 1 });
                continue;
            };
            found.points += 1;
            if remark.is_graver(&found.remark) || point < found.point && !found.remark.is_graver(&remark) {
                (found.remark, found.point) = (remark, point);
            }
        }
    }

    /// The warnings, sorted by code and place; `name` gives the name of a point.
    pub(super) fn warnings(mut self, name: impl Fn(usize) -> String) -> Vec<Diagnostic> {
        let place = |d: &Diagnostic| (d.code.row().id, d.labels.first().map(|(span, _)| *span));
        self.0.sort_by_key(|found| place(&found.remark.warning));
        let warning = |Found { remark, point, points }: Found| {
            let others = match points - 1 {
                0 => String::new(),
                1 => ", and at 1 other point".into(),
                n => format!(", and at {n} other points"),
            };
            let message = format!("{} (at {}{others})", remark.warning.message, name(point));
            Diagnostic { message, ..remark.warning }
        };
        self.0.into_iter().map(warning).collect()
    }
}
