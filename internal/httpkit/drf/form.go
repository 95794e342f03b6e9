package drf

import (
	"bytes"
	"encoding/hex"
	"encoding/json"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"strings"

	"purse/internal/fault"
	"purse/internal/httpkit/bind"
)

// maxFields is how many fields a form may have, which is Django's bound. It counts
// unknown and repeated ones too: each costs work.
const maxFields = 1000

var (
	errFields    = fault.Define(fault.Invalid, "drf.form_fields", "The form has more than 1000 fields.")
	errMultipart = fault.Define(fault.Invalid, "drf.form_multipart", "Multipart form parse error - Invalid multipart form.")
	errBoundary  = fault.Define(fault.Invalid, "drf.form_boundary", "Multipart form parse error - Invalid boundary in multipart.")
)

// form is what the fields of a form say: texts, or false for a file, which no field
// of this dialect can be. Of a name that comes again the last counts.
type form map[string]any

// parseForm reads a body of the two media types that the framework takes beside
// JSON: browsers, curl -d and curl -F send them. is tells whether it is one.
func parseForm(body []byte, contentType string) (in Input, is bool) {
	mediaType, _, _ := strings.Cut(contentType, ";")
	var fields form
	var wrong *fault.Error
	switch strings.ToLower(strings.TrimSpace(mediaType)) {
	case "application/x-www-form-urlencoded":
		fields, wrong = urlencoded(body)
	case "multipart/form-data":
		fields, wrong = multipartForm(body, contentType)
	default:
		return Input{}, false
	}
	if wrong != nil {
		in = Input{Input: bind.Parse([]byte("{}"), "")}
		in.Refuse("", wrong)
		return in, true
	}
	text, _ := json.Marshal(fields) // texts and false always encode
	return Input{bind.Parse(text, ""), true}, true
}

// set keeps a field, unless it cannot be one of this dialect's: their names are all
// in lower case, and unknown ones are ignored.
func (f form) set(name string, value any) {
	if name != "" && strings.Trim(name, "abcdefghijklmnopqrstuvwxyz_") == "" {
		f[name] = value
	}
}

// urlencoded is as forgiving as Python: a percent sign that begins no escape stands
// for itself, and so does a semicolon.
func urlencoded(body []byte) (form, *fault.Error) {
	if bytes.Count(body, []byte("&")) >= maxFields {
		return nil, errFields
	}
	fields := form{}
	for pair := range strings.SplitSeq(string(body), "&") {
		name, value, _ := strings.Cut(pair, "=")
		fields.set(unescape(name), unescape(value))
	}
	return fields, nil
}

func unescape(text string) string {
	var b strings.Builder
	for i := 0; i < len(text); i++ {
		c := text[i]
		if c == '+' {
			c = ' '
		}
		if c == '%' && i+2 < len(text) {
			if decoded, err := hex.DecodeString(text[i+1 : i+3]); err == nil {
				c = decoded[0]
				i += 2
			}
		}
		b.WriteByte(c)
	}
	return b.String()
}

func multipartForm(body []byte, contentType string) (form, *fault.Error) {
	_, parameters, err := mime.ParseMediaType(contentType)
	if err != nil || parameters["boundary"] == "" {
		return nil, errBoundary
	}
	fields, parts := form{}, multipart.NewReader(bytes.NewReader(body), parameters["boundary"])
	for range maxFields + 1 {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return fields, nil
		}
		if err != nil {
			return nil, errMultipart
		}
		text, err := io.ReadAll(part)
		if err != nil {
			return nil, errMultipart
		}
		var value any = string(text)
		if part.FileName() != "" {
			value = false
		}
		fields.set(part.FormName(), value)
	}
	return nil, errFields
}
