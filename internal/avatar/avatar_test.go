package avatar_test

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"hash/crc32"
	"image"
	"image/color"
	"image/gif"
	"image/jpeg"
	"image/png"
	"os"
	"strings"
	"testing"
	"time"

	"purse/internal/avatar"
	"purse/internal/clock"
	"purse/internal/identity"
	"purse/internal/secret"
	"purse/internal/store"
	"purse/internal/store/enginetest"
	"purse/internal/store/postgres/pgtest"
)

func TestMain(m *testing.M) { os.Exit(pgtest.Run(m)) }

// gallery is the service over a real database, with some people.
type gallery struct {
	*avatar.Service
	t      testing.TB
	engine store.Engine
}

func newGallery(t testing.TB, engine enginetest.Engine, users ...identity.User) *gallery {
	t.Helper()
	g := &gallery{t: t, engine: enginetest.Open(t, engine.URL(t), clock.NewManual(time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)))}
	root, err := secret.NewRoot(bytes.Repeat([]byte{1}, secret.RootKeyBytes))
	if err != nil {
		t.Fatal(err)
	}
	g.Service = avatar.New(store.Narrow[avatar.Tx](g.engine), root)
	for _, user := range users {
		g.update(func(tx store.Tx) error {
			user.UUID, user.CreatedAt, user.UpdatedAt = [16]byte{byte(user.ID)}, tx.Now(), tx.Now()
			return tx.InsertUser(user)
		})
	}
	return g
}

func (g *gallery) update(fn func(tx store.Tx) error) {
	g.t.Helper()
	if err := g.engine.Update(g.t.Context(), fn); err != nil {
		g.t.Fatal(err)
	}
}

// name is where a user's picture is found now.
func (g *gallery) name(id identity.UserID) string {
	g.t.Helper()
	var user identity.User
	err := g.engine.View(g.t.Context(), func(tx store.Tx) (err error) {
		user, err = tx.User(id)
		return err
	})
	if err != nil {
		g.t.Fatal(err)
	}
	names, err := g.Names(g.t.Context(), user)
	if err != nil || len(names) != 1 {
		g.t.Fatal(names, err)
	}
	return names[0]
}

func (g *gallery) find(name string) avatar.Image {
	g.t.Helper()
	found, err := g.Find(g.t.Context(), name)
	if err != nil {
		g.t.Fatalf("%s: %v", name, err)
	}
	return found
}

var (
	danila = identity.User{ID: 1, Login: "danila", Status: identity.Active, Profile: identity.Profile{FirstName: "Данила", LastName: "Гинда"}}
	hidden = identity.User{ID: 2, Status: identity.Active, Profile: identity.Profile{FirstName: "Ann", LastName: "Lee"}}
	gone   = identity.User{ID: 3, Login: "gone", Status: identity.Inactive}
)

// drawn is a picture whose quarters are red, green, blue and white, from the
// top left, clockwise.
func drawn(width, height int) *image.NRGBA {
	picture := image.NewNRGBA(image.Rect(0, 0, width, height))
	for y := range height {
		for x := range width {
			quarter := color.NRGBA{255, 255, 255, 255}
			switch left, top := x < width/2, y < height/2; {
			case left && top:
				quarter = color.NRGBA{255, 0, 0, 255}
			case top:
				quarter = color.NRGBA{0, 255, 0, 255}
			case !left:
				quarter = color.NRGBA{0, 0, 255, 255}
			}
			picture.SetNRGBA(x, y, quarter)
		}
	}
	return picture
}

func encoded(t testing.TB, encode func(*bytes.Buffer) error) []byte {
	t.Helper()
	var out bytes.Buffer
	if err := encode(&out); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func pngOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return png.Encode(b, picture) })
}

func jpegOf(t testing.TB, picture image.Image) []byte {
	t.Helper()
	return encoded(t, func(b *bytes.Buffer) error { return jpeg.Encode(b, picture, nil) })
}

