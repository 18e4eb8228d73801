//! The shapes a document needs, each once.

use serde_json::{Map, Value, json};
use utoipa::ToSchema;

use super::refer;

/// Shapes by their names.
#[derive(Default)]
pub(super) struct Shapes {
    found: Map<String, Value>,
}

impl Shapes {
    /// Adds a type with everything it is made of; a reference to it.
    pub(super) fn of<T: ToSchema>(&mut self) -> Value {
        let mut parts = vec![(T::name().into_owned(), T::schema())];
        T::schemas(&mut parts);
        for (name, schema) in parts {
            if !self.found.contains_key(&name) {
                // Schemas of strings and numbers always serialise.
                self.found.insert(name, serde_json::to_value(schema).unwrap_or_default());
            }
        }
        refer(&format!("components/schemas/{}", T::name()))
    }

    /// Adds a shape of its own; a reference to it.
    pub(super) fn named(&mut self, name: &str, schema: Value) -> Value {
        self.found.insert(name.to_owned(), schema);
        refer(&format!("components/schemas/{name}"))
    }

    /// Adds what a shape of another document refers to.
    pub(super) fn borrow(&mut self, shape: &Value, from: &Value) {
        for name in named_in(shape) {
            if self.found.contains_key(&name) {
                continue;
            }
            let known = from.pointer(&format!("/components/schemas/{name}")).cloned();
            let known = known.unwrap_or_else(|| json!({}));
            self.found.insert(name, known.clone());
            self.borrow(&known, from);
        }
    }

    /// All of them.
    pub(super) fn found(self) -> Value {
        Value::Object(self.found)
    }
}

/// Names of the shapes a shape refers to.
fn named_in(shape: &Value) -> Vec<String> {
    match shape {
        Value::Object(fields) => fields
            .iter()
            .flat_map(|(key, value)| match value.as_str() {
                Some(path) if key == "$ref" => {
                    path.strip_prefix("#/components/schemas/").map(str::to_owned).into_iter().collect()
                }
                _ => named_in(value),
            })
            .collect(),
        Value::Array(items) => items.iter().flat_map(named_in).collect(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => Vec::new(),
    }
}
