package apidoc

import (
	"bytes"
	"compress/gzip"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
)

// resource is bytes that never change while the program runs, kept compressed.
type resource struct {
	contentType string
	policy      string // Content-Security-Policy, for pages
	hash        string // of the compressed bytes; the ETag and the v of a versioned address
	gzipped     []byte
	size        int // of the plain bytes
}

func newResource(contentType string, plain []byte) (*resource, error) {
	var out bytes.Buffer
	compressor, err := gzip.NewWriterLevel(&out, gzip.BestCompression)
	if err != nil {
		return nil, err
	}
	if _, err := compressor.Write(plain); err != nil {
		return nil, err
	}
	if err := compressor.Close(); err != nil {
		return nil, err
	}
	return newGzipped(contentType, out.Bytes())
}

// newGzipped is a resource of a gzip file of one member, whose last four bytes
// tell the plain size (RFC 1952, section 2.3.1).
func newGzipped(contentType string, gzipped []byte) (*resource, error) {
	if len(gzipped) < 18 {
		return nil, errors.New("not a gzip file")
	}
	sum := sha256.Sum256(gzipped)
	return &resource{
		contentType: contentType,
		hash:        hex.EncodeToString(sum[:8]),
		gzipped:     gzipped,
		size:        int(binary.LittleEndian.Uint32(gzipped[len(gzipped)-4:])),
	}, nil
}

// ServeHTTP answers GET and HEAD. An address that names the content's hash (?v=)
// may be kept for a year; any other is asked for again, which costs a 304.
func (r *resource) ServeHTTP(w http.ResponseWriter, request *http.Request) {
	// One weak tag serves both encodings: they are the same content.
	tag := fmt.Sprintf(`W/"%s"`, r.hash)
	header := w.Header()
	header.Set("ETag", tag)
	header.Add("Vary", "Accept-Encoding")
	header.Set("X-Content-Type-Options", "nosniff")
	if request.URL.Query().Get("v") == r.hash {
		header.Set("Cache-Control", "public, max-age=31536000, immutable")
	} else {
		header.Set("Cache-Control", "no-cache")
	}
	if r.policy != "" {
		header.Set("Content-Security-Policy", r.policy)
		header.Set("Referrer-Policy", "no-referrer")
	}
	if matches(request.Header.Values("If-None-Match"), tag) {
		w.WriteHeader(http.StatusNotModified)
		return
	}

	header.Set("Content-Type", r.contentType)
	zipped := acceptsGzip(request.Header.Values("Accept-Encoding"))
	if zipped {
		header.Set("Content-Encoding", "gzip")
		header.Set("Content-Length", strconv.Itoa(len(r.gzipped)))
	} else {
		header.Set("Content-Length", strconv.Itoa(r.size))
	}
	w.WriteHeader(http.StatusOK)
	if request.Method == http.MethodHead {
		return
	}
	// A write fails only when the client has gone; nobody is left to tell.
	if zipped {
		_, _ = w.Write(r.gzipped)
		return
	}
	plain, err := gzip.NewReader(bytes.NewReader(r.gzipped))
	if err == nil {
		_, _ = io.Copy(w, plain)
	}
}

// matches says whether an If-None-Match names tag, by weak comparison (RFC 9110, section 13.1.2).
func matches(values []string, tag string) bool {
	for candidate := range strings.SplitSeq(strings.Join(values, ","), ",") {
		candidate = strings.TrimSpace(candidate)
		if candidate == "*" || "W/"+strings.TrimPrefix(candidate, "W/") == tag {
			return true
		}
	}
	return false
}

// acceptsGzip says whether an Accept-Encoding allows gzip (RFC 9110, section 12.5.3).
// What "*" would allow is left out: no browser relies on it.
func acceptsGzip(values []string) bool {
	for coding := range strings.SplitSeq(strings.Join(values, ","), ",") {
		name, parameter, _ := strings.Cut(strings.TrimSpace(coding), ";")
		if !strings.EqualFold(strings.TrimSpace(name), "gzip") {
			continue
		}
		quality, stated := strings.CutPrefix(strings.ReplaceAll(parameter, " ", ""), "q=")
		if !stated {
			return true
		}
		q, err := strconv.ParseFloat(quality, 64)
		return err == nil && q > 0
	}
	return false
}
