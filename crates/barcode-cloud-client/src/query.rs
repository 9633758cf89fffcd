//! The query of a request, written into its URL in one go. `RequestBuilder::query` would take the URL apart and move the
//! whole request for each parameter, set or not.

use progenitor_client::QueryParam;
use reqwest::Request;
use serde::Serialize;
use serde_urlencoded::Serializer;
use url::{UrlQuery, form_urlencoded};

use crate::refusal::Refusal;

/// A parameter as it was given to a builder.
type Given<T> = Result<T, Refusal>;

/// Writes parameters as `RequestBuilder::query` does: byte for byte, in their order, and none that is unset.
pub(crate) struct Query<'a> {
    pairs: form_urlencoded::Serializer<'a, UrlQuery<'a>>,
    refused: Option<String>,
}

impl<'a> Query<'a> {
    /// Begins behind what the URL's query holds already.
    pub(crate) fn of(request: &'a mut Request) -> Self {
        Self {
            pairs: request.url_mut().query_pairs_mut(),
            refused: None,
        }
    }

    #[inline]
    pub(crate) fn add<T: Serialize>(&mut self, name: &str, given: &Given<T>) -> &mut Self {
        match given {
            Ok(value) => self.write(name, value),
            Err(refusal) => self.refuse(refusal.told(name)),
        }
    }

    /// One that is unset costs no more than a look at it.
    #[inline]
    pub(crate) fn add_if_set<T: Serialize>(
        &mut self,
        name: &str,
        given: &Given<Option<T>>,
    ) -> &mut Self {
        match given {
            Ok(Some(value)) => self.write(name, value),
            Ok(None) => self,
            Err(refusal) => self.refuse(refusal.told(name)),
        }
    }

    /// Out of line: most of a request's parameters are not set, and the code of those that are would have to be
    /// jumped over, thirty times.
    #[inline(never)]
    fn write<T: Serialize>(&mut self, name: &str, value: &T) -> &mut Self {
        let pairs = Serializer::new(&mut self.pairs);
        match QueryParam::new(name, value).serialize(pairs) {
            Ok(_) => self,
            Err(error) => self.refuse(error),
        }
    }

    #[cold]
    fn refuse(&mut self, reason: impl ToString) -> &mut Self {
        self.refused.get_or_insert_with(|| reason.to_string());
        self
    }

    /// Ends the query; it tells of the first value that was refused, or cannot stand in one.
    pub(crate) fn end(&mut self) -> Result<(), String> {
        let url = self.pairs.finish();
        if url.query() == Some("") {
            url.set_query(None);
        }
        self.refused.take().map_or(Ok(()), Err)
    }
}

#[cfg(test)]
mod tests {
    use progenitor_client::QueryParam;
    use reqwest::{Client, Request};
    use serde::Serialize;

    use super::{Query, Refusal};

    #[derive(Serialize)]
    enum Level {
        LevelH,
    }

    const TEXTS: [&str; 6] = ["", "a b+c%20", "ä€𝄞", "&=?#/\\", "*-._~!'()", "\0\n\u{7f}"];
    const ADDRESSES: [&str; 4] = [
        "http://localhost/v4",
        "http://localhost/v4?",
        "http://localhost/v4?known=1#part",
        "http://localhost/v4#part",
    ];

    fn get(address: &str) -> reqwest::RequestBuilder {
        Client::new().get(address)
    }

    /// What both ways make of the same parameters.
    macro_rules! both {
        ($address:expr; $($name:literal: $value:expr),+) => {{
            let theirs = get($address)$(.query(&QueryParam::new($name, &$value)))+.build();
            let mut ours: Request = get($address).build().unwrap();
            let ended = Query::of(&mut ours)$(.add($name, &Ok($value)))+.end();
            (theirs, ended.map(|()| ours))
        }};
    }

    #[test]
    fn every_kind_of_value_is_written_as_reqwest_writes_it() {
        for (address, text) in ADDRESSES.iter().flat_map(|a| TEXTS.map(|t| (*a, t))) {
            let (theirs, ours) = both!(address;
                "unset": None::<String>, "text": text, "set": Some(text.to_owned()), "a name": 1.5f32, "whole": 1.0f64,
                "level": Some(Level::LevelH), "flag": Some(false), "count": -3i64, "list": vec![text, "b"],
                "none": Vec::<String>::new(), "letter": 'ß', "last": None::<bool>
            );
            assert_eq!(ours.unwrap().url().as_str(), theirs.unwrap().url().as_str());
        }
    }

    #[test]
    fn what_is_set_is_written_as_reqwest_writes_it_and_nothing_else() {
        let (height, level, none) = (Some(1.5f32), Some(Level::LevelH), None::<String>);
        let theirs = get(ADDRESSES[0])
            .query(&QueryParam::new("height", &height))
            .query(&QueryParam::new("none", &none))
            .query(&QueryParam::new("level", &level))
            .build()
            .unwrap();
        let mut ours = get(ADDRESSES[0]).build().unwrap();
        Query::of(&mut ours)
            .add_if_set("height", &Ok(height))
            .add_if_set("none", &Ok(none))
            .add_if_set("level", &Ok(level))
            .end()
            .unwrap();
        assert_eq!(ours.url().as_str(), theirs.url().as_str());
    }

    #[test]
    fn where_nothing_is_set_there_is_no_query() {
        for address in ADDRESSES {
            let (theirs, ours) = both!(address; "a": None::<String>, "b": None::<f32>);
            assert_eq!(ours.unwrap().url().as_str(), theirs.unwrap().url().as_str());
        }
    }

    #[test]
    fn what_cannot_stand_in_a_query_is_refused_and_told() {
        let (theirs, ours) = both!(ADDRESSES[0]; "nested": vec![vec![1]], "after": 1);
        assert!(theirs.is_err());
        assert!(!ours.unwrap_err().is_empty());
    }

    #[test]
    fn the_first_parameter_that_was_refused_is_told() {
        let mut request = get(ADDRESSES[0]).build().unwrap();
        let told = Query::of(&mut request)
            .add("set", &Ok(1))
            .add_if_set("other", &Err::<Option<i32>, _>(Refusal::Unconvertible))
            .add("missing", &Err::<i32, _>(Refusal::Missing))
            .end();
        assert_eq!(
            told.unwrap_err(),
            "other: the value cannot be converted to its type"
        );
    }
}
