package console

import (
	"math"
	"strings"
	"testing"
	"time"

	"purse/internal/money"
)

func TestAmountsAreGroupedWithAllTheirDecimals(t *testing.T) {
	for _, c := range []struct {
		amount money.Amount
		want   string
	}{
		{money.New(0, money.USD), "0.00"},
		{money.New(5, money.USD), "0.05"},
		{money.New(99_999, money.USD), "999.99"},
		{money.New(100_000, money.USD), "1,000.00"},
		{money.New(123_456_789, money.USD), "1,234,567.89"},
		{money.New(-123_456, money.USD), "−1,234.56"},
		{money.New(1_234_567, money.KRW), "1,234,567"},
		{money.New(1_234_567, money.KWD), "1,234.567"},
		{money.New(math.MinInt64, money.KRW), "−9,223,372,036,854,775,808"},
	} {
		if got := digits(c.amount); got != c.want {
			t.Errorf("%s %s: got %q, want %q", c.amount, c.amount.Currency(), got, c.want)
		}
	}
}

func TestProgressIsRoundedDownAndNeverOverTheWhole(t *testing.T) {
	for _, c := range []struct {
		balance, goal int64
		want          int
	}{
		{0, 100, 0}, {1, 1000, 0}, {999, 1000, 99}, {1000, 1000, 100}, {5000, 1000, 100}, {1, 3, 33},
		{math.MaxInt64 - 1, math.MaxInt64, 99}, {math.MaxInt64, 1, 100}, {10, 0, 0},
	} {
		if got := percent(money.New(c.balance, money.USD), money.New(c.goal, money.USD)); got != c.want {
			t.Errorf("%d of %d: got %d, want %d", c.balance, c.goal, got, c.want)
		}
	}
}

func TestNumbersOfCardsAreNeverWrittenOut(t *testing.T) {
	for number, want := range map[string]string{
		"9123456789012345": "•••• 2345",
		"************2345": "•••• 2345",
		"******7890":       "•••• 7890",
		"1234567890":       "123 456 7890",
		"":                 "",
	} {
		if got := shortNumber(number); got != want {
			t.Errorf("%q: got %q, want %q", number, got, want)
		}
	}
}

func TestBrowsersAreNamedByWhatTheySend(t *testing.T) {
	for agent, want := range map[string]string{
		"": "Unknown browser",
		"Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0":                                                                  "Firefox on Linux",
		"Mozilla/5.0 (Windows NT 10.0; Win64; x64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Safari/537.36 Edg/141.0":               "Edge on Windows",
		"Mozilla/5.0 (Linux; Android 16) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/141.0.0.0 Mobile Safari/537.36":                            "Chrome on Android",
		"Mozilla/5.0 (iPhone; CPU iPhone OS 26_0 like Mac OS X) AppleWebKit/605.1.15 (KHTML, like Gecko) Version/26.0 Mobile/15E148 Safari/604.1": "Safari on iPhone",
		"curl/8.5.0":             "curl",
		"a bot":                  "a bot",
		strings.Repeat("é", 500): strings.Repeat("é", maxAgentShown) + "…",
	} {
		if got := browser(agent); got != want {
			t.Errorf("%q: got %q, want %q", agent, got, want)
		}
	}
}

func TestAWaitIsSaidInWordsAndNeverTooShort(t *testing.T) {
	for wait, want := range map[time.Duration]string{
		0:                       "1 second",
		time.Millisecond:        "1 second",
		1001 * time.Millisecond: "2 seconds",
		time.Minute:             "60 seconds",
		91 * time.Second:        "2 minutes",
		2*time.Minute + 1:       "3 minutes",
		15 * time.Minute:        "15 minutes",
	} {
		if got := waitText(wait); got != want {
			t.Errorf("%s: got %q, want %q", wait, got, want)
		}
	}
}
