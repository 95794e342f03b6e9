package bind_test

import (
	"testing"
	"time"

	"purse/internal/httpkit/bind"
)

func TestDates(t *testing.T) {
	day := time.Date(2019, 8, 24, 0, 0, 0, 0, time.UTC)
	for _, text := range []string{`"2019-08-24"`, `"2019-08-24T00:00:00"`, `"2019-08-24 00:00Z"`, `1566604800`, `"1566604800"`, `1566604800000`} {
		in := bind.Parse([]byte(`{"v":`+text+`}`), "")
		if got := in.Date("v"); !got.Equal(day) || in.Err() != nil {
			t.Errorf("%s: %v, %v", text, got, in.Err())
		}
	}
	bad := []struct {
		text   string
		kind   bind.Kind
		reason string
	}{
		{`null`, bind.NotDate, ""},
		{`true`, bind.NotDate, ""},
		{`[]`, bind.NotDate, ""},
		{`""`, bind.DateText, bind.DateTooShort},
		{`"2019-8-4"`, bind.DateText, bind.DateTooShort},
		{`"not a date at all"`, bind.DateText, bind.DateYearCharacter},
		{`"2019/08/24"`, bind.DateText, bind.DateSeparator},
		{`"2019-x8-24"`, bind.DateText, bind.DateMonthCharacter},
		{`"2019-08-x4"`, bind.DateText, bind.DateDayCharacter},
		{`"2019-13-24"`, bind.DateText, bind.DateMonthRange},
		{`"2019-00-24"`, bind.DateText, bind.DateMonthRange},
		{`"2019-02-29"`, bind.DateText, bind.DateDayRange},
		{`"2019-08-00"`, bind.DateText, bind.DateDayRange},
		{`"0019-08-24"`, bind.DateText, bind.DateYearRange},
		{`"2019-08-24x"`, bind.DateText, bind.DateTimeSeparator},
		{`"2019-0824"`, bind.DateText, bind.DateTooShort},
		{`"2019-08/24"`, bind.DateText, bind.DateSeparator},
		{`"2019-08-24T1"`, bind.DateText, bind.DateTooShort},
		{`"2019-08-24Tx1:00"`, bind.DateText, bind.TimeHourCharacter},
		{`"2019-08-24T14.15"`, bind.DateText, bind.TimeSeparator},
		{`"2019-08-24T14:x5"`, bind.DateText, bind.TimeMinuteCharacter},
		{`"2019-08-24T25:00"`, bind.DateText, bind.TimeHourRange},
		{`"2019-08-24T14:60"`, bind.DateText, bind.TimeMinuteRange},
		{`"2019-08-24T14:15:2"`, bind.DateText, bind.TimeSecondCharacter},
		{`"2019-08-24T14:15:x2"`, bind.DateText, bind.TimeSecondCharacter},
		{`"2019-08-24T14:15:60"`, bind.DateText, bind.TimeSecondRange},
		{`"2019-08-24T14:15:22.1234567x"`, bind.DateText, bind.TimeZoneSign},
		{`"2019-08-24T14:15:22."`, bind.DateText, bind.TimeFractionMissing},
		{`"2019-08-24T14:15:22x"`, bind.DateText, bind.TimeZoneSign},
		{`"2019-08-24T14:15:22Zx"`, bind.DateText, bind.DateExtraCharacters},
		{`"2019-08-24T14:15:22+"`, bind.DateText, bind.TimeZoneHour},
		{`"2019-08-24T14:15:22+x1"`, bind.DateText, bind.TimeZoneHour},
		{`"2019-08-24T14:15:22+01"`, bind.DateText, bind.TimeZoneMinute},
		{`"2019-08-24T14:15:22+01:x0"`, bind.DateText, bind.TimeZoneMinute},
		{`"2019-08-24T14:15:22+01:60"`, bind.DateText, bind.TimeZoneMinuteRange},
		{`"2019-08-24T14:15:22-24:00"`, bind.DateText, bind.TimeZoneRange},
		{`"2019-08-24T14:15:22+01:000"`, bind.DateText, bind.DateExtraCharacters},
		{`"2019-08-24T14:15:22Z"`, bind.DateWithTime, ""},
		{`1566604801`, bind.DateWithTime, ""},
		{`-20000000000`, bind.DateText, bind.TimestampTooSmall},
		{`1e30`, bind.DateText, bind.TimestampTooLarge},
	}
	for _, c := range bad {
		got := only(t, func(in *bind.Input) { in.Date("v") }, `{"v":`+c.text+`}`)
		if got.Kind != c.kind || got.Detail != c.reason {
			t.Errorf("%s: %s %s, want %s %s", c.text, got.Kind, got.Detail, c.kind, c.reason)
		}
	}
}

