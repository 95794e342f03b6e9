package bind

import (
	"bytes"
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
	length     int32 // of a list
}

// document is a JSON text that has been checked from end to end. Its first
// node is the whole value; if that is an object, its members follow: key,
// value, key, value. What lies deeper is checked and kept as text alone: few
// requests have fields in fields, and those are lists, which Objects reads again.
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
	text   []byte
	at     int
	nodes  []node
	length int32 // of the list that was read last
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
	n := node{start: int32(start)} // #nosec G115 -- bodies are far below 2 GiB
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
			r.nodes[index].length = r.length
		}
		if reason != "" {
			return reason, at
		}
		r.nodes[index].end = int32(r.at) // #nosec G115 -- bodies are far below 2 GiB
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
	n.end = int32(r.at) // #nosec G115 -- bodies are far below 2 GiB
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
		r.length = 0
		return "", 0
	}
	kept := len(r.nodes)
	for length := int32(1); ; length++ {
		r.space()
		if reason, at = r.value(depth); reason != "" {
			return reason, at
		}
		r.nodes = r.nodes[:kept]
		r.space()
		switch r.peek() {
		case ']':
			r.at++
			r.length = length
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
	n := node{kind: isString, start: int32(r.at)} // #nosec G115 -- bodies are far below 2 GiB
	for at = r.at + 1; at < len(r.text); {
		switch c := r.text[at]; {
		case c == '"':
			r.at = at + 1
			n.end = int32(r.at) // #nosec G115 -- bodies are far below 2 GiB
			r.nodes = append(r.nodes, n)
			return "", 0
		case c == '\\':
			n.escaped = true
			size, reason := escape(r.text[at:])
			if size == len(`\u0041`) && at+size == len(r.text) { // Python blames the escape, not the string
				size, reason = 1, InvalidUnicodeEscape
			}
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

// raw is the text of a value as it was written.
func (d *document) raw(index int) []byte {
	return d.text[d.nodes[index].start:d.nodes[index].end]
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
