package gift

import (
	"net/http"

	"purse/internal/fault"
	"purse/internal/gift"
	"purse/internal/httpkit"
	"purse/internal/identity"
	"purse/internal/ledger"
	"purse/internal/money"
	"purse/internal/surface"
	"purse/internal/token"
)

// answer is what an error becomes.
type answer struct {
	status int
	text   string
}

// challenges are the WWW-Authenticate headers (RFC 6750, section 3).
const (
	askForToken  = "Bearer"
	invalidToken = `Bearer error="invalid_token"` // #nosec G101 -- a challenge (RFC 6750)
)

const (
	badEmail  = "유효한 이메일 값이 아닙니다."
	forbidden = "권한이 없습니다."
	noUser    = "사용자를 찾을 수 없습니다."
)

var (
	badToken = answer{http.StatusUnauthorized, "잘못된 토큰입니다."}
	tooMany  = answer{http.StatusTooManyRequests, "요청이 너무 많습니다. 잠시 후 다시 시도해 주세요."}
)

// answers is the one table of errors: what each code becomes, on every endpoint
// that has no words of its own. Other input that is wrong (fault.Invalid) is 400
// with the words of each field, and what is not in the table is ours: 500 or 503.
var answers = map[fault.Code]answer{
	httpkit.ErrNotFound.Code:         {http.StatusNotFound, "요청하신 주소를 찾을 수 없습니다."},
	httpkit.ErrMethodNotAllowed.Code: {http.StatusMethodNotAllowed, "허용되지 않은 메서드입니다."},
	httpkit.ErrNoCaller.Code:         badToken,
	httpkit.ErrTooMany.Code:          tooMany,
	httpkit.ErrKeyInFlight.Code:      {http.StatusConflict, "같은 Idempotency-Key 의 요청이 아직 처리 중입니다."},
	httpkit.ErrBodyTooLarge.Code:     {http.StatusBadRequest, tooLarge},
	httpkit.ErrBodyUnreadable.Code:   {http.StatusBadRequest, "요청 본문을 읽을 수 없습니다."},

	errNoToken.Code:       {http.StatusUnauthorized, "토큰 정보가 필요합니다."},
	token.ErrInvalid.Code: badToken,
	token.ErrExpired.Code: {http.StatusUnauthorized, "토큰이 만료되었습니다."},
	errNotYours.Code:      {http.StatusForbidden, forbidden},
	errOtherName.Code:     {http.StatusBadRequest, "잘못된 접근입니다."},

	identity.ErrNoSession.Code:          badToken,
	identity.ErrRefreshSpent.Code:       {http.StatusUnauthorized, "refresh token 은 2회 이상 사용될 수 없습니다."},
	identity.ErrInvalidCredentials.Code: {http.StatusUnauthorized, "이메일과 비밀번호를 확인하세요."},
	identity.ErrTwoFactorRequired.Code:  {http.StatusUnauthorized, "2단계 로그인이 필요한 계정입니다."},
	identity.ErrEmailNotVerified.Code:   {http.StatusBadRequest, "이메일 인증이 되지 않은 계정입니다."},
	identity.ErrTooManyFailures.Code:    tooMany,
	identity.ErrIdentifierTaken.Code:    {http.StatusBadRequest, "중복된 이메일입니다."},
	identity.ErrMailNotAccepted.Code:    {http.StatusBadRequest, badEmail},
	identity.ErrNoPermission.Code:       {http.StatusForbidden, forbidden},
	identity.ErrNoUser.Code:             badToken, // a session outlives nobody

	gift.ErrNoReceiver.Code: {http.StatusNotFound, noUser},
	gift.ErrNoMessage.Code:  {http.StatusNotFound, "쪽지를 찾을 수 없습니다."},
	gift.ErrNote.Code:       {http.StatusBadRequest, "화폐단위에 벗어난 액수를 선택하려면 돈봉투를 사용하세요."},
	gift.ErrToSelf.Code:     {http.StatusBadRequest, "자기 자신에게는 돈을 보낼 수 없습니다."},

	ledger.ErrInsufficientFunds.Code: {http.StatusBadRequest, "잔액이 부족합니다."},
	ledger.ErrSenderBlocked.Code:     {http.StatusBadRequest, "정지된 지갑에서는 돈을 보낼 수 없습니다."},
	ledger.ErrSenderClosed.Code:      {http.StatusBadRequest, "정지된 지갑에서는 돈을 보낼 수 없습니다."},
	ledger.ErrReceiverClosed.Code:    {http.StatusBadRequest, "받는 사람의 계좌가 정지되어 돈을 보낼 수 없습니다."},
	ledger.ErrNotEmpty.Code:          {http.StatusBadRequest, "계좌에 돈이 남아 있어 탈퇴할 수 없습니다. 잔액을 모두 비운 뒤 다시 시도해 주세요."},
	ledger.ErrKeyReused.Code:         {http.StatusUnprocessableEntity, "같은 Idempotency-Key 가 다른 요청에 이미 사용되었습니다."},
	money.ErrOverflow.Code:           {http.StatusBadRequest, "계좌에 담을 수 있는 액수를 넘었습니다."},
}

// differently is where an endpoint's words differ from the table.
var differently = map[string]map[fault.Code]answer{
	"GET /api/user/{id}":                       {identity.ErrNoUser.Code: {http.StatusNotFound, noUser}},
	"GET /api/user/{id}/messages":              {errNotYours.Code: {http.StatusForbidden, "쪽지는 본인만 조회할 수 있습니다"}},
	"GET /api/user/{id}/messages/{message_id}": {errNotYours.Code: {http.StatusForbidden, "상세내용 조회는 본인만 가능합니다."}},
	"DELETE /api/user/withdraw":                {ledger.ErrSenderClosed.Code: {http.StatusBadRequest, "정지된 계좌가 있어 탈퇴할 수 없습니다."}},
}

type failure struct {
	Error any `json:"error"` // text, or the texts of each field
}

type serverError struct {
	Error     string `json:"error"`
	RequestID string `json:"request_id"`
}

// writeError is the only place where an error becomes an answer.
func writeError(c *httpkit.Call, err error) {
	f := fault.From(err)
	if known, ok := surface.Words(c, f.Code, answers, differently); ok {
		if known.status == http.StatusUnauthorized {
			challenge(c, f.Code)
		}
		_ = c.JSON(known.status, failure{known.text}) // strings only: cannot fail, as below
		return
	}
	switch f.Kind {
	case fault.Invalid:
		_ = c.JSON(http.StatusBadRequest, failure{wording(err)})
	case fault.Unavailable:
		_ = c.JSON(http.StatusServiceUnavailable, serverError{"일시적으로 서비스를 이용할 수 없습니다. 잠시 후 다시 시도해 주세요.", c.RequestID()})
	default:
		_ = c.JSON(http.StatusInternalServerError, serverError{"서버에서 오류가 발생했습니다.", c.RequestID()})
	}
}

// challenge says how to prove who calls, where a token was missing or no good. A
// wrong password is no matter of tokens.
func challenge(c *httpkit.Call, code fault.Code) {
	switch code {
	case identity.ErrInvalidCredentials.Code, identity.ErrTwoFactorRequired.Code:
	case errNoToken.Code:
		c.Header().Set("WWW-Authenticate", askForToken)
	default:
		c.Header().Set("WWW-Authenticate", invalidToken)
	}
}
