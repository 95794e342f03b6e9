package surfaces

// unclaimed are the fields that name something and are no way to another's: each
// with the reason. "taken" is what the documents have registration say.
var unclaimed = []struct{ route, fields, why string }{
	{"POST /auth/register", "email phone_number social_security", "says that an identifier is taken, as its document has it; the limit of credentials guards it"},
	{"POST /account/registration", "email login", "likewise"},
	{"GET /account/login/check", "login", "says whether a login is free, as its document has it; logins are public"},
	{"POST /users/create/", "email phone_number", "says that an identifier is taken, as its document has it; the limit of credentials guards it"},
	{"POST /api/v1/auth/register", "email", "likewise"},
	{"POST /api/user/register", "email", "likewise"},

	{"POST /auth/2fa/request", "twofa_code", "ignored: the first step has no code yet"},
	{"PATCH /auth/reset", "token", "the token is the right: 256 random bits"},
	{"POST /users/verify/", "session_id code", "the session has 122 random bits and is told to whom it was made for; see TestADigitCodeWorksForFiveMinutesForItsOwnSession"},
	{"POST /users/token/refresh/", "refresh access", "the token is the right, and is signed; see TestSecurity9ATokenThatIsNotThisSurfacesAccessTokenOpensNothing"},
	{"POST /api/v1/auth/refresh", "refresh_token", "likewise; see TestSecurity9ATokenIsGoodForWhatItSays"},
	{"/reset", "token", "likewise 256 random bits"},
	{"/reset/", "token", "likewise"},

	{"POST /card/transfer", "to_card_number", "anybody may be paid"},
	{"POST /transfers/batch", "to_card_number", "anybody may be paid"},
	{"POST /users/wallets/{id}/transfer/", "wallet_number", "anybody may be paid"},
	{"POST /api/user/{id}/messages", "id", "anybody may be written to"},
	{"GET /api/user/{id}", "id", "a page that is for everybody: a name and a sum of play money"},
	{"GET /info/users/", "after", "a list that is for everybody; see TestOthersSeeActiveAccountsWithALoginAlone"},
	{"GET /info/users/{search}", "search", "likewise"},
	{"GET /info/avatars/{name}", "name", "pictures that are for everybody; see TestPicturesOfPeopleWhoAreNotSeenAreNotThere"},

	{"POST /api/v1/auth/telegram/register", "chat_id", "a bot proves by its signature that it speaks for the chat; see TestSecurity12NobodyActsForAChatWithoutASignature"},
	{"POST /api/v1/auth/token/get", "chat_id init_data", "likewise, or Telegram's signature; see TestAMiniAppGetsTheTokenOfItsOwnUser"},
	{"POST /api/v1/auth/token/refresh-telegram", "chat_id", "a bot proves by its signature that it speaks for the chat"},
	{"POST /api/v1/auth/telegram/start", "chat_id", "likewise"},
	{"POST /api/v1/auth/telegram/confirm", "chat_id code", "likewise; see TestSecurity13ACodeIsWorthNothingForAnotherChat"},

	{"POST /console/code", "code", "for the person of the step before; see TestACodeWithoutTheFirstStepStartsAgain"},
	{"GET /dev/mail", "to", "development alone: whoever is at this machine reads all mail"},
}
