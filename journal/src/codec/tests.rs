//! Layouts as hexadecimal, and round trips of everything that can be recorded.

use super::*;
use proptest::prelude::*;
use st0ck_types::decision::FACTORS_MAX;
use st0ck_types::market::{Bar, Gap, GapCause, Halt, InstrumentDef, Quote, Trade};
use st0ck_types::report::{
    Account, BrokerStage, Fill, Position, Reconcile, SendRefusal, Snapshot, Status,
};
use st0ck_types::{
    AccountSums, AssetClass, BrokerOrderId, CancelRequest, ClientOrderId, Command, Decision, Epoch,
    ExecutionId, InstrumentId, MarketEvent, Money, Nanos, OrderKind, OrderNo, OrderRequest,
    PositionEffect, Price, Qty, Reject, RejectCode, Report, Seq, Side, StrategyId, SystemEvent,
    Text, TimeInForce, TimerFired, TimerId,
};

fn encoded(encode: impl FnOnce(&mut Put<'_>)) -> Vec<u8> {
    let mut payload = [0xcc; PAYLOAD_MAX];
    let mut put = Put::new(&mut payload);
    encode(&mut put);
    let len = put.len();
    payload[..len].to_vec()
}

fn input_bytes(input: &Input) -> Vec<u8> {
    encoded(|put| encode_input(put, input))
}

fn output_bytes(output: &Output) -> Vec<u8> {
    encoded(|put| encode_output(put, output))
}

fn text<const N: usize>() -> impl Strategy<Value = Text<N>> {
    "(?s).{0,70}".prop_map(|s| Text::new(&s))
}

fn client_id() -> impl Strategy<Value = ClientOrderId> {
    text().prop_map(ClientOrderId)
}

fn instrument() -> impl Strategy<Value = InstrumentId> {
    any::<u32>().prop_map(InstrumentId)
}

fn price() -> impl Strategy<Value = Price> {
    any::<i64>().prop_map(Price)
}

fn qty() -> impl Strategy<Value = Qty> {
    any::<i64>().prop_map(Qty)
}

fn nanos() -> impl Strategy<Value = Nanos> {
    any::<i64>().prop_map(Nanos)
}

fn side() -> impl Strategy<Value = Side> {
    prop_oneof![Just(Side::Buy), Just(Side::Sell)]
}

fn quote() -> impl Strategy<Value = MarketEvent> {
    (any::<[i64; 6]>(), any::<u32>(), any::<[u8; 4]>()).prop_map(|(n, id, b)| {
        MarketEvent::Quote(Quote {
            ts_event: Nanos(n[0]),
            ts_recv: Nanos(n[1]),
            bid: Price(n[2]),
            ask: Price(n[3]),
            bid_size: Qty(n[4]),
            ask_size: Qty(n[5]),
            instrument: InstrumentId(id),
            flags: b[0],
            bid_venue: b[1],
            ask_venue: b[2],
            condition: b[3],
        })
    })
}

fn trade() -> impl Strategy<Value = MarketEvent> {
    (any::<[i64; 4]>(), any::<u64>(), any::<u32>(), any::<[u8; 12]>()).prop_map(|(n, id, at, b)| {
        MarketEvent::Trade(Trade {
            ts_event: Nanos(n[0]),
            ts_recv: Nanos(n[1]),
            price: Price(n[2]),
            size: Qty(n[3]),
            id,
            instrument: InstrumentId(at),
            flags: b[0],
            venue: b[1],
            tape: b[2],
            conditions: [b[3], b[4], b[5], b[6]],
            reserved: [b[7], b[8], b[9], b[10], b[11]],
        })
    })
}

fn bar() -> impl Strategy<Value = MarketEvent> {
    (any::<[i64; 6]>(), any::<u32>(), any::<[u8; 2]>(), any::<u16>()).prop_map(|(n, id, b, s)| {
        MarketEvent::Bar(Bar {
            start: Nanos(n[0]),
            open: Price(n[1]),
            high: Price(n[2]),
            low: Price(n[3]),
            close: Price(n[4]),
            volume: Qty(n[5]),
            instrument: InstrumentId(id),
            flags: b[0],
            reserved: b[1],
            seconds: s,
        })
    })
}

fn halt() -> impl Strategy<Value = MarketEvent> {
    let bytes = (any::<[u8; 2]>(), any::<[u8; 2]>(), any::<[u8; 8]>(), any::<[u8; 24]>());
    (nanos(), nanos(), instrument(), bytes).prop_map(|(ts_event, ts_recv, instrument, bytes)| {
        let ([flags, halted], code, reason, reserved) = bytes;
        let halt = Halt { ts_event, ts_recv, instrument, flags, halted, code, reason, reserved };
        MarketEvent::Halt(halt)
    })
}

fn definition() -> impl Strategy<Value = MarketEvent> {
    (nanos(), price(), qty(), instrument(), any::<u16>(), 0u8..5, text()).prop_map(
        |(ts_event, tick, lot, instrument, multiplier, class, symbol)| {
            let class = AssetClass::from_u8(class).unwrap();
            MarketEvent::InstrumentDef(InstrumentDef {
                ts_event,
                tick,
                lot,
                instrument,
                multiplier,
                class,
                symbol,
            })
        },
    )
}

fn gap() -> impl Strategy<Value = MarketEvent> {
    let cause = prop_oneof![
        Just(GapCause::RingFull),
        Just(GapCause::Reconnect),
        Just(GapCause::SlowClient)
    ];
    (nanos(), any::<[u64; 2]>(), instrument(), cause, any::<[u8; 27]>()).prop_map(
        |(ts_event, [trades_lost, quotes_conflated], instrument, cause, reserved)| {
            MarketEvent::Gap(Gap {
                ts_event,
                trades_lost,
                quotes_conflated,
                instrument,
                cause,
                reserved,
            })
        },
    )
}

fn status() -> impl Strategy<Value = Status> {
    (client_id(), any::<u128>(), nanos(), any::<u32>(), text()).prop_map(
        |(client_id, broker_id, at, code, words)| Status {
            client_id,
            broker_id: BrokerOrderId(broker_id),
            at,
            code,
            words,
        },
    )
}

fn fill() -> impl Strategy<Value = Report> {
    let ids = (client_id(), any::<u128>(), any::<u128>());
    (ids, instrument(), side(), any::<bool>(), price(), qty(), qty(), nanos()).prop_map(
        |((client_id, broker_id, execution), instrument, side, complete, price, qty, cum, at)| {
            Report::Fill(Fill {
                client_id,
                broker_id: BrokerOrderId(broker_id),
                execution: ExecutionId(execution),
                instrument,
                side,
                complete,
                price,
                qty,
                cum_qty: cum,
                at,
            })
        },
    )
}

fn snapshot() -> impl Strategy<Value = Report> {
    let stage = prop_oneof![
        Just(BrokerStage::Working),
        Just(BrokerStage::Filled),
        Just(BrokerStage::Canceled),
        Just(BrokerStage::Expired),
        Just(BrokerStage::Rejected),
        Just(BrokerStage::Replaced),
    ];
    let ids = (client_id(), any::<u128>());
    (ids, instrument(), side(), stage, qty(), qty(), price(), nanos()).prop_map(
        |((client_id, broker_id), instrument, side, stage, qty, filled, limit, created_at)| {
            Report::Snapshot(Snapshot {
                client_id,
                broker_id: BrokerOrderId(broker_id),
                instrument,
                side,
                stage,
                qty,
                filled,
                limit,
                created_at,
            })
        },
    )
}

fn refusal() -> impl Strategy<Value = SendRefusal> {
    prop_oneof![
        Just(SendRefusal::Stale),
        Just(SendRefusal::Killed),
        Just(SendRefusal::Throttled),
        Just(SendRefusal::Disconnected),
        Just(SendRefusal::RingFull),
    ]
}

fn reconciliation() -> impl Strategy<Value = Report> {
    let position = (instrument(), text(), qty(), price()).prop_map(
        |(instrument, symbol, qty, average_price)| {
            Report::Position(Position { instrument, symbol, qty, average_price })
        },
    );
    let account = (any::<[i128; 3]>(), any::<[bool; 2]>()).prop_map(|(n, [tradable, shorting])| {
        let (cash, equity, buying_power) = (Money(n[0]), Money(n[1]), Money(n[2]));
        Report::Account(Account { cash, equity, buying_power, tradable, shorting })
    });
    let pass = (any::<[bool; 2]>(), any::<u32>()).prop_map(|([ended, stable], foreign_orders)| {
        Report::Reconcile(Reconcile { ended, stable, foreign_orders })
    });
    prop_oneof![position, account, pass]
}

fn report() -> impl Strategy<Value = Report> {
    let no = || any::<u32>().prop_map(OrderNo);
    prop_oneof![
        no().prop_map(|no| Report::Sending { no }),
        (no(), refusal()).prop_map(|(no, why)| Report::SendRefused { no, why }),
        status().prop_map(Report::Accepted),
        status().prop_map(Report::Rejected),
        status().prop_map(Report::Canceled),
        status().prop_map(Report::Expired),
        status().prop_map(Report::CancelRejected),
        status().prop_map(Report::Unknown),
        status().prop_map(Report::NotFound),
        fill(),
        snapshot(),
        reconciliation(),
        any::<bool>().prop_map(|up| Report::Link { up }),
    ]
}

fn command() -> impl Strategy<Value = Command> {
    let which =
        [Command::Arm, Command::Reduce, Command::Halt, Command::Kill, Command::ResetLatches];
    (0..5usize, text()).prop_map(move |(at, reason)| which[at](reason))
}

fn system() -> impl Strategy<Value = SystemEvent> {
    let epoch = || any::<u64>().prop_map(Epoch);
    prop_oneof![
        (epoch(), any::<u32>())
            .prop_map(|(epoch, first_order)| SystemEvent::SessionStart { epoch, first_order }),
        epoch().prop_map(|epoch| SystemEvent::Restart { epoch }),
        Just(SystemEvent::SessionEnd),
        any::<u64>().prop_map(|n| SystemEvent::LaneFault { seq: Seq(n) }),
        any::<i64>().prop_map(|by| SystemEvent::ClockStep { by }),
        (any::<bool>(), nanos()).prop_map(|(up, at)| SystemEvent::FeedLink { up, at }),
        any::<bool>().prop_map(|low| SystemEvent::JournalLow { low }),
        Just(SystemEvent::JournalFull),
        (any::<i128>(), any::<i128>()).prop_map(|(opening, equity)| {
            SystemEvent::OtherAccounts(AccountSums {
                opening: Money(opening),
                equity: Money(equity),
            })
        }),
    ]
}

fn input() -> impl Strategy<Value = Input> {
    let market = prop_oneof![quote(), trade(), bar(), halt(), definition(), gap()];
    let timer = (any::<u8>(), any::<u16>(), nanos()).prop_map(|(s, t, due)| TimerFired {
        strategy: StrategyId(s),
        timer: TimerId(t),
        due,
    });
    prop_oneof![
        4 => market.prop_map(Input::Market),
        4 => report().prop_map(Input::Report),
        1 => command().prop_map(Input::Command),
        1 => timer.prop_map(Input::Timer),
        2 => system().prop_map(Input::System),
    ]
}

fn decision_output() -> impl Strategy<Value = Output> {
    let factors =
        prop::collection::vec((text::<15>(), any::<i64>(), any::<i64>()), 0..=FACTORS_MAX);
    (any::<u8>(), any::<u32>(), text::<15>(), factors).prop_map(|(strategy, order, what, list)| {
        let mut decision = Decision::new(what.as_str());
        decision.strategy = StrategyId(strategy);
        decision.order = OrderNo(order);
        Output::Decision(
            list.iter().fold(decision, |d, (name, v, w)| d.with_weighted(name.as_str(), *v, *w)),
        )
    })
}

fn order_output() -> impl Strategy<Value = Output> {
    let kind = prop_oneof![Just(OrderKind::Market), price().prop_map(OrderKind::Limit)];
    let terms = (any::<bool>(), any::<bool>(), kind, qty());
    let origin = (any::<u8>(), nanos(), any::<u64>(), any::<u16>());
    (any::<u32>(), client_id(), instrument(), side(), terms, origin).prop_map(
        |(no, client_id, instrument, side, (close, gtc, kind, qty), origin)| {
            let (strategy, decided_at, cause, tag) = origin;
            Output::Order(OrderRequest {
                no: OrderNo(no),
                client_id,
                strategy: StrategyId(strategy),
                instrument,
                side,
                effect: if close { PositionEffect::Close } else { PositionEffect::Open },
                tif: if gtc { TimeInForce::Gtc } else { TimeInForce::Day },
                kind,
                qty,
                decided_at,
                cause: Seq(cause),
                tag,
            })
        },
    )
}

fn output() -> impl Strategy<Value = Output> {
    let cancel = (any::<u32>(), client_id(), any::<u128>(), any::<u64>()).prop_map(
        |(no, client_id, broker_id, cause)| {
            Output::Cancel(CancelRequest {
                no: OrderNo(no),
                client_id,
                broker_id: BrokerOrderId(broker_id),
                cause: Seq(cause),
            })
        },
    );
    let code = prop::sample::select(RejectCode::ALL);
    let reject = (any::<u8>(), instrument(), side(), qty(), code, any::<[i64; 2]>()).prop_map(
        |(strategy, instrument, side, qty, code, [value, limit])| {
            let strategy = StrategyId(strategy);
            Output::Reject(Reject { strategy, instrument, side, qty, code, value, limit })
        },
    );
    prop_oneof![decision_output(), order_output(), cancel, reject]
}

fn market_kinds() -> Vec<RecordKind> {
    RecordKind::ALL.iter().copied().filter(|kind| kind.is_market()).collect()
}

fn by_itself(kind: RecordKind, payload: &[u8]) -> Result<Input, DecodeError> {
    let record = Record { seq: Seq(1), at: Nanos(2), kind, flags: 0, payload };
    let mut input = Input::System(SystemEvent::SessionEnd);
    decode_market(&record, &mut input).map(|()| input)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(4000))]

    #[test]
    fn every_input_survives_the_journal(input in input()) {
        let bytes = input_bytes(&input);
        let kind = RecordKind::of_input(&input);
        prop_assert_eq!(decode_payload(kind, &bytes), Ok(Body::Input(input)));
        for short in 0..bytes.len() {
            prop_assert!(decode_payload(kind, &bytes[..short]).is_err());
        }
    }

    #[test]
    fn every_output_survives_the_journal(output in output()) {
        let bytes = output_bytes(&output);
        let kind = RecordKind::of_output(&output);
        prop_assert_eq!(decode_payload(kind, &bytes), Ok(Body::Output(output)));
        let mut long = bytes;
        long.push(0);
        prop_assert!(decode_payload(kind, &long).is_err());
    }

    #[test]
    fn a_market_event_is_read_by_itself_as_it_is_among_all(
        kind in prop::sample::select(market_kinds()),
        payload in prop_oneof![
            3 => prop::collection::vec(prop_oneof![Just(0u8), Just(1u8), any::<u8>()], EVENT),
            1 => prop::collection::vec(any::<u8>(), 0..80),
        ],
    ) {
        let among_all = decode_payload(kind, &payload);
        prop_assert_eq!(by_itself(kind, &payload).map(Body::Input), among_all);
    }

    #[test]
    fn arbitrary_bytes_give_a_value_that_encodes_to_them_or_an_error(
        kind in prop::sample::select(RecordKind::ALL),
        first in 0u8..20,
        rest in prop::collection::vec(prop_oneof![Just(0u8), Just(1u8), any::<u8>()], 0..300),
    ) {
        let mut bytes = rest;
        bytes.insert(0, first);
        // Cut to likely lengths too, so that the happy paths are reached.
        for len in [bytes.len(), 56, 66, 11, 8, 9, 7, 91, 92, 46, 51, 76, 49, 32, 78, 1, 0] {
            let Some(cut) = bytes.get(..len) else { continue };
            if let Ok(body) = decode_payload(kind, cut) {
                prop_assert_eq!(encode_payload(&body), cut);
            }
        }
    }
}

