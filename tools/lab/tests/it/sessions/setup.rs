//! What a seed makes of a session: its bot, parameters, limits and the sizes of its rings.

use super::gambler::Gambler;
use crate::rig::day;
use st0ck_engine::orders::Identity;
use st0ck_engine::params::{ParamKind, Params};
use st0ck_engine::risk::RiskLimits;
use st0ck_engine::{Engine, EngineConfig, InstrumentConfig, Strategy};
use st0ck_lab::build;
use st0ck_lab::header::{self, Build, HEADER_FORMAT, SessionHeader};
use st0ck_lab::limits::LIMITS;
use st0ck_quant::rng::Rng;
use st0ck_strategy::registry;
use st0ck_types::calendar::NYSE;
use st0ck_types::{BotCode, Epoch, Money, Nanos, Nonce, Price, StrategyId};

/// The first epoch of every session.
pub(super) const EPOCH: u64 = 1_600_000_000;
const CAPITAL: &str = "10000";

/// A bug that a replay must find.
#[derive(Debug, Clone, Copy, PartialEq)]
pub(super) enum Plant {
    None,
    /// The second gambler begins in another mood: one field of all the state.
    OtherMood,
    /// The gamblers' moods are left out of hash and carry.
    Forgetful,
}

/// A session that a seed names.
#[derive(Debug, Clone, Copy)]
pub(super) struct Setup {
    pub(super) seed: u64,
    pub(super) plant: Plant,
}

impl Setup {
    pub(super) fn new(seed: u64) -> Self {
        Self { seed, plant: Plant::None }
    }

    /// A stream of numbers for one part of the session.
    pub(super) fn rng(self, part: &str) -> Rng {
        Rng::new(self.seed).fork(part)
    }

    /// Every third session is ST0CKA's, the others belong to gamblers.
    pub(super) fn is_st0cka(self) -> bool {
        self.seed.is_multiple_of(3)
    }

