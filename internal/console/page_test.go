package console_test

import (
	"fmt"
	"html"
	"net/http"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/console"
	"purse/internal/gift"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/saving"
	"purse/internal/store"
	"purse/internal/wallet"
)

const trustedApp = "https://app.example"

func trustApp(_ *console.Services, config *httpkit.Config) {
	config.Origins = httpkit.Origins{trustedApp}
}

// fill gives a person one of everything that the pages show.
func (w *world) fill(p person, text string) (first, second card.Card) {
	w.t.Helper()
	first, second = w.newCard(p), w.newCard(p)
	goal, err := w.savings.Create(w.t.Context(), p.owner, text, w.decimal("1000"), nil)
	w.must(err)
	_, err = w.savings.TopUp(w.t.Context(), saving.MoveRequest{Owner: p.owner, Saving: goal.ID, Card: first.ID, Amount: w.decimal("250.50")})
	w.must(err)
	for _, due := range []time.Duration{-24 * time.Hour, 24 * time.Hour} {
		_, err = w.bills.Create(w.t.Context(), p.owner, text, w.decimal("12.5"), epoch.Add(due))
		w.must(err)
	}
	paid, err := w.bills.Create(w.t.Context(), p.owner, text+" paid", w.decimal("3"), epoch)
	w.must(err)
	_, err = w.bills.Pay(w.t.Context(), bill.PayRequest{Owner: p.owner, Bill: paid.ID, Card: first.Number})
	w.must(err)
	_, err = w.cards.Transfer(w.t.Context(), card.TransferRequest{Owner: p.owner, From: first.Number, To: second.Number, Amount: w.decimal("1")})
	w.must(err)
	_, err = w.wallets.Create(w.t.Context(), p.owner, text, "KZT", nil)
	w.must(err)
	_, err = w.gifts.Send(w.t.Context(), gift.SendRequest{Sender: p.owner, Receiver: p.owner, Text: text, Amount: 100})
	w.must(err)
	return first, second
}

func cardPath(c card.Card) string { return fmt.Sprintf("/console/card/%d", c.ID) }

func TestTheOverviewShowsWhatAPersonHas(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	first, _ := w.fill(p, "Lisbon")
	b.signIn(p)
	a := b.get("/console")
	number := w.walletNumber(p)
	a.wants(t, http.StatusOK,
		number[:3]+" "+number[3:6]+" "+number[6:],
		first.LastFour, "03/31", "1,746.50", `745.50 <span class="currency">USD`, "1,001.00",
		`<progress max="100" value="25"`, "250.50", "749.50",
		"Overdue", "28 Feb 2026", "2 Mar 2026", "12.50",
	)
	for _, secret := range []string{first.Number, first.CVV + "<", "Lisbon paid"} {
		if strings.Contains(a.body, secret) {
			t.Errorf("the overview shows %q", secret)
		}
	}
	if strings.Index(a.body, "28 Feb 2026") > strings.Index(a.body, "2 Mar 2026") {
		t.Error("the bills are not in the order they are due")
	}
}

func TestTheOverviewShowsEveryWalletAndTheGiftBox(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	tenge, err := w.wallets.Create(t.Context(), p.owner, "Трат <b>", "KZT", nil)
	w.must(err)
	euro, err := w.wallets.Create(t.Context(), p.owner, "Travel", "EUR", nil)
	w.must(err)
	_, err = w.wallets.Deposit(t.Context(), wallet.Movement{Owner: p.owner, Wallet: tenge.ID, Amount: w.decimal("1234567.5")})
	w.must(err)
	shown := b.get("/console")
	grouped := func(number string) string { return number[:3] + " " + number[3:6] + " " + number[6:] }
	shown.wants(t, http.StatusOK,
		grouped(w.walletNumber(p)), "<bdi>Трат &lt;b&gt;</bdi>", `1,234,567.50 <span class="currency">KZT`, grouped(tenge.Number), "<bdi>Travel</bdi>", grouped(euro.Number))
	for _, absent := range []string{"Blocked", "Gift box", "You have no wallet"} {
		if strings.Contains(shown.body, absent) {
			t.Errorf("the page says %q", absent)
		}
	}
	if strings.Index(shown.body, grouped(w.walletNumber(p))) > strings.Index(shown.body, grouped(tenge.Number)) {
		t.Error("the default wallet is not the first")
	}

	w.must(w.engine.Update(t.Context(), func(tx store.Tx) error { return ledger.Block(tx, euro.ID) }))
	friend := w.register()
	for range 2 {
		_, err = w.gifts.Send(t.Context(), gift.SendRequest{Sender: friend.owner, Receiver: p.owner, Text: "Happy New Year", Amount: 50000})
		w.must(err)
	}
	shown = b.get("/console")
	shown.wants(t, http.StatusOK, `<bdi>Travel</bdi></h3><strong class="blocked">Blocked</strong>`, "until the monthly fee is paid", "Gift box", "100,000", "Play money")
	if strings.Count(shown.body, "Blocked") != 1 {
		t.Error("other wallets are blocked too")
	}
	theirs := w.browser()
	theirs.signIn(friend)
	if page := theirs.get("/console"); strings.Contains(page.body, "Travel") || strings.Contains(page.body, "Gift box") {
		t.Error("a person sees what another has")
	}
}

