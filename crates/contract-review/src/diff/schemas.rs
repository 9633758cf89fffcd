//! Compares schemas by their meaning. A shared schema is compared once for each direction that it travels in, and told
//! under its own name, not at each place that uses it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};

use super::Comparison;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, BOUNDS, Change, Class, Direction};
use super::shape::Shape;
use super::wording::{became, type_names};

/// Schemas inside schemas, followed so far; no contract that a person reads goes deeper.
const DEPTH: usize = 64;

/// The shared schemas that were met, and those still to compare.
#[derive(Debug, Default)]
pub(super) struct Met<'d> {
    queue: VecDeque<(Node<'d>, Node<'d>, Direction)>,
    seen: BTreeSet<(String, String, Direction)>,
    /// Old name to new name.
    pub(super) renamed: BTreeMap<String, String>,
    /// How deep the comparison by meaning is.
    depth: usize,
    /// What was compared by meaning, each pair once a part: a schema may hold itself, and many may hold one.
    told: BTreeMap<Told, Outcome>,
}

/// The places of two schemas, the part in which they were compared, and the direction.
type Told = (String, String, String, Direction);

/// What came of a comparison by meaning; of one that is not over yet, nothing.
#[derive(Clone, Debug, Default)]
struct Outcome {
    subject: String,
    class: Option<Class>,
}

/// Two shapes to compare, and where that is told.
#[derive(Debug)]
pub(super) struct Pair<'a, 'd> {
    pub(super) place: &'a Place,
    pub(super) old: &'a Shape<'d>,
    pub(super) new: &'a Shape<'d>,
    pub(super) node: &'a Node<'d>,
    pub(super) direction: Direction,
}

impl<'d> Comparison<'d> {
    /// Compares what stands at one use of a schema.
    pub(super) fn schema(
        &mut self,
        place: &Place,
        old: &Node<'d>,
        new: &Node<'d>,
        direction: Direction,
    ) {
        if let (Some(old_target), Some(new_target)) = (old.referred(), new.referred())
            && self.is_same_schema(&old_target, &new_target)
        {
            if is_alone(old) && is_alone(new) {
                return self.meet(old_target, new_target, direction);
            }
            let beside = (Shape::beside_reference(old), Shape::beside_reference(new));
            if beside.0.limits_nothing() && beside.1.limits_nothing() {
                self.meet(old_target, new_target, direction);
                self.annotations(&Pair {
                    place,
                    old: &beside.0,
                    new: &beside.1,
                    node: new,
                    direction,
                });
                return;
            }
        }
        self.by_meaning(place, old, new, direction);
    }

    fn by_meaning(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>, direction: Direction) {
        // What is used directly is told at each use, what it leads to once.
        let refers = old.referred().is_some() || new.referred().is_some();
        if refers && self.met.depth == 0 {
            return self.shapes_of(place, old, new, direction);
        }
        let (from, to) = (old.resolved().at.to_string(), new.resolved().at.to_string());
        let pair = (from, to, place.part.clone(), direction);
        if let Some(outcome) = self.met.told.get(&pair).cloned() {
            return self.tell_again(place, new, &outcome, direction);
        }
        self.met.told.insert(pair.clone(), Outcome::default());
        let count = self.facts.count();
        self.shapes_of(place, old, new, direction);
        let outcome = Outcome {
            subject: place.subject.clone(),
            class: self.facts.worst_since(count),
        };
        self.met.told.insert(pair, outcome);
    }

    /// One line at a further place of what was told in full at its first.
    fn tell_again(
        &mut self,
        place: &Place,
        new: &Node<'d>,
        outcome: &Outcome,
        direction: Direction,
    ) {
        if let Some(class) = outcome.class
            && outcome.subject != place.subject
        {
            let first = match outcome.subject.as_str() {
                "" => "the whole",
                subject => subject,
            };
            let text = format!("changed in the same way as {first}");
            self.facts
                .judge((class, direction), "same-change", place, new, text);
        }
    }

    fn shapes_of(&mut self, place: &Place, old: &Node<'d>, new: &Node<'d>, direction: Direction) {
        if self.met.depth == DEPTH {
            return self.too_deep(place, new, direction);
        }
        self.met.depth += 1;
        self.shapes(&Pair {
            place,
            old: &Shape::read(old),
            new: &Shape::read(new),
            node: new,
            direction,
        });
        self.met.depth -= 1;
    }

    /// Whether two referred schemas are one: of one name, or of two where each document knows only its own.
    fn is_same_schema(&self, old: &Node<'d>, new: &Node<'d>) -> bool {
        let (Some(old_name), Some(new_name)) = (old.schema_name(), new.schema_name()) else {
            return false;
        };
        let knows =
            |root: &Node<'_>, name: &str| root.path(&["components", "schemas", name]).is_some();
        old_name == new_name || !knows(&self.new, old_name) && !knows(&self.old, new_name)
    }

    fn meet(&mut self, old: Node<'d>, new: Node<'d>, direction: Direction) {
        if let (Some(old_name), Some(new_name)) = (old.schema_name(), new.schema_name())
            && old_name != new_name
        {
            self.met
                .renamed
                .entry(old_name.into())
                .or_insert_with(|| new_name.into());
        }
        let pair = (old.at.to_string(), new.at.to_string(), direction);
        if self.met.seen.insert(pair) {
            self.met.queue.push_back((old, new, direction));
        }
    }

