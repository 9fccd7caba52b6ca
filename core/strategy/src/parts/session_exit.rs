//! Leave before the market closes, whatever day it is.

use st0ck_types::Nanos;
use st0ck_types::time::MINUTE;

/// The exit that the calendar sets: so long before the close, on short days too.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct SessionExit {
    /// Minutes before the session's close, positive.
    pub minutes_before_close: i64,
}

impl SessionExit {
    /// When to leave a session that closes at `close`.
    #[must_use]
    pub fn at(&self, close: Nanos) -> Nanos {
        close - self.minutes_before_close * MINUTE
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use st0ck_types::calendar::{Date, NYSE};

    fn exit_on(year: i32, month: u32, day: u32) -> String {
        let date = Date::new(year, month, day).unwrap();
        let session = NYSE.session(date).unwrap().unwrap();
        SessionExit { minutes_before_close: 5 }.at(session.close).to_string()
    }

    #[test]
    fn a_short_day_is_left_earlier() {
        assert_eq!(exit_on(2020, 12, 15), "2020-12-15T20:55:00.000000000Z");
        assert_eq!(exit_on(2020, 11, 27), "2020-11-27T17:55:00.000000000Z", "the day after");
        assert_eq!(exit_on(2020, 7, 15), "2020-07-15T19:55:00.000000000Z", "summer time");
    }
}
