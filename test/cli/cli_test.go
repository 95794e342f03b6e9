// Package cli drives the real program from scripts, as a person at a terminal
// does. The scripts are in testdata; they start servers in the background and
// call them with the command "http".
package cli

import (
	"context"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"purse/internal/apptest"
)

func TestMain(m *testing.M) { apptest.Main(m) }

func TestScripts(t *testing.T) { scripts(t, "testdata") }

func TestSecurity26WhatIsUnsafeIsNotStarted(t *testing.T) { scripts(t, "testdata/refused") }

func scripts(t *testing.T, directory string) {
	t.Helper()
	program := filepath.Dir(apptest.Binary(t))
	testscript.Run(t, testscript.Params{
		Dir: directory,
		Setup: func(env *testscript.Env) error {
			env.Setenv("PATH", program+string(os.PathListSeparator)+env.Getenv("PATH"))
			listener, err := net.Listen("tcp", "127.0.0.1:0")
			if err != nil {
				return err
			}
			env.Setenv("LISTEN", listener.Addr().String())
			env.Setenv("KEY", apptest.RootKey)
			return listener.Close()
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){"http": call, "ready": ready},
	})
}

// call is "http METHOD PATH STATUS [BODY]": it sends a request to $LISTEN and
// prints the answer's body to stdout.
func call(ts *testscript.TestScript, negated bool, args []string) {
	if negated || len(args) < 3 {
		ts.Fatalf("usage: http METHOD PATH STATUS [BODY]")
	}
	client := apptest.NewClient("http://"+ts.Getenv("LISTEN"), 1)
	var body any
	if len(args) > 3 {
		body = args[3]
	}
	answer, err := client.Call(context.Background(), args[0], args[1], body)
	ts.Check(err)
	_, err = ts.Stdout().Write(append(answer.Body, '\n'))
	ts.Check(err)
	if got := http.StatusText(answer.Status); strings.TrimSpace(args[2]) != got {
		ts.Fatalf("%s %s answers %d %s, want %s: %s", args[0], args[1], answer.Status, got, args[2], answer.Body)
	}
}

// ready waits until the server at $LISTEN is ready.
func ready(ts *testscript.TestScript, negated bool, _ []string) {
	if negated {
		ts.Fatalf("usage: ready")
	}
	client := apptest.NewClient("http://"+ts.Getenv("LISTEN"), 1)
	for range 1000 {
		if answer, err := client.Call(context.Background(), "GET", "/readyz", nil); err == nil && answer.Status == http.StatusOK {
			return
		}
		time.Sleep(20 * time.Millisecond) // between looks; nothing is asserted on it
	}
	ts.Fatalf("purse did not come up")
}
