package segment

import (
	"errors"
	"fmt"
	"strings"
	"testing"
)

func TestEveryEndpointHasItsLetter(t *testing.T) {
	endpoints := Endpoints()
	for _, name := range []string{"track", "identify", "page", "screen", "group", "alias", "batch"} {
		long, ok := endpoints[name]
		if short := endpoints[name[:1]]; !ok || short != long {
			t.Errorf("%s is %v, its letter %v", name, long, short)
		}
	}
	if endpoints["import"] != endpoints["batch"] || len(endpoints) != 15 {
		t.Errorf("the endpoints are %v", endpoints)
	}
}

func TestABodyIsRefusedAsAWhole(t *testing.T) {
	const maxInherited = 1 << 20
	context := func(bytes, messages int) string {
		return `{"context":{"a":"` + strings.Repeat("x", bytes) + `"},"batch":[` + strings.TrimSuffix(strings.Repeat("{},", messages), ",") + `]}`
	}
	for _, c := range []struct {
		endpoint, body string
		want           error
	}{
		{"track", ``, ErrUnparsable},
		{"track", ` `, ErrUnparsable},
		{"track", `[]`, ErrUnparsable},
		{"track", `"track"`, ErrUnparsable},
		{"track", `{"event":}`, ErrUnparsable},
		{"track", `{"event":"a"`, ErrUnparsable},
		{"track", `{"event":"a"}{}`, ErrUnparsable},
		{"track", `{"event":"a"},{}`, ErrUnparsable},
		{"track", `{"event":"a"}`, nil},
		{"track", strings.Repeat("{", 100_000), ErrUnparsable},
		{"batch", ``, ErrUnparsable},
		{"batch", `[]`, ErrUnparsable},
		{"batch", `{}`, ErrUnparsable},
		{"batch", `{"type":"track","event":"a"}`, ErrUnparsable},
		{"batch", `{"batch":{}}`, ErrUnparsable},
		{"batch", `{"batch":null}`, ErrUnparsable},
		{"batch", `{"batch":[]}`, nil},
		{"batch", `{"batch":[1,]}`, ErrUnparsable},
		{"batch", `{"batch":[{"type":}]}`, ErrUnparsable},
		{"batch", `{"batch":[],"batch":[]}`, ErrUnparsable},
		{"batch", `{"batch":[],"sentAt":now}`, ErrUnparsable},
		{"batch", `{"batch":[],"other":{]}`, ErrUnparsable},
		{"batch", `{"batch":[]}}`, ErrUnparsable},
		{"batch", `{"batch":[],"context":5}`, nil},
		{"batch", context(10, 100), nil},
		{"batch", context(10, 101), ErrTooMany},
		{"batch", context(maxInherited/100-10, 100), nil},
		{"batch", context(maxInherited/100, 100), ErrTooLarge},
		{"batch", `{"batch":[{}],"context":` + strings.Repeat("[", 100) + strings.Repeat("]", 100) + `}`, ErrTooLarge},
	} {
		_, err := Endpoints()[c.endpoint].Parse([]byte(c.body), Limits{100, maxInherited})
		if !errors.Is(err, c.want) || c.want == nil && err != nil {
			t.Errorf("%s: %.60s: got %v, want %v", c.endpoint, c.body, err, c.want)
		}
	}
}

func TestTheWriteKeyInABodyIsFound(t *testing.T) {
	key := strings.Repeat("k3y", 8)
	for body, want := range map[string]string{
		fmt.Sprintf(`{"batch":[],"writeKey":%q}`, key):                     key,
		fmt.Sprintf("\xef\xbb\xbf {\"writeKey\":%q,\"event\":\"a\"}", key): key,
		fmt.Sprintf(`{"batch":[{"writeKey":%q}]}`, key):                    "",
		fmt.Sprintf(`{"WriteKey":%q}`, key):                                "",
		fmt.Sprintf(`{"writeKey":[%q]}`, key):                              "",
		fmt.Sprintf(`{"writeKey":%q`, key):                                 "",
		fmt.Sprintf(`[{"writeKey":%q}]`, key):                              "",
		`{"writeKey":"\x"}`:                                                "",
		`{"writeKey":}`:                                                    "",
		``:                                                                 "",
	} {
		if got := WriteKey([]byte(body)); got != want {
			t.Errorf("%s: got %q", body, got)
		}
	}
}
