//! Wall time, passed in: only `process` reads it from the operating system.
//!
//! Wall time is for what the outside world dates: tokens, certificates, the age of a session
//! across a freeze. Durations are measured with `tokio::time::Instant`, which tests can pause; they
//! are not this module's.

use std::fmt;
use std::sync::Arc;
use std::time::{Duration, SystemTime};

use rustls::pki_types::UnixTime;
use rustls::time_provider::TimeProvider;
use time::OffsetDateTime;
use time::format_description::well_known::Rfc3339;

/// A source of wall time.
#[derive(Clone)]
pub struct Clock(Arc<dyn Fn() -> SystemTime + Send + Sync>);

impl Clock {
    /// A clock that reads `now`.
    pub fn new(now: impl Fn() -> SystemTime + Send + Sync + 'static) -> Self {
        Self(Arc::new(now))
    }

    /// The present moment.
    pub fn now(&self) -> SystemTime {
        (self.0)()
    }
}

impl fmt::Debug for Clock {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Clock")
    }
}

/// rustls judges a certificate's dates by the same clock.
impl TimeProvider for Clock {
    fn current_time(&self) -> Option<UnixTime> {
        let since_epoch = self.now().duration_since(SystemTime::UNIX_EPOCH).ok()?;
        Some(UnixTime::since_unix_epoch(since_epoch))
    }
}

/// Time left until `ends`; `None` if that is unknown or past. Local stand-ins for Lambda send
/// deadlines that are past; Lambda itself would have stopped the process.
pub fn time_left(now: SystemTime, ends: Option<SystemTime>) -> Option<Duration> {
    ends?.duration_since(now).ok().filter(|left| !left.is_zero())
}

/// The time assumed for an invocation without a deadline, as under a local stand-in for Lambda:
/// long enough to probe a path that is being set up a few times, short enough for a person who
/// waits at a terminal.
const UNKNOWN_TIME: Duration = Duration::from_mins(1);

/// Time left until `ends`, or the assumed time if that is unknown or past.
pub fn time_left_or_assumed(now: SystemTime, ends: Option<SystemTime>) -> Duration {
    time_left(now, ends).unwrap_or(UNKNOWN_TIME)
}

/// `2027-01-01T00:00:00Z` ([RFC 3339](https://www.rfc-editor.org/rfc/rfc3339)); empty for a
/// moment outside the years 1 to 9999, which no certificate or server can mean.
pub fn rfc3339_seconds(moment: SystemTime) -> String {
    let mut text = String::with_capacity(20);
    if push_to_the_second(&mut text, moment).is_some() {
        text.push('Z');
    }
    text
}

/// `2027-01-01T00:00:00.123Z`, otherwise as [`rfc3339_seconds`].
pub fn rfc3339_millis(moment: SystemTime) -> String {
    let mut text = String::with_capacity(24);
    if let Some(date) = push_to_the_second(&mut text, moment) {
        text.push('.');
        push_digits(&mut text, u32::from(date.millisecond()), 100);
        text.push('Z');
    }
    text
}

/// Writes date and time without the library's formatter, which takes about 2,500 instructions a
/// call; every warm probe writes three. Writes nothing for a moment outside the calendar.
fn push_to_the_second(text: &mut String, moment: SystemTime) -> Option<OffsetDateTime> {
    let date = to_date(moment)?;
    let year = u32::try_from(date.year()).ok()?;
    let two_digits = [
        ('-', u8::from(date.month())),
        ('-', date.day()),
        ('T', date.hour()),
        (':', date.minute()),
        (':', date.second()),
    ];
    push_digits(text, year, 1_000);
    for (before, number) in two_digits {
        text.push(before);
        push_digits(text, u32::from(number), 10);
    }
    Some(date)
}

/// Writes a number from the digit at `place` (1, 10, 100 …) down.
fn push_digits(text: &mut String, number: u32, mut place: u32) {
    while place > 0 {
        if let Some(digit) = char::from_digit(number / place % 10, 10) {
            text.push(digit);
        }
        place /= 10;
    }
}

fn to_date(moment: SystemTime) -> Option<OffsetDateTime> {
    let nanoseconds = match moment.duration_since(SystemTime::UNIX_EPOCH) {
        Ok(after) => i128::try_from(after.as_nanos()).ok()?,
        Err(before) => -i128::try_from(before.duration().as_nanos()).ok()?,
    };
    OffsetDateTime::from_unix_timestamp_nanos(nanoseconds).ok()
}

