package main

import (
	"context"
	"fmt"
	"os"
	"path/filepath"
	"time"

	"purse/internal/app"
)

// settings are the flags that dev and serve share, with their environment
// twins. A flag wins over the environment, the environment over the default.
type settings struct {
	Listen         string        `default:"127.0.0.1:8000" env:"PURSE_LISTEN" placeholder:"HOST:PORT" help:"Address to listen on (${env})."`
	MetricsListen  string        `env:"PURSE_METRICS_LISTEN" placeholder:"HOST:PORT" help:"Own address for /metrics; without it /metrics answers callers on this machine only (${env})."`
	SecretKey      string        `env:"PURSE_SECRET_KEY" placeholder:"BASE64" help:"Root of all keys, 32 bytes or more, from purse keys new; NEW,OLD while it is being changed; better in the environment than on the command line (${env})."`
	RedisURL       string        `name:"redis-url" env:"PURSE_REDIS_URL" placeholder:"URL" help:"Redis or Valkey in which all nodes count requests together and tell each other what they end: redis://[user:pass@]host:port[/number] or rediss://…; without it each counts for itself, and an ending takes a second to count everywhere (${env})."`
	PublicURL      string        `name:"public-url" env:"PURSE_PUBLIC_URL" placeholder:"URL" help:"Address at which people reach this Purse (${env})."`
	SMTPURL        string        `name:"smtp-url" env:"PURSE_SMTP_URL" placeholder:"URL" help:"Mail server: smtp://[user:pass@]host:port or smtps://… (${env})."`
	MailFrom       string        `env:"PURSE_MAIL_FROM" placeholder:"ADDRESS" help:"Sender of mails; default purse@ and the public host (${env})."`
	SMSURL         string        `name:"sms-url" env:"PURSE_SMS_URL" placeholder:"URL" help:"Webhook for text messages, which gets {\"to\",\"text\"} by POST; mailbox: in dev; without it the codes of the wallet surface go by e-mail (${env})."`
	CORSOrigins    string        `name:"cors-origins" env:"PURSE_CORS_ORIGINS" placeholder:"ORIGIN,…" help:"Origins whose pages may call Purse with cookies, exact, separated by commas (${env})."`
	TrustedProxies string        `env:"PURSE_TRUSTED_PROXIES" placeholder:"CIDR,…" help:"Networks of proxies whose X-Forwarded-For, -Proto and -Host are believed (${env})."`
	BaseCurrency   string        `default:"USD" env:"PURSE_BASE_CURRENCY" help:"Currency of default wallets and grants (${env})."`
	RatesURL       string        `name:"rates-url" env:"PURSE_RATES_URL" placeholder:"URL" help:"Exchange rates service of the exchangerate-api form, such as https://open.er-api.com; Purse asks it for its base currency (${env})."`
	RatesMaxAge    time.Duration `default:"48h" env:"PURSE_RATES_MAX_AGE" help:"Age above which exchange rates are not used (${env})."`
	CardGrant      string        `default:"0" env:"PURSE_CARD_GRANT" placeholder:"AMOUNT" help:"What a new card gets from the promotions account, in the base currency (${env})."`
	SavingsGrant   string        `default:"0" env:"PURSE_SAVINGS_GRANT" placeholder:"AMOUNT" help:"What a new savings goal gets, likewise (${env})."`
	ResetURL       string        `name:"reset-url" env:"PURSE_RESET_URL" placeholder:"URL" help:"Page that mailed reset links open, ?token= is appended; default <public url>/reset (${env})."`
	PublicEmails   string        `name:"public-emails" default:"off" env:"PURSE_PUBLIC_EMAILS" help:"on shows the e-mails of personal accounts to everybody, off to signed-in callers alone (${env})."`
	BotClients     string        `env:"PURSE_BOT_CLIENTS" placeholder:"ID:SECRET,…" help:"Bots that may act for Telegram chats, besides those of purse admin bot-client; an id may come again with another secret (${env})."`
	TelegramToken  string        `name:"telegram-bot-token" env:"PURSE_TELEGRAM_BOT_TOKEN" placeholder:"TOKEN" help:"Token of the Telegram bot whose Mini Apps are believed (${env})."`
	GiftFunding    string        `default:"pledge" env:"PURSE_GIFT_FUNDING" help:"Where the money of gift messages comes from: pledge, play money that buys nothing, or wallet, won of the sender (${env})."`
	VerifiedEmail  string        `name:"require-verified-email" default:"off" env:"PURSE_REQUIRE_VERIFIED_EMAIL" help:"on, or off to let people sign in at the gift surface before they have opened the link in their mail (${env})."`
	RateLimits     string        `default:"on" env:"PURSE_RATE_LIMITS" help:"on, or off to lift the limits of requests; failed sign-ins and codes to one address count all the same (${env})."`
}

