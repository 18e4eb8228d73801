//! Why a client command could not run.

/// What stopped a command of the client side (`load`, `demo`, `import`, `export`). Nothing branches on its kind: it is
/// told to the person at the terminal, and the exit code says "could not run".
pub type Failure = Box<dyn std::error::Error + Send + Sync>;
