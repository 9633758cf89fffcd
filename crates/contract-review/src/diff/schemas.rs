//! Compares schemas by their meaning, not by how they are written. A shared schema is compared once
//! for each direction in which it is sent, and reported under its own name rather than at each
//! place that refers to it.

use std::collections::{BTreeMap, BTreeSet, VecDeque};
use std::slice;

use super::Comparison;
use super::alternatives::single_alternative;
use super::facts::Place;
use super::node::Node;
use super::rules::{self, BOUNDS, Change, Class, Direction};
use super::shape::Shape;
use super::wording::{changed_value, type_names};

/// The maximum depth of schemas inside schemas. A contract that people read is not nested deeper.
const DEPTH: usize = 64;

/// The shared schemas that were found so far, and those that are still to be compared.
#[derive(Debug, Default)]
pub(super) struct SharedSchemas<'d> {
    queue: VecDeque<(Node<'d>, Node<'d>, Direction)>,
    seen: BTreeSet<(String, String, Direction)>,
    /// The new names of renamed schemas by their old names.
    pub(super) renamed: BTreeMap<String, String>,
    /// The current depth of schemas inside schemas.
    depth: usize,
    /// The outcome of each comparison in a part of the document. It ends the comparison of a schema
    /// that contains itself, and saves repeating that of a schema that several others contain.
    compared: BTreeMap<ComparisonKey, Outcome>,
}

/// The places of two schemas, the part in which they were compared, and the direction.
type ComparisonKey = (Vec<String>, Vec<String>, String, Direction);

/// The outcome of a comparison. It is empty while the comparison is still running.
#[derive(Clone, Debug, Default)]
struct Outcome {
    subject: String,
    class: Option<Class>,
}

/// Two shapes to compare, and where their changes are reported.
#[derive(Debug)]
pub(super) struct Pair<'a, 'd> {
    pub(super) place: &'a Place,
    pub(super) old: &'a Shape<'d>,
    pub(super) new: &'a Shape<'d>,
    pub(super) node: &'a Node<'d>,
    pub(super) direction: Direction,
}

