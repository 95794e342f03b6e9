package bind

import (
	"math/big"
	"strings"
	"time"

	"purse/internal/money"
)

// The date reasons, Detail of DateText and DateTimeText.
const (
	DateTooShort        = "too_short"
	DateExtraCharacters = "extra_characters"
	DateSeparator       = "date_separator"
	DateTimeSeparator   = "date_time_separator"
	DateYearCharacter   = "year_character"
	DateMonthCharacter  = "month_character"
	DateDayCharacter    = "day_character"
	DateMonthRange      = "month_range"
	DateDayRange        = "day_range"
	DateYearRange       = "year_range"
	DateTooLate         = "too_late" // the year 10000 in UTC, which JSON answers cannot have
	TimeSeparator       = "time_separator"
	TimeHourCharacter   = "hour_character"
	TimeMinuteCharacter = "minute_character"
	TimeSecondCharacter = "second_character"
	TimeHourRange       = "hour_range"
	TimeMinuteRange     = "minute_range"
	TimeSecondRange     = "second_range"
	TimeFractionMissing = "fraction_missing"
	TimeZoneSign        = "zone_sign"
	TimeZoneHour        = "zone_hour"
	TimeZoneMinute      = "zone_minute"
	TimeZoneMinuteRange = "zone_minute_range"
	TimeZoneRange       = "zone_range"
	TimestampTooSmall   = "timestamp_too_small"
	TimestampTooLarge   = "timestamp_too_large"
)

// Bounds of dates: those that Pydantic gives Unix timestamps.
const (
	firstYear      = 1600
	lastYear       = 9999
	firstTimestamp = -11_676_096_000 // 1600-01-01
	lastTimestamp  = 253_402_300_799 // 9999-12-31T23:59:59

	// millisecondsBeyond is the size from which a Unix timestamp is in
	// milliseconds (Pydantic's rule).
	millisecondsBeyond = 20_000_000_000
)

// Date is a required calendar date, returned as midnight UTC: YYYY-MM-DD, a
// date-time at midnight, or a Unix timestamp at midnight UTC, as Pydantic
// accepts it. Years before 1600 are refused.
func (s *Source) Date(name string) time.Time {
	v, found := s.require(name)
	if !found {
		return time.Time{}
	}
	text, ok := v.dateText()
	if !ok {
		v.violate(NotDate, 0, "", nil)
		return time.Time{}
	}
	date, rest, reason := parseDate(text)
	if reason == "" && rest == "" {
		return date
	}
	moment, reason := parseDateTime(text)
	switch {
	case reason != "":
		v.violate(DateText, 0, reason, nil)
	case moment.Hour() != 0 || moment.Minute() != 0 || moment.Second() != 0 || moment.Nanosecond() != 0:
		v.violate(DateWithTime, 0, "", nil)
	default:
		return time.Date(moment.Year(), moment.Month(), moment.Day(), 0, 0, 0, 0, time.UTC)
	}
	return time.Time{}
}

// DateTime is a required point in time, returned in UTC and cut to
// microseconds: RFC 3339 with "T", "t", "_" or a space, seconds optional; a date
// (midnight); or a Unix timestamp, as Pydantic accepts them. Without an offset
// it is UTC. Years before 1600 and after 9999, in UTC, are refused.
func (s *Source) DateTime(name string) time.Time {
	v, found := s.require(name)
	if !found {
		return time.Time{}
	}
	text, ok := v.dateText()
	if !ok {
		v.violate(NotDateTime, 0, "", nil)
		return time.Time{}
	}
	moment, reason := parseDateTime(text)
	if reason == "" {
		// An offset can lead out of the years that dates, JSON and other systems have.
		switch moment = moment.UTC(); {
		case moment.Year() < firstYear:
			v.violate(DateTimeText, 0, DateYearRange, nil)
			return time.Time{}
		case moment.Year() > lastYear:
			v.violate(DateTimeText, 0, DateTooLate, nil)
			return time.Time{}
		}
		return moment
	}
	date, rest, dateReason := parseDate(text)
	if dateReason == "" && rest != "" {
		dateReason = DateExtraCharacters
	}
	if dateReason == "" {
		return date
	}
	v.violate(DateTimeText, 0, dateReason, nil)
	return time.Time{}
}

// dateText is the text of a string or number; ok is false for other types.
func (v *value) dateText() (text string, ok bool) {
	switch v.kind {
	case isString:
		return strings.TrimSpace(string(v.said())), true
	case isNumber:
		return string(v.raw()), true
	}
	return "", false
}

// parseDate reads YYYY-MM-DD and returns what follows it.
func parseDate(text string) (date time.Time, rest string, reason string) {
	if len(text) < len("YYYY-MM-DD") {
		return time.Time{}, "", DateTooShort
	}
	year, ok := digits(text[:4])
	switch {
	case !ok:
		return time.Time{}, "", DateYearCharacter
	case year < firstYear:
		return time.Time{}, "", DateYearRange
	case text[4] != '-':
		return time.Time{}, "", DateSeparator
	}
	month, ok := digits(text[5:7])
	switch {
	case !ok:
		return time.Time{}, "", DateMonthCharacter
	case text[7] != '-':
		return time.Time{}, "", DateSeparator
	}
	day, ok := digits(text[8:10])
	switch {
	case !ok:
		return time.Time{}, "", DateDayCharacter
	case month < 1 || month > 12:
		return time.Time{}, "", DateMonthRange
	}
	date = time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	if day < 1 || date.Day() != day {
		return time.Time{}, "", DateDayRange
	}
	return date, text[10:], ""
}

