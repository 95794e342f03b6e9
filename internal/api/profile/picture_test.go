package profile_test

import (
	"bytes"
	"encoding/json"
	"image"
	"image/color"
	"image/png"
	"mime/multipart"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"purse/internal/apidoc/apidoctest"
	"purse/internal/avatar"
	"purse/internal/identity"
	"purse/internal/store/enginetest"
)

// portrait is a PNG of one colour.
func portrait(t testing.TB, shade uint8) string {
	t.Helper()
	picture := image.NewGray(image.Rect(0, 0, 20, 30))
	for i := range picture.Pix {
		picture.Pix[i] = shade
	}
	picture.SetGray(0, 0, color.Gray{Y: 1})
	var out bytes.Buffer
	if err := png.Encode(&out, picture); err != nil {
		t.Fatal(err)
	}
	return out.String()
}

// form is a body of multipart/form-data with a file in one field.
func form(t testing.TB, name, file string) (body, contentType string) {
	t.Helper()
	var out bytes.Buffer
	w := multipart.NewWriter(&out)
	if err := w.WriteField("note", "first"); err != nil {
		t.Fatal(err)
	}
	part, err := w.CreateFormFile(name, "me.png")
	if err == nil {
		_, err = part.Write([]byte(file))
	}
	if err == nil {
		err = w.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return out.String(), w.FormDataContentType()
}

// avatarOf is where somebody's picture is now, without the host.
func (s *stack) avatarOf(token string) string {
	s.t.Helper()
	var me account
	if err := json.Unmarshal(s.do("GET", "/account/me", "", "Authorization", token).Body.Bytes(), &me); err != nil {
		s.t.Fatal(err)
	}
	path, ours := strings.CutPrefix(me.Avatar, publicURL+"/")
	if !ours {
		s.t.Fatalf("the avatar is at %s", me.Avatar)
	}
	return "/" + path
}

// upload sends a picture and holds the exchange to the document, but for what a
// form has beside the picture, which it does not name.
func (s *stack) upload(document *apidoctest.Validator, token, body, contentType string) *httptest.ResponseRecorder {
	s.t.Helper()
	r := httptest.NewRequestWithContext(apidoctest.Deviating(s.t.Context()), "POST", "/account/avatar", strings.NewReader(body))
	r.Header.Set("Content-Type", contentType)
	r.Header.Set("Authorization", token)
	w := httptest.NewRecorder()
	s.handler.ServeHTTP(w, r)
	if err := document.Exchange(r, []byte(body), w.Result(), w.Body.Bytes()); err != nil {
		s.t.Errorf("%s: %v", contentType, err)
	}
	return w
}

func TestAnUploadedPictureIsShownUntilItIsRemoved(t *testing.T) {
	documented := apidoctest.New(t, "profile")
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		s := start(t, engine)
		me, other := s.register("danila"), s.register("anna")
		initials, others := s.avatarOf(me.Token), s.avatarOf(other.Token)
		formBody, formType := form(t, "avatar", portrait(t, 200))
		for name, upload := range map[string]struct{ body, contentType string }{"raw": {portrait(t, 100), "image/png"}, "form": {formBody, formType}} {
			w := s.upload(documented, me.Token, upload.body, upload.contentType)
			path := s.avatarOf(me.Token)
			if w.Code != http.StatusOK || w.Body.String() != `{"avatar":"`+publicURL+path+`"}` || path == initials {
				t.Fatalf("%s: %d %s", name, w.Code, w.Body)
			}
			shown := s.do("GET", path, "")
			if shown.Header().Get("Content-Type") != "image/jpeg" || !strings.Contains(shown.Header().Get("Cache-Control"), "immutable") {
				t.Errorf("%s: %v", name, shown.Header())
			}
			if config, _, err := image.DecodeConfig(bytes.NewReader(shown.Body.Bytes())); err != nil || config.Width != avatar.Side || config.Height != avatar.Side {
				t.Errorf("%s: %+v, %v", name, config, err)
			}
			if old := s.do("GET", initials, ""); old.Code != http.StatusOK || old.Header().Get("Cache-Control") != "public, no-cache" {
				t.Errorf("%s: the old address: %d %v", name, old.Code, old.Header())
			}
		}
		if s.avatarOf(other.Token) != others {
			t.Error("another's picture has changed")
		}
		if w := s.do("DELETE", "/account/avatar", "", "Authorization", me.Token); w.Code != http.StatusOK || s.avatarOf(me.Token) != initials {
			t.Errorf("removing: %d %s", w.Code, w.Body)
		}
	})
}

