// Package authorization asks every route that a permission guards, on every
// surface, for every set of permissions: a route answers 403 when the one that it
// asks for is missing, whatever else the user may do, and never because of another.
package authorization

import (
	"encoding/base64"
	"encoding/json"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"

	"purse/internal/apidoc"
	"purse/internal/apptest"
	"purse/internal/identity"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// route is an endpoint that asks for a permission, with a body that passes its reading.
type route struct {
	permission, surface, method, path, body string
}

var routes = []route{
	{identity.UseMoney, "bank", "POST", "/card/create", ``},
	{identity.UseMoney, "bank", "POST", "/card/transfer", `{"from_card_number":"9000000000000001","to_card_number":"9000000000000002","amount":1}`},
	{identity.UseMoney, "bank", "POST", "/savings/create", `{"name":"Boat","goal":1}`},
	{identity.UseMoney, "bank", "POST", "/savings/topUp", `{"amount":1,"saving_account_id":1,"card_id":1}`},
	{identity.UseMoney, "bank", "POST", "/savings/decrease", `{"amount":1,"saving_account_id":1,"card_id":1}`},
	{identity.UseMoney, "bank", "POST", "/bills/pay", `{"bill_id":1,"card_number":"9000000000000001"}`},
	{identity.UseMoney, "bank", "POST", "/transfers/batch", `{"atomic":true,"transfers":[{"from_card_number":"9000000000000001","to_card_number":"9000000000000002","amount":1}]}`},
	{identity.UseMoney, "wallet", "POST", "/users/wallets/create/", `{"name":"Boat","amount_currency":"KZT"}`},
	{identity.UseMoney, "wallet", "POST", "/users/wallets/{id}/deposit/", `{"amount":"1.00"}`},
	{identity.UseMoney, "wallet", "POST", "/users/wallets/{id}/withdraw/", `{"amount":"1.00"}`},
	{identity.UseMoney, "wallet", "POST", "/users/wallets/{id}/transfer/", `{"wallet_number":"9000000001","amount":"1.00"}`},
	{identity.UseMoney, "gift", "POST", "/api/user/{id}/messages", `{"message":"Happy New Year","amount":100,"is_moneybag":false}`},
	{identity.EditProfile, "gift", "PUT", "/api/user/{id}", `{"username":"rabbit"}`},
	{identity.EditProfile, "wallet", "PATCH", "/users/update/", `{}`},
	{identity.EditProfile, "profile", "POST", "/account/edit/info", `{}`},
	{identity.EditProfile, "profile", "POST", "/account/avatar", `{}`},
	{identity.EditProfile, "profile", "DELETE", "/account/avatar", ``},
}

// refusals are how the surfaces say that the permission is missing.
var refusals = map[string]string{
	"bank":    `{"detail":"The user may not use money"}`,
	"wallet":  `{"detail":"You do not have permission to perform this action."}`,
	"profile": `{"errorMessage":"Недостаточно прав"}`,
	"gift":    `{"error":"권한이 없습니다."}`,
}

func TestEveryOperationThatTakesAnIdempotencyKeyIsInTheMatrix(t *testing.T) {
	for _, surface := range apidoc.Surfaces() {
		raw, _ := apidoc.Document(surface)
		var document struct {
			Paths map[string]map[string]struct {
				Parameters []struct {
					Name string
					Ref  string `json:"$ref"`
				}
			}
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		for path, operations := range document.Paths {
			for method, operation := range operations {
				for _, p := range operation.Parameters {
					keyed := strings.Contains(p.Name+p.Ref, "Idempotency")
					if keyed && !slices.ContainsFunc(routes, func(r route) bool {
						return r.permission == identity.UseMoney && r.surface == surface && strings.EqualFold(r.method, method) && r.path == path
					}) {
						t.Errorf("%s %s of %s moves money and is not among the routes", method, path, surface)
					}
				}
			}
		}
	}
}

// caller is somebody on one surface.
type caller struct {
	name   string    // for purse admin
	header [2]string // says who they are
	id     string    // stands in their paths
}

// anID stands where a path has one; nobody needs to have it.
const anID = "01999999-0000-7000-8000-000000000000"

// joinWallet makes ann@example.com on the wallet surface and is her access token.
func joinWallet(t *testing.T, c *apptest.Client) string {
	t.Helper()
	var joined struct {
		SessionID string `json:"session_id"`
		Access    string
	}
	ask := func(path string, body any) {
		t.Helper()
		answer, err := c.Call(t.Context(), "POST", path, body)
		if err != nil || answer.Status != http.StatusCreated || answer.Decode(&joined) != nil {
			t.Fatalf("%s: %d %s, %v", path, answer.Status, answer.Body, err)
		}
	}
	ask("/users/create/", map[string]string{"email": "ann@example.com", "phone_number": "+77011234567", "password": apptest.Password})
	ann := *c
	ann.Email = "ann@example.com"
	code, err := ann.Code(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	ask("/users/verify/", map[string]string{"session_id": joined.SessionID, "code": code})
	ask("/users/token/create/", map[string]string{"phone_number": "+77011234567", "password": apptest.Password})
	return joined.Access
}

// openAccount makes danila on the profile surface and is his token.
func openAccount(t *testing.T, c *apptest.Client) string {
	t.Helper()
	registered, err := c.Call(t.Context(), "POST", "/account/registration",
		`{"login":"danila","password":"Voskresensk1","email":"danila@example.com","first_name":"Данила","last_name":"Гинда"}`, "browser", "Chrome 122.0")
	var account struct{ Token string }
	if err != nil || registered.Decode(&account) != nil || account.Token == "" {
		t.Fatalf("registering: %s, %v", registered.Body, err)
	}
	return account.Token
}

// joinGift makes rabbit@example.com on the gift surface and is their access token and id.
func joinGift(t *testing.T, c *apptest.Client) (token, id string) {
	t.Helper()
	credentials := map[string]string{"username": "rabbit", "email": "rabbit@example.com", "password": apptest.Password}
	var answer struct {
		Access string `json:"access_token"`
	}
	if joined, err := c.Call(t.Context(), "POST", "/api/user/register", credentials); err != nil || joined.Status != http.StatusCreated {
		t.Fatalf("registering: %d %s, %v", joined.Status, joined.Body, err)
	}
	if err := c.Must(t.Context(), "POST", "/api/user/login", credentials, &answer); err != nil {
		t.Fatal(err)
	}
	payload, err := base64.RawURLEncoding.DecodeString(strings.Split(answer.Access, ".")[1])
	var claims struct{ Sub json.Number }
	if err != nil || json.Unmarshal(payload, &claims) != nil {
		t.Fatalf("claims %s, %v", payload, err)
	}
	return answer.Access, claims.Sub.String()
}

func TestARouteAsksForItsPermissionAndForNoOther(t *testing.T) {
	apptest.EachEngine(t, matrix)
}

func matrix(t *testing.T, databaseURL string) {
	environment := []string{"PURSE_DATABASE_URL=" + databaseURL, apptest.SecretKey, "PURSE_RATE_LIMITS=off"}
	purse := apptest.Start(t, environment, "dev", "--listen", "{listen}")
	admin := func(commands ...[]string) { // at the same time: each waits until it counts
		t.Helper()
		var running sync.WaitGroup
		for _, words := range commands {
			running.Go(func() {
				if output, code := apptest.RunBinary(t, environment, append([]string{"admin"}, words...)...); code != 0 {
					t.Errorf("purse admin %v: %d %s", words, code, output)
				}
			})
		}
		running.Wait()
	}
	bank := apptest.NewClient(purse.Base, 1)
	if err := bank.Register(t.Context()); err != nil {
		t.Fatal(err)
	}
	stranger := &apptest.Client{Base: purse.Base, HTTP: bank.HTTP}
	giftToken, giftID := joinGift(t, stranger)
	callers := map[string]caller{
		"bank":    {bank.Email, [2]string{"Cookie", "authorization=" + bank.Cookie}, anID},
		"wallet":  {"ann@example.com", [2]string{"Authorization", "Bearer " + joinWallet(t, stranger)}, anID},
		"profile": {"danila", [2]string{"Authorization", openAccount(t, stranger)}, anID},
		"gift":    {"rabbit@example.com", [2]string{"Authorization", "Bearer " + giftToken}, giftID},
	}
	all := []string{identity.EditProfile, identity.UseMoney}
	var commands [][]string
	for _, who := range callers {
		commands = append(commands, []string{"role", "revoke", who.name, identity.RoleUser})
	}
	admin(commands...)
	for bits := range 1 << len(all) {
		var held []string
		commands = nil
		for i, permission := range all {
			word := "revoke"
			if bits&(1<<i) != 0 {
				word = "grant"
				held = append(held, permission)
			}
			for _, who := range callers {
				commands = append(commands, []string{"permission", word, who.name, permission})
			}
		}
		admin(commands...)
		for _, r := range routes {
			who := callers[r.surface]
			answer, err := stranger.Call(t.Context(), r.method, strings.ReplaceAll(r.path, "{id}", who.id), r.body, who.header[0], who.header[1])
			if err != nil {
				t.Fatal(err)
			}
			refused := answer.Status == http.StatusForbidden && string(answer.Body) == refusals[r.surface]
			if refused == slices.Contains(held, r.permission) {
				t.Errorf("%s %s with the permissions %v: %d %s", r.method, r.path, held, answer.Status, answer.Body)
			}
			if answer.Status == http.StatusUnauthorized {
				t.Errorf("%s %s: the session has ended: %s", r.method, r.path, answer.Body)
			}
		}
	}
}
