package bind

import (
	"bytes"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"purse/internal/mailaddr"
)

// String is a required text, in NFC and without white space around it. It has
// 1 to DefaultMax characters, unless a rule says otherwise, and no control
// characters.
func (s *Source) String(name string, list ...Rule) string {
	v, found := s.require(name)
	if !found {
		return ""
	}
	text, _ := v.string(gather(list))
	return text
}

// OptionalString is String for a text that may be missing or null; given tells
// whether it was there and right.
func (s *Source) OptionalString(name string, list ...Rule) (text string, given bool) {
	v, found := s.optional(name)
	if !found {
		return "", false
	}
	return v.string(gather(list))
}

// Secret is a required password or the like: NFC (NIST SP 800-63B-4, section
// 3.1.1.2) but never trimmed, 1 to DefaultMax characters unless a rule says
// otherwise, no control characters.
func (s *Source) Secret(name string, list ...Rule) string {
	v, found := s.require(name)
	if !found {
		return ""
	}
	text, _ := v.secret(gather(list))
	return text
}

// OptionalSecret is Secret for a text that may be missing or null.
func (s *Source) OptionalSecret(name string, list ...Rule) (text string, given bool) {
	v, found := s.optional(name)
	if !found {
		return "", false
	}
	return v.secret(gather(list))
}

// Email is a required e-mail address, as mailaddr.Parse returns it: case kept
// before the @-sign. Rules: OrNumber, by which a number is no address rather than no text.
func (s *Source) Email(name string, list ...Rule) string {
	v, found := s.require(name)
	if !found {
		return ""
	}
	said, ok := v.written(gather(list))
	if !ok {
		return ""
	}
	if bytes.ContainsFunc(bytes.TrimSpace(said), unicode.IsControl) {
		v.violate(ControlChar, 0, "", nil)
		return ""
	}
	address, err := mailaddr.Parse(string(said))
	if err != nil {
		v.violate(InvalidEmail, 0, string(mailaddr.ReasonOf(err)), err)
		return ""
	}
	return address
}

func (v *value) string(r rules) (text string, ok bool) {
	said, ok := v.written(r)
	if !ok {
		return "", false
	}
	return v.bounded(bytes.TrimSpace(said), r)
}

func (v *value) secret(r rules) (text string, ok bool) {
	said, ok := v.written(r)
	if !ok {
		return "", false
	}
	return v.bounded(said, r)
}

// written is the text of a value that is one.
func (v *value) written(r rules) (text []byte, ok bool) {
	switch {
	case v.kind == isString:
		return v.said(), true
	case v.kind == isNumber && r.orNumber:
		return v.raw(), true
	}
	v.violate(NotString, 0, "", nil)
	return nil, false
}

// bounded holds a text against its rules.
func (v *value) bounded(said []byte, r rules) (text string, ok bool) {
	ascii, control := scan(said, r.multiline)
	length := len(said)
	if !ascii {
		said = norm.NFC.Bytes(said)
		length = utf8.RuneCount(said)
	}
	switch {
	case control:
		v.violate(ControlChar, 0, "", nil)
	case length < r.min:
		v.violate(TooShort, r.min, "", nil)
	case length > r.max:
		v.violate(TooLong, r.max, "", nil)
	case r.pattern != nil && !r.pattern.Match(said):
		v.violate(Mismatch, 0, r.pattern.String(), nil)
	default:
		return v.checked(string(said), r.checks)
	}
	return "", false
}

// checked holds a text that is right otherwise against the rules Check.
func (v *value) checked(text string, checks []Rule) (string, bool) {
	for i := range checks {
		if !checks[i].holds(text) {
			v.violate(Refused, 0, checks[i].reason, nil)
			return "", false
		}
	}
	return text, true
}

// scan looks for control characters (Unicode category Cc) and for anything
// beyond ASCII.
func scan(text []byte, multiline bool) (ascii, control bool) {
	ascii = true
	for i := 0; i < len(text); i++ {
		c := text[i]
		switch {
		case c >= utf8.RuneSelf:
			ascii = false
			if c == 0xc2 && i+1 < len(text) && text[i+1] < 0xa0 { // U+0080 to U+009F
				control = true
			}
		case c == '\n' || c == '\r' || c == '\t':
			control = control || !multiline
		case c < ' ' || c == 0x7f:
			control = true
		}
	}
	return ascii, control
}
