package app

import (
	"encoding/base64"
	"strings"
	"testing"
	"time"
)

// good is what the command line gives when nothing but the needed is set.
func good() Text {
	key := make([]byte, 32)
	for i := range key {
		key[i] = byte(i * 7)
	}
	return Text{
		Listen: "127.0.0.1:8000", DatabaseURL: "sqlite:purse-data/purse.db", SecretKey: base64.StdEncoding.EncodeToString(key),
		PublicURL: "https://purse.example.com", SMTPURL: "smtp://localhost:25", BaseCurrency: "USD", CardGrant: "0", SavingsGrant: "0",
		PublicEmails: "off", RateLimits: "on", GiftFunding: "pledge", RequireVerifiedEmail: "off", RatesMaxAge: 48 * time.Hour,
	}
}

func TestSecurity26ProductionRefusesWhatIsMissingOrWeakAndNamesIt(t *testing.T) {
	for _, test := range []struct {
		name   string
		change func(*Text)
		want   []string // in the error; none means that it is accepted
	}{
		{"nothing is wrong", func(*Text) {}, nil},
		{"no key", func(x *Text) { x.SecretKey = "" }, []string{"PURSE_SECRET_KEY: is missing"}},
		{"a key that is not base64", func(x *Text) { x.SecretKey = "not base64!" }, []string{"PURSE_SECRET_KEY: is not base64"}},
		{"a short key", func(x *Text) { x.SecretKey = base64.StdEncoding.EncodeToString(make([]byte, 31)) }, []string{"PURSE_SECRET_KEY: has 31 bytes"}},
		{"a key of zeros", func(x *Text) { x.SecretKey = base64.StdEncoding.EncodeToString(make([]byte, 32)) }, []string{"PURSE_SECRET_KEY: repeats itself"}},
		{"two keys", func(x *Text) { x.SecretKey = newKey() + "," + x.SecretKey }, nil},
		{"two keys with a space", func(x *Text) { x.SecretKey = newKey() + ", " + x.SecretKey }, nil},
		{"the same key twice", func(x *Text) { x.SecretKey += "," + x.SecretKey }, []string{"PURSE_SECRET_KEY: has the same key twice"}},
		{"three keys", func(x *Text) { x.SecretKey = newKey() + "," + newKey() + "," + x.SecretKey }, []string{"PURSE_SECRET_KEY: has 3 keys"}},
		{"a second key that is none", func(x *Text) { x.SecretKey += ",c2hvcnQ=" }, []string{"PURSE_SECRET_KEY: has 5 bytes"}},
		{"a comma without a second key", func(x *Text) { x.SecretKey += "," }, []string{"PURSE_SECRET_KEY: has 0 bytes"}},
		{"no public URL", func(x *Text) { x.PublicURL = "" }, []string{"PURSE_PUBLIC_URL: is missing"}},
		{"a public URL that is none", func(x *Text) { x.PublicURL = "purse.example.com" }, []string{"PURSE_PUBLIC_URL: must be"}},
		{"plain http", func(x *Text) { x.PublicURL = "http://purse.example.com" }, []string{"PURSE_PUBLIC_URL: is plain http"}},
		{"plain http that was allowed", func(x *Text) { x.PublicURL, x.AllowHTTP = "http://purse.example.com", true }, nil},
		{"plain http on this machine", func(x *Text) { x.PublicURL = "http://127.0.0.1:8000" }, nil},
		{"plain http on this machine, IPv6", func(x *Text) { x.PublicURL = "http://[::1]:8000" }, nil},
		{"no mail", func(x *Text) { x.SMTPURL = "" }, []string{"PURSE_SMTP_URL: is missing"}},
		{"everything missing at once", func(x *Text) { x.SecretKey, x.PublicURL, x.SMTPURL = "", "", "" }, []string{"PURSE_SECRET_KEY", "PURSE_PUBLIC_URL", "PURSE_SMTP_URL"}},
		{"a PostgreSQL database", func(x *Text) { x.DatabaseURL = "postgres://purse:hunter2@one:5432,two:5432/purse?sslmode=verify-full" }, nil},
		{"a database of no kind", func(x *Text) { x.DatabaseURL = "purse.db" }, []string{"PURSE_DATABASE_URL"}},
		{"another database", func(x *Text) { x.DatabaseURL = "mysql://root:hunter2@db/purse" }, []string{"PURSE_DATABASE_URL"}},
		{"a database without a scheme", func(x *Text) { x.DatabaseURL = "purse:hunter2@db.example.com/purse" }, []string{"PURSE_DATABASE_URL", "(not shown"}},
		{"a database as pairs", func(x *Text) { x.DatabaseURL = "host=db.example.com user=purse password=hunter2" }, []string{"PURSE_DATABASE_URL", "(not shown"}},
		{"a mail server that is none", func(x *Text) { x.SMTPURL = "purse:hunter2@mail.example.com:465" }, []string{"PURSE_SMTP_URL: "}},
		{"a sender without an address", func(x *Text) { x.MailFrom = "Purse" }, []string{"PURSE_MAIL_FROM: "}},
		{"a sender with a name", func(x *Text) { x.MailFrom = "Purse <no-reply@example.com>" }, nil},
		{"a service of rates without a scheme", func(x *Text) { x.RatesURL = "v6.exchangerate-api.com/v6/hunter2" }, []string{"PURSE_RATES_URL: must be"}},
		{"a service of rates", func(x *Text) { x.RatesURL = "https://v6.exchangerate-api.com/v6/hunter2" }, nil},
		{"any address to listen on", func(x *Text) { x.Listen = "0.0.0.0:80" }, nil},
		{"a currency that is none", func(x *Text) { x.BaseCurrency = "XXX" }, []string{"PURSE_BASE_CURRENCY"}},
		{"rates that are never young enough", func(x *Text) { x.RatesMaxAge = 0 }, []string{"PURSE_RATES_MAX_AGE"}},
		{"a grant of too many decimals", func(x *Text) { x.CardGrant = "1.001" }, []string{"PURSE_CARD_GRANT"}},
		{"a grant below zero", func(x *Text) { x.SavingsGrant = "-1" }, []string{"PURSE_SAVINGS_GRANT"}},
		{"a grant with decimals", func(x *Text) { x.CardGrant = "25.50" }, nil},
		{"gifts out of nowhere", func(x *Text) { x.GiftFunding = "magic" }, []string{"PURSE_GIFT_FUNDING"}},
		{"gifts out of wallets, with verified addresses", func(x *Text) { x.GiftFunding, x.RequireVerifiedEmail = "wallet", "on" }, nil},
		{"addresses half verified", func(x *Text) { x.RequireVerifiedEmail = "half" }, []string{"PURSE_REQUIRE_VERIFIED_EMAIL"}},
		{"play money as the base currency", func(x *Text) { x.BaseCurrency = "GIFT" }, []string{"PURSE_BASE_CURRENCY"}},
		{"e-mails neither public nor not", func(x *Text) { x.PublicEmails = "some" }, []string{"PURSE_PUBLIC_EMAILS"}},
		{"limits neither on nor off", func(x *Text) { x.RateLimits = "maybe" }, []string{"PURSE_RATE_LIMITS"}},
		{"a Redis", func(x *Text) { x.RedisURL = "rediss://purse:hunter2@redis.example.com:6380/1" }, nil},
		{"a Redis without a scheme", func(x *Text) { x.RedisURL = "purse:hunter2@redis.example.com:6379" }, []string{"PURSE_REDIS_URL: is not the address", "redis://HOST:PORT"}},
		{"a Redis with options", func(x *Text) { x.RedisURL = "redis://:hunter2@redis.example.com?pool_size=1" }, []string{"PURSE_REDIS_URL"}},
		{"an origin with a path", func(x *Text) { x.CORSOrigins = "https://app.example/path" }, []string{"PURSE_CORS_ORIGINS"}},
		{"a webhook for text messages", func(x *Text) { x.SMSURL = "https://sms.example.com/send?key=hunter2" }, nil},
		{"a webhook that is none", func(x *Text) { x.SMSURL = "sms.example.com?key=hunter2" }, []string{"PURSE_SMS_URL: must be"}},
		{"text messages for the mailbox", func(x *Text) { x.SMSURL = "mailbox:" }, []string{"PURSE_SMS_URL: must be"}},
		{"a proxy that is no network", func(x *Text) { x.TrustedProxies = "proxy.example" }, []string{"PURSE_TRUSTED_PROXIES"}},
	} {
		t.Run(test.name, func(t *testing.T) {
			text := good()
			test.change(&text)
			_, err := Parse(false, text)
			if (err == nil) != (len(test.want) == 0) {
				t.Fatalf("Parse says %v, want %q", err, test.want)
			}
			for _, want := range test.want {
				if !strings.Contains(err.Error(), want) {
					t.Errorf("the error does not say %q: %v", want, err)
				}
			}
			if err != nil && strings.Contains(err.Error(), "hunter2") {
				t.Errorf("the error shows a password: %v", err)
			}
		})
	}
}

