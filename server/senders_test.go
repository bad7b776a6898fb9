package server

import (
	"encoding/base64"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// testKey is a write key as an operator would make one.
var testKey = strings.Repeat("k3y", 8)

func basic(user, password string) string {
	return "Basic " + base64.StdEncoding.EncodeToString([]byte(user+":"+password))
}

func TestOnlyWhoShowsAWriteKeyMaySend(t *testing.T) {
	other := strings.Repeat("0ther", 5)
	logs := &logged{}
	gate := &recorder{}
	s := newServer(t, Options{Gate: gate, Logger: logs.logger(), WriteKeys: []core.Secret{core.NewSecret(testKey), core.NewSecret(other)}})
	for _, c := range []struct {
		authorization string
		ok            bool
	}{
		{"Bearer " + testKey, true},
		{"bearer  " + other, true},
		{basic(testKey, ""), true},
		{basic(other, "ignored"), true},
		{"", false},
		{"Bearer", false},
		{"Bearer ", false},
		{"Bearer " + testKey[:23], false},
		{"Bearer " + testKey + "x", false},
		{"Token " + testKey, false},
		{testKey, false},
		{basic("", testKey), false},
		{"Basic " + testKey, false},
	} {
		var headers []string
		if c.authorization != "" {
			headers = []string{"Authorization", c.authorization}
		}
		w := do(s, jsonRequest(`{"name":"a"}`, headers...))
		if ok := w.Code == 200; ok != c.ok || !ok && w.Code != 401 {
			t.Errorf("%q is answered %d", c.authorization, w.Code)
		}
		if w.Code == 401 && w.Header().Get("WWW-Authenticate") != `Bearer realm="headgate"` {
			t.Errorf("%q is challenged with %q", c.authorization, w.Header().Get("WWW-Authenticate"))
		}
	}
	if n := len(gate.taken()); n != 4 {
		t.Errorf("%d events were taken", n)
	}
	if text := logs.String(); strings.Contains(text, testKey) || strings.Count(text, "\n") != 1 {
		t.Errorf("the log says:\n%s", text)
	}
	if got := s.Counters().Refused[401]; got != 9 {
		t.Errorf("%d requests were counted as unauthorised", got)
	}
}

func TestLangflowShowsItsKeyInThePath(t *testing.T) {
	spaced := "key with/slash"
	for _, c := range []struct {
		name, target, authorization string
		status                      int
		event                       string
	}{
		{"the base URL", "/langflow/" + testKey + "?package=langflow", "", 200, "version"},
		{"the base URL with a slash", "/langflow/" + testKey + "/?package=langflow", "", 200, "version"},
		{"an event", "/langflow/" + testKey + "/run?runSeconds=1", "", 200, "run"},
		{"slashes all over", "//langflow//" + testKey + "///run?runSeconds=1", "", 200, "run"},
		{"an escaped key", "/langflow/key%20with%2Fslash/run", "", 200, "run"},
		{"a proxy that adds the header", "/langflow/run?runSeconds=1", "Bearer " + testKey, 200, "run"},
		{"a proxy and the base URL", "/langflow?package=langflow", basic(testKey, ""), 200, "version"},
		{"no key", "/langflow/run?runSeconds=1", "", 401, ""},
		{"no key and the base URL", "/langflow?package=langflow", "", 401, ""},
		{"a wrong key", "/langflow/" + testKey + "x/run", "", 401, ""},
		{"a key in the wrong place", "/langflow/run/" + testKey, "", 401, ""},
		{"a key in the query", "/langflow/run?key=" + testKey, "", 401, ""},
	} {
		t.Run(c.name, func(t *testing.T) {
			gate := &recorder{}
			s := newServer(t, Options{Gate: gate, WriteKeys: []core.Secret{core.NewSecret(testKey), core.NewSecret(spaced)}})
			var headers []string
			if c.authorization != "" {
				headers = []string{"Authorization", c.authorization}
			}
			want(t, do(s, request("GET", c.target, "", headers...)), c.status)
			if got := strings.Join(gate.names(), ","); got != c.event {
				t.Errorf("the events are %q, want %q", got, c.event)
			}
		})
	}
}

func TestAKeyInThePathNeverBecomesAnEventsName(t *testing.T) {
	gate := &recorder{}
	do(newServer(t, Options{Gate: gate}), request("GET", "/langflow/"+testKey+"/run?runSeconds=1", "")) // no keys are configured
	if names := gate.names(); len(names) != 1 || names[0] != "run" {
		t.Errorf("the events are %q", names)
	}
}

func TestTheRateLimitIsEachKeysOwn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		other := strings.Repeat("0ther", 5)
		s := newServer(t, Options{RateLimit: 5, WriteKeys: []core.Secret{core.NewSecret(testKey), core.NewSecret(other)}})
		send := func(key, body string, status int) int {
			t.Helper()
			w := do(s, jsonRequest(body, "Authorization", "Bearer "+key))
			want(t, w, status)
			if status == 429 {
				return retryAfter(t, w)
			}
			return 0
		}
		for range 5 {
			send(testKey, `{"name":"a"}`, 200)
		}
		send(testKey, `{"name":"a"}`, 429)
		want(t, do(s, request("GET", "/langflow/"+testKey+"/run", "")), 429)
		send(other, `{"name":"a"}`, 200)
		time.Sleep(time.Second / 5)
		want(t, do(s, request("GET", "/langflow/"+testKey+"/run", "")), 200)
		send(testKey, `{"name":"a"}`, 429)

		time.Sleep(time.Second)
		send(testKey, `[{},{},{},{},{},{},{},{},{},{},{},{},{},{},{}]`, 200) // 15: more than the second's, and taken whole
		wait := send(testKey, `{"name":"a"}`, 429)
		if wait < 2 || wait > 4 {
			t.Errorf("asked to wait for %d s for what takes 2.2 s", wait)
		}
		time.Sleep(2 * time.Second)
		send(testKey, `{"name":"a"}`, 429)
		time.Sleep(time.Duration(wait-2) * time.Second)
		send(testKey, `{"name":"a"}`, 200)
	})
}

func TestALimitBelowOneIsOneEventInAWhile(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := newServer(t, Options{RateLimit: 0.1})
		want(t, do(s, jsonRequest(`{"name":"a"}`)), 200)
		want(t, do(s, jsonRequest(`{"name":"a"}`)), 429)
		time.Sleep(9 * time.Second)
		want(t, do(s, jsonRequest(`{"name":"a"}`)), 429)
		time.Sleep(time.Second)
		want(t, do(s, jsonRequest(`{"name":"a"}`)), 200)
	})
}
