package wallet_test

import (
	"encoding/json"
	"net/http"
	"strings"
	"testing"

	"purse/internal/api/wallet"
	"purse/internal/identity"
)

const (
	required   = "This field is required."
	null       = "This field may not be null."
	blank      = "This field may not be blank."
	noText     = "Not a valid string."
	noNumber   = "A valid number is required."
	noUUID     = "Must be a valid UUID."
	noPhone    = "Enter a valid phone number."
	control    = "Control characters are not allowed."
	nullChar   = "Null characters are not allowed."
	longer     = "Ensure this field has no more than "
	minAmount  = "Ensure this value is greater than or equal to 0.01."
	tooPrecise = "Ensure that there are no more than 2 decimal places."
)

// wrong is what may be sent in a field, and what is said to it; "" stands for a
// field that is missing.
type wrong map[string]string

func texts(limit string, length int, more wrong) wrong {
	all := wrong{"": required, `null`: null, `""`: blank, `"  "`: blank, `true`: noText, `["a"]`: noText, `{"a":1}`: noText,
		`"a\u0000b"`: nullChar, `"a\u001fb"`: control, `"` + strings.Repeat("я", length+1) + `"`: longer + limit + " characters."}
	for value, text := range more {
		if all[value] = text; text == "-" {
			delete(all, value)
		}
	}
	return all
}

func uuids() wrong {
	return wrong{"": required, `null`: null, `""`: noUUID, `true`: noUUID, `12`: noUUID, `[]`: noUUID, `"01999999-0000-7000-8000-00000000000g"`: noUUID, `"01999999"`: noUUID}
}

func amounts() wrong {
	return wrong{"": required, `null`: null, `""`: noNumber, `true`: noNumber, `"ten"`: noNumber, `[1]`: noNumber, `{}`: noNumber, `"1,5"`: noNumber, `"NaN"`: noNumber, `"Infinity"`: noNumber,
		`0`: minAmount, `"-1"`: minAmount, `-0.01`: minAmount, `"0.001"`: tooPrecise, `1.005`: tooPrecise,
		`"1234567890123"`:     "Ensure that there are no more than 12 digits before the decimal point.",
		`123456789012345`:     "Ensure that there are no more than 14 digits in total.",
		`"1234567890123.123"`: "Ensure that there are no more than 14 digits in total.",
		`1e300`:               "Ensure that there are no more than 14 digits in total."}
}

// optional is w without the words for a field that is missing.
func optional(w wrong) wrong {
	delete(w, "")
	return w
}

