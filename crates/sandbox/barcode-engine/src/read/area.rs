//! The position of a barcode in an image.

/// Four corners, clockwise from the top left.
#[derive(Debug, Clone, PartialEq)]
pub(super) struct Area([(f32, f32); 4]);

impl Area {
    pub(super) fn rectangle(left: usize, top: usize, right: usize, bottom: usize) -> Self {
        Self::from_bounds([left, top, right, bottom].map(|bound| bound as f32))
    }

    fn from_bounds([left, top, right, bottom]: [f32; 4]) -> Self {
        Self([(left, top), (right, top), (right, bottom), (left, bottom)])
    }

    /// The area of some points. Four points are its corners; any other number is enclosed by a
    /// rectangle. Returns `None` if there are fewer than two points.
    pub(super) fn around(points: &[(f32, f32)]) -> Option<Self> {
        if let [a, b, c, d] = *points {
            return Some(Self(clockwise([a, b, c, d])));
        }
        if points.len() < 2 {
            return None;
        }
        Some(Self::from_bounds(bounds(points)))
    }

    pub(super) fn bounds(&self) -> [f32; 4] {
        bounds(&self.0)
    }

    pub(super) fn size(&self) -> (f32, f32) {
        let [left, top, right, bottom] = self.bounds();
        (right - left, bottom - top)
    }

    pub(super) fn has_line(&self, y: usize) -> bool {
        let [_, top, _, bottom] = self.bounds();
        (top..bottom).contains(&(y as f32))
    }

    pub(super) fn columns(&self) -> std::ops::Range<usize> {
        let [left, _, right, _] = self.bounds();
        left.max(0.0) as usize..right.max(0.0) as usize
    }

    pub(super) fn overlaps(&self, other: &Self) -> bool {
        self.is_near(other, 0.0)
    }

    /// Whether the areas overlap, or are at most one pixel apart.
    pub(super) fn touches(&self, other: &Self) -> bool {
        self.is_near(other, 2.0)
    }

    fn is_near(&self, other: &Self, slack: f32) -> bool {
        let [left, top, right, bottom] = self.bounds();
        let [other_left, other_top, other_right, other_bottom] = other.bounds();
        left < other_right + slack
            && other_left < right + slack
            && top < other_bottom + slack
            && other_top < bottom + slack
    }

    pub(super) fn joined(&self, other: &Self) -> Self {
        let points: Vec<_> = self.0.iter().chain(&other.0).copied().collect();
        Self::from_bounds(bounds(&points))
    }

    /// The area of a barcode and the text that may be printed around it.
    pub(super) fn with_text(&self) -> Self {
        let [left, top, right, bottom] = self.bounds();
        let (across, down) = ((right - left) / 6.0, (bottom - top) / 2.0);
        Self::from_bounds([left - across, top - down, right + across, bottom + down])
    }

    /// Returns the area with `map` applied to each corner.
    pub(super) fn mapped(&self, map: impl Fn(f32, f32) -> (f32, f32)) -> Self {
        Self(clockwise(self.0.map(|(x, y)| map(x, y))))
    }

    /// In whole pixels.
    pub(super) fn corners(&self) -> [(i32, i32); 4] {
        self.0.map(|(x, y)| (x.round() as i32, y.round() as i32))
    }
}

/// Left, top, right, bottom.
fn bounds(points: &[(f32, f32)]) -> [f32; 4] {
    points.iter().fold([f32::MAX, f32::MAX, f32::MIN, f32::MIN], |[l, t, r, b], (x, y)| {
        [l.min(*x), t.min(*y), r.max(*x), b.max(*y)]
    })
}

/// Sorts the corners clockwise, starting at the top left.
fn clockwise(mut corners: [(f32, f32); 4]) -> [(f32, f32); 4] {
    let center =
        corners.iter().fold((0.0, 0.0), |(x, y), corner| (x + corner.0 / 4.0, y + corner.1 / 4.0));
    let angle = |corner: &(f32, f32)| (corner.1 - center.1).atan2(corner.0 - center.0);
    corners.sort_by(|one, other| angle(one).total_cmp(&angle(other)));
    let sum = |corner: &(f32, f32)| corner.0 + corner.1;
    let first = (0..4).min_by(|one, other| sum(&corners[*one]).total_cmp(&sum(&corners[*other])));
    corners.rotate_left(first.unwrap_or(0));
    corners
}
