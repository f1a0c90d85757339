//! The `Date` header: `Sun, 06 Nov 1994 08:49:37 GMT` (RFC 9110, 5.6.7).

const DAYS: [&[u8; 3]; 7] = [b"Thu", b"Fri", b"Sat", b"Sun", b"Mon", b"Tue", b"Wed"];
const MONTHS: [&[u8; 3]; 12] = [
    b"Jan", b"Feb", b"Mar", b"Apr", b"May", b"Jun", b"Jul", b"Aug", b"Sep", b"Oct", b"Nov", b"Dec",
];

/// Of seconds since 1970. Years beyond 9999 are written as that one's last second.
pub fn imf_fixdate(seconds: u64) -> [u8; 29] {
    let seconds = seconds.min(253_402_300_799);
    let (days, time) = (seconds / 86400, (seconds % 86400) as usize);
    let (year, month, day) = civil(days as usize);
    let mut text = *b"Thu, 01 Jan 1970 00:00:00 GMT";
    text[..3].copy_from_slice(DAYS[(days % 7) as usize]);
    text[8..11].copy_from_slice(MONTHS[month - 1]);
    for (at, number) in [
        (5, day),
        (12, year / 100),
        (14, year % 100),
        (17, time / 3600),
        (20, time / 60 % 60),
        (23, time % 60),
    ] {
        text[at] = b'0' + (number / 10) as u8;
        text[at + 1] = b'0' + (number % 10) as u8;
    }
    text
}

/// Year, month and day. Years begin in March here, so that leap days are at the end of one; 400 of
/// them are an era, and the first one that is counted begins in the year 0.
fn civil(days_since_1970: usize) -> (usize, usize, usize) {
    let days = days_since_1970 + 719_468;
    let (era, day) = (days / 146_097, days % 146_097);
    let year = (day - day / 1460 + day / 36_524 - day / 146_096) / 365;
    let day = day - (365 * year + year / 4 - year / 100);
    let month = (5 * day + 2) / 153;
    let day = day - (153 * month + 2) / 5 + 1;
    let month = if month < 10 { month + 3 } else { month - 9 };
    (year + era * 400 + usize::from(month <= 2), month, day)
}

#[cfg(test)]
mod tests {
    use super::imf_fixdate;

    #[track_caller]
    fn check(seconds: u64, text: &str) {
        assert_eq!(std::str::from_utf8(&imf_fixdate(seconds)), Ok(text));
    }

    #[test]
    fn dates_are_those_of_the_calendar() {
        check(0, "Thu, 01 Jan 1970 00:00:00 GMT");
        check(784_111_777, "Sun, 06 Nov 1994 08:49:37 GMT");
        check(951_782_400, "Tue, 29 Feb 2000 00:00:00 GMT");
        check(951_868_799, "Tue, 29 Feb 2000 23:59:59 GMT");
        check(951_868_800, "Wed, 01 Mar 2000 00:00:00 GMT");
        check(4_107_542_399, "Sun, 28 Feb 2100 23:59:59 GMT");
        check(4_107_542_400, "Mon, 01 Mar 2100 00:00:00 GMT");
        check(1_735_689_599, "Tue, 31 Dec 2024 23:59:59 GMT");
        check(253_402_300_799, "Fri, 31 Dec 9999 23:59:59 GMT");
        check(u64::MAX, "Fri, 31 Dec 9999 23:59:59 GMT");
    }

    #[test]
    fn days_follow_each_other() {
        let mut days_of_month = 0;
        let mut last = imf_fixdate(0);
        for day in 1..60_000_u64 {
            let date = imf_fixdate(day * 86400);
            let number = (date[5] - b'0') * 10 + date[6] - b'0';
            let before = (last[5] - b'0') * 10 + last[6] - b'0';
            days_of_month += 1;
            if number == 1 {
                assert_eq!(before, days_of_month, "{day}");
                assert_ne!(last[8..11], date[8..11]);
                days_of_month = 0;
            } else {
                assert_eq!(number, before + 1, "{day}");
                assert_eq!(last[8..16], date[8..16]);
            }
            last = date;
        }
    }
}
