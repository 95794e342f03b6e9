package bind

import "unicode/utf8"

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
