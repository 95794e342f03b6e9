package storetest

import (
	"errors"
	"fmt"
	"reflect"
	"sync"
	"testing"
	"time"

	"purse/internal/claim"
	"purse/internal/clock"
	"purse/internal/id"
	"purse/internal/identity"
	"purse/internal/store"
	"purse/internal/unit"
)

// people is an engine with the rows of identity and of claims, and a clock.
type people struct {
	t     *testing.T
	work  unit.Work[identity.Tx]
	clock *clock.Manual
	ids   id.Source
}

// Identity holds an engine to what identity.Tx and claim.Tx say.
func Identity(t *testing.T, open Open) {
	for name, test := range map[string]func(p *people){
		"a value has one subject until it is released":           oneSubject,
		"many values are found at once":                          manyValues,
		"of fifty claims to a value one is granted":              fiftyClaims,
		"an undone unit claims nothing":                          undoneClaim,
		"a user is read as it was written":                       userRoundTrip,
		"a user's status and factors change alone":               userFacts,
		"a credential replaces the older one":                    credentialReplaced,
		"a registration replaces the one of the same e-mail":     registrationReplaced,
		"old registrations go in batches":                        oldRegistrations,
		"what waits for a code is found until it goes":           pendingFound,
		"of fifty units that spend one pending one finds it":     fiftyPending,
		"what has waited too long goes in batches":               oldPendings,
		"who was to be a user goes by address or number":         newcomersForgotten,
		"a code replaces the flow's older one of a person":       codeReplaced,
		"wrong tries are counted by flow, person and time":       wrongTries,
		"codes and wrong tries go by their own times":            oldCodes,
		"failures are counted by scope and time":                 failureCount,
		"a block is kept, replaced and removed":                  blockKept,
		"old failures and blocks go in batches":                  oldFailures,
		"a reset replaces the user's older one and goes once":    resetOnce,
		"a session is found until it is ended or its user stops": sessionFound,
		"a session slides unless it was ended":                   sessionSlides,
		"sessions are listed by last use and end by user":        sessionList,
		"a user is updated as a whole":                           userUpdated,
		"sessions end but for one":                               sessionSpared,
		"a refresh token is spent once":                          refreshSpent,
		"of fifty that spend a refresh token one is first":       fiftyRefresh,
		"old refresh tokens go in batches":                       oldRefreshes,
		"a chat has one session and a user one chat":             chatSessions,
		"old sessions go in batches":                             oldSessions,
		"permissions come directly and through roles, once":      permissionUnion,
		"roles and groups have unique names":                     uniqueNames,
		"roles and groups are listed of many and of all":         membershipsOfMany,
		"public users are active, have a login, and page by id":  publicUsers,
		"of fifty wrong tries five are let in":                   fiftyWrongTries,
		"of fifty failures ten are let in":                       fiftyFailures,
		"a link for an address replaces the older one":           emailLinkKept,
		"old links for addresses go in batches":                  oldEmailLinks,
		"of an erased user the ids are left":                     erasedUser,
		"after everything has ended nothing of it counts":        everythingEnds,
		"of fifty units that spend one code one finds it":        fiftySpend,
	} {
		t.Run(name, func(t *testing.T) {
			now := clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC))
			test(&people{t: t, work: store.Narrow[identity.Tx](open(t, now)), clock: now})
		})
	}
}

func (p *people) update(fn func(tx identity.Tx) error) {
	p.t.Helper()
	if err := p.work.Update(p.t.Context(), fn); err != nil {
		p.t.Fatal(err)
	}
}

// check runs assertions over rows in a view; each writes what is wrong.
func (p *people) check(fn func(tx identity.Tx) error) {
	p.t.Helper()
	if err := p.work.View(p.t.Context(), fn); err != nil {
		p.t.Error(err)
	}
}

// same says what differs, as an error.
func (p *people) same(what string, got, want any, err error) error {
	if err != nil {
		return fmt.Errorf("%s: %w", what, err)
	}
	if !reflect.DeepEqual(got, want) {
		return fmt.Errorf("%s: got %+v, want %+v", what, got, want)
	}
	return nil
}

// refused wants an error of a kind.
func (p *people) refused(got, want error) error {
	if !errors.Is(got, want) {
		return fmt.Errorf("got %v, want %v", got, want)
	}
	return nil
}

// addUser makes a user who is active.
func (p *people) addUser(user identity.UserID) identity.User {
	p.t.Helper()
	u := identity.User{ID: user, UUID: p.ids.New(p.clock.Now()), Status: identity.Active, CreatedAt: p.clock.Now(), UpdatedAt: p.clock.Now()}
	p.update(func(tx identity.Tx) error { return tx.InsertUser(u) })
	return u
}

