//! The agents’ workspace.
