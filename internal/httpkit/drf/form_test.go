package drf_test

import (
	"net/http"
	"strings"
	"testing"

	"purse/internal/httpkit/bind"
	"purse/internal/httpkit/drf"
)

const urlencoded = "application/x-www-form-urlencoded"

func TestAFormIsReadAsTheFrameworkReadsIt(t *testing.T) {
	const parts = "--b\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\n %s\r\n" +
		"--b\r\nContent-Disposition: form-data; name=\"w\"\r\nContent-Type: text/plain\r\n\r\n12.50\r\n--b--\r\n"
	for _, c := range []struct{ contentType, body, v, w string }{
		{urlencoded, strings.Repeat("v=a&", 999) + "w=1", "a", "1"},
		{urlencoded, "v=a&w=12.50", "a", "12.5"},
		{urlencoded + "; charset=UTF-8", "w=1&&v=%D0%B6+%2B&v2=x&", "ж +", "1"},
		{"APPLICATION/X-WWW-FORM-URLENCODED", "v=first&w=1&v=last", "last", "1"},
		{urlencoded, "v=100%;a=%zz%4&w=1", "100%;a=%zz%4", "1"},
		{urlencoded, "V=other&v=a&w=1&W=2", "a", "1"},
		{urlencoded, "v=%22%5C%22%7B&w=1", `"\"{`, "1"},
		{urlencoded, "v=null&w=1", "null", "1"},
		{urlencoded, "v=%ff&w=1", "\uFFFD", "1"},
		{"multipart/form-data; boundary=b", strings.Replace(parts, "%s", "a=&ж ", 1), "a=&ж", "12.5"},
		{`multipart/form-data; boundary="b"`, strings.Replace(parts, "%s", "+%20", 1), "+%20", "12.5"},
	} {
		in := drf.Parse([]byte(c.body), c.contentType)
		v, w := in.Char("v"), in.Decimal("w")
		if err := in.Err(); err != nil || v != c.v || w.String() != c.w {
			t.Errorf("%s %q: %q %s %v, want %q %s", c.contentType, c.body, v, w, err, c.v, c.w)
		}
	}
}

func TestAFormThatIsWrongIsWordedAsTheFrameworkDoes(t *testing.T) {
	char := func(in drf.Input) { in.Char("v", bind.Max(3)) }
	const part = "--b\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\na\r\n"
	for _, c := range []struct {
		contentType, body string
		ask               func(drf.Input)
		want              string
	}{
		{urlencoded, "w=1", char, `{"v":["This field is required."]}`},
		{urlencoded, "v", char, `{"v":["This field may not be blank."]}`},
		{urlencoded, "v=+", char, `{"v":["This field may not be blank."]}`},
		{urlencoded, "v=abcd", char, `{"v":["Ensure this field has no more than 3 characters."]}`},
		{urlencoded, "v=a%00", char, `{"v":["Null characters are not allowed."]}`},
		{urlencoded, "v=", func(in drf.Input) { in.Decimal("v") }, `{"v":["A valid number is required."]}`},
		{urlencoded, `{"v":"a"}`, char, `{"v":["This field is required."]}`},
		{urlencoded, strings.Repeat("v=a&", 1000) + "v=a", char, `{"detail":"The form has more than 1000 fields."}`},
		{"multipart/form-data; boundary=b", strings.Repeat(part, 1001) + "--b--\r\n", char, `{"detail":"The form has more than 1000 fields."}`},
		{urlencoded, strings.Repeat("a", bind.MaxBody+1), char, `{"detail":"The request body is larger than 1 MiB."}`},
		{"multipart/form-data", "--b--", char, `{"detail":"Multipart form parse error - Invalid boundary in multipart."}`},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"v\"\r\n\r\na", char, `{"detail":"Multipart form parse error - Invalid multipart form."}`},
		{"multipart/form-data; boundary=b", "v=a", char, `{"v":["This field is required."]}`},
		{"multipart/form-data; boundary=b", "--b\r\nContent-Disposition: form-data; name=\"v\"; filename=\"v.png\"\r\n\r\na\r\n--b--\r\n", char, `{"v":["Not a valid string."]}`},
	} {
		status, got := answer(t, c.contentType, c.body, c.ask)
		if status != http.StatusBadRequest || got != c.want {
			t.Errorf("%s %.100q: %d, got\n%s\nwant\n%s", c.contentType, c.body, status, got, c.want)
		}
	}
}

func TestWhatIsLeftEmptyInAFormIsMissing(t *testing.T) {
	if in := drf.Parse([]byte("v=&w=a"), urlencoded); in.Filled("v") || !in.Filled("w") || in.Filled("x") || !in.Has("v") {
		t.Error("an empty field of a form is not as the framework has it")
	}
	if in := drf.Parse([]byte(`{"v":""}`), "application/json"); !in.Filled("v") {
		t.Error("an empty text of JSON is taken for a missing one")
	}
}
