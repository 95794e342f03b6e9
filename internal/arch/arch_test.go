package arch

import (
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
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
	{from: []string{"resetpage", "confirmpage", "pagestyle", "apidoc"}, to: []string{"internal/*", "database/sql"}, except: append(under("pagestyle"), under(floor...)...), why: "pages stand on what they are handed"},
	{from: []string{"notify", "notify/smtp", "notify/sms"}, to: []string{"internal/*", "database/sql"}, except: append(under("notify", "secret", "claim"), under(floor...)...), why: "a message on its way knows the forms of addresses and nobody's rules"},
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
				t.Errorf("%s imports %s, which only the command and its measurements may", from, to)
			}
		}
	}
}

// callers are the packages that open connections of their own, with whom they call
// and who names it. An address that a user gives is in none of their hands.
var callers = map[string]string{
	"internal/notify/smtp":     "PURSE_SMTP_URL",
	"internal/notify/sms":      "PURSE_SMS_URL",
	"internal/fx/exchangerate": "PURSE_RATES_URL",
	"internal/redis":           "PURSE_REDIS_URL",
	"internal/store/postgres":  "PURSE_DATABASE_URL",
	"internal/bench":           "the Purse that it measures",
	"examples/bot":             "the Purse that its user runs",

	// These are imported by tests alone.
	"internal/apptest": "a Purse", "internal/apidoc/apidoctest": "a handler", "internal/redistest": "a Redis",
	"internal/store/postgres/pgtest": "a PostgreSQL", "test/fault/cutproxy": "a PostgreSQL",
}

// calling are the ways in which programs open connections: packages, and names of them.
var calling = map[string][]string{
	"net/http": {"Client", "DefaultClient", "Get", "Head", "Post", "PostForm", "NewRequest", "NewRequestWithContext", "Transport", "DefaultTransport"},
	"net":      {"Dial", "DialTimeout", "Dialer", "DialTCP", "DialUDP", "DialIP", "DialUnix"}, "crypto/tls": {"Dial", "DialWithDialer", "Dialer"},
	"net/http/httputil": nil, "net/smtp": nil, "net/rpc": nil, "github.com/redis/go-redis/v9": nil, "github.com/jackc/pgx/v5": nil, "github.com/jackc/pgx/v5/pgxpool": nil,
	"github.com/wneessen/go-mail": nil, // nil: all of it
}

func TestSecurity21OnlyWhatTheOperatorNamesIsCalled(t *testing.T) {
	found := map[string]bool{}
	eachFile(t, parser.SkipObjectResolution, func(from string, file *ast.File) {
		for _, spec := range file.Imports {
			imported, _ := strconv.Unquote(spec.Path.Value)
			names, calls := calling[imported]
			if !calls {
				continue
			}
			if names == nil {
				found[from] = true
				continue
			}
			local := path.Base(imported)
			if spec.Name != nil {
				local = spec.Name.Name
			}
			ast.Inspect(file, func(n ast.Node) bool {
				if s, ok := n.(*ast.SelectorExpr); ok {
					if of, ok := s.X.(*ast.Ident); ok && of.Name == local && slices.Contains(names, s.Sel.Name) {
						found[from] = true
					}
				}
				return true
			})
		}
	})
	for from := range found {
		if _, known := callers[from]; !known {
			t.Errorf("%s opens connections, and nobody says whom it calls", from)
		}
	}
	for from := range callers {
		if !found[from] {
			t.Errorf("%s calls nobody", from)
		}
	}
}

func TestSecurity22PagesAreMadeByHTMLTemplatesThatEscapeEverything(t *testing.T) {
	eachFile(t, parser.SkipObjectResolution, func(from string, file *ast.File) {
		for _, spec := range file.Imports {
			if spec.Path.Value == `"text/template"` && from != "internal/notify" { // mails as plain text
				t.Errorf("%s imports text/template, which escapes nothing", from)
			}
		}
		ast.Inspect(file, func(n ast.Node) bool {
			if s, ok := n.(*ast.SelectorExpr); ok && strings.HasPrefix(from, "internal/") {
				if of, ok := s.X.(*ast.Ident); ok && of.Name == "template" &&
					slices.Contains([]string{"HTML", "HTMLAttr", "JS", "JSStr", "CSS", "URL", "Srcset"}, s.Sel.Name) {
					t.Errorf("%s takes text for markup: template.%s", from, s.Sel.Name)
				}
			}
			return true
		})
	})
}

// TestTheErrorTablesAreHeldToEveryFault holds surfacetest.EveryErrorHasWords to what
// it promises: it knows the codes of the packages that are linked with it.
func TestTheErrorTablesAreHeldToEveryFault(t *testing.T) {
	imports := readImports(t)
	linked := map[string]bool{}
	var link func(name string)
	link = func(name string) {
		if !linked[name] {
			linked[name] = true
			for _, to := range imports[name] {
				link(to)
			}
		}
	}
	link("internal/surface/surfacetest")
	link("internal/fx/exchangerate") // which a job alone asks
	link("internal/httpkit/drf")     // whose errors are of the surface that is linked with it
	eachFile(t, parser.SkipObjectResolution, func(from string, file *ast.File) {
		ast.Inspect(file, func(n ast.Node) bool {
			s, ok := n.(*ast.SelectorExpr)
			if !ok || s.Sel.Name != "Define" || linked[from] || strings.HasPrefix(from, "internal/api/") { // a surface's own are in its table's package
				return true
			}
			if of, ok := s.X.(*ast.Ident); ok && of.Name == "fault" && from != "internal/console" {
				t.Errorf("%s defines faults that no error table is held to", from)
			}
			return true
		})
	})
	for _, surface := range []string{"bank", "profile", "wallet", "bot", "gift"} {
		text, err := os.ReadFile(filepath.Join("..", "api", surface, "errors_test.go"))
		if err != nil || !strings.Contains(string(text), "surfacetest.EveryErrorHasWords(t, ") {
			t.Errorf("the table of the %s is not held to every fault: %v", surface, err)
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
	imports := map[string][]string{}
	eachFile(t, parser.ImportsOnly, func(from string, file *ast.File) {
		for _, spec := range file.Imports {
			to, err := strconv.Unquote(spec.Path.Value)
			if err != nil {
				t.Fatal(err)
			}
			imports[from] = append(imports[from], strings.TrimPrefix(to, "purse/"))
		}
	})
	return imports
}

// eachFile reads every file of the module but those of tests; from is its package's
// path below the module's root.
func eachFile(t *testing.T, mode parser.Mode, look func(from string, file *ast.File)) {
	t.Helper()
	root := filepath.Join("..", "..")
	packages := map[string]bool{}
	err := filepath.WalkDir(root, func(file string, entry fs.DirEntry, err error) error {
		if err != nil || entry.IsDir() || !strings.HasSuffix(file, ".go") || strings.HasSuffix(file, "_test.go") {
			return err
		}
		parsed, err := parser.ParseFile(token.NewFileSet(), file, nil, mode)
		if err != nil {
			return err
		}
		relative, err := filepath.Rel(root, file)
		if err != nil {
			return err
		}
		from := path.Dir(filepath.ToSlash(relative))
		packages[from] = true
		look(from, parsed)
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	if len(packages) < 5 {
		t.Fatalf("only %d packages found: the test looks in the wrong place", len(packages))
	}
}