// digits reads a number of decimal digits alone.
func digits(text string) (n int, ok bool) {
	for _, c := range []byte(text) {
		if !isDigit(c) {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// parseDateTime reads a date, a separator and a time of day, or a Unix
// timestamp. The reason is that of the text when it is neither.
func parseDateTime(text string) (moment time.Time, reason string) {
	date, rest, reason := parseDate(text)
	if reason == "" {
		if rest == "" || !strings.ContainsAny(rest[:1], "Tt_ ") {
			reason = DateTimeSeparator
		} else if moment, reason = parseTime(date, rest[1:]); reason == "" {
			return moment, ""
		}
	}
	if number, err := money.ParseDecimal(text); err == nil {
		return timestamp(number)
	}
	return time.Time{}, reason
}

// parseTime reads HH:MM[:SS[.ffffff]] and an optional offset.
func parseTime(date time.Time, text string) (moment time.Time, reason string) {
	if len(text) < len("HH:MM") {
		return time.Time{}, DateTooShort
	}
	hour, ok := digits(text[:2])
	if !ok {
		return time.Time{}, TimeHourCharacter
	}
	if text[2] != ':' {
		return time.Time{}, TimeSeparator
	}
	minute, ok := digits(text[3:5])
	switch {
	case !ok:
		return time.Time{}, TimeMinuteCharacter
	case hour > 23:
		return time.Time{}, TimeHourRange
	case minute > 59:
		return time.Time{}, TimeMinuteRange
	}
	second, microsecond, rest, reason := parseSecond(text[5:])
	if reason != "" {
		return time.Time{}, reason
	}
	offset, reason := parseOffset(rest)
	if reason != "" {
		return time.Time{}, reason
	}
	zone := time.UTC
	if offset != 0 {
		zone = time.FixedZone("", offset)
	}
	year, month, day := date.Date()
	return time.Date(year, month, day, hour, minute, second, microsecond*1000, zone), ""
}

// parseSecond reads [:SS[.ffffff]] and returns what follows. Digits after the
// sixth are read and dropped, as Pydantic does.
func parseSecond(text string) (second, microsecond int, rest, reason string) {
	text, found := strings.CutPrefix(text, ":")
	if !found {
		return 0, 0, text, ""
	}
	if len(text) < 2 {
		return 0, 0, "", TimeSecondCharacter
	}
	second, ok := digits(text[:2])
	switch {
	case !ok:
		return 0, 0, "", TimeSecondCharacter
	case second > 59:
		return 0, 0, "", TimeSecondRange
	}
	text = text[2:]
	if text == "" || text[0] != '.' && text[0] != ',' {
		return second, 0, text, ""
	}
	text = text[1:]
	count := 0
	for count < len(text) && isDigit(text[count]) {
		if count < 6 {
			microsecond = microsecond*10 + int(text[count]-'0')
		}
		count++
	}
	if count == 0 {
		return 0, 0, "", TimeFractionMissing
	}
	for range 6 - count {
		microsecond *= 10
	}
	return second, microsecond, text[count:], ""
}

// parseOffset reads "", "Z", "±HH:MM" or "±HHMM", in seconds.
func parseOffset(text string) (seconds int, reason string) {
	if text == "" {
		return 0, ""
	}
	sign := 1
	switch rest, minus := strings.CutPrefix(text, "\u2212"); {
	case text[0] == 'Z' || text[0] == 'z':
		if len(text) > 1 {
			return 0, DateExtraCharacters
		}
		return 0, ""
	case text[0] == '+':
		text = text[1:]
	case text[0] == '-':
		sign, text = -1, text[1:]
	case minus:
		sign, text = -1, rest
	default:
		return 0, TimeZoneSign
	}
	if len(text) < 2 {
		return 0, TimeZoneHour
	}
	hour, ok := digits(text[:2])
	if !ok {
		return 0, TimeZoneHour
	}
	text = strings.TrimPrefix(text[2:], ":")
	if len(text) < 2 {
		return 0, TimeZoneMinute
	}
	minute, ok := digits(text[:2])
	switch {
	case !ok:
		return 0, TimeZoneMinute
	case minute > 59:
		return 0, TimeZoneMinuteRange
	case hour > 23:
		return 0, TimeZoneRange
	case len(text) > 2:
		return 0, DateExtraCharacters
	}
	return sign * (hour*3600 + minute*60), ""
}

// timestamp is a number of seconds, or of milliseconds when it is large, since
// 1970, rounded down to the microsecond.
func timestamp(number money.Decimal) (moment time.Time, reason string) {
	seconds := number.Rat()
	if new(big.Rat).Abs(seconds).Cmp(big.NewRat(millisecondsBeyond, 1)) > 0 {
		seconds.Quo(seconds, big.NewRat(1000, 1))
	}
	seconds.Mul(seconds, big.NewRat(1_000_000, 1))
	microseconds := new(big.Int).Div(seconds.Num(), seconds.Denom()) // Euclidean: down, for a denominator is positive
	switch {
	case microseconds.Cmp(big.NewInt(firstTimestamp*1_000_000)) < 0:
		return time.Time{}, TimestampTooSmall
	case microseconds.Cmp(big.NewInt(lastTimestamp*1_000_000+999_999)) > 0:
		return time.Time{}, TimestampTooLarge
	}
	return time.UnixMicro(microseconds.Int64()).UTC(), ""
}
