package server

import (
	"net/http"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestAReloadChangesWhoMaySend(t *testing.T) {
	gate := &recorder{}
	options := func(key string) Options {
		return Options{Gate: gate, WriteKeys: []core.Secret{core.NewSecret(key)}}
	}
	s := newServer(t, options("first-key"))
	send := func(key string) int { return do(s, jsonRequest(`{"name":"run"}`, "Authorization", "Bearer "+key)).Code }
	apply, err := s.Reload(options("second-key"))
	if err != nil {
		t.Fatal(err)
	}
	if got := send("first-key"); got != http.StatusOK {
		t.Errorf("before the change the first key is answered %d", got)
	}
	apply()
	if first, second := send("first-key"), send("second-key"); first != http.StatusUnauthorized || second != http.StatusOK {
		t.Errorf("after it, the first key is answered %d, the second %d", first, second)
	}
	for key, o := range map[string]Options{
		"listen":          {Gate: gate, Listen: "127.0.0.1:9999"},
		"tls.cert_file":   {Gate: gate, CertFile: "a.pem", KeyFile: "b.pem"},
		"rate_limit":      {Gate: gate, RateLimit: -1},
		"allowed_origins": {Gate: gate, AllowedOrigins: []string{"*"}},
	} {
		if _, err := s.Reload(o); err == nil || !strings.Contains(err.Error(), key) {
			t.Errorf("changing %s: %v", key, err)
		}
	}
}
