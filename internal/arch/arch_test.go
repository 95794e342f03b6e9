package arch

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// floor is every package that all may import and that imports none of the
// packages above it.
var floor = []string{"money", "fault", "clock", "id", "unit"}

// products are the rule sets over ledger and identity.
var products = []string{"card", "saving", "bill", "wallet", "gift", "fx", "payment", "statement", "avatar", "portfolio"}

// domain is every package that knows nothing of HTTP and SQL.
var domain = append([]string{"ledger", "identity", "claim", "number", "secret", "job", "mailaddr", "token", "botclient"}, append(products, floor...)...)

// rule forbids imports. From and to match whole path elements below internal/;
// a "*" at the end matches everything below; std packages are named in full.
type rule struct {
	from, to []string
	except   []string // packages of "to" that are allowed all the same
	why      string
}

var rules = []rule{
	{from: floor, to: []string{"internal/*"}, except: under(floor...), why: "the floor imports nothing above it"},
	{from: domain, to: []string{"net/http", "database/sql", "zombiezen.com/go/sqlite"}, why: "domain packages know neither HTTP nor SQL"},
	{from: domain, to: []string{"internal/api/*", "internal/httpkit/*", "internal/store/*", "internal/app/*", "internal/notify/*", "internal/console/*", "internal/apidoc/*", "internal/surface"}, why: "arrows point from the surfaces to the domain"},
	{from: []string{"ledger"}, to: []string{"internal/*"}, except: under(floor...), why: "the ledger stands on the floor alone"},
	{from: []string{"identity"}, to: []string{"internal/ledger/*"}, why: "identity and ledger are neighbours"},
	{from: []string{"api/*", "console"}, to: []string{"internal/api/*", "internal/store/*", "internal/app/*", "database/sql", "zombiezen.com/go/sqlite"}, why: "surfaces are thin and do not know each other or the store"},
	{from: []string{"surface"}, to: []string{"internal/*"}, except: append(under("httpkit", "identity", "ledger", "token"), under(floor...)...), why: "what surfaces share decides nothing"},
	{from: []string{"botclient"}, to: []string{"internal/*"}, except: append(under("secret"), under(floor...)...), why: "who may act for a chat depends on no user and no money"},
	{from: []string{"token"}, to: []string{"internal/*"}, except: append(under("secret"), under(floor...)...), why: "a token is signed and read, no more"},
	{from: []string{"admin"}, to: []string{"internal/api/*", "internal/httpkit/*", "internal/store/*", "internal/app/*", "internal/ledger/*", "net/http", "database/sql"}, why: "operators' commands stand on identity"},
	{from: []string{"httpkit", "httpkit/*"}, to: []string{"internal/api/*", "internal/store/*", "internal/ledger", "internal/identity", "internal/app/*"}, why: "httpkit serves every surface and knows none"},
	{from: []string{"redis"}, to: []string{"internal/*"}, except: append(under("httpkit/limit"), under(floor...)...), why: "what nodes share beside the database knows no surface and no rule"},
	{from: append([]string{"api/*", "console", "surface", "httpkit", "httpkit/*", "store", "store/*"}, domain...), to: []string{"internal/redis", "github.com/redis/go-redis/*"}, why: "Purse does without Redis: only the app knows of it"},
	{from: []string{"backup"}, to: []string{"internal/*"}, except: append(under("store/portable"), under(floor...)...), why: "a file of rows knows neither engine nor rule"},
	{from: []string{"store/portable"}, to: []string{"internal/*", "database/sql", "net/http", "os"}, except: under(floor...), why: "rows on their way are no engine's own"},
	{from: []string{"store", "store/*"}, to: []string{"internal/api/*", "internal/httpkit/*", "internal/app/*", "net/http"}, why: "stores are below the surfaces"},
}

func under(names ...string) []string {
	paths := make([]string, len(names))
	for i, name := range names {
		paths[i] = "internal/" + name
	}
	return paths
}

func TestImportsPointOneWay(t *testing.T) {
	imports := readImports(t)
	for _, r := range rules {
		for from, list := range imports {
			if !matches(under(r.from...), from) {
				continue
			}
			for _, to := range list {
				if to != from && matches(r.to, to) && !matches(r.except, to) {
					t.Errorf("%s imports %s: %s", from, to, r.why)
				}
			}
		}
	}
}

func TestOnlyTheCommandAndTestsImportTheApp(t *testing.T) {
	for from, list := range readImports(t) {
		for _, to := range list {
			if to == "internal/app" && !strings.HasPrefix(from, "cmd/") && !strings.HasPrefix(from, "internal/bench") {
				t.Errorf("%s imports %s, which only the command may", from, to)
			}
		}
	}
}

func matches(patterns []string, name string) bool {
	for _, pattern := range patterns {
		base, wild := strings.CutSuffix(pattern, "/*")
		if name == base || wild && strings.HasPrefix(name, base+"/") {
			return true
		}
	}
	return false
}

// readImports maps each package of the module (its path below the module's
// root) to what its files import, tests left out. Imports within the module
// lose the module's name.
func readImports(t *testing.T) map[string][]string {
	t.Helper()
	root := filepath.Join("..", "..")
	imports := map[string][]string{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		from := path.Dir(filepath.ToSlash(relative))
		for _, spec := range parsed.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				return err
			}
			imports[from] = append(imports[from], strings.TrimPrefix(to, "purse/"))
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(imports) < 5 {
		t.Fatalf("only %d packages found: the test looks in the wrong place", len(imports))
	}
	return imports
}
