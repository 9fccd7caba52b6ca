//! The matching venue for paper, backtests and the emulator.
