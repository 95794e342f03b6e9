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
		{"full-width letters name the same domain", FormEmail, "user@Ｅxample.ｃom", "user@example.com"},
		{"full-width digits are digits", FormPhone, "+1 ５５５ 010-0000", "+15550100000"},
		{"any dash and space separates", FormPhone, "+1\u00a0555\u2011010\u20130000", "+15550100000"},
		{"invisible characters are nothing", FormPhone, "+1 555\u200b 010-0000\u202c", "+15550100000"},
		{"full-width digits are digits", FormSocialSecurity, "１23-45 6789", "123456789"},
		{"any separator is none", FormSocialSecurity, "123\u201345\u00a06_789", "123456789"},
		{"invisible characters are nothing", FormSocialSecurity, "123456789\u200b", "123456789"},
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
	for _, seed := range []string{"User@Example.com", "+1 (555) 010-0000", "00491234567", "0000 1234567", "--", "Ⅷ", "İ", "\u0130", "ß", "a@ſ\u0323\u0307", "\u00b7\u00ad_ｱ", "ŉ@ﬃ\u200b.com", "１\u2011２"} {
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

func TestE164IsAnInternationalNumberInItsOneForm(t *testing.T) {
	for text, want := range map[string]bool{"+77011234567": true, "+1234567": true, "+123456789012345": true, "+1234567890123456": false, "+123456": false, "+07011234567": false,
		"77011234567": false, "+7 701 123 45 67": false, "+7701123456\n": false, "+٧٧٠١١٢٣٤٥٦٧": false, "": false} {
		if E164(text) != want {
			t.Errorf("%q: want %v", text, want)
		}
	}
}
