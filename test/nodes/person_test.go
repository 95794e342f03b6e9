package nodes

import (
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"purse/internal/apptest"
	"purse/internal/notify/smtptest"
	"purse/internal/store/postgres/pgtest"
)

// patience bounds a wait for something that happens within moments.
const patience = time.Minute

// pair is two nodes of a Purse for real people, and the mails that it sends.
type pair struct {
	*testing.T
	environment []string
	one, two    *apptest.Process
	post        *smtptest.Server
	*counts
}

// counts are of all parts of a test.
type counts struct {
	read   int // mails
	people int
}

// newPair starts the nodes, with more settings.
func newPair(t *testing.T, more ...string) *pair {
	t.Helper()
	p := &pair{T: t, post: smtptest.New(t, smtptest.Options{}), counts: &counts{}}
	p.environment = append([]string{
		apptest.SecretKey, "PURSE_DATABASE_URL=" + pgtest.Database(t), "PURSE_PUBLIC_URL=https://bank.example.com", "PURSE_SMTP_URL=" + p.post.URL(),
		"PURSE_RATE_LIMITS=off",
	}, more...)
	p.one = apptest.Start(t, p.environment, "serve", "--listen", "{listen}")
	p.two = apptest.Start(t, p.environment, "serve", "--listen", "{listen}")
	return p
}

// on is the same pair for a part of the test.
func (p *pair) on(t *testing.T) *pair {
	part := *p
	part.T = t
	return &part
}

// call sends a request to a node with nothing but these headers.
func (p *pair) call(node *apptest.Process, method, path string, body any, headers ...string) apptest.Answer {
	p.Helper()
	return apptest.Ask(p, node.Base, method, path, body, headers...)
}

// must is call that fails unless the answer is good, at the first node.
func (p *pair) must(method, path string, body any, headers ...string) apptest.Answer {
	p.Helper()
	answer := p.call(p.one, method, path, body, headers...)
	if answer.Status >= 400 {
		p.Fatalf("%s %s: %d %s", method, path, answer.Status, answer.Body)
	}
	return answer
}

// form is must with a form of the console.
func (p *pair) form(path, cookie string, values url.Values) apptest.Answer {
	p.Helper()
	return p.must(http.MethodPost, path, values.Encode(), "Cookie", "authorization="+cookie, "Content-Type", "application/x-www-form-urlencoded")
}

func (p *pair) admin(words ...string) string {
	p.Helper()
	return apptest.Admin(p, p.environment, words...)
}

var (
	codePattern = regexp.MustCompile(`(?m)^\s*([A-Z0-9]{8}|[0-9]{6})\s*$`)
	linkPattern = regexp.MustCompile(`https://\S+\?token=([\w-]+)`)
)

// mailed is what a pattern finds in the next mail that has it.
func (p *pair) mailed(pattern *regexp.Regexp) string {
	p.Helper()
	for patience := time.After(patience); ; {
		mails := p.post.Mails()
		for ; p.read < len(mails); p.read++ {
			text := strings.NewReplacer("=\n", "", "=3D", "=").Replace(mails[p.read].Data)
			if found := pattern.FindStringSubmatch(text); found != nil {
				p.read++
				return found[1]
			}
		}
		select {
		case <-patience:
			p.Fatal("no mail came")
		case <-time.After(5 * time.Millisecond): // between looks; nothing is asserted on it
		}
	}
}

// person is somebody with an account at the bank that one step opens.
type person struct {
	id, email, phone, ssn, password string
}

// join registers somebody at the first node.
func (p *pair) join() *person {
	p.Helper()
	p.people++
	n := p.people
	who := &person{fmt.Sprint(n), fmt.Sprintf("person%d@example.com", n), fmt.Sprintf("+7701%07d", n), fmt.Sprintf("%09d", n), "Voskresensk1"}
	client := &apptest.Client{Email: who.email, Phone: who.phone, SSN: who.ssn}
	p.must(http.MethodPost, "/auth/register", client.Proofs())
	cookie := p.must(http.MethodPost, "/auth/verify-email", client.Registration(who.password, p.mailed(codePattern))).Cookie("authorization")
	p.form("/console/security/two-step", cookie, url.Values{"required": {"no"}, "password": {who.password}})
	return who
}

// surface is how somebody signs in there, and what shows that they are.
type surface struct {
	name   string
	signIn func(*pair, *person) (header, value string)
	mine   string // GET answers the signed-in alone
	closed int    // to others
	logout string // POST ends the session, where that is possible
}

var surfaces = []surface{
	{name: "bank", mine: "/auth/me", closed: 401, logout: "/auth/logout", signIn: func(p *pair, who *person) (string, string) {
		return "Cookie", "authorization=" + p.signInAtBank(who)
	}},
	{name: "profile", mine: "/account/me", closed: 403, signIn: func(p *pair, who *person) (string, string) {
		return "Authorization", p.must(http.MethodPost, "/account/login", map[string]string{"email": who.email, "password": who.password}, "browser", "Chrome 122.0").Text("token")
	}},
	{name: "wallet", mine: "/users/", closed: 401, signIn: func(p *pair, who *person) (string, string) {
		return "Authorization", "Bearer " + p.must(http.MethodPost, "/users/token/create/", map[string]string{"phone_number": who.phone, "password": who.password}).Text("access")
	}},
	{name: "bot", mine: "/api/v1/accounts", closed: 401, logout: "/api/v1/auth/logout", signIn: func(p *pair, who *person) (string, string) {
		return "Authorization", "Bearer " + p.must(http.MethodPost, "/api/v1/auth/login", map[string]string{"email": who.email, "password": who.password}).Text("access_token")
	}},
	{name: "gift", mine: "/api/user/{id}/messages", closed: 401, signIn: func(p *pair, who *person) (string, string) {
		return "Authorization", "Bearer " + p.must(http.MethodPost, "/api/user/login", map[string]string{"email": who.email, "password": who.password}).Text("access_token")
	}},
}

func (p *pair) signInAtBank(who *person) (cookie string) {
	p.must(http.MethodPost, "/auth/2fa/request", map[string]string{"email": who.email, "password": who.password})
	return p.must(http.MethodPost, "/auth/2fa/confirm", map[string]string{"email": who.email, "twofa_code": p.mailed(codePattern)}).Cookie("authorization")
}

// session is a sign-in on a surface.
type session struct {
	surface
	of            *person
	header, value string
}

// enter signs somebody in at the first node.
func (p *pair) enter(s surface, who *person) session {
	p.Helper()
	header, value := s.signIn(p, who)
	return session{s, who, header, value}
}

// opens says whether the session opens its surface at a node; a refusal that is
// not the surface's own fails the test.
func (p *pair) opens(node *apptest.Process, s session) bool {
	p.Helper()
	answer := p.call(node, http.MethodGet, strings.ReplaceAll(s.mine, "{id}", s.of.id), nil, s.header, s.value)
	if answer.Status != http.StatusOK && answer.Status != s.closed {
		p.Errorf("%s answers %d %s, want 200 or %d", s.mine, answer.Status, answer.Body, s.closed)
	}
	return answer.Status == http.StatusOK
}

// signed is a request of a bot.
func (p *pair) signed(node *apptest.Process, b *apptest.Bot, target string) apptest.Answer {
	p.Helper()
	return p.call(node, http.MethodPost, target, nil, b.Sign(http.MethodPost, target, "")...)
}
