// Package smtp is notify's way to send mail: one SMTP submission for each
// message, with TLS where the server has it and a bound on all waiting. It
// knows nothing of outboxes or retries.
package smtp

import (
	"context"
	"crypto/tls"
	"errors"
	"fmt"
	"net"
	"net/mail"
	"net/textproto"
	"strings"
	"time"

	gomail "github.com/wneessen/go-mail"

	"purse/internal/notify"
)

// Transport hands mail to one server. It is safe for concurrent use.
type Transport struct {
	server Server
	from   mail.Address
}

var _ notify.Transport = (*Transport)(nil)

// New makes a transport that sends from an address through a server.
func New(server Server, from mail.Address) *Transport {
	return &Transport{server: server, from: from}
}

// Send hands one message to the server. It returns nil once the server has
// accepted the message, whatever happens to the connection afterwards; an
// error wraps notify.ErrPermanent when the server refused the recipient or the
// message for good. Its errors carry the server's codes, not its words, which
// may repeat an address.
func (t *Transport) Send(ctx context.Context, m notify.Message) error {
	message, err := t.compose(m)
	if err != nil {
		return err
	}
	// The library bounds single steps and, once connected, looks at the context
	// no more. Closing the connection ends whatever it waits for.
	line := &line{}
	defer line.close()
	defer context.AfterFunc(ctx, line.close)()
	client, err := t.client(line)
	if err != nil {
		return fmt.Errorf("smtp: %w", err)
	}
	err = client.DialAndSendWithContext(ctx, message)
	if err == nil || message.IsDelivered() {
		return nil
	}
	if ctx.Err() != nil {
		return fmt.Errorf("smtp: %s did not finish in time: %w", t.server, ctx.Err())
	}
	return describe(t.server, err)
}

func (t *Transport) compose(m notify.Message) (*gomail.Msg, error) {
	if err := notify.CheckAddress(m.To); err != nil {
		return nil, errors.Join(err, notify.ErrPermanent)
	}
	message := gomail.NewMsg(gomail.WithNoDefaultUserAgent())
	message.FromMailAddress(&t.from)
	message.ToMailAddress(&mail.Address{Address: m.To})
	message.Subject(m.Subject)
	message.SetDateWithValue(m.SentAt)
	message.SetMessageIDWithValue(m.ID.String() + "@" + t.from.Address[strings.LastIndexByte(t.from.Address, '@')+1:])
	message.SetGenHeader("Auto-Submitted", "auto-generated") // RFC 3834: asks machines not to answer
	message.SetBodyString(gomail.TypeTextPlain, m.Text)
	if m.HTML != "" {
		message.AddAlternativeString(gomail.TypeTextHTML, m.HTML)
	}
	return message, nil
}

func (t *Transport) client(line *line) (*gomail.Client, error) {
	config := &tls.Config{ServerName: t.server.Host, MinVersion: tls.VersionTLS12}
	if t.server.loopback() {
		// What stays on this machine may go in the clear, so a certificate that
		// nobody signed is no loss there; local servers rarely have another.
		config.InsecureSkipVerify = true // #nosec G402 -- see above
	}
	policy := gomail.TLSOpportunistic
	if t.server.User != "" && !t.server.loopback() {
		policy = gomail.TLSMandatory // credentials never cross a network in the clear
	}
	options := []gomail.Option{
		gomail.WithPort(t.server.Port),
		gomail.WithTLSConfig(config),
		gomail.WithTLSPolicy(policy),
		gomail.WithTimeout(time.Minute), // of one step; ctx bounds them all
		gomail.WithoutNoop(),
		gomail.WithDialContextFunc(func(dial context.Context, network, address string) (net.Conn, error) {
			return line.open(dial, network, address, t.server.TLS, config)
		}),
	}
	if t.server.TLS {
		options = append(options, gomail.WithSSL())
	}
	if t.server.User != "" {
		plain, login := gomail.SMTPAuthPlain, gomail.SMTPAuthLogin
		if t.server.loopback() {
			plain, login = gomail.SMTPAuthPlainNoEnc, gomail.SMTPAuthLoginNoEnc
		}
		options = append(options,
			gomail.WithUsername(t.server.User), gomail.WithPassword(t.server.Password),
			gomail.WithOpportunisticSMTPAuth(gomail.SMTPAuthSCRAMSHA256, plain, login))
	}
	return gomail.NewClient(t.server.Host, options...)
}

// describe says in codes what went wrong, and whether for good: only a refusal
// of the recipient or the message is. A refused login or sender is a matter of
// settings, which an operator can mend while the message waits.
func describe(server Server, err error) error {
	var refused *gomail.SendError
	if errors.As(err, &refused) && refused.ErrorCode() != 0 {
		code := fmt.Errorf("smtp: %s answered %d %s (%s)", server, refused.ErrorCode(), refused.EnhancedStatusCode(), refused.Reason)
		switch refused.Reason {
		case gomail.ErrSMTPRcptTo, gomail.ErrSMTPData, gomail.ErrSMTPDataClose:
			if refused.ErrorCode() >= 500 {
				return fmt.Errorf("%w: %w", notify.ErrPermanent, code)
			}
		}
		return code
	}
	var reply *textproto.Error
	if errors.As(err, &reply) {
		return fmt.Errorf("smtp: %s answered %d before the message", server, reply.Code)
	}
	var network net.Error
	if errors.As(err, &network) {
		return fmt.Errorf("smtp: %s: %w", server, network)
	}
	var certificate *tls.CertificateVerificationError
	if errors.As(err, &certificate) {
		return fmt.Errorf("smtp: %s: %w", server, certificate)
	}
	return fmt.Errorf("smtp: %s: the conversation broke off", server)
}