func TestDateTimesAreUTCUnlessTheySayOtherwise(t *testing.T) {
	for text, want := range map[string]string{
		`"2019-08-24T14:15:22Z"`:           "2019-08-24T14:15:22Z",
		`"2019-08-24T14:15:22"`:            "2019-08-24T14:15:22Z",
		`"2019-08-24 14:15"`:               "2019-08-24T14:15:00Z",
		`"2019-08-24T14:15:22+05:30"`:      "2019-08-24T08:45:22Z",
		`"2019-08-24T14:15:22-0800"`:       "2019-08-24T22:15:22Z",
		`"2019-08-24T14:15:22\u221208"`:    "",
		`"2019-08-24T14:15:22\u221208:0"`:  "",
		`"2019-08-24T14:15:22\u221208:00"`: "2019-08-24T22:15:22Z",
		`"2019-08-24t14:15:22.25z"`:        "2019-08-24T14:15:22.25Z",
		`"2019-08-24_14:15:22,000001"`:     "2019-08-24T14:15:22.000001Z",
		`"2019-08-24T14:15:22.123456789Z"`: "2019-08-24T14:15:22.123456Z",
		`"9999-12-31T23:59:59.9999999Z"`:   "9999-12-31T23:59:59.999999Z",
		`"2019-08-24"`:                     "2019-08-24T00:00:00Z",
		`1566656122`:                       "2019-08-24T14:15:22Z",
		`1566656122.5`:                     "2019-08-24T14:15:22.5Z",
		`1566656122500`:                    "2019-08-24T14:15:22.5Z",
		`"1566656122"`:                     "2019-08-24T14:15:22Z",
		`"2019-08-24 14:15Z"`:              "2019-08-24T14:15:00Z",
		`-0.5`:                             "1969-12-31T23:59:59.5Z",
	} {
		in := bind.Parse([]byte(`{"v":`+text+`}`), "")
		got := in.DateTime("v")
		if want == "" {
			if in.Err() == nil {
				t.Errorf("%s: accepted as %v", text, got)
			}
			continue
		}
		if in.Err() != nil || got.Format(time.RFC3339Nano) != want {
			t.Errorf("%s: %v, %v, want %s", text, got, in.Err(), want)
		}
	}
	bad := []struct {
		text   string
		kind   bind.Kind
		reason string
	}{
		{`null`, bind.NotDateTime, ""},
		{`false`, bind.NotDateTime, ""},
		{`"tomorrow"`, bind.DateTimeText, bind.DateTooShort},
		{`"2019-13-24T14:15:22Z"`, bind.DateTimeText, bind.DateMonthRange},
		{`"2019-08-24T24:00:00Z"`, bind.DateTimeText, bind.DateExtraCharacters},
		{`"2019-08-24T14:15:22+25:00"`, bind.DateTimeText, bind.DateExtraCharacters},
		{`"9999-12-31T23:59:59-23:59"`, bind.DateTimeText, bind.DateTooLate},   // the year 10000 in UTC
		{`"1600-01-01T00:00:00+00:01"`, bind.DateTimeText, bind.DateYearRange}, // the year 1599 in UTC
		{`1e20`, bind.DateTimeText, bind.DateTooShort},
	}
	for _, c := range bad {
		got := only(t, func(in *bind.Input) { in.DateTime("v") }, `{"v":`+c.text+`}`)
		if got.Kind != c.kind || got.Detail != c.reason {
			t.Errorf("%s: %s %s, want %s %s", c.text, got.Kind, got.Detail, c.kind, c.reason)
		}
	}
}
