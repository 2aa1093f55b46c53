//! Components that both apps use.
