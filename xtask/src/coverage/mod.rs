//! How much of the contract is generated, tested, reachable through the facade and supported by the sandbox: counted
//! from the code and by asking the sandbox, not from a list kept by hand.

pub mod command;
mod contract;
mod probe;
mod sources;
mod table;

use std::path::Path;

use serde_json::Value;

use crate::Error;
use contract::{Contract, Item};
use probe::Answers;
use sources::Words;

/// The columns of the table, in order.
const COLUMNS: [&str; 4] = ["generated", "tested", "facade", "sandbox"];

/// One thing of the contract, and in which columns it is covered: a count out of `of`.
#[derive(Debug)]
struct Row {
    name: String,
    of: usize,
    covered: [usize; 4],
}

/// The rows of one kind of thing.
#[derive(Debug)]
struct Section {
    title: &'static str,
    rows: Vec<Row>,
}

/// Counts the coverage of `document` by the code below `root`.
fn measure(document: &Value, root: &Path) -> Result<Vec<Section>, Error> {
    let contract = Contract::read(document);
    let code = Code {
        generated: Words::below(&root.join("crates/barcode-cloud-client/src/generated"))?,
        tests: Words::below(&root.join("tests/it"))?,
        facade: Words::below(&root.join("crates/barcode-cloud/src"))?,
        sandbox: probe::ask(&contract)?,
    };
    let section = |title, items: &[Item], row: fn(&Code, &Contract, &Item) -> Row| Section {
        title,
        rows: items
            .iter()
            .map(|item| row(&code, &contract, item))
            .collect(),
    };
    Ok(vec![
        section("operations", &contract.operations, operation),
        section("parameters", &contract.parameters, parameter),
        section("schemas", &contract.schemas, schema),
        section("enumeration values", &contract.enumerations(), values),
    ])
}

struct Code {
    generated: Words,
    tests: Words,
    facade: Words,
    sandbox: Answers,
}

fn operation(code: &Code, _: &Contract, item: &Item) -> Row {
    let by_name =
        [&code.generated, &code.tests, &code.facade].map(|words| words.identifier(&item.rust));
    row(&item.name, by_name, code.sandbox.operation(&item.name))
}

fn parameter(code: &Code, _: &Contract, item: &Item) -> Row {
    let mut by_name =
        [&code.generated, &code.tests, &code.facade].map(|words| words.identifier(&item.rust));
    // A test may set it by the facade's option.
    let setter = code.facade.setter(&item.rust);
    by_name[1] |= setter.is_some_and(|setter| code.tests.call(setter));
    row(&item.name, by_name, code.sandbox.parameter(&item.name))
}

/// A type is named, or stands inside one that is.
fn schema(code: &Code, contract: &Contract, item: &Item) -> Row {
    let reached = |words: &Words| {
        contract
            .reached_from(|name| words.identifier(name))
            .contains(&item.rust)
    };
    let by_name = [
        code.generated.identifier(&item.rust),
        reached(&code.tests),
        reached(&code.facade),
    ];
    // Of an enumeration the sandbox must take a value, of any other type an operation that speaks it.
    let sandbox = match item.values.as_slice() {
        [] => contract
            .spoken_by(|name| code.sandbox.operation(name))
            .contains(&item.rust),
        values => values
            .iter()
            .any(|value| code.sandbox.value(&item.name, value)),
    };
    row(&item.name, by_name, sandbox)
}

fn values(code: &Code, contract: &Contract, item: &Item) -> Row {
    let count =
        |covered: &dyn Fn(&str) -> bool| item.values.iter().filter(|value| covered(value)).count();
    let in_facade = contract
        .reached_from(|name| code.facade.identifier(name))
        .contains(&item.rust);
    Row {
        name: item.name.clone(),
        of: item.values.len(),
        covered: [
            count(&|value| code.generated.literal(value)),
            count(&|value| code.tests.literal(value) || code.tests.variant(value)),
            if in_facade { item.values.len() } else { 0 },
            count(&|value| code.sandbox.value(&item.name, value)),
        ],
    }
}

fn row(name: &str, [generated, tests, facade]: [bool; 3], sandbox: bool) -> Row {
    Row {
        name: name.to_owned(),
        of: 1,
        covered: [generated, tests, facade, sandbox].map(usize::from),
    }
}
