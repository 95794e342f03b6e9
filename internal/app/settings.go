package app

import (
	"bytes"
	"encoding/base64"
	"errors"
	"fmt"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"time"

	"purse/internal/botclient"
	"purse/internal/gift"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/money"
	"purse/internal/notify/sms"
	"purse/internal/notify/smtp"
	"purse/internal/redis"
)

// Settings is everything that a Purse is started with. Parse makes it from
// text; a zero field is a setting that is not set.
type Settings struct {
	Development bool // developer endpoints, mailbox, movable clock; loopback only

	Listen         string   // host:port
	MetricsListen  string   // own listener for /metrics, or "" to serve it to loopback on Listen
	DatabasePath   string   // of the embedded database, or ""
	DatabaseURL    string   // of a PostgreSQL database, or ""; it may hold a password
	RedisURL       string   // of a Redis or Valkey that all nodes share, or ""; it may hold a password
	SecretKeys     [][]byte // roots of all derived keys, ≥ 32 bytes each, the one to write with first; nil in development: made on first start
	PublicURL      string   // without a slash at its end; "" in development: the listening address
	SMTPURL        string   // "" in development: mail stays in the mailbox
	MailFrom       string
	SMSURL         string // a webhook; MailboxSMS in development; "": codes go by e-mail
	CORSOrigins    httpkit.Origins
	TrustedProxies httpkit.Proxies
	BaseCurrency   money.Currency
	RatesURL       string
	RatesMaxAge    time.Duration
	CardGrant      money.Amount // of the base currency
	SavingsGrant   money.Amount
	ResetURL       string // "" is <public url>/reset
	PublicEmails   bool   // everybody sees the e-mails of the personal accounts
	RateLimits     bool
	GiftFunding    gift.Funding

	RequireVerifiedEmail bool // of who signs in at the gift surface

	BotClients       map[botclient.ID][]string // secrets; besides those in the database
	TelegramBotToken string                    // "" believes no Mini App
}

// Text is the settings as a person writes them: flags and environment.
type Text struct {
	Listen, MetricsListen, DatabaseURL, SecretKey, PublicURL string
	SMTPURL, MailFrom, SMSURL, CORSOrigins, TrustedProxies   string
	BaseCurrency, RatesURL, CardGrant, SavingsGrant          string
	ResetURL, PublicEmails, RateLimits, RedisURL             string
	BotClients, TelegramBotToken                             string
	GiftFunding, RequireVerifiedEmail                        string
	RatesMaxAge                                              time.Duration
	AllowHTTP                                                bool
}

// minSecretBytes is the least that the root of all keys may have: 256 bits.
const minSecretBytes = 32

// maxSecrets is how many root keys there may be: two while one takes the place of
// the other.
const maxSecrets = 2

// Parse reads settings and reports everything that is wrong with them at
// once, each with the name of its setting and what to do.
func Parse(development bool, text Text) (Settings, error) {
	p := &parser{}
	s := Settings{
		Development: development, Listen: text.Listen, MetricsListen: text.MetricsListen,
		SMTPURL: text.SMTPURL, MailFrom: text.MailFrom, RatesURL: text.RatesURL, RatesMaxAge: text.RatesMaxAge,
		TelegramBotToken: strings.TrimSpace(text.TelegramBotToken),
	}
	s.DatabasePath, s.DatabaseURL = p.database(text.DatabaseURL)
	s.RedisURL = p.redis(text.RedisURL)
	s.SecretKeys = p.secrets(text.SecretKey)
	s.PublicURL = p.url("PURSE_PUBLIC_URL", text.PublicURL)
	s.ResetURL = p.url("PURSE_RESET_URL", text.ResetURL)
	p.mail(text.SMTPURL, text.MailFrom)
	s.SMSURL = p.sms(text.SMSURL, development)
	s.CORSOrigins = p.origins(text.CORSOrigins)
	s.TrustedProxies = p.proxies(text.TrustedProxies)
	s.BaseCurrency = p.currency(text.BaseCurrency)
	p.url("PURSE_RATES_URL", text.RatesURL) // which is asked as it is written
	if text.RatesMaxAge <= 0 {
		p.fail("PURSE_RATES_MAX_AGE", "must be longer than nothing, such as 48h, not %s: no rate would ever be used", text.RatesMaxAge)
	}
	s.CardGrant = p.grant("PURSE_CARD_GRANT", text.CardGrant, s.BaseCurrency)
	s.SavingsGrant = p.grant("PURSE_SAVINGS_GRANT", text.SavingsGrant, s.BaseCurrency)
	s.PublicEmails = p.onOff("PURSE_PUBLIC_EMAILS", text.PublicEmails)
	s.RateLimits = p.onOff("PURSE_RATE_LIMITS", text.RateLimits)
	s.BotClients = p.botClients(text.BotClients, development)
	s.GiftFunding = p.funding(text.GiftFunding)
	s.RequireVerifiedEmail = p.onOff("PURSE_REQUIRE_VERIFIED_EMAIL", text.RequireVerifiedEmail)
	if development {
		p.development(s)
	} else {
		p.production(s, text.AllowHTTP)
	}
	return s, errors.Join(p.wrong...)
}

