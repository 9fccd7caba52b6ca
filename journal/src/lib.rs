//! Everything that happened, in the order the core saw it.
