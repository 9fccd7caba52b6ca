//! Markets that already happened: replay.
