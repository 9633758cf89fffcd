//! Compares request bodies, forms, responses and response headers.

use serde_json::{Map, Value};

use super::Comparison;
use super::facts::Place;
use super::node::{Entry, Node, matched};
use super::rules::{self, Change, Class, Direction};
use super::shape::Shape;
use super::wording::summary;

impl<'d> Comparison<'d> {
    pub(super) fn request_body(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let place = place.inside("request body");
        let body = |node: &Node<'d>| node.get("requestBody").map(|body| body.resolved());
        let direction = Direction::Request;
        match (body(old), body(new)) {
            (None, None) => {}
            (None, Some(after)) => {
                let required = after.flag("required");
                let class = rules::property_added(required, direction);
                let text = format!("added, {}", if required { "required" } else { "optional" });
                self.facts.record_in((class, direction), "body-added", &place, &after, text);
            }
            (Some(before), None) => {
                let class = rules::property_removed(direction);
                self.facts.record_in(
                    (class, direction),
                    "body-removed",
                    &place,
                    &before,
                    "removed",
                );
            }
            (Some(before), Some(after)) => {
                let (was, now) = (before.flag("required"), after.flag("required"));
                if was != now {
                    self.required_changed(&place, &after, now, direction);
                }
                self.content(&place, &before, &after, direction);
                self.descriptions(&place, &before, &after);
            }
        }
    }

    pub(super) fn responses(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let direction = Direction::Response;
        for (status, entry) in matched(statuses(old), statuses(new), str::eq) {
            let place = place.inside(format_args!("response {status}"));
            let (class, kind, node, text) = match &entry {
                Entry::Both(before, response) => {
                    self.response(&place, before, response);
                    continue;
                }
                Entry::Added(response) => {
                    let class = rules::response_added(status);
                    (class, "response-added", response, "added")
                }
                Entry::Removed(response) => {
                    let class = rules::response_removed(status);
                    (class, "response-removed", response, "removed")
                }
            };
            self.facts.record_in((class, direction), kind, &place, node, text);
        }
    }

    fn response(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        self.headers(place, old, new);
        self.content(place, old, new, Direction::Response);
        self.uncovered_keyword(place, "links", old, new);
        self.descriptions(place, old, new);
    }

    fn headers(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let direction = Direction::Response;
        let (before, after) = (old.entries("headers"), new.entries("headers"));
        for (name, entry) in matched(before, after, str::eq_ignore_ascii_case) {
            let place = place.inside(format_args!("header `{name}`"));
            let (class, kind, node, text) = match &entry {
                Entry::Both(before, header) => {
                    self.header(&place, &before.resolved(), &header.resolved());
                    continue;
                }
                Entry::Added(header) => {
                    let required = header.resolved().flag("required");
                    let class = rules::property_added(required, direction);
                    (class, "header-added", header, "added")
                }
                Entry::Removed(header) => {
                    let class = rules::property_removed(direction);
                    (class, "header-removed", header, "removed")
                }
            };
            self.facts.record_in((class, direction), kind, &place, node, text);
        }
    }

    fn header(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let direction = Direction::Response;
        let (was, now) = (old.flag("required"), new.flag("required"));
        if was != now {
            self.required_changed(place, new, now, direction);
        }
        if let (Some(before), Some(after)) = (old.get("schema"), new.get("schema")) {
            self.schema(place, &before, &after, direction);
        }
        self.descriptions(place, old, new);
    }

    /// Compares the media types of a body and their schemas.
    pub(super) fn content(
        &mut self,
        place: &Place,
        old: &Node<'d>,
        new: &Node<'d>,
        direction: Direction,
    ) {
        let (before, after) = (old.entries("content"), new.entries("content"));
        for (media, entry) in matched(before, after, same_media) {
            let (class, kind, node, change) = match &entry {
                Entry::Both(before, body) => {
                    self.media(place, media, (before, body), direction);
                    continue;
                }
                Entry::Added(body) => {
                    let class = rules::property_added(false, direction);
                    (class, "media-type-added", body, "added")
                }
                Entry::Removed(body) => {
                    let class = rules::property_removed(direction);
                    (class, "media-type-removed", body, "removed")
                }
            };
            let text = format!("media type {media} {change}");
            self.facts.record_in((class, direction), kind, place, node, text);
        }
    }