func TestAPictureIsNamedByItsContentAndAlwaysFound(t *testing.T) {
	enginetest.Each(t, func(t *testing.T, engine enginetest.Engine) {
		g := newGallery(t, engine, danila, hidden, gone)
		initials := g.name(1)
		if found := g.find(initials); found.Type != "image/svg+xml" || !found.Current || !strings.Contains(string(found.Bytes), ">ДГ<") {
			t.Errorf("the initials: %s %t %s", found.Type, found.Current, found.Bytes)
		}
		if err := g.Set(t.Context(), 1, pngOf(t, drawn(40, 20))); err != nil {
			t.Fatal(err)
		}
		given := g.name(1)
		if found := g.find(given); found.Type != "image/jpeg" || !found.Current || given == initials {
			t.Errorf("the picture: %s %t, %s after %s", found.Type, found.Current, given, initials)
		}
		if found := g.find(initials); found.Type != "image/jpeg" || found.Current {
			t.Errorf("the old name leads to %s, current %t", found.Type, found.Current)
		}
		if g.name(2) == given || g.find(g.name(2)).Type != "image/svg+xml" {
			t.Error("another's picture has changed")
		}
		for range 2 {
			if err := g.Remove(t.Context(), 1); err != nil {
				t.Fatal(err)
			}
			if g.name(1) != initials {
				t.Error("without the picture the initials are not there again")
			}
		}
		g.update(func(tx store.Tx) error {
			user := danila
			user.BackgroundColor = "#ffffff"
			return tx.UpdateUser(user)
		})
		if g.name(1) == initials {
			t.Error("another colour has the same name")
		}
	})
}

func TestPicturesOfPeopleWhoAreNotSeenAreNotThere(t *testing.T) {
	g := newGallery(t, enginetest.SQLite, danila, hidden, gone)
	if found := g.find(g.name(2)); !found.Current {
		t.Error("the owner does not find it")
	}
	for _, name := range []string{"", "1x", "x-1", "2", "2-", "2-0000000000000000", "3", g.name(3), "4-0000000000000000", "99999999999999999999-00", "-1-00"} {
		if _, err := g.Find(t.Context(), name); !errors.Is(err, avatar.ErrNone) {
			t.Errorf("%q: %v", name, err)
		}
	}
}

func TestSetKeepsNothingForSomebodyWhoIsNotThere(t *testing.T) {
	g := newGallery(t, enginetest.SQLite, identity.User{ID: 8, Status: identity.Inactive})
	for _, user := range []identity.UserID{8, 9} {
		if err := g.Set(t.Context(), user, pngOf(t, drawn(4, 4))); !errors.Is(err, identity.ErrNoUser) {
			t.Errorf("%d: got %v", user, err)
		}
	}
}

func TestAWaitingPictureGivesUpWithItsCaller(t *testing.T) {
	g := newGallery(t, enginetest.SQLite, danila)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	// Either the place is free and the unit of work refuses, or the wait does.
	if err := g.Set(ctx, 1, pngOf(t, drawn(4, 4))); err == nil {
		t.Error("a caller who has left was served")
	}
}

// shown decodes what Set has made of a file.
func (g *gallery) shown(file []byte) image.Image {
	g.t.Helper()
	if err := g.Set(g.t.Context(), 1, file); err != nil {
		g.t.Fatal(err)
	}
	found := g.find(g.name(1))
	picture, kind, err := image.Decode(bytes.NewReader(found.Bytes))
	if err != nil || "image/"+kind != found.Type || picture.Bounds() != image.Rect(0, 0, avatar.Side, avatar.Side) {
		g.t.Fatalf("%s: %v, %v", found.Type, picture.Bounds(), err)
	}
	return picture
}

// quarters are the colours of a picture from the top left, clockwise.
func quarters(picture image.Image) string {
	var names []string
	for _, at := range []image.Point{{128, 128}, {384, 128}, {384, 384}, {128, 384}} {
		r, g, b, a := picture.At(at.X, at.Y).RGBA()
		name := fmt.Sprintf("#%02x%02x%02x%02x", r>>8, g>>8, b>>8, a>>8)
		switch {
		case a < 0x100:
			name = "clear"
		case r > 0xf000 && g < 0x1000 && b < 0x1000:
			name = "red"
		case r < 0x1000 && g > 0xf000 && b < 0x1000:
			name = "green"
		case r < 0x1000 && g < 0x1000 && b > 0xf000:
			name = "blue"
		case r > 0xf000 && g > 0xf000 && b > 0xf000:
			name = "white"
		}
		names = append(names, name)
	}
	return strings.Join(names, " ")
}

// tinyWebP is a lossless WebP of one red pixel.
var tinyWebP = []byte("RIFF\x1c\x00\x00\x00WEBPVP8L\x0f\x00\x00\x00\x2f\x00\x00\x00\x00\x07\x10\xfd\x8f\xfe\x07\x22\xa2\xff\x01\x00")

