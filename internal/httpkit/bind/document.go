package bind

import (
	"bytes"
	"unicode"
	"unicode/utf8"
)

// kind is the type of a JSON value.
type kind uint8

const (
	isNull kind = iota
	isFalse
	isTrue
	isNumber
	isString
	isArray
	isObject
)

// node is one value, or one key, of a document.
type node struct {
	kind       kind
	escaped    bool  // a string or key with a backslash in it
	start, end int32 // where its text lies, quotes and brackets included
}

// document is a JSON text that has been checked from end to end. Its first
// node is the whole value; if that is an object, its members follow: key,
// value, key, value. What lies deeper is checked and kept as text alone: no
// request that Purse reads has fields in fields.
type document struct {
	text  []byte
	nodes []node
}

// syntaxFault is where and why a text is no document.
type syntaxFault struct {
	reason   string
	position int // characters before it
}

// Bounds of a document. They keep the work and the memory that a body can
// cause in proportion to its length.
const (
	maxDepth   = 32   // arrays and objects in each other
	maxMembers = 1024 // of one object
	fewMembers = 16   // of one object, whose keys are compared one by one; more are kept in a set
)

// reader walks over a text once.
type reader struct {
	text  []byte
	at    int
	nodes []node
}

// read checks the text and lists its values; nodes is room for them. Beyond
// RFC 8259 it refuses a key that an object has already, in any case of its
// letters, and nesting deeper than maxDepth. A byte order mark is skipped.
func read(text []byte, nodes []node) (document, *syntaxFault) {
	text = bytes.TrimPrefix(text, []byte("\xef\xbb\xbf"))
	r := reader{text: text, nodes: nodes}
	if !utf8.Valid(text) {
		for r.at = 0; ; {
			c, size := utf8.DecodeRune(text[r.at:])
			if c == utf8.RuneError && size <= 1 {
				return document{}, r.syntaxFault(InvalidUTF8, r.at)
			}
			r.at += size
		}
	}
	r.space()
	if reason, at := r.value(0); reason != "" {
		return document{}, r.syntaxFault(reason, at)
	}
	r.space()
	if r.at < len(text) {
		return document{}, r.syntaxFault(ExtraData, r.at)
	}
	return document{text, r.nodes}, nil
}

func (r *reader) syntaxFault(reason string, at int) *syntaxFault {
	return &syntaxFault{reason, utf8.RuneCount(r.text[:at])}
}

func (r *reader) space() {
	for r.at < len(r.text) {
		switch r.text[r.at] {
		case ' ', '\t', '\n', '\r':
			r.at++
		default:
			return
		}
	}
}

// peek is the next byte, or 0 at the end: no token begins with it.
func (r *reader) peek() byte {
	if r.at < len(r.text) {
		return r.text[r.at]
	}
	return 0
}

// value reads one value and leaves one node, and at depth 0 its members'; a reason other than "" says what is wrong, and at
// which byte.
func (r *reader) value(depth int) (reason string, at int) {
	start, index := r.at, len(r.nodes)
	n := node{start: int32(start)}
	switch c := r.peek(); c {
	case '{', '[':
		if depth == maxDepth {
			return TooDeep, start
		}
		n.kind = isObject
		if c == '[' {
			n.kind = isArray
		}
		r.nodes = append(r.nodes, n)
		r.at++
		if n.kind == isObject {
			reason, at = r.members(depth+1, index)
		} else {
			reason, at = r.elements(depth + 1)
		}
		if reason != "" {
			return reason, at
		}
		r.nodes[index].end = int32(r.at)
		if depth > 0 {
			r.nodes = r.nodes[:index+1]
		}
		return "", 0
	case '"':
		return r.str()
	case 'n':
		n.kind = isNull
		r.word("null")
	case 't':
		n.kind = isTrue
		r.word("true")
	case 'f':
		n.kind = isFalse
		r.word("false")
	default:
		n.kind = isNumber
		r.number()
	}
	if r.at == start {
		return ExpectingValue, start
	}
	n.end = int32(r.at)
	r.nodes = append(r.nodes, n)
	return "", 0
}

func (r *reader) word(word string) {
	if bytes.HasPrefix(r.text[r.at:], []byte(word)) {
		r.at += len(word)
	}
}

// number reads the longest number there is; a fraction or an exponent without
// digits is left for the caller to stumble over.
func (r *reader) number() {
	at := r.at
	if r.peek() == '-' {
		at++
	}
	whole := r.digits(at)
	switch {
	case whole == at:
		return
	case r.text[at] == '0':
		whole = at + 1
	}
	r.at = whole
	if r.peek() == '.' {
		if end := r.digits(r.at + 1); end > r.at+1 {
			r.at = end
		}
	}
	if c := r.peek(); c == 'e' || c == 'E' {
		at = r.at + 1
		if at < len(r.text) && (r.text[at] == '+' || r.text[at] == '-') {
			at++
		}
		if end := r.digits(at); end > at {
			r.at = end
		}
	}
}

func (r *reader) digits(at int) int {
	for at < len(r.text) && r.text[at] >= '0' && r.text[at] <= '9' {
		at++
	}
	return at
}

func (r *reader) elements(depth int) (reason string, at int) {
	r.space()
	if r.peek() == ']' {
		r.at++
		return "", 0
	}
	kept := len(r.nodes)
	for {
		r.space()
		if reason, at = r.value(depth); reason != "" {
			return reason, at
		}
		r.nodes = r.nodes[:kept]
		r.space()
		switch r.peek() {
		case ']':
			r.at++
			return "", 0
		case ',':
			r.at++
		default:
			return ExpectingComma, r.at
		}
	}
}

