//! What decides: a pure function of its inputs.
