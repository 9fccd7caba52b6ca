//! The last closed bars of one instrument and one length.
//!
//! Filled by the bar builder, read by strategies through `Ctx`. *Invariant:* its room is made at
//! start; the oldest bar makes way for the newest.

use st0ck_types::state::{StateError, StateHasher};
use st0ck_types::{Bar, InstrumentId, Nanos, Price, Qty, StateReader, StateSink};

/// How many closed bars are kept.
pub const BARS_KEPT: usize = 512;

/// A ring of closed bars.
#[derive(Debug)]
pub struct BarSeries {
    ring: Vec<Bar>,
    /// How many were ever closed; the next one goes to `closed % BARS_KEPT`.
    closed: u64,
    /// Runs over every bar closed, so that the state hash need not read the ring.
    digest: u64,
}

impl BarSeries {
    pub(crate) fn new() -> Self {
        Self { ring: vec![Bar::default(); BARS_KEPT], closed: 0, digest: 0 }
    }

    /// How many bars are kept, at most [`BARS_KEPT`].
    #[must_use]
    pub fn len(&self) -> usize {
        usize::try_from(self.closed).map_or(BARS_KEPT, |closed| closed.min(BARS_KEPT))
    }

    /// Whether no bar was closed yet.
    #[must_use]
    pub fn is_empty(&self) -> bool {
        self.closed == 0
    }

    /// How many bars were closed since the session's start.
    #[must_use]
    pub fn closed(&self) -> u64 {
        self.closed
    }

    /// The bar `back` bars before the newest: 0 is the newest itself.
    #[must_use]
    pub fn back(&self, back: usize) -> Option<&Bar> {
        (back < self.len()).then(|| &self.ring[slot(self.closed - 1 - back as u64)])
    }

    /// The newest bar.
    #[must_use]
    pub fn last(&self) -> Option<&Bar> {
        self.back(0)
    }

    /// The kept bars, oldest first.
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = &Bar> + ExactSizeIterator {
        let len = self.len();
        let oldest = self.closed - len as u64;
        (0..len).map(move |at| &self.ring[slot(oldest + at as u64)])
    }

    pub(crate) fn push(&mut self, bar: Bar) {
        let mut hasher = StateHasher::default();
        hasher.u64(self.digest);
        hasher.bytes(&encode(&bar));
        self.digest = hasher.finish();
        self.place(bar);
    }

    fn place(&mut self, bar: Bar) {
        self.ring[slot(self.closed)] = bar;
        self.closed += 1;
    }

    /// The digest stands for the bars in the hash; the bars themselves are kept for the next life.
    pub(crate) fn save(&self, sink: &mut dyn StateSink) {
        sink.u64(self.closed);
        sink.u64(self.digest);
        if sink.keeps_private() {
            for bar in self.iter() {
                sink.private(&encode(bar));
            }
        }
    }

    pub(crate) fn load(&mut self, from: &mut StateReader<'_>) -> Result<(), StateError> {
        let closed = from.u64("bars closed")?;
        self.digest = from.u64("bars digest")?;
        self.closed = closed - closed.min(BARS_KEPT as u64);
        while self.closed < closed {
            self.place(decode(&from.array("bar")?));
        }
        Ok(())
    }
}

/// Where the `nth` bar of the session stands in the ring.
fn slot(nth: u64) -> usize {
    usize::try_from(nth % BARS_KEPT as u64).expect("a remainder by the ring's length is in it")
}

/// Bytes of a kept bar: seven 8-byte numbers, with instrument, length and flags in the last.
const BAR_BYTES: usize = 56;

fn encode(bar: &Bar) -> [u8; BAR_BYTES] {
    let tail = u64::from(bar.instrument.0) << 32 | u64::from(bar.seconds) << 8;
    let fields = [
        bar.start.0,
        bar.open.0,
        bar.high.0,
        bar.low.0,
        bar.close.0,
        bar.volume.0,
        (tail | u64::from(bar.flags)).cast_signed(),
    ];
    let mut bytes = [0; BAR_BYTES];
    for (slot, field) in bytes.chunks_exact_mut(8).zip(fields) {
        slot.copy_from_slice(&field.to_le_bytes());
    }
    bytes
}