    fn media(
        &mut self,
        place: &Place,
        media: &str,
        (old, new): (&Node<'d>, &Node<'d>),
        direction: Direction,
    ) {
        let form = media.starts_with("multipart/")
            || media.starts_with("application/x-www-form-urlencoded");
        let place = if form { place.as_form() } else { place.clone() };
        let raw =
            |node: &Node<'d>| node.get("schema").is_none_or(|schema| Shape::read(&schema).is_raw());
        match (old.get("schema"), new.get("schema")) {
            // Both are raw bytes, however that is written.
            _ if !form && raw(old) && raw(new) => {}
            (Some(before), Some(after)) => self.schema(&place, &before, &after, direction),
            (None, None) => {}
            (None, Some(after)) => {
                let class = rules::allowed_values(Change::Narrower, direction);
                let text = format!("{media} now has a schema: {}", summary(&after, true));
                self.facts.record_in((class, direction), "media-schema-added", &place, new, text);
            }
            (Some(_), None) => {
                let class = rules::allowed_values(Change::Wider, direction);
                let text = format!("{media} no longer has a schema");
                self.facts.record_in((class, direction), "media-schema-removed", &place, new, text);
            }
        }
        if form {
            self.encodings(&place, (old, new), direction);
        }
    }

    /// Compares how a form encodes the fields that both versions have.
    fn encodings(
        &mut self,
        place: &Place,
        (old, new): (&Node<'d>, &Node<'d>),
        direction: Direction,
    ) {
        let fields = |media: &Node<'d>| {
            let schema = media.get("schema");
            schema.map(|schema| Shape::read(&schema).properties).unwrap_or_default()
        };
        let before = fields(old);
        for (name, field) in fields(new) {
            if before.iter().any(|(known, _)| *known == name) {
                let (was, now) = (encoding(old, name), encoding(new, name));
                if was != now {
                    let text = format!("encoding {} -> {}", Value::Object(was), Value::Object(now));
                    let verdict = (Class::Breaking, direction);
                    self.facts.record_in(
                        verdict,
                        "encoding-changed",
                        &place.property(name),
                        &field[0],
                        text,
                    );
                }
            }
        }
    }
}

/// The responses by status. References are followed.
fn statuses<'d>(operation: &Node<'d>) -> Vec<(&'d str, Node<'d>)> {
    let all = operation.entries("responses").into_iter();
    all.filter(|(status, _)| !status.starts_with("x-"))
        .map(|(status, response)| (status, response.resolved()))
        .collect()
}

/// Media types are case-insensitive, and the space after a semicolon is optional.
fn same_media(a: &str, b: &str) -> bool {
    let plain = |media: &str| media.replace(' ', "").to_ascii_lowercase();
    plain(a) == plain(b)
}

/// The encoding of a field without extensions and without values that are the default.
fn encoding(media: &Node<'_>, field: &str) -> Map<String, Value> {
    let declared = media.path(&["encoding", field]);
    let mut encoding =
        declared.and_then(|node| node.value.as_object().cloned()).unwrap_or_default();
    let form = encoding.get("style").is_none_or(|style| style == "form");
    encoding.retain(|key, value| match key.as_str() {
        "style" => value != "form",
        "explode" => value != &Value::Bool(form),
        "allowReserved" => value != &Value::Bool(false),
        key => !key.starts_with("x-"),
    });
    encoding.sort_keys();
    encoding
}

#[cfg(test)]
mod tests {
    use super::same_media;

    #[test]
    fn media_types_are_compared_ignoring_case_and_spaces() {
        assert!(same_media("text/plain; charset=utf-8", "Text/Plain;charset=utf-8"));
        assert!(!same_media("text/plain", "text/html"));
    }
}
