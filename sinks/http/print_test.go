package http

import (
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestPrintingTheSinkShowsNoSecret(t *testing.T) {
	key := strings.Repeat("k3y", 8)
	s := newSink(t, Config{URL: "https://collector.example.com/in?key=" + key, BearerToken: core.NewSecret(key)})
	basic := strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(key+":")), "=")
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{s, struct{ s core.Sink }{s}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, key) || strings.Contains(text, basic) {
				t.Errorf("%s shows the secret:\n%s", verb, text)
			}
		}
	}
}
