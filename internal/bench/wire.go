package bench

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httputil"
	"strconv"
)

// errOverloaded is an answer of 503: the request was refused and not carried out.
var errOverloaded = errors.New("answered with 503")

// wire is one connection that requests are written on, one at a time. It speaks
// HTTP/1.1 by itself: net/http's client would take as much of the machine as the
// server that is being measured.
type wire struct {
	address string
	conn    net.Conn
	release func() bool // lets go of the context that cuts the connection
	answers *bufio.Reader
	request []byte
	body    []byte // of the last answer
}

// dial connects, unless the wire is connected. When ctx ends the connection is cut.
func (w *wire) dial(ctx context.Context) (err error) {
	if w.conn != nil {
		return nil
	}
	if w.conn, err = (&net.Dialer{}).DialContext(ctx, "tcp", w.address); err != nil {
		w.conn = nil
		return err
	}
	w.answers = bufio.NewReaderSize(w.conn, 4096)
	conn := w.conn
	w.release = context.AfterFunc(ctx, func() { _ = conn.Close() })
	return nil
}

func (w *wire) close() {
	if w.conn != nil {
		w.release()
		_ = w.conn.Close() // nothing is under way on it
		w.conn = nil
	}
}

// ask sends a request and reads its answer, whose body is w.body until the next
// one. credential is a whole header line without its end, or empty. A status of
// 503 is errOverloaded, another one than 2xx an error too.
func (w *wire) ask(ctx context.Context, method, path, credential string, body []byte) error {
	w.request = append(append(append(append(w.request[:0], method...), ' '), path...), " HTTP/1.1\r\nHost: "...)
	w.request = append(append(w.request, w.address...), "\r\n"...)
	if credential != "" {
		w.request = append(append(w.request, credential...), "\r\n"...)
	}
	if method != http.MethodGet {
		w.request = append(w.request, "Content-Type: application/json\r\nContent-Length: "...)
		w.request = append(strconv.AppendInt(w.request, int64(len(body)), 10), "\r\n"...)
	}
	w.request = append(append(w.request, "\r\n"...), body...)
	status, err := w.exchange(ctx)
	switch {
	case err != nil:
		w.close()
		return fmt.Errorf("%s %s: %w", method, path, err)
	case status == http.StatusServiceUnavailable:
		return errOverloaded
	case status < 200 || status > 299:
		return fmt.Errorf("%s %s answered with %d: %.200s", method, path, status, w.body)
	}
	return nil
}

// exchange writes the request and reads the answer.
func (w *wire) exchange(ctx context.Context) (status int, err error) {
	if err := w.dial(ctx); err != nil {
		return 0, err
	}
	if _, err := w.conn.Write(w.request); err != nil {
		return 0, err
	}
	return w.readAnswer()
}

var (
	contentLength    = []byte("Content-Length: ")
	transferEncoding = []byte("Transfer-Encoding: chunked")
	connectionClose  = []byte("Connection: close")
)

// mostAnswer is more than any answer that is asked for here has.
const mostAnswer = 16 << 20

var errAnswer = errors.New("not an answer of HTTP/1.1")

// readAnswer reads one answer into w.body, as net/http's server writes them.
func (w *wire) readAnswer() (status int, err error) {
	line, err := w.answers.ReadSlice('\n')
	if err != nil {
		return 0, err
	}
	if len(line) < 12 {
		return 0, errAnswer
	}
	if status, err = strconv.Atoi(string(line[9:12])); err != nil || status < 0 {
		return 0, errAnswer
	}
	length, chunked, last := 0, false, false
	for {
		if line, err = w.answers.ReadSlice('\n'); err != nil {
			return 0, err
		}
		line = bytes.TrimRight(line, "\r\n")
		if len(line) == 0 {
			break
		}
		if value, found := bytes.CutPrefix(line, contentLength); found {
			if length, err = strconv.Atoi(string(value)); err != nil || length < 0 || length > mostAnswer {
				return 0, errAnswer
			}
		}
		chunked = chunked || bytes.Equal(line, transferEncoding)
		last = last || bytes.Equal(line, connectionClose)
	}
	if err := w.readBody(length, chunked); err != nil {
		return 0, err
	}
	if last {
		w.close()
	}
	return status, nil
}

func (w *wire) readBody(length int, chunked bool) (err error) {
	if chunked {
		if w.body, err = io.ReadAll(io.LimitReader(httputil.NewChunkedReader(w.answers), mostAnswer)); err != nil {
			return err
		}
		_, err = w.answers.ReadSlice('\n') // the empty line after the last chunk
		return err
	}
	if cap(w.body) < length {
		w.body = make([]byte, length)
	}
	w.body = w.body[:length]
	_, err = io.ReadFull(w.answers, w.body)
	return err
}
