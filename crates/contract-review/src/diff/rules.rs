//! The rules that classify changes, one small function for each rule.
//!
//! A caller writes requests and reads responses, so the same change of the allowed values has
//! opposite effects on the two. The rules do not read documents.

use std::collections::BTreeSet;

use serde::Serialize;
use serde_json::Value;

/// The effect of a change on callers that follow the old document, from least to most severe.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Class {
    /// Only documentation changed, or the same rule is written differently.
    Docs,
    /// Existing callers keep working; new callers can do more.
    Additive,
    /// Whether callers are affected cannot be decided from the documents.
    Warning,
    /// Deployed callers keep working, but code that uses the generated Rust client may no longer
    /// compile with the new client.
    SourceBreaking,
    /// A caller that follows the old document can fail.
    Breaking,
}

impl Class {
    /// All classes with their names in reports and on the command line, most severe first.
    pub const ALL: [(Self, &str); 5] = [
        (Self::Breaking, "breaking"),
        (Self::SourceBreaking, "source-breaking"),
        (Self::Warning, "warning"),
        (Self::Additive, "additive"),
        (Self::Docs, "docs"),
    ];

    /// The name of the class in reports and on the command line.
    #[must_use]
    pub fn name(self) -> &'static str {
        let found = Self::ALL.into_iter().find(|(class, _)| *class == self);
        found.map_or("", |(_, name)| name)
    }
}

/// The direction in which a value is sent.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) enum Direction {
    Request,
    Response,
}

/// How a set of allowed values changed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Change {
    /// All old values and more.
    Wider,
    /// Only some of the old values.
    Narrower,
    /// Neither set contains the other, or the rules cannot decide it.
    Other,
}

/// A server that accepts more values breaks no caller; a server that accepts fewer values breaks
/// some. A server that returns new kinds of values can break callers; a server that returns fewer
/// kinds does not.
pub(super) fn allowed_values(change: Change, direction: Direction) -> Class {
    match (change, direction) {
        (Change::Wider, Direction::Request) | (Change::Narrower, Direction::Response) => {
            Class::Additive
        }
        _ => Class::Breaking,
    }
}

/// The class of a change that gives a value another type in generated code, and that has the class
/// `wire` for deployed callers.
pub(super) fn new_type(wire: Class) -> Class {
    wire.max(Class::SourceBreaking)
}

/// An existing caller does not send the new field, and ignores it in a response.
pub(super) fn property_added(required: bool, direction: Direction) -> Class {
    match direction {
        Direction::Request if required => Class::Breaking,
        _ => Class::Additive,
    }
}

/// Callers that send the field are rejected or ignored, and callers that read it no longer find it.
pub(super) fn property_removed(_: Direction) -> Class {
    Class::Breaking
}

/// A caller may or may not expect a successful response with another status. It must expect any
/// error.
pub(super) fn response_added(status: &str) -> Class {
    match is_error(status) {
        true => Class::Additive,
        false => Class::Warning,
    }
}

/// A removed success breaks the callers that expect it. A removed error does not.
pub(super) fn response_removed(status: &str) -> Class {
    match is_error(status) {
        true => Class::Additive,
        false => Class::Breaking,
    }
}

fn is_error(status: &str) -> bool {
    !status.starts_with(['1', '2', '3'])
}

/// `now`: whether the field is required in the new document.
pub(super) fn required_changed(now: bool, direction: Direction) -> Class {
    let change = if now { Change::Narrower } else { Change::Wider };
    allowed_values(change, direction)
}

/// `open`: values other than the listed ones are allowed, so readers must expect unknown values.
pub(super) fn enum_values_added(open: bool, direction: Direction) -> Class {
    if open { Class::Additive } else { allowed_values(Change::Wider, direction) }
}

/// `open`: a value that is no longer listed is still allowed. In any case, generated code no longer
/// has a variant for it.
pub(super) fn enum_values_removed(open: bool, direction: Direction) -> Class {
    if open { Class::SourceBreaking } else { new_type(allowed_values(Change::Narrower, direction)) }
}

/// Undeclared fields are no longer allowed. Callers that send them are rejected. Callers that read
/// the object are not affected, because they must expect new fields from any later revision.
pub(super) fn additional_closed(direction: Direction) -> Class {
    match direction {
        Direction::Request => Class::Breaking,
        Direction::Response => Class::Additive,
    }
}

/// Undeclared fields are now allowed, which is harmless in both directions.
pub(super) fn additional_opened(_: Direction) -> Class {
    Class::Additive
}

/// A default defines the meaning of an absent value, both in requests and in responses.
pub(super) fn default_changed(old: Option<&Value>, new: Option<&Value>) -> Class {
    match (old, new) {
        // The document did not define the meaning before, and does not say whether it changed.
        (None, Some(_)) => Class::Warning,
        _ => Class::Breaking,
    }
}

