//! The portfolio against a slow twin in exact fractions, and against what must always hold.

use proptest::prelude::*;
use st0ck_engine::portfolio::{Execution, FillEffect, Lot, Portfolio, RoundTrip};
use st0ck_types::state::{StateBytes, StateHasher};
use st0ck_types::{InstrumentId, Money, Price, Qty, Side, StateReader, StrategyId};

const SPY: InstrumentId = InstrumentId(0);

fn money(text: &str) -> Money {
    Money::parse(text).unwrap()
}

fn qty(text: &str) -> Qty {
    Qty::parse(text).unwrap()
}

fn portfolio() -> Portfolio {
    Portfolio::new(3, 2, 16, money("10000"))
}

fn execution(side: Side, shares: &str, price: &str) -> Execution {
    Execution {
        strategy: StrategyId(0),
        instrument: SPY,
        side,
        price: Price::parse(price).unwrap(),
        qty: qty(shares),
        fees: Money::ZERO,
        multiplier: 1,
    }
}

fn buy(portfolio: &mut Portfolio, shares: &str, price: &str) -> FillEffect {
    portfolio.on_fill(&execution(Side::Buy, shares, price))
}

fn sell(portfolio: &mut Portfolio, shares: &str, price: &str) -> FillEffect {
    portfolio.on_fill(&execution(Side::Sell, shares, price))
}

#[test]
fn average_cost_and_fifo_differ_until_flat() {
    let mut p = portfolio();
    buy(&mut p, "1", "10");
    buy(&mut p, "1", "20");
    assert_eq!(p.position(SPY).average(), Price::parse("15").ok());
    assert_eq!(sell(&mut p, "1", "30").realised, money("15"));
    assert_eq!(p.position(SPY).realised_fifo, money("20"));
    let last = sell(&mut p, "1", "30");
    assert_eq!(last.round_trip, Some(RoundTrip { pnl: money("30"), fees: Money::ZERO }));
    let position = p.position(SPY);
    assert_eq!((position.realised_average, position.realised_fifo), (money("30"), money("30")));
    assert_eq!((position.average(), position.cost), (None, Money::ZERO));
}

#[test]
fn a_flip_closes_at_the_old_average_and_opens_at_its_own_price() {
    let mut p = portfolio();
    buy(&mut p, "2", "100");
    let fees = money("0.03");
    let flip = p.on_fill(&Execution { fees, ..execution(Side::Sell, "3", "110") });
    let trip = RoundTrip { pnl: money("20"), fees: money("0.02") };
    let closed = qty("2");
    assert_eq!(flip, FillEffect { realised: money("20"), closed, round_trip: Some(trip) });
    assert_eq!((p.position(SPY).qty, p.position(SPY).cost), (qty("-1"), money("-110")));
    assert_eq!(p.position(SPY).trip.fees, money("0.01"), "the rest is the new trip's");
    let lots: Vec<_> = p.lots(SPY).collect();
    assert_eq!(lots, [Lot { qty: qty("-1"), cost: money("-110") }]);
    assert_eq!(buy(&mut p, "1", "100").realised, money("10"));
    assert_eq!((p.round_trips(), p.wins(), p.losses()), (2, 2, 0));
}

#[test]
fn a_win_that_fees_eat_is_a_loss_and_zero_is_neither() {
    let mut p = portfolio();
    for (out, fees) in [("100.01", "0.02"), ("100.01", "0.01"), ("100.02", "0.01")] {
        buy(&mut p, "1", "100");
        p.on_fill(&Execution { fees: money(fees), ..execution(Side::Sell, "1", out) });
    }
    assert_eq!((p.round_trips(), p.wins(), p.losses()), (3, 1, 1));
}

#[test]
fn an_average_that_does_not_terminate_loses_nothing_by_the_time_it_is_flat() {
    let mut p = portfolio();
    buy(&mut p, "1", "100");
    buy(&mut p, "2", "101");
    for _ in 0..3 {
        sell(&mut p, "1", "101");
    }
    assert_eq!((p.realised(), p.cash()), (money("1"), money("10001")));
}

#[test]
fn shares_come_in_fractions_of_nine_decimals() {
    let mut p = portfolio();
    buy(&mut p, "0.333333333", "367.415");
    buy(&mut p, "0.000000001", "400");
    sell(&mut p, "0.333333334", "370");
    assert_eq!(p.position(SPY).qty, Qty::ZERO);
    // 0.333333333 · 2.585 − 0.000000001 · 30
    assert_eq!(p.realised(), money("0.861666635805"));
}

