package bench

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"strconv"
	"strings"
	"syscall"
	"time"
)

// process is a server that the benchmark has started.
type process struct {
	command *exec.Cmd
	address string
	errors  bytes.Buffer
}

// start runs program in a directory with arguments, {listen} among them
// standing for an address of its own, and waits until it answers.
func start(ctx context.Context, directory, program string, arguments ...string) (*process, error) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	p := &process{address: listener.Addr().String()}
	if err := listener.Close(); err != nil {
		return nil, err
	}
	for i := range arguments {
		arguments[i] = strings.ReplaceAll(arguments[i], "{listen}", p.address)
	}
	p.command = exec.CommandContext(ctx, program, arguments...)
	p.command.Cancel = func() error { return p.command.Process.Signal(syscall.SIGTERM) }
	p.command.WaitDelay = 10 * time.Second
	p.command.Dir = directory
	p.command.Stderr = &p.errors
	p.command.Stdout = io.Discard
	p.command.Env = clean(os.Environ())
	if err := p.command.Start(); err != nil {
		return nil, fmt.Errorf("starting %s: %w", program, err)
	}
	for range 200 {
		answer, err := client.Get("http://" + p.address + "/readyz")
		if err == nil {
			answer.Body.Close()
			if answer.StatusCode == http.StatusOK {
				return p, nil
			}
		}
		select {
		case <-ctx.Done():
		case <-time.After(50 * time.Millisecond):
			continue
		}
		break
	}
	p.stop()
	return nil, fmt.Errorf("%s %s did not come up: %s", program, arguments[0], p.errors.String())
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

// stop ends the server and waits for it.
func (p *process) stop() {
	_ = p.command.Process.Signal(syscall.SIGTERM) // it may have ended by itself
	_ = p.command.Wait()
}

// peakMemory is the most memory that the server had resident, in bytes.
func (p *process) peakMemory() (int64, error) {
	status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.command.Process.Pid))
	if err != nil {
		return 0, fmt.Errorf("memory is read from /proc, which only Linux has: %w", err)
	}
	for line := range strings.Lines(string(status)) {
		if value, found := strings.CutPrefix(line, "VmHWM:"); found {
			kilobytes, err := strconv.ParseInt(strings.TrimSpace(strings.TrimSuffix(strings.TrimSpace(value), "kB")), 10, 64)
			return kilobytes << 10, err
		}
	}
	return 0, errors.New("no VmHWM in /proc")
}
