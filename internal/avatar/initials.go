package avatar

import (
	"bytes"
	"encoding/xml"
	"fmt"
	"math"
	"strconv"
	"strings"
	"unicode"

	"golang.org/x/text/unicode/norm"

	"purse/internal/identity"
)

// DefaultColor is the background of those who have chosen none.
const DefaultColor = "#005CC9"

// initials are the first letters of a user's names, or of what else they are called.
func initials(user identity.User) string {
	if text := firstLetter(user.FirstName) + firstLetter(user.LastName); text != "" {
		return text
	}
	for _, name := range []string{user.Username, user.Login} {
		if text := firstLetter(name); text != "" {
			return text
		}
	}
	return "?"
}

func firstLetter(name string) string {
	for _, c := range norm.NFC.String(name) {
		if unicode.IsLetter(c) || unicode.IsNumber(c) {
			return strings.ToUpper(string(c))
		}
	}
	return ""
}

// drawInitials is the picture of those who gave none, as SVG.
func drawInitials(user identity.User) []byte {
	background := user.BackgroundColor
	light, ok := luminance(background)
	if !ok {
		background = DefaultColor
		light, _ = luminance(background)
	}
	var text bytes.Buffer
	_ = xml.EscapeText(&text, []byte(initials(user))) // a buffer takes all
	return fmt.Appendf(nil, `<svg xmlns="http://www.w3.org/2000/svg" width="%[1]d" height="%[1]d" viewBox="0 0 %[1]d %[1]d">`+
		`<rect width="%[1]d" height="%[1]d" fill="%[2]s"/>`+
		`<text x="50%%" y="50%%" dy="0.35em" text-anchor="middle" font-family="sans-serif" font-size="208" fill="%[3]s">%[4]s</text></svg>`,
		Side, background, inkOn(light), text.Bytes())
}

// luminance is the relative luminance of a colour "#rrggbb", 0 to 1 (WCAG 2.2,
// "relative luminance"); ok is false for another text.
func luminance(color string) (light float64, ok bool) {
	digits, found := strings.CutPrefix(color, "#")
	number, err := strconv.ParseUint(digits, 16, 32)
	if !found || len(digits) != 6 || err != nil {
		return 0, false
	}
	linear := func(channel uint64) float64 {
		c := float64(channel&0xff) / 255
		if c <= 0.04045 {
			return c / 12.92
		}
		return math.Pow((c+0.055)/1.055, 2.4)
	}
	return 0.2126*linear(number>>16) + 0.7152*linear(number>>8) + 0.0722*linear(number), true
}

// inkOn is black or white, whichever has more contrast (WCAG 2.2, "contrast ratio").
func inkOn(light float64) string {
	if 1.05/(light+0.05) >= (light+0.05)/0.05 {
		return "#FFFFFF"
	}
	return "#000000"
}
