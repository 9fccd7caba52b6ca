//! Commands, timers and what the process learned about itself.

use super::fields::{DecodeError, Put, Take};
use st0ck_types::{
    AccountSums, Command, Epoch, Money, Nanos, Seq, StrategyId, SystemEvent, TimerFired, TimerId,
};

pub(super) fn encode_command(put: &mut Put<'_>, command: &Command) {
    put.u8(match command {
        Command::Arm(_) => 1,
        Command::Reduce(_) => 2,
        Command::Halt(_) => 3,
        Command::Kill(_) => 4,
        Command::ResetLatches(_) => 5,
    });
    put.text(command.reason());
}

pub(super) fn decode_command(take: &mut Take<'_>) -> Result<Command, DecodeError> {
    let make = match take.u8("command")? {
        1 => Command::Arm,
        2 => Command::Reduce,
        3 => Command::Halt,
        4 => Command::Kill,
        5 => Command::ResetLatches,
        n => return Err(take.unknown("command", u64::from(n))),
    };
    take.text("reason").map(make)
}

pub(super) fn encode_timer(put: &mut Put<'_>, timer: &TimerFired) {
    put.u8(timer.strategy.0);
    put.u16(timer.timer.0);
    put.i64(timer.due.0);
}

pub(super) fn decode_timer(take: &mut Take<'_>) -> Result<TimerFired, DecodeError> {
    Ok(TimerFired {
        strategy: StrategyId(take.u8("strategy")?),
        timer: TimerId(take.u16("timer")?),
        due: Nanos(take.i64("due")?),
    })
}

pub(super) fn encode_system(put: &mut Put<'_>, event: &SystemEvent) {
    match *event {
        SystemEvent::SessionStart { epoch, first_order } => {
            put.u8(1);
            put.u64(epoch.0);
            put.u32(first_order);
        }
        SystemEvent::Restart { epoch } => {
            put.u8(2);
            put.u64(epoch.0);
        }
        SystemEvent::SessionEnd => put.u8(3),
        SystemEvent::ClockStep { by } => {
            put.u8(4);
            put.i64(by);
        }
        SystemEvent::FeedLink { up, at } => {
            put.u8(5);
            put.bool(up);
            put.i64(at.0);
        }
        SystemEvent::JournalLow { low } => {
            put.u8(6);
            put.bool(low);
        }
        SystemEvent::JournalFull => put.u8(7),
        SystemEvent::OtherAccounts(sums) => {
            put.u8(8);
            put.i128(sums.opening.0);
            put.i128(sums.equity.0);
        }
        // A kind of its own, so that recovery sees it without decoding.
        SystemEvent::LaneFault { seq } => put.u64(seq.0),
    }
}

pub(super) fn decode_session(take: &mut Take<'_>) -> Result<SystemEvent, DecodeError> {
    Ok(match take.u8("event")? {
        1 => SystemEvent::SessionStart {
            epoch: Epoch(take.u64("epoch")?),
            first_order: take.u32("first_order")?,
        },
        2 => SystemEvent::Restart { epoch: Epoch(take.u64("epoch")?) },
        3 => SystemEvent::SessionEnd,
        4 => SystemEvent::ClockStep { by: take.i64("by")? },
        5 => SystemEvent::FeedLink { up: take.bool("up")?, at: Nanos(take.i64("at")?) },
        6 => SystemEvent::JournalLow { low: take.bool("low")? },
        7 => SystemEvent::JournalFull,
        8 => SystemEvent::OtherAccounts(AccountSums {
            opening: Money(take.i128("opening")?),
            equity: Money(take.i128("equity")?),
        }),
        n => return Err(take.unknown("event", u64::from(n))),
    })
}

pub(super) fn decode_fault(take: &mut Take<'_>) -> Result<SystemEvent, DecodeError> {
    Ok(SystemEvent::LaneFault { seq: Seq(take.u64("seq")?) })
}