/// How the set of allowed JSON types changed. An empty set allows all types, and every integer is a
/// number.
pub(super) fn types_change(old: &BTreeSet<&str>, new: &BTreeSet<&str>) -> Option<Change> {
    let contains = |outer: &BTreeSet<&str>, inner: &BTreeSet<&str>| {
        outer.is_empty()
            || !inner.is_empty()
                && inner.iter().all(|kind| {
                    outer.contains(kind) || *kind == "integer" && outer.contains("number")
                })
    };
    match (contains(new, old), contains(old, new)) {
        (true, true) => None,
        (true, false) => Some(Change::Wider),
        (false, true) => Some(Change::Narrower),
        (false, false) => Some(Change::Other),
    }
}

/// How the allowed values changed with the format. A missing format allows all values.
pub(super) fn format_change(old: Option<&str>, new: Option<&str>) -> Option<Change> {
    match (old, new) {
        (old, new) if old == new => None,
        (Some(_), None) | (Some("int32"), Some("int64")) | (Some("float"), Some("double")) => {
            Some(Change::Wider)
        }
        (None, Some(_)) | (Some("int64"), Some("int32")) | (Some("double"), Some("float")) => {
            Some(Change::Narrower)
        }
        _ => Some(Change::Other),
    }
}

/// Whether generated code has another Rust type for a value with the other format. Every format
/// that is not listed has the type of a value without a format: `String`, `i64` or `f64`.
pub(super) fn format_changes_type(old: Option<&str>, new: Option<&str>) -> bool {
    const TYPES: [&str; 12] = [
        "int8", "uint8", "int16", "uint16", "int32", "uint32", "uint64", "float", "date", "uuid",
        "ipv4", "ipv6",
    ];
    let listed = |format: Option<&str>| TYPES.into_iter().find(|known| Some(*known) == format);
    listed(old) != listed(new)
}

/// The keywords of JSON Schema that bound a value.
pub(super) const BOUNDS: [&str; 13] = [
    "minimum",
    "maximum",
    "exclusiveMinimum",
    "exclusiveMaximum",
    "minLength",
    "maxLength",
    "minItems",
    "maxItems",
    "minProperties",
    "maxProperties",
    "multipleOf",
    "uniqueItems",
    "pattern",
];

/// How the allowed values changed with one bound. A missing bound allows all values.
pub(super) fn bound_change(
    keyword: &str,
    old: Option<&Value>,
    new: Option<&Value>,
) -> Option<Change> {
    let (old, new) = match (old, new) {
        (None, None) => return None,
        (None, Some(_)) => return Some(Change::Narrower),
        (Some(_), None) => return Some(Change::Wider),
        (Some(old), Some(new)) => (old, new),
    };
    if same_value(old, new) {
        return None;
    }
    let (Some(old), Some(new)) = (old.as_f64(), new.as_f64()) else {
        return Some(Change::Other);
    };
    Some(match keyword {
        "multipleOf" if old % new == 0.0 => Change::Wider,
        "multipleOf" if new % old == 0.0 => Change::Narrower,
        "multipleOf" => Change::Other,
        lower if lower.starts_with("min") || lower == "exclusiveMinimum" => wider_if(new < old),
        _ => wider_if(new > old),
    })
}

fn wider_if(wider: bool) -> Change {
    if wider { Change::Wider } else { Change::Narrower }
}

/// Whether two values are equal, where `1`, `1.0` and `1e0` are the same number.
pub(super) fn same_value(a: &Value, b: &Value) -> bool {
    match (a, b) {
        (Value::Number(x), Value::Number(y)) => x == y || x.as_f64() == y.as_f64(),
        (Value::Array(x), Value::Array(y)) => {
            x.len() == y.len() && x.iter().zip(y).all(|(a, b)| same_value(a, b))
        }
        (Value::Object(x), Value::Object(y)) => {
            x.len() == y.len()
                && x.iter().all(|(key, a)| y.get(key).is_some_and(|b| same_value(a, b)))
        }
        (a, b) => a == b,
    }
}

#[cfg(test)]
mod tests {
    use serde_json::{Value, json};

    use super::Change::{Narrower, Other, Wider};
    use super::Class::{Additive, Breaking, SourceBreaking, Warning};
    use super::Direction::{Request, Response};
    use super::*;

    #[test]
    fn more_values_break_readers_and_fewer_break_writers() {
        for (change, request, response) in [
            (Wider, Additive, Breaking),
            (Narrower, Breaking, Additive),
            (Other, Breaking, Breaking),
        ] {
            assert_eq!(allowed_values(change, Request), request, "{change:?}");
            assert_eq!(allowed_values(change, Response), response, "{change:?}");
        }
    }

    #[test]
    fn a_new_field_breaks_only_callers_that_must_send_it() {
        assert_eq!(property_added(true, Request), Breaking);
        assert_eq!(property_added(false, Request), Additive);
        assert_eq!(property_added(true, Response), Additive);
        assert_eq!(property_added(false, Response), Additive);
        assert_eq!(property_removed(Request), Breaking);
        assert_eq!(property_removed(Response), Breaking);
    }

