package profile_test

import (
	"net/http"
	"testing"

	"purse/internal/api/profile"
	"purse/internal/apidoc/apidoctest"
	"purse/internal/apptest"
	"purse/internal/store/enginetest"
	"purse/internal/surface/surfacetest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

// TestGoldenExchanges plays testdata/*.txtar: see apptest.Golden. A picture is no
// text and is in no conversation.
func TestGoldenExchanges(t *testing.T) {
	apptest.Golden(t, "profile", nil, func(document *apidoctest.Validator) {
		surfacetest.Faults(t, document, profile.New(profile.Services{}), faults)
		s := start(t, enginetest.SQLite)
		if w := s.upload(document, s.register("danila").Token, portrait(t, 100), "image/png"); w.Code != http.StatusOK {
			t.Errorf("uploading: %d %s", w.Code, w.Body)
		}
	})
}

// faults are the answers that any route can have.
var faults = map[int]string{
	http.StatusForbidden:           `{"errorMessage":"Недостаточно прав"}`,
	http.StatusTooManyRequests:     "Retry-After: 30\n" + `{"errorMessage":"Слишком много запросов, попробуйте позже"}`,
	http.StatusInternalServerError: "X-Request-Id: <id>\n" + `{"errorMessage":"Внутренняя ошибка сервера","request_id":"<id>"}`,
	http.StatusServiceUnavailable:  "Retry-After: 1\nX-Request-Id: <id>\n" + `{"errorMessage":"Сервис временно недоступен","request_id":"<id>"}`,
}
