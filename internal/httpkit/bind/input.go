// Package bind reads what a request says. It has its own JSON reader, which
// keeps the exact text of numbers, and named getters, which collect everything
// that is wrong in the order in which it was asked for. It knows no wording and
// no endpoint: a surface renders the violations in its own dialect.
//
// A handler reads top to bottom: ask for every value, then look at Err once.
//
//	in := bind.Parse(call.Body(), call.ContentType())
//	digits := in.Path(call.PathValue).String("four_digits", bind.Match(fourDigits))
//	limit, limited := in.Query(request.URL.Query()).OptionalInt("limit", bind.Positive)
//	from := in.String("from_card_number", bind.Max(32))
//	amount := in.Decimal("amount", bind.Positive)        // money.Decimal
//	due := in.DateTime("due_date")                       // time.Time in UTC
//	code, sent := in.OptionalString("twofa_code", bind.AllowEmpty)
//	password := in.Secret("password")
//	if err := in.Err(); err != nil {
//		return err
//	}
//	done, err := cards.Transfer(ctx, from, amount)
//	if err != nil {
//		return in.Explain(err) // a rule about a field becomes a violation of that field
//	}
//
// Until Err returned nil the values mean nothing: a getter that found something
// wrong returns the zero value.
//
// Unknown fields are ignored. A body that nobody asks for a field of is not
// looked at; the first getter on a body that is missing, malformed or not an
// object records that, and the others on it stay silent.
package bind

import (
	"encoding/json"
	"mime"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"purse/internal/fault"
)

// MaxBody is the largest body, in bytes, that Parse reads; a longer one is the
// violation TooLarge.
const MaxBody = 1 << 20

// Input is one request's input and the violations found in it so far. Its own
// getters, those of Source, ask the body. It is for one goroutine.
type Input struct {
	Source
	document   document
	broken     *Violation // what is wrong with the body as a whole
	reported   bool       // broken is among the violations
	violations Violations
	room       [17]node // of a body of eight fields; more are allocated
}

// Parse checks a body. An empty contentType stands for JSON; with another one
// that is neither application/json nor application/…+json the body is not
// looked into (NotObject). An empty body is Missing, and so is null. The input
// refers to body, which must not change.
func Parse(body []byte, contentType string) *Input {
	in := new(Input)
	in.Source = Source{in: in, location: Body}
	switch {
	case len(body) > MaxBody:
		in.broken = &Violation{Kind: TooLarge, Limit: MaxBody}
	case len(body) == 0:
		in.broken = &Violation{Kind: Missing}
	case !isJSON(contentType):
		in.broken = &Violation{Kind: NotObject, Detail: OtherContentType, Input: quote(body)}
	default:
		document, wrong := read(body, in.room[:0])
		switch {
		case wrong != nil:
			in.broken = &Violation{Kind: Malformed, Limit: wrong.position, Detail: wrong.reason}
		case document.nodes[0].kind == isNull:
			in.broken = &Violation{Kind: Missing}
		case document.nodes[0].kind != isObject:
			in.broken = &Violation{Kind: NotObject, Input: document.raw(0)}
		}
		in.document = document
	}
	if in.broken != nil {
		in.broken.In = Body
	}
	return in
}

// isJSON is FastAPI's reading of the header, which forgives a missing one.
func isJSON(contentType string) bool {
	if contentType == "" || contentType == "application/json" {
		return true
	}
	mediaType, _, err := mime.ParseMediaType(contentType)
	if err != nil && mediaType == "" {
		mediaType, _, _ = strings.Cut(strings.ToLower(contentType), ";")
		mediaType = strings.TrimSpace(mediaType)
	}
	subtype, application := strings.CutPrefix(mediaType, "application/")
	return application && (subtype == "json" || strings.HasSuffix(subtype, "+json"))
}

// Err is nil when nothing is wrong, or ErrInput with all the violations.
func (in *Input) Err() error {
	if len(in.violations) == 0 {
		return nil
	}
	return ErrInput.Because(in.violations)
}

// Whole records what is wrong with the body as a whole, for a handler that may
// ask for no field of it.
func (in *Input) Whole() {
	if in.broken != nil {
		in.Source.broken()
	}
}

// Refuse records that a value breaks a rule that the getters do not know; cause
// says which, its first field with the reason. It does nothing where something is
// wrong with the value already, or with the body as a whole.
func (s *Source) Refuse(name string, cause *fault.Error) {
	if s.lookup == nil && s.in.broken != nil {
		return
	}
	for i := range s.in.violations {
		if v := &s.in.violations[i]; v.In == s.location && v.Name == name && v.List == s.list && v.Index == s.index {
			return
		}
	}
	detail := ""
	if len(cause.Fields) > 0 {
		detail = cause.Fields[0].Reason
	}
	if v, found := s.find(name); found {
		v.violate(Refused, 0, detail, cause)
		return
	}
	s.in.violations = append(s.in.violations, Violation{In: s.location, List: s.list, Index: s.index, Name: name, Kind: Refused, Detail: detail, Cause: cause})
}

// Explain turns a domain's error about a field (kind Invalid) into ErrInput
// with that field's violations: the reasons that are kinds here become those
// kinds, the others become Refused. Other errors, and nil, come back unchanged. in
// may be nil: then the violations show no input.
func (in *Input) Explain(err error) error {
	if err == nil || fault.KindOf(err) != fault.Invalid {
		return err
	}
	if _, known := Of(err); known {
		return err
	}
	if in == nil || in.broken != nil {
		return ErrInput.Because(explain(nil, err))
	}
	return ErrInput.Because(explain(&in.document, err))
}

