package sanitize

import (
	"bytes"
	"math/rand/v2"
	"strings"
	"testing"
)

// TestMosaicsOfLiteralsAreCleanedOnceAndForAll puts texts together from what the automaton
// looks for and what stands around it: nothing may panic, and what was cleaned is clean.
func TestMosaicsOfLiteralsAreCleanedOnceAndForAll(t *testing.T) {
	pieces := []string{"=", ": ", ":", " ", "\"", "'", "`", "{", "}", "[", "]", "(", ")", "<", ">", "</", "\\", `\"`, `\n`, "\n", "\r\n", ",", ";", "|", "&", "?", "#", "/", "//", "@", "%", "%40", "%3D", "%22", "\u200b", "é", "⇒",
		"«", "密码", "a", "Ab1", "x7Kq2Zp9Lm4T", "Maple1234!", "12345678", "4111111111111111", "1.2.3.4", "2001:db8::1", "-", "--", "$", "!", "*", "~", ".", "…", "0x", "null", "true", "https://", "jane@example.org", "+49 30 1234567",
		"-----", "PRIVATE KEY", "string(12)", "<![CDATA[", "]]>", ">>", "<<", `"""`, "|\n", "value", "default", "name", "]=>"}
	for _, l := range literals() {
		pieces = append(pieces, l.text)
		if l.vendor != nil {
			pieces = append(pieces, l.vendor.prefix)
		}
	}
	rng := rand.New(rand.NewPCG(5, 5))
	s := newSanitizer(t, Options{})
	n := 30000
	if raceDetector {
		n = 3000 // nothing here is concurrent
	}
	for range n {
		var b strings.Builder
		for range 1 + rng.IntN(9) {
			n := len(pieces)
			if rng.IntN(3) > 0 {
				n = 73 // mostly signs and values
			}
			b.WriteString(pieces[rng.IntN(n)])
		}
		text := b.String()
		e := s.Encoder()
		e.Record()
		out := e.AppendMap(nil, map[string]any{"note": text})
		for _, f := range e.Findings() {
			if f.Kind == kindUnencodable {
				t.Errorf("%q panics", text)
			}
		}
		checkJSON(t, out)
		again, err := e.AppendObject(nil, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("not idempotent: %v\nin    %q\nonce  %s\ntwice %s", err, text, out, again)
		}
		e.Release()
	}
}
