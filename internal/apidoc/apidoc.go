// Package apidoc holds Purse's API documents and the pages that show them. The
// documents are hand-written OpenAPI 3.1 files, one for each surface in
// openapi/, which get the surface's walk-through in walkthrough/; the document of
// the whole server is merged from them. Everything the pages load is embedded,
// so they work without a network.
//
// It imports nothing of Purse and decides nothing: what the documents say is
// held against a running server by the surfaces' tests, through apidoctest.
package apidoc

import (
	"embed"
	"fmt"
	"path"
	"strings"
	"sync"
)

//go:embed purse.json openapi/*.json walkthrough/*.sh page assets/*/*
var files embed.FS

// library is every document, read and merged once.
type library struct {
	surfaces []surface // by name
	merged   []byte
}

var documents = sync.OnceValue(func() library {
	l, err := readLibrary()
	if err != nil {
		panic(err) // the files are embedded: only a wrong build gets here, and no test passes on it
	}
	return l
})

func readLibrary() (library, error) {
	entries, err := files.ReadDir("openapi")
	if err != nil {
		return library{}, fmt.Errorf("apidoc: %w", err)
	}
	frame, err := files.ReadFile("purse.json")
	if err != nil {
		return library{}, fmt.Errorf("apidoc: %w", err)
	}
	var l library
	var chapters strings.Builder
	for _, entry := range entries {
		s, text, err := readSurface(strings.TrimSuffix(entry.Name(), ".json"))
		if err != nil {
			return library{}, fmt.Errorf("apidoc: %s: %w", entry.Name(), err)
		}
		l.surfaces = append(l.surfaces, s)
		chapters.WriteString(text)
	}
	if frame, err = describe(frame, chapters.String()); err != nil {
		return library{}, fmt.Errorf("apidoc: frame: %w", err)
	}
	l.merged, err = merge(frame, l.surfaces)
	return l, err
}

// readSurface reads a surface's document with its walk-through, and the chapter
// that it has in the document of all surfaces.
func readSurface(name string) (surface, string, error) {
	raw, err := files.ReadFile(path.Join("openapi", name+".json"))
	if err != nil {
		return surface{}, "", err
	}
	script, err := files.ReadFile(path.Join("walkthrough", name+".sh"))
	if err != nil {
		return surface{}, "", err
	}
	about, err := summary(raw)
	if err != nil {
		return surface{}, "", err
	}
	raw, err = withWalkthrough(raw, string(script))
	return surface{name: name, raw: raw}, chapter(name, about, string(script)), err
}

// Surfaces is the names of the documented surfaces, in alphabetical order.
func Surfaces() []string {
	var names []string
	for _, s := range documents().surfaces {
		names = append(names, s.name)
	}
	return names
}

// Document is the OpenAPI 3.1 document of one surface, as JSON, and whether
// there is one. The caller must not change it.
func Document(name string) ([]byte, bool) {
	for _, s := range documents().surfaces {
		if s.name == name {
			return s.raw, true
		}
	}
	return nil, false
}

// Merged is the OpenAPI 3.1 document of all surfaces together, as JSON. In it
// components, operation ids and tags carry the name of their surface in front,
// so that surfaces need not agree on names. The caller must not change it.
func Merged() []byte { return documents().merged }