func TestSecurity26DevelopmentNeedsNothingAndListensOnThisMachineOnly(t *testing.T) {
	text := good()
	text.SecretKey, text.PublicURL, text.SMTPURL = "", "", ""
	for listen, accepted := range map[string]bool{
		"127.0.0.1:8000": true, "127.0.0.2:0": true, "[::1]:8000": true, "localhost:8000": true,
		"0.0.0.0:8000": false, ":8000": false, "192.168.1.1:8000": false, "[::]:8000": false, "example.com:8000": false,
	} {
		text.Listen = listen
		_, err := Parse(true, text)
		if (err == nil) != accepted {
			t.Errorf("listening on %q: %v, want accepted %v", listen, err, accepted)
		}
	}
}

func TestTheSettingThatIsWrongIsNamed(t *testing.T) {
	text := good()
	text.MetricsListen = "0.0.0.0:9090"
	if _, err := Parse(true, text); err == nil || !strings.HasPrefix(err.Error(), "PURSE_METRICS_LISTEN: ") {
		t.Errorf("the error is %v", err)
	}
}

func TestDevelopmentKeepsTextMessagesInTheMailbox(t *testing.T) {
	text := good()
	text.SMSURL = "mailbox:"
	if settings, err := Parse(true, text); err != nil || settings.SMSURL != MailboxSMS {
		t.Errorf("got %q, %v", settings.SMSURL, err)
	}
}

func TestGrantsAreMoneyOfTheBaseCurrency(t *testing.T) {
	text := good()
	text.BaseCurrency, text.CardGrant = "KRW", "1000"
	settings, err := Parse(false, text)
	if err != nil {
		t.Fatal(err)
	}
	if got := settings.CardGrant; got.Minor() != 1000 || got.Currency().Code() != "KRW" {
		t.Errorf("the grant is %s %s, want 1000 KRW", got, got.Currency())
	}
}

func TestADatabaseIsNamedWithoutItsPasswords(t *testing.T) {
	for address, want := range map[string]string{
		"postgres://purse:hunter2@one:5432,two:5432/purse": "postgres://purse:xxxxx@one:5432,two:5432/purse",
		"postgres://db/purse?user=a&password=hunter2":      "postgres://db/purse",
		"postgres:///purse?host=/run&sslpassword=hunter2":  "postgres:///purse",
		"postgres://purse:12/hunter2@one/purse":            notShown,
	} {
		if got := (Settings{DatabaseURL: address}).database(); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	}
}