impl<'d> Comparison<'d> {
    /// Compares two uses of a schema: references, inline schemas, or one of each.
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
                return self.enqueue(old_target, new_target, direction);
            }
            let siblings = (Shape::siblings_of_reference(old), Shape::siblings_of_reference(new));
            if siblings.0.allows_everything() && siblings.1.allows_everything() {
                self.enqueue(old_target, new_target, direction);
                self.annotations(&Pair {
                    place,
                    old: &siblings.0,
                    new: &siblings.1,
                    node: new,
                    direction,
                });
                return;
            }
        }
        // A schema that is referred to directly is reported at each use; the schemas inside it are
        // reported once.
        let refers = old.referred().is_some() || new.referred().is_some();
        let (old, new) = (slice::from_ref(old), slice::from_ref(new));
        match refers && self.shared.depth == 0 {
            true => self.shapes_of(place, old, new, direction),
            false => self.structure(place, old, new, direction),
        }
    }

    /// Compares two values, each of which must match all schemas of its list.
    pub(super) fn all_of(
        &mut self,
        place: &Place,
        old: &[Node<'d>],
        new: &[Node<'d>],
        direction: Direction,
    ) {
        match (old, new) {
            ([old], [new]) => self.schema(place, old, new, direction),
            _ => self.structure(place, old, new, direction),
        }
    }

    fn structure(
        &mut self,
        place: &Place,
        old: &[Node<'d>],
        new: &[Node<'d>],
        direction: Direction,
    ) {
        let places = |nodes: &[Node<'d>]| {
            let places = nodes.iter().map(|node| node.resolved().at.to_string());
            places.collect::<Vec<_>>()
        };
        let pair = (places(old), places(new), place.part.clone(), direction);
        if let Some(outcome) = self.shared.compared.get(&pair).cloned() {
            return self.report_repeated(place, &new[0], &outcome, direction);
        }
        self.shared.compared.insert(pair.clone(), Outcome::default());
        let count = self.facts.count();
        self.shapes_of(place, old, new, direction);
        let outcome =
            Outcome { subject: place.subject.clone(), class: self.facts.most_severe_since(count) };
        self.shared.compared.insert(pair, outcome);
    }

    /// Reports one line for a change that was already reported in full at another place.
    fn report_repeated(
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
            self.facts.record_in((class, direction), "same-change", place, new, text);
        }
    }

    fn shapes_of(
        &mut self,
        place: &Place,
        old: &[Node<'d>],
        new: &[Node<'d>],
        direction: Direction,
    ) {
        if self.shared.depth == DEPTH {
            return self.too_deep(place, &new[0], direction);
        }
        self.shared.depth += 1;
        let pair = Pair {
            place,
            old: &Shape::read_all(old),
            new: &Shape::read_all(new),
            node: &new[0],
            direction,
        };
        match single_alternative(&old[0], pair.old, &new[0], pair.new) {
            Some((before, after)) => {
                self.both_alternatives(&pair, &before, &after);
                self.annotations(&pair);
            }
            None => self.shapes(&pair),
        }
        self.shared.depth -= 1;
    }

    /// Whether two shared schemas are the same: either they have the same name, or each name exists
    /// in one document only, so that the schema was renamed.
    fn is_same_schema(&self, old: &Node<'d>, new: &Node<'d>) -> bool {
        let (Some(old_name), Some(new_name)) = (old.schema_name(), new.schema_name()) else {
            return false;
        };
        let declares =
            |root: &Node<'_>, name: &str| root.path(&["components", "schemas", name]).is_some();
        old_name == new_name || !declares(&self.new, old_name) && !declares(&self.old, new_name)
    }

    fn enqueue(&mut self, old: Node<'d>, new: Node<'d>, direction: Direction) {
        if let (Some(old_name), Some(new_name)) = (old.schema_name(), new.schema_name())
            && old_name != new_name
        {
            self.shared.renamed.entry(old_name.into()).or_insert_with(|| new_name.into());
        }
        let pair = (old.at.to_string(), new.at.to_string(), direction);
        if self.shared.seen.insert(pair) {
            self.shared.queue.push_back((old, new, direction));
        }
    }

    /// Compares the shared schemas in the queue, and those that they refer to.
    pub(super) fn shared_schemas(&mut self) {
        while let Some((old, new, direction)) = self.shared.queue.pop_front() {
            let name = new.schema_name().unwrap_or_default();
            let place = Place::part(format!("schema `{name}`"));
            self.schema(&place, &old, &new, direction);
        }
    }

    fn shapes(&mut self, pair: &Pair<'_, 'd>) {
        // After an incompatible change of the type, the rest is not comparable.
        if self.types(pair) {
            self.values(pair);
            self.format(pair);
            self.bounds(pair);
            self.properties(pair);
            self.additional(pair);
            self.items(pair);
            self.alternatives(pair);
            self.unmerged_parts(pair);
            self.unknown_keywords(pair);
        }
        self.annotations(pair);
    }

    /// Reports a change of the pair.
    pub(super) fn report(
        &mut self,
        pair: &Pair<'_, 'd>,
        class: Class,
        kind: &'static str,
        text: impl Into<String>,
    ) {
        let verdict = (class, pair.direction);
        self.facts.record_in(verdict, kind, pair.place, pair.node, text);
    }

    /// Reports a change of the values that the pair allows.
    pub(super) fn report_change(
        &mut self,
        pair: &Pair<'_, 'd>,
        change: Change,
        kind: &'static str,
        text: impl Into<String>,
    ) {
        self.report(pair, rules::allowed_values(change, pair.direction), kind, text);
    }

    /// Reports a change of the values that the pair allows, with which generated code has another
    /// type.
    pub(super) fn report_new_type(
        &mut self,
        pair: &Pair<'_, 'd>,
        change: Change,
        kind: &'static str,
        text: impl Into<String>,
    ) {
        let wire = rules::allowed_values(change, pair.direction);
        self.report(pair, rules::new_type(wire), kind, text);
    }

    /// Compares the types. Returns whether the rest of the schemas is comparable.
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
            self.report_new_type(pair, change, "type-changed", text);
            return change != Change::Other;
        }
        let (kind, text) = null_change(pair.new.allows_null());
        self.report_change(pair, change, kind, text);
        true
    }

    fn format(&mut self, pair: &Pair<'_, 'd>) {
        let (before, now) = (pair.old.format, pair.new.format);
        if let Some(change) = rules::format_change(before, now) {
            let wire = rules::allowed_values(change, pair.direction);
            let class = match rules::format_changes_type(before, now) {
                true => rules::new_type(wire),
                false => wire,
            };
            let (before, now) = (before.map(Into::into), now.map(Into::into));
            let text = changed_value("format", before.as_ref(), now.as_ref());
            self.report(pair, class, "format-changed", text);
        }
    }

    fn bounds(&mut self, pair: &Pair<'_, 'd>) {
        for bound in BOUNDS {
            let (before, now) = (pair.old.bounds.get(bound), pair.new.bounds.get(bound));
            if let Some(change) = rules::bound_change(bound, before, now) {
                self.report_change(
                    pair,
                    change,
                    "bound-changed",
                    changed_value(bound, before, now),
                );
            }
        }
    }

    fn items(&mut self, pair: &Pair<'_, 'd>) {
        let (change, text) = match (&pair.old.items, &pair.new.items) {
            (None, None) => return,
            (Some(before), Some(after)) => {
                let place = pair.place.inside("items");
                self.schema(&place, before, after, pair.direction);
                let (old, new) = (Shape::read(before), Shape::read(after));
                return self.optionality(&place, (&old, true), (&new, true), after, pair.direction);
            }
            (None, Some(_)) => (Change::Narrower, "its items now have a schema"),
            (Some(_), None) => (Change::Wider, "its items may now be anything"),
        };
        self.report_new_type(pair, change, "items-changed", text);
    }

    /// Compares the parts that are nested too deep to be merged, if both schemas have the same
    /// number of them.
    fn unmerged_parts(&mut self, pair: &Pair<'_, 'd>) {
        let (before, after) = (&pair.old.unmerged, &pair.new.unmerged);
        if before.len() != after.len() {
            return self.too_deep(pair.place, pair.node, pair.direction);
        }
        for (old, new) in before.iter().zip(after) {
            match self.is_same_schema(old, new) {
                true => self.enqueue(old.clone(), new.clone(), pair.direction),
                false => self.schema(&pair.place.inside("a part"), old, new, pair.direction),
            }
        }
    }

    fn too_deep(&mut self, place: &Place, node: &Node<'d>, direction: Direction) {
        let text = "is nested too deep to compare, so it counts as breaking";
        let verdict = (Class::Breaking, direction);
        self.facts.record_in(verdict, "too-deep", place, node, text);
    }

    fn unknown_keywords(&mut self, pair: &Pair<'_, 'd>) {
        let (old, new) = (&pair.old.unknown, &pair.new.unknown);
        let keywords: BTreeSet<&String> = old.keys().chain(new.keys()).collect();
        for keyword in keywords {
            let same = match (old.get(keyword), new.get(keyword)) {
                (Some(before), Some(after)) => rules::same_value(before, after),
                _ => false,
            };
            if !same {
                let text =
                    format!("`{keyword}` changed; no rule covers it, so it counts as breaking");
                self.report(pair, Class::Breaking, "unknown-keyword-changed", text);
            }
        }
    }
}

/// The rule and the text of a change of whether null is allowed.
pub(super) fn null_change(allowed: bool) -> (&'static str, &'static str) {
    match allowed {
        true => ("null-allowed", "may now be null"),
        false => ("null-rejected", "may no longer be null"),
    }
}

/// Whether a reference has no sibling keywords.
fn is_alone(reference: &Node<'_>) -> bool {
    reference.value.as_object().is_some_and(|map| map.len() == 1)
}