func TestAPictureIsTheSquareInTheMiddleOfAnyOfThreeFormats(t *testing.T) {
	g := newGallery(t, enginetest.SQLite, danila)
	clear := image.NewNRGBA(image.Rect(0, 0, 3, 3))
	gray16 := image.NewGray16(image.Rect(0, 0, 30, 30))
	for i := range gray16.Pix {
		gray16.Pix[i] = 0xff
	}
	for name, c := range map[string]struct {
		file []byte
		want string
	}{
		"png":        {pngOf(t, drawn(64, 64)), "red green blue white"},
		"wide":       {pngOf(t, drawn(640, 64)), "red green blue white"},
		"tall":       {jpegOf(t, drawn(64, 640)), "red green blue white"},
		"jpeg":       {jpegOf(t, drawn(600, 600)), "red green blue white"},
		"webp":       {tinyWebP, "red red red red"},
		"one pixel":  {pngOf(t, drawn(1, 1)), "blue blue blue blue"},
		"clear":      {pngOf(t, clear), "clear clear clear clear"},
		"sixteen":    {pngOf(t, gray16), "white white white white"},
		"off origin": {pngOf(t, drawn(100, 100).SubImage(image.Rect(0, 0, 50, 50))), "red red red red"},
	} {
		if got := quarters(g.shown(c.file)); got != c.want {
			t.Errorf("%s: %s, want %s", name, got, c.want)
		}
	}
}

// exif is a segment that says how a JPEG is to be turned.
func exif(order binary.ByteOrder, orientation uint16) []byte {
	tiff := []byte("II*\x00")
	if order == binary.BigEndian {
		tiff = []byte("MM\x00*")
	}
	append16 := func(values ...uint16) {
		for _, value := range values {
			tiff = append(tiff, 0, 0)
			order.PutUint16(tiff[len(tiff)-2:], value)
		}
	}
	append32 := func(value uint32) {
		tiff = append(tiff, 0, 0, 0, 0)
		order.PutUint32(tiff[len(tiff)-4:], value)
	}
	append32(8)
	append16(2, 0x0100, 3) // another entry first
	append32(1)
	append16(7, 0, 0x0112, 3)
	append32(1)
	append16(orientation, 0)
	append32(0)
	body := append([]byte("Exif\x00\x00"), tiff...)
	return append(binary.BigEndian.AppendUint16([]byte{0xff, 0xe1}, uint16(len(body)+2)), body...)
}

func TestAPhotographIsTurnedAsItsCameraSaysAndItsMetadataIsGone(t *testing.T) {
	g := newGallery(t, enginetest.SQLite, danila)
	plain := jpegOf(t, drawn(64, 64))
	for orientation, want := range map[uint16]string{
		0: "red green blue white", 1: "red green blue white", 2: "green red white blue", 3: "blue white red green", 4: "white blue green red",
		5: "red white blue green", 6: "white red green blue", 7: "blue green red white", 8: "green blue white red", 9: "red green blue white",
	} {
		for _, order := range []binary.ByteOrder{binary.BigEndian, binary.LittleEndian} {
			segment := exif(order, orientation)
			file := append(append(append([]byte{}, plain[:2]...), segment...), plain[2:]...)
			if got := quarters(g.shown(file)); got != want {
				t.Errorf("orientation %d: %s, want %s", orientation, got, want)
			}
			if kept := g.find(g.name(1)).Bytes; bytes.Contains(kept, []byte("Exif")) {
				t.Error("the metadata is kept")
			}
		}
	}
}

// huge is a small PNG that says it has many pixels.
func huge(t testing.TB, width, height uint32) []byte {
	t.Helper()
	file := pngOf(t, drawn(1, 1))
	binary.BigEndian.PutUint32(file[16:], width)
	binary.BigEndian.PutUint32(file[20:], height)
	binary.BigEndian.PutUint32(file[29:], crc32.ChecksumIEEE(file[12:29]))
	return file
}

