package httpkit

import (
	"bufio"
	"fmt"
	"io"
	"net/http"
	"strings"
	"testing"
)

func TestAClientThatSendsTooMuchHearsSo(t *testing.T) {
	k := newKit(t, Config{}, testSurface(Route{Method: "POST", Path: "/a"}))
	server := startServer(t, k.Handler, DefaultBounds)
	const size = 12 << 20 // more than the sockets keep between client and server
	ask := func(header, body string) {
		t.Helper()
		conn := server.dial(t)
		if _, err := io.WriteString(conn, "POST /a HTTP/1.1\r\nHost: x\r\n"+header+"\r\n\r\n"+body); err != nil {
			t.Fatalf("%s: sending: %v", header, err)
		}
		answer, err := http.ReadResponse(bufio.NewReader(conn), nil)
		if err != nil {
			t.Fatalf("%s: %v", header, err)
		}
		expect(t, answer, 422, "http.body_too_large")
	}
	ask(fmt.Sprintf("Content-Length: %d", size), strings.Repeat("x", size))
	ask("Transfer-Encoding: chunked", fmt.Sprintf("%x\r\n%s\r\n0\r\n\r\n", size, strings.Repeat("x", size)))
	ask(fmt.Sprintf("Expect: 100-continue\r\nContent-Length: %d", size), "") // hears before it sends
}
