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
                Some(old) => self.parameter(&place, old, parameter),
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
                self.facts.judge(
                    (class, Direction::Request),
                    "parameter-removed",
                    &place,
                    parameter,
                    "removed",
                );
            }
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
            self.facts
                .judge(verdict, "parameter-moved", place, parameter, text);
            return;
        }
        let required = is_required(parameter);
        let class = rules::property_added(required, Direction::Request);
        let what = match parameter.get("schema") {
            Some(schema) => summary(&schema, required),
            None => if required { "required" } else { "optional" }.into(),
        };
        let text = format!("added, {what}");
        self.facts.judge(
            (class, Direction::Request),
            "parameter-added",
            place,
            parameter,
            text,
        );
    }

    fn parameter(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        let names = (
            old.text("name").unwrap_or_default(),
            new.text("name").unwrap_or_default(),
        );
        // Header names have no case.
        if names.0 != names.1 && !names.0.eq_ignore_ascii_case(names.1) {
            let text = format!(
                "renamed from `{}`: the same on the wire, but generated code names it so",
                names.0
            );
            self.facts
                .note(Class::Breaking, "parameter-renamed", place, new, text);
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
                let text = "`schema` and `content` changed places: it is written another way";
                self.facts
                    .judge(verdict, "parameter-style-changed", place, new, text);
            }
        }
        self.content(place, old, new, Direction::Request);
        self.deprecation(place, old.flag("deprecated"), new.flag("deprecated"), new);
        self.texts(place, old, new);
    }

    /// How a value becomes text in the URL or header.
    fn serialization(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>) {
        for keyword in ["style", "explode", "allowReserved", "allowEmptyValue"] {
            let (before, now) = (effective_style(old, keyword), effective_style(new, keyword));
            if before != now {
                let class = match keyword {
                    // An empty value that is allowed now breaks nobody.
                    "allowEmptyValue" if now == Value::Bool(true) => Class::Additive,
                    _ => Class::Breaking,
                };
                let text = format!("{keyword} {before} -> {now}");
                self.facts.judge(
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

/// The parameters of the path item, replaced by the operation's own of the same name and place.
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
    // OpenAPI: these three header parameters mean nothing.
    all.retain(|parameter| {
        let (place, name) = key(parameter);
        !(place == "header" && ["accept", "content-type", "authorization"].contains(&name.as_str()))
    });
    all
}

fn key(parameter: &Node<'_>) -> (String, String) {
    let place = parameter.text("in").unwrap_or_default();
    let name = parameter.text("name").unwrap_or_default();
    let name = if place == "header" {
        name.to_ascii_lowercase()
    } else {
        name.to_owned()
    };
    (place.to_owned(), name)
}

/// The old parameter that `after[index]` is: of the same name, or in the path the one whose name alone changed.
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
    let orphans = |of: &[Node<'d>], others: &[Node<'d>]| -> Vec<usize> {
        let alone = |node: &Node<'d>| {
            key(node).0 == "path" && !others.iter().any(|other| key(other) == key(node))
        };
        (0..of.len()).filter(|index| alone(&of[*index])).collect()
    };
    let (gone, come) = (orphans(before, after), orphans(after, before));
    let nth = come.iter().position(|place| *place == index)?;
    gone.get(nth).map(|place| &before[*place])
}

/// The parameter of the same name that stood elsewhere, where it does not stand there any more.
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

/// What is said, or what OpenAPI takes where nothing is said.
fn effective_style(parameter: &Node<'_>, keyword: &str) -> Value {
    let said = parameter.value.get(keyword).cloned();
    said.unwrap_or_else(|| match keyword {
        "style" => match parameter.text("in") {
            Some("query" | "cookie") => "form".into(),
            _ => "simple".into(),
        },
        "explode" => Value::Bool(effective_style(parameter, "style") == "form"),
        _ => Value::Bool(false),
    })
}
