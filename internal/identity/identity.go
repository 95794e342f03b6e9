// Package identity knows who people are and proves it: users and what names
// them, registrations, passwords, codes, two-step sign-in, resets, sessions, the
// Telegram chats that belong to users, and what each user may do. It decides the
// rules; the store keeps the rows (Tx), and whoever builds a Service says how mail
// is sent.
//
// What must not be here: money, SQL, HTTP, the wording of mails, and the checks
// of how input is written, except for passwords. No error of this package
// holds anything that a person sent.
package identity

import (
	"time"

	"purse/internal/fault"
	"purse/internal/id"
)

// UserID names a user: positive, dense, below 2^53, never used again.
type UserID int64

// Status says whether a user may act.
type Status string

// The states of a user. An inactive one cannot sign in, and has no sessions.
const (
	Active   Status = "active"
	Inactive Status = "inactive"
)

// Profile is what a person says about themselves. Each surface asks for some of
// it; what it does not ask for is empty.
type Profile struct {
	FirstName   string
	LastName    string
	DateOfBirth time.Time // midnight UTC of the day; zero when unknown
	Address     string
	City        string
	State       string
	PostCode    string

	Patronymic      string
	Username        string // shown to others; not unique
	Description     string
	BackgroundColor string // "#rrggbb", or "" for the default
	ProfileImage    string // an http(s) URL that the person gave; Purse never fetches it
}

// User is one person's account.
type User struct {
	ID   UserID
	UUID id.UUID // for the surfaces that name users by one
	Profile
	Email             string // as claimed: trimmed, lower case; empty when there is none
	Phone             string // as claimed: E.164, or the text given; empty when there is none
	Login             string // as claimed: trimmed, lower case; empty when there is none
	TelegramID        int64  // as claimed; 0 when there is none
	EmailVerified     bool   // a code or link that was mailed there has come back
	SocialSecurity    []byte // sealed, bound to the user's id; nil when there is none
	TwoFactorRequired bool   // one-step sign-ins are refused
	Status            Status
	CreatedAt         time.Time
	UpdatedAt         time.Time // of the last UpdateUser; CreatedAt while there was none
}

// identified says that there is something to know the user by: who was erased, or
// merged into another, has nothing left.
func (u User) identified() bool {
	return u.Email != "" || u.Phone != "" || u.Login != "" || u.TelegramID != 0 || u.SocialSecurity != nil
}

// Surface names where a session was made; it is valid there, and at the console.
type Surface string

// The surfaces that issue sessions.
const (
	Bank     Surface = "bank"
	Personal Surface = "profile" // the personal account
	Wallet   Surface = "wallet"
	Bot      Surface = "bot"
	Gift     Surface = "gift"
	Console  Surface = "console" // Purse's own pages
)

// Client says where a request comes from.
type Client struct {
	Surface   Surface
	Address   string // the caller's IP address
	UserAgent string
}

// SignedIn is a sign-in that succeeded: the new session and the token that
// stands for it, which is shown this once and kept only as its hash. On a surface
// that signs its tokens (SessionRule) the token is the session's id.
type SignedIn struct {
	Session Session
	Token   string
	Refresh id.UUID // names the refresh token; zero on surfaces that have none
}

func (SignedIn) String() string   { return "identity.SignedIn" }
func (SignedIn) GoString() string { return "identity.SignedIn" }