#[test]
fn a_contract_counts_its_multiplier() {
    let mut p = portfolio();
    let option = |side, price| Execution { multiplier: 100, ..execution(side, "3", price) };
    p.on_fill(&option(Side::Sell, "2.15"));
    assert_eq!((p.cash(), p.position(SPY).cost), (money("10645"), money("-645")));
    assert_eq!(p.position(SPY).average(), Price::parse("2.15").ok());
    p.mark(SPY, Price::parse("1.15").unwrap());
    assert_eq!((p.unrealised(), p.equity()), (money("300"), money("10300")));
    p.on_fill(&option(Side::Buy, "0"));
    assert_eq!(
        (p.realised(), p.unrealised(), p.equity()),
        (money("645"), Money::ZERO, money("10645"))
    );
}

#[test]
fn what_was_not_marked_is_valued_at_its_first_execution() {
    let mut p = portfolio();
    p.mark(SPY, Price::parse("500").unwrap());
    buy(&mut p, "1", "100");
    assert_eq!(p.equity(), money("10000"), "a mark before the first trade is not kept");
    buy(&mut p, "1", "104");
    assert_eq!((p.unrealised(), p.equity()), (money("-4"), money("9996")));
    p.mark(SPY, Price::parse("103").unwrap());
    assert_eq!((p.unrealised(), p.equity()), (money("2"), money("10002")));
    p.on_fill(&Execution { strategy: StrategyId(1), ..execution(Side::Buy, "1", "100") });
    assert_eq!(p.totals_of(StrategyId(1)).unrealised, money("3"), "valued as all others are");
}

#[test]
fn strategies_have_books_of_their_own_and_the_account_sums_them() {
    let mut p = portfolio();
    let of = |strategy, side, price| Execution {
        strategy: StrategyId(strategy),
        fees: money("0.01"),
        ..execution(side, "1", price)
    };
    p.on_fill(&of(0, Side::Buy, "100"));
    p.on_fill(&of(1, Side::Sell, "110"));
    assert_eq!(p.position(SPY).qty, Qty::ZERO);
    assert_eq!(p.position_of(StrategyId(0), SPY).qty, qty("1"));
    assert_eq!(p.position_of(StrategyId(1), SPY).qty, qty("-1"));
    p.mark(SPY, Price::parse("104").unwrap());
    let (a, b) = (p.totals_of(StrategyId(0)), p.totals_of(StrategyId(1)));
    assert_eq!((a.unrealised, b.unrealised), (money("4"), money("6")));
    assert_eq!((p.realised(), p.unrealised()), (money("10"), Money::ZERO));
    assert_eq!(a.net() + b.net(), p.totals().net());
    assert_eq!(a.net(), money("3.99"));
}

#[test]
fn a_deposit_is_no_profit() {
    let mut p = portfolio();
    p.deposit(money("-2500"));
    assert_eq!((p.cash(), p.paid_in(), p.equity()), (money("7500"), money("7500"), money("7500")));
    assert_eq!(p.totals().net(), Money::ZERO);
}

#[test]
#[should_panic(expected = "the ledger is broken")]
fn a_value_beyond_the_range_stops_the_lane() {
    let mut p = portfolio();
    let (price, qty) = (Price(i64::MAX), Qty(i64::MAX));
    p.on_fill(&Execution { price, qty, multiplier: 100, ..execution(Side::Buy, "1", "1") });
}

#[test]
fn the_largest_value_of_shares_fits() {
    let mut p = Portfolio::new(1, 1, 1, Money::ZERO);
    let (price, qty) = (Price(i64::MAX), Qty(i64::MAX));
    let largest = Execution { price, qty, ..execution(Side::Buy, "1", "1") };
    p.on_fill(&largest);
    p.on_fill(&Execution { side: Side::Sell, ..largest });
    assert_eq!((p.cash(), p.realised()), (Money::ZERO, Money::ZERO));
}

/// A fraction in lowest terms; for small numbers only.
#[derive(Debug, Clone, Copy, PartialEq)]
struct Fraction(i128, i128);

impl Fraction {
    fn new(n: i128, d: i128) -> Self {
        let (mut a, mut b) = (n.abs(), d.abs());
        while b != 0 {
            (a, b) = (b, a % b);
        }
        let sign = d.signum();
        Self(sign * n / a.max(1), sign * d / a.max(1))
    }

    fn plus(self, other: Self) -> Self {
        Self::new(self.0 * other.1 + other.0 * self.1, self.1 * other.1)
    }

    fn times(self, n: i128) -> Self {
        Self::new(self.0 * n, self.1)
    }

    fn over(self, n: i128) -> Self {
        Self::new(self.0, self.1 * n)
    }
}

