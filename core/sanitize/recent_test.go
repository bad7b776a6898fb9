package sanitize

import (
	"strings"
	"testing"
)

func TestAnIdentityThatComesAgainIsJudgedAsBefore(t *testing.T) {
	for _, action := range []string{"redact", "hash", "drop"} {
		s := newSanitizer(t, Options{Action: action, HashKey: []byte(strings.Repeat("k", 32))})
		e := s.Encoder()
		defer e.Release()
		e.Record()
		for _, id := range []string{
			"user-4711", "ann@example.org", "0b8babf3-7d26-4ec6-9200-023000532978", "a\xffb", `quoted "name"`, "+49 30 1234567", "ü", "user-4711-" + strings.Repeat("x", maxRecent),
			"4111 1111 1111 1111", "gh" + "p_" + strings.Repeat("a1B2", 9), "null",
		} {
			fresh := s.Encoder()
			want := string(fresh.AppendField(nil, "user_id", id))
			fresh.Release()
			for _, key := range []string{"user_id", "anonymous_id", "user_id", "session_id"} {
				before := len(e.Findings())
				if got := string(e.AppendField(nil, key, id)); got != want {
					t.Errorf("%s: %q as %s is written %s, and %s by itself", action, id, key, got, want)
				}
				if changed := want != string(appendQuoted(nil, id)) && id != "a\xffb"; changed != (len(e.Findings()) > before) {
					t.Errorf("%s: %q as %s has the findings %v", action, id, key, e.Findings()[before:])
				}
			}
		}
	}
}

func TestNoIdentityIsRememberedBeyondRelease(t *testing.T) {
	s := newSanitizer(t, Options{})
	e := s.Encoder()
	e.AppendField(nil, "id", "an event's own")
	if e.recent != (recent{}) {
		t.Error("the id of an event is remembered, which never comes again")
	}
	e.AppendField(nil, "user_id", "user-4711")
	if _, known := e.recent.recall("user-4711"); !known {
		t.Error("the person is not remembered")
	}
	e.Release()
	if e.recent != (recent{}) {
		t.Error("the person is remembered")
	}
}
