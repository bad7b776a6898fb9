package http

import (
	nethttp "net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

func check(t *testing.T, c Config) error {
	t.Helper()
	return newSink(t, c).(core.Checker).Check(t.Context())
}

func TestTheCheckReportsNoEvent(t *testing.T) {
	srv := newServer(t, nil)
	err := check(t, Config{
		URL: srv.URL + "/in/{event}?e={event}", BearerToken: core.NewSecret("tok"),
		Headers: map[string]core.Secret{"X-Key": core.NewSecret("k")},
	})
	if err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"HEAD /in/headgate_check?e=headgate_check"}, srv.paths()); diff != "" {
		t.Fatal(diff)
	}
	got := srv.requests[0]
	if got.body != "" || got.header.Get("Authorization") != "Bearer tok" || got.header.Get("X-Key") != "k" || got.header.Get("Content-Type") != "" {
		t.Errorf("%q, %v", got.body, got.header)
	}
}

func TestTheCheckFindsThatCredentialsAreRefused(t *testing.T) {
	secret := strings.Repeat("Q7w", 8)
	for _, status := range []int{401, 403, 407} {
		srv := newServer(t, func(int, received) (int, map[string]string) {
			return status, map[string]string{"WWW-Authenticate": secret}
		})
		err := check(t, Config{URL: srv.URL + "/in?key=" + secret, BearerToken: core.NewSecret(secret)})
		if class, _ := core.Classify(err); class != core.ClassUnauthorized {
			t.Errorf("%d: %v is of class %s", status, err, class)
		} else if strings.Contains(err.Error(), secret) {
			t.Errorf("%d: %v", status, err)
		}
	}
}

func TestTheCheckTakesAnyOtherAnswerForReachable(t *testing.T) {
	for _, status := range []int{200, 204, 301, 400, 404, 405, 413, 429, 500, 503} {
		srv := newServer(t, func(int, received) (int, map[string]string) {
			return status, map[string]string{"Location": "/elsewhere", "Retry-After": "60"}
		})
		if err := check(t, Config{URL: srv.URL + "/in"}); err != nil {
			t.Errorf("%d: %v", status, err)
		}
		if got := srv.paths(); len(got) != 1 {
			t.Errorf("%d: %v", status, got)
		}
	}
}

func TestTheCheckFindsThatNobodyAnswers(t *testing.T) {
	if err := check(t, Config{URL: "http://127.0.0.1:1/"}); err == nil {
		t.Error("a closed port is reachable")
	}
	srv := newServer(t, func(int, received) (int, map[string]string) { panic(nethttp.ErrAbortHandler) })
	if err := check(t, Config{URL: srv.URL}); err == nil {
		t.Error("a server that hangs up is reachable")
	}
}