// parser collects what is wrong.
type parser struct{ wrong []error }

func (p *parser) fail(name, format string, args ...any) {
	p.wrong = append(p.wrong, fmt.Errorf("%s: %s", name, fmt.Sprintf(format, args...)))
}

// development checks what only development mode asks for.
func (p *parser) development(s Settings) {
	for _, setting := range []struct{ name, listen string }{{"PURSE_LISTEN", s.Listen}, {"PURSE_METRICS_LISTEN", s.MetricsListen}} {
		if setting.listen != "" && !loopback(setting.listen) {
			p.fail(setting.name, "purse dev listens on this machine only, not on %q; use 127.0.0.1:PORT, or purse serve", setting.listen)
		}
	}
}

// production checks what a Purse with real people's money needs.
func (p *parser) production(s Settings, allowHTTP bool) {
	if s.SecretKeys == nil && !p.mentions("PURSE_SECRET_KEY") {
		p.fail("PURSE_SECRET_KEY", "is missing; make one with: purse keys new")
	}
	if s.PublicURL == "" && !p.mentions("PURSE_PUBLIC_URL") {
		p.fail("PURSE_PUBLIC_URL", "is missing; it is the address at which people reach this Purse, such as https://purse.example.com")
	}
	if strings.HasPrefix(s.PublicURL, "http://") && !allowHTTP && !loopbackURL(s.PublicURL) {
		p.fail("PURSE_PUBLIC_URL", "is plain http, so passwords and cookies would travel in the open; use https, or set PURSE_ALLOW_HTTP=true on a trusted network")
	}
	if s.SMTPURL == "" {
		p.fail("PURSE_SMTP_URL", "is missing; codes and reset links go by mail, such as smtps://user:password@mail.example.com:465")
	}
}

func (p *parser) mentions(name string) bool {
	return slices.ContainsFunc(p.wrong, func(err error) bool { return strings.HasPrefix(err.Error(), name+":") })
}

// secrets reads the root key, or two while it is being changed: the one to write
// with, a comma, and the other that is still read.
func (p *parser) secrets(text string) (keys [][]byte) {
	if text == "" {
		return nil
	}
	texts := strings.Split(text, ",")
	if len(texts) > maxSecrets {
		p.fail("PURSE_SECRET_KEY", "has %d keys; it has one, or two while it is being changed: the new one, a comma, the old one", len(texts))
		return nil
	}
	for _, one := range texts {
		key := p.secret(strings.TrimSpace(one))
		if key == nil {
			return nil
		}
		if slices.ContainsFunc(keys, func(other []byte) bool { return bytes.Equal(other, key) }) {
			p.fail("PURSE_SECRET_KEY", "has the same key twice")
			return nil
		}
		keys = append(keys, key)
	}
	return keys
}

func (p *parser) secret(text string) []byte {
	key, err := base64.StdEncoding.DecodeString(text)
	if err != nil {
		key, err = base64.RawURLEncoding.DecodeString(strings.TrimRight(text, "="))
	}
	switch {
	case err != nil:
		p.fail("PURSE_SECRET_KEY", "is not base64; make one with: purse keys new")
	case len(key) < minSecretBytes:
		p.fail("PURSE_SECRET_KEY", "has %d bytes; it needs %d or more: purse keys new", len(key), minSecretBytes)
	case weak(key):
		p.fail("PURSE_SECRET_KEY", "repeats itself; make one with: purse keys new")
	default:
		return key
	}
	return nil
}

// weak reports whether a key has so few different bytes that nobody drew it
// at random: 32 random bytes have fewer than 16 different ones once in 10^13.
func weak(key []byte) bool {
	different := map[byte]bool{}
	for _, b := range key {
		different[b] = true
	}
	return len(different) < 16
}