// badInput has every field of every body, beside the others of a good one.
var badInput = []struct {
	method, path string
	good         map[string]string
	fields       map[string]wrong
}{
	{"POST", "/users/create/", map[string]string{"email": `"zoe@example.com"`, "phone_number": `"+77019999999"`, "password": `"correct horse battery"`}, map[string]wrong{
		"email": {"": required, `null`: null, `""`: blank, `true`: noText, `[]`: noText, `12`: "Enter a valid email address.", `"zoe"`: "Enter a valid email address.",
			`"zoe@example"`: "Enter a valid email address.", `"z\u0000e@example.com"`: nullChar, `"` + strings.Repeat("z", 300) + `@example.com"`: "Enter a valid email address."},
		"phone_number": texts("50", 50, wrong{`"87011234567"`: noPhone, `"+7 701 123 45 67"`: noPhone, `"+01234567"`: noPhone, `"+1234567890123456"`: noPhone, `77011234567`: noPhone, `"phone"`: noPhone}),
		"password": texts("", 128, wrong{`"  "`: "This password is too short. It must contain at least 8 characters.", `"short"`: "This password is too short. It must contain at least 8 characters.",
			`"password123"`: "This password is too common.", `12345678`: "This password is too common.",
			`"` + strings.Repeat("я", 129) + `"`: "This password is too long. It must contain at most 128 characters."}),
	}},
	{"POST", "/users/verify/", map[string]string{"session_id": `"01999999-0000-7000-8000-000000000000"`, "code": `"123456"`}, map[string]wrong{
		"session_id": uuids(), "code": texts("64", 64, nil),
	}},
	{"PATCH", "/users/update/", map[string]string{}, map[string]wrong{
		"profile_image": {`null`: null, `true`: noText, `{}`: noText, `12`: "Enter a valid URL.", `"me.png"`: "Enter a valid URL.", `"ftp://example.com/me.png"`: "Enter a valid URL.",
			`"javascript:alert(1)"`: "Enter a valid URL.", `"https://"`: "Enter a valid URL.", `"https://a b.com"`: "Enter a valid URL.", `"//example.com"`: "Enter a valid URL.",
			`"https://example.com/` + strings.Repeat("a", 2000) + `"`: longer + "2000 characters."},
		"first_name": optional(texts("150", 150, wrong{`""`: "-", `"  "`: "-"})),
		"last_name":  optional(texts("150", 150, wrong{`""`: "-", `"  "`: "-"})),
	}},
	{"POST", "/users/password/update/", map[string]string{"password": `"correct horse battery"`, "new_password": `"staple battery horse"`}, map[string]wrong{
		"password": texts("255", 255, wrong{`"  "`: "-"}),
		"new_password": texts("", 128, wrong{`"  "`: "This password is too short. It must contain at least 8 characters.", `"short"`: "This password is too short. It must contain at least 8 characters.",
			`"iloveyou"`: "This password is too common.", `"` + strings.Repeat("я", 129) + `"`: "This password is too long. It must contain at most 128 characters."}),
	}},
	{"PATCH", "/users/password/verify/", map[string]string{"session_id": `"01999999-0000-7000-8000-000000000000"`, "code": `"123456"`}, map[string]wrong{
		"session_id": uuids(), "code": texts("64", 64, nil),
	}},
	{"POST", "/users/token/create/", map[string]string{"phone_number": `"+77019999999"`, "password": `"correct horse battery"`}, map[string]wrong{
		"phone_number": texts("50", 50, nil), "password": texts("255", 255, wrong{`"  "`: "-"}),
	}},
	{"POST", "/users/token/refresh/", map[string]string{"refresh": `"x"`}, map[string]wrong{"refresh": texts("4096", 4096, nil)}},
	{"POST", "/users/wallets/create/", map[string]string{}, map[string]wrong{
		"name": optional(texts("30", 30, nil)),
		"amount_currency": {`null`: null, `""`: `"" is not a valid choice.`, `true`: `"True" is not a valid choice.`, `"kzt"`: `"kzt" is not a valid choice.`, `"RUB"`: `"RUB" is not a valid choice.`,
			`5`: `"5" is not a valid choice.`, `{}`: `"{}" is not a valid choice.`},
	}},
	{"PATCH", "{wallet}update/", map[string]string{}, map[string]wrong{"name": optional(texts("30", 30, nil))}},
	{"POST", "{wallet}deposit/", map[string]string{"amount": `1`}, map[string]wrong{"amount": amounts()}},
	{"POST", "{wallet}withdraw/", map[string]string{"amount": `1`}, map[string]wrong{"amount": amounts()}},
	{"POST", "{wallet}transfer/", map[string]string{"wallet_number": `"1234567890"`, "amount": `1`}, map[string]wrong{
		"amount": amounts(), "wallet_number": texts("64", 64, nil),
	}},
}

// mustExist are wrong values that are looked at only when what else was sent exists.
func mustExist(path, value, text string) bool {
	return path == "{wallet}transfer/" && text == tooPrecise
}

func TestEveryFieldIsRefusedInTheFrameworksWordsAndNothingChanges(t *testing.T) {
	s := start(t, options{})
	p, other := s.owner(1), s.owner(2)
	tried := map[string]bool{}
	for _, b := range badInput {
		path := strings.Replace(b.path, "{wallet}", p.wallet, 1)
		tried[b.method+" "+strings.Replace(b.path, "{wallet}", "/users/wallets/{id}/", 1)] = true
		for field, values := range b.fields {
			for value, text := range values {
				body := map[string]json.RawMessage{}
				for name, good := range b.good {
					body[name] = json.RawMessage(good)
				}
				if mustExist(b.path, value, text) {
					body["wallet_number"] = json.RawMessage(`"` + other.number + `"`)
				}
				delete(body, field)
				if value != "" {
					body[field] = json.RawMessage(value)
				}
				sent, err := json.Marshal(body)
				if err != nil {
					t.Fatal(err)
				}
				w := s.do(b.method, path, string(sent), p.bearer()...)
				var answer map[string][]string
				if err := json.Unmarshal(w.Body.Bytes(), &answer); err != nil || w.Code != http.StatusBadRequest || len(answer) != 1 || len(answer[field]) != 1 || answer[field][0] != text {
					t.Errorf("%s %s %.80s: %d %s, want %s: %s", b.method, b.path, sent, w.Code, w.Body, field, text)
				}
			}
		}
		for body, want := range map[string]string{
			`[]`:               `{"non_field_errors":["Invalid data. Expected a dictionary, but got list."]}`,
			`{"a":1`:           `{"detail":"JSON parse error - Expecting ',' delimiter: line 1 column 7 (char 6)"}`,
			`{"a":1,"A":2}`:    `{"detail":"JSON parse error - Duplicate property name: line 1 column 8 (char 7)"}`,
			"{\"a\":\"\xff\"}": `{"detail":"JSON parse error - Invalid UTF-8: line 1 column 7 (char 6)"}`,
		} {
			if w := s.do(b.method, path, body, p.bearer()...); w.Code != http.StatusBadRequest || w.Body.String() != want {
				t.Errorf("%s %s %q: %d %s, want %s", b.method, b.path, body, w.Code, w.Body, want)
			}
		}
		w := s.do(b.method, path, `{"a":1}`, append(p.bearer(), "Content-Type", "text/csv")...)
		if w.Code != http.StatusUnsupportedMediaType || w.Body.String() != `{"detail":"Unsupported media type \"text/csv\" in request."}` {
			t.Errorf("%s %s of another type: %d %s", b.method, b.path, w.Code, w.Body)
		}
		large := `{"a":"` + strings.Repeat("a", 1<<20) + `"}`
		if w := s.do(b.method, path, large, p.bearer()...); w.Code != http.StatusBadRequest || w.Body.String() != `{"detail":"The body is larger than 1 MiB."}` {
			t.Errorf("%s %s of 1 MiB: %d %.200s", b.method, b.path, w.Code, w.Body)
		}
	}
	for _, r := range wallet.New(wallet.Services{}).Routes {
		if name := r.Method + " " + r.Path; r.Method != http.MethodGet && !tried[name] {
			t.Errorf("%s is not tried", name)
		}
	}
	if got := s.balance(p); got != "100.00" {
		t.Errorf("the balance is %s", got)
	}
}

