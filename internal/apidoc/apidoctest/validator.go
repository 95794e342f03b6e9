// Package apidoctest holds a running server against its API documents, in both
// directions: what the server answers must be documented, and what is documented
// must occur. Only tests import it; kin-openapi, which does the validating and
// knows OpenAPI 3.1 with JSON Schema 2020-12, stays out of the shipped binary.
package apidoctest

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"purse/internal/apidoc"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"
	"github.com/getkin/kin-openapi/routers"
	"github.com/getkin/kin-openapi/routers/legacy"
)

// Answer is one status of one operation.
type Answer struct {
	Operation string // method and path as documented, such as "GET /card/{four_digits}"
	Status    int
}

func (a Answer) String() string { return a.Operation + " " + strconv.Itoa(a.Status) }

// Validator checks exchanges against one surface's document and remembers which
// documented answers it has seen. It is safe for concurrent use.
type Validator struct {
	document *openapi3.T
	router   routers.Router

	mutex sync.Mutex
	seen  map[Answer]bool
}

// New makes the validator of a surface such as "bank", and fails the test when
// the surface has no valid document.
func New(t testing.TB, surface string) *Validator {
	t.Helper()
	raw, ok := apidoc.Document(surface)
	if !ok {
		t.Fatalf("apidoctest: surface %q has no document", surface)
	}
	v, err := newValidator(raw)
	if err != nil {
		t.Fatalf("apidoctest: surface %q: %v", surface, err)
	}
	return v
}

func newValidator(raw []byte) (*Validator, error) {
	document, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		return nil, err
	}
	document.Servers = nil // a test's server may listen anywhere
	router, err := legacy.NewRouter(document)
	if err != nil {
		return nil, err
	}
	return &Validator{document: document, router: router, seen: map[Answer]bool{}}, nil
}

func init() {
	for _, mediaType := range []string{"image/jpeg", "image/png", "image/svg+xml", "image/webp"} {
		openapi3filter.RegisterBodyDecoder(mediaType, openapi3filter.FileBodyDecoder)
	}
}

// formats that kin-openapi knows but does not check by itself.
var formats = []openapi3.SchemaValidationOption{
	openapi3.WithStringFormatValidator("uuid", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForUUIDOfRFC9562)),
	openapi3.WithStringFormatValidator("email", openapi3.NewRegexpFormatValidator(openapi3.FormatOfStringForEmail)),
}

// Exchange checks one request and its answer, given with their whole bodies, and
// records the answer. The answer's status, headers and body must be documented,
// without a field that is not. Where the server accepted the request (2xx), the
// request must be documented too, unless its context is Deviating.
func (v *Validator) Exchange(request *http.Request, requestBody []byte, response *http.Response, responseBody []byte) error {
	route, parameters, err := v.route(request)
	if err != nil {
		return fmt.Errorf("%s %s: %w", request.Method, request.URL.Path, err)
	}
	answer := Answer{operationName(route.Method, route.Path), response.StatusCode}

	input := &openapi3filter.RequestValidationInput{
		Request:    withBody(request, requestBody),
		PathParams: parameters,
		Route:      route,
		Options: &openapi3filter.Options{
			AuthenticationFunc:    hasCredential,
			IncludeResponseStatus: true,
			MultiError:            true,
			SkipSettingDefaults:   true,

			SchemaValidationOptions: formats,
		},
	}
	var problems []error
	if response.StatusCode/100 == 2 && !deviates(request.Context()) {
		if err := openapi3filter.ValidateRequest(request.Context(), input); err != nil {
			problems = append(problems, fmt.Errorf("accepted, though the document does not allow the request: %w", err))
		}
	}
	if err := v.checkResponse(input, response, responseBody); err != nil {
		problems = append(problems, err)
	}
	if len(problems) > 0 {
		return fmt.Errorf("%s: %w", answer, errors.Join(problems...))
	}
	v.mutex.Lock()
	defer v.mutex.Unlock()
	v.seen[answer] = true
	return nil
}

