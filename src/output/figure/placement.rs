//! Placement of legends and insets where they cover the least data.

use super::curves::Place;

/// A rectangle, in pixels from the upper left corner of the axes.
#[derive(Debug, Clone, Copy, PartialEq, Default)]
pub(super) struct Rect {
    pub(super) x: f64,
    pub(super) y: f64,
    pub(super) width: f64,
    pub(super) height: f64,
}

impl Rect {
    fn contains(&self, (x, y): Place) -> bool {
        (self.x..=self.x + self.width).contains(&x) && (self.y..=self.y + self.height).contains(&y)
    }

    fn overlaps(&self, other: &Self) -> bool {
        self.x < other.x + other.width
            && other.x < self.x + self.width
            && self.y < other.y + other.height
            && other.y < self.y + self.height
    }
}

/// Finds the position of a box of the given size within `room` that covers the fewest points of `data`, and returns the
/// box and the number of points covered.
///
/// The box does not overlap `taken`. Among equally good positions, corners and edges come first, and of these the upper
/// right corner. Returns `None` if the box does not fit.
pub(super) fn emptiest(
    size: (f64, f64),
    room: (f64, f64),
    data: &[Place],
    taken: Option<Rect>,
) -> Option<(Rect, usize)> {
    const GAP: f64 = 8.0;
    // Relative positions, corners and edges before the interior.
    const STEPS: [f64; 7] = [1.0, 0.0, 0.5, 0.84, 0.16, 0.67, 0.33];
    let (free_x, free_y) = (room.0 - size.0 - 2.0 * GAP, room.1 - size.1 - 2.0 * GAP);
    if free_x < 0.0 || free_y < 0.0 {
        return None;
    }
    let places = STEPS.iter().flat_map(|u| STEPS.iter().map(move |v| (*u, 1.0 - *v)));
    let boxes = places.map(|(u, v)| Rect { x: GAP + u * free_x, y: GAP + v * free_y, width: size.0, height: size.1 });
    let around = |r: &Rect| Rect { x: r.x - 4.0, y: r.y - 4.0, width: r.width + 8.0, height: r.height + 8.0 };
    boxes
        .filter(|r| taken.is_none_or(|t| !t.overlaps(r)))
        .map(|r| (r, data.iter().filter(|p| around(&r).contains(**p)).count()))
        .min_by_key(|(_, covered)| *covered)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_box_lies_in_the_empty_corner() {
        // Data everywhere except in the lower left.
        let grid = (0..40).flat_map(|i| (0..30).map(move |j| (f64::from(i) * 10.0, f64::from(j) * 10.0)));
        let data: Vec<Place> = grid.filter(|(x, y)| *x > 150.0 || *y < 200.0).collect();
        let (rect, covered) = emptiest((100.0, 60.0), (400.0, 300.0), &data, None).unwrap();
        assert_eq!(covered, 0);
        assert!(rect.x + rect.width <= 150.0 && rect.y >= 200.0, "{rect:?}");
        let (other, covered) = emptiest((100.0, 60.0), (400.0, 300.0), &data, Some(rect)).unwrap();
        assert!(covered > 0 && !other.overlaps(&rect));
        assert!(emptiest((500.0, 60.0), (400.0, 300.0), &[], None).is_none());
        let (upper_right, _) = emptiest((100.0, 60.0), (400.0, 300.0), &[], None).unwrap();
        assert_eq!((upper_right.x, upper_right.y), (292.0, 8.0));
    }
}