// explain finds the violations of a domain's error in a document, or without one.
func explain(d *document, err error) Violations {
	cause := fault.From(err)
	fields := cause.Fields
	if len(fields) == 0 {
		fields = []fault.Field{{}}
	}
	var violations Violations
	for _, field := range fields {
		violations = append(violations, explainField(d, field, cause))
	}
	return violations
}

func explainField(d *document, field fault.Field, cause *fault.Error) Violation {
	v := Violation{In: Body, Name: field.Name, Kind: Refused, Detail: field.Reason, Cause: cause}
	if limit, ok := limitOf(Kind(field.Reason), field.Params); ok {
		v.Kind, v.Limit, v.Detail = Kind(field.Reason), limit, ""
	}
	if strings.Contains(field.Name, "-") && field.Name == http.CanonicalHeaderKey(field.Name) {
		v.In = Header
		return v
	}
	if d == nil {
		return v
	}
	if v.Name == "" {
		v.Input = d.raw(0)
	} else if index, found := d.member(v.Name); found {
		v.Input = d.raw(index)
	}
	return v
}

// Source is one part of a request: the body, an object of a list in it (Objects),
// the path, the query or the header. Its getters record what is wrong in the Input
// that it comes from. Each takes the field's name and the rules that its kind of
// value knows.
type Source struct {
	in       *Input
	location Location
	lookup   func(name string) (text string, found bool) // nil: the body
	list     string                                      // that it is an object of, or ""
	index    int                                         // in list
	object   document                                    // the object
}

// document is what the getters of the body look into.
func (s *Source) document() *document {
	if s.list != "" {
		return &s.object
	}
	return &s.in.document
}

// Path reads the values of the path, such as http.Request.PathValue gives.
func (in *Input) Path(value func(name string) string) *Source {
	return &Source{in: in, location: Path, lookup: func(name string) (string, bool) { return value(name), true }}
}

// Query reads the first value of each query parameter.
func (in *Input) Query(values url.Values) *Source {
	return &Source{in: in, location: Query, lookup: func(name string) (string, bool) {
		list := values[name]
		return strings.Join(list[:min(len(list), 1)], ""), len(list) > 0
	}}
}

// Header reads the first value of each header.
func (in *Input) Header(header http.Header) *Source {
	return &Source{in: in, location: Header, lookup: func(name string) (string, bool) {
		list := header.Values(name)
		return strings.Join(list[:min(len(list), 1)], ""), len(list) > 0
	}}
}

// value is one value that was found.
type value struct {
	source *Source
	name   string
	kind   kind
	index  int    // in the document
	text   string // outside the body
}

// find looks a value up. Only in a whole body can there be none without a
// violation having been recorded.
func (s *Source) find(name string) (v value, found bool) {
	if s.lookup != nil {
		text, found := s.lookup(name)
		return value{source: s, name: name, kind: isString, text: strings.ToValidUTF8(text, "\uFFFD")}, found
	}
	if s.in.broken != nil {
		return value{}, false
	}
	d := s.document()
	index, found := d.member(name)
	if !found {
		return value{}, false
	}
	return value{source: s, name: name, kind: d.nodes[index].kind, index: index}, true
}

// require is find for a value that must be there.
func (s *Source) require(name string) (value, bool) {
	v, found := s.find(name)
	if found {
		return v, true
	}
	missing := Violation{In: s.location, List: s.list, Index: s.index, Name: name, Kind: Missing}
	if s.lookup == nil {
		if s.in.broken != nil {
			s.broken()
			return value{}, false
		}
		missing.Input = s.document().raw(0)
	}
	s.in.violations = append(s.in.violations, missing)
	return value{}, false
}

// optional is find for a value that may be missing or null.
func (s *Source) optional(name string) (value, bool) {
	if s.lookup == nil && s.in.broken != nil {
		s.broken()
		return value{}, false
	}
	v, found := s.find(name)
	return v, found && v.kind != isNull
}

// broken records once that the body as a whole is wrong.
func (s *Source) broken() {
	if !s.in.reported {
		s.in.reported = true
		s.in.violations = append(s.in.violations, *s.in.broken)
	}
}

// Given reports whether the value is there at all, be it null. It records
// nothing.
func (s *Source) Given(name string) bool {
	_, found := s.find(name)
	return found
}

// Raw is the JSON text of a value of the body, or nil when it is not there. It
// records nothing.
func (in *Input) Raw(name string) []byte {
	if v, found := in.Source.find(name); found {
		return v.raw()
	}
	return nil
}

// said is what a string says.
func (v *value) said() []byte {
	if v.source.lookup != nil {
		return []byte(v.text)
	}
	return v.source.document().bytes(v.index)
}

// raw is a value of the body as it was written.
func (v *value) raw() []byte { return v.source.document().raw(v.index) }

// violate records what is wrong with the value.
func (v *value) violate(kind Kind, limit int, detail string, cause error) {
	violation := Violation{In: v.source.location, List: v.source.list, Index: v.source.index, Name: v.name, Kind: kind, Limit: limit, Detail: detail, Cause: cause}
	if v.source.lookup != nil {
		violation.Input = quote([]byte(v.text))
	} else {
		violation.Input = v.raw()
	}
	v.source.in.violations = append(v.source.in.violations, violation)
}

// quote is text as a JSON string.
func quote(text []byte) []byte {
	quoted, err := json.Marshal(strings.ToValidUTF8(string(text), "\uFFFD"))
	if err != nil {
		return nil // no string fails to encode
	}
	return slices.Clip(quoted)
}
