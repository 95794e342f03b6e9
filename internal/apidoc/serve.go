package apidoc

import (
	"bytes"
	"fmt"
	"html/template"
	"io/fs"
	"net/http"
	"path"
	"strings"
	"sync"
)

// Both pages run only scripts of their own and load nothing from elsewhere.
// The viewers write style attributes and style elements, hence 'unsafe-inline'
// for styles; ReDoc searches in a worker it makes from a blob.
const pagePolicy = "default-src 'none'; script-src 'self'; style-src 'self' 'unsafe-inline'; " +
	"img-src 'self' data:; font-src 'self'; connect-src 'self'; worker-src blob:; " +
	"base-uri 'none'; form-action 'none'; frame-ancestors 'none'"

// view is one of the pages that show a document.
type view struct {
	Title   string
	Path    string
	styles  []string // names below assetsPath
	scripts []string // in the order they run
}

var views = []view{
	{
		Title:   "Swagger UI",
		Path:    "/docs",
		styles:  []string{"swagger-ui-dist/swagger-ui.css", "page.css"},
		scripts: []string{"swagger-ui-dist/swagger-ui-bundle.js", "page.js", "swagger.js"},
	},
	{
		Title:   "ReDoc",
		Path:    "/redoc",
		styles:  []string{"page.css"},
		scripts: []string{"redoc/redoc.standalone.js", "page.js", "redoc.js"},
	},
}

const assetsPath = "/docs/assets/"

// site is everything served, by path.
type site map[string]*resource

var served = sync.OnceValue(func() site {
	s := site{}
	err := s.addAssets()
	if err == nil {
		err = s.addDocuments()
	}
	if err == nil {
		err = s.addPages()
	}
	if err != nil {
		panic(fmt.Errorf("apidoc: %w", err)) // as in documents: only a wrong build gets here
	}
	return s
})

// Mux is where handlers go by pattern, as in http.ServeMux.
type Mux interface {
	Handle(pattern string, handler http.Handler)
}

// Register makes mux serve, to GET and HEAD, the documents at /openapi.json and
// /openapi/<surface>.json, the pages /docs (Swagger UI) and /redoc (ReDoc), and
// what the pages load, below /docs/assets/.
func Register(mux Mux) {
	for path, resource := range served() {
		mux.Handle("GET "+path, resource)
	}
	for _, view := range views {
		mux.Handle("GET "+view.Path+"/{$}", served()[view.Path])
	}
}

func (s site) addAssets() error {
	for _, root := range []string{"assets", "page"} {
		err := fs.WalkDir(files, root, func(name string, entry fs.DirEntry, err error) error {
			if err != nil || entry.IsDir() || path.Ext(name) == ".html" {
				return err
			}
			raw, err := files.ReadFile(name)
			if err != nil {
				return err
			}
			at, gzipped := strings.CutSuffix(assetsPath+strings.TrimPrefix(name, root+"/"), ".gz")
			if gzipped {
				s[at], err = newGzipped(assetType(at), raw)
			} else {
				s[at], err = newResource(assetType(at), raw)
			}
			return err
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// assetType does not ask the mime package, whose answers depend on the machine's files.
func assetType(name string) string {
	switch path.Ext(name) {
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".css":
		return "text/css; charset=utf-8"
	}
	return "text/plain; charset=utf-8" // licences
}

func (s site) addDocuments() error {
	const contentType = "application/json"
	var err error
	if s["/openapi.json"], err = newResource(contentType, Merged()); err != nil {
		return err
	}
	for _, surface := range documents().surfaces {
		if s["/openapi/"+surface.name+".json"], err = newResource(contentType, surface.raw); err != nil {
			return err
		}
	}
	return nil
}

func (s site) addPages() error {
	page, err := template.ParseFS(files, "page/page.html")
	if err != nil {
		return err
	}
	type link struct {
		Title, Path string
		Current     bool
	}
	for _, shown := range views {
		data := struct {
			Title           string
			Styles, Scripts []string
			Surfaces        []string
			Views           []link
		}{Title: shown.Title, Surfaces: Surfaces()}
		for _, name := range shown.styles {
			data.Styles = append(data.Styles, s.versioned(name))
		}
		for _, name := range shown.scripts {
			data.Scripts = append(data.Scripts, s.versioned(name))
		}
		for _, v := range views {
			data.Views = append(data.Views, link{v.Title, v.Path, v.Path == shown.Path})
		}
		var out bytes.Buffer
		if err := page.Execute(&out, data); err != nil {
			return err
		}
		resource, err := newResource("text/html; charset=utf-8", out.Bytes())
		if err != nil {
			return err
		}
		resource.policy = pagePolicy
		s[shown.Path] = resource
	}
	return nil
}

// versioned is an asset's address, which changes with its content.
func (s site) versioned(name string) string {
	return assetsPath + name + "?v=" + s[assetsPath+name].hash
}
