package apidoctest

import (
	"net/http/httptest"
	"strconv"
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
			for _, example := range v.Examples(t) {
				for status, answer := range example.operation.Responses.Map() {
					for _, response := range exampleResponses(t, status, answer.Value) {
						if err := v.Exchange(example.Request(t), example.Body, response.Result(), response.Body.Bytes()); err != nil {
							t.Error(err)
						}
					}
				}
			}
			v.RequireAllSeen(t, nil)
		})
	}
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
