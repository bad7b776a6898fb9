package sanitize

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"maps"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

// tooMuch is a text of a size that takes more than any may.
func tooMuch(size int) string {
	return filled([]string{"/home//mac-pro", "QUJD", "\u200b", "%41", `\u0041`, "&#64;", "a@b.co ", "%2520", "+"}, size, true)
}

func TestATextThatTakesTooMuchIsReplacedAsAWhole(t *testing.T) {
	text := tooMuch(maxString)
	note := fmt.Sprintf("[unscanned:%d]", len(text))
	quoted, _ := json.Marshal(map[string]any{"note": text, "n": 1})
	for what, o := range map[string]Options{"redact": {}, "hash": {Action: "hash", HashKey: make([]byte, 32)}, "drop": {Action: "drop"}, "keep": {ErrorMessages: "keep"}} {
		s := newSanitizer(t, o)
		for how, encode := range map[string]func(e *Encoder) []byte{
			"map": func(e *Encoder) []byte { return e.AppendMap(nil, map[string]any{"note": text, "n": 1}) },
			"attributes": func(e *Encoder) []byte {
				return e.AppendAttrs(nil, []slog.Attr{slog.String("note", text), slog.Int("n", 1)})
			},
			"object":      func(e *Encoder) []byte { out, _ := e.AppendObject(nil, quoted); return out },
			"error":       func(e *Encoder) []byte { return e.AppendMap(nil, map[string]any{"error": text, "n": 1}) },
			"a soft name": func(e *Encoder) []byte { return e.AppendMap(nil, map[string]any{"session": text, "n": 1}) },
			"an array":    func(e *Encoder) []byte { return e.AppendMap(nil, map[string]any{"list": []any{text}, "n": 1}) },
		} {
			e := s.Encoder()
			e.Record()
			out := encode(e)
			checkJSON(t, out)
			if !bytes.Contains(out, []byte(`"`+note+`"`)) || !bytes.Contains(out, []byte(`"n":1`)) || len(out) > 100 {
				t.Errorf("%s, %s: %.200s", what, how, out)
			}
			if f := e.Findings(); len(f) != 1 || f[0].Kind != kindUnscanned || f[0].Action != string(Redact) {
				t.Errorf("%s, %s: %v", what, how, f)
			}
			if again, err := e.AppendObject(nil, out); err != nil || !bytes.Equal(again, out) {
				t.Errorf("%s, %s: %.200s once, %.200s twice", what, how, out, again)
			}
			e.Release()
		}
	}
}

func TestAnIdentifierThatTakesTooMuchStandsForNobody(t *testing.T) {
	for _, o := range []Options{{}, {Action: "hash", HashKey: make([]byte, 32)}, {Action: "drop"}} {
		e := newSanitizer(t, o).Encoder()
		e.Record()
		for _, field := range []string{"user_id", "name"} {
			if got := string(e.AppendField(nil, field, tooMuch(maxString))); got != `"[redacted:unscanned]"` {
				t.Errorf("%s: %.200s", field, got)
			}
		}
		if f := e.Findings(); len(f) != 2 || f[1].Kind != kindUnscanned {
			t.Errorf("%v", f)
		}
		e.Release()
	}
}

func TestAKeyThatTakesTooMuchIsReplaced(t *testing.T) {
	key := "z" + tooMuch(maxKey-1)
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	e.Record()
	out := e.AppendMap(nil, map[string]any{"a": tooMuch(maxString), "plan": "team", key: "x"})
	if string(out) != `{"a":"[unscanned:65536]","plan":"team","[redacted:unscanned]":"x"}` {
		t.Errorf("%.300s", out)
	}
	if f := e.Findings(); len(f) != 2 || f[1].Kind != kindUnscanned {
		t.Errorf("%v", f)
	}
	if again, _ := e.AppendObject(nil, out); !bytes.Equal(again, out) {
		t.Errorf("%s once, %s twice", out, again)
	}
}

// What a text takes depends on it alone, not on what the encoder has met.
func TestTheStepsOfATextAreTheSameWhateverCameBefore(t *testing.T) {
	s := newSanitizer(t, Options{})
	warm := s.Encoder()
	defer warm.Release()
	texts := slices.Collect(maps.Values(allLongTexts()))
	rng := rand.New(rand.NewPCG(4, 4))
	all := fragments()
	for range 200 {
		texts = append(texts, filled(mutate(rng, []string{all[rng.IntN(len(all))], all[rng.IntN(len(all))], all[rng.IntN(len(all))]}, all), 100<<rng.IntN(7), rng.IntN(2) == 0),
			`{"items":[{"api_key":"`+all[rng.IntN(len(all))]+`","`+strings.Repeat("key", rng.IntN(30))+`":{"id":1}},{"value":{"`+"jane@example.org"+`":2}}]}`)
	}
	steps := func(e *Encoder, text string) int {
		_, n := unbounded(e, nil, text, keyInfo{})
		return n
	}
	rng.Shuffle(len(texts), func(i, j int) { texts[i], texts[j] = texts[j], texts[i] })
	for _, text := range texts {
		if len(text) > 8<<10 && raceDetector {
			continue
		}
		fresh := newSanitizer(t, Options{}).Encoder()
		if first, then, again := steps(fresh, text), steps(warm, text), steps(warm, text); first != then || then != again {
			t.Errorf("%.80q takes %d steps, %d after others and %d the second time", text, first, then, again)
		}
	}
}

// The reserve is one for all texts of a call: those that come when it is spent have only what is their own.
func TestTheReserveIsThatOfTheWholeCall(t *testing.T) {
	m := map[string]any{}
	for i := range 12 {
		m[fmt.Sprintf("a%02d", i)] = tooMuch(maxString / 4)
	}
	m["plan"] = "team of jane@example.org, who pays 12 for 3"
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	out := string(e.AppendMap(nil, m))
	if !strings.Contains(out, `"a11":"[unscanned:16384]"`) || !strings.Contains(out, `"plan":"team of [redacted:email], who pays 12 for 3"`) {
		t.Errorf("%.2000s", out)
	}
	if e.reserve != 0 || e.left != plenty {
		t.Errorf("%d and %d steps are left", e.reserve, e.left)
	}
}

// What the corpora hold needs a part of the reserve at most, each row by itself.
func TestValuesOfNormalSizeAreFarFromTheBudget(t *testing.T) {
	var rows []corpus.Row
	for _, given := range givenCorpora(t) {
		rows = append(rows, given...)
	}
	for _, set := range corpus.Sets() {
		values, events := set.Rows(16)
		rows = append(append(rows, values...), events...)
	}
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	most, what := 0, ""
	for i, text := range textsOf(rows) {
		if raceDetector && i%20 != 0 {
			continue
		}
		if _, steps := unbounded(e, nil, text, keyInfo{}); steps-allowance(len(text)) > most {
			most, what = steps-allowance(len(text)), text
		}
	}
	if most*20 > reserveSteps {
		t.Errorf("%d of the %d steps in reserve are taken by %q", most, reserveSteps, what)
	}
	t.Logf("%d of the %d steps in reserve at most", most, reserveSteps)
}
