//! Checks of the document's bounds, and their error messages. Generated types implement [`Check`].

use std::convert::identity;

/// A value in a request.
pub(crate) trait Check {
    /// Checks that the value and every property inside it can be sent and is within its bounds. The
    /// error starts with the name of the property, or with `name` if it concerns the value itself.
    fn check(&self, _name: &str) -> Result<(), String> {
        Ok(())
    }
}

/// A value that can have bounds itself.
pub(crate) trait Bounded {
    /// Checks that a number, the number of characters in a text, or the number of items in a list
    /// is within the bounds. The error starts with `name`.
    fn check_bounds(
        &self,
        name: &str,
        minimum: Option<f64>,
        maximum: Option<f64>,
    ) -> Result<(), String>;
}

/// Returns `value` if it is within the bounds.
pub(crate) fn bounded<T: Bounded>(
    value: Result<T, String>,
    name: &str,
    minimum: Option<f64>,
    maximum: Option<f64>,
) -> Result<T, String> {
    let value = value?;
    value.check_bounds(name, minimum, maximum)?;
    Ok(value)
}

/// Implements the traits for numbers, which are compared as `$compared`. Bounds of integers are
/// rounded with `$up` and `$down`.
macro_rules! numbers {
    ($compared:ty, $up:path, $down:path, $($number:ty)*) => {$(
        impl Check for $number {
            /// JSON has no text for NaN and the infinities. Without this check, they would be sent
            /// as null, and parameters with these values would be left out.
            fn check(&self, name: &str) -> Result<(), String> {
                let finite = (*self as f64).is_finite();
                finite.then_some(()).ok_or_else(|| format!("{name}: {self} cannot be sent"))
            }
        }

        impl Bounded for $number {
            fn check_bounds(
                &self,
                name: &str,
                minimum: Option<f64>,
                maximum: Option<f64>,
            ) -> Result<(), String> {
                let value = *self as $compared;
                let inside = minimum.is_none_or(|minimum| value >= $up(minimum) as $compared)
                    && maximum.is_none_or(|maximum| value <= $down(maximum) as $compared);
                inside.then_some(()).ok_or_else(|| outside(name, self.to_string(), minimum, maximum))
            }
        }
    )*};
}

numbers!(i128, f64::ceil, f64::floor, i8 i16 i32 i64 u8 u16 u32 u64);
numbers!(f32, identity, identity, f32);
numbers!(f64, identity, identity, f64);

impl Bounded for String {
    fn check_bounds(
        &self,
        name: &str,
        minimum: Option<f64>,
        maximum: Option<f64>,
    ) -> Result<(), String> {
        let at_most = |count: usize, bound: f64| count as f64 <= bound;
        let count = || self.chars().count();
        // Bytes are counted faster than characters, and there are at least as many.
        let inside = minimum.is_none_or(|minimum| count() as f64 >= minimum)
            && maximum
                .is_none_or(|maximum| at_most(self.len(), maximum) || at_most(count(), maximum));
        let shown = || format!("a text of {} characters", count());
        inside.then_some(()).ok_or_else(|| outside(name, shown(), minimum, maximum))
    }
}

impl<T> Bounded for Vec<T> {
    fn check_bounds(
        &self,
        name: &str,
        minimum: Option<f64>,
        maximum: Option<f64>,
    ) -> Result<(), String> {
        let count = self.len() as f64;
        let inside = minimum.is_none_or(|minimum| count >= minimum)
            && maximum.is_none_or(|maximum| count <= maximum);
        let shown = || format!("a list of {count} items");
        inside.then_some(()).ok_or_else(|| outside(name, shown(), minimum, maximum))
    }
}

impl<T: Bounded> Bounded for Option<T> {
    fn check_bounds(
        &self,
        name: &str,
        minimum: Option<f64>,
        maximum: Option<f64>,
    ) -> Result<(), String> {
        self.iter().try_for_each(|value| value.check_bounds(name, minimum, maximum))
    }
}

fn outside(name: &str, value: String, minimum: Option<f64>, maximum: Option<f64>) -> String {
    let limits = match (minimum, maximum) {
        (Some(minimum), Some(maximum)) => format!("{minimum} to {maximum}"),
        (Some(minimum), None) => format!("at least {minimum}"),
        (None, maximum) => format!("at most {}", maximum.unwrap_or(f64::INFINITY)),
    };
    format!("{name}: {value} is outside its bounds ({limits})")
}

