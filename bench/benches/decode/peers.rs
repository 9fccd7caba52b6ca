//! How others would do it: simd-json's tape walked by hand, and serde_json into one flat struct.

use serde::Deserialize;
use simd_json::{Buffers, Node, StaticNode};

use super::frames::{Sum, nanos};

/// simd-json: a copy (it unescapes in place), its tape, one walk. Buffers are used again.
pub(crate) struct Tape {
    copy: Vec<u8>,
    buffers: Buffers,
    tape: simd_json::Tape<'static>,
}

impl Default for Tape {
    fn default() -> Self {
        Self {
            copy: Vec::with_capacity(1 << 16),
            buffers: Buffers::new(1 << 16),
            tape: simd_json::Tape::null(),
        }
    }
}

impl Tape {
    #[inline(never)]
    pub(crate) fn decode(&mut self, frame: &[u8]) -> Sum {
        self.copy.clear();
        self.copy.extend_from_slice(frame);
        let mut tape = std::mem::replace(&mut self.tape, simd_json::Tape(Vec::new())).reset();
        let parsed = simd_json::fill_tape(&mut self.copy, &mut self.buffers, &mut tape);
        parsed.expect("generated frames are well formed");
        let sum = walk(&tape.0);
        self.tape = tape.reset();
        sum
    }
}

fn walk(nodes: &[Node<'_>]) -> Sum {
    let Some(Node::Array { len, .. }) = nodes.first() else { return Sum::default() };
    let (mut sum, mut at) = (Sum::default(), 1);
    for _ in 0..*len {
        let Node::Object { len: keys, .. } = nodes[at] else { return sum };
        at += 1;
        let (mut kind, mut symbol, mut numbers, mut time) = (0, "", [0; 4], 0);
        for _ in 0..keys {
            let (Node::String(key), value) = (&nodes[at], &nodes[at + 1]) else { return sum };
            match (*key, value) {
                ("T", Node::String(text)) => kind = text.as_bytes()[0],
                ("S", Node::String(text)) => symbol = text,
                ("t", Node::String(text)) => time = nanos(text),
                ("bp" | "p" | "o", value) => numbers[0] = e9(value),
                ("bs" | "s" | "h", value) => numbers[1] = e9(value),
                ("ap" | "l", value) => numbers[2] = e9(value),
                ("as" | "v", value) => numbers[3] = e9(value),
                _ => {}
            }
            at += 2 + match value {
                Node::Array { count, .. } | Node::Object { count, .. } => *count,
                _ => 0,
            };
        }
        sum = sum.and(Sum::of(kind, symbol.as_bytes(), numbers, time));
    }
    sum
}

/// To 1e-9 the quick way: good for the few digits that prices here have.
fn e9(value: &Node<'_>) -> i64 {
    match value {
        Node::Static(StaticNode::F64(value)) => e9_of(*value),
        Node::Static(StaticNode::U64(value)) => *value as i64 * 1_000_000_000,
        Node::Static(StaticNode::I64(value)) => *value * 1_000_000_000,
        _ => 0,
    }
}

fn e9_of(value: f64) -> i64 {
    (value * 10_000.0).round() as i64 * 100_000
}

/// serde_json: what a careful user writes, without the buffering of tagged enums.
pub(crate) struct SerdeJson;

#[derive(Deserialize)]
#[serde(default)]
#[derive(Default)]
struct Flat<'a> {
    #[serde(rename = "T")]
    kind: &'a str,
    #[serde(rename = "S")]
    symbol: &'a str,
    t: &'a str,
    bp: f64,
    bs: f64,
    ap: f64,
    #[serde(rename = "as")]
    ask_size: f64,
    p: f64,
    s: f64,
    o: f64,
    h: f64,
    l: f64,
    v: f64,
}

impl SerdeJson {
    #[inline(never)]
    pub(crate) fn decode(&mut self, frame: &[u8]) -> Sum {
        let messages: Vec<Flat<'_>> =
            serde_json::from_slice(frame).expect("generated frames are well formed");
        messages.iter().map(Flat::sum).fold(Sum::default(), Sum::and)
    }
}

impl Flat<'_> {
    fn sum(&self) -> Sum {
        let numbers = match self.kind {
            "q" => [self.bp, self.bs, self.ap, self.ask_size],
            "t" => [self.p, self.s, 0.0, 0.0],
            _ => [self.o, self.h, self.l, self.v],
        };
        let kind = self.kind.as_bytes()[0];
        Sum::of(kind, self.symbol.as_bytes(), numbers.map(e9_of), nanos(self.t))
    }
}
