package apidoc_test

import (
	"bytes"
	"compress/gzip"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"purse/internal/apidoc"
)

func ask(t *testing.T, method, target string, header map[string]string) *http.Response {
	t.Helper()
	mux := http.NewServeMux()
	apidoc.Register(mux)
	request := httptest.NewRequestWithContext(t.Context(), method, target, nil)
	for name, value := range header {
		request.Header.Set(name, value)
	}
	recorder := httptest.NewRecorder()
	mux.ServeHTTP(recorder, request)
	return recorder.Result()
}

func get(t *testing.T, target string) (*http.Response, string) {
	t.Helper()
	response := ask(t, http.MethodGet, target, nil)
	body, err := io.ReadAll(response.Body)
	if err != nil || response.StatusCode != http.StatusOK {
		t.Fatalf("GET %s: %s, %v", target, response.Status, err)
	}
	return response, string(body)
}

const (
	script  = "text/javascript; charset=utf-8"
	style   = "text/css; charset=utf-8"
	text    = "text/plain; charset=utf-8"
	page    = "text/html; charset=utf-8"
	anyJSON = "application/json"
)

var everything = map[string]string{
	"/openapi.json":      anyJSON,
	"/openapi/bank.json": anyJSON,
	"/docs":              page,
	"/docs/":             page,
	"/redoc":             page,
	"/redoc/":            page,
	"/docs/assets/swagger-ui-dist/swagger-ui-bundle.js":             script,
	"/docs/assets/swagger-ui-dist/swagger-ui-bundle.js.LICENSE.txt": text,
	"/docs/assets/swagger-ui-dist/swagger-ui.css":                   style,
	"/docs/assets/swagger-ui-dist/LICENSE":                          text,
	"/docs/assets/swagger-ui-dist/NOTICE":                           text,
	"/docs/assets/redoc/redoc.standalone.js":                        script,
	"/docs/assets/redoc/redoc.standalone.js.LICENSE.txt":            text,
	"/docs/assets/redoc/LICENSE":                                    text,
	"/docs/assets/page.css":                                         style,
	"/docs/assets/page.js":                                          script,
	"/docs/assets/swagger.js":                                       script,
	"/docs/assets/redoc.js":                                         script,
}

func TestEverythingIsServedWithItsTypePlainAndCompressed(t *testing.T) {
	for target, contentType := range everything {
		t.Run(target, func(t *testing.T) {
			plain, body := get(t, target)
			if got := plain.Header.Get("Content-Type"); got != contentType {
				t.Errorf("type %q, want %q", got, contentType)
			}
			if plain.Header.Get("X-Content-Type-Options") != "nosniff" || plain.Header.Get("Vary") != "Accept-Encoding" {
				t.Errorf("headers %v", plain.Header)
			}
			if len(body) == 0 || plain.ContentLength != int64(len(body)) {
				t.Errorf("%d bytes, Content-Length %d", len(body), plain.ContentLength)
			}

			zipped := ask(t, http.MethodGet, target, map[string]string{"Accept-Encoding": "br, gzip"})
			if zipped.Header.Get("Content-Encoding") != "gzip" {
				t.Fatal("not compressed for one who accepts it")
			}
			reader, err := gzip.NewReader(zipped.Body)
			if err != nil {
				t.Fatal(err)
			}
			unzipped, err := io.ReadAll(reader)
			if err != nil || string(unzipped) != body {
				t.Errorf("compressed and plain differ: %v", err)
			}

			head := ask(t, http.MethodHead, target, nil)
			nothing, err := io.ReadAll(head.Body)
			if err != nil || len(nothing) != 0 || head.ContentLength != plain.ContentLength {
				t.Errorf("HEAD: %d bytes, Content-Length %d, %v", len(nothing), head.ContentLength, err)
			}
		})
	}
}

