package apidoctest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/getkin/kin-openapi/openapi3"
)

// Example is the request that a document shows for an operation.
type Example struct {
	Operation string // as in Answer
	Body      []byte
	mediaType string // of Body
	target    string
	operation *openapi3.Operation
}

// Request makes the request anew, with something at each place for a credential.
func (e Example) Request(t testing.TB) *http.Request {
	t.Helper()
	method, _, _ := strings.Cut(e.Operation, " ")
	request := httptest.NewRequestWithContext(t.Context(), method, e.target, bytes.NewReader(e.Body))
	if e.Body != nil {
		request.Header.Set("Content-Type", e.mediaType)
	}
	request.Header.Set("Authorization", "Bearer token")
	request.AddCookie(&http.Cookie{Name: "authorization", Value: "session"})
	for _, parameter := range e.operation.Parameters {
		if p := parameter.Value; p.In == openapi3.ParameterInHeader && p.Required {
			request.Header.Set(p.Name, inText(p.Example))
		}
	}
	return request
}

// Documents reports whether the document lists a status for the operation.
func (e Example) Documents(status int) bool {
	return e.operation.Responses.Value(strconv.Itoa(status)) != nil
}

// Examples is a request for each operation, in alphabetical order.
func (v *Validator) Examples(t testing.TB) []Example {
	t.Helper()
	var all []Example
	for path, item := range v.document.Paths.Map() {
		for method, operation := range item.Operations() {
			all = append(all, example(t, method, path, operation))
		}
	}
	slices.SortFunc(all, func(a, b Example) int { return strings.Compare(a.Operation, b.Operation) })
	return all
}

func example(t testing.TB, method, path string, operation *openapi3.Operation) Example {
	t.Helper()
	e := Example{Operation: operationName(method, path), operation: operation}
	if operation.RequestBody != nil {
		e.mediaType = leading(operation.RequestBody.Value.Content)
		if media := operation.RequestBody.Value.Content[e.mediaType]; media != nil {
			e.Body = encode(t, e.mediaType, examples(media)[0])
		}
	}
	query := url.Values{}
	for _, parameter := range operation.Parameters {
		switch p := parameter.Value; {
		case p.In == openapi3.ParameterInPath:
			path = strings.ReplaceAll(path, "{"+p.Name+"}", inText(p.Example))
		case p.In == openapi3.ParameterInQuery && p.Required:
			query.Set(p.Name, inText(p.Example))
		}
	}
	e.target = path
	if len(query) > 0 {
		e.target += "?" + query.Encode()
	}
	return e
}

// inText is an example as it stands in an address or a header.
func inText(example any) string {
	if number, is := example.(float64); is {
		return strconv.FormatFloat(number, 'f', -1, 64)
	}
	return fmt.Sprint(example)
}

func examples(media *openapi3.MediaType) []any {
	if media.Example != nil {
		return []any{media.Example}
	}
	var all []any
	for _, example := range media.Examples {
		all = append(all, example.Value.Value)
	}
	return all
}

// leading is the media type that the examples are tried with: JSON, or else the
// first by name.
func leading(content openapi3.Content) string {
	if len(content) == 0 || content["application/json"] != nil {
		return "application/json"
	}
	return slices.Min(slices.Collect(maps.Keys(content)))
}

func encode(t testing.TB, mediaType string, value any) []byte {
	t.Helper()
	if text, ok := value.(string); ok && mediaType != "application/json" {
		return []byte(text)
	}
	raw, err := json.Marshal(value)
	if err != nil {
		t.Fatal(err)
	}
	return raw
}