/// One instrument, whole units, prices in cents: the textbook, step by step.
#[derive(Debug)]
struct Twin {
    qty: i128,
    average: Fraction,
    realised: Fraction,
    lots: Vec<(i128, i128)>,
    realised_fifo: i128,
    cash: i128,
    multiplier: i128,
}

impl Twin {
    fn fill(&mut self, signed: i128, price: i128) {
        self.cash -= signed * price * self.multiplier;
        let opposite = self.qty * signed < 0;
        let closed = if opposite { self.qty.abs().min(signed.abs()) } else { 0 };
        let direction = self.qty.signum();
        let gain = Fraction::new(price, 1).plus(self.average.times(-1));
        self.realised = self.realised.plus(gain.times(closed * direction * self.multiplier));
        for _ in 0..closed {
            let (left, cost) = &mut self.lots[0];
            self.realised_fifo += (price - *cost) * direction * self.multiplier;
            *left -= 1;
            if *left == 0 {
                self.lots.remove(0);
            }
        }
        let opened = signed.abs() - closed;
        self.qty += signed;
        if closed > 0 && opened > 0 {
            self.average = Fraction::new(price, 1);
        } else if opened > 0 {
            let held = self.qty.abs() - opened;
            let sum = self.average.times(held).plus(Fraction::new(price * opened, 1));
            self.average = sum.over(self.qty.abs());
        }
        if opened > 0 {
            self.lots.push((opened, price));
        }
    }
}

/// A fraction of cents against money: off by at most `steps` units of 1e-18.
fn near(ours: Money, cents: Fraction, steps: i128) -> bool {
    const CENT: i128 = 10_000_000_000_000_000;
    let theirs = cents.0 * CENT / cents.1;
    (ours.0 - theirs).abs() <= steps
}

fn side(signed: i128) -> Side {
    if signed < 0 { Side::Sell } else { Side::Buy }
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    #[test]
    fn both_ways_of_counting_agree_with_the_textbook(
        fills in prop::collection::vec((-6i128..=6, 90i128..110), 1..14),
        multiplier in prop::sample::select(vec![1u16, 50, 100]),
    ) {
        let mut p = Portfolio::new(1, 1, 16, Money::ZERO);
        let mut twin = Twin {
            qty: 0,
            average: Fraction(0, 1),
            realised: Fraction(0, 1),
            lots: Vec::new(),
            realised_fifo: 0,
            cash: 0,
            multiplier: i128::from(multiplier),
        };
        for (signed, cents) in fills.into_iter().filter(|(signed, _)| *signed != 0) {
            let before = p.position(SPY).realised_average;
            let effect = p.on_fill(&Execution {
                price: Price(cents as i64 * Price::CENT.0),
                qty: Qty::units(signed.abs() as i64).unwrap(),
                multiplier,
                ..execution(side(signed), "1", "1")
            });
            twin.fill(signed, cents);
            let position = p.position(SPY);
            prop_assert_eq!(effect.realised, position.realised_average - before);
            prop_assert_eq!(i128::from(position.qty.0), twin.qty * i128::from(Qty::ONE.0));
            prop_assert!(near(position.realised_average, twin.realised, 14), "{:?}", twin);
            prop_assert!(near(position.realised_fifo, Fraction(twin.realised_fifo, 1), 0));
            prop_assert!(near(p.cash(), Fraction(twin.cash, 1), 0));
            prop_assert_eq!(position.average().is_some(), twin.qty != 0);
            if let Some(average) = position.average_exact() {
                prop_assert!(near(average, twin.average, 16), "{} {:?}", average, twin);
            }
            let lots: Vec<i128> =
                p.lots(SPY).map(|lot| i128::from(lot.qty.abs().0 / Qty::ONE.0)).collect();
            prop_assert_eq!(lots, twin.lots.iter().map(|lot| lot.0).collect::<Vec<_>>());
        }
    }

    /// To the last digit, for any sizes, fees, strategies, marks, and a pool of lots too small.
    #[test]
    fn money_is_conserved(
        events in prop::collection::vec(
            (0u8..2, 0u32..3, -5_000_000_000i64..5_000_000_000, 1i64..900_000_000_000, 0i128..99),
            1..50,
        ),
        lots in 0usize..6,
    ) {
        let start = money("10000");
        let mut p = Portfolio::new(3, 2, lots, start);
        for (strategy, instrument, signed, price, fees) in events {
            let instrument = InstrumentId(instrument);
            let multiplier = if instrument == SPY { 1 } else { 100 };
            if signed % 3 == 0 {
                p.mark(instrument, Price(price));
            } else {
                p.on_fill(&Execution {
                    strategy: StrategyId(strategy),
                    instrument,
                    side: side(i128::from(signed)),
                    price: Price(price),
                    qty: Qty(signed.abs()),
                    fees: Money(fees * 1_000_003),
                    multiplier,
                });
            }
            let totals = *p.totals();
            prop_assert_eq!(p.cash() + totals.cost, start + p.realised() - p.fees());
            prop_assert_eq!(p.equity(), start + totals.net());
            let by_strategy: Money = (0..2).map(|s| p.totals_of(StrategyId(s)).net()).sum();
            prop_assert_eq!(by_strategy, totals.net());
            let mut sums = (Money::ZERO, Money::ZERO, Money::ZERO);
            for instrument in (0..3).map(InstrumentId) {
                let position = p.position(instrument);
                let open: (i64, Money) = p.lots(instrument)
                    .fold((0, Money::ZERO), |sum, lot| (sum.0 + lot.qty.0, sum.1 + lot.cost));
                prop_assert_eq!(open.0, position.qty.0);
                let fifo_cost = position.market_value() - position.unrealised_fifo();
                prop_assert_eq!(open.1, fifo_cost);
                sums.0 += position.cost;
                sums.1 += position.unrealised();
                sums.2 += position.fees;
            }
            prop_assert_eq!(sums, (totals.cost, totals.unrealised, totals.fees));
        }
    }

    #[test]
    fn what_was_kept_comes_back_whole_and_goes_on_alike(
        fills in prop::collection::vec((0u8..2, 0u32..3, -9i64..9, 1i64..99), 1..30),
        cut in 0usize..30,
    ) {
        let mut p = portfolio();
        let mut back = None;
        for (i, (strategy, instrument, signed, cents)) in fills.into_iter().enumerate() {
            if i == cut {
                let mut bytes = StateBytes::default();
                p.save(&mut bytes);
                let mut copy = portfolio();
                let mut reader = StateReader::new(&bytes.0);
                copy.load(&mut reader).unwrap();
                prop_assert!(reader.is_at_end());
                prop_assert!(copy.load(&mut StateReader::new(&bytes.0[1..])).is_err());
                copy.load(&mut StateReader::new(&bytes.0)).unwrap();
                back = Some(copy);
            }
            let instrument = InstrumentId(instrument);
            for p in [Some(&mut p), back.as_mut()].into_iter().flatten() {
                p.on_fill(&Execution {
                    strategy: StrategyId(strategy),
                    instrument,
                    qty: Qty(signed.abs()),
                    price: Price(cents * Price::CENT.0),
                    ..execution(side(i128::from(signed)), "1", "1")
                });
                p.mark(instrument, Price(cents));
            }
        }
        if let Some(back) = back {
            prop_assert_eq!(hash(&back), hash(&p));
            prop_assert_eq!(back.totals(), p.totals());
        }
    }
}

