//! The trading state and what holds it down (control C1).
//!
//! The lane trades as far as the strictest of its restraints lets it: HALTED sends cancels only,
//! REDUCING also orders that close, ACTIVE everything. Owned by the engine, read by the gate, shown
//! by status pages. *Invariant:* a restraint is laid by a fact and lifted by a fact or a named
//! person, never by time.

use std::fmt;

/// How far the lane may trade. Ordered: the lesser one is the stricter.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(u8)]
pub enum TradingState {
    /// Cancels only.
    #[default]
    Halted = 0,
    /// Orders that close, and cancels.
    Reducing = 1,
    /// Everything that the other controls let pass.
    Active = 2,
}

impl TradingState {
    /// The word on screens and in JSON.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Halted => "HALTED",
            Self::Reducing => "REDUCING",
            Self::Active => "ACTIVE",
        }
    }
}

impl fmt::Display for TradingState {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.pad(self.as_str())
    }
}

macro_rules! restraints {
    ($($(#[doc = $doc:literal])+ $name:ident = $bit:literal, $text:literal, $allows:ident;)+) => {
        /// One reason not to trade freely. The numbers are bits of the kept state.
        #[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
        #[repr(u8)]
        pub enum Restraint { $($(#[doc = $doc])+ $name = $bit),+ }

        impl Restraint {
            /// Every restraint, in the order of its bit.
            pub const ALL: &'static [Self] = &[$(Self::$name),+];

            /// The word on screens and in JSON.
            #[must_use]
            pub fn as_str(self) -> &'static str {
                match self { $(Self::$name => $text),+ }
            }

            /// How far the lane may trade under it.
            #[must_use]
            pub const fn allows(self) -> TradingState {
                match self { $(Self::$name => TradingState::$allows),+ }
            }
        }
    };
}

restraints! {
    /// Nobody armed the lane yet, or somebody halted it.
    NotArmed = 0, "not_armed", Halted;
    /// Somebody asked to reduce only.
    Reduced = 1, "reduced", Reducing;
    /// The kill switch was thrown; latched until armed by hand.
    Killed = 2, "killed", Halted;
    /// C13: the day's loss reached its limit; latched until a named person resets it.
    DailyLoss = 3, "daily_loss", Reducing;
    /// C14: too many losses in a row; latched until a named person resets it.
    LosingStreak = 4, "losing_streak", Reducing;
    /// C18: a strategy repeated itself; latched until a named person resets it.
    DuplicateStorm = 5, "duplicate_storm", Halted;
    /// The journal has no next segment ready.
    JournalLow = 6, "journal_low", Reducing;
    /// The market feed is down.
    FeedDown = 7, "feed_down", Reducing;
    /// The order stream has been down for too long, and what it missed was not read since.
    StreamDown = 8, "stream_down", Reducing;
    /// The broker's facts are being read.
    Reconciling = 9, "reconciling", Reducing;
    /// The broker's facts were not yet found to agree with ours, or found not to.
    Unreconciled = 10, "unreconciled", Halted;
    /// Something traded on the account that is not ours.
    Foreign = 11, "foreign", Halted;
    /// An order did what none can do: filled beyond its quantity, or lived after its end.
    OrderFault = 12, "order_fault", Halted;
    /// The broker does not let the account trade.
    AccountBlocked = 13, "account_blocked", Halted;
    /// A strategy panicked and is no longer called.
    Quarantine = 14, "quarantine", Halted;
    /// C2: an order carried a name that is not this lane's; latched until a named person resets it.
    Misbound = 15, "misbound", Halted;
    /// C15: the day's result fell too far from its best; latched until a named person resets it.
    Drawdown = 16, "drawdown", Reducing;
    /// C20: something was told of orders never sent; latched until a named person resets it.
    InOut = 17, "in_out", Halted;
    /// C26: the broker refused too many orders; latched until a named person resets it.
    BrokerRejects = 18, "broker_rejects", Halted;
    /// C27: too many messages for each execution; latched until a named person resets it.
    OrderToTrade = 19, "order_to_trade", Halted;
    /// C13: the account's loss of the day reached its limit; latched until a named person resets it.
    AccountLoss = 20, "account_loss", Reducing;
    /// C13: all accounts together lost too much; latched until a named person resets it.
    AccountsLoss = 21, "all_accounts_loss", Reducing;
}

/// The breakers: what a control laid, and only [`Command::ResetLatches`] of a named person lifts.
///
/// [`Command::ResetLatches`]: st0ck_types::Command::ResetLatches
pub(crate) const BREAKERS: [Restraint; 10] = [
    Restraint::DailyLoss,
    Restraint::AccountLoss,
    Restraint::AccountsLoss,
    Restraint::LosingStreak,
    Restraint::DuplicateStorm,
    Restraint::Misbound,
    Restraint::Drawdown,
    Restraint::InOut,
    Restraint::BrokerRejects,
    Restraint::OrderToTrade,
];

impl Restraint {
    /// Whether a control laid it, so that only a reset by a named person lifts it.
    #[must_use]
    pub fn is_breaker(self) -> bool {
        BREAKERS.contains(&self)
    }
}

/// The restraints that lie on the lane now.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Default)]
pub struct Restraints(u32);

/// The bits of all restraints under which no more than `state` is allowed.
const fn bits_allowing(state: TradingState) -> u32 {
    let (mut bits, mut at) = (0, 0);
    while at < Restraint::ALL.len() {
        let restraint = Restraint::ALL[at];
        if restraint.allows() as u8 == state as u8 {
            bits |= 1 << restraint as u8;
        }
        at += 1;
    }
    bits
}

const HALTING: u32 = bits_allowing(TradingState::Halted);
const REDUCING: u32 = bits_allowing(TradingState::Reducing);

impl Restraints {
    /// How far all of them together let the lane trade.
    #[must_use]
    pub fn state(self) -> TradingState {
        match self.0 {
            bits if bits & HALTING != 0 => TradingState::Halted,
            bits if bits & REDUCING != 0 => TradingState::Reducing,
            _ => TradingState::Active,
        }
    }

    /// Whether this one lies on the lane.
    #[must_use]
    pub fn has(self, restraint: Restraint) -> bool {
        self.0 & (1 << restraint as u8) != 0
    }

    /// All that lie on the lane.
    pub fn iter(self) -> impl Iterator<Item = Restraint> {
        Restraint::ALL.iter().copied().filter(move |&restraint| self.has(restraint))
    }

    /// Lays one; `true` when it was not there.
    pub(crate) fn lay(&mut self, restraint: Restraint) -> bool {
        let new = !self.has(restraint);
        self.0 |= 1 << restraint as u8;
        new
    }

    pub(crate) fn lift(&mut self, restraint: Restraint) {
        self.0 &= !(1 << restraint as u8);
    }

    pub(crate) fn set(&mut self, restraint: Restraint, on: bool) {
        if on {
            self.lay(restraint);
        } else {
            self.lift(restraint);
        }
    }

    pub(crate) fn bits(self) -> u32 {
        self.0
    }

    /// The restraints of a kept state; `None` when a bit has no meaning here.
    pub(crate) fn from_bits(bits: u32) -> Option<Self> {
        (bits & !(HALTING | REDUCING) == 0).then_some(Self(bits))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn states_are_told_by_their_words_and_stand_in_columns() {
        let words = [TradingState::Halted, TradingState::Reducing, TradingState::Active]
            .map(|state| format!("{state:>9}"));
        assert_eq!(words, ["   HALTED", " REDUCING", "   ACTIVE"]);
    }

    #[test]
    fn the_strictest_restraint_wins() {
        let mut restraints = Restraints::default();
        assert_eq!(restraints.state(), TradingState::Active);
        assert!(restraints.lay(Restraint::DailyLoss) && !restraints.lay(Restraint::DailyLoss));
        assert_eq!(restraints.state(), TradingState::Reducing);
        restraints.lay(Restraint::Killed);
        assert_eq!(restraints.state(), TradingState::Halted);
        assert_eq!(
            restraints.iter().collect::<Vec<_>>(),
            [Restraint::Killed, Restraint::DailyLoss]
        );
        restraints.lift(Restraint::Killed);
        assert_eq!(restraints.state(), TradingState::Reducing);
    }

    #[test]
    fn every_restraint_alone_holds_the_lane_down_and_round_trips() {
        for (bit, &restraint) in Restraint::ALL.iter().enumerate() {
            assert_eq!(restraint as usize, bit);
            let mut restraints = Restraints::default();
            restraints.set(restraint, true);
            assert_eq!(restraints.state(), restraint.allows());
            assert!(restraints.state() < TradingState::Active, "{restraint:?}");
            assert_eq!(Restraints::from_bits(restraints.bits()), Some(restraints));
            restraints.set(restraint, false);
            assert_eq!(restraints, Restraints::default());
        }
        assert_eq!(Restraints::from_bits(1 << 31), None);
    }
}
