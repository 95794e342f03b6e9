package bench

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strings"
	"syscall"
	"time"
)

// process is a server that the benchmark has started.
type process struct {
	command *exec.Cmd
	address string
	errors  bytes.Buffer
	ready   time.Duration // from its start until it answered
}

// client is for what is not measured.
var client = &http.Client{Timeout: 30 * time.Second, Transport: &http.Transport{MaxIdleConnsPerHost: 64}}

// startPatience is how long a server may take to answer: a database of millions
// of transfers may have been cut off and be recovered first.
const startPatience = time.Minute

// start runs program in a directory with arguments, {listen} among them standing
// for an address of its own, and environment added to one without Purse's
// settings. It returns when GET at path is answered with 200.
func start(ctx context.Context, directory, program, path string, environment []string, arguments ...string) (*process, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &process{address: listener.Addr().String()}
	if err := listener.Close(); err != nil {
		return nil, err
	}
	arguments = append([]string(nil), arguments...)
	for i := range arguments {
		arguments[i] = strings.ReplaceAll(arguments[i], "{listen}", p.address)
	}
	p.command = exec.CommandContext(ctx, program, arguments...)
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 10 * time.Second
	p.command.Dir = directory
	p.command.Stderr = &p.errors
	p.command.Stdout = io.Discard
	p.command.Env = append(clean(os.Environ()), environment...)
	began := time.Now()
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	ctx, cancel := context.WithTimeout(ctx, startPatience)
	defer cancel()
	for {
		if p.answers(ctx, path) {
			p.ready = time.Since(began)
			return p, nil
		}
		select {
		case <-ctx.Done():
			p.stop()
			return nil, fmt.Errorf("%s %s did not come up: %s", program, arguments[0], p.errors.String())
		case <-time.After(time.Millisecond):
		}
	}
}

func (p *process) answers(ctx context.Context, path string) bool {
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, "http://"+p.address+path, nil)
	if err != nil {
		return false
	}
	answer, err := client.Do(request)
	if err != nil {
		return false
	}
	_ = answer.Body.Close() // its status is all that counts
	return answer.StatusCode == http.StatusOK
}

// clean is the environment without Purse's settings: the benchmark says its own.
func clean(environment []string) []string {
	var kept []string
	for _, variable := range environment {
		if !strings.HasPrefix(variable, "PURSE_") {
			kept = append(kept, variable)
		}
	}
	return kept
}

// stop ends the server and waits for it. Stopping again does nothing.
func (p *process) stop() {
	if p.command.ProcessState != nil {
		return
	}
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	_ = p.command.Wait()
}
