package bench

import (
	"bufio"
	"context"
	"errors"
	"io"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"
)

func TestAWireReadsWhatNetHTTPWrites(t *testing.T) {
	long := strings.Repeat("0123456789", 10_000)
	server := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/echo":
			_, _ = io.Copy(w, r.Body)
		case "/credential":
			_, _ = io.WriteString(w, r.Header.Get("Authorization"))
		case "/long":
			_, _ = io.WriteString(w, long)
		case "/last":
			w.Header().Set("Connection", "close")
		case "/nothing":
			w.WriteHeader(http.StatusNoContent)
		case "/overloaded":
			w.WriteHeader(http.StatusServiceUnavailable)
		default:
			http.Error(w, "no such page", http.StatusNotFound)
		}
	}))
	defer server.Close()
	w := wire{address: strings.TrimPrefix(server.URL, "http://")}
	defer w.close()
	for _, test := range []struct{ method, path, credential, in, out string }{
		{"POST", "/echo", "", `{"a":1}`, `{"a":1}`},
		{"GET", "/long", "", "", long},
		{"GET", "/credential", "Authorization: Bearer x", "", "Bearer x"},
		{"GET", "/last", "", "", ""},
		{"DELETE", "/nothing", "", "", ""},
		{"POST", "/echo", "", "again", "again"},
	} {
		err := w.ask(context.Background(), test.method, test.path, test.credential, []byte(test.in))
		if err != nil || string(w.body) != test.out {
			t.Errorf("%s %s: %.50q, %v", test.method, test.path, w.body, err)
		}
	}
	if err := w.ask(context.Background(), "GET", "/overloaded", "", nil); !errors.Is(err, errOverloaded) {
		t.Errorf("503 is %v", err)
	}
	if err := w.ask(context.Background(), "GET", "/missing", "", nil); err == nil || !strings.Contains(err.Error(), "404: no such page") {
		t.Errorf("404 is %v", err)
	}
}

func FuzzReadAnswer(f *testing.F) {
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\n{}")
	f.Add("HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n2\r\n{}\r\n0\r\n\r\n")
	f.Add("HTTP/1.1 -12\r\nContent-Length: -2\r\n\r\n")
	f.Add("HTTP/1.1 200 OK\r\nContent-Length: 99999999999\r\n\r\n")
	f.Fuzz(func(t *testing.T, text string) {
		w := wire{answers: bufio.NewReader(strings.NewReader(text))}
		if status, err := w.readAnswer(); err == nil && (status < 0 || len(w.body) > len(text)) {
			t.Errorf("%q is status %d with %d bytes", text, status, len(w.body))
		}
	})
}
