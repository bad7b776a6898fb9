package sanitize

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

// rounds is how often what chance decides is tried: nothing here is concurrent.
func rounds(n int) int {
	if raceDetector {
		return n / 20
	}
	return n
}

// thorough makes scan do every pass, over every byte.
func thorough(s string) traits {
	all := ^traits(0)
	if !strings.ContainsRune(s, ':') && (len(s) < minMAC || !strings.ContainsAny(s, "0123456789")) {
		all &^= traitGroups // ab-cd-ef-ab-cd-ef is a word
	}
	return all
}

// checkTraits compares what is found in a text with what every pass finds in it.
func checkTraits(t testing.TB, e *Encoder, s string, k keyInfo) {
	t.Helper()
	if isUUID(s) {
		return // has a test of its own
	}
	find := func(has traits) []span {
		e.spans = e.spans[:0]
		e.copies.begin()
		e.scan(s, k, has)
		return slices.Clone(mergeSpans(e.spans))
	}
	spared, all := find(traitsOf(s)), find(thorough(s))
	if !slices.Equal(spared, all) {
		t.Errorf("%q: found %v, with every pass %v", s, spared, all)
	}
	e.spans = e.spans[:0]
}

// classesOfText are those that scan treats differently.
var classesOfText = []class{classNone, classID, classVersion, classRoute, classNumberish, classError, classCookie, classIP}

// textsOf are the keys and texts of rows, and of the events.
func textsOf(rows []corpus.Row) []string {
	var texts []string
	var walk func(v any)
	walk = func(v any) {
		switch v := v.(type) {
		case string:
			texts = append(texts, v)
		case []any:
			for _, el := range v {
				walk(el)
			}
		case map[string]any:
			for key, el := range v {
				texts = append(texts, key)
				walk(el)
			}
		}
	}
	for i := range rows {
		object := rows[i].Object()
		texts = append(texts, string(object))
		var v any
		if err := json.Unmarshal(object, &v); err == nil {
			walk(v)
		}
	}
	return texts
}

func TestWhatTraitsSpareWouldFindNothing(t *testing.T) {
	var rows []corpus.Row
	for _, given := range givenCorpora(t) {
		rows = append(rows, given...)
	}
	for _, set := range corpus.Sets() {
		values, events := set.Rows(11)
		rows = append(append(rows, values...), events...)
	}
	texts := textsOf(rows)
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	rng := rand.New(rand.NewPCG(8, 8))
	for i, s := range texts {
		if raceDetector && i%20 != 0 {
			continue
		}
		checkTraits(t, e, s, keyInfo{class: classesOfText[i%len(classesOfText)]})
		// Parts of texts put together have what a whole one seldom has: findings at the
		// edge of what a pass needs.
		var b strings.Builder
		for range 1 + rng.IntN(3) {
			part := texts[rng.IntN(len(texts))]
			from := rng.IntN(len(part) + 1)
			b.WriteString(part[from : from+rng.IntN(min(len(part)-from, 40)+1)])
		}
		checkTraits(t, e, b.String(), keyInfo{class: classesOfText[rng.IntN(len(classesOfText))]})
	}
}

// Digits, letters and what stands between them, in every short arrangement that chance gives.
func TestTraitsSpareNoNumber(t *testing.T) {
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	rng := rand.New(rand.NewPCG(9, 9))
	pieces := []string{"0", "1", "4111", "1111", "55", "192", "168", "8", ".", ".", "-", "-", ":", ":", " ", "+", "(", ")", "/", "AB", "DE89", "GB", "a", "C", "ab", "ff", "2001", "db8", "::", "QQ123456", "RSSMRA85", "T10A", "562S", "%B", "^", "3704", "0044", "NO", "BE", "370400440532013000"}
	for range rounds(200_000) {
		var b strings.Builder
		for range 1 + rng.IntN(12) {
			b.WriteString(pieces[rng.IntN(len(pieces))])
		}
		checkTraits(t, e, b.String(), keyInfo{})
	}
}