fn hex(bytes: &[u8]) -> String {
    bytes.iter().map(|b| format!("{b:02x}")).collect()
}

#[test]
fn market_events_have_the_bytes_that_the_format_says() {
    let quote = MarketEvent::Quote(Quote {
        ts_event: Nanos(1),
        ts_recv: Nanos(2),
        bid: Price(3),
        ask: Price(-4),
        bid_size: Qty(5),
        ask_size: Qty(6),
        instrument: InstrumentId(7),
        flags: 8,
        bid_venue: 9,
        ask_venue: 10,
        condition: 11,
    });
    let want = concat!(
        "0100000000000000",
        "0200000000000000",
        "0300000000000000",
        "fcffffffffffffff",
        "0500000000000000",
        "0600000000000000",
        "07000000",
        "08",
        "09",
        "0a",
        "0b",
    );
    assert_eq!(hex(&input_bytes(&Input::Market(quote))), want);
    let trade = MarketEvent::Trade(Trade {
        ts_event: Nanos(1),
        ts_recv: Nanos(2),
        price: Price(3),
        size: Qty(4),
        id: 5,
        instrument: InstrumentId(6),
        flags: 7,
        venue: 8,
        tape: 9,
        conditions: *b"@FTI",
        reserved: [0; 5],
    });
    let want = concat!(
        "0100000000000000",
        "0200000000000000",
        "0300000000000000",
        "0400000000000000",
        "0500000000000000",
        "06000000",
        "07",
        "08",
        "09",
        "40465449",
        "0000000000",
    );
    assert_eq!(hex(&input_bytes(&Input::Market(trade))), want);
}

