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

	"purse/internal/apidoc"

	"github.com/getkin/kin-openapi/openapi3"
)

// A server that answered just as the examples say would pass: no example lacks
// or adds a field, a header, or a status.
func TestTheExamplesOfEveryDocumentPassAsExchanges(t *testing.T) {
	for _, surface := range apidoc.Surfaces() {
		t.Run(surface, func(t *testing.T) {
			v := New(t, surface)
			for path, item := range v.document.Paths.Map() {
				for method, operation := range item.Operations() {
					request, sent := exampleRequest(t, method, path, operation)
					for status, answer := range operation.Responses.Map() {
						for _, response := range exampleResponses(t, status, answer.Value) {
							if err := v.Exchange(request, sent, response.Result(), response.Body.Bytes()); err != nil {
								t.Error(err)
							}
						}
					}
				}
			}
			v.RequireAllSeen(t, nil)
		})
	}
}

func exampleRequest(t *testing.T, method, path string, operation *openapi3.Operation) (*http.Request, []byte) {
	t.Helper()
	var sent []byte
	mediaType := "application/json"
	if operation.RequestBody != nil {
		mediaType = leading(operation.RequestBody.Value.Content)
		sent = encode(t, mediaType, examples(operation.RequestBody.Value.Content[mediaType])[0])
	}
	query := url.Values{}
	for _, parameter := range operation.Parameters {
		switch p := parameter.Value; {
		case p.In == "path":
			path = strings.ReplaceAll(path, "{"+p.Name+"}", inText(p.Example))
		case p.In == "query" && p.Required:
			query.Set(p.Name, inText(p.Example))
		}
	}
	request := httptest.NewRequestWithContext(t.Context(), method, path, bytes.NewReader(sent))
	request.URL.RawQuery = query.Encode()
	request.Header.Set("Content-Type", mediaType)
	for _, parameter := range operation.Parameters {
		if p := parameter.Value; p.In == "header" && p.Required {
			request.Header.Set(p.Name, inText(p.Example))
		}
	}
	request.Header.Set("Authorization", "Bearer token")
	request.AddCookie(&http.Cookie{Name: "authorization", Value: "session"})
	return request, sent
}

// exampleResponses is one answer for each example, or one without a body.
func exampleResponses(t *testing.T, status string, answer *openapi3.Response) []*httptest.ResponseRecorder {
	t.Helper()
	code, err := strconv.Atoi(status)
	if err != nil {
		t.Fatalf("status %q: every one is to be listed by itself", status)
	}
	bodies, mediaType := [][]byte{nil}, leading(answer.Content)
	if media := answer.Content[mediaType]; media != nil {
		bodies = nil
		for _, example := range examples(media) {
			bodies = append(bodies, encode(t, mediaType, example))
		}
	}
	var responses []*httptest.ResponseRecorder
	for _, body := range bodies {
		recorder := httptest.NewRecorder()
		for name, header := range answer.Headers {
			recorder.Header().Set(name, inText(header.Value.Example))
		}
		recorder.Header().Set("Content-Type", mediaType)
		recorder.WriteHeader(code)
		recorder.Body.Write(body)
		responses = append(responses, recorder)
	}
	return responses
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

func encode(t *testing.T, mediaType string, value any) []byte {
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
