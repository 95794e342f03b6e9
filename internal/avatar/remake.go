package avatar

import (
	"bytes"
	"crypto/sha256"
	"image"
	"image/jpeg"
	"image/png"
	"io"

	"golang.org/x/image/draw"
	"golang.org/x/image/webp"

	"purse/internal/fault"
)

const (
	// Side is the width and height of every picture that is kept, in pixels.
	Side = 512
	// MaxPixels is the most that a given picture may have: a phone's 4032 × 3024
	// fits. It bounds the memory of decoding, which at worst (a progressive JPEG
	// without subsampling) takes 15 bytes for a pixel, and scaling 64 MiB besides.
	MaxPixels = 12 << 20

	jpegQuality = 88
)

// format is a kind of file that may hold a picture. The bytes say which it is;
// what a client calls it does not count.
type format struct {
	magic  string // "?" is any byte
	config func(io.Reader) (image.Config, error)
	decode func(io.Reader) (image.Image, error)
}

var formats = []format{
	{"\x89PNG\r\n\x1a\n", png.DecodeConfig, png.Decode},
	{"\xff\xd8\xff", jpeg.DecodeConfig, jpeg.Decode},
	{"RIFF????WEBP", webp.DecodeConfig, webp.Decode},
}

func (f format) fits(file []byte) bool {
	if len(file) < len(f.magic) {
		return false
	}
	for i := range f.magic {
		if f.magic[i] != '?' && f.magic[i] != file[i] {
			return false
		}
	}
	return true
}

// remake decodes a picture and encodes the square in its middle anew, so that
// neither metadata nor anything hidden in the file is kept.
func remake(file []byte) (Picture, error) {
	for _, f := range formats {
		if !f.fits(file) {
			continue
		}
		config, err := f.config(bytes.NewReader(file))
		switch {
		case err != nil:
			return Picture{}, ErrFormat.Because(err)
		case config.Width < 1 || config.Height < 1:
			return Picture{}, ErrFormat
		case int64(config.Width)*int64(config.Height) > MaxPixels:
			return Picture{}, ErrTooManyPixels
		}
		whole, err := f.decode(bytes.NewReader(file))
		if err != nil {
			return Picture{}, ErrFormat.Because(err)
		}
		return encode(turned(square(whole), orientation(file)))
	}
	return Picture{}, ErrFormat
}

// square is the middle of a picture, scaled.
func square(whole image.Image) *image.RGBA {
	bounds := whole.Bounds()
	side := min(bounds.Dx(), bounds.Dy())
	corner := bounds.Min.Add(image.Pt((bounds.Dx()-side)/2, (bounds.Dy()-side)/2))
	out := image.NewRGBA(image.Rect(0, 0, Side, Side))
	draw.CatmullRom.Scale(out, out.Bounds(), whole, image.Rectangle{Min: corner, Max: corner.Add(image.Pt(side, side))}, draw.Src, nil)
	return out
}

// encode is a photograph as a JPEG, and what is transparent as a PNG.
func encode(square *image.RGBA) (picture Picture, err error) {
	var out bytes.Buffer
	if square.Opaque() {
		picture.Type, err = "image/jpeg", jpeg.Encode(&out, square, &jpeg.Options{Quality: jpegQuality})
	} else {
		picture.Type, err = "image/png", png.Encode(&out, square)
	}
	if err != nil {
		return Picture{}, fault.ErrInternal.Because(err)
	}
	picture.Bytes, picture.Digest = out.Bytes(), sha256.Sum256(out.Bytes())
	return picture, nil
}
