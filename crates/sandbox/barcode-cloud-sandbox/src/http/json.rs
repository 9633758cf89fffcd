//! Parses JSON strictly and within bounds: a duplicate member is an error (a lenient parser would
//! drop one of the two), and parsing stops when the maximum number of values is exceeded.
//!
//! A value takes up to 40 times the memory of its text: without the bound, a body of 60 MB could
//! need more than 1 GB.

use std::cell::Cell;
use std::fmt;

use serde::de::{DeserializeSeed, Deserializer, Error, MapAccess, SeqAccess, Visitor};
use serde_json::{Map, Number, Value};

/// The maximum number of values, including those within arrays and objects. No valid body has as
/// many.
const MAX_VALUES: usize = 10_000;

/// Parses a JSON text. `serde_json` rejects values nested more than 128 deep.
pub(crate) fn read(text: &[u8]) -> serde_json::Result<Value> {
    let left = Cell::new(MAX_VALUES);
    let mut deserializer = serde_json::Deserializer::from_slice(text);
    let value = Reader { left: &left }.deserialize(&mut deserializer)?;
    deserializer.end()?;
    Ok(value)
}

/// Parses one value, and counts how many more are allowed.
#[derive(Clone, Copy)]
struct Reader<'a> {
    left: &'a Cell<usize>,
}

impl<'de> DeserializeSeed<'de> for Reader<'_> {
    type Value = Value;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Value, D::Error> {
        let Some(left) = self.left.get().checked_sub(1) else {
            return Err(D::Error::custom(format_args!("it has more than {MAX_VALUES} values")));
        };
        self.left.set(left);
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for Reader<'_> {
    type Value = Value;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a JSON value")
    }

    fn visit_unit<E>(self) -> Result<Value, E> {
        Ok(Value::Null)
    }

    fn visit_bool<E>(self, flag: bool) -> Result<Value, E> {
        Ok(flag.into())
    }

    fn visit_i64<E>(self, number: i64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_u64<E>(self, number: u64) -> Result<Value, E> {
        Ok(number.into())
    }

    fn visit_f64<E>(self, number: f64) -> Result<Value, E> {
        Ok(Number::from_f64(number).map_or(Value::Null, Value::Number))
    }

    fn visit_str<E>(self, text: &str) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_string<E>(self, text: String) -> Result<Value, E> {
        Ok(text.into())
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut items: A) -> Result<Value, A::Error> {
        let mut list = Vec::new();
        while let Some(item) = items.next_element_seed(self)? {
            list.push(item);
        }
        Ok(list.into())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut members: A) -> Result<Value, A::Error> {
        let mut object = Map::new();
        while let Some(name) = members.next_key::<String>()? {
            let value = members.next_value_seed(self)?;
            if object.contains_key(&name) {
                return Err(A::Error::custom(format_args!("{name:.100} is given more than once")));
            }
            object.insert(name, value);
        }
        Ok(object.into())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_text_survives_a_round_trip() {
        let text = r#"{"a":[1,-2,3.5,"b",true,null,{}],"c":18446744073709551615}"#;
        assert_eq!(read(text.as_bytes()).unwrap().to_string(), text);
    }

    #[test]
    fn a_duplicate_member_is_an_error_at_any_depth() {
        let error = read(br#"{"a":[{"b":1,"b":2}]}"#).unwrap_err();
        assert!(error.to_string().starts_with("b is given more than once"));
        assert!(read(br#"[{"b":1},{"b":2}]"#).is_ok());
    }

    #[test]
    fn reading_stops_at_the_first_value_beyond_the_maximum() {
        // The array itself is a value too.
        let most = format!("[1{}]", ",1".repeat(MAX_VALUES - 2));
        assert!(read(most.as_bytes()).is_ok());
        for (start, repeated) in [("[1", ",1"), ("[[]", ",[]"), ("[{\"a\":1}", ",{\"b\":1}")] {
            let text = format!("{start}{}", repeated.repeat(1_000_000));
            let error = read(text.as_bytes()).unwrap_err();
            assert!(error.to_string().contains("more than 10000 values"));
            // The rest of the text, which is invalid, was not parsed.
            let longest = (MAX_VALUES + 1) * repeated.len();
            assert!(error.column() <= longest, "{error}");
        }
    }

    #[test]
    fn a_number_that_is_too_large_is_an_error() {
        assert!(read(b"1e400").is_err());
        assert!(read("9".repeat(1_000_000).as_bytes()).is_err());
        assert!(read(format!("0.{}", "9".repeat(1_000_000)).as_bytes()).is_ok());
    }

    #[test]
    fn deep_nesting_is_an_error() {
        assert!(read("[".repeat(1_000_000).as_bytes()).is_err());
    }
}
