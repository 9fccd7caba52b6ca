//! What we believe: the registry of strategies and their bricks.