// route finds the documented operation. A trailing slash too many or too few
// reaches the same one.
func (v *Validator) route(request *http.Request) (*routers.Route, map[string]string, error) {
	route, parameters, err := v.router.FindRoute(request)
	if err == nil {
		return route, parameters, nil
	}
	other := request.Clone(request.Context())
	if trimmed, slashed := strings.CutSuffix(request.URL.Path, "/"); slashed {
		other.URL.Path = trimmed
	} else {
		other.URL.Path += "/"
	}
	if route, parameters, otherErr := v.router.FindRoute(other); otherErr == nil {
		return route, parameters, nil
	}
	return nil, nil, err
}

func (v *Validator) checkResponse(input *openapi3filter.RequestValidationInput, response *http.Response, body []byte) error {
	documented := input.Route.Operation.Responses.Status(response.StatusCode)
	if documented == nil {
		return errors.New("the status is not documented")
	}
	if input.Request.Method == http.MethodHead {
		return nil
	}
	check := &openapi3filter.ResponseValidationInput{
		RequestValidationInput: input,
		Status:                 response.StatusCode,
		Header:                 response.Header,
		Options:                input.Options,
	}
	check.SetBodyBytes(body)
	if err := openapi3filter.ValidateResponse(input.Request.Context(), check); err != nil {
		return err
	}

	content := documented.Value.Content
	if len(content) == 0 {
		if len(body) > 0 && response.StatusCode/100 == 2 {
			return errors.New("the answer has a body, which is not documented")
		}
		return nil
	}
	if !strings.HasPrefix(response.Header.Get("Content-Type"), "application/json") {
		return nil // a picture has no fields
	}
	var value any
	if err := json.Unmarshal(body, &value); err != nil {
		return fmt.Errorf("body: %w", err)
	}
	if fields := undeclared(content.Get(response.Header.Get("Content-Type")).Schema, value, ""); len(fields) > 0 {
		return fmt.Errorf("fields of the answer are not documented: %s", strings.Join(fields, ", "))
	}
	return nil
}

// Unseen is the documented answers that no exchange has had, in alphabetical order.
func (v *Validator) Unseen() []Answer {
	v.mutex.Lock()
	defer v.mutex.Unlock()
	var unseen []Answer
	for path, item := range v.document.Paths.Map() {
		for method, operation := range item.Operations() {
			for status := range operation.Responses.Map() {
				code, err := strconv.Atoi(status)
				answer := Answer{operationName(method, path), code}
				if err == nil && !v.seen[answer] {
					unseen = append(unseen, answer)
				}
			}
		}
	}
	slices.SortFunc(unseen, func(a, b Answer) int { return strings.Compare(a.String(), b.String()) })
	return unseen
}

// RequireAllSeen fails the test for each documented answer that never occurred
// and that exempt, which may be nil, does not let pass.
func (v *Validator) RequireAllSeen(t testing.TB, exempt func(Answer) bool) {
	t.Helper()
	for _, answer := range v.Unseen() {
		if exempt == nil || !exempt(answer) {
			t.Errorf("documented, but never occurred: %s", answer)
		}
	}
}

type deviating struct{}

// Deviating marks a request that is meant to differ from the document where the
// server is more lenient than the document says, such as a number sent as a
// string. Its answer is checked all the same.
func Deviating(ctx context.Context) context.Context {
	return context.WithValue(ctx, deviating{}, true)
}

func deviates(ctx context.Context) bool { return ctx.Value(deviating{}) != nil }

// hasCredential is satisfied by any credential at the documented place: whether
// it is a good one is the server's business.
func hasCredential(_ context.Context, input *openapi3filter.AuthenticationInput) error {
	request, scheme := input.RequestValidationInput.Request, input.SecurityScheme
	switch {
	case scheme.Type == "apiKey" && scheme.In == "cookie":
		_, err := request.Cookie(scheme.Name)
		return err
	case scheme.Type == "apiKey" && scheme.In == "header" && request.Header.Get(scheme.Name) != "":
		return nil
	case scheme.Type == "http" && request.Header.Get("Authorization") != "":
		return nil
	}
	return fmt.Errorf("the credential %s is missing", input.SecuritySchemeName)
}

func operationName(method, path string) string { return method + " " + path }

func withBody(request *http.Request, body []byte) *http.Request {
	clone := request.Clone(request.Context())
	clone.Body = http.NoBody
	if len(body) > 0 {
		clone.Body = readCloser{bytes.NewReader(body)}
	}
	return clone
}
