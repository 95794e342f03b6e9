package identity

import (
	"time"

	"purse/internal/claim"
	"purse/internal/id"
)

// Tx is the rows that identity reads and writes inside one unit of work. Times
// that it compares with are given, never taken from the engine.
type Tx interface {
	claim.Tx
	// Now is the unit's one time.
	Now() time.Time
	// NextID gives the next number of a named sequence.
	NextID(sequence string) (int64, error)

	userRows
	codeRows
	pendingRows
	failureRows
	resetRows
	sessionRows
	emailLinkRows
	chatRows
	permissionRows
	eraseRows
	renewRows
	restoreRows
}

type userRows interface {
	// InsertUser adds a user.
	InsertUser(User) error
	// User reads a user, or returns ErrNoUser; in an Update the row stays locked.
	User(UserID) (User, error)
	// PublicUsers lists at most limit active users who have a login and whose id is
	// above after, by id.
	PublicUsers(after UserID, limit int) ([]User, error)
	// UpdateUser writes everything about a user but its ids, its social security
	// number and CreatedAt, and sets UpdatedAt to the unit's time. Claims are apart.
	UpdateUser(User) error
	// SetUserStatus and SetTwoFactorRequired change one fact of a user.
	SetUserStatus(UserID, Status) error
	SetTwoFactorRequired(UserID, bool) error

	// Credential reads a user's password hash, or "".
	Credential(UserID) (string, error)
	// SetCredential replaces it.
	SetCredential(user UserID, hash string) error

	// PutRegistration keeps a registration in place of one for the same e-mail.
	PutRegistration(Registration) error
	// Registration finds one by its e-mail.
	Registration(email string) (registration Registration, found bool, err error)
	// DeleteRegistration removes it; it is no error when there is none.
	DeleteRegistration(email string) error
	// DeleteRegistrations removes at most limit of those made at or before the
	// given time and returns how many there were.
	DeleteRegistrations(before time.Time, limit int) (int, error)
}

type codeRows interface {
	// PutCode keeps a code in place of the flow's older one for the same person.
	PutCode(CodeRow) error
	// Code finds the code of a flow and person, expired or not; in an Update it
	// stays locked.
	Code(flow Flow, person Person) (code CodeRow, found bool, err error)
	// DeleteCode removes it; it is no error when there is none.
	DeleteCode(flow Flow, person Person) error
	// AddWrongCode counts a wrong try at the unit's time.
	AddWrongCode(flow Flow, person Person) error
	// WrongCodes counts the wrong tries after the given time. In an Update the
	// flow and person stay locked, so that no other unit counts meanwhile.
	WrongCodes(flow Flow, person Person, after time.Time) (int, error)
	// DeleteCodes removes at most limit rows: codes that expired, and wrong tries
	// that were made, at or before the given times. It returns how many there were.
	DeleteCodes(expired, wrong time.Time, limit int) (int, error)
}

type failureRows interface {
	// AddFailure counts an attempt against a scope.
	AddFailure(scope Scope, attempt id.UUID, at time.Time) error
	// DeleteFailure takes one back.
	DeleteFailure(scope Scope, attempt id.UUID) error
	// ClearFailures forgets a scope's attempts and its block.
	ClearFailures(scope Scope) error
	// Failures counts a scope's attempts after the given time.
	Failures(scope Scope, after time.Time) (int, error)
	// Block reads a scope's block; the zero Block when it has none. In an Update
	// the scope stays locked, whether or not it has one.
	Block(scope Scope) (Block, error)
	// SetBlock replaces it; one without strikes removes it.
	SetBlock(scope Scope, block Block) error
	// DeleteFailures removes at most limit rows: attempts made, and blocks that
	// ended, at or before the given time.
	DeleteFailures(before time.Time, limit int) (int, error)
}

type resetRows interface {
	// PutReset keeps a reset in place of the user's older one.
	PutReset(Reset) error
	// Reset finds a reset by its token's hash, expired or not.
	Reset(token [32]byte) (reset Reset, found bool, err error)
	// DeleteReset removes the reset of a user and says whether there was one.
	DeleteReset(user UserID) (bool, error)
	// DeleteResets removes at most limit resets that expired at or before the given time.
	DeleteResets(before time.Time, limit int) (int, error)
}

