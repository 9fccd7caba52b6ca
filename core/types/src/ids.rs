//! Who is who: sequence numbers, instruments, strategies, orders and the ids brokers see.

use crate::Text;
use std::fmt;

/// Place of a record in the journal of one session: 1, 2, 3 … without a gap.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Seq(pub u64);

impl Seq {
    /// The next one.
    #[must_use]
    pub fn next(self) -> Self {
        Self(self.0 + 1)
    }
}

impl fmt::Display for Seq {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// Index of an instrument in the lane's preallocated tables.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct InstrumentId(pub u32);

impl InstrumentId {
    /// All instruments of the lane: in a [`crate::Gap`] whose losses were not told apart.
    pub const ALL: Self = Self(u32::MAX);

    /// As an index into a table.
    #[must_use]
    pub fn index(self) -> usize {
        self.0 as usize
    }

    /// The instrument at a place of the lane's table. Beyond four thousand million places there is none:
    /// [`InstrumentId::ALL`] finds nothing in any table.
    #[must_use]
    pub fn at(index: usize) -> Self {
        u32::try_from(index).map_or(Self::ALL, Self)
    }
}

/// Index of a strategy in its lane, 0 first.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct StrategyId(pub u8);

/// A strategy's own name for one of its timers.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct TimerId(pub u16);

/// Ordinal of an order in its session, 1 first; it never restarts within a session.
/// 0 means "no order".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct OrderNo(pub u32);

impl OrderNo {
    /// No order.
    pub const NONE: Self = Self(0);
}

impl fmt::Display for OrderNo {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

/// One process life of a bot: `max(stored + 1, unix seconds)`, durable before the first send.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct Epoch(pub u64);

/// Two base-32 characters drawn once per runs folder and kept there: tells two installations apart.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct Nonce(pub [u8; 2]);

/// Three base-32 characters that name the bot inside order ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq, Hash)]
pub struct BotCode(pub [u8; 3]);

/// Crockford's base 32 in lower case: no `i l o u`.
pub const BASE32: &[u8; 32] = b"0123456789abcdefghjkmnpqrstvwxyz";

/// What each byte is worth as a digit of [`BASE32`]; `NO_DIGIT` for all others.
const DIGITS: [u8; 256] = {
    let mut digits = [NO_DIGIT; 256];
    let mut digit = 0u8;
    while (digit as usize) < BASE32.len() {
        digits[BASE32[digit as usize] as usize] = digit;
        digit += 1;
    }
    digits
};
const NO_DIGIT: u8 = u8::MAX;

const EPOCH_CHARS: usize = 7;
const ORDER_CHARS: usize = 6;
/// Length of every id that [`ClientOrderId::mint`] makes: nonce 2, bot 3, epoch 7, order 6.
pub const CLIENT_ORDER_ID_LEN: usize = 2 + 3 + EPOCH_CHARS + ORDER_CHARS;

/// Our name for an order at the broker, at most 20 characters (so that it fits Kite's `tag` too).
///
/// Layout `nn bbb eeeeeee oooooo`: nonce, bot, epoch and order number, each in base 32. Minted and
/// journaled by the core before the gateway sees the order, never minted twice.
#[derive(Clone, Copy, PartialEq, Eq, Hash, Default)]
pub struct ClientOrderId(pub Text<20>);

/// What [`ClientOrderId::parts`] reads out of one of our own ids.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct ClientOrderIdParts {
    /// Installation.
    pub nonce: Nonce,
    /// Bot.
    pub bot: BotCode,
    /// Process life that minted it.
    pub epoch: Epoch,
    /// Ordinal in the session.
    pub order: OrderNo,
}

impl ClientOrderId {
    /// Makes the id of one order. `epoch` keeps its low 35 bits (good until the year 3058) and
    /// `order` its low 30.
    #[must_use]
    pub fn mint(nonce: Nonce, bot: BotCode, epoch: Epoch, order: OrderNo) -> Self {
        let mut id = [0u8; CLIENT_ORDER_ID_LEN];
        id[..2].copy_from_slice(&nonce.0);
        id[2..5].copy_from_slice(&bot.0);
        id[5..12].copy_from_slice(&base32::<EPOCH_CHARS>(epoch.0));
        id[12..].copy_from_slice(&base32::<ORDER_CHARS>(u64::from(order.0)));
        Self(Text::from_ascii(&id).unwrap_or_else(|| Text::from_padded(&id)))
    }

    /// This id, minted, with another order's ordinal.
    #[inline]
    #[must_use]
    pub fn with_order(mut self, order: OrderNo) -> Self {
        let digits = base32::<ORDER_CHARS>(u64::from(order.0));
        self.0.overwrite(CLIENT_ORDER_ID_LEN - ORDER_CHARS, digits);
        self
    }

    /// Takes a broker's text; `None` when it is longer than 20 bytes and so cannot be ours.
    #[must_use]
    pub fn from_text(text: &str) -> Option<Self> {
        (text.len() <= 20).then(|| Self(Text::new(text)))
    }

    /// The parts of an id in our layout; `None` for any other text.
    #[inline]
    #[must_use]
    pub fn parts(&self) -> Option<ClientOrderIdParts> {
        let id: &[u8; CLIENT_ORDER_ID_LEN] = self.0.as_bytes().try_into().ok()?;
        is_base32(id).then_some(ClientOrderIdParts {
            nonce: Nonce([id[0], id[1]]),
            bot: BotCode([id[2], id[3], id[4]]),
            epoch: Epoch(read_base32(&id[5..12])),
            order: OrderNo(u32::try_from(read_base32(&id[12..])).ok()?),
        })
    }