#[test]
fn an_instrument_and_a_gap_have_the_bytes_that_the_format_says() {
    let def = MarketEvent::InstrumentDef(InstrumentDef {
        ts_event: Nanos(1),
        tick: Price::CENT,
        lot: Qty::ONE,
        instrument: InstrumentId(2),
        multiplier: 1,
        class: AssetClass::Option,
        symbol: Text::new("SPY"),
    });
    let want = concat!(
        "0100000000000000",
        "8096980000000000",
        "00ca9a3b00000000",
        "02000000",
        "0100",
        "01",
        "03",
        "535059000000000000000000000000000000000000000000",
    );
    assert_eq!(hex(&input_bytes(&Input::Market(def))), want);
    let gap = MarketEvent::Gap(Gap {
        ts_event: Nanos(1),
        trades_lost: 2,
        quotes_conflated: 3,
        instrument: InstrumentId::ALL,
        cause: GapCause::SlowClient,
        reserved: [0; 27],
    });
    let want =
        concat!("0100000000000000", "0200000000000000", "0300000000000000", "ffffffff", "02");
    assert_eq!(hex(&input_bytes(&Input::Market(gap))), format!("{want}{}", "00".repeat(27)));
}

#[test]
fn a_fill_has_the_bytes_that_the_format_says() {
    let fill = Report::Fill(Fill {
        client_id: ClientOrderId(Text::new("7kska")),
        broker_id: BrokerOrderId(1),
        execution: ExecutionId(2),
        instrument: InstrumentId(3),
        side: Side::Sell,
        complete: true,
        price: Price(4),
        qty: Qty(5),
        cum_qty: Qty(6),
        at: Nanos(7),
    });
    let want = concat!(
        "07",
        "05",
        "376b736b61000000000000000000000000000000",
        "01000000000000000000000000000000",
        "02000000000000000000000000000000",
        "03000000",
        "01",
        "01",
        "0400000000000000",
        "0500000000000000",
        "0600000000000000",
        "0700000000000000",
    );
    assert_eq!(hex(&input_bytes(&Input::Report(fill))), want);
}