func TestWhoHasNothingYetIsToldWhatToDo(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	b.signIn(p)
	b.get("/console").wants(t, http.StatusOK, "0.00", "No cards yet", "POST /card/create", "No savings goals yet", "Nothing to pay")

	p, b = w.register(func(c *identity.Confirmation) { c.State = withoutWallet }), w.browser()
	b.signIn(p)
	b.get("/console").wants(t, http.StatusOK, "You have no wallet", "No cards yet", "No savings goals yet", "Nothing to pay")
}

func TestACardShowsItsHistoryNewestFirstInPages(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	mine := w.newCard(p)
	friend := w.register(func(c *identity.Confirmation) { c.FirstName, c.LastName = "Bo", "Ek" })
	theirs := w.newCard(friend)
	const transfers = 60
	for i := range transfers {
		w.clock.Advance(time.Second)
		_, err := w.cards.Transfer(t.Context(), card.TransferRequest{Owner: p.owner, From: mine.Number, To: theirs.Number, Amount: w.decimal(fmt.Sprintf("0.%02d", i+1))})
		w.must(err)
	}
	b.signIn(p)
	amounts := regexp.MustCompile(`(?s)class="sum (?:in|out)".*?class="amount">([0-9.,]+) `)
	older := regexp.MustCompile(`class="older" href="([^"]+)"`)
	var seen []string
	for path := cardPath(mine); path != ""; {
		a := b.get(path)
		a.wants(t, http.StatusOK, "•••• ", mine.LastFour)
		if first := path == cardPath(mine); strings.Contains(a.body, "Newest") == first {
			t.Errorf("%s leads to the newest page: %t", path, !first)
		}
		found := amounts.FindAllStringSubmatch(a.body, -1)
		if len(found) == 0 {
			t.Fatalf("no lines on %s:\n%s", path, a.body)
		}
		for _, f := range found {
			seen = append(seen, f[1])
		}
		for _, number := range []string{mine.Number, theirs.Number} {
			if strings.Contains(a.body, number) {
				t.Error("a card's number is shown in full")
			}
		}
		path = ""
		if next := older.FindStringSubmatch(a.body); next != nil {
			path = html.UnescapeString(next[1])
		}
	}
	if len(seen) != transfers+1 || seen[0] != "0.60" || seen[transfers-1] != "0.01" || seen[transfers] != "1,000.00" {
		t.Errorf("the pages have %v", seen)
	}
	b.get(cardPath(mine)).wants(t, http.StatusOK, "Bo Ek", "•••• "+theirs.LastFour, "Transfer", "−", `981.70 <span class="currency">USD</span></span></td>`, "982.30")
}

func TestAnothersCardIsTheSameAsNone(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	w.newCard(p)
	theirs := w.newCard(w.register())
	b.signIn(p)
	want := b.get("/console/card/999999")
	want.wants(t, http.StatusNotFound, "Nothing is here")
	for _, path := range []string{cardPath(theirs), cardPath(theirs) + "?before=1", "/console/card/0", "/console/card/-1", "/console/card/x", "/console/card/99999999999999999999"} {
		if got := b.get(path); got.status != want.status || got.body != want.body {
			t.Errorf("%s: %d %s", path, got.status, got.body)
		}
	}
}

