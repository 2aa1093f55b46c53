//! The customers’ portal.
