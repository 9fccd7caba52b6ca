//! Money, prices and quantities at the ends of their types: every public operation gives the exact
//! number, or says that it cannot; nothing wraps and nothing is lost.
//!
//! Held against numbers without end. A seeded share always runs, with every pair of edges; a million
//! draws by `cargo test --release -p st0ck-types --test it -- --ignored a_million`.

use crate::big::Big;
use st0ck_types::decimal::{self, DecimalError};
use st0ck_types::fees::{fees_for_fill, rows};
use st0ck_types::{Money, Price, Qty, Side};

/// One unit of currency, and one share.
const UNIT: i64 = 1_000_000_000;
const CENT: i64 = 10_000_000;

/// Where sums, products, ticks and casts break.
const EDGES: [i64; 21] = [
    i64::MIN,
    i64::MIN + 1,
    i64::MIN / 2,
    -UNIT - 1,
    -UNIT,
    -CENT - 1,
    -CENT,
    -1,
    0,
    1,
    CENT - 1,
    CENT,
    CENT + 1,
    UNIT - 1,
    UNIT,
    UNIT + 1,
    u32::MAX as i64,
    1 << 53,
    i64::MAX / 2,
    i64::MAX - 1,
    i64::MAX,
];

/// Draws numbers; the same ones from the same seed.
struct Draw(u64);

impl Draw {
    /// Sebastiano Vigna's `SplitMix64`.
    fn bits(&mut self) -> u64 {
        self.0 = self.0.wrapping_add(0x9e37_79b9_7f4a_7c15);
        let x = (self.0 ^ self.0 >> 30).wrapping_mul(0xbf58_476d_1ce4_e5b9);
        let x = (x ^ x >> 27).wrapping_mul(0x94d0_49bb_1331_11eb);
        x ^ x >> 31
    }

    /// An edge, near an edge, or of any size.
    fn i64(&mut self) -> i64 {
        let edge = EDGES[(self.bits() % EDGES.len() as u64) as usize];
        match self.bits() % 3 {
            0 => edge,
            1 => edge.wrapping_add((self.bits() % 7) as i64 - 3),
            _ => (self.bits() as i64) >> (self.bits() % 64),
        }
    }

    fn i128(&mut self) -> i128 {
        match self.bits() % 4 {
            0 => [i128::MIN, i128::MIN + 1, i128::MAX - 1, i128::MAX][(self.bits() % 4) as usize],
            1 => i128::from(self.i64()),
            2 => i128::from(self.i64()) * i128::from(self.i64()),
            _ => {
                (i128::from(self.bits() as i64) << 64 | i128::from(self.bits()))
                    >> (self.bits() % 127)
            }
        }
    }
}

fn sums(a: i64, b: i64) {
    let (x, y) = (Big::from(a), Big::from(b));
    let (sum, difference) = (x.plus(&y).to_i64(), x.plus(&y.minus()).to_i64());
    assert_eq!(Price(a).checked_add(Price(b)).map(|p| p.0), sum);
    assert_eq!(Price(a).checked_sub(Price(b)).map(|p| p.0), difference);
    assert_eq!(Qty(a).checked_add(Qty(b)).map(|q| q.0), sum);
    assert_eq!(Qty(a).checked_sub(Qty(b)).map(|q| q.0), difference);
    assert_eq!(Some(Price(a).times(Qty(b)).0), x.times(&y).to_i128());
    let middle = x.plus(&y).floored_by(&Big::from(2i64)).to_i64();
    assert_eq!(Some(Price(a).midpoint(Price(b)).0), middle);
    assert_eq!(Qty::units(a).map(|q| q.0), x.times(&Big::from(UNIT)).to_i64());
    let magnitude = if a < 0 { x.minus() } else { x };
    assert_eq!(Qty(a).abs().0, magnitude.to_i64().unwrap_or(i64::MAX), "saturates, as it says");
    let turned = Big::from(a).minus().to_i64().unwrap_or(i64::MAX);
    assert_eq!((-Qty(a)).0, turned, "saturates, as it says");
    assert_eq!((Side::Buy.signed(Qty(a)).0, Side::Sell.signed(Qty(a)).0), (a, turned));
}

fn grids(a: i64, step: i64) {
    let (x, s) = (Big::from(a), Big::from(step));
    if step <= 0 {
        assert_eq!(Price(a).floor_to(Price(step)), None);
        assert_eq!(Price(a).ceil_to(Price(step)), None);
        assert_eq!(Qty(a).floor_to(Qty(step)), None);
        assert!(!Price(a).is_on_tick(Price(step)) && !Qty(a).is_on_lot(Qty(step)));
        return;
    }
    let (quotient, left) = x.divided_by(&s);
    let whole = left == Big::from(0i64);
    assert_eq!((Price(a).is_on_tick(Price(step)), Qty(a).is_on_lot(Qty(step))), (whole, whole));
    let floor = x.floored_by(&s).times(&s);
    let ceiling = if whole { floor.clone() } else { floor.plus(&s) };
    assert_eq!(Price(a).floor_to(Price(step)).map(|p| p.0), floor.to_i64(), "{a} on {step}");
    let up = Price(a).ceil_to(Price(step)).map(|p| p.0);
    // Where the tick below cannot be told, neither is the one above.
    assert!(up == ceiling.to_i64() || up.is_none() && floor.to_i64().is_none(), "{a} on {step}");
    assert_eq!(Price(a).round_for(Side::Buy, Price(step)), Price(a).floor_to(Price(step)));
    assert_eq!(Price(a).round_for(Side::Sell, Price(step)), Price(a).ceil_to(Price(step)));
    assert_eq!(Qty(a).floor_to(Qty(step)).map(|q| q.0), quotient.times(&s).to_i64());
}