func TestServedDocumentsAreTheDocuments(t *testing.T) {
	_, body := get(t, "/openapi.json")
	if body != string(apidoc.Merged()) {
		t.Error("/openapi.json is not the merged document")
	}
	for _, name := range apidoc.Surfaces() {
		_, body := get(t, "/openapi/"+name+".json")
		if raw, _ := apidoc.Document(name); body != string(raw) {
			t.Errorf("/openapi/%s.json is not the document", name)
		}
	}
}

func TestOnlyReadingIsServedAndNothingElse(t *testing.T) {
	for _, test := range []struct {
		method, target string
		want           int
	}{
		{http.MethodPost, "/openapi.json", http.StatusMethodNotAllowed},
		{http.MethodDelete, "/docs", http.StatusMethodNotAllowed},
		{http.MethodGet, "/openapi/nobody.json", http.StatusNotFound},
		{http.MethodGet, "/openapi/", http.StatusNotFound},
		{http.MethodGet, "/docs/assets/", http.StatusNotFound},
		{http.MethodGet, "/docs/assets/page.html", http.StatusNotFound},
		{http.MethodGet, "/docs/assets/update.sh", http.StatusNotFound},
		{http.MethodGet, "/docs/other", http.StatusNotFound},
	} {
		if got := ask(t, test.method, test.target, nil).StatusCode; got != test.want {
			t.Errorf("%s %s: %d, want %d", test.method, test.target, got, test.want)
		}
	}
}

func TestAKnownCopyIsNotSentAgain(t *testing.T) {
	for target := range everything {
		first, _ := get(t, target)
		tag := first.Header.Get("ETag")
		for _, known := range []string{tag, strings.TrimPrefix(tag, "W/"), `"other", ` + tag, "*"} {
			again := ask(t, http.MethodGet, target, map[string]string{"If-None-Match": known, "Accept-Encoding": "gzip"})
			if again.StatusCode != http.StatusNotModified || again.Header.Get("ETag") != tag {
				t.Errorf("%s, If-None-Match %s: %s", target, known, again.Status)
			}
		}
		if other := ask(t, http.MethodGet, target, map[string]string{"If-None-Match": `"other"`}); other.StatusCode != http.StatusOK {
			t.Errorf("%s, another tag: %s", target, other.Status)
		}
	}
}

func TestCompressionIsOnlyForThoseWhoAcceptIt(t *testing.T) {
	for accepted, want := range map[string]string{
		"": "", "gzip": "gzip", "GZIP": "gzip", "deflate, gzip;q=0.5": "gzip", "gzip; q=1": "gzip",
		"gzip;q=0": "", "gzip;q=0.0": "", "gzip;q=much": "", "br": "", "xgzip": "", "identity": "",
	} {
		response := ask(t, http.MethodGet, "/docs", map[string]string{"Accept-Encoding": accepted})
		if got := response.Header.Get("Content-Encoding"); got != want {
			t.Errorf("Accept-Encoding %q: Content-Encoding %q, want %q", accepted, got, want)
		}
	}
}

var loaded = regexp.MustCompile(`(?:src|href)="([^"]*)"`)

func TestPagesLoadOnlyWhatIsServedHere(t *testing.T) {
	for _, target := range []string{"/docs", "/redoc"} {
		response, body := get(t, target)
		policy := response.Header.Get("Content-Security-Policy")
		for directive := range strings.SplitSeq(policy, ";") {
			name, sources, _ := strings.Cut(strings.TrimSpace(directive), " ")
			for source := range strings.FieldsSeq(sources) {
				allowed := []string{"'none'", "'self'"}
				switch name {
				case "style-src":
					allowed = append(allowed, "'unsafe-inline'")
				case "img-src":
					allowed = append(allowed, "data:")
				case "worker-src":
					allowed = append(allowed, "blob:")
				}
				if !slices.Contains(allowed, source) {
					t.Errorf("%s: policy allows %s %s", target, name, source)
				}
			}
		}
		if !strings.HasPrefix(policy, "default-src 'none';") {
			t.Errorf("%s: policy %q", target, policy)
		}
		if regexp.MustCompile(`<script(?:>| [^>]*>[^<])|<style|\son[a-z]+=`).MatchString(body) {
			t.Errorf("%s: has a script or style of its own inside", target)
		}
		links := loaded.FindAllStringSubmatch(body, -1)
		if len(links) < 5 {
			t.Fatalf("%s: only %d links found", target, len(links))
		}
		for _, link := range links {
			if link[1] == "data:," {
				continue
			}
			asset, _ := get(t, link[1]) // fails for another host too
			versioned := strings.Contains(link[1], "?v=")
			if kept := strings.Contains(asset.Header.Get("Cache-Control"), "immutable"); kept != versioned {
				t.Errorf("%s: Cache-Control %q", link[1], asset.Header.Get("Cache-Control"))
			}
		}
	}
}