// Errors of identity. They are the same for an unknown account as for a known one.
var (
	// ErrNoUser is a user that does not exist.
	ErrNoUser = fault.Define(fault.NotFound, "identity.no_user", "no such user")
	// ErrInvalidCredentials is a sign-in that was not proven: an unknown or
	// inactive account, a wrong password, a wrong, used or expired code.
	ErrInvalidCredentials = fault.Define(fault.Unauthenticated, "identity.invalid_credentials", "the credentials are not valid")
	// ErrTwoFactorRequired is a one-step sign-in, rightly proven, to an account
	// that takes two-step sign-ins only.
	ErrTwoFactorRequired = fault.Define(fault.Unauthenticated, "identity.two_factor_required", "this account needs a two-step sign-in")
	// ErrTooManyFailures is a sign-in or reset after too many failed ones; RetryAfter is set.
	ErrTooManyFailures = fault.Define(fault.TooMany, "identity.too_many_failures", "too many failed attempts")
	// ErrTooManyMessages is a code that was not sent, after too many to the same
	// address or number; RetryAfter is set.
	ErrTooManyMessages = fault.Define(fault.TooMany, "identity.too_many_messages", "too many messages to this address")
	// ErrNoSession is a session that does not exist, has expired, was ended, or
	// belongs to another surface.
	ErrNoSession = fault.Define(fault.Unauthenticated, "identity.no_session", "there is no valid session")
	// ErrRefreshSpent is a refresh token that was used before.
	ErrRefreshSpent = fault.Define(fault.Unauthenticated, "identity.refresh_spent", "the refresh token was used before")
	// ErrWeakPassword is a password that the policy refuses; Fields has one
	// entry with the reason "too_short" (parameter "min"), "too_long" ("max") or "common".
	ErrWeakPassword = fault.Define(fault.Invalid, "identity.weak_password", "the password is too short, too long or too common")
	// ErrIdentifierTaken is a registration with an identifier that belongs to a
	// user; Fields names each ("email", "phone_number", "social_security", "login",
	// "telegram_id") with the reason "taken".
	ErrIdentifierTaken = fault.Define(fault.Conflict, "identity.identifier_taken", "an identifier belongs to another user")
	// ErrMailNotAccepted is a registration whose mail could not be sent; nothing was kept.
	ErrMailNotAccepted = fault.Define(fault.Unavailable, "identity.mail_not_accepted", "the mail could not be sent")
	// ErrRegistrationRefused is the confirmation of a registration that does not
	// exist, differs from what was registered, or comes with a wrong, used or expired code.
	ErrRegistrationRefused = fault.Define(fault.Refused, "identity.registration_refused", "the registration cannot be confirmed")
	// ErrCodeRefused is a code, of what waits for one, that is wrong, used or
	// expired, or belongs to nothing that waits for this user.
	ErrCodeRefused = fault.Define(fault.Refused, "identity.code_refused", "the code is wrong, expired or used")
	// ErrResetRefused is a reset for identifiers that do not name one active user.
	ErrResetRefused = fault.Define(fault.Unauthenticated, "identity.reset_refused", "the identifiers do not name one user")
	// ErrResetToken is a reset token that is wrong, used, expired or replaced by a newer one.
	ErrResetToken = fault.Define(fault.Unauthenticated, "identity.reset_token", "the reset token is not valid")
	// ErrNoChat is a Telegram chat that is nobody's.
	ErrNoChat = fault.Define(fault.NotFound, "identity.no_chat", "the Telegram chat is no user's")
	// ErrLinkCode is a code that does not link the chat: wrong, used, expired,
	// another chat's, or one of too many tries.
	ErrLinkCode = fault.Define(fault.Refused, "identity.link_code", "the code does not link this chat")
	// ErrChatTaken is a chat of another user, who has more than this chat.
	ErrChatTaken = fault.Define(fault.Conflict, "identity.chat_taken", "the Telegram chat belongs to another user")
	// ErrNoPermission is an action that the user has no permission for.
	ErrNoPermission = fault.Define(fault.Forbidden, "identity.no_permission", "the user may not do this")
	// ErrNoRole is a role that does not exist.
	ErrNoRole = fault.Define(fault.NotFound, "identity.no_role", "no such role")
	// ErrNoGroup is a group that does not exist.
	ErrNoGroup = fault.Define(fault.NotFound, "identity.no_group", "no such group")
	// ErrName is a name that no role, permission or group may have.
	ErrName = fault.Define(fault.Invalid, "identity.name", "a role or permission is named with capitals, digits and underscores, a group with 1 to 64 characters")
	// ErrNameTaken is a new role or group whose name exists.
	ErrNameTaken = fault.Define(fault.Conflict, "identity.name_taken", "the name is taken")
)
