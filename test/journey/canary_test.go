package journey

import (
	"bytes"
	"context"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"purse/internal/apidoc"
	"purse/internal/apptest"
	"purse/internal/notify/smtptest"
)

// TestSecurity24SecretsReachNoLogNoMetricAndNoFile puts known secrets through every
// kind of route, rightly and wrongly, and looks for them afterwards in what
// Purse has written.
func TestSecurity24SecretsReachNoLogNoMetricAndNoFile(t *testing.T) {
	apptest.EachEngine(t, secretsStaySecret)
}

func secretsStaySecret(t *testing.T, databaseURL string) {
	ctx := context.Background()
	post := &postbox{t, smtptest.New(t, smtptest.Options{}), map[string]int{}}
	environment := production(databaseURL, post.server.URL())
	purse := apptest.Start(t, environment, "serve", "--listen", "{listen}")
	ada := apptest.NewClient(purse.Base, 1)
	ada.SSN = "078-05-1120"
	secrets := map[string]string{"the password": apptest.Password, "the social security number": ada.SSN}
	for _, setting := range environment {
		if name, value, _ := strings.Cut(setting, "="); name == "PURSE_SECRET_KEY" {
			secrets["the root key"] = value
		}
	}
	register(ctx, t, ada, post)
	secrets["a session's token"] = ada.Cookie
	card, err := ada.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	other, err := ada.OpenCard(ctx)
	if err != nil {
		t.Fatal(err)
	}
	secrets["a card's number"], secrets["another card's number"] = card.Number, other.Number
	var shown []struct{ CVV string }
	if err := ada.Must(ctx, "GET", "/card", nil, &shown); err != nil || len(shown) != 2 || len(shown[0].CVV) != 3 {
		t.Fatalf("the cards: %v, %+v", err, shown)
	}
	if _, err := ada.Transfer(ctx, card.Number, other.Number, "1.50"); err != nil {
		t.Fatal(err)
	}

	// The personal account has a token that is sent bare, and a password of its own.
	const password = "Voskresensk 1 spruce"
	registered, err := (&apptest.Client{Base: purse.Base, HTTP: ada.HTTP}).Call(ctx, "POST", "/account/registration", map[string]string{
		"login": "danila", "password": password, "email": "danila@example.com", "first_name": "Данила", "last_name": "Гинда",
	}, "browser", "Chrome 122.0")
	var account struct{ Token string }
	if err != nil || registered.Decode(&account) != nil || account.Token == "" {
		t.Fatalf("the personal account: %d %s, %v", registered.Status, registered.Body, err)
	}
	secrets["a personal account's token"], secrets["its password"] = account.Token, password

	// A code and a reset link that stay unused, so that they still are secrets.
	if err := ada.Must(ctx, "POST", "/auth/2fa/request", map[string]string{"email": ada.Email, "password": apptest.Password}, nil); err != nil {
		t.Fatal(err)
	}
	secrets["a code"] = post.code(ada.Email)
	if err := ada.Must(ctx, "POST", "/auth/reset", ada.Proofs(), nil); err != nil {
		t.Fatal(err)
	}
	_, token, _ := strings.Cut(linkPattern.FindString(post.next(ada.Email)), "?token=")
	if token == "" {
		t.Fatal("no token in the reset link")
	}
	secrets["a reset token"] = token

	secrets["an access token"], secrets["a refresh token"] = walletTokens(ctx, t, purse.Base, post)

	misuse(ctx, t, ada, secrets)
	metrics, err := ada.Call(ctx, "GET", "/metrics", nil)
	if err != nil || metrics.Status != 200 {
		t.Fatalf("/metrics: %d %v", metrics.Status, err)
	}
	if err := purse.Stop(); err != nil {
		t.Fatalf("stopping: %v\n%s", err, purse.Output())
	}
	written := map[string][]byte{"the log": []byte(purse.Output()), "the metrics": metrics.Body}
	if path, embedded := strings.CutPrefix(databaseURL, "sqlite:"); embedded {
		addFiles(t, filepath.Dir(path), written)
	} else {
		for table, rows := range apptest.Rows(t, databaseURL) {
			written["the table "+table] = []byte(rows)
		}
	}
	if !strings.Contains(purse.Output(), "/card/transfer") {
		t.Errorf("the log has no access line, so nothing was tested:\n%s", purse.Output())
	}
	for where, text := range written {
		for what, secret := range secrets {
			if bytes.Contains(text, []byte(secret)) || bytes.Contains(text, []byte(hex.EncodeToString([]byte(secret)))) {
				t.Errorf("%s holds %s", where, what)
			}
		}
	}
}

// walletTokens makes somebody of the wallet surface and signs them in.
func walletTokens(ctx context.Context, t *testing.T, base string, post *postbox) (access, refresh string) {
	t.Helper()
	c := apptest.NewClient(base, 2)
	make := func(path string, body map[string]string, into any) {
		answer, err := c.Call(ctx, "POST", path, body)
		if err != nil || answer.Status != 201 {
			t.Fatalf("%s: %d %s %v", path, answer.Status, answer.Body, err)
		}
		if err := answer.Decode(into); err != nil {
			t.Fatal(err)
		}
	}
	var session struct {
		ID string `json:"session_id"`
	}
	make("/users/create/", map[string]string{"email": c.Email, "phone_number": c.Phone, "password": apptest.Password}, &session)
	make("/users/verify/", map[string]string{"session_id": session.ID, "code": post.code(c.Email)}, &session)
	var tokens struct{ Access, Refresh string }
	make("/users/token/create/", map[string]string{"phone_number": c.Phone, "password": apptest.Password}, &tokens)
	return tokens.Access, tokens.Refresh
}