    /// Whether it is in our layout, of that installation and of that bot.
    #[inline]
    #[must_use]
    pub fn is_of(&self, nonce: Nonce, bot: BotCode) -> bool {
        let Ok(id) = <&[u8; CLIENT_ORDER_ID_LEN]>::try_from(self.0.as_bytes()) else {
            return false;
        };
        is_base32(id) && id[..2] == nonce.0 && id[2..5] == bot.0
    }

    /// The text the broker sees.
    #[must_use]
    pub fn as_str(&self) -> &str {
        self.0.as_str()
    }
}

impl fmt::Display for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(&self.0, f)
    }
}

impl fmt::Debug for ClientOrderId {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Debug::fmt(&self.0, f)
    }
}

/// Most significant digit first, zero-padded.
#[inline]
fn base32<const N: usize>(value: u64) -> [u8; N] {
    std::array::from_fn(|at| BASE32[(value >> (5 * (N - 1 - at)) & 31) as usize])
}

fn is_base32(id: &[u8; CLIENT_ORDER_ID_LEN]) -> bool {
    // Every digit is below 32, so one that is none shows in all of them together.
    id.iter().fold(0, |all, &byte| all | DIGITS[usize::from(byte)]) != NO_DIGIT
}

/// The number that these base-32 digits are, most significant first.
fn read_base32(digits: &[u8]) -> u64 {
    digits.iter().fold(0, |value, &byte| value << 5 | u64::from(DIGITS[usize::from(byte)] & 31))
}

/// The broker's id of an order as 128 bits: a UUID (Alpaca) or a decimal number (Kite).
/// 0 means "not known yet".
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct BrokerOrderId(pub u128);

impl BrokerOrderId {
    /// Not known yet.
    pub const NONE: Self = Self(0);

    /// Whether the broker has named the order.
    #[must_use]
    pub fn is_known(self) -> bool {
        self.0 != 0
    }
}

/// The broker's id of one execution as 128 bits (a UUID at Alpaca). Fills are keyed by it.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash, Default)]
#[repr(transparent)]
pub struct ExecutionId(pub u128);

/// Reads `xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx`; `None` for anything else.
#[must_use]
pub fn parse_uuid(text: &str) -> Option<u128> {
    let bytes = text.as_bytes();
    if bytes.len() != 36 {
        return None;
    }
    bytes.iter().enumerate().try_fold(0u128, |value, (i, &byte)| match (i, byte) {
        (8 | 13 | 18 | 23, b'-') => Some(value),
        (8 | 13 | 18 | 23, _) => None,
        _ => char::from(byte).to_digit(16).map(|digit| value << 4 | u128::from(digit)),
    })
}

/// Writes 128 bits in the UUID form.
#[must_use]
pub fn uuid_text(value: u128) -> Text<36> {
    const HEX: &[u8; 16] = b"0123456789abcdef";
    let (mut out, mut digit) = ([b'-'; 36], 0);
    for (i, slot) in out.iter_mut().enumerate() {
        if !matches!(i, 8 | 13 | 18 | 23) {
            *slot = HEX[(value >> (124 - 4 * digit) & 15) as usize];
            digit += 1;
        }
    }
    Text::from_padded(&out)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn ids_round_trip_and_fit_twenty_characters() {
        let (nonce, bot) = (Nonce(*b"7k"), BotCode(*b"ska"));
        let id = ClientOrderId::mint(nonce, bot, Epoch(1_795_000_000), OrderNo(1_048_575));
        assert!(id.as_str().len() <= 20, "{id}");
        let parts = id.parts().unwrap();
        assert_eq!((parts.nonce, parts.bot), (nonce, bot));
        assert_eq!((parts.epoch, parts.order), (Epoch(1_795_000_000), OrderNo(1_048_575)));
        assert!(id.is_of(nonce, bot));
        assert!(!id.is_of(Nonce(*b"7m"), bot) && !id.is_of(nonce, BotCode(*b"skb")));
        let other = ClientOrderId::mint(nonce, bot, Epoch(1_795_000_000), OrderNo(77));
        assert_eq!(other.with_order(OrderNo(1_048_575)), id);
        let spoilt = ClientOrderId::from_text(&id.as_str().replace('z', "!")).unwrap();
        assert!(!spoilt.is_of(nonce, bot) && spoilt.parts().is_none());
    }

    #[test]
    fn a_foreign_id_has_no_parts() {
        for text in ["", "my-order-1", "b0b6dd9d8b9b48a9ba", "UPPERCASE000000000"] {
            assert!(
                text == "b0b6dd9d8b9b48a9ba"
                    || ClientOrderId::from_text(text).unwrap().parts().is_none()
            );
        }
        assert_eq!(ClientOrderId::from_text("b0b6dd9d-8b9b-48a9-ba46-b9d54906e415"), None);
    }

    #[test]
    fn uuids_round_trip() {
        let text = "b0b6dd9d-8b9b-48a9-ba46-b9d54906e415";
        assert_eq!(uuid_text(parse_uuid(text).unwrap()).as_str(), text);
        assert_eq!(parse_uuid("b0b6dd9d-8b9b-48a9-ba46_b9d54906e415"), None);
        assert_eq!(parse_uuid("g0b6dd9d-8b9b-48a9-ba46-b9d54906e415"), None);
    }
}
