//! Compares the parameters of an operation: path, query, header, cookie.

use serde_json::Value;

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::operations::Operation;
use super::rules::{self, Class, Direction};
use super::wording::summary;

impl<'d> Comparison<'d> {
    pub(super) fn parameters(&mut self, place: &Place, old: &Operation<'d>, new: &Operation<'d>) {
        let (before, after) = (effective(old), effective(new));
        for (index, parameter) in after.iter().enumerate() {
            let place = place.inside(title(parameter));
            match counterpart(&before, &after, index) {
                Some(before) => {
                    self.parameter(&place, before, parameter);
                    self.position(&place, (old, before), (new, parameter));
                }
                None => self.parameter_added(&place, &before, &after, parameter),
            }
        }
        let matched = |old: &Node<'d>| {
            (0..after.len()).any(|index| {
                counterpart(&before, &after, index).is_some_and(|found| found.at == old.at)
            })
        };
        for parameter in before.iter().filter(|old| !matched(old)) {
            if moved(parameter, &after, &before).is_none() {
                let class = rules::property_removed(Direction::Request);
                let place = place.inside(title(parameter));
                self.facts.record_in(
                    (class, Direction::Request),
                    "parameter-removed",
                    &place,
                    parameter,
                    "removed",
                );
            }
        }
    }

    /// Compares the position of a path parameter. A caller sends the values in the order of the old
    /// path.
    fn position(
        &mut self,
        place: &Place,
        (old, before): (&Operation<'d>, &Node<'d>),
        (new, parameter): (&Operation<'d>, &Node<'d>),
    ) {
        let position = |operation: &Operation<'d>, parameter: &Node<'d>| {
            let name = parameter.text("name").filter(|_| key(parameter).0 == "path")?;
            operation.path_names().position(|known| known == name)
        };
        let (was, now) = (position(old, before), position(new, parameter));
        if let (Some(was), Some(now)) = (was, now)
            && was != now
        {
            let text = format!("moved from position {} to {} of the path", was + 1, now + 1);
            let verdict = (Class::Breaking, Direction::Request);
            self.facts.record_in(verdict, "parameter-moved", place, parameter, text);
        }
    }

    fn parameter_added(
        &mut self,
        place: &Place,
        before: &[Node<'d>],
        after: &[Node<'d>],
        parameter: &Node<'d>,
    ) {
        if let Some(old) = moved(parameter, before, after) {
            let text = format!("moved here from the {}", old.text("in").unwrap_or_default());
            let verdict = (Class::Breaking, Direction::Request);
            self.facts.record_in(verdict, "parameter-moved", place, parameter, text);
            return;
        }
        let required = is_required(parameter);
        let class = rules::property_added(required, Direction::Request);
        let description = match parameter.get("schema") {
            Some(schema) => summary(&schema, required),
            None => if required { "required" } else { "optional" }.into(),
        };
        let text = format!("added, {description}");
        self.facts.record_in(
            (class, Direction::Request),
            "parameter-added",
            place,
            parameter,
            text,
        );
    }

    fn parameter(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let names = (old.text("name").unwrap_or_default(), new.text("name").unwrap_or_default());
        // Header names are case-insensitive.
        if names.0 != names.1 && !names.0.eq_ignore_ascii_case(names.1) {
            let text = format!(
                "renamed from `{}`: the same on the wire, but generated code uses the name",
                names.0
            );
            self.facts.record(Class::SourceBreaking, "parameter-renamed", place, new, text);
        }
        let (before, now) = (is_required(old), is_required(new));
        if before != now {
            self.required_changed(place, new, now, Direction::Request);
        }
        self.serialization(place, old, new);
        match (old.get("schema"), new.get("schema")) {
            (Some(before), Some(after)) => self.schema(place, &before, &after, Direction::Request),
            (None, None) => {}
            _ => {
                let verdict = (Class::Breaking, Direction::Request);
                let text =
                    "changed between `schema` and `content`, which changes how it is serialized";
                self.facts.record_in(verdict, "parameter-style-changed", place, new, text);
            }
        }
        self.content(place, old, new, Direction::Request);
        self.deprecation(place, old.flag("deprecated"), new.flag("deprecated"), new);
        self.descriptions(place, old, new);
    }

    /// Compares how a value is serialized in the URL or the header.
    fn serialization(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        for keyword in ["style", "explode", "allowReserved", "allowEmptyValue"] {
            let (before, now) = (effective_style(old, keyword), effective_style(new, keyword));
            if before != now {
                let class = match keyword {
                    // Allowing an empty value breaks no caller.
                    "allowEmptyValue" if now == Value::Bool(true) => Class::Additive,
                    _ => Class::Breaking,
                };
                let text = format!("{keyword} {before} -> {now}");
                self.facts.record_in(
                    (class, Direction::Request),
                    "parameter-style-changed",
                    place,
                    new,
                    text,
                );
            }
        }
    }
}

/// The parameters of the operation and those of its path item, where the operation's own take
/// precedence.
fn effective<'d>(operation: &Operation<'d>) -> Vec<Node<'d>> {
    let list = |node: &Node<'d>| -> Vec<Node<'d>> {
        let parameters = node.items("parameters").into_iter();
        parameters.map(|parameter| parameter.resolved()).collect()
    };
    let own = list(&operation.node);
    let mut all: Vec<Node<'d>> = list(&operation.item)
        .into_iter()
        .filter(|shared| !own.iter().any(|parameter| key(parameter) == key(shared)))
        .collect();
    all.extend(own);
    // OpenAPI ignores these three header parameters.
    all.retain(|parameter| {
        let (place, name) = key(parameter);
        !(place == "header" && ["accept", "content-type", "authorization"].contains(&name.as_str()))
    });
    // Renamed path parameters are matched in the order of the path.
    all.sort_by_key(|parameter| position(operation, parameter).unwrap_or(usize::MAX));
    all
}

