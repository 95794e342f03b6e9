package console_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/http/httptest"
	"net/url"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"purse/internal/apidoc"
	"purse/internal/bill"
	"purse/internal/card"
	"purse/internal/clock"
	"purse/internal/console"
	"purse/internal/gift"
	"purse/internal/httpkit"
	"purse/internal/httpkit/limit"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/logging"
	"purse/internal/money"
	"purse/internal/number"
	"purse/internal/payment"
	"purse/internal/portfolio"
	"purse/internal/saving"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/sqlite"
	"purse/internal/wallet"
)

// world is the console on a server of its own, over a real database.
type world struct {
	t       testing.TB
	clock   *clock.Manual
	engine  store.Engine
	people  *identity.Service
	cards   *card.Service
	savings *saving.Service
	bills   *bill.Service
	wallets *wallet.Service
	gifts   *gift.Service
	post    *post
	server  *httptest.Server
	users   int
}

// post keeps the newest code of every address.
type post struct {
	mutex sync.Mutex
	codes map[string]string
}

func (p *post) Deliver(_ context.Context, m identity.Message) error {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	p.codes[m.To] = m.Code
	return nil
}

func (p *post) Enqueue(_ identity.Tx, m identity.Message) error {
	return p.Deliver(context.Background(), m)
}

func (p *post) code(to string) string {
	p.mutex.Lock()
	defer p.mutex.Unlock()
	return p.codes[to]
}

var epoch = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func newWorld(t testing.TB, change ...func(*console.Services, *httpkit.Config)) *world {
	t.Helper()
	w := &world{t: t, clock: clock.NewManual(epoch), post: &post{codes: map[string]string{}}}
	engine, err := sqlite.Open(t.Context(), sqlite.Options{Path: filepath.Join(t.TempDir(), "purse.db"), Clock: w.clock})
	w.must(err)
	w.engine = engine
	t.Cleanup(func() { w.must(engine.Close()) })
	root, err := secret.NewRoot(bytes.Repeat([]byte{1}, 32))
	w.must(err)
	numbers := number.NewDirectory(store.Narrow[number.Tx](engine), root)
	w.people, err = identity.New(identity.Options{
		Work: store.Narrow[identity.Tx](engine), Clock: w.clock, Root: root, Mailer: w.post, Outbox: w.post,
		MinPassword: identity.MinPassword, ResetURL: "https://bank.example/reset",
		Sessions: map[identity.Surface]identity.SessionRule{identity.Bank: {Lifetime: 45 * time.Minute}, identity.Console: {Lifetime: console.SessionLifetime}, identity.Personal: {Lifetime: time.Hour}},
		OnRegistered: func(tx identity.Tx, user identity.User) error {
			if user.State == withoutWallet {
				return nil
			}
			_, err := wallet.Open(tx.(wallet.Tx), numbers, ledger.OwnerID(user.ID), money.USD)
			return err
		},
	})
	w.must(err)
	payments := payment.New(payment.Options{Work: store.Narrow[payment.Tx](engine), Book: ledger.NewBook(store.Ledger(engine))})
	w.cards = card.New(card.Options{
		Work: store.Narrow[card.Tx](engine), Payments: payments, Numbers: numbers, Root: root, Grant: money.New(100_000, money.USD),
	})
	w.savings = saving.New(saving.Options{Work: store.Narrow[saving.Tx](engine), Payments: payments})
	w.wallets = wallet.New(wallet.Options{Work: store.Narrow[wallet.Tx](engine), Payments: payments, Numbers: numbers})
	w.gifts = gift.New(gift.Options{Work: store.Narrow[gift.Tx](engine), Payments: payments, Numbers: numbers, Funding: gift.Pledge})
	w.bills = bill.New(bill.Options{Work: store.Narrow[bill.Tx](engine), Cards: w.cards, Payments: payments})

	services := console.Services{
		People: w.people, Accounts: portfolio.New(store.Narrow[portfolio.Tx](engine)), Cards: w.cards, Savings: w.savings, Bills: w.bills, Clock: w.clock,
	}
	log := logging.Open(logging.Options{Writer: io.Discard})
	t.Cleanup(func() { w.must(log.Close()) })
	config := httpkit.Config{Log: log, Limiter: limit.Off{}, Metrics: httpkit.NewMetrics(log)}
	for _, c := range change {
		c(&services, &config)
	}
	handler, err := httpkit.New(config, console.New(services))
	w.must(err)
	apidoc.Register(handler)
	w.server = httptest.NewServer(handler)
	t.Cleanup(w.server.Close)
	return w
}

func (w *world) must(err error) {
	w.t.Helper()
	if err != nil {
		w.t.Fatal(err)
	}
}

// withoutWallet as a person's state keeps the world from opening a wallet.
const withoutWallet = "no wallet"

const goodPassword = "correct horse"

// person is somebody with an account.
type person struct {
	id    identity.UserID
	owner ledger.OwnerID
	email string
	bank  string // the token of the session that the registration made
}