func TestAnAddressWithAnOldHashIsNotKept(t *testing.T) {
	response, _ := get(t, "/docs/assets/page.css?v=0123456789abcdef")
	if got := response.Header.Get("Cache-Control"); got != "no-cache" {
		t.Errorf("Cache-Control %q", got)
	}
}

// Our own files name no other host at all. The packages do, in texts and
// namespaces; what they would fetch from is listed here.
func TestNothingIsFetchedFromAnotherHost(t *testing.T) {
	for target, contentType := range everything {
		if contentType == text || contentType == anyJSON {
			continue
		}
		_, body := get(t, target)
		forbidden := []string{"cdn.redoc.ly", "fonts.googleapis.com", "fonts.gstatic.com", "unpkg.com", "jsdelivr", "\n//# sourceMappingURL", "\n/*# sourceMappingURL", "@import"}
		if !strings.Contains(target, "/swagger-ui-dist/") && !strings.Contains(target, "/redoc/redoc") {
			forbidden = append(forbidden, "http:", "https:", `"//`, "'//", "(//")
		}
		for _, bad := range forbidden {
			if strings.Contains(body, bad) {
				t.Errorf("%s contains %s", target, bad)
			}
		}
	}
	// Swagger UI would show a badge drawn by this service.
	if _, init := get(t, "/docs/assets/swagger.js"); !strings.Contains(init, "validatorUrl: null") {
		t.Error("swagger.js leaves the online validator on")
	}
}

var exampleHost = regexp.MustCompile(`https?://([a-z]+\.)?example\.com\b`)

func TestDocumentsNameNoOtherServer(t *testing.T) {
	for name, raw := range everyDocument(t) {
		var document struct {
			Servers []struct{ URL string }
		}
		if err := json.Unmarshal(raw, &document); err != nil {
			t.Fatal(err)
		}
		if len(document.Servers) != 1 || document.Servers[0].URL != "/" {
			t.Errorf("%s: servers %v", name, document.Servers)
		}
		// Examples of whole addresses are on the host that stands for nobody's (RFC 2606),
		// walk-throughs at the address that Purse has by default.
		raw = bytes.ReplaceAll(raw, []byte("P=http://127.0.0.1:8000 "), nil)
		if bytes.Contains(exampleHost.ReplaceAll(raw, nil), []byte("://")) {
			t.Errorf("%s: refers to another place", name)
		}
	}
}

func TestVersionsListsEachPackageWithItsLicence(t *testing.T) {
	raw, err := os.ReadFile("assets/VERSIONS")
	if err != nil {
		t.Fatal(err)
	}
	var listed []string
	for line := range strings.Lines(string(raw)) {
		var name, version, licence string
		if strings.HasPrefix(line, "#") {
			continue
		}
		if _, err := fmt.Sscanf(line, "%s %s %s", &name, &version, &licence); err != nil {
			t.Errorf("%q: %v", line, err)
		}
		if _, err := os.Stat(filepath.Join("assets", name, "LICENSE")); err != nil {
			t.Error(err)
		}
		listed = append(listed, name)
	}
	entries, err := os.ReadDir("assets")
	if err != nil {
		t.Fatal(err)
	}
	for _, entry := range entries {
		if entry.IsDir() && !slices.Contains(listed, entry.Name()) {
			t.Errorf("%s is not listed", entry.Name())
		}
	}
}