func (s settings) text(databaseURL string) app.Text {
	return app.Text{
		Listen: s.Listen, MetricsListen: s.MetricsListen, DatabaseURL: databaseURL, RedisURL: s.RedisURL, SecretKey: s.SecretKey, PublicURL: s.PublicURL,
		SMTPURL: s.SMTPURL, MailFrom: s.MailFrom, SMSURL: s.SMSURL, CORSOrigins: s.CORSOrigins, TrustedProxies: s.TrustedProxies,
		BaseCurrency: s.BaseCurrency, RatesURL: s.RatesURL, RatesMaxAge: s.RatesMaxAge,
		CardGrant: s.CardGrant, SavingsGrant: s.SavingsGrant, ResetURL: s.ResetURL, PublicEmails: s.PublicEmails, RateLimits: s.RateLimits,
		BotClients: s.BotClients, TelegramBotToken: s.TelegramToken,
		GiftFunding: s.GiftFunding, RequireVerifiedEmail: s.VerifiedEmail,
	}
}

// defaultDatabase is the embedded database when nothing else is said.
const defaultDatabase = "sqlite:purse-data/purse.db"

// database is the flag of the commands that work on a database.
type database struct {
	DatabaseURL string `name:"database-url" default:"${database}" env:"PURSE_DATABASE_URL" placeholder:"URL" help:"Database: sqlite:PATH or postgres://… (${env}; default ${default})."`
}

type devCommand struct {
	settings  `embed:""`
	database  `embed:""`
	Ephemeral bool `help:"Keep everything in a temporary directory and remove it at the end."`
}

func (devCommand) Help() string {
	return `Starts Purse on this machine with nothing to set up. The database and the keys are made in
./purse-data on the first start. Mails stay in a mailbox: GET /dev/mail shows them. The clock can
be moved: POST /dev/clock {"advance":"720h"}. Never use it for real people.

Examples:
  purse dev
  purse dev --card-grant 100                 every new card starts with 100.00
  purse dev --sms-url mailbox:               codes of the wallet go to phones: GET /dev/mail?to=+77011234567
  purse dev --ephemeral --listen 127.0.0.1:9000
  curl 'http://127.0.0.1:8000/dev/mail?to=user@example.com'`
}

// Run starts Purse for development and blocks until it is told to stop.
func (c devCommand) Run(ctx context.Context) error {
	url := c.DatabaseURL
	if c.Ephemeral {
		directory, err := os.MkdirTemp("", "purse-")
		if err != nil {
			return fmt.Errorf("making a temporary directory: %w", err)
		}
		defer os.RemoveAll(directory)
		url = "sqlite:" + filepath.Join(directory, "purse.db")
	}
	return serve(ctx, true, c.settings.text(url))
}

type serveCommand struct {
	settings  `embed:""`
	database  `embed:""`
	AllowHTTP bool `name:"allow-http" env:"PURSE_ALLOW_HTTP" help:"Accept a public URL of plain http on a trusted network (${env})."`
}

func (serveCommand) Help() string {
	return `Starts Purse for real people. It needs PURSE_SECRET_KEY, PURSE_PUBLIC_URL and PURSE_SMTP_URL and says
which of them is missing. It serves plain HTTP on the listening address: put a proxy with TLS before it.

Examples:
  export PURSE_SECRET_KEY=$(purse keys new)                       keep it: the data cannot be read without it
  export PURSE_PUBLIC_URL=https://purse.example.com
  export PURSE_SMTP_URL=smtps://user:password@mail.example.com:465
  purse serve
  purse serve --listen 127.0.0.1:9000 --trusted-proxies 127.0.0.1/32`
}

// Run starts Purse and blocks until it is told to stop.
func (c serveCommand) Run(ctx context.Context) error {
	text := c.settings.text(c.DatabaseURL)
	text.AllowHTTP = c.AllowHTTP
	return serve(ctx, false, text)
}

func serve(ctx context.Context, development bool, text app.Text) error {
	settings, err := app.Parse(development, text)
	if err != nil {
		return usageError{fmt.Errorf("these settings are wrong:\n%w", err)}
	}
	return app.Run(ctx, settings, os.Stdout, os.Stderr)
}