type sessionRows interface {
	// InsertSession adds a session under its token's hash.
	InsertSession(token [32]byte, session Session) error
	// SessionByToken finds a session that was not ended and whose user is
	// active, expired or not.
	SessionByToken(token [32]byte) (session Session, found bool, err error)
	// SlideSession moves the last use and the expiry of a session that was not
	// ended, and says whether there was one.
	SlideSession(token [32]byte, usedAt, expiresAt time.Time) (bool, error)
	// EndSession ends a user's session and says whether there was one to end.
	EndSession(user UserID, session id.UUID, at time.Time) (bool, error)
	// EndSessions ends all of a user's but one; the zero id spares none.
	EndSessions(user UserID, spare id.UUID, at time.Time) error
	// Sessions lists a user's sessions that were not ended and expire after the
	// given time, the last used first.
	Sessions(user UserID, now time.Time) ([]Session, error)
	// DeleteSessions removes at most limit sessions that expired, or would have
	// if they had not been ended, at or before the given time.
	DeleteSessions(before time.Time, limit int) (int, error)

	// InsertRefresh adds a refresh token.
	InsertRefresh(Refresh) error
	// Refresh finds one by its id, spent, expired or not; in an Update it stays locked.
	Refresh(id.UUID) (refresh Refresh, found bool, err error)
	// SpendRefresh marks one as used and says whether it was not before.
	SpendRefresh(refresh id.UUID, at time.Time) (bool, error)
	// DeleteRefreshes removes at most limit that expired at or before the given time.
	DeleteRefreshes(before time.Time, limit int) (int, error)
}

type chatRows interface {
	// PutChatSession keeps the session of a chat, in place of an older one.
	PutChatSession(ChatSession) error
	// ChatSession finds the session of a chat, ended or not.
	ChatSession(chat int64) (session ChatSession, found bool, err error)
	// ChatSessionOf finds the session of a user's chat, ended or not.
	ChatSessionOf(UserID) (session ChatSession, found bool, err error)
	// DeleteChatSession forgets which session a chat has.
	DeleteChatSession(chat int64) error
}

type permissionRows interface {
	// Permissions lists what a user may do, directly or through a role, each once.
	Permissions(UserID) ([]string, error)
	// SetPermission grants a permission to a user, or takes it away.
	SetPermission(user UserID, permission string, granted bool) error
	// InsertRole adds a role, or returns ErrNameTaken.
	InsertRole(role Role, permissions []string) error
	// RoleNamed finds a role, or returns ErrNoRole.
	RoleNamed(name string) (Role, error)
	// SetRole gives a role to a user, or takes it away.
	SetRole(user UserID, role RoleID, given bool) error
	// Roles lists a user's roles by id.
	Roles(UserID) ([]Role, error)
	// InsertGroup adds a group, or returns ErrNameTaken.
	InsertGroup(Group) error
	// GroupNamed finds a group, or returns ErrNoGroup.
	GroupNamed(name string) (Group, error)
	// SetGroup puts a user into a group, or out of it.
	SetGroup(user UserID, group GroupID, member bool) error
	// Groups lists a user's groups by id.
	Groups(UserID) ([]Group, error)

	// RolesOf and GroupsOf are Roles and Groups of many users; those who have none
	// are left out.
	RolesOf([]UserID) (map[UserID][]Role, error)
	GroupsOf([]UserID) (map[UserID][]Group, error)
	// AllRoles lists every role by id, with its permissions by name.
	AllRoles() ([]RoleGrants, error)
	// AllGroups lists every group by id.
	AllGroups() ([]Group, error)
}

type emailLinkRows interface {
	// PutEmailLink keeps a link in place of the user's older one.
	PutEmailLink(EmailLink) error
	// EmailLink finds a user's link, expired or not; in an Update it stays locked.
	EmailLink(UserID) (link EmailLink, found bool, err error)
	// DeleteEmailLink removes it; it is no error when there is none.
	DeleteEmailLink(UserID) error
	// DeleteEmailLinks removes at most limit links that expired at or before the given time.
	DeleteEmailLinks(before time.Time, limit int) (int, error)
}

type eraseRows interface {
	// DeleteNewcomers removes registrations and users to be who gave this e-mail
	// address or this phone number; an empty one is nobody's.
	DeleteNewcomers(email, phone string) error
	// EraseUser removes a user's profile, credential, resets, links, sessions,
	// refresh tokens, roles, permissions and groups, and makes the user inactive.
	// The ids and the time of the beginning stay; claims are apart.
	EraseUser(UserID) error
	// Scrub asks that, once the unit has committed, no bytes of what it removed are
	// left in the engine's own files, as far as the engine has that in its hands.
	Scrub()
}

type restoreRows interface {
	// EndEverything ends every session of everybody at the unit's time and returns
	// how many had not ended before. It removes every refresh token, chat session,
	// code, reset, link and whatever waits for a code. It is for a database that
	// comes from a backup: who was signed in when it was made may have been signed
	// out since, and a code may have been used.
	EndEverything() (sessions int, err error)
}