/// The position of a path parameter in the path.
fn position(operation: &Operation<'_>, parameter: &Node<'_>) -> Option<usize> {
    let name = parameter.text("name").filter(|_| key(parameter).0 == "path")?;
    operation.path_names().position(|known| known == name)
}

fn key(parameter: &Node<'_>) -> (String, String) {
    let place = parameter.text("in").unwrap_or_default();
    let name = parameter.text("name").unwrap_or_default();
    let name = if place == "header" { name.to_ascii_lowercase() } else { name.to_owned() };
    (place.to_owned(), name)
}

/// The old parameter that corresponds to `after[index]`: the one with the same name, or a renamed
/// path parameter.
fn counterpart<'a, 'd>(
    before: &'a [Node<'d>],
    after: &[Node<'d>],
    index: usize,
) -> Option<&'a Node<'d>> {
    let parameter = &after[index];
    let same = before.iter().find(|old| key(old) == key(parameter));
    if same.is_some() || key(parameter).0 != "path" {
        return same;
    }
    let unmatched = |of: &[Node<'d>], others: &[Node<'d>]| -> Vec<usize> {
        let alone = |node: &Node<'d>| {
            key(node).0 == "path" && !others.iter().any(|other| key(other) == key(node))
        };
        (0..of.len()).filter(|index| alone(&of[*index])).collect()
    };
    let (removed, added) = (unmatched(before, after), unmatched(after, before));
    let nth = added.iter().position(|place| *place == index)?;
    removed.get(nth).map(|place| &before[*place])
}

/// The parameter with the same name that moved here from another location, such as from the query
/// to the header.
fn moved<'a, 'd>(
    parameter: &Node<'d>,
    from: &'a [Node<'d>],
    to: &[Node<'d>],
) -> Option<&'a Node<'d>> {
    from.iter().find(|other| {
        other.text("name") == parameter.text("name")
            && !to.iter().any(|kept| key(kept) == key(other))
    })
}

fn is_required(parameter: &Node<'_>) -> bool {
    parameter.flag("required") || parameter.text("in") == Some("path")
}

fn title(parameter: &Node<'_>) -> String {
    let place = parameter.text("in").unwrap_or_default();
    let name = parameter.text("name").unwrap_or_default();
    format!("{place} parameter `{name}`")
}

/// The declared value of `keyword`, or its default.
fn effective_style(parameter: &Node<'_>, keyword: &str) -> Value {
    let declared = parameter.value.get(keyword).cloned();
    declared.unwrap_or_else(|| match keyword {
        "style" => match parameter.text("in") {
            Some("query" | "cookie") => "form".into(),
            _ => "simple".into(),
        },
        "explode" => Value::Bool(effective_style(parameter, "style") == "form"),
        _ => Value::Bool(false),
    })
}
