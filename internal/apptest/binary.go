package apptest

import (
	"bytes"
	"context"
	"encoding/base64"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

var binary = sync.OnceValues(func() (string, error) {
	directory, err := os.MkdirTemp("", "purse-test-")
	if err != nil {
		return "", err
	}
	path := filepath.Join(directory, "purse")
	command := exec.Command("go", "build", "-o", path, "purse/cmd/purse")
	command.Stderr = os.Stderr
	return path, command.Run()
})

// Binary builds the real program once and returns its path.
func Binary(t testing.TB) string {
	t.Helper()
	path, err := binary()
	if err != nil {
		t.Fatalf("building purse: %v", err)
	}
	return path
}

// RemoveBinary removes what Binary built; a TestMain calls it at the end.
func RemoveBinary() {
	if path, err := binary(); err == nil {
		_ = os.RemoveAll(filepath.Dir(path)) // a temporary directory that stays is no failure
	}
}

// Process is the real program, running.
type Process struct {
	Base    string
	command *exec.Cmd
	output  *lockedBuffer
	ended   chan struct{} // closed when it has; then err is how
	err     error
}

// Development is the environment of a program for the tests that have people
// with money and ask much of it: nodes with the same environment are one Purse.
func Development(databaseURL string) []string {
	return []string{
		"PURSE_DATABASE_URL=" + databaseURL, "PURSE_CARD_GRANT=1000000", "PURSE_RATE_LIMITS=off",
		"PURSE_SECRET_KEY=" + base64.StdEncoding.EncodeToString([]byte("a key for tests, and for nothing else")),
	}
}

// Start runs the real program with arguments, {listen} among them standing
// for a free address, and environment added to one without Purse's settings.
// It returns when the program is ready, and stops it at the end of the test.
func Start(t testing.TB, environment []string, arguments ...string) *Process {
	t.Helper()
	p := Launch(t, environment, arguments...)
	p.AwaitReady(t)
	return p
}

// Launch is Start that does not wait for the program.
func Launch(t testing.TB, environment []string, arguments ...string) *Process {
	t.Helper()
	listen := freeAddress(t)
	for i := range arguments {
		arguments[i] = strings.ReplaceAll(arguments[i], "{listen}", listen)
	}
	p := &Process{Base: "http://" + listen, command: exec.Command(Binary(t), arguments...), output: &lockedBuffer{}, ended: make(chan struct{})}
	p.command.Stdout, p.command.Stderr = p.output, p.output
	p.command.Env = append(withoutSettings(os.Environ()), environment...)
	if err := p.command.Start(); err != nil {
		t.Fatal(err)
	}
	go func() {
		p.err = p.command.Wait()
		close(p.ended)
	}()
	t.Cleanup(func() { p.Kill() })
	return p
}

// AwaitReady waits until the program is ready.
func (p *Process) AwaitReady(t testing.TB) {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), time.Minute)
	defer cancel()
	for {
		request, err := http.NewRequestWithContext(ctx, http.MethodGet, p.Base+"/readyz", nil)
		if err != nil {
			t.Fatal(err)
		}
		answer, err := http.DefaultClient.Do(request)
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return
			}
		}
		select {
		case <-p.ended:
			t.Fatalf("purse did not come up: %v\n%s", p.err, p.Output())
		case <-ctx.Done():
			t.Fatalf("purse does not become ready:\n%s", p.Output())
		case <-time.After(20 * time.Millisecond): // between looks; nothing is asserted on it
		}
	}
}

// Output is what the program has printed so far.
func (p *Process) Output() string { return p.output.String() }

// Kill ends the program as a power cut would: with no chance to tidy up.
func (p *Process) Kill() {
	_ = p.command.Process.Kill() // it may have ended already
	<-p.ended
}

// Stop asks the program to end and returns its exit error, if any.
func (p *Process) Stop() error {
	if err := p.command.Process.Signal(syscall.SIGTERM); err != nil {
		return err
	}
	<-p.ended
	return p.err
}

// RunBinary runs the real program to its end and returns what it printed and
// its exit code.
func RunBinary(t testing.TB, environment []string, arguments ...string) (output string, code int) {
	t.Helper()
	command := exec.Command(Binary(t), arguments...)
	command.Env = append(withoutSettings(os.Environ()), environment...)
	text, err := command.CombinedOutput()
	if _, exited := err.(*exec.ExitError); err != nil && !exited {
		t.Fatal(err)
	}
	return string(text), command.ProcessState.ExitCode()
}

func freeAddress(t testing.TB) string {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer listener.Close()
	return listener.Addr().String()
}

func withoutSettings(environment []string) []string {
	var kept []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "PURSE_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// lockedBuffer is a buffer that the program writes while the test reads.
type lockedBuffer struct {
	mutex  sync.Mutex
	buffer bytes.Buffer
}

func (b *lockedBuffer) Write(text []byte) (int, error) {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.Write(text)
}

func (b *lockedBuffer) String() string {
	b.mutex.Lock()
	defer b.mutex.Unlock()
	return b.buffer.String()
}