fn decode(bytes: &[u8; BAR_BYTES]) -> Bar {
    let mut fields = [0i64; 7];
    for (field, chunk) in fields.iter_mut().zip(bytes.as_chunks::<8>().0) {
        *field = i64::from_le_bytes(*chunk);
    }
    let [start, open, high, low, close, volume, tail] = fields;
    let [flags, seconds_low, seconds_high, _, instrument @ ..] = tail.to_le_bytes();
    Bar {
        start: Nanos(start),
        open: Price(open),
        high: Price(high),
        low: Price(low),
        close: Price(close),
        volume: Qty(volume),
        instrument: InstrumentId(u32::from_le_bytes(instrument)),
        seconds: u16::from_le_bytes([seconds_low, seconds_high]),
        flags,
        reserved: 0,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::state::StateBytes;

    fn bar(n: i64) -> Bar {
        Bar {
            start: Nanos(n),
            open: Price(n + 1),
            high: Price(n + 2),
            low: Price(-n),
            close: Price(n + 3),
            volume: Qty(n + 4),
            instrument: InstrumentId(u32::MAX - 7),
            seconds: 300,
            flags: 2,
            reserved: 0,
        }
    }

    fn filled(count: i64) -> BarSeries {
        let mut series = BarSeries::new();
        (0..count).for_each(|n| series.push(bar(n)));
        series
    }

    #[test]
    fn the_newest_bars_are_kept_and_found_from_the_newest_back() {
        let series = filled(BARS_KEPT as i64 + 3);
        assert_eq!((series.len(), series.closed()), (BARS_KEPT, BARS_KEPT as u64 + 3));
        assert_eq!(series.last(), Some(&bar(BARS_KEPT as i64 + 2)));
        assert_eq!(series.back(BARS_KEPT - 1), Some(&bar(3)));
        assert_eq!(series.back(BARS_KEPT), None);
        let order: Vec<i64> = series.iter().map(|bar| bar.start.0).collect();
        assert_eq!(order, (3..BARS_KEPT as i64 + 3).collect::<Vec<_>>());
        assert_eq!(BarSeries::new().last(), None);
    }

    #[test]
    fn a_series_comes_back_as_it_was() {
        for count in [0, 1, BARS_KEPT as i64, 3 * BARS_KEPT as i64 + 17] {
            let mut series = filled(count);
            let mut kept = StateBytes::default();
            series.save(&mut kept);
            let mut back = BarSeries::new();
            let mut from = StateReader::new(&kept.0);
            back.load(&mut from).unwrap();
            assert!(from.is_at_end());
            series.push(bar(9_999));
            back.push(bar(9_999));
            assert!(series.iter().eq(back.iter()) && series.digest == back.digest, "{count}");
        }
    }

    #[test]
    fn the_digest_tells_any_field_apart() {
        let digest = |change: &dyn Fn(&mut Bar)| {
            let (mut series, mut bar) = (BarSeries::new(), bar(5));
            change(&mut bar);
            series.push(bar);
            series.digest
        };
        let base = digest(&|_| {});
        let changes: [&dyn Fn(&mut Bar); 9] = [
            &|b| b.start.0 += 1,
            &|b| b.open.0 += 1,
            &|b| b.high.0 += 1,
            &|b| b.low.0 += 1,
            &|b| b.close.0 += 1,
            &|b| b.volume.0 += 1,
            &|b| b.instrument.0 -= 1,
            &|b| b.seconds += 1,
            &|b| b.flags += 1,
        ];
        for (at, change) in changes.iter().enumerate() {
            assert_ne!(digest(change), base, "field {at}");
        }
    }
}