fn amounts(a: i128, b: i128, n: i64, d: i64) {
    let (x, y) = (Big::from(a), Big::from(b));
    assert_eq!(Money(a).checked_add(Money(b)).map(|m| m.0), x.plus(&y).to_i128());
    assert_eq!(Money(a).checked_sub(Money(b)).map(|m| m.0), x.plus(&y.minus()).to_i128());
    assert_eq!(
        Money(a).abs().0,
        if a < 0 { x.minus() } else { x.clone() }.to_i128().unwrap_or(i128::MAX)
    );
    let e9 = x.divided_by(&Big::from(UNIT)).0;
    let end = if a < 0 { i64::MIN } else { i64::MAX };
    assert_eq!(Money(a).to_e9(), e9.to_i64().unwrap_or(end), "saturates, as it says");
    let scaled = Money(a).scale(i128::from(n), i128::from(d)).map(|m| m.0);
    let per = Money(a).per(Qty(d)).map(|p| p.0);
    if d == 0 {
        return assert_eq!((scaled, per), (None, None));
    }
    let exact = x.times(&Big::from(n)).divided_by(&Big::from(d)).0.to_i128();
    // The lowest number of all has no magnitude of its type; it counts as out of range.
    assert_eq!(scaled, exact.filter(|&value| value != i128::MIN), "{a} · {n} / {d}");
    assert_eq!(per, x.divided_by(&Big::from(d)).0.to_i64());
    if let Some(wide) = Money(a).scale(b, i128::from(d)) {
        assert_eq!(Some(wide.0), x.times(&y).divided_by(&Big::from(d)).0.to_i128());
    }
}

fn texts(a: i64, b: i128) {
    assert_eq!(Price::parse(&Price(a).to_string()), Ok(Price(a)));
    assert_eq!(Qty::parse(&Qty(a).to_string()), Ok(Qty(a)));
    assert_eq!(Money::parse(&Money(b).to_string()), Ok(Money(b)), "{b}");
    let beyond = Money(i128::from(a) << 64).to_string();
    let fits = (i128::from(a) << 64) % i128::from(UNIT) == 0;
    match decimal::parse_i64(beyond.as_bytes()) {
        Ok(value) => assert!(fits && Price(value).to_string() == beyond),
        Err(DecimalError::TooPrecise) => assert!(!fits),
        Err(error) => assert_eq!(error, DecimalError::Overflow),
    }
}

fn charges(price: i64, qty: i64, row: usize) {
    let row = rows()[row % rows().len()];
    let shares = Big::from(Qty(qty).abs().0);
    let times = |rate: Price| shares.times(&Big::from(rate.0));
    for side in [Side::Buy, Side::Sell] {
        let fees = fees_for_fill(row.from, side, Price(price), Qty(qty));
        assert_eq!(Some(fees.cat.0), times(row.cat_per_share).to_i128());
        if side == Side::Buy {
            assert_eq!((fees.sec, fees.taf), (Money::ZERO, Money::ZERO));
            continue;
        }
        let taf = times(row.taf_per_share).to_i128().map(|taf| taf.min(row.taf_max.0));
        let charged = if price < row.taf_per_share.0 { Some(0) } else { taf };
        assert_eq!(Some(fees.taf.0), charged);
        let proceeds = shares.times(&Big::from(i128::from(price).abs()));
        let due = proceeds.times(&Big::from(row.sec_per_million.0));
        let rounded_up = due.minus().floored_by(&Big::from(UNIT * 1_000_000)).minus();
        assert_eq!(Some(fees.sec.0), rounded_up.to_i128(), "{price} × {qty}");
    }
}

fn draw(times: u64) {
    let mut draw = Draw(38);
    for _ in 0..times {
        let (a, b) = (draw.i64(), draw.i64());
        sums(a, b);
        grids(a, b);
        let (c, d) = (draw.i128(), draw.i128());
        amounts(c, d, a, b);
        texts(a, c);
        charges(a, b, draw.bits() as usize % 64);
    }
}

#[test]
fn every_pair_of_edges_is_exact_or_refused() {
    for (row, a) in EDGES.into_iter().enumerate() {
        for b in EDGES {
            sums(a, b);
            grids(a, b);
            texts(a, i128::from(a) * i128::from(b));
            charges(a, b, row);
            for c in [i128::MIN, i128::MIN + 1, -1, 0, 1, i128::MAX, i128::from(a) * i128::from(b)]
            {
                amounts(c, i128::from(b), a, b);
                texts(b, c);
            }
        }
    }
}

#[test]
fn what_is_drawn_is_exact_or_refused() {
    draw(4_000);
}

/// `cargo test --release -p st0ck-types --test it -- --ignored a_million`
#[test]
#[ignore = "minutes: the documented proof"]
fn a_million_draws_are_exact_or_refused() {
    draw(1_000_000);
}

#[test]
#[should_panic(expected = "left == right")]
fn a_product_that_wraps_would_be_seen() {
    let wrapped = Price(i64::MAX).0.wrapping_mul(Qty(UNIT + 1).0);
    assert_eq!(
        Some(i128::from(wrapped)),
        Big::from(i64::MAX).times(&Big::from(UNIT + 1)).to_i128()
    );
}
