// Package apidoc holds Purse's API documents and the pages that show them. The
// documents are hand-written OpenAPI 3.1 files, one for each surface in
// openapi/; the document of the whole server is merged from them. Everything
// the pages load is embedded, so they work without a network.
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

//go:embed purse.json openapi/*.json page assets/*/*
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
	var l library
	for _, entry := range entries {
		raw, err := files.ReadFile(path.Join("openapi", entry.Name()))
		if err != nil {
			return library{}, fmt.Errorf("apidoc: %w", err)
		}
		l.surfaces = append(l.surfaces, surface{name: strings.TrimSuffix(entry.Name(), ".json"), raw: raw})
	}
	frame, err := files.ReadFile("purse.json")
	if err != nil {
		return library{}, fmt.Errorf("apidoc: %w", err)
	}
	l.merged, err = merge(frame, l.surfaces)
	return l, err
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
