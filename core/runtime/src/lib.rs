//! How it flows: agents, runners, rings, clocks, counters, latency.