func TestACursorThatIsNoneIsRefused(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	mine := w.newCard(p)
	b.signIn(p)
	for _, before := range []string{"x", "0", "-1", "999999", "99999999999999999999"} {
		b.get(cardPath(mine)+"?before="+before).wants(t, http.StatusBadRequest, "not understood")
	}
}

// hostile is text that would be markup, an attribute's end, a script or a
// style if it were written as it is.
var hostile = []string{
	`<script>alert(1)</script>`,
	`"><img src=x onerror=alert(1)>`,
	`' onmouseover='alert(1)`,
	`</title></textarea></style></script><svg onload=alert(1)>`,
	`javascript:alert(1)`,
	`{{.}}{{template "main" .}}`,
	`<!--<a href="//evil.example">`,
	"\u202e<b>gnp.tneve</b>\u2066",
}

func TestSecurity22TextOfPeopleIsNeverMarkup(t *testing.T) {
	for _, text := range hostile {
		t.Run(text, func(t *testing.T) {
			w := newWorld(t)
			p := w.register(func(c *identity.Confirmation) { c.FirstName, c.LastName = text, text })
			first, second := w.fill(p, text)
			_, err := w.people.EditProfile(t.Context(), p.id, func(of *identity.Profile) {
				of.Patronymic, of.Username, of.Description, of.BackgroundColor, of.ProfileImage = text, text, text, text, text
				of.Address, of.City, of.State, of.PostCode = text, text, text, text
			})
			w.must(err)
			_, err = w.people.CreateGroup(t.Context(), text)
			w.must(err)
			w.must(w.people.JoinGroup(t.Context(), p.id, text))
			b := w.browser()
			b.agent = strings.ToValidUTF8(text, "")
			b.signIn(p)
			w.must(w.people.GrantRole(t.Context(), p.id, identity.RoleAdmin))
			escaped := strings.ReplaceAll(html.EscapeString(text), "+", "&#43;")
			for _, path := range []string{"/console", cardPath(first), cardPath(second), "/console/security", "/console/people", pageOf(p)} {
				a := b.get(path)
				a.wants(t, http.StatusOK)
				if strings.Contains(a.body, text) && text != escaped {
					t.Errorf("%s shows it as it is:\n%s", path, a.body)
				}
				if text == hostile[0] && path != "/console/people" && !strings.Contains(a.body, escaped) {
					t.Errorf("%s does not show it at all", path)
				}
				if strings.Contains(a.body, `href="javascript:`) {
					t.Errorf("%s links to it", path)
				}
			}
			stranger := w.browser()
			a := stranger.post("/console/sign-in", "email", text, "password", text)
			a.wants(t, http.StatusUnauthorized)
			found := b.post("/console/people/find", "user", text)
			found.wants(t, http.StatusNotFound)
			for _, a := range []answer{a, found} {
				if strings.Contains(a.body, text) && text != escaped {
					t.Errorf("the form shows it as it is:\n%s", a.body)
				}
			}
		})
	}
}

func TestEveryLinkAndFormOfThePagesWorks(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	first, _ := w.fill(p, "Lisbon")
	for range 30 {
		_, err := w.cards.Transfer(t.Context(), card.TransferRequest{Owner: p.owner, From: first.Number, To: w.walletNumber(p), Amount: w.decimal("1")})
		w.must(err)
	}
	links := regexp.MustCompile(`(?:href|src)="([^"]+)"`)
	actions := regexp.MustCompile(`<form[^>]* method="post" action="([^"]+)"`)
	crawl := func(b *browser, start string) (visited map[string]bool, forms map[string]bool) {
		visited, forms = map[string]bool{}, map[string]bool{}
		waiting := []string{start}
		for len(waiting) > 0 {
			path := waiting[0]
			waiting = waiting[1:]
			if visited[path] {
				continue
			}
			visited[path] = true
			a := b.get(path)
			if a.status != http.StatusOK {
				t.Errorf("%s: %d", path, a.status)
			}
			if !strings.HasPrefix(path, "/console") || !strings.HasPrefix(a.header.Get("Content-Type"), "text/html") {
				continue
			}
			for _, found := range links.FindAllStringSubmatch(a.body, -1) {
				if link := html.UnescapeString(found[1]); strings.HasPrefix(link, "/") {
					waiting = append(waiting, link)
				} else if !strings.Contains(a.body, `id="`+strings.TrimPrefix(link, "#")+`"`) {
					t.Errorf("%s links to %q", path, link)
				}
			}
			for _, found := range actions.FindAllStringSubmatch(a.body, -1) {
				forms[found[1]] = true
			}
		}
		return visited, forms
	}
	_, forms := crawl(b, "/console")
	b.post("/console/sign-in", "email", p.email, "password", goodPassword)
	_, second := crawl(b, "/console/code")
	b.signIn(p)
	visited, third := crawl(b, "/console")
	if len(visited) < 8 {
		t.Errorf("only %v were found", visited)
	}
	for _, found := range []map[string]bool{second, third} {
		for path := range found {
			forms[path] = true
		}
	}
	for path := range writes {
		if !forms[path] {
			t.Errorf("no page has the form of %s", path)
		}
	}
	for path := range forms {
		if _, known := writes[path]; !known {
			t.Errorf("%s is not among the writes", path)
		}
	}
}