func TestAnUploadThatIsNoPictureChangesNothing(t *testing.T) {
	s := start(t, enginetest.SQLite)
	me := s.register("danila")
	before := s.avatarOf(me.Token)
	upload := func(body, contentType string) *httptest.ResponseRecorder {
		return s.do("POST", "/account/avatar", body, "Authorization", me.Token, "Content-Type", contentType)
	}
	otherField, otherType := form(t, "picture", portrait(t, 1))
	empty, emptyType := form(t, "avatar", "")
	text, textType := form(t, "avatar", "hello")
	for name, c := range map[string]struct {
		body, contentType string
		status            int
		text              string
	}{
		"nothing":                   {"", "image/png", http.StatusForbidden, "avatar"},
		"JSON":                      {`{}`, "application/json", http.StatusForbidden, "avatar"},
		"an address":                {`http://127.0.0.1/`, "text/plain", http.StatusForbidden, "avatar"},
		"no content type":           {portrait(t, 1), "", http.StatusForbidden, "avatar"},
		"a form without a boundary": {otherField, "multipart/form-data", http.StatusForbidden, "avatar"},
		"a form that is cut":        {otherField[:80], otherType, http.StatusForbidden, "avatar"},
		"a form without the field":  {otherField, otherType, http.StatusBadRequest, "Поле avatar обязательно"},
		"an empty file":             {empty, emptyType, http.StatusBadRequest, "Поле avatar: нужно"},
		"a text":                    {text, textType, http.StatusBadRequest, "Поле avatar: нужно"},
		"SVG":                       {`<svg xmlns="http://www.w3.org/2000/svg"><script>alert(1)</script></svg>`, "image/svg+xml", http.StatusBadRequest, "Поле avatar: нужно"},
		"too many bytes":            {portrait(t, 1) + strings.Repeat("x", avatar.MaxBytes), "image/png", http.StatusForbidden, "слишком большое"},
		"far too many":              {strings.Repeat("x", 6<<20), "image/png", http.StatusForbidden, "слишком большое"},
	} {
		wants(t, name, upload(c.body, c.contentType), c.status, c.text)
	}
	if s.avatarOf(me.Token) != before {
		t.Error("something was kept")
	}
	if w := upload(portrait(t, 1)+strings.Repeat("x", avatar.MaxBytes-len(portrait(t, 1))), "image/png"); w.Code != http.StatusOK {
		t.Errorf("exactly 5 MiB: %d %s", w.Code, w.Body)
	}
}

func TestEditingTakesThePermission(t *testing.T) {
	s := start(t, enginetest.SQLite)
	me := s.register("danila")
	if err := s.people.RevokeRole(t.Context(), identity.UserID(me.ID), identity.RoleUser); err != nil {
		t.Fatal(err)
	}
	ask := func() map[string]int {
		return map[string]int{
			"edit":   s.do("POST", "/account/edit/info", `{}`, "Authorization", me.Token).Code,
			"upload": s.do("POST", "/account/avatar", portrait(t, 1), "Authorization", me.Token, "Content-Type", "image/png").Code,
			"remove": s.do("DELETE", "/account/avatar", "", "Authorization", me.Token).Code,
		}
	}
	for route, status := range ask() {
		if status != http.StatusForbidden {
			t.Errorf("%s without the permission: %d", route, status)
		}
	}
	if err := s.people.GrantPermission(t.Context(), identity.UserID(me.ID), identity.EditProfile); err != nil {
		t.Fatal(err)
	}
	for route, status := range ask() {
		if status != http.StatusOK {
			t.Errorf("%s with the permission: %d", route, status)
		}
	}
}

// Nobody's things can be reached by an id: the routes that change something take
// none, and those that take one show what everybody sees.
func TestSecurity13NoRouteThatChangesSomethingTakesAnID(t *testing.T) {
	s := start(t, enginetest.SQLite)
	me, other := s.register("danila"), s.register("anna")
	before := s.do("GET", "/account/me", "", "Authorization", other.Token).Body.String()
	others := `"id":2,"user_id":2,"login":"anna","email":"anna@example.com"`
	s.do("POST", "/account/edit/info?id=2&login=anna", `{`+others+`,"description":"mine"}`, "Authorization", me.Token)
	s.do("POST", "/account/avatar?id=2", portrait(t, 9), "Authorization", me.Token, "Content-Type", "image/png")
	s.do("DELETE", "/account/avatar?id=2", "", "Authorization", me.Token)
	if after := s.do("GET", "/account/me", "", "Authorization", other.Token).Body.String(); after != before {
		t.Errorf("the other's account changed from\n%s\nto\n%s", before, after)
	}
}