// operation is a request of the documents in which SECRET stands wherever something may.
type operation struct{ method, path, body string }

// notEverywhere are the operations that would end the session, and the ones that
// keep what a person calls their own things, which is no secret then.
var notEverywhere = []string{"/auth/logout", "/auth/reset", "/savings/create", "/bills/create"}

// operations are those of all documents, each time in the same order.
func operations(t *testing.T) (all []operation) {
	t.Helper()
	type fields struct{ Properties map[string]any }
	var document struct {
		Paths map[string]map[string]struct {
			Parameters  []struct{ Name, In string }
			RequestBody struct {
				Content map[string]struct {
					Schema struct {
						fields
						Ref string `json:"$ref"`
					}
				}
			}
		}
		Components struct{ Schemas map[string]fields }
	}
	if err := json.Unmarshal(apidoc.Merged(), &document); err != nil {
		t.Fatal(err)
	}
	for path, methods := range document.Paths {
		for method, o := range methods {
			if slices.Contains(notEverywhere, path) {
				continue
			}
			at, query := regexp.MustCompile(`\{[^}]*\}`).ReplaceAllString(path, "SECRET"), "?"
			for _, p := range o.Parameters {
				if p.In == "query" {
					query += p.Name + "=SECRET&"
				}
			}
			body := map[string]string{}
			schema := o.RequestBody.Content["application/json"].Schema
			for _, properties := range []map[string]any{schema.Properties, document.Components.Schemas[filepath.Base(schema.Ref)].Properties} {
				for name := range properties {
					body[name] = "SECRET"
				}
			}
			text, err := json.Marshal(body)
			if err != nil {
				t.Fatal(err)
			}
			all = append(all, operation{strings.ToUpper(method), at + query, strings.ReplaceAll(string(text), `"SECRET"`, "SECRET")})
		}
	}
	slices.SortFunc(all, func(a, b operation) int { return strings.Compare(a.path+a.method, b.path+b.method) })
	if len(all) < 60 {
		t.Fatalf("only %d operations were found", len(all))
	}
	return all
}

// misuse sends every secret where it does not belong.
func misuse(ctx context.Context, t *testing.T, c *apptest.Client, secrets map[string]string) {
	t.Helper()
	everywhere := operations(t)
	for _, secret := range secrets {
		quoted := fmt.Sprintf("%q", secret)
		for _, o := range everywhere {
			path := strings.NewReplacer("SECRET", url.PathEscape(secret)).Replace(o.path)
			if _, err := c.Call(ctx, o.method, path, strings.ReplaceAll(o.body, "SECRET", quoted), "browser", secret, "X-Signature", secret, "X-Client-Id", secret,
				"User-Agent", secret, "Idempotency-Key", "k-"+o.path); err != nil {
				t.Fatal(err)
			}
		}
		for _, request := range []struct{ method, path, body string }{
			{"POST", "/auth/2fa/request", fmt.Sprintf(`{"email":%q,"password":%q}`, secret, secret)},
			{"POST", "/auth/2fa/confirm", fmt.Sprintf(`{"email":"nobody@example.com","twofa_code":%q}`, secret)},
			{"PATCH", "/auth/reset", fmt.Sprintf(`{"token":%q,"new_password":"short"}`, secret)},
			{"POST", "/users/token/create/", fmt.Sprintf(`{"phone_number":%q,"password":%q}`, secret, secret)},
			{"POST", "/users/token/refresh/", fmt.Sprintf(`{"refresh":%q}`, secret+"x")},
			{"POST", "/users/create/", fmt.Sprintf(`{"email":%q,"phone_number":%q,"password":%q}`, secret, secret, secret)},
			{"POST", "/users/verify/", fmt.Sprintf(`{"session_id":"01999999-0000-7000-8000-000000000000","code":%q}`, secret)},
			{"POST", "/card/transfer", fmt.Sprintf(`{"from_card_number":%q,"to_card_number":%q,"amount":1}`, secret, "9"+secret)},
			{"POST", "/card/history", fmt.Sprintf(`{"card_number":%q`, secret)},
			{"POST", "/account/login", fmt.Sprintf(`{"login":%q,"password":%q}`, secret, secret)},
			{"GET", "/account/login/check?login=" + strings.ReplaceAll(secret, " ", "+"), ""},
			{"GET", "/info/users/search-" + url.PathEscape(secret), ""},
			{"GET", "/card/" + secret[:4], ""},
			{"GET", "/reset?token=" + strings.ReplaceAll(secret, " ", "+"), ""},
			{"GET", "/nowhere/" + strings.ReplaceAll(secret, " ", "+"), ""},
		} {
			if _, err := c.Call(ctx, request.method, request.path, request.body, "X-Request-Id", "id", "Idempotency-Key", "k-"+request.path); err != nil {
				t.Fatal(err)
			}
		}
	}
}

func addFiles(t *testing.T, directory string, into map[string][]byte) {
	t.Helper()
	files, err := os.ReadDir(directory)
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		text, err := os.ReadFile(filepath.Join(directory, file.Name()))
		if err != nil {
			t.Fatal(err)
		}
		into["the file "+file.Name()] = text
	}
	if len(files) == 0 {
		t.Fatal("no database file was found, so nothing was tested")
	}
}