// But for an account number that the check digits make of some by chance: a UUID is none.
func TestNoPassFindsAnythingInAUUID(t *testing.T) {
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	rng := rand.New(rand.NewPCG(14, 14))
	for range rounds(100_000) {
		digits := [...]string{"0123456789abcdef", "0123456789ABCDEF", "0123456789", "01", "ABDE0123456789", "abcdeA3"}[rng.IntN(6)]
		id := []byte("xxxxxxxx-xxxx-xxxx-xxxx-xxxxxxxxxxxx")
		for i := range id {
			if id[i] == 'x' {
				id[i] = digits[rng.IntN(len(digits))]
			}
		}
		s := string(id)
		e.scan(s, keyInfo{class: classesOfText[rng.IntN(len(classesOfText))]}, thorough(s))
		for _, found := range e.spans {
			if found.kind != kindIBAN {
				t.Errorf("%v in %s", found, s)
			}
		}
		e.spans = e.spans[:0]
		if e.scan(s, keyInfo{}, traitsOf(s)); len(e.spans) > 0 {
			t.Errorf("%v in %s", e.spans, s)
		}
	}
}

// Those that have the least of what traits ask for.
func TestTraitsSpareNoShortestFinding(t *testing.T) {
	texts := []string{"0011.2233.4455", "1::2:3", "a::b:c", "8.8.4.4", "00-11-22-33-44-5f", "x AB123456C"}
	for country, length := range ibanLengths {
		body := strings.Repeat("a", length-4)
		rem := 0
		for _, c := range strings.ToUpper(body + country + "00") {
			if isDigit(byte(c)) {
				rem = (rem*10 + int(c-'0')) % 97
			} else {
				rem = (rem*100 + int(c-'A') + 10) % 97
			}
		}
		texts = append(texts, fmt.Sprintf("%s%02d%s", country, 98-rem, body))
	}
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	for _, s := range texts {
		if e.scan(s, keyInfo{}, traitsOf(s)); len(e.spans) == 0 {
			t.Errorf("nothing is found in %q", s)
		}
		checkTraits(t, e, s, keyInfo{})
	}
}

func TestTheSieveLosesNoLiteral(t *testing.T) {
	var short []string
	for _, l := range literals() {
		if len(l.text) == 1 && !strings.Contains(signs, l.text) {
			t.Errorf("%q is no sign, and too short for the sieve", l.text)
		}
		short = append(short, l.text, strings.ToUpper(l.text))
	}
	find := func(s string, whole bool) []hit {
		var found []hit
		m := newSearch(scanner(), s, traitsOf(s))
		m.whole = whole
		for h, ok := m.next(); ok; h, ok = m.next() {
			found = append(found, h)
		}
		return found
	}
	rng := rand.New(rand.NewPCG(10, 10))
	for range rounds(200_000) {
		var b strings.Builder
		for range 1 + rng.IntN(5) {
			l := short[rng.IntN(len(short))]
			switch from := rng.IntN(len(l)); rng.IntN(4) {
			case 0:
				b.WriteString(l[from:])
			case 1:
				b.WriteString(l[:from])
			case 2:
				b.WriteByte(byte(rng.IntN(256)))
			default:
				b.WriteString(l)
			}
		}
		s := b.String()
		if sieved, all := find(s, false), find(s, true); !slices.Equal(sieved, all) {
			t.Fatalf("%q: %v, without the sieve %v", s, sieved, all)
		}
	}
}

func FuzzTraits(f *testing.F) {
	f.Add("gpt-4o-mini", uint8(0))
	f.Add("0b8babf3-7d26-4ec6-9200-023000532978", uint8(1))
	f.Add("from 8.8.4.4 port 22: 3c:22:fb:00:00:1f +49 30 1234567", uint8(2))
	f.Add("the answer is %41\\u0041 key: QUJDREVGR0hJSktMTU5P", uint8(3))
	e := newSanitizer(f, Options{}).Encoder()
	f.Fuzz(func(t *testing.T, s string, class uint8) {
		checkTraits(t, e, s, keyInfo{class: classesOfText[int(class)%len(classesOfText)]})
	})
}
