package apidoc_test

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"purse/internal/apidoc"

	"github.com/getkin/kin-openapi/openapi3"
)

// everyDocument is the surfaces' documents and the merged one.
func everyDocument(t *testing.T) map[string][]byte {
	t.Helper()
	all := map[string][]byte{"merged": apidoc.Merged()}
	for _, name := range apidoc.Surfaces() {
		raw, ok := apidoc.Document(name)
		if !ok {
			t.Fatalf("surface %q is listed but has no document", name)
		}
		all[name] = raw
	}
	return all
}

func load(t *testing.T, raw []byte) *openapi3.T {
	t.Helper()
	document, err := openapi3.NewLoader().LoadFromData(raw)
	if err != nil {
		t.Fatal(err)
	}
	return document
}

func TestDocumentsAreValidOpenAPI31WithFittingExamples(t *testing.T) {
	for name, raw := range everyDocument(t) {
		t.Run(name, func(t *testing.T) {
			document := load(t, raw)
			if !strings.HasPrefix(document.OpenAPI, "3.1.") {
				t.Errorf("openapi is %q", document.OpenAPI)
			}
			if err := document.Validate(t.Context(), openapi3.EnableExamplesValidation()); err != nil {
				t.Error(err)
			}
			if err := noNameTwice(json.NewDecoder(bytes.NewReader(raw)), ""); err != nil {
				t.Error(err)
			}
		})
	}
}

// noNameTwice reads one value and fails on an object that names a member twice.
func noNameTwice(decoder *json.Decoder, at string) error {
	token, err := decoder.Token()
	if err != nil {
		return err
	}
	delimiter, compound := token.(json.Delim)
	if !compound {
		return nil
	}
	names := map[string]bool{}
	for i := 0; decoder.More(); i++ {
		inner := fmt.Sprintf("%s/%d", at, i)
		if delimiter == '{' {
			name, err := decoder.Token()
			if err != nil {
				return err
			}
			inner = at + "/" + name.(string)
			if names[inner] {
				return fmt.Errorf("%s is there twice", inner)
			}
			names[inner] = true
		}
		if err := noNameTwice(decoder, inner); err != nil {
			return err
		}
	}
	_, err = decoder.Token()
	return err
}

func TestEveryOperationIsWrittenForReaders(t *testing.T) {
	for name, raw := range everyDocument(t) {
		document := load(t, raw)
		tags := map[string]bool{}
		for _, tag := range document.Tags {
			tags[tag.Name] = true
		}
		for path, item := range document.Paths.Map() {
			for method, operation := range item.Operations() {
				t.Run(name+" "+method+" "+path, func(t *testing.T) {
					if operation.OperationID == "" || operation.Summary == "" || operation.Description == "" {
						t.Error("operationId, summary or description is missing")
					}
					if len(operation.Tags) != 1 || !tags[operation.Tags[0]] {
						t.Errorf("tags %q, want one that the document describes", operation.Tags)
					}
					if operation.Security == nil {
						t.Error("does not say who may call it")
					}
					if operation.RequestBody != nil {
						hasExamples(t, "request", operation.RequestBody.Value.Content)
					}
					for status, response := range operation.Responses.Map() {
						hasExamples(t, status, response.Value.Content)
					}
				})
			}
		}
	}
}

func hasExamples(t *testing.T, what string, content openapi3.Content) {
	t.Helper()
	for mediaType, media := range content {
		if media.Schema == nil || media.Example == nil && len(media.Examples) == 0 {
			t.Errorf("%s %s: schema or example is missing", what, mediaType)
		}
	}
}

// Whatever an operation does, it can meet a limit and a fault of ours, and where
// it takes an Idempotency-Key, a request with the same one that is under way.
func TestEveryOperationListsWhatAnyCanAnswer(t *testing.T) {
	for name, raw := range everyDocument(t) {
		for path, item := range load(t, raw).Paths.Map() {
			for method, operation := range item.Operations() {
				for _, status := range []string{"429", "500", "503"} {
					answer := operation.Responses.Value(status)
					if answer == nil {
						t.Errorf("%s: %s %s does not list %s", name, method, path, status)
					} else if status == "429" && !answer.Value.Headers["Retry-After"].Value.Required {
						t.Errorf("%s: %s %s: 429 does not promise Retry-After", name, method, path)
					}
				}
				if operation.Parameters.GetByInAndName("header", "Idempotency-Key") != nil && operation.Responses.Value("409") == nil {
					t.Errorf("%s: %s %s takes an Idempotency-Key and does not list 409", name, method, path)
				}
			}
		}
	}
}