#[test]
fn outputs_have_the_bytes_that_the_format_says() {
    let order = Output::Order(OrderRequest {
        no: OrderNo(1),
        client_id: ClientOrderId(Text::new("id")),
        strategy: StrategyId(2),
        instrument: InstrumentId(3),
        side: Side::Sell,
        effect: PositionEffect::Close,
        tif: TimeInForce::Gtc,
        kind: OrderKind::Limit(Price(4)),
        qty: Qty(5),
        decided_at: Nanos(6),
        cause: Seq(7),
        tag: 8,
    });
    let want = concat!(
        "01000000",
        "02",
        "6964000000000000000000000000000000000000",
        "02",
        "03000000",
        "01",
        "01",
        "01",
        "01",
        "0400000000000000",
        "0500000000000000",
        "0600000000000000",
        "0700000000000000",
        "0800",
    );
    assert_eq!(hex(&output_bytes(&order)), want);
    let reject = Output::Reject(Reject {
        strategy: StrategyId(1),
        instrument: InstrumentId(2),
        side: Side::Buy,
        qty: Qty(3),
        code: RejectCode::DailyLoss,
        value: 4,
        limit: -5,
    });
    let want = concat!(
        "01",
        "02000000",
        "00",
        "0300000000000000",
        "1405",
        "0400000000000000",
        "fbffffffffffffff",
    );
    assert_eq!(hex(&output_bytes(&reject)), want);
}

#[test]
fn the_longest_payload_fits() {
    let factors = 0..FACTORS_MAX as i64;
    let longest = Output::Decision(factors.fold(Decision::new("w"), |d, i| d.with("factor", i)));
    let bytes = output_bytes(&longest);
    assert_eq!(bytes.len(), 310);
    const { assert!(310 <= PAYLOAD_MAX) };
    assert_eq!(decode_payload(RecordKind::Decision, &bytes), Ok(Body::Output(longest)));
}

#[test]
fn an_error_names_kind_field_and_number() {
    let error = |kind, bytes: &[u8]| decode_payload(kind, bytes).unwrap_err().to_string();
    assert_eq!(error(RecordKind::Report, &[99]), "report record: report cannot be 99");
    assert_eq!(error(RecordKind::Timer, &[1, 2]), "timer record ends before its field timer");
    assert_eq!(error(RecordKind::Seal, &[1]), "seal record has 1 bytes after its last field");
    let mut command = vec![4, 200];
    command.resize(66, b'x');
    assert_eq!(error(RecordKind::Command, &command), "command record: reason is not text");
}
