package httpkit

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"testing"
	"time"

	"purse/internal/fault"
	"purse/internal/httpkit/limit"
)

// Five a minute per address for anyone, three a minute for each whom a spokesman
// speaks for.
var (
	limitAnyone  = Limit{Name: "anyone", Rate: limit.Rate{Count: 5, Period: time.Minute}, Per: PerAddress, Announce: true}
	limitSubject = Limit{Name: "subject", Rate: limit.Rate{Count: 3, Period: time.Minute}, Per: PerSubject, Announce: true}
)

var (
	errBadSignature = fault.Define(fault.Unauthenticated, "test.bad_signature", "bad signature")
	errNoSubject    = fault.Define(fault.Invalid, "test.no_subject", "no subject")
	errStoreDown    = fault.Define(fault.Unavailable, "test.store_down", "store down")
)

// speaker reads "secret <subject>" from the body as a bot's signed call, and an
// empty body as a caller that speaks for itself.
func speaker(c *Call) (int64, error) {
	if len(c.Body()) == 0 {
		return 0, nil
	}
	sign, text, _ := strings.Cut(string(c.Body()), " ")
	switch sign {
	case "down":
		return 0, errStoreDown
	case "secret":
		subject, err := strconv.ParseInt(text, 10, 64)
		if err != nil {
			return 0, errNoSubject
		}
		return subject, nil
	}
	return 0, errBadSignature
}

func newSpokesmanKit(t *testing.T, config Config) *kit {
	return newKit(t, config, testSurface(
		Route{Method: "POST", Path: "/bot", Limit: limitAnyone, Spokesman: &Spokesman{Limit: limitSubject, For: speaker}, Handle: func(c *Call) error {
			return c.JSON(http.StatusOK, map[string]int64{"subject": c.subject})
		}},
		Route{Method: "POST", Path: "/sign-in", Limit: limitAnyone},
	))
}

func TestASpokesmanIsCountedForEachItSpeaksForAndNotByAddress(t *testing.T) {
	k := newSpokesmanKit(t, Config{})
	for subject := range int64(20) { // more than the address may ask
		body := "secret " + strconv.FormatInt(-100-subject, 10)
		for i, want := range []string{"3 2 +20 ", "3 1 +40 ", "3 0 +60 ", "3 0 +60 20"} {
			// Another address changes nothing.
			answer := k.ask("POST", "/bot", body, header{"peer": "192.0.2." + strconv.Itoa(i+1) + ":1"})
			if got := told(answer); got != want {
				t.Fatalf("subject %d, call %d: told %q, want %q", subject, i+1, got, want)
			}
			if i < 3 {
				expect(t, answer, 200, `{"subject":`+strconv.FormatInt(-100-subject, 10)+`}`)
			} else {
				expect(t, answer, 429, "http.too_many_requests")
			}
		}
	}
	// None of it was counted by address.
	if got := told(k.ask("POST", "/sign-in", "{}", nil)); got != "5 4 +12 " {
		t.Errorf("the address is told %q", got)
	}
}

func TestWhoeverIsNoSpokesmanIsCountedByAddressWithTheOthers(t *testing.T) {
	k := newSpokesmanKit(t, Config{})
	expect(t, k.ask("POST", "/bot", "", nil), 200, `{"subject":0}`) // speaks for itself
	expect(t, k.ask("POST", "/bot", "guess 1", nil), 401, "test.bad_signature")
	expect(t, k.ask("POST", "/bot", "secret x", nil), 422, "test.no_subject")
	expect(t, k.ask("POST", "/sign-in", "{}", nil), 200, "") // the same counter
	answer := k.ask("POST", "/bot", strings.Repeat("x", MaxBody+1), nil)
	if got := told(answer); got != "5 0 +60 " {
		t.Errorf("told %q", got)
	}
	expect(t, answer, 422, "http.body_too_large")
	for _, body := range []string{"", "guess 1", "secret x", strings.Repeat("x", MaxBody+1)} {
		expect(t, k.ask("POST", "/bot", body, nil), 429, "http.too_many_requests")
	}
	expect(t, k.ask("POST", "/bot", "secret 1", nil), 200, `{"subject":1}`) // whoever shares the address with a guesser
	expect(t, k.ask("POST", "/bot", "guess 1", header{"peer": "192.0.2.2:1"}), 401, "")
}

func TestAFaultOfOursIsCountedAgainstNobody(t *testing.T) {
	k := newSpokesmanKit(t, Config{})
	for range 10 {
		answer := k.ask("POST", "/bot", "down", nil)
		if got := told(answer); got != "   1" {
			t.Errorf("told %q", got)
		}
		expect(t, answer, 503, "test.store_down")
	}
	if got := told(k.ask("POST", "/sign-in", "{}", nil)); got != "5 4 +12 " {
		t.Errorf("the address is told %q", got)
	}
	if ours(nil) || !ours(errors.New("unknown")) {
		t.Error("an unknown error is ours, and none is not")
	}
}

func TestASpokesmanMayHaveToBringASession(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{
		Method: "POST", Path: "/bot", Access: SignedIn, Limit: limitAnyone, Spokesman: &Spokesman{Limit: limitSubject, For: speaker}, Handle: func(c *Call) error {
			return c.JSON(http.StatusOK, map[string]int64{"subject": c.subject, "user": c.Caller().UserID})
		},
	}))
	expect(t, k.ask("POST", "/bot", "secret 7", header{"Cookie": "session=3"}), 200, `{"subject":7,"user":3}`)
	expect(t, k.ask("POST", "/bot", "", header{"Cookie": "session=3"}), 200, `{"subject":0,"user":3}`)
	for body, want := range map[string]string{"secret 7": "3 1 +40 ", "": "5 3 +24 "} {
		answer := k.ask("POST", "/bot", body, nil)
		if got := told(answer); got != want { // without one, it is counted all the same
			t.Errorf("%q: told %q, want %q", body, got, want)
		}
		expect(t, answer, 401, "")
	}
}
