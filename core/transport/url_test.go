package transport

import (
	"net"
	"net/http"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestPlainHTTPIsForThisMachineOnly(t *testing.T) {
	for raw, ok := range map[string]bool{
		"https://example.com/in":         true,
		"https://user:pw@example.com/in": true,
		"HTTPS://EXAMPLE.COM":            true,
		"http://localhost:9000/x":        true,
		"http://LOCALHOST./x":            true,
		"http://a.localhost/":            true,
		"http://127.0.0.1:1/":            true,
		"http://127.8.9.1/":              true,
		"http://[::1]:80/":               true,
		"http://[::ffff:127.0.0.1]/":     true,

		"http://example.com/":            false,
		"http://localhost.example.com/":  false,
		"http://notlocalhost/":           false,
		"http://0.0.0.0/":                false,
		"http://[::]/":                   false,
		"http://10.0.0.1/":               false,
		"http://169.254.169.254/":        false,
		"http://127.1/":                  false,
		"http://2130706433/":             false,
		"http://0x7f000001/":             false,
		"http://127.0.0.1.example.com/":  false,
		"http://localhost@example.com/":  false,
		"http://example.com#@localhost/": false,
		"http://[::ffff:10.0.0.1]/":      false,

		"":                           false,
		"example.com/in":             false,
		"//example.com/in":           false,
		"https://":                   false,
		"https:///path":              false,
		"https://:443/":              false,
		"https:example.com":          false,
		"ftp://localhost/":           false,
		"file:///etc/passwd":         false,
		"https://exa mple.com":       false,
		"https://example.com/a b":    false,
		"https://example.com/\r\nX:": false,
		"https://example.com:port/":  false,
		"https://[::1/":              false,
	} {
		if err := CheckURL(raw, false); (err == nil) != ok {
			t.Errorf("%q: %v", raw, err)
		}
	}
	if err := CheckURL("http://example.com/", true); err != nil {
		t.Errorf("allowed by the operator: %v", err)
	}
}

func TestABadURLIsNotQuoted(t *testing.T) {
	secret := canary("url")
	for _, raw := range []string{
		"http://user:" + secret + "@example.com/" + secret + "?k=" + secret,
		"https//user:" + secret + "@example.com",
		"user:" + secret,
		secret + ":x",
		"https://u:" + secret + "@exa mple.com",
		"https://u:" + secret + "@example.com:port",
		"ftp://u:" + secret + "@example.com",
	} {
		err := CheckURL(raw, false)
		if err == nil {
			t.Errorf("%q is allowed", raw)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("the error quotes the URL: %v", err)
		}
	}
}

func TestHeadersThatWouldStartAnotherOneAreRefused(t *testing.T) {
	for _, bad := range [][2]string{{"X\r\nY", "v"}, {"X Y", "v"}, {"", "v"}, {"X:", "v"}, {"X", "a\r\nY: b"}, {"X", "a\nb"}, {"X", "a\x00"}, {"X", "a\x7f"}} {
		if err := CheckHeader(bad[0], bad[1]); err == nil {
			t.Errorf("%q: %q is allowed", bad[0], bad[1])
		} else if strings.ContainsAny(err.Error(), "\r\n\x00") {
			t.Errorf("the error has control characters: %q", err)
		}
	}
	if err := CheckHeader("X-Api-Key", "a\tb ü"); err != nil {
		t.Error(err)
	}
	srv := newRawServer(t, func(net.Conn, []byte, <-chan struct{}) {})
	c := newClient(t, Options{})
	err := c.Send(soon(t), Request{URL: srv.url, Header: http.Header{"X": {"secret\r\nY: z"}}})
	wantClass(t, err, core.ClassRefused)
	if srv.requests() != 0 || strings.Contains(err.Error(), "secret") || !NeverSent(err) {
		t.Errorf("%d requests, never sent: %v: %v", srv.requests(), NeverSent(err), err)
	}
	if _, err := New(Options{UserAgent: "a\nb"}); err == nil {
		t.Error("a user agent with a line end is allowed")
	}
}