func TestFormsAreTakenAsJSONIs(t *testing.T) {
	s := start(t, options{})
	p := s.owner(1)
	urlencoded := []string{"Content-Type", "application/x-www-form-urlencoded"}
	parts := []string{"Content-Type", "multipart/form-data; boundary=b"}
	part := func(name, value string) string {
		return "--b\r\nContent-Disposition: form-data; name=\"" + name + "\"\r\n\r\n" + value + "\r\n--b--\r\n"
	}
	for _, c := range []struct {
		method, path, body string
		header             []string
		status             int
		has                string
	}{
		{"POST", p.wallet + "deposit/", "amount=2.50", urlencoded, http.StatusCreated, `"amount":"2.50"`},
		{"POST", p.wallet + "withdraw/", part("amount", "1.25"), parts, http.StatusCreated, `"amount":"1.25"`},
		{"POST", p.wallet + "deposit/", "amount=", urlencoded, http.StatusBadRequest, `{"amount":["A valid number is required."]}`},
		{"PATCH", p.wallet + "update/", "name=Rainy+days", urlencoded, http.StatusOK, `{"name":"Rainy days"}`},
		{"PATCH", p.wallet + "update/", "name=", urlencoded, http.StatusOK, `{"name":"Rainy days"}`},
		{"PATCH", "/users/update/", "first_name=&last_name=%D0%AF", urlencoded, http.StatusOK, `"first_name":"","last_name":"Я"`},
		{"POST", "/users/wallets/create/", "name=&amount_currency=EUR", urlencoded, http.StatusCreated, `"name":"My wallet"`},
		{"POST", "/users/wallets/create/", `{"amount_currency":"USD"}`, []string{"Content-Type", ""}, http.StatusCreated, `"amount_currency":"USD"`},
		{"POST", "/users/token/create/", "phone_number=%2B77010000000&password=wrong+password", urlencoded, http.StatusUnauthorized, "No active account found"},
	} {
		w := s.do(c.method, c.path, c.body, append(p.bearer(), c.header...)...)
		if w.Code != c.status || !strings.Contains(w.Body.String(), c.has) {
			t.Errorf("%s %s %q: %d %s, want %d %s", c.method, c.path, c.body, w.Code, w.Body, c.status, c.has)
		}
	}
}

func TestAKeyThatIsNoneIsRefusedAtItsHeader(t *testing.T) {
	s := start(t, options{})
	p := s.owner(1)
	for key, want := range map[string]string{
		strings.Repeat("k", 256): `{"Idempotency-Key":["Ensure this field has no more than 255 characters."]}`,
		`"k`:                     `{"Idempotency-Key":["The idempotency key is not valid."]}`,
	} {
		w := s.do("POST", p.wallet+"deposit/", `{"amount":1}`, append(p.bearer(), "Idempotency-Key", key)...)
		if w.Code != http.StatusBadRequest || w.Body.String() != want {
			t.Errorf("%.10s: %d %s", key, w.Code, w.Body)
		}
	}
}

func TestMoneyAndDetailsAreUsedByPermissionAlone(t *testing.T) {
	s := start(t, options{})
	p := s.owner(1)
	if err := s.people.RevokeRole(t.Context(), 1, identity.RoleUser); err != nil {
		t.Fatal(err)
	}
	for _, r := range wallet.New(wallet.Services{}).Routes {
		forbidden := r.MovesMoney || r.Path == "/users/update/"
		w := s.do(r.Method, strings.Replace(r.Path, "/users/wallets/{id}/", p.wallet, 1), `{}`, p.bearer()...)
		if got := w.Code == http.StatusForbidden; got != forbidden || got && w.Body.String() != `{"detail":"You do not have permission to perform this action."}` {
			t.Errorf("%s %s: %d %s", r.Method, r.Path, w.Code, w.Body)
		}
	}
}