    pub(super) fn symbols(self) -> &'static [&'static str] {
        if self.is_st0cka() { &["SPY"] } else { &["SPY", "QQQ"] }
    }

    /// `session.json`: complete for ST0CKA, so that `st0ck replay` takes the session as well.
    pub(super) fn text(self) -> String {
        if self.is_st0cka() { self.header().to_text() } else { "{}".to_owned() }
    }

    /// The engine before the session's first input, the same each time.
    pub(super) fn engine(self) -> Engine {
        if self.is_st0cka() {
            return build::engine(&self.header()).unwrap();
        }
        let identity =
            Identity { nonce: Nonce(*b"7k"), bot: BotCode(*b"tst"), epoch: Epoch(EPOCH) };
        let instruments = self.symbols().iter().map(|s| InstrumentConfig::new(s)).collect();
        let capital = Money::parse(CAPITAL).unwrap();
        let mut config = EngineConfig::new(instruments, day(), NYSE.zone(), identity, capital);
        config.require_reconcile = self.seed.is_multiple_of(2);
        config.limits = self.limits();
        let fuse = self.rng("fuse").chance(100).then_some(200 + self.seed % 300);
        let mood = if self.plant == Plant::OtherMood { 2 } else { 1 };
        let crew = [Gambler::new(0, fuse), Gambler::new(mood, None)];
        let crew = crew.into_iter().zip(0..).map(|(gambler, id)| {
            let forgets = self.plant == Plant::Forgetful;
            let gambler = if forgets { gambler.forgetful() } else { gambler };
            (StrategyId(id), Box::new(gambler) as Box<dyn Strategy>)
        });
        Engine::new(config, crew.collect()).unwrap()
    }

    /// Each limit as it usually is, some of them a quarter to four times of that.
    fn limits(self) -> RiskLimits {
        let mut rng = self.rng("limits");
        let mut limits = RiskLimits::for_capital(Money::parse(CAPITAL).unwrap());
        for key in LIMITS {
            let usual = Price::parse(&key.text(&limits)).unwrap().0;
            let quarters = if rng.chance(400) { rng.between(1, 16) } else { 4 };
            let mut value = usual / 4 * quarters;
            if key.apply(&mut limits, &Price(value).to_string()).is_err() {
                // Counts are whole.
                value -= value % 1_000_000_000;
                let _ = key.apply(&mut limits, &Price(value).to_string());
            }
        }
        if !self.is_st0cka() {
            limits.orders_per_minute_max = limits.orders_per_minute_max.max(200);
            limits.entries_per_day_max = limits.entries_per_day_max.max(500);
            limits.losses_in_a_row_max = limits.losses_in_a_row_max.max(20);
            limits.duplicates_per_minute_max = limits.duplicates_per_minute_max.max(8);
        }
        limits
    }

    fn header(self) -> SessionHeader {
        let day = day();
        let closes = if self.seed.is_multiple_of(2) { self.closes() } else { Vec::new() };
        SessionHeader {
            format: HEADER_FORMAT,
            bot: "st0cka".to_owned(),
            symbols: vec!["SPY".to_owned()],
            clock: "feed".to_owned(),
            date: day.date.to_string(),
            open_ns: day.open.0,
            close_ns: day.close.0,
            epoch: EPOCH,
            nonce: "7k".to_owned(),
            account: "0000000000000001".to_owned(),
            capital: CAPITAL.to_owned(),
            params: self.params(),
            limits: build::limit_texts(&self.limits()),
            settings: Vec::new(),
            daily_closes: vec![closes],
            data: format!("a made-up market, seed {}", self.seed),
            seed: self.seed,
            fees: header::fee_texts(),
            behaviour: st0ck_engine::BEHAVIOUR,
            circumstances: st0ck_lab::circumstances::Circumstances::default(),
            signature: None,
            build: Build {
                version: env!("CARGO_PKG_VERSION").to_owned(),
                profile: "test".to_owned(),
                target: std::env::consts::ARCH.to_owned(),
                hash: "0000000000000002".to_owned(),
                cpu: String::new(),
            },
            created_at: Nanos(day.open.0).to_string(),
        }
    }

    fn closes(self) -> Vec<String> {
        let mut rng = self.rng("closes");
        (0..25).map(|_| Price(rng.between(9_500, 10_500) * Price::CENT.0).to_string()).collect()
    }

    /// ST0CKA's parameters: some at random inside their ranges; the first draw that does not
    /// contradict itself.
    fn params(self) -> Vec<(String, String)> {
        let recipe = registry::find("st0cka").unwrap().recipe;
        let mut rng = self.rng("params");
        loop {
            let mut given: Vec<(&str, String)> = Vec::new();
            for spec in recipe.params() {
                if rng.chance(300) {
                    given.push((spec.name, draw(spec, &mut rng)));
                }
            }
            let borrowed: Vec<(&str, &str)> = given.iter().map(|(k, v)| (*k, v.as_str())).collect();
            let Ok(params) = Params::resolve(recipe.params(), &borrowed) else { continue };
            if recipe.build(&params, &[st0ck_types::InstrumentId(0)]).is_ok() {
                return params.texts().map(|(k, v)| (k.to_owned(), v.to_owned())).collect();
            }
        }
    }
}

/// A value near the usual one, or any of the choices.
fn draw(spec: &st0ck_engine::ParamSpec, rng: &mut Rng) -> String {
    match spec.kind {
        ParamKind::Bool => rng.chance(500).to_string(),
        ParamKind::Choice => spec.choices[rng.below(spec.choices.len() as u64) as usize].to_owned(),
        ParamKind::TimeOfDay => format!("{:02}:{:02}", rng.between(10, 14), rng.between(0, 59)),
        ParamKind::Int | ParamKind::Qty => {
            let usual: i64 = spec.default.parse().unwrap();
            (usual * rng.between(1, 12) / 4).to_string()
        }
        ParamKind::Ratio | ParamKind::Price => {
            let usual = Price::parse(spec.default).unwrap().0;
            Price(usual / 4 * rng.between(1, 12)).to_string()
        }
    }
}
