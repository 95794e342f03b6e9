package profile

import (
	"errors"
	"net/http"
	"strings"

	"purse/internal/avatar"
	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/identity"
)

// errNobodyNamed is a sign-in without a login or an e-mail.
var errNobodyNamed = fault.Define(fault.Invalid, "profile.nobody_named", "neither a login nor an e-mail was sent")

// answer is what an error becomes.
type answer struct {
	status int
	text   string
}

// The document's two statuses: what people typed is 400, what the program sent
// around it, or who it is, is 403.
const (
	wrongField   = http.StatusBadRequest
	wrongRequest = http.StatusForbidden
)

var (
	notSignedIn = answer{wrongRequest, "Нужен действующий токен в заголовке Authorization"}
	tooLarge    = answer{wrongRequest, "Тело запроса слишком большое"}
)

// answers is the one table of errors. Violations of the input, with their words in
// words.go, and taken identifiers name their fields; what is not in the table is
// ours: 500 or 503.
var answers = map[fault.Code]answer{
	httpkit.ErrNotFound.Code:         {http.StatusNotFound, "Такого адреса нет"},
	httpkit.ErrMethodNotAllowed.Code: {http.StatusMethodNotAllowed, "Этот метод здесь не поддерживается"},
	httpkit.ErrNoCaller.Code:         notSignedIn,
	httpkit.ErrTooMany.Code:          {http.StatusTooManyRequests, "Слишком много запросов, попробуйте позже"},
	httpkit.ErrBodyTooLarge.Code:     tooLarge,
	httpkit.ErrBodyUnreadable.Code:   {wrongRequest, "Тело запроса не удалось прочитать"},

	identity.ErrNoSession.Code:          notSignedIn,
	identity.ErrNoUser.Code:             {wrongField, "Пользователь не найден"},
	identity.ErrInvalidCredentials.Code: {wrongField, "Неверный логин или пароль"},
	identity.ErrTwoFactorRequired.Code:  {wrongRequest, "Для этого аккаунта требуется двухэтапный вход"},
	identity.ErrTooManyFailures.Code:    {http.StatusTooManyRequests, "Слишком много неудачных попыток входа, попробуйте позже"},
	identity.ErrNoPermission.Code:       {wrongRequest, "Недостаточно прав"},
	errNobodyNamed.Code:                 {wrongField, "Укажите login или email"},

	avatar.ErrNone.Code:          {http.StatusNotFound, "Изображение не найдено"},
	avatar.ErrFormat.Code:        {wrongField, "Поле avatar: нужно изображение PNG, JPEG или WebP"},
	avatar.ErrTooManyPixels.Code: {wrongField, "Поле avatar: в изображении слишком много пикселей"},
	avatar.ErrTooLarge.Code:      tooLarge,
	errUpload.Code:               {wrongRequest, "Нужно изображение в теле запроса или в поле avatar формы multipart/form-data"},
}

// taken says which of the identifiers that a registration has is another's.
var taken = map[string]string{"login": "этот логин уже занят", "email": "этот адрес уже занят"}

type errorMessage struct {
	Message string `json:"errorMessage"`
}

type serverError struct {
	Message   string `json:"errorMessage"`
	RequestID string `json:"request_id"`
}

// writeError is the only place where an error becomes an answer.
func writeError(c *httpkit.Call, err error) {
	f := fault.From(err)
	if a, ok := explain(f); ok {
		_ = c.JSON(a.status, errorMessage{a.text}) // strings only: cannot fail
		return
	}
	status, text := http.StatusInternalServerError, "Внутренняя ошибка сервера"
	if f.Kind == fault.Unavailable {
		status, text = http.StatusServiceUnavailable, "Сервис временно недоступен"
	}
	_ = c.JSON(status, serverError{text, c.RequestID()})
}

// explain finds the words for an error that is not ours.
func explain(f *fault.Error) (answer, bool) {
	if violations, ok := bind.Of(f); ok {
		return explainViolations(violations), true
	}
	if errors.Is(f, identity.ErrIdentifierTaken) {
		var texts []string
		for _, field := range f.Fields {
			texts = append(texts, "Поле "+field.Name+": "+taken[field.Name])
		}
		return answer{wrongField, strings.Join(texts, "; ")}, true
	}
	a, ok := answers[f.Code]
	return a, ok
}

// explainViolations tells of a wrong request alone, or of all that is wrong in its fields.
func explainViolations(violations bind.Violations) answer {
	var texts []string
	for _, v := range violations {
		if v.Name == "" || v.In == bind.Header {
			return answer{wrongRequest, requestWords(v)}
		}
		texts = append(texts, "Поле "+v.Name+fieldWords(v))
	}
	return answer{wrongField, strings.Join(texts, "; ")}
}
