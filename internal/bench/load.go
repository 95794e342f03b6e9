package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"net"
	"slices"
	"strconv"
	"sync"
	"time"
)

// result is what one run gave.
type result struct {
	rate      float64 // requests a second
	latencies []time.Duration
}

// quantile is the latency below which that share of the requests stayed.
func (r result) quantile(q float64) time.Duration {
	if len(r.latencies) == 0 {
		return 0
	}
	return r.latencies[min(int(q*float64(len(r.latencies))), len(r.latencies)-1)]
}

// measure has every person send requests, one after another, for the
// duration, after a short run that warms up and is not counted.
func (t Transfer) measure(ctx context.Context, name, address string, people []*person, request func(*person, *rand.Rand) []byte) (result, error) {
	for _, stage := range []struct {
		label    string
		duration time.Duration
	}{{"warming up", t.Duration / 5}, {"measuring", t.Duration}} {
		fmt.Fprintf(t.Progress, "\r\033[K%s: %s for %s …", name, stage.label, stage.duration)
		r, err := load(ctx, address, people, stage.duration, request)
		if err != nil || stage.label == "measuring" {
			fmt.Fprint(t.Progress, "\r\033[K")
			return r, err
		}
	}
	return result{}, nil
}

func load(ctx context.Context, address string, people []*person, duration time.Duration, request func(*person, *rand.Rand) []byte) (result, error) {
	ctx, cancel := context.WithTimeout(ctx, duration+30*time.Second)
	defer cancel()
	var (
		wait      sync.WaitGroup
		mutex     sync.Mutex
		latencies []time.Duration
		failed    error
	)
	began := time.Now()
	for i, p := range people {
		wait.Go(func() {
			own, err := p.send(ctx, address, began.Add(duration), rand.New(rand.NewPCG(uint64(i), uint64(duration))), request) // #nosec G115 G404 -- who is paid in a measurement is no secret
			mutex.Lock()
			defer mutex.Unlock()
			latencies = append(latencies, own...)
			failed = errors.Join(failed, err)
		})
	}
	wait.Wait()
	elapsed := time.Since(began)
	slices.Sort(latencies)
	return result{float64(len(latencies)) / elapsed.Seconds(), latencies}, failed
}

// send writes requests on one connection until the time is over. It speaks
// HTTP/1.1 by itself: net/http's client would take as much of the machine as
// the server that is being measured.
func (p *person) send(ctx context.Context, address string, until time.Time, r *rand.Rand, request func(*person, *rand.Rand) []byte) ([]time.Duration, error) {
	conn, err := (&net.Dialer{}).DialContext(ctx, "tcp", address)
	if err != nil {
		return nil, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	answers := bufio.NewReaderSize(conn, 4096)
	var latencies []time.Duration
	for {
		message := request(p, r)
		began := time.Now()
		if began.After(until) {
			return latencies, nil
		}
		if _, err := conn.Write(message); err != nil {
			return nil, err
		}
		status, body, err := readAnswer(answers)
		if err != nil {
			return nil, err
		}
		if status != 200 {
			return nil, fmt.Errorf("answered with %d: %s", status, body)
		}
		latencies = append(latencies, time.Since(began))
	}
}

var contentLength = []byte("Content-Length: ")

// readAnswer reads one answer that has a Content-Length.
func readAnswer(answers *bufio.Reader) (status int, body []byte, err error) {
	line, err := answers.ReadSlice('\n')
	if err != nil {
		return 0, nil, err
	}
	if len(line) < 12 {
		return 0, nil, fmt.Errorf("not an answer: %q", line)
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil {
		return 0, nil, err
	}
	length := 0
	for {
		line, err = answers.ReadSlice('\n')
		if err != nil {
			return 0, nil, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if value, found := bytes.CutPrefix(line, contentLength); found {
			if length, err = strconv.Atoi(string(value)); err != nil {
				return 0, nil, err
			}
		}
	}
	if status == 200 {
		_, err = answers.Discard(length)
		return status, nil, err
	}
	body = make([]byte, length)
	_, err = io.ReadFull(answers, body)
	return status, body, err
}
