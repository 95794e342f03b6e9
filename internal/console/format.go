package console

import (
	"strconv"
	"strings"
	"time"
	"unicode/utf8"

	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/money"
	"purse/internal/statement"
)

// digits is an amount in groups of three, with a minus sign that cannot be
// mistaken for a hyphen.
func digits(a money.Amount) string {
	text := a.String()
	sign := ""
	if rest, negative := strings.CutPrefix(text, "-"); negative {
		sign, text = "−", rest
	}
	whole, fraction, decimals := strings.Cut(text, ".")
	var b strings.Builder
	b.WriteString(sign)
	for i, digit := range whole {
		if i > 0 && (len(whole)-i)%3 == 0 {
			b.WriteByte(',')
		}
		b.WriteRune(digit)
	}
	if decimals {
		b.WriteByte('.')
		b.WriteString(fraction)
	}
	return b.String()
}

func currency(a money.Amount) string { return a.Currency().Code() }

// lastFour is the end of a number, which tells it apart without giving it away.
func lastFour(number string) string { return number[max(0, len(number)-4):] }

// grouped is a wallet's number as people read it out.
func grouped(number string) string {
	if len(number) != 10 {
		return number
	}
	return number[:3] + " " + number[3:6] + " " + number[6:]
}

// shortNumber is a party's number: a card's, or one that is masked, by its end.
func shortNumber(number string) string {
	switch {
	case number == "":
		return ""
	case len(number) == 16 || strings.Contains(number, "*"):
		return "•••• " + lastFour(number)
	}
	return grouped(number)
}

var typeNames = map[statement.Type]string{
	statement.Transfer: "Transfer", statement.Income: "Income", statement.Purchase: "Purchase",
	statement.Bill: "Bill", statement.SavingsTopUp: "To savings", statement.SavingsWithdraw: "From savings",
}

func typeName(t statement.Type) string { return typeNames[t] }

func surfaceName(s identity.Surface) string {
	switch s {
	case identity.Bank:
		return "Bank app"
	case identity.Console:
		return "Console"
	case identity.Personal:
		return "Personal account"
	case identity.Wallet:
		return "Wallet app"
	case identity.Bot:
		return "Telegram bot"
	case identity.Gift:
		return "Gift app"
	}
	return string(s)
}

// Names that browsers and systems send, the more telling ones first: most also
// send the names of those they once imitated.
var (
	browserNames = [][2]string{
		{"Edg/", "Edge"}, {"OPR/", "Opera"}, {"SamsungBrowser/", "Samsung Internet"}, {"Firefox/", "Firefox"}, {"FxiOS/", "Firefox"},
		{"CriOS/", "Chrome"}, {"Chrome/", "Chrome"}, {"Safari/", "Safari"}, {"PostmanRuntime/", "Postman"}, {"curl/", "curl"},
	}
	systemNames = [][2]string{
		{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS X", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"},
	}
)

const maxAgentShown = 60 // characters

// browser names the browser that a User-Agent stands for; what is not
// recognised is shown as it is, cut.
func browser(agent string) string {
	if agent == "" {
		return "Unknown browser"
	}
	name, system := nameIn(browserNames, agent), nameIn(systemNames, agent)
	switch {
	case name != "" && system != "":
		return name + " on " + system
	case name != "":
		return name
	case utf8.RuneCountInString(agent) > maxAgentShown:
		return string([]rune(agent)[:maxAgentShown]) + "…"
	}
	return agent
}

func nameIn(names [][2]string, agent string) string {
	for _, name := range names {
		if strings.Contains(agent, name[0]) {
			return name[1]
		}
	}
	return ""
}

// stamp is a time for machines; moment and day are for people, in UTC.
func stamp(t time.Time) string  { return t.UTC().Format(time.RFC3339) }
func moment(t time.Time) string { return t.UTC().Format("2 Jan 2006, 15:04") }
func day(t time.Time) string    { return t.UTC().Format("2 Jan 2006") }

// waitText is a wait in words, rounded up.
func waitText(wait time.Duration) string {
	seconds := int(httpkit.WholeSeconds(wait))
	if seconds <= 90 {
		return plural(seconds, "second")
	}
	return plural((seconds+59)/60, "minute")
}

func plural(count int, unit string) string {
	if count != 1 {
		unit += "s"
	}
	return strconv.Itoa(count) + " " + unit
}