// surfaces is every operation of each surface, with what it answers beside what
// any operation can.
var surfaces = map[string]map[string]string{
	"bank": {
		"POST /auth/register":        "200 400 409 422",
		"POST /auth/verify-email":    "200 406 422",
		"POST /auth/2fa/request":     "200 401 422",
		"POST /auth/2fa/confirm":     "200 401 422",
		"GET /auth/me":               "200 401",
		"POST /auth/reset":           "200 401 422",
		"PATCH /auth/reset":          "200 401 422",
		"POST /auth/logout":          "200",
		"DELETE /cleanup-unverified": "200",
		"POST /card/create":          "200 401 403 406 409 422",
		"GET /card":                  "200 401 406",
		"GET /card/{four_digits}":    "200 400 401 422",
		"DELETE /card/delete":        "200 401 403 406 422",
		"POST /card/transfer":        "200 401 403 406 409 422",
		"POST /card/history":         "200 401 406 422",
		"POST /savings/create":       "200 401 403 406 409 422",
		"GET /savings":               "200 401 406",
		"POST /savings/topUp":        "200 401 403 406 409 422",
		"POST /savings/decrease":     "200 401 403 406 409 422",
		"DELETE /savings/delete":     "200 401 403 406 422",
		"POST /bills/create":         "200 401 406 422",
		"GET /bills":                 "200 401 406",
		"POST /bills/pay":            "200 401 403 406 409 422",
		"POST /transfers/batch":      "200 400 401 403 409 422",
		"GET /":                      "200 303",
	},
	"bot": {
		"POST /api/v1/auth/register":               "200 400 401 422",
		"POST /api/v1/auth/login":                  "200 401 422",
		"POST /api/v1/auth/refresh":                "200 401 422",
		"POST /api/v1/auth/logout":                 "200 401",
		"POST /api/v1/auth/telegram/register":      "200 401 422",
		"POST /api/v1/auth/token/get":              "200 401 404 422",
		"POST /api/v1/auth/token/refresh-telegram": "200 401 404 422",
		"POST /api/v1/auth/telegram/start":         "200 401 422",
		"POST /api/v1/auth/telegram/confirm":       "200 400 401 409 422",
		"GET /api/v1/accounts":                     "200 401",
	},
	"gift": {
		"POST /api/user/register":                  "201 400",
		"POST /api/user/login":                     "200 400 401",
		"POST /api/user/refresh":                   "200 401",
		"GET /api/user/{id}":                       "200 404",
		"PUT /api/user/{id}":                       "200 400 401 403",
		"DELETE /api/user/withdraw":                "204 400 401",
		"POST /api/user/{id}/messages":             "201 400 401 403 404 409 422",
		"GET /api/user/{id}/messages":              "200 400 401 403",
		"GET /api/user/{id}/messages/{message_id}": "200 401 403 404",
	},
	"profile": {
		"POST /account/registration":      "200 400 403",
		"POST /account/login":             "200 400 403",
		"GET /account/login/check":        "200 400",
		"GET /account/me":                 "200 403",
		"POST /account/edit/info":         "200 400 403",
		"POST /account/avatar":            "200 400 403",
		"DELETE /account/avatar":          "200 403",
		"GET /info/users/":                "200 400",
		"GET /info/users/search-{search}": "200 400",
		"GET /info/avatars/{name}":        "200 304 404",
	},
	"wallet": {
		"POST /users/create/":                   "201 400 415",
		"POST /users/verify/":                   "201 400 415",
		"GET /users/":                           "200 401",
		"PATCH /users/update/":                  "200 400 401 403 415",
		"POST /users/password/update/":          "201 400 401 415",
		"PATCH /users/password/verify/":         "200 400 401 415",
		"POST /users/token/create/":             "201 400 401 415",
		"POST /users/token/refresh/":            "201 400 401 415",
		"GET /users/wallets/":                   "200 401",
		"POST /users/wallets/create/":           "201 400 401 403 409 415 422",
		"GET /users/wallets/{id}/":              "200 401 404",
		"PATCH /users/wallets/{id}/update/":     "200 400 401 404 415",
		"POST /users/wallets/{id}/deposit/":     "201 400 401 403 404 409 415 422",
		"POST /users/wallets/{id}/withdraw/":    "201 400 401 403 404 409 415 422",
		"POST /users/wallets/{id}/transfer/":    "201 400 401 403 404 409 415 422",
		"GET /users/wallets/{id}/transactions/": "200 400 401 404",
	},
}

func TestDocumentsCoverTheirSurfaces(t *testing.T) {
	for name, want := range surfaces {
		raw, _ := apidoc.Document(name)
		got := map[string]string{}
		for path, item := range load(t, raw).Paths.Map() {
			for method, operation := range item.Operations() {
				statuses := slices.Sorted(maps.Keys(operation.Responses.Map()))
				statuses = slices.DeleteFunc(statuses, func(status string) bool { return status == "429" || status >= "500" })
				got[method+" "+path] = strings.Join(statuses, " ")
			}
		}
		for operation, statuses := range want {
			if got[operation] != statuses {
				t.Errorf("%s: %s answers %q, want %q", name, operation, got[operation], statuses)
			}
		}
		for operation := range got {
			if _, wanted := want[operation]; !wanted {
				t.Errorf("%s: %s is not part of the surface", name, operation)
			}
		}
	}
	for _, name := range apidoc.Surfaces() {
		if surfaces[name] == nil {
			t.Errorf("%s is not held to its surface", name)
		}
	}
}

func TestMergedDocumentHasEveryOperation(t *testing.T) {
	merged := load(t, apidoc.Merged())
	count := 0
	for _, name := range apidoc.Surfaces() {
		raw, _ := apidoc.Document(name)
		for path, item := range load(t, raw).Paths.Map() {
			for method, operation := range item.Operations() {
				count++
				found := merged.Paths.Value(path).GetOperation(method)
				if found == nil || found.OperationID != name+"."+operation.OperationID || found.Responses.Len() != operation.Responses.Len() {
					t.Errorf("%s %s of %s is not in it as it was written", method, path, name)
				}
			}
		}
	}
	if all := merged.Paths.Len(); all == 0 || count < all {
		t.Errorf("%d operations on %d merged paths", count, all)
	}
}

func TestDocumentOfAnUnknownSurface(t *testing.T) {
	for _, name := range []string{"", "nobody", "../purse", "bank.json"} {
		if _, ok := apidoc.Document(name); ok {
			t.Errorf("%q has a document", name)
		}
	}
}
