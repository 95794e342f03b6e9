package apptest

import (
	"bytes"
	"context"
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

// program is the real program, which the tests of a package build once.
var program struct {
	sync.Once
	directory string // "" until then
	err       error
}

// Binary builds the real program once and returns its path.
func Binary(t testing.TB) string {
	t.Helper()
	program.Do(func() {
		if program.directory, program.err = os.MkdirTemp("", "purse-test-"); program.err != nil {
			return
		}
		command := exec.Command("go", "build", "-o", programPath(), "purse/cmd/purse")
		command.Stderr = os.Stderr
		program.err = command.Run()
	})
	if program.err != nil {
		t.Fatalf("building purse: %v", program.err)
	}
	return programPath()
}

func programPath() string { return filepath.Join(program.directory, "purse") }

// RemoveBinary removes what Binary built, if it did; a TestMain calls it at the end.
func RemoveBinary() {
	if program.directory != "" {
		_ = os.RemoveAll(program.directory) // a temporary directory that stays is no failure
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
	return []string{"PURSE_DATABASE_URL=" + databaseURL, SecretKey, "PURSE_CARD_GRANT=1000000", "PURSE_RATE_LIMITS=off"}
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

// Admin runs purse admin with these words and returns what it printed.
func Admin(t testing.TB, environment []string, words ...string) string {
	t.Helper()
	output, code := RunBinary(t, environment, append([]string{"admin"}, words...)...)
	if code != 0 {
		t.Fatalf("purse admin %v: exit code %d\n%s", words, code, output)
	}
	return output
}

// Verify has purse verify check the books.
func Verify(t testing.TB, environment []string) {
	t.Helper()
	if output, code := RunBinary(t, environment, "verify"); code != 0 {
		t.Errorf("purse verify: exit code %d\n%s", code, output)
	}
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