func (r *reader) members(depth, object int) (reason string, at int) {
	r.space()
	if r.peek() == '}' {
		r.at++
		return "", 0
	}
	var known keys
	for {
		r.space()
		if r.peek() != '"' {
			return ExpectingName, r.at
		}
		key := len(r.nodes)
		start := r.at
		if reason, at = r.str(); reason != "" {
			return reason, at
		}
		if known.repeat(r, object, key) {
			return DuplicateName, start
		}
		if key-object > 2*maxMembers {
			return TooManyNames, start
		}
		r.space()
		if r.peek() != ':' {
			return ExpectingColon, r.at
		}
		r.at++
		r.space()
		if reason, at = r.value(depth); reason != "" {
			return reason, at
		}
		r.space()
		switch r.peek() {
		case '}':
			r.at++
			return "", 0
		case ',':
			r.at++
		default:
			return ExpectingComma, r.at
		}
	}
}

// str reads a string or a key.
func (r *reader) str() (reason string, at int) {
	n := node{kind: isString, start: int32(r.at)}
	for at = r.at + 1; at < len(r.text); {
		switch c := r.text[at]; {
		case c == '"':
			r.at = at + 1
			n.end = int32(r.at)
			r.nodes = append(r.nodes, n)
			return "", 0
		case c == '\\':
			n.escaped = true
			size, reason := escape(r.text[at:])
			if reason == UnterminatedString {
				return reason, int(n.start)
			}
			if reason != "" {
				return reason, at + size
			}
			at += size
		case c < ' ':
			return ControlInString, at
		default:
			at++
		}
	}
	return UnterminatedString, int(n.start)
}

// escape checks the escape sequence at the start of text, both halves of a
// surrogate pair together, and returns its length; with a reason, the offset
// of what is wrong.
func escape(text []byte) (size int, reason string) {
	if len(text) < 2 {
		return 0, UnterminatedString
	}
	switch text[1] {
	case '"', '\\', '/', 'b', 'f', 'n', 'r', 't':
		return 2, ""
	case 'u':
	default:
		return 0, InvalidEscape
	}
	c, ok := hex4(text[2:])
	if !ok {
		return 1, InvalidUnicodeEscape
	}
	if c < 0xd800 || c > 0xdfff {
		return 6, ""
	}
	if c > 0xdbff || len(text) < 8 || text[6] != '\\' || text[7] != 'u' {
		return 1, LoneSurrogate
	}
	low, ok := hex4(text[8:])
	if !ok {
		return 7, InvalidUnicodeEscape
	}
	if low < 0xdc00 || low > 0xdfff {
		return 1, LoneSurrogate
	}
	return 12, ""
}

func hex4(text []byte) (c rune, ok bool) {
	if len(text) < 4 {
		return 0, false
	}
	for _, digit := range text[:4] {
		switch {
		case digit >= '0' && digit <= '9':
			digit -= '0'
		case digit >= 'a' && digit <= 'f':
			digit -= 'a' - 10
		case digit >= 'A' && digit <= 'F':
			digit -= 'A' - 10
		default:
			return 0, false
		}
		c = c<<4 | rune(digit)
	}
	return c, true
}

// keys finds repeated keys while an object is read.
type keys struct {
	set map[string]struct{}
}

// repeat reports whether the object has the key, its newest, already, in any
// case of its letters.
func (k *keys) repeat(r *reader, object, key int) bool {
	d := document{r.text, r.nodes}
	if key-object < 2*fewMembers {
		name := d.bytes(key)
		for earlier := object + 1; earlier < key; earlier += 2 {
			if bytes.EqualFold(d.bytes(earlier), name) {
				return true
			}
		}
		return false
	}
	if k.set == nil {
		k.set = make(map[string]struct{}, 4*fewMembers)
		for earlier := object + 1; earlier < key; earlier += 2 {
			k.set[fold(d.bytes(earlier))] = struct{}{}
		}
	}
	folded := fold(d.bytes(key))
	_, repeated := k.set[folded]
	k.set[folded] = struct{}{}
	return repeated
}

// fold gives two keys one form exactly when bytes.EqualFold calls them equal.
func fold(key []byte) string {
	return string(bytes.Map(func(c rune) rune {
		least := c
		for other := unicode.SimpleFold(c); other != c; other = unicode.SimpleFold(other) {
			least = min(least, other)
		}
		return least
	}, key))
}

// raw is the text of a value as it was written.
func (d *document) raw(index int) []byte {
	return d.text[d.nodes[index].start:d.nodes[index].end]
}

// bytes is what a string or key says, without quotes and escapes.
func (d *document) bytes(index int) []byte {
	n := d.nodes[index]
	inner := d.text[n.start+1 : n.end-1]
	if !n.escaped {
		return inner
	}
	said := make([]byte, 0, len(inner))
	for len(inner) > 0 {
		if inner[0] != '\\' {
			said = append(said, inner[0])
			inner = inner[1:]
			continue
		}
		size, _ := escape(inner)
		switch c := inner[1]; c {
		case 'b':
			said = append(said, '\b')
		case 'f':
			said = append(said, '\f')
		case 'n':
			said = append(said, '\n')
		case 'r':
			said = append(said, '\r')
		case 't':
			said = append(said, '\t')
		case 'u':
			c, _ := hex4(inner[2:])
			if size == 12 {
				low, _ := hex4(inner[8:])
				c = 0x10000 + (c-0xd800)<<10 + (low - 0xdc00)
			}
			said = utf8.AppendRune(said, c)
		default:
			said = append(said, c)
		}
		inner = inner[size:]
	}
	return said
}

// member finds the value of a key of the outermost object.
func (d *document) member(name string) (index int, found bool) {
	for key := 1; key+1 < len(d.nodes); key += 2 {
		if string(d.bytes(key)) == name {
			return key + 1, true
		}
	}
	return 0, false
}
