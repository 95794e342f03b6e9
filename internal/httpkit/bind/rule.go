package bind

import "regexp"

// Rule is what a getter asks of a value beyond its type.
type Rule struct {
	kind    ruleKind
	limit   int
	pattern *regexp.Regexp
	reason  string
	holds   func(text string) bool
}

type ruleKind uint8

const (
	maxRule ruleKind = iota
	allowEmptyRule
	multilineRule
	matchRule
	positiveRule
	checkRule
	orNumberRule
)

// DefaultMax is how many characters a text may have when no rule says so.
const DefaultMax = 255

// Rules without a parameter.
var (
	// AllowEmpty lets a text be empty, which it may not be otherwise.
	AllowEmpty = Rule{kind: allowEmptyRule}
	// Multiline lets a text hold line breaks and tabs, which are control
	// characters otherwise.
	Multiline = Rule{kind: multilineRule}
	// OrNumber lets a text be written as a JSON number, whose text it then is.
	OrNumber = Rule{kind: orNumberRule}
	// Positive asks a number to be greater than zero.
	Positive = Rule{kind: positiveRule}
)

// Max lets a text have up to limit characters.
func Max(limit int) Rule { return Rule{kind: maxRule, limit: limit} }

// Match asks a text to match pattern, which should be anchored.
func Match(pattern *regexp.Regexp) Rule { return Rule{kind: matchRule, pattern: pattern} }

// Check asks a text for what no pattern can say; reason, the Detail of the
// violation Refused, names it for the surface's words.
func Check(reason string, holds func(text string) bool) Rule {
	return Rule{kind: checkRule, reason: reason, holds: holds}
}

// rules is what the rules of one getter say together.
type rules struct {
	min, max                      int
	multiline, positive, orNumber bool
	pattern                       *regexp.Regexp
	checks                        []Rule
}

func gather(list []Rule) rules {
	r := rules{min: 1, max: DefaultMax}
	for i := range list {
		switch rule := &list[i]; rule.kind {
		case maxRule:
			r.max = rule.limit
		case allowEmptyRule:
			r.min = 0
		case multilineRule:
			r.multiline = true
		case matchRule:
			r.pattern = rule.pattern
		case positiveRule:
			r.positive = true
		case checkRule:
			r.checks = append(r.checks, *rule)
		case orNumberRule:
			r.orNumber = true
		}
	}
	return r
}
