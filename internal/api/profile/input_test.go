package profile

import (
	"encoding/json"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"purse/internal/httpkit/bind"
	"purse/internal/identity"
)

// accepted reads one text of a body.
func accepted(t testing.TB, text string, read func(in *bind.Input)) bool {
	t.Helper()
	body, err := json.Marshal(map[string]string{"v": text, "login": text})
	if err != nil {
		t.Fatal(err)
	}
	in := bind.Parse(body, "")
	read(in)
	return in.Err() == nil
}

func TestLoginsAreTrimmedLowerCaseAndNoIds(t *testing.T) {
	for text, want := range map[string]string{
		"abcd": "abcd", " ABC_1 ": "abc_1", "a123": "a123", "____": "____", strings.Repeat("a", 32): strings.Repeat("a", 32),
		"abc": "", strings.Repeat("a", 33): "", "1234": "", " 123456 ": "", "12_4": "12_4", "ab cd": "", "abcd\n": "abcd", "ab\ncd": "", "ab-cd": "", "логин": "", "abcd\u0301": "", "ａｂｃｄ": "", "": "", "abcd\x00": "",
	} {
		var got string
		if ok := accepted(t, text, func(in *bind.Input) { got = readLogin(&in.Source) }); ok != (want != "") || ok && got != want {
			t.Errorf("%q: %q, %t, want %q", text, got, ok, want)
		}
	}
}

func TestNamesAreRussianWhicheverWayTheyAreEncoded(t *testing.T) {
	for text, want := range map[string]string{
		"Данила": "Данила", " Данила ": "Данила", "Ян": "Ян", "Ёж": "Ёж", "Е\u0308ж": "Ёж", "Ае\u0308": "Аё", "И\u0306од": "Йод", "Анна мария": "Анна мария",
		"А" + strings.Repeat("я", 255): "А" + strings.Repeat("я", 255), "А" + strings.Repeat("е\u0308", 255): "А" + strings.Repeat("ё", 255),
		"Я": "", "данила": "", "ДАНИЛА": "", "Анна-мария": "", "Анна\u00a0мария": "", "Danila": "", "Дaнила": "", "Іван": "", "А" + strings.Repeat("я", 256): "", "": "", "Да\tн": "", "Данила1": "",
	} {
		var got string
		ok := accepted(t, text, func(in *bind.Input) { got = in.String("v", bind.Max(maxName), nameIsFormed) })
		if ok != (want != "") || got != want {
			t.Errorf("%.40q: %.40q, %t, want %.40q", text, got, ok, want)
		}
		if mayBeEmpty := accepted(t, text, func(in *bind.Input) { in.String("v", bind.AllowEmpty, bind.Max(maxName), nameMayBeEmpty) }); mayBeEmpty != (want != "" || text == "") {
			t.Errorf("%.40q as a patronymic: %t", text, mayBeEmpty)
		}
	}
}

