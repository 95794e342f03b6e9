package claim

import "testing"

func TestOneValueHasOneForm(t *testing.T) {
	cases := []struct {
		name     string
		form     func(string) string
		in, want string
	}{
		{"e-mails are lower case", FormEmail, " User@Example.COM ", "user@example.com"},
		{"e-mails are NFC", FormEmail, "E\u0301@example.com", "\u00e9@example.com"},
		{"logins are lower case", FormLogin, " Ivan_1", "ivan_1"},
		{"phones lose separators", FormPhone, "+1 (555) 010-0000", "+15550100000"},
		{"00 is the plus", FormPhone, "0049 30 1234567", "+49301234567"},
		{"a number without a country stays without", FormPhone, "8 777 123-45-67", "87771234567"},
		{"the documents' sample is accepted as printed", FormPhone, " string ", "string"},
		{"too few digits are no number", FormPhone, "+12 34", "+12 34"},
		{"too many digits are no number", FormPhone, "+1234567890123456", "+1234567890123456"},
		{"a plus inside is no number", FormPhone, "1+5550100000", "1+5550100000"},
		{"empty stays empty", FormPhone, "", ""},
		{"social security numbers lose separators", FormSocialSecurity, "123-45 6789", "123456789"},
		{"social security numbers have one case", FormSocialSecurity, "ab 12.34 c", "AB1234C"},
		{"separators alone stay", FormSocialSecurity, "---", "---"},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := c.form(c.in); got != c.want {
				t.Errorf("%q: got %q, want %q", c.in, got, c.want)
			}
		})
	}
}

func FuzzAFormIsItsOwnForm(f *testing.F) {
	for _, seed := range []string{"User@Example.com", "+1 (555) 010-0000", "00491234567", "0000 1234567", "--", "Ⅷ", "İ", "\u0130", "ß"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		for name, form := range map[string]func(string) string{"email": FormEmail, "phone": FormPhone, "social security": FormSocialSecurity} {
			once := form(text)
			if twice := form(once); twice != once {
				t.Errorf("%s of %q: %q, then %q", name, text, once, twice)
			}
		}
	})
}