impl Check for () {}
impl Check for bool {}
impl Check for String {}
impl Check for serde_json::Value {}
impl Check for serde_json::Map<String, serde_json::Value> {}

impl<T: Check> Check for Option<T> {
    fn check(&self, name: &str) -> Result<(), String> {
        self.iter().try_for_each(|value| value.check(name))
    }
}

impl<T: Check> Check for Vec<T> {
    fn check(&self, name: &str) -> Result<(), String> {
        self.iter().try_for_each(|value| value.check(name))
    }
}

impl<T: Check> Check for Box<T> {
    fn check(&self, name: &str) -> Result<(), String> {
        T::check(self, name)
    }
}

#[cfg(test)]
mod tests {
    use super::{Bounded, Check, bounded};

    #[test]
    fn a_value_at_a_bound_is_inside_and_a_value_beyond_it_is_not() {
        let text = str::to_owned;
        for (value, minimum, maximum, expected) in [
            (&1_i32 as &dyn Bounded, Some(1.0), Some(2.0), None),
            (&2_i32, Some(1.0), Some(2.0), None),
            (&0_i64, Some(1.0), Some(2.0), Some("0 is outside its bounds (1 to 2)")),
            (&3_u8, None, Some(2.0), Some("3 is outside its bounds (at most 2)")),
            (&0_i32, Some(0.5), None, Some("0 is outside its bounds (at least 0.5)")),
            (&1_i32, None, Some(0.5), Some("1 is outside its bounds (at most 0.5)")),
            (&-1_i32, None, Some(-0.5), None),
            (&i32::MAX, None, Some(3e9), None),
            (&u64::MAX, Some(-1.0), None, None),
            (&0.1_f32, Some(0.1), Some(0.1), None),
            (&0.5_f64, Some(1.0), None, Some("0.5 is outside its bounds (at least 1)")),
            (&f32::NAN, None, Some(1.0), Some("NaN is outside its bounds (at most 1)")),
            (&text("üü"), Some(2.0), Some(2.0), None),
            (
                &text("ü"),
                Some(2.0),
                None,
                Some("a text of 1 characters is outside its bounds (at least 2)"),
            ),
            (
                &text("üü"),
                None,
                Some(1.0),
                Some("a text of 2 characters is outside its bounds (at most 1)"),
            ),
            (&vec![0], Some(1.0), Some(1.0), None),
            (
                &vec![0; 0],
                Some(1.0),
                None,
                Some("a list of 0 items is outside its bounds (at least 1)"),
            ),
            (
                &vec![0; 2],
                None,
                Some(1.0),
                Some("a list of 2 items is outside its bounds (at most 1)"),
            ),
            (&None::<i32>, Some(1.0), None, None),
            (&Some(0), Some(1.0), None, Some("0 is outside its bounds (at least 1)")),
        ] {
            let error = value.check_bounds("n", minimum, maximum).err();
            let expected = expected.map(|expected| format!("n: {expected}"));
            assert_eq!(error, expected);
        }
        assert_eq!(bounded(Ok(1), "n", Some(1.0), None), Ok(1));
        assert!(bounded(Ok(0), "n", Some(1.0), None).is_err());
        assert_eq!(bounded(Err::<i32, _>(text("e")), "n", None, None), Err(text("e")));
    }

    #[test]
    fn values_are_checked_inside_lists_and_boxes() {
        for (value, expected) in [
            (&Some(vec![Box::new(f32::NAN)]) as &dyn Check, Some("NaN")),
            (&f64::INFINITY, Some("inf")),
            (&vec![0.0, f64::NEG_INFINITY], Some("-inf")),
            (&f64::MAX, None),
            (&f32::MIN, None),
            (&u64::MAX, None),
            (&None::<Vec<Box<f32>>>, None),
            (&"NaN".to_owned(), None),
        ] {
            let expected = expected.map(|value| format!("n: {value} cannot be sent"));
            assert_eq!(value.check("n").err(), expected);
        }
    }
}