func (p *parser) url(name, text string) string {
	if text == "" {
		return ""
	}
	u, err := url.Parse(text)
	if err != nil || u.Host == "" || (u.Scheme != "http" && u.Scheme != "https") {
		p.fail(name, "must be a whole http or https address, such as https://purse.example.com")
		return ""
	}
	return strings.TrimRight(text, "/")
}

func (p *parser) redis(text string) string {
	if text == "" {
		return ""
	}
	if err := redis.Check(text); err != nil {
		p.fail("PURSE_REDIS_URL", "is %v", err)
	}
	return text
}

// mail checks how mails leave, and from whom.
func (p *parser) mail(server, sender string) {
	if server != "" {
		if _, err := smtp.ParseServer(server); err != nil {
			p.fail("PURSE_SMTP_URL", "%v; write it as smtps://user:password@mail.example.com:465", err)
		}
	}
	if sender != "" {
		if _, err := smtp.ParseSender(sender); err != nil {
			p.fail("PURSE_MAIL_FROM", "%v", err)
		}
	}
}

// MailboxSMS is the SMSURL by which text messages stay in the mailbox.
const MailboxSMS = "mailbox:"

func (p *parser) sms(text string, development bool) string {
	if text == "" || text == MailboxSMS && development {
		return text
	}
	if _, err := sms.New(text); err != nil {
		p.fail("PURSE_SMS_URL", "%v; purse dev also takes %s", err, MailboxSMS)
	}
	return text
}

func (p *parser) origins(text string) httpkit.Origins {
	origins, err := httpkit.ParseOrigins(text)
	if err != nil {
		p.fail("PURSE_CORS_ORIGINS", "%v; write scheme://host or scheme://host:port, separated by commas", err)
	}
	return origins
}

func (p *parser) proxies(text string) httpkit.Proxies {
	proxies, err := httpkit.ParseProxies(text)
	if err != nil {
		p.fail("PURSE_TRUSTED_PROXIES", "%v; separate several by commas", err)
	}
	return proxies
}

func (p *parser) currency(text string) money.Currency {
	currency, err := money.ParseCurrency(text)
	if err != nil {
		p.fail("PURSE_BASE_CURRENCY", "%q is not a currency that Purse keeps accounts in; use one such as USD, EUR, KZT", text)
	}
	return currency
}

func (p *parser) grant(name, text string, currency money.Currency) money.Amount {
	decimal, err := money.ParseDecimal(text)
	if err == nil {
		var amount money.Amount
		if amount, err = decimal.In(currency); err == nil && amount.Sign() >= 0 {
			return amount
		}
	}
	p.fail(name, "%q is not an amount of %s; write one such as 25 or 25.50", text, currency)
	return money.Amount{}
}

// minBotSecret is the least that a bot's secret may have in production: no less
// than a password.
const minBotSecret = identity.MinPassword

func (p *parser) botClients(text string, development bool) map[botclient.ID][]string {
	least := minBotSecret
	if development {
		least = 1
	}
	clients, err := botclient.ParseClients(text, least)
	if err != nil {
		p.fail("PURSE_BOT_CLIENTS", "%v", err)
	}
	return clients
}

func (p *parser) funding(text string) gift.Funding {
	funding, err := gift.ParseFunding(text)
	if err != nil {
		p.fail("PURSE_GIFT_FUNDING", "%q is neither pledge (play money) nor wallet (won of the sender)", text)
	}
	return funding
}

func (p *parser) onOff(name, text string) bool {
	switch text {
	case "on", "true", "1":
		return true
	case "off", "false", "0":
		return false
	}
	p.fail(name, "%q is neither on nor off", text)
	return true
}

// loopback reports whether a listening address reaches this machine only.
func loopback(listen string) bool {
	host, _, found := strings.Cut(listen, ":")
	if strings.HasPrefix(listen, "[") {
		host, _, found = strings.Cut(strings.TrimPrefix(listen, "["), "]")
	}
	if host == "localhost" {
		return found
	}
	address, err := netip.ParseAddr(host)
	return found && err == nil && address.IsLoopback()
}

func loopbackURL(text string) bool {
	u, err := url.Parse(text)
	if err != nil {
		return false
	}
	return loopback(u.Hostname()+":0") || u.Hostname() == "::1"
}
