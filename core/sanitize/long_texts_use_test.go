package sanitize

import (
	"maps"
	"slices"
	"strings"
	"testing"
)

// leastMargin is how many times what an honest long text takes its budget must be.
const leastMargin = 1.75

func TestHonestLongTextsAreCleanedWithAMargin(t *testing.T) {
	secrets := map[string][]string{}
	for _, l := range longTexts() {
		secrets[l.name] = l.secrets
	}
	texts := allLongTexts()
	s := newSanitizer(t, Options{})
	least, which := 1e9, ""
	for _, name := range slices.Sorted(maps.Keys(texts)) {
		text := texts[name]
		if len(text) < maxString*7/10 || len(text) > maxString {
			t.Errorf("%s: %d bytes", name, len(text))
		}
		e := s.Encoder()
		out := string(e.AppendMap(nil, map[string]any{"text": text}))
		if strings.Contains(out, kindUnscanned) || len(out) < len(text)/4 && name != "private keys" && name != "base64 of a log" {
			t.Errorf("%s becomes %.200s", name, out)
		}
		for _, secret := range secrets[name] {
			if !strings.Contains(text, secret) || strings.Contains(out, secret) {
				t.Errorf("%s: %q is left, or was never there", name, secret)
			}
		}
		_, steps := unbounded(e, nil, text, keyInfo{})
		margin := float64(allowance(len(text))+reserveSteps) / float64(steps)
		t.Logf("%-32s %5.1f steps a byte, a margin of %.1f", name, float64(steps)/float64(len(text)), margin)
		if margin < least {
			least, which = margin, name
		}
		e.Release()
	}
	if least < leastMargin {
		t.Errorf("the margin of %s is %.2f", which, least)
	}
}