func TestPasswordsHaveThreeKindsOfCharacters(t *testing.T) {
	for text, want := range map[string]bool{
		"Abcdefg1": true, "Пароль aA1": true, " Abcdef1": true, "Aa1" + strings.Repeat("x", 17): true, "Aa1" + strings.Repeat("е\u0308", 17): true,
		"Abcdef1": false, "Aa1" + strings.Repeat("x", 18): false, "abcdefg1": false, "ABCDEFG1": false, "Abcdefgh": false, "Абвгдежз1": false, "Abcdefg٣": false, "": false, "Abcdefg1\n": false,
	} {
		if got := accepted(t, text, func(in *bind.Input) { in.Secret("v", passwordIsFormed) }); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestABirthdayIsADateBeforeToday(t *testing.T) {
	today := time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC)
	for text, want := range map[string]bool{
		"": true, "2005-04-07": true, "2026-02-28": true, "1600-01-01": true, "2024-02-29": true,
		"2026-03-01": false, "2026-03-02": false, "1599-12-31": false, "0001-01-01": false, "2025-02-29": false, "2005-4-7": false, "07.04.2005": false,
		"2005-04-07T00:00:00Z": false, "20050407": false, "1112832000": false, "-2005-04-07": false, "12005-04-07": false,
	} {
		if got := accepted(t, text, func(in *bind.Input) { in.String("v", bind.AllowEmpty, birthdayBefore(today)) }); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestColorsHaveSixHexadecimalDigits(t *testing.T) {
	for text, want := range map[string]bool{"#e209e5": true, "#E209E5": true, "": false, "e209e5": false, "#e209e": false, "#e209e55": false, "#g209e5": false, "red": false} {
		if got := accepted(t, text, func(in *bind.Input) { in.String("v", colorIsFormed) }); got != want {
			t.Errorf("%q: %t", text, got)
		}
	}
}

func TestAnEditChangesWhatWasSentAlone(t *testing.T) {
	before := identity.Profile{FirstName: "Данила", LastName: "Гинда", Patronymic: "Иванович", Description: "d", BackgroundColor: "#000000", DateOfBirth: time.Date(2005, 4, 7, 0, 0, 0, 0, time.UTC), City: "Воскресенск"}
	for body, change := range map[string]func(*identity.Profile){
		`{}`:                             func(*identity.Profile) {},
		`{"first_name":"Ян"}`:            func(p *identity.Profile) { p.FirstName = "Ян" },
		`{"last_name":"Ян"}`:             func(p *identity.Profile) { p.LastName = "Ян" },
		`{"patronymic":""}`:              func(p *identity.Profile) { p.Patronymic = "" },
		`{"birthday":""}`:                func(p *identity.Profile) { p.DateOfBirth = time.Time{} },
		`{"description":""}`:             func(p *identity.Profile) { p.Description = "" },
		`{"background_color":"#ffffff"}`: func(p *identity.Profile) { p.BackgroundColor = "#ffffff" },
	} {
		in := bind.Parse([]byte(body), "")
		edit := readEdit(in, time.Date(2026, 3, 1, 0, 0, 0, 0, time.UTC))
		if err := in.Err(); err != nil {
			t.Fatalf("%s: %v", body, err)
		}
		got, want := before, before
		edit(&got)
		change(&want)
		if got != want {
			t.Errorf("%s: %+v, want %+v", body, got, want)
		}
	}
}

func TestAMaskedAddressKeepsItsFirstCharacterAndItsDomain(t *testing.T) {
	for email, want := range map[string]string{"danila@example.com": "d***@example.com", "d@example.com": "d***@example.com", "ёлка@example.com": "ё***@example.com", "": ""} {
		if got := masked(email); got != want {
			t.Errorf("%q: %q, want %q", email, got, want)
		}
	}
}

func FuzzLogin(f *testing.F) {
	for _, seed := range []string{"abcd", " DANILA_g", "1234", "логин", "a\u0301bcd", "K\u212Acde"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var login string
		if !utf8.ValidString(text) || !accepted(t, text, func(in *bind.Input) { login = readLogin(&in.Source) }) {
			return
		}
		if len(login) < 4 || len(login) > 32 || strings.Trim(login, "abcdefghijklmnopqrstuvwxyz0123456789_") != "" || strings.Trim(login, "0123456789") == "" {
			t.Errorf("%q is accepted as %q", text, login)
		}
		var again string
		if !accepted(t, login, func(in *bind.Input) { again = readLogin(&in.Source) }) || again != login {
			t.Errorf("%q is not its own form: %q", login, again)
		}
	})
}

func FuzzName(f *testing.F) {
	for _, seed := range []string{"Данила", "Е\u0308ж", "Анна мария", "Ёё", "Anna"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		var name string
		if !utf8.ValidString(text) || !accepted(t, text, func(in *bind.Input) { name = in.String("v", bind.Max(maxName), nameIsFormed) }) {
			return
		}
		const small = "абвгдеёжзийклмнопрстуфхцчшщъыьэюя"
		runes := []rune(name)
		if len(runes) < 2 || len(runes) > 256 || !strings.ContainsRune(strings.ToUpper(small), runes[0]) || strings.Trim(string(runes[1:]), small+" ") != "" || !norm.NFC.IsNormalString(name) {
			t.Errorf("%q is accepted as %q", text, name)
		}
	})
}

func FuzzUploaded(f *testing.F) {
	f.Add("multipart/form-data; boundary=x", []byte("--x\r\nContent-Disposition: form-data; name=\"avatar\"; filename=\"a\"\r\n\r\nbytes\r\n--x--\r\n"))
	f.Add("image/png", []byte("bytes"))
	f.Add("multipart/form-data", []byte("--"))
	f.Fuzz(func(t *testing.T, contentType string, body []byte) {
		file, err := uploaded(contentType, body)
		if err == nil && len(file) > len(body) {
			t.Errorf("%d bytes come out of %d", len(file), len(body))
		}
		if err != nil && file != nil {
			t.Error("an error comes with a file")
		}
	})
}
