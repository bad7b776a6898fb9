package server

import (
	"fmt"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestOptionsThatCannotWorkAreRefusedWithWhatToDo(t *testing.T) {
	for _, c := range []struct {
		name string
		o    Options
		want []string // in the error; none: there is no error
	}{
		{"nothing but a gate", Options{}, nil},
		{"loopback by its name", Options{Listen: "localhost:0"}, nil},
		{"loopback by version 6", Options{Listen: "[::1]:0"}, nil},
		{"loopback mapped into version 6", Options{Listen: "[::ffff:127.0.0.1]:0"}, nil},
		{"all of 127/8", Options{Listen: "127.1.2.3:0"}, nil},
		{"every address without keys", Options{Listen: ":8430"}, []string{"listen :8430", "set write_keys", "127.0.0.1:8430"}},
		{"every IPv4 address without keys", Options{Listen: "0.0.0.0:8430"}, []string{"set write_keys"}},
		{"a public address without keys", Options{Listen: "192.0.2.1:8430"}, []string{"set write_keys"}},
		{"a name without keys", Options{Listen: "host.example:8430"}, []string{"set write_keys"}},
		{"a name like localhost", Options{Listen: "localhost.example:8430"}, []string{"set write_keys"}},
		{"a public address with keys", Options{Listen: "0.0.0.0:8430", WriteKeys: []core.Secret{core.NewSecret(testKey)}}, nil},
		{"an empty key", Options{WriteKeys: []core.Secret{core.NewSecret(testKey), {}}}, []string{"write_keys[1] is empty", "variable"}},
		{"no port", Options{Listen: "127.0.0.1"}, []string{`listen "127.0.0.1"`, "127.0.0.1:8430"}},
		{"any origin", Options{AllowedOrigins: []string{"*"}}, []string{`"*"`, "exact origin"}},
		{"no origin", Options{AllowedOrigins: []string{"null"}}, []string{"exact origin"}},
		{"an origin with a path", Options{AllowedOrigins: []string{"https://app.example.com/"}}, []string{"exact origin"}},
		{"an origin without scheme", Options{AllowedOrigins: []string{"app.example.com"}}, []string{"exact origin"}},
		{"an origin in capitals", Options{AllowedOrigins: []string{"https://App.example.com"}}, []string{"exact origin"}},
		{"exact origins", Options{AllowedOrigins: []string{"https://app.example.com", "http://localhost:3000", "http://[::1]:80"}}, nil},
		{"half of TLS", Options{CertFile: "cert.pem"}, []string{"cert_file and key_file"}},
		{"negative bounds", Options{MaxBody: -1, RateLimit: -1}, []string{"max_body must not", "rate_limit must not"}},
		{"several mistakes", Options{Listen: ":1", AllowedOrigins: []string{"*"}}, []string{"write_keys", "exact origin"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			c.o.Gate = &recorder{}
			_, err := New(c.o)
			if (err == nil) != (len(c.want) == 0) {
				t.Fatalf("got the error %v", err)
			}
			for _, part := range c.want {
				if !strings.Contains(err.Error(), part) {
					t.Errorf("%q does not say %q", err, part)
				}
			}
			if err != nil && strings.Contains(fmt.Sprintf("%+v %#v", err, c.o), testKey) {
				t.Errorf("the key is in %q", err)
			}
		})
	}
	if _, err := New(Options{}); err == nil || !strings.Contains(err.Error(), "gate") {
		t.Errorf("without a gate the error is %v", err)
	}
}
