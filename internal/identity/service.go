package identity

import (
	"context"
	"errors"
	"net/url"
	"time"

	"purse/internal/claim"
	"purse/internal/clock"
	"purse/internal/id"
	"purse/internal/secret"
	"purse/internal/unit"
)

// KeptKey is the key that outlives the root key: it names who a code or a count of
// failures belongs to, and so a count goes on while the root key is changed.
const KeptKey = "person"

// Options is what a Service needs.
type Options struct {
	Work   unit.Work[Tx]
	Clock  clock.Clock
	Root   *secret.Root // for sealing and keyed hashes
	Mailer Mailer       // for the mail that must be accepted before anything is kept
	Outbox Outbox       // for all other mail

	// Shared says that other processes may answer for the same database.
	Shared bool
	// Peers are those processes, where there is a way to reach them. It may be nil.
	Peers Peers

	// MinPassword is the least length of a new password, in characters:
	// identity.MinPassword, or MinPasswordDevelopment.
	MinPassword int
	// ResetURL is where the mailed reset link leads; the token is added to its query.
	ResetURL string
	// CodesBySMS says that the codes of joining and of changing a password go to the
	// phone, where it is a number in E.164, rather than to the e-mail address.
	CodesBySMS bool
	// Sessions says, for every surface that issues sessions, how they live.
	Sessions map[Surface]SessionRule
	// OnRegistered runs inside the unit of work in which a registration at the bank
	// makes a user, which its error undoes; tx is the unit's whole set of rows. It may be nil.
	OnRegistered func(tx Tx, user User) error
	// OnMerged run one after the other inside the unit of work in which a user is
	// merged into another, before identity itself has changed anything: each hands
	// over what its product keeps, or undoes the unit by its error. Both users are
	// locked; tx is the unit's whole set of rows.
	OnMerged []func(tx Tx, from, into UserID) error
	// ChatTokens keeps the tokens of Telegram chats for their bots. It may be nil.
	ChatTokens ChatTokens
	// VerifyURL is where a mailed link that verifies an address leads; "/", the
	// user's id, "/" and the token are added to it.
	VerifyURL string
	// OnErase runs, in this order, inside the unit of work that erases a user, while
	// everything of theirs is still there; an error undoes it. tx is the unit's
	// whole set of rows.
	OnErase []func(tx Tx, user User) error
}

// Service is identity as the surfaces use it. It is safe for concurrent use.
type Service struct {
	work         unit.Work[Tx]
	clock        clock.Clock
	mailer       Mailer
	outbox       Outbox
	onRegistered func(tx Tx, user User) error
	onMerged     []func(tx Tx, from, into UserID) error
	shared       bool
	peers        Peers
	minPassword  int
	codesBySMS   bool
	resetURL     *url.URL
	verifyURL    string
	onErase      []func(tx Tx, user User) error
	rules        map[Surface]SessionRule

	hasher         *hasher
	ids            id.Source
	seal           *secret.Sealer
	socialSecurity *secret.Hasher
	numbers        claim.Hashed   // social security numbers, over the same hashes
	persons        *secret.Hasher // who a code or a count of failures belongs to
	codes          *secret.Hasher

	sessions    *cache[tokenHash, Session]
	permissions *cache[UserID, map[string]struct{}]
	chats       chatEndings
}

// New makes a service.
func New(options Options) (*Service, error) {
	resetURL, err := url.Parse(options.ResetURL)
	if err != nil || !resetURL.IsAbs() || resetURL.Host == "" {
		return nil, errors.New("identity: the reset URL is not an absolute URL")
	}
	for surface, rule := range options.Sessions {
		if rule.Lifetime < time.Minute {
			return nil, errors.New("identity: sessions of " + string(surface) + " last less than a minute")
		}
	}
	if options.MinPassword < 1 {
		return nil, errors.New("identity: the least length of a password is not set")
	}
	onRegistered := options.OnRegistered
	if onRegistered == nil {
		onRegistered = func(Tx, User) error { return nil }
	}
	return &Service{
		work:         options.Work,
		clock:        options.Clock,
		mailer:       options.Mailer,
		outbox:       options.Outbox,
		onRegistered: onRegistered,
		onMerged:     options.OnMerged,
		shared:       options.Shared,
		peers:        options.Peers,
		minPassword:  options.MinPassword,
		codesBySMS:   options.CodesBySMS,
		resetURL:     resetURL,
		verifyURL:    options.VerifyURL,
		onErase:      options.OnErase,
		rules:        options.Sessions,

		hasher:         newHasher(defaultCost),
		seal:           options.Root.Sealer("social security"),
		socialSecurity: options.Root.Hasher("social security"),
		numbers:        claim.NewHashed(claim.SocialSecurity, options.Root.Hasher("social security")),
		persons:        options.Root.Kept(KeptKey),
		codes:          options.Root.Hasher("code"),

		sessions:    newCache[tokenHash, Session](options.Clock),
		permissions: newCache[UserID, map[string]struct{}](options.Clock),
		chats:       chatEndings{tokens: options.ChatTokens},
	}, nil
}

// User reads a user, or returns ErrNoUser.
func (s *Service) User(ctx context.Context, user UserID) (u User, err error) {
	err = s.work.View(ctx, func(tx Tx) error {
		u, err = tx.User(user)
		return err
	})
	return u, err
}