func TestSecurity22EveryPageIsSealed(t *testing.T) {
	w := newWorld(t)
	p, b := w.register(), w.browser()
	first, _ := w.fill(p, "Lisbon")
	check := func(a answer) {
		t.Helper()
		for name, want := range map[string]string{
			"Content-Security-Policy": "default-src 'none'; style-src 'self'; img-src 'self'; form-action 'self'; base-uri 'none'; frame-ancestors 'none'",
			"Referrer-Policy":         "same-origin", "X-Content-Type-Options": "nosniff", "Cache-Control": "no-store", "Content-Type": "text/html; charset=utf-8",
		} {
			if got := a.header.Get(name); got != want {
				t.Errorf("%s is %q", name, got)
			}
		}
		for _, inline := range []string{"<script", " style=", "<style", " onclick="} {
			if strings.Contains(a.body, inline) {
				t.Errorf("the page has %q", inline)
			}
		}
		for _, need := range []string{`<html lang="en">`, "<title>", "<main", "<h1>", `name="viewport"`} {
			if strings.Count(a.body, need) != 1 {
				t.Errorf("the page has %d of %q", strings.Count(a.body, need), need)
			}
		}
	}
	check(b.get("/console"))
	check(b.get("/console/nothing"))
	b.signIn(p)
	for _, path := range []string{"/console", "/console/", "/console/security", cardPath(first), "/console/sign-in"} {
		check(b.get(path))
	}
}

func TestWhatIsMissingIsSaidInTheConsolesLook(t *testing.T) {
	w := newWorld(t)
	b := w.browser()
	b.get("/console/nothing").wants(t, http.StatusNotFound, "<h1>Nothing is here</h1>", "/console/style.css")
	b.do(b.request(http.MethodDelete, "/console", nil)).wants(t, http.StatusMethodNotAllowed, "<h1>This does not work here</h1>")
	large := strings.NewReader(strings.Repeat("x", httpkit.MaxBody+1))
	r, err := http.NewRequestWithContext(t.Context(), http.MethodPost, w.server.URL+"/console/sign-in", large)
	w.must(err)
	b.do(r).wants(t, http.StatusRequestEntityTooLarge, "<h1>That is too much</h1>")
}

// brokenClock is a part that breaks while a page is made.
type brokenClock struct{}

func (brokenClock) Now() time.Time { panic("gears of secrets") }

func TestOurOwnFailuresSayNothingOfTheirCause(t *testing.T) {
	w := newWorld(t, func(s *console.Services, _ *httpkit.Config) { s.Clock = brokenClock{} })
	p, b := w.register(), w.browser()
	b.signIn(p)
	a := b.get("/console")
	a.wants(t, http.StatusInternalServerError, "/console/style.css", a.header.Get("X-Request-Id"))
	if strings.Contains(a.body, "secrets") {
		t.Errorf("the page tells the cause: %s", a.body)
	}
}

func TestAServerThatCannotAnswerInTimeSaysSo(t *testing.T) {
	w := newWorld(t, func(_ *console.Services, config *httpkit.Config) { config.RequestTimeout = time.Nanosecond })
	p, b := w.register(), w.browser()
	b.setCookie("authorization", p.bank)
	a := b.get("/console")
	a.wants(t, http.StatusServiceUnavailable, "<h1>Purse is busy</h1>")
	if a.header.Get("Retry-After") == "" {
		t.Error("it does not say when to try again")
	}
}
