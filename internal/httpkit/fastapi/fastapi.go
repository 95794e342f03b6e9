// Package fastapi answers errors as a FastAPI service does, for the surfaces that
// are one to their clients. Which error has which status and words is the
// surface's table; what no table has is answered here.
package fastapi

import (
	"net/http"

	"purse/internal/fault"
	"purse/internal/httpkit"
	"purse/internal/httpkit/pydantic"
)

// detail is an error that is told in one text.
type detail struct {
	Detail string `json:"detail"`
}

type serverError struct {
	Detail    string `json:"detail"`
	RequestID string `json:"request_id"`
}

// Detail answers with a status and a text.
func Detail(c *httpkit.Call, status int, text string) {
	_ = c.JSON(status, detail{text}) // strings only: cannot fail, as below
}

// Rest answers an error that a surface's table does not have: input that is wrong
// is 422 in Pydantic's words, and everything else is ours, 500 or 503. unavailable
// says what is missing where that helps people; it may be nil.
func Rest(c *httpkit.Call, f *fault.Error, unavailable map[fault.Code]string) {
	switch f.Kind {
	case fault.Invalid:
		c.JSONText(http.StatusUnprocessableEntity, pydantic.Body(f))
	case fault.Unavailable:
		text := "Service temporarily unavailable"
		if reason, told := unavailable[f.Code]; told {
			text = reason
		}
		_ = c.JSON(http.StatusServiceUnavailable, serverError{text, c.RequestID()})
	default:
		_ = c.JSON(http.StatusInternalServerError, serverError{"Internal server error", c.RequestID()})
	}
}
