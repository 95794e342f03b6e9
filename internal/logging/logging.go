// Package logging writes Purse's log: one structured line per event, through a
// bounded buffer with one owner. Access lines, which tell of requests that went
// well, may be dropped when the log's reader is too slow, and the drops are
// counted; everything else waits rather than being lost. Secrets are taken out
// here as a last line of defence; callers must not hand them in at all. What is
// worth logging is decided elsewhere.
package logging

import (
	"context"
	"io"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"
)

// bufferBytes bounds what waits for the log's reader: about 20 s of access
// lines at 300 requests a second, a quarter of a second at 20,000.
const bufferBytes = 1 << 20

// flushDelay is how long an access line may wait for company, so that one write
// carries many lines.
const flushDelay = 20 * time.Millisecond

// Options says how to write a log.
type Options struct {
	Writer io.Writer
	Text   bool       // "key=value" lines for a person at a terminal; otherwise one JSON object per line
	Level  slog.Level // the least level that is written
}

// Log is an open log. It must be closed, which writes out what waits.
type Log struct {
	logger  *slog.Logger
	text    bool
	access  bool // whether access lines reach the level
	out     io.Writer
	dropped atomic.Uint64
	told    uint64 // drops already reported; belongs to whoever holds writing

	writing sync.Mutex // held around a write, so that lines keep their order
	spare   []byte     // the buffer not in use; belongs to whoever holds writing
	mutex   sync.Mutex // guards waiting
	waiting []byte

	wake    chan struct{} // the buffer has stopped being empty
	closing chan struct{}
	closed  chan struct{}
	close   sync.Once
}

// Open starts a log. Its goroutine ends with Close.
func Open(o Options) *Log {
	l := &Log{
		text:    o.Text,
		access:  o.Level <= slog.LevelInfo,
		out:     o.Writer,
		wake:    make(chan struct{}, 1),
		closing: make(chan struct{}),
		closed:  make(chan struct{}),
	}
	settings := &slog.HandlerOptions{Level: o.Level, ReplaceAttr: redact}
	var inner slog.Handler
	if o.Text {
		inner = slog.NewTextHandler((*lines)(l), settings)
	} else {
		inner = slog.NewJSONHandler((*lines)(l), settings)
	}
	l.logger = slog.New(handler{inner, l})
	go l.own()
	return l
}

// Logger is the way to write events other than requests. Warnings and errors
// have reached the writer when the call returns.
func (l *Log) Logger() *slog.Logger { return l.logger }

// Dropped is how many access lines were lost because the writer was too slow.
func (l *Log) Dropped() uint64 { return l.dropped.Load() }

// Close writes what waits and ends the log's goroutine. Events logged later are
// written at once; access lines may not be.
func (l *Log) Close() error {
	l.close.Do(func() { close(l.closing) })
	<-l.closed
	return l.flush()
}

func (l *Log) own() {
	defer close(l.closed)
	delay := time.NewTimer(flushDelay)
	defer delay.Stop()
	for {
		select {
		case <-l.wake:
		case <-l.closing:
			return
		}
		delay.Reset(flushDelay)
		select {
		case <-delay.C:
		case <-l.closing:
			return
		}
		_ = l.flush() // a log that cannot be written has nowhere to say so
	}
}

func (l *Log) flush() error {
	l.writing.Lock()
	defer l.writing.Unlock()
	l.mutex.Lock()
	full := l.waiting
	l.waiting = l.spare[:0]
	l.mutex.Unlock()
	l.spare = full[:0]
	if dropped := l.dropped.Load(); dropped > l.told {
		full = l.appendDropped(full, dropped-l.told)
		l.told = dropped
		l.spare = full[:0]
	}
	if len(full) == 0 {
		return nil
	}
	_, err := l.out.Write(full)
	return err
}

// notify wakes the owner. It is called after the buffer has stopped being empty.
func (l *Log) notify() {
	select {
	case l.wake <- struct{}{}:
	default:
	}
}

// lines is the Log as the writer below slog's handlers, which hand it one whole
// line per call.
type lines Log

func (w *lines) Write(line []byte) (int, error) {
	l := (*Log)(w)
	l.mutex.Lock()
	first := len(l.waiting) == 0
	l.waiting = append(l.waiting, line...)
	full := len(l.waiting) > bufferBytes
	l.mutex.Unlock()
	if full {
		return len(line), l.flush()
	}
	if first {
		l.notify()
	}
	return len(line), nil
}

// handler adds to slog's handler that warnings and errors do not wait.
type handler struct {
	slog.Handler
	log *Log
}

func (h handler) Handle(ctx context.Context, r slog.Record) error {
	if err := h.Handler.Handle(ctx, r); err != nil {
		return err
	}
	if r.Level >= slog.LevelWarn || h.log.isClosing() {
		return h.log.flush()
	}
	return nil
}

func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.log}
}

func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.log}
}

func (l *Log) isClosing() bool {
	select {
	case <-l.closing:
		return true
	default:
		return false
	}
}