func manyValues(p *people) {
	p.update(func(tx identity.Tx) error {
		return errors.Join(tx.Claim(claim.Login, "a", 1), tx.Claim(claim.Login, "b", 2), tx.Claim(claim.Phone, "c", 3))
	})
	p.check(func(tx identity.Tx) error {
		found, err := tx.FindClaims(claim.Login, []string{"b", "none", "a", "c", "b", "\xff", ""})
		if err := p.same("values of one kind", found, map[string]int64{"a": 1, "b": 2}, err); err != nil {
			return err
		}
		found, err = tx.FindClaims(claim.Login, nil)
		return p.same("no values", found, map[string]int64{}, err)
	})
}

func oneSubject(p *people) {
	p.update(func(tx identity.Tx) error { return tx.Claim(claim.Email, "ann@example.com", 1) })
	for _, subject := range []int64{1, 2} {
		err := p.work.Update(p.t.Context(), func(tx identity.Tx) error { return tx.Claim(claim.Email, "ann@example.com", subject) })
		if err := p.refused(err, claim.ErrTaken); err != nil {
			p.t.Error(err)
		}
	}
	p.update(func(tx identity.Tx) error { return tx.Claim(claim.Login, "ann@example.com", 3) })
	find := func(kind claim.Kind, value string, want int64) {
		p.t.Helper()
		p.check(func(tx identity.Tx) error {
			subject, found, err := tx.FindClaim(kind, value)
			return p.same(value, []any{subject, found}, []any{want, want != 0}, err)
		})
	}
	find(claim.Email, "ann@example.com", 1)
	find(claim.Login, "ann@example.com", 3)
	find(claim.Phone, "ann@example.com", 0)
	find(claim.Email, "Ann@example.com", 0) // the one form is the caller's care
	p.update(func(tx identity.Tx) error { return tx.ReleaseClaim(claim.Email, "ann@example.com") })
	p.update(func(tx identity.Tx) error { return tx.ReleaseClaim(claim.Email, "ann@example.com") })
	find(claim.Email, "ann@example.com", 0)
	find(claim.Login, "ann@example.com", 3)
	p.update(func(tx identity.Tx) error { return tx.Claim(claim.Email, "ann@example.com", 2) })
	find(claim.Email, "ann@example.com", 2)
}

// race runs fn fifty times at once, each in a unit of work, and returns how
// many succeeded; the others must fail with allowed.
func (p *people) race(allowed error, fn func(tx identity.Tx, caller int) error) (successes int) {
	p.t.Helper()
	var mutex sync.Mutex
	var wait sync.WaitGroup
	for caller := range 50 {
		wait.Go(func() {
			err := p.work.Update(p.t.Context(), func(tx identity.Tx) error { return fn(tx, caller) })
			mutex.Lock()
			defer mutex.Unlock()
			if err == nil {
				successes++
			} else if !errors.Is(err, allowed) {
				p.t.Errorf("got %v, want nil or %v", err, allowed)
			}
		})
	}
	wait.Wait()
	return successes
}

func fiftyClaims(p *people) {
	won := p.race(claim.ErrTaken, func(tx identity.Tx, caller int) error {
		return tx.Claim(claim.Phone, "+15550100000", int64(caller+1))
	})
	if won != 1 {
		p.t.Errorf("%d claims were granted", won)
	}
}

func undoneClaim(p *people) {
	undone := errors.New("undone")
	err := p.work.Update(p.t.Context(), func(tx identity.Tx) error {
		if err := tx.Claim(claim.Email, "ann@example.com", 1); err != nil {
			return err
		}
		return undone
	})
	if err := p.refused(err, undone); err != nil {
		p.t.Error(err)
	}
	p.update(func(tx identity.Tx) error { return tx.Claim(claim.Email, "ann@example.com", 2) })
}

func userRoundTrip(p *people) {
	full := identity.User{
		ID: 7, UUID: p.ids.New(p.clock.Now()),
		Profile: identity.Profile{
			FirstName: "Zoë", LastName: "O'Brien; --", DateOfBirth: time.Date(1890, 2, 28, 0, 0, 0, 0, time.UTC),
			Address: "1 Main St", City: "Алматы", State: "IL", PostCode: "62701",
			Patronymic: "Ивановна", Username: "조이", Description: "Line\none", BackgroundColor: "#e209e5", ProfileImage: "https://example.com/zoe.png",
		},
		Email: "zoe@example.com", EmailVerified: true, Login: "zoe_1", TelegramID: 1 << 50, Phone: "+15550100000", SocialSecurity: []byte{0, 1, 255}, TwoFactorRequired: true,
		Status: identity.Active, CreatedAt: p.clock.Now().Add(time.Microsecond), UpdatedAt: p.clock.Now().Add(time.Microsecond),
	}
	bare := identity.User{ID: 8, UUID: p.ids.New(p.clock.Now()), Status: identity.Inactive, CreatedAt: p.clock.Now(), UpdatedAt: p.clock.Now()}
	for _, want := range []identity.User{full, bare} {
		p.update(func(tx identity.Tx) error { return tx.InsertUser(want) })
		p.check(func(tx identity.Tx) error {
			got, err := tx.User(want.ID)
			return p.same("user", got, want, err)
		})
	}
	p.check(func(tx identity.Tx) error {
		_, err := tx.User(9)
		return p.refused(err, identity.ErrNoUser)
	})
}

