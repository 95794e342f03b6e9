package surfaces

import (
	"net"
	"net/http"
	"strings"
	"sync/atomic"
	"testing"
)

// trap is an address that counts who connects to it.
func trap(t *testing.T) (address string, calls *atomic.Int64) {
	t.Helper()
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	calls = &atomic.Int64{}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			calls.Add(1)
			_ = conn.Close() // it has been counted
		}
	}()
	t.Cleanup(func() {
		_ = listener.Close() // ends the loop
		<-ended
	})
	return listener.Addr().String(), calls
}

func TestSecurity21TheServerFetchesNoURLThatAUserGave(t *testing.T) {
	address, calls := trap(t)
	w := newWorld(t, "sqlite:"+t.TempDir()+"/purse.db", "PURSE_CARD_GRANT=1000")
	mine, theirs, my, _ := two(w)
	image := "http://" + address + "/me.png"
	var shown struct {
		Image string `json:"profile_image"`
	}
	mine.do("wallet", "PATCH", "/users/update/", map[string]string{"profile_image": image}, &shown)
	if shown.Image != image {
		t.Fatalf("the image is %q", shown.Image)
	}
	for _, bad := range []string{"javascript:alert(1)", "file:///etc/passwd", "ftp://" + address + "/", "//" + address + "/", "data:text/html,x", "http://", "gopher://" + address} {
		answer := w.call("PATCH", "/users/update/", map[string]string{"profile_image": bad}, mine.headers["wallet"][0], mine.headers["wallet"][1])
		if answer.Status != http.StatusBadRequest {
			t.Errorf("%s as an image: %s", bad, told(answer))
		}
	}
	// A URL as any other text, where text is taken.
	for _, r := range []struct{ surface, method, path, body string }{
		{"wallet", "PATCH", "/users/wallets/" + my["wallet"] + "/update/", `{"name":"URL"}`},
		{"gift", "POST", "/api/user/" + theirs.id + "/messages", `{"message":"<img src=URL>","amount":100,"is_moneybag":false}`},
		{"gift", "PUT", "/api/user/" + mine.id, `{"username":"//` + address + `"}`},
		{"profile", "POST", "/account/edit/info", `{"description":"URL"}`},
		{"bank", "POST", "/savings/create", `{"name":"URL","goal":1}`},
	} {
		mine.do(r.surface, r.method, r.path, strings.ReplaceAll(r.body, "URL", image), nil)
	}
	w.call("POST", "/auth/register", `{"email":"a@`+address+`","phone_number":"`+image+`","social_security":"`+image+`"}`)
	// Whatever would fetch it has had its occasion: everything is shown, and a day of jobs is run.
	mine.book(my)
	for _, path := range []string{"/info/users/", "/api/user/" + mine.id} {
		w.must("GET", path, nil, nil)
	}
	w.advance("24h")
	if calls.Load() != 0 {
		t.Errorf("the server has called %s %d times", address, calls.Load())
	}
	if answer, err := http.Get(image); err == nil { // and the trap works
		_ = answer.Body.Close()
	}
	if calls.Load() == 0 {
		t.Error("the trap counts nothing")
	}
}