    #[test]
    fn successes_matter_to_callers_and_errors_do_not() {
        for (status, added, removed) in [
            ("200", Warning, Breaking),
            ("2XX", Warning, Breaking),
            ("404", Additive, Additive),
            ("default", Additive, Additive),
        ] {
            assert_eq!(response_added(status), added, "{status}");
            assert_eq!(response_removed(status), removed, "{status}");
        }
    }

    #[test]
    fn a_required_flag_restricts_the_sender() {
        assert_eq!(required_changed(true, Request), Breaking);
        assert_eq!(required_changed(false, Request), Additive);
        assert_eq!(required_changed(true, Response), Additive);
        assert_eq!(required_changed(false, Response), Breaking);
    }

    #[test]
    fn enum_values_follow_whether_the_set_is_open() {
        assert_eq!(enum_values_added(false, Request), Additive);
        assert_eq!(enum_values_added(false, Response), Breaking);
        assert_eq!(enum_values_added(true, Response), Additive);
        assert_eq!(enum_values_removed(false, Request), Breaking);
        assert_eq!(enum_values_removed(false, Response), SourceBreaking);
        assert_eq!(enum_values_removed(true, Request), SourceBreaking);
    }

    #[test]
    fn a_closed_object_breaks_only_senders() {
        assert_eq!(additional_closed(Request), Breaking);
        assert_eq!(additional_closed(Response), Additive);
        assert_eq!(additional_opened(Request), Additive);
        assert_eq!(additional_opened(Response), Additive);
    }

    #[test]
    fn a_new_default_is_undecided_and_a_changed_one_breaks() {
        let (a, b) = (json!("A"), json!("B"));
        assert_eq!(default_changed(None, Some(&a)), Warning);
        assert_eq!(default_changed(Some(&a), Some(&b)), Breaking);
        assert_eq!(default_changed(Some(&a), None), Breaking);
    }

    #[test]
    fn types_are_sets_and_integers_are_numbers() {
        let change = |old: &[&'static str], new: &[&'static str]| {
            types_change(&old.iter().copied().collect(), &new.iter().copied().collect())
        };
        assert_eq!(change(&["string"], &["string"]), None);
        assert_eq!(change(&["string"], &["null", "string"]), Some(Wider));
        assert_eq!(change(&["null", "string"], &["string"]), Some(Narrower));
        assert_eq!(change(&["integer"], &["number"]), Some(Wider));
        assert_eq!(change(&["number"], &["integer"]), Some(Narrower));
        assert_eq!(change(&["string"], &["number"]), Some(Other));
        assert_eq!(change(&[], &["number"]), Some(Narrower));
        assert_eq!(change(&["number"], &[]), Some(Wider));
    }

    #[test]
    fn a_format_can_contain_another() {
        assert_eq!(format_change(Some("int32"), Some("int64")), Some(Wider));
        assert_eq!(format_change(Some("double"), Some("float")), Some(Narrower));
        assert_eq!(format_change(None, Some("date")), Some(Narrower));
        assert_eq!(format_change(Some("date"), None), Some(Wider));
        assert_eq!(format_change(Some("date"), Some("uuid")), Some(Other));
        assert_eq!(format_change(Some("date"), Some("date")), None);
    }

    #[test]
    fn only_formats_with_a_rust_type_of_their_own_change_the_type() {
        assert!(format_changes_type(Some("int32"), Some("int64")));
        assert!(format_changes_type(None, Some("float")));
        assert!(!format_changes_type(None, Some("int64")));
        assert!(format_changes_type(Some("uuid"), None));
        assert!(!format_changes_type(None, Some("password")));
        assert!(!format_changes_type(Some("date"), Some("date")));
    }

    #[test]
    fn every_bound_has_a_direction() {
        let change = |keyword: &str, old: Value, new: Value| {
            let some = |v: Value| (!v.is_null()).then_some(v);
            bound_change(keyword, some(old).as_ref(), some(new).as_ref())
        };
        for lower in ["minimum", "exclusiveMinimum", "minLength", "minItems", "minProperties"] {
            assert_eq!(change(lower, json!(1), json!(0)), Some(Wider), "{lower}");
            assert_eq!(change(lower, json!(1), json!(2)), Some(Narrower), "{lower}");
        }
        for upper in ["maximum", "exclusiveMaximum", "maxLength", "maxItems", "maxProperties"] {
            assert_eq!(change(upper, json!(1), json!(2)), Some(Wider), "{upper}");
            assert_eq!(change(upper, json!(1), json!(0)), Some(Narrower), "{upper}");
        }
        for bound in BOUNDS {
            assert_eq!(change(bound, json!(1), json!(1.0)), None, "{bound}");
            assert_eq!(change(bound, Value::Null, json!(1)), Some(Narrower), "{bound}");
            assert_eq!(change(bound, json!(1), Value::Null), Some(Wider), "{bound}");
        }
        assert_eq!(change("multipleOf", json!(10), json!(5)), Some(Wider));
        assert_eq!(change("multipleOf", json!(5), json!(10)), Some(Narrower));
        assert_eq!(change("multipleOf", json!(2), json!(3)), Some(Other));
        assert_eq!(change("pattern", json!("a"), json!("b")), Some(Other));
    }
}
