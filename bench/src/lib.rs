//! Latency benchmarks: ours against a floor and peers, interleaved in one run.