// register opens an account; change says what is particular about the person.
func (w *world) register(change ...func(*identity.Confirmation)) person {
	w.t.Helper()
	w.users++
	n := strconv.Itoa(w.users)
	c := identity.Confirmation{
		Identifiers: identity.Identifiers{Email: "ann" + n + "@example.com", Phone: "+1555010000" + n, SocialSecurity: "123-45-678" + n},
		Profile:     identity.Profile{FirstName: "Ann", LastName: "Lee", DateOfBirth: time.Date(1990, 2, 28, 0, 0, 0, 0, time.UTC)},
		Password:    goodPassword,
	}
	for _, ch := range change {
		ch(&c)
	}
	w.must(w.people.Register(w.t.Context(), c.Identifiers))
	c.Code = w.post.code(c.Email)
	signedIn, err := w.people.ConfirmRegistration(w.t.Context(), c, identity.Client{Surface: identity.Bank, Address: "192.0.2.1", UserAgent: "bank/1"})
	w.must(err)
	user := signedIn.Session.User
	return person{user, ledger.OwnerID(user), c.Email, signedIn.Token}
}

func (w *world) decimal(text string) money.Decimal {
	w.t.Helper()
	d, err := money.ParseDecimal(text)
	w.must(err)
	return d
}

func (w *world) newCard(p person) card.Card {
	w.t.Helper()
	c, err := w.cards.Create(w.t.Context(), p.owner, nil)
	w.must(err)
	return c
}

// browser visits the console and keeps its cookies. It follows no redirects.
type browser struct {
	w      *world
	client *http.Client
	agent  string
}

func (w *world) browser() *browser {
	jar, err := cookiejar.New(nil)
	w.must(err)
	return &browser{w: w, agent: "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", client: &http.Client{
		Jar: jar, CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse },
	}}
}

// answer is what came back.
type answer struct {
	status   int
	location string
	header   http.Header
	cookies  []*http.Cookie
	body     string
}

func (b *browser) do(r *http.Request) answer {
	b.w.t.Helper()
	r.Header.Set("User-Agent", b.agent)
	response, err := b.client.Do(r)
	b.w.must(err)
	defer response.Body.Close()
	body, err := io.ReadAll(response.Body)
	b.w.must(err)
	return answer{response.StatusCode, response.Header.Get("Location"), response.Header, response.Cookies(), string(body)}
}

func (b *browser) request(method, path string, form url.Values) *http.Request {
	b.w.t.Helper()
	r, err := http.NewRequestWithContext(b.w.t.Context(), method, b.w.server.URL+path, strings.NewReader(form.Encode()))
	b.w.must(err)
	if method == http.MethodPost {
		r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
		r.Header.Set("Origin", b.w.server.URL)
		r.Header.Set("Sec-Fetch-Site", "same-origin")
	}
	return r
}

func (b *browser) get(path string) answer {
	b.w.t.Helper()
	return b.do(b.request(http.MethodGet, path, nil))
}

func (b *browser) post(path string, fields ...string) answer {
	b.w.t.Helper()
	form := url.Values{}
	for i := 0; i < len(fields); i += 2 {
		form.Set(fields[i], fields[i+1])
	}
	return b.do(b.request(http.MethodPost, path, form))
}

// signIn goes through the pages as a person does, and ends on the overview.
func (b *browser) signIn(p person) {
	b.w.t.Helper()
	a := b.post("/console/sign-in", "email", p.email, "password", goodPassword)
	if a.location == "/console/code" {
		a = b.post("/console/code", "code", b.w.post.code(p.email))
	}
	if a.status != http.StatusSeeOther || a.location != "/console" {
		b.w.t.Fatalf("signing in ended with %d %q: %s", a.status, a.location, a.body)
	}
}

// setCookie gives the browser a cookie from elsewhere.
func (b *browser) setCookie(name, value string) {
	b.w.t.Helper()
	base, err := url.Parse(b.w.server.URL)
	b.w.must(err)
	b.client.Jar.SetCookies(base, []*http.Cookie{{Name: name, Value: value, Path: "/"}})
}

// cookie is the value that the browser would send to the console, or "".
func (b *browser) cookie(name string) string {
	b.w.t.Helper()
	base, err := url.Parse(b.w.server.URL + "/console")
	b.w.must(err)
	for _, c := range b.client.Jar.Cookies(base) {
		if c.Name == name {
			return c.Value
		}
	}
	return ""
}

// wants fails the test unless the answer has the status and contains the texts.
func (a answer) wants(t testing.TB, status int, texts ...string) {
	t.Helper()
	if a.status != status {
		t.Errorf("status %d, want %d: %s", a.status, status, a.body)
	}
	for _, text := range texts {
		if !strings.Contains(a.body, text) {
			t.Errorf("the page lacks %q:\n%s", text, a.body)
		}
	}
}

// leadsTo fails the test unless the answer is a redirect to the path.
func (a answer) leadsTo(t testing.TB, path string) {
	t.Helper()
	if a.status != http.StatusSeeOther || a.location != path {
		t.Errorf("got %d to %q, want 303 to %q", a.status, a.location, path)
	}
}

// walletNumber reads the number of a person's wallet.
func (w *world) walletNumber(p person) (text string) {
	w.t.Helper()
	w.must(w.engine.View(w.t.Context(), func(tx store.Tx) error {
		found, err := wallet.Default(tx, p.owner)
		text = found.Number
		return err
	}))
	return text
}