func TestWhatIsNoPictureOrTooLargeIsRefused(t *testing.T) {
	g := newGallery(t, enginetest.SQLite, danila)
	good := pngOf(t, drawn(8, 8))
	animation := encoded(t, func(b *bytes.Buffer) error { return gif.Encode(b, drawn(8, 8), nil) })
	for name, c := range map[string]struct {
		file []byte
		want error
	}{
		"nothing":             {nil, avatar.ErrFormat},
		"text":                {[]byte("hello"), avatar.ErrFormat},
		"svg":                 {[]byte(`<svg xmlns="http://www.w3.org/2000/svg"/>`), avatar.ErrFormat},
		"gif":                 {animation, avatar.ErrFormat},
		"cut short":           {good[:len(good)-20], avatar.ErrFormat},
		"its magic alone":     {good[:8], avatar.ErrFormat},
		"jpeg's magic":        {[]byte("\xff\xd8\xff"), avatar.ErrFormat},
		"webp's magic":        {[]byte("RIFF\x00\x00\x00\x00WEBP"), avatar.ErrFormat},
		"too many pixels":     {huge(t, 100_000, 100_000), avatar.ErrTooManyPixels},
		"one row of them":     {huge(t, avatar.MaxPixels+1, 1), avatar.ErrTooManyPixels},
		"more than fit":       {huge(t, 1<<31-1, 1<<31-1), avatar.ErrFormat},
		"too many bytes":      {append(append([]byte{}, good...), make([]byte, avatar.MaxBytes)...), avatar.ErrTooLarge},
		"pixels that are not": {huge(t, 2000, 2000), avatar.ErrFormat},
	} {
		if err := g.Set(t.Context(), 1, c.file); !errors.Is(err, c.want) {
			t.Errorf("%s: got %v, want %v", name, err, c.want)
		}
	}
	if found := g.find(g.name(1)); found.Type != "image/svg+xml" {
		t.Error("something was kept")
	}
	padded := append(append([]byte{}, good...), make([]byte, avatar.MaxBytes-len(good))...)
	if err := g.Set(t.Context(), 1, padded); err != nil {
		t.Errorf("exactly as large as it may be: %v", err)
	}
}

func TestInitialsAreReadableAndNoMarkup(t *testing.T) {
	for _, c := range []struct {
		profile         identity.Profile
		login           string
		text, fill, ink string
	}{
		{identity.Profile{FirstName: "Данила", LastName: "Гинда"}, "", "ДГ", "#005CC9", "#FFFFFF"},
		{identity.Profile{FirstName: "Ёлка", LastName: "Е\u0308жик", BackgroundColor: "#ffff00"}, "", "ЁЁ", "#ffff00", "#000000"},
		{identity.Profile{FirstName: "zoë", BackgroundColor: "#000000"}, "", "Z", "#000000", "#FFFFFF"},
		{identity.Profile{FirstName: `<script>`, LastName: `"&`, BackgroundColor: `"/><script>`}, "", "S", "#005CC9", "#FFFFFF"},
		{identity.Profile{FirstName: "<&>", Username: "조이"}, "danila", "조", "#005CC9", "#FFFFFF"},
		{identity.Profile{BackgroundColor: "#767676"}, "danila", "D", "#767676", "#000000"},
		{identity.Profile{BackgroundColor: "#757575"}, "", "?", "#757575", "#FFFFFF"},
	} {
		user := identity.User{ID: 1, Login: c.login, Status: identity.Active, Profile: c.profile}
		g := newGallery(t, enginetest.SQLite, user)
		found := g.find(g.name(1))
		var svg struct {
			Rect struct {
				Fill string `xml:"fill,attr"`
			} `xml:"rect"`
			Text struct {
				Fill string `xml:"fill,attr"`
				Text string `xml:",chardata"`
			} `xml:"text"`
		}
		if err := xml.Unmarshal(found.Bytes, &svg); err != nil {
			t.Errorf("%+v: %v: %s", c.profile, err, found.Bytes)
			continue
		}
		if svg.Text.Text != c.text || svg.Rect.Fill != c.fill || svg.Text.Fill != c.ink || strings.Contains(string(found.Bytes), "script") {
			t.Errorf("%+v: %s", c.profile, found.Bytes)
		}
	}
}

func FuzzSet(f *testing.F) {
	f.Add(pngOf(f, drawn(8, 8)))
	plain := jpegOf(f, drawn(8, 8))
	f.Add(append(append(append([]byte{}, plain[:2]...), exif(binary.BigEndian, 6)...), plain[2:]...))
	f.Add(tinyWebP)
	f.Add(huge(f, 1<<20, 1<<20))
	g := newGallery(f, enginetest.SQLite, danila)
	f.Fuzz(func(t *testing.T, file []byte) {
		err := g.Set(t.Context(), 1, file)
		if err != nil {
			if !errors.Is(err, avatar.ErrFormat) && !errors.Is(err, avatar.ErrTooManyPixels) && !errors.Is(err, avatar.ErrTooLarge) {
				t.Errorf("a file that is refused is not told as wrong: %v", err)
			}
			return
		}
		here := gallery{g.Service, t, g.engine}
		found := here.find(here.name(1))
		config, _, err := image.DecodeConfig(bytes.NewReader(found.Bytes))
		if err != nil || config.Width != avatar.Side || config.Height != avatar.Side {
			t.Errorf("kept %d × %d, %v", config.Width, config.Height, err)
		}
		if sha256.Sum256(found.Bytes) == sha256.Sum256(file) {
			t.Error("the file itself is kept")
		}
	})
}
