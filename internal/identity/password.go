package identity

import (
	_ "embed"
	"strconv"
	"strings"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"

	"purse/internal/fault"
)

// Bounds of a password's length, in characters.
const (
	MinPassword            = 8
	MinPasswordDevelopment = 6 // so that the documents' samples run as printed
	MaxPassword            = 128
)

// The passwords that everybody tries first, one on a line, in lower case. The
// list holds none below MinPasswordDevelopment characters: those are too short anyway.
//
//go:embed common_passwords.txt
var commonPasswordText string

var commonPasswords = func() map[string]struct{} {
	list := map[string]struct{}{}
	for word := range strings.Lines(commonPasswordText) {
		list[strings.TrimSpace(word)] = struct{}{}
	}
	return list
}()

// CheckPassword holds a new password against the policy: at least as many
// characters as the service asks for, at most MaxPassword, not a common one in
// any case. field is the input's name in ErrWeakPassword.
func (s *Service) CheckPassword(field, password string) error {
	return checkPassword(field, password, s.minPassword)
}

func checkPassword(field, password string, minimum int) error {
	password = norm.NFC.String(password)
	refuse := func(reason string, params map[string]string) error {
		return ErrWeakPassword.In(fault.Field{Name: field, Reason: reason, Params: params})
	}
	switch length := utf8.RuneCountInString(password); {
	case length < minimum:
		return refuse("too_short", map[string]string{"min": strconv.Itoa(minimum)})
	case length > MaxPassword:
		return refuse("too_long", map[string]string{"max": strconv.Itoa(MaxPassword)})
	}
	if _, common := commonPasswords[strings.ToLower(password)]; common {
		weak := ErrWeakPassword.In(fault.Field{Name: field, Reason: "common"})
		weak.Text = "the password is too common" // surfaces have no words of their own for this
		return weak
	}
	return nil
}
