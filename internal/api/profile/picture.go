package profile

import (
	"bytes"
	"errors"
	"io"
	"mime"
	"mime/multipart"
	"net/http"
	"strings"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/bind"
	"purse/internal/surface"
)

// avatarPath is where pictures are shown to everybody: an img element sends no
// token, so their names cannot be guessed instead.
const avatarPath = "/info/avatars/"

// avatarField is the part of a form that holds the picture.
const avatarField = "avatar"

// errUpload is a body that is neither a picture nor a whole form.
var errUpload = fault.Define(fault.Invalid, "profile.upload", "the body is neither a picture nor a form with one")

type avatarAnswer struct {
	Avatar string `json:"avatar"`
}

func (s Services) setAvatar(c *httpkit.Call) error {
	file, err := uploaded(c.ContentType(), c.Body())
	if err != nil {
		return err
	}
	if err := s.Avatars.Set(c.Context(), surface.User(c), file); err != nil {
		return err
	}
	return s.answerAvatar(c)
}

func (s Services) removeAvatar(c *httpkit.Call) error {
	if err := s.Avatars.Remove(c.Context(), surface.User(c)); err != nil {
		return err
	}
	return s.answerAvatar(c)
}

func (s Services) answerAvatar(c *httpkit.Call) error {
	user, err := s.People.User(c.Context(), surface.User(c))
	if err != nil {
		return err
	}
	pictures, err := s.Avatars.Names(c.Context(), user)
	if err != nil {
		return err
	}
	return c.JSON(http.StatusOK, avatarAnswer{s.PublicURL + avatarPath + pictures[0]})
}

// uploaded is the picture in a body: the body itself, or the part "avatar" of a form.
func uploaded(contentType string, body []byte) ([]byte, error) {
	kind, params, err := mime.ParseMediaType(contentType)
	switch {
	case err != nil || len(body) == 0:
		return nil, errUpload
	case strings.HasPrefix(kind, "image/"):
		return body, nil
	case kind != "multipart/form-data":
		return nil, errUpload
	}
	form := multipart.NewReader(bytes.NewReader(body), params["boundary"])
	for {
		part, err := form.NextPart()
		if errors.Is(err, io.EOF) {
			return nil, bind.ErrInput.Because(bind.Violations{{In: bind.Body, Name: avatarField, Kind: bind.Missing}})
		}
		if err != nil {
			return nil, errUpload.Because(err)
		}
		if part.FormName() != avatarField {
			continue
		}
		file, err := io.ReadAll(part)
		if err != nil {
			return nil, errUpload.Because(err)
		}
		return file, nil
	}
}

// showAvatar answers with a picture. Its name changes with its content, so that
// browsers may keep it for ever; under an older name they ask again each time.
func (s Services) showAvatar(c *httpkit.Call) error {
	image, err := s.Avatars.Find(c.Context(), c.PathValue("name"))
	if err != nil {
		return err
	}
	header, tag := c.Header(), `"`+image.Tag+`"`
	header.Set("ETag", tag)
	header.Set("Cache-Control", "public, no-cache")
	if image.Current {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	}
	header.Set("Cross-Origin-Resource-Policy", "cross-origin") // pages of other origins show it
	if strings.Contains(c.Request().Header.Get("If-None-Match"), tag) {
		c.Response().WriteHeader(http.StatusNotModified)
		return nil
	}
	header.Set("Content-Type", image.Type)
	c.Response().WriteHeader(http.StatusOK)
	_, _ = c.Response().Write(image.Bytes) // a browser that has left is no error of ours
	return nil
}