    /// Compares the shared schemas that were met, and those that they lead to.
    pub(super) fn met_schemas(&mut self) {
        while let Some((old, new, direction)) = self.met.queue.pop_front() {
            let name = new.schema_name().unwrap_or_default();
            let place = Place::part(format!("schema `{name}`"));
            self.schema(&place, &old, &new, direction);
        }
    }

    fn shapes(&mut self, pair: &Pair<'_, 'd>) {
        // A list that becomes a text has no items to compare.
        if self.types(pair) {
            self.values(pair);
            self.format(pair);
            self.bounds(pair);
            self.properties(pair);
            self.additional(pair);
            self.items(pair);
            self.alternatives(pair);
            self.deeper(pair);
            self.unknown_keywords(pair);
        }
        self.annotations(pair);
    }

    /// One line about the pair itself.
    pub(super) fn tell(
        &mut self,
        pair: &Pair<'_, 'd>,
        class: Class,
        kind: &'static str,
        text: impl Into<String>,
    ) {
        let verdict = (class, pair.direction);
        self.facts.judge(verdict, kind, pair.place, pair.node, text);
    }

    /// One line about a change of the values that the pair allows.
    pub(super) fn tell_change(
        &mut self,
        pair: &Pair<'_, 'd>,
        change: Change,
        kind: &'static str,
        text: impl Into<String>,
    ) {
        self.tell(
            pair,
            rules::allowed_values(change, pair.direction),
            kind,
            text,
        );
    }

    /// Tells whether the rest is worth comparing.
    fn types(&mut self, pair: &Pair<'_, 'd>) -> bool {
        let Some(change) = rules::types_change(&pair.old.types, &pair.new.types) else {
            return true;
        };
        let without_null = |shape: &Shape<'d>| {
            let mut types = shape.types.clone();
            types.remove("null");
            types
        };
        if without_null(pair.old) != without_null(pair.new) {
            let text = format!("type {} -> {}", type_names(pair.old), type_names(pair.new));
            self.tell_change(pair, change, "type-changed", text);
            return change != Change::Other;
        }
        match pair.new.types.contains("null") {
            true => self.tell_change(pair, change, "null-allowed", "may be null now"),
            false => self.tell_change(pair, change, "null-refused", "may not be null any more"),
        }
        true
    }

    fn format(&mut self, pair: &Pair<'_, 'd>) {
        let (before, now) = (pair.old.format, pair.new.format);
        if let Some(change) = rules::format_change(before, now) {
            let (before, now) = (before.map(Into::into), now.map(Into::into));
            let text = became("format", before.as_ref(), now.as_ref());
            self.tell_change(pair, change, "format-changed", text);
        }
    }

    fn bounds(&mut self, pair: &Pair<'_, 'd>) {
        for bound in BOUNDS {
            let (before, now) = (pair.old.bounds.get(bound), pair.new.bounds.get(bound));
            if let Some(change) = rules::bound_change(bound, before, now) {
                self.tell_change(pair, change, "bound-changed", became(bound, before, now));
            }
        }
    }

    fn items(&mut self, pair: &Pair<'_, 'd>) {
        let (change, text) = match (&pair.old.items, &pair.new.items) {
            (None, None) => return,
            (Some(before), Some(after)) => {
                let place = pair.place.inside("items");
                return self.schema(&place, before, after, pair.direction);
            }
            (None, Some(_)) => (Change::Narrower, "its items have a schema now"),
            (Some(_), None) => (Change::Wider, "its items may be anything now"),
        };
        self.tell_change(pair, change, "items-changed", text);
    }

    /// What stands too deep is compared part by part, where both have as many.
    fn deeper(&mut self, pair: &Pair<'_, 'd>) {
        let (before, after) = (&pair.old.deeper, &pair.new.deeper);
        if before.len() != after.len() {
            return self.too_deep(pair.place, pair.node, pair.direction);
        }
        for (old, new) in before.iter().zip(after) {
            match self.is_same_schema(old, new) {
                true => self.meet(old.clone(), new.clone(), pair.direction),
                false => self.schema(&pair.place.inside("a part"), old, new, pair.direction),
            }
        }
    }

    fn too_deep(&mut self, place: &Place, node: &Node<'d>, direction: Direction) {
        let text = "is nested too deep to compare, so it counts as breaking";
        let verdict = (Class::Breaking, direction);
        self.facts.judge(verdict, "too-deep", place, node, text);
    }

    fn unknown_keywords(&mut self, pair: &Pair<'_, 'd>) {
        let (old, new) = (&pair.old.rest, &pair.new.rest);
        let keywords: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for keyword in keywords {
            let same = match (old.get(keyword), new.get(keyword)) {
                (Some(before), Some(after)) => rules::same_value(before, after),
                _ => false,
            };
            if !same {
                let text =
                    format!("`{keyword}` changed; no rule judges it, so it counts as breaking");
                self.tell(pair, Class::Breaking, "unknown-keyword-changed", text);
            }
        }
    }
}

/// Whether a reference has nothing beside it.
fn is_alone(reference: &Node<'_>) -> bool {
    reference
        .value
        .as_object()
        .is_some_and(|map| map.len() == 1)
}
