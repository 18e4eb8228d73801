//! What is not right in a request that could be read.

/// What is wrong with a request that could be read: where, and what would be right.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Wrong {
    /// The stable word for it.
    pub code: &'static str,
    /// Where in the request.
    pub path: String,
    /// What would be right.
    pub detail: String,
}

impl Wrong {
    /// Something that is simply not right.
    #[must_use]
    pub fn new(path: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { code: "invalid", path: path.into(), detail: detail.into() }
    }
}
