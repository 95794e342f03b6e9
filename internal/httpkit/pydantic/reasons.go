package pydantic

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"unicode"

	"purse/internal/httpkit/bind"
	"purse/internal/mailaddr"
)

// dateReasons are the messages of speedate, which reads dates for Pydantic; that
// of DateTooLate is ours.
var dateReasons = map[string]string{
	bind.DateTooShort:        "input is too short",
	bind.DateExtraCharacters: "unexpected extra characters at the end of the input",
	bind.DateSeparator:       "invalid date separator, expected `-`",
	bind.DateTimeSeparator:   "invalid datetime separator, expected `T`, `t`, `_` or space",
	bind.DateYearCharacter:   "invalid character in year",
	bind.DateMonthCharacter:  "invalid character in month",
	bind.DateDayCharacter:    "invalid character in day",
	bind.DateMonthRange:      "month value is outside expected range of 1-12",
	bind.DateDayRange:        "day value is outside expected range",
	bind.DateYearRange:       "years before 1600 are not supported",
	bind.DateTooLate:         "dates after 9999 are not supported",
	bind.TimeSeparator:       "invalid time separator, expected `:`",
	bind.TimeHourCharacter:   "invalid character in hour",
	bind.TimeMinuteCharacter: "invalid character in minute",
	bind.TimeSecondCharacter: "invalid character in second",
	bind.TimeHourRange:       "hour value is outside expected range of 0-23",
	bind.TimeMinuteRange:     "minute value is outside expected range of 0-59",
	bind.TimeSecondRange:     "second value is outside expected range of 0-59",
	bind.TimeFractionMissing: "second fraction digits missing after `.`",
	bind.TimeZoneSign:        "invalid timezone sign",
	bind.TimeZoneHour:        "invalid timezone hour",
	bind.TimeZoneMinute:      "invalid timezone minute",
	bind.TimeZoneMinuteRange: "timezone minute value is outside expected range of 0-59",
	bind.TimeZoneRange:       "timezone offset must be less than 24 hours",
	bind.TimestampTooSmall:   "dates before 1600 are not supported as unix timestamps",
	bind.TimestampTooLarge:   "dates after 9999 are not supported as unix timestamps",
}

// emailReasons are the messages of email-validator, which reads addresses for
// Pydantic; %s stands for the characters or the excess.
var emailReasons = map[mailaddr.Reason]string{
	mailaddr.NoAt:           "An email address must have an @-sign.",
	mailaddr.DisplayName:    "A display name and angle brackets around the email address are not permitted here.",
	mailaddr.NothingBefore:  "There must be something before the @-sign.",
	mailaddr.NothingAfter:   "There must be something after the @-sign.",
	mailaddr.LocalTooLong:   "The email address is too long before the @-sign (%s).",
	mailaddr.LocalCharacter: "The email address contains invalid characters before the @-sign: %s.",
	mailaddr.LocalFirstDot:  "An email address cannot start with a period.",
	mailaddr.LocalLastDot:   "An email address cannot have a period immediately before the @-sign.",
	mailaddr.TwoDots:        "An email address cannot have two periods in a row.",
	mailaddr.DomainChar:     "The part after the @-sign contains invalid characters: %s.",
	mailaddr.DomainFirstDot: "An email address cannot have a period immediately after the @-sign.",
	mailaddr.DomainLastDot:  "An email address cannot end with a period.",
	mailaddr.FirstHyphen:    "An email address cannot have a hyphen immediately after the @-sign.",
	mailaddr.LastHyphen:     "An email address cannot end with a hyphen.",
	mailaddr.DotHyphen:      "An email address cannot have a period and a hyphen next to each other.",
	mailaddr.LabelTooLong:   "After the @-sign, periods cannot be separated by so many characters (%s).",
	mailaddr.DomainTooLong:  "The email address is too long after the @-sign (%s).",
	mailaddr.NoDot:          "The part after the @-sign is not valid. It should have a period.",
	mailaddr.TopLevel:       "The part after the @-sign is not valid. It is not within a valid top-level domain.",
	mailaddr.TooLong:        "The email address is too long (%s).",
}

func emailReason(err error) string {
	var e *mailaddr.Error
	if !errors.As(err, &e) {
		return ""
	}
	text := emailReasons[e.Reason]
	if !strings.Contains(text, "%s") {
		return text
	}
	if e.Excess > 0 {
		noun := "character"
		if e.Excess > 1 {
			noun += "s"
		}
		return fmt.Sprintf(text, fmt.Sprintf("%d %s too many", e.Excess, noun))
	}
	shown := make([]string, len(e.Characters))
	for i, c := range e.Characters {
		shown[i] = show(c)
	}
	slices.Sort(shown)
	return fmt.Sprintf(text, strings.Join(shown, ", "))
}

// show names a character: in quotes when it can be seen, else by its Unicode
// name (the two that people type) or its code point.
func show(c rune) string {
	switch {
	case c == ' ':
		return "SPACE"
	case c == '\u00a0':
		return "NO-BREAK SPACE"
	case c == '\'':
		return `"'"`
	case c == '\\':
		return `"\"`
	case unicode.In(c, unicode.L, unicode.N, unicode.P, unicode.S):
		return "'" + string(c) + "'"
	}
	return fmt.Sprintf("U+%04X", c)
}
