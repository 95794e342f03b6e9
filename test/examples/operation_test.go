package examples

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"purse/internal/apidoc"
	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
)

// signedIn makes somebody on a surface, by the examples of its document, and
// returns the headers by which they are known.
var signedIn = map[string]func(t *testing.T, c *apptest.Client) map[string]string{
	"bank": func(t *testing.T, c *apptest.Client) map[string]string {
		c.Email, c.Phone, c.SSN = "ana.reyes@example.com", "+77015550142", "900-12-3456"
		if err := c.Register(t.Context()); err != nil {
			t.Fatal(err)
		}
		return nil // the client keeps the cookie
	},
	"profile": func(t *testing.T, c *apptest.Client) map[string]string {
		token := field(t, c, "token", "/account/registration", `{"login":"danila_g","password":"Voskresensk1","email":"danila@example.com","first_name":"Данила","last_name":"Гинда"}`, "browser", "Chrome 122.0")
		return map[string]string{"Authorization": token, "browser": "Chrome 122.0"}
	},
	"wallet": func(t *testing.T, c *apptest.Client) map[string]string {
		c.Email = "ana.reyes@example.com"
		const credentials = `"phone_number":"+77011234567","password":"correct horse battery"`
		session := field(t, c, "session_id", "/users/create/", `{"email":"ana.reyes@example.com",`+credentials+`}`)
		code, err := c.Code(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		field(t, c, "message", "/users/verify/", fmt.Sprintf(`{"session_id":%q,"code":%q}`, session, code))
		return map[string]string{"Authorization": "Bearer " + field(t, c, "access", "/users/token/create/", `{`+credentials+`}`)}
	},
	"bot": func(t *testing.T, c *apptest.Client) map[string]string {
		return map[string]string{"Authorization": "Bearer " + field(t, c, "access_token", "/api/v1/auth/register", `{"email":"user@example.com","password":"correct horse battery","first_name":"John"}`)}
	},
	"gift": func(t *testing.T, c *apptest.Client) map[string]string {
		const credentials = `"email":"goddessana@example.com","password":"Vhtmxmaos123#"`
		field(t, c, "success", "/api/user/register", `{"username":"goddessana",`+credentials+`}`)
		return map[string]string{"Authorization": "Bearer " + field(t, c, "access_token", "/api/user/login", `{`+credentials+`}`)}
	},
}

// field is a text in the answer to a request that has to succeed.
func field(t *testing.T, c *apptest.Client, name, path, body string, headers ...string) string {
	t.Helper()
	answer, err := c.Call(t.Context(), http.MethodPost, path, body, headers...)
	if err != nil || answer.Status >= 300 {
		t.Fatalf("POST %s: %d %s, %v", path, answer.Status, answer.Body, err)
	}
	return answer.Text(name)
}

// begins are those that signedIn has asked for already, with success: a second
// time the person is there already.
var begins = []string{"POST /account/registration", "POST /users/create/"}

// ends are the operations whose examples end the session that the others need.
var ends = []string{"POST /auth/logout", "POST /api/v1/auth/logout", "DELETE /api/user/withdraw"}

// A reader who presses "Try it out" sends these requests. They may name what is
// not there (another's card, a code of another day), but they are well formed.
func TestTheExampleOfEveryOperationCanBeTriedOut(t *testing.T) {
	for _, surface := range apidoc.Surfaces() {
		t.Run(surface, func(t *testing.T) {
			// Off: an example that met a limit would not be read.
			purse := apptest.Start(t, []string{"PURSE_RATE_LIMITS=off"}, "dev", "--ephemeral", "--listen", "{listen}")
			client := apptest.NewClient(purse.Base, 1)
			headers := signedIn[surface](t, client)
			examples := apidoctest.New(t, surface).Examples(t)
			slices.SortStableFunc(examples, func(a, b apidoctest.Example) int {
				return at(a.Operation) - at(b.Operation)
			})
			for _, example := range examples {
				request := example.Request(t)
				if slices.Contains(begins, example.Operation) || strings.HasPrefix(request.Header.Get("Content-Type"), "image/") {
					continue // no picture fits into a document
				}
				for name, value := range headers {
					request.Header.Set(name, value)
				}
				var sent []string
				for name := range request.Header {
					if name != "Cookie" { // the client has its own
						sent = append(sent, name, request.Header.Get(name))
					}
				}
				answer, err := client.Call(t.Context(), request.Method, request.URL.RequestURI(), example.Body, sent...)
				if err != nil {
					t.Fatal(err)
				}
				if !example.Documents(answer.Status) || malformed(surface, answer) {
					t.Errorf("%s: %d %s", example.Operation, answer.Status, answer.Body)
				}
			}
		})
	}
}

// at puts the operations that end a session last.
func at(operation string) int { return 1 + slices.Index(ends, operation) }

// malformed reports whether a surface found fault with a request's form.
func malformed(surface string, answer apptest.Answer) bool {
	var object map[string]any
	isObject := json.Unmarshal(answer.Body, &object) == nil
	switch {
	case answer.Status == http.StatusUnprocessableEntity || answer.Status == http.StatusUnsupportedMediaType || answer.Status >= 500:
		return true
	case surface == "profile": // 403 is a request that is wrong as a whole
		return answer.Status == http.StatusBadRequest || answer.Status == http.StatusForbidden
	case answer.Status != http.StatusBadRequest:
		return false
	case surface == "wallet": // what is wrong with a field stands below its name
		return object["error"] == nil
	case surface == "gift":
		_, fields := object["error"].(map[string]any)
		return fields
	}
	return !isObject
}