fn hash(portfolio: &Portfolio) -> u64 {
    let mut hasher = StateHasher::default();
    portfolio.save(&mut hasher);
    hasher.finish()
}

#[test]
fn after_the_start_a_whole_day_of_fills_allocates_nothing() {
    let mut p = portfolio();
    let mut hashed = StateHasher::default();
    let counted = allocation_counter::measure(|| {
        for i in 0..300 {
            let instrument = InstrumentId(i % 3);
            let way = if i % 7 < 4 { Side::Buy } else { Side::Sell };
            p.on_fill(&Execution { instrument, ..execution(way, "1", "100") });
            p.mark(instrument, Price::ONE);
        }
        p.save(&mut hashed);
    });
    assert_eq!(counted.count_total, 0);
    assert_eq!(p.traded().count(), 3);
}

type Change = (&'static str, fn(&mut Portfolio));

#[test]
fn every_kind_of_event_changes_the_hash() {
    let held = || {
        let mut p = portfolio();
        buy(&mut p, "2", "100");
        p
    };
    let same = hash(&held());
    assert_eq!(hash(&held()), same);
    let changes: [Change; 6] = [
        ("buy", |p| {
            buy(p, "1", "100");
        }),
        ("sell", |p| {
            sell(p, "1", "100");
        }),
        ("there and back", |p| {
            buy(p, "1", "100");
            sell(p, "1", "100");
        }),
        ("mark", |p| p.mark(SPY, Price::ONE)),
        ("deposit", |p| p.deposit(Money(1))),
        ("another's fill", |p| {
            p.on_fill(&Execution { strategy: StrategyId(1), ..execution(Side::Buy, "1", "1") });
        }),
    ];
    for (name, change) in changes {
        let mut p = held();
        change(&mut p);
        assert_ne!(hash(&p), same, "{name}");
    }
}