func userUpdated(p *people) {
	before, other := p.addUser(1), p.addUser(2)
	after := before
	after.Profile = identity.Profile{
		FirstName: "Zoë", LastName: "Lee", DateOfBirth: time.Date(1990, 2, 28, 0, 0, 0, 0, time.UTC), Address: "a", City: "c", State: "s", PostCode: "p",
		Patronymic: "Ёлкин", Username: "u", Description: "d", BackgroundColor: "#000000", ProfileImage: "http://example.com/",
	}
	after.Email, after.EmailVerified, after.Phone, after.Login, after.TelegramID = "z@example.com", true, "+15550100000", "zoe", 7
	after.TwoFactorRequired, after.Status = true, identity.Inactive
	p.clock.Advance(time.Hour)
	p.update(func(tx identity.Tx) error {
		after.UpdatedAt = tx.Now()
		return tx.UpdateUser(after)
	})
	for _, want := range []identity.User{after, other} {
		p.check(func(tx identity.Tx) error {
			got, err := tx.User(want.ID)
			return p.same("user", got, want, err)
		})
	}
}

func userFacts(p *people) {
	changed, other := p.addUser(1), p.addUser(2)
	p.update(func(tx identity.Tx) error {
		if err := tx.SetUserStatus(1, identity.Inactive); err != nil {
			return err
		}
		return tx.SetTwoFactorRequired(1, true)
	})
	changed.Status, changed.TwoFactorRequired = identity.Inactive, true
	for _, want := range []identity.User{changed, other} {
		p.check(func(tx identity.Tx) error {
			got, err := tx.User(want.ID)
			return p.same("user", got, want, err)
		})
	}
}

func credentialReplaced(p *people) {
	p.addUser(1)
	for _, want := range []string{"", "$first", "$second"} {
		if want != "" {
			p.update(func(tx identity.Tx) error { return tx.SetCredential(1, want) })
		}
		p.check(func(tx identity.Tx) error {
			got, err := tx.Credential(1)
			return p.same("credential", got, want, err)
		})
	}
}

func registrationReplaced(p *people) {
	first := identity.Registration{Email: "ann@example.com", Phone: "1", SocialSecurity: [32]byte{1}, CreatedAt: p.clock.Now()}
	second := identity.Registration{Email: "ann@example.com", Phone: "2", SocialSecurity: [32]byte{2}, CreatedAt: p.clock.Now().Add(time.Hour)}
	for _, want := range []identity.Registration{first, second} {
		p.update(func(tx identity.Tx) error { return tx.PutRegistration(want) })
		p.check(func(tx identity.Tx) error {
			got, found, err := tx.Registration("ann@example.com")
			return p.same("registration", []any{got, found}, []any{want, true}, err)
		})
	}
	for range 2 {
		p.update(func(tx identity.Tx) error { return tx.DeleteRegistration("ann@example.com") })
	}
	p.check(func(tx identity.Tx) error {
		_, found, err := tx.Registration("ann@example.com")
		return p.same("found", found, false, err)
	})
}

// deletes wants a deletion to remove the given numbers of rows, call by call.
func (p *people) deletes(fn func(tx identity.Tx) (int, error), want ...int) {
	p.t.Helper()
	for _, want := range want {
		p.update(func(tx identity.Tx) error {
			got, err := fn(tx)
			return p.same("rows removed", got, want, err)
		})
	}
}

func oldRegistrations(p *people) {
	now := p.clock.Now()
	for i := range 5 {
		p.update(func(tx identity.Tx) error {
			return tx.PutRegistration(identity.Registration{Email: fmt.Sprint(i), CreatedAt: now.Add(time.Duration(i) * time.Microsecond)})
		})
	}
	p.deletes(func(tx identity.Tx) (int, error) { return tx.DeleteRegistrations(now.Add(2*time.Microsecond), 2) }, 2, 1, 0)
	p.check(func(tx identity.Tx) error {
		_, found, err := tx.Registration("3")
		return p.same("found", found, true, err)
	})
}