/// The moment that an RFC 3339 text names, if it is one.
pub fn parse_rfc3339(text: &str) -> Option<SystemTime> {
    let date = OffsetDateTime::parse(text, &Rfc3339).ok()?;
    let seconds = u64::try_from(date.unix_timestamp()).ok()?;
    SystemTime::UNIX_EPOCH.checked_add(Duration::from_secs(seconds))
}

/// How far another clock is from this machine's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Offset {
    /// The other one is ahead by this much, or equal.
    Ahead(Duration),
    /// The other one is behind by this much.
    Behind(Duration),
}

impl Offset {
    /// Of `other`, as seen from `here`.
    pub fn of(other: SystemTime, here: SystemTime) -> Self {
        match other.duration_since(here) {
            Ok(ahead) => Self::Ahead(ahead),
            Err(behind) => Self::Behind(behind.duration()),
        }
    }

    /// Without its direction.
    pub fn size(self) -> Duration {
        match self {
            Self::Ahead(size) | Self::Behind(size) => size,
        }
    }
}

impl fmt::Display for Offset {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Ahead(size) => write!(f, "{} ahead of", human_duration(*size)),
            Self::Behind(size) => write!(f, "{} behind", human_duration(*size)),
        }
    }
}

/// A duration for people: `2 days`, `3 hours`, `15 min`, `42 s`, `2.5 s`, `250 ms`.
pub fn human_duration(span: Duration) -> String {
    let seconds = span.as_secs();
    match seconds {
        0 if span.as_millis() == 0 => "less than 1 ms".to_owned(),
        0 => format!("{} ms", span.as_millis()),
        1..10 if span.subsec_millis() >= 100 => {
            format!("{seconds}.{} s", span.subsec_millis() / 100)
        }
        1..120 => format!("{seconds} s"),
        120..7_200 => format!("{} min", seconds / 60),
        7_200..172_800 => format!("{} hours", seconds / 3_600),
        _ => format!("{} days", seconds / 86_400),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use proptest::prelude::*;

    #[test]
    fn a_moment_is_written_as_rfc_3339() {
        let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(1_795_000_000_123);
        assert_eq!(rfc3339_millis(moment), "2026-11-18T11:06:40.123Z");
        assert_eq!(rfc3339_seconds(moment), "2026-11-18T11:06:40Z");
    }

    proptest! {
        #[test]
        fn any_moment_is_written_as_the_library_writes_it(millis in 0_u64..253_402_300_800_000) {
            let moment = SystemTime::UNIX_EPOCH + Duration::from_millis(millis);
            let second = to_date(moment).unwrap().replace_millisecond(0).unwrap();
            prop_assert_eq!(rfc3339_seconds(moment), second.format(&Rfc3339).unwrap());
            let expected = rfc3339_seconds(moment).replace('Z', &format!(".{:03}Z", millis % 1_000));
            prop_assert_eq!(rfc3339_millis(moment), expected);
        }
    }

    #[test]
    fn a_moment_beyond_the_calendar_is_empty_and_no_panic() {
        let far = SystemTime::UNIX_EPOCH + Duration::from_secs(1 << 60);
        assert_eq!(rfc3339_seconds(far), "");
    }

    #[test]
    fn a_text_is_read_back() {
        let moment = parse_rfc3339("2026-11-18T11:06:40Z").unwrap();
        assert_eq!(rfc3339_seconds(moment), "2026-11-18T11:06:40Z");
        assert_eq!(parse_rfc3339("2026-11-18T13:06:40+02:00"), Some(moment));
        assert_eq!(parse_rfc3339("soon"), None);
    }

    #[test]
    fn an_offset_says_which_way() {
        let here = SystemTime::UNIX_EPOCH + Duration::from_secs(1_000);
        let ahead = Offset::of(here + Duration::from_mins(10), here);
        assert_eq!(ahead.to_string(), "10 min ahead of");
        assert_eq!(Offset::of(here, here + Duration::from_mins(1)).to_string(), "60 s behind");
    }

    #[test]
    fn a_span_is_written_in_its_largest_unit() {
        for (millis, expected) in [
            (0, "less than 1 ms"),
            (20, "20 ms"),
            (2_560, "2.5 s"),
            (5_004, "5 s"),
            (90_000, "90 s"),
            (900_000, "15 min"),
            (10_800_000, "3 hours"),
            (259_200_000, "3 days"),
        ] {
            assert_eq!(human_duration(Duration::from_millis(millis)), expected);
        }
    }
}
