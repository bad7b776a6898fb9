package core

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net/url"
	"strings"
	"testing"
	"testing/synctest"

	"pgregory.net/rapid"
)

// plant makes a secret that no scanner knows the shape of.
func plant(n int) string {
	rng := rand.New(rand.NewPCG(uint64(n), 7))
	b := make([]byte, 9+n%7)
	for i := range b {
		b[i] = "abcdefghijkmnopqrstuvwxyz"[rng.IntN(25)]
	}
	return string(b)
}

// encodings are the ways in which a secret may get into a text of JSON.
func encodings(secret string) map[string]string {
	quotedText, _ := json.Marshal(secret)
	return map[string]string{
		"raw": secret, "JSON": string(quotedText[1 : len(quotedText)-1]), "query": url.QueryEscape(secret), "path": url.PathEscape(secret),
		"lower": lowerEscapes(url.QueryEscape(secret)), "hex": hex.EncodeToString([]byte(secret)), "HEX": strings.ToUpper(hex.EncodeToString([]byte(secret))),
		"base64": base64.StdEncoding.EncodeToString([]byte(secret)), "base64, 1 before": base64.StdEncoding.EncodeToString([]byte("u" + secret + "xy")),
		"base64, 2 before": base64.URLEncoding.EncodeToString([]byte("u:" + secret)), "basic": base64.StdEncoding.EncodeToString([]byte("user:" + secret + ":")),
	}
}

func TestACredentialIsFoundInEveryForm(t *testing.T) {
	for _, secret := range []string{"swordfish9", `a"b\c/d+e=f g&h`, "päßword-7/8?", strings.Repeat("k", 8), "tab\tand\nline"} {
		c := NewCredentials(NewSecret("somebody-else"), NewSecret(secret), NewSecret("short"))
		for form, text := range encodings(secret) {
			if form == "raw" && strings.ContainsAny(secret, "\"\\\n\t") {
				continue
			}
			for _, around := range [][2]string{{"", ""}, {"x", "y"}, {`{"a":"`, `"}`}, {strings.Repeat("é", 40), "%"}} {
				if found := c.Found(around[0] + text + around[1]); len(found) != 1 || found[0].Reveal() != secret {
					t.Errorf("%q as %s in %q: %d found", secret, form, around, len(found))
				}
			}
		}
		if got := c.Redact("short words, somebody and else, k k k k k k k k"); strings.Contains(got, "[redacted") {
			t.Errorf("%q: %s", secret, got)
		}
	}
	if NewCredentials(NewSecret("seven77"), Secret{}) != nil {
		t.Error("a short secret is looked for")
	}
	var none *Credentials
	if none.Redact("x") != "x" || len(none.Found("x")) > 0 {
		t.Error("no credentials find something")
	}
	if found := NewCredentials(NewSecret("postgres://headgate:correct-horse@db/x")).Found("dial: correct-horse"); len(found) != 1 {
		t.Error("the password of a URL is not found")
	}
}

// The search for many finds what a search for each finds.
func TestSearchingForAllAtOnceMissesNothing(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		letters := rapid.StringMatching(`[abc]{8,12}`)
		var needles []needle
		for _, s := range rapid.SliceOfNDistinct(letters, 1, 8, rapid.ID).Draw(t, "needles") {
			needles = append(needles, needle{text: s})
		}
		text := rapid.StringMatching(`[abc]{0,60}`).Draw(t, "text") + needles[0].text[:rapid.IntRange(0, len(needles[0].text)).Draw(t, "cut")]
		x := newBlockIndex(needles)
		at, n := x.find(needles, text, 0)
		want := -1
		for i := range text {
			for _, needle := range needles {
				if want < 0 && strings.HasPrefix(text[i:], needle.text) {
					want = i
				}
			}
		}
		if n < 0 && want >= 0 || n >= 0 && (at != want || !strings.HasPrefix(text[at:], needles[n].text)) {
			t.Fatalf("found %d at %d, want one at %d", n, at, want)
		}
	})
}

func TestNoEventKeepsACredentialOfTheConfiguration(t *testing.T) {
	secret, digits := plant(1), "4711471147114711"
	cfg := Config{App: App{Name: "acme"}, Credentials: []Secret{NewSecret(secret), NewSecret(digits)}}
	for form, text := range encodings(secret) {
		events := map[string]Event{
			"id": {ID: text, Name: "x"}, "name": {Name: "x" + text}, "user": {Name: "x", UserID: text}, "session": {Name: "x", SessionID: "s" + text},
			"value": {Name: "x", Props: Props{"a": "see " + text, "b": 1}}, "key": {Name: "x", Props: Props{text: 1, text + "2": 2}},
			"nested": {Name: "x", Props: Props{"a": []any{1, "y", Props{"b": []string{text}}}}}, "context": {Name: "x", Context: Props{"page": Props{"url": "https://e.example/" + text}}},
			"number": {Name: "x", Props: Props{"n": json.Number(digits)}},
		}
		for place, e := range events {
			s, err := Seal(cfg, e)
			if err != nil {
				t.Fatal(place, err)
			}
			if left := NewCredentials(cfg.Credentials...).Found(string(s.JSON())); len(left) > 0 || strings.Contains(string(s.JSON()), digits) {
				t.Errorf("%s as %s: %s", place, form, s.JSON())
			}
			if _, err := DecodeEvent(s.JSON()); err != nil {
				t.Errorf("%s as %s: %v: %s", place, form, err, s.JSON())
			}
		}
	}
	s, _ := Seal(cfg, Event{Name: "x", Props: Props{"a": "see " + secret + "!"}})
	if a, _ := s.Props().Lookup("a"); a.Text() != "see [redacted:credential]!" {
		t.Errorf("%s", s.JSON())
	}
}

// What was queued before a credential was configured, and what a sink is set, is looked at again.
func TestASinkGetsNoCredentialThatWasSealedBefore(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := plant(2)
		s := &fakeSink{answer: down}
		cfg := Config{Sinks: []SinkConfig{sinkOf("a", s)}}
		d := newTest(t, cfg)
		enqueueAll(t, d, Event{Name: "old", Props: Props{"note": secret}})
		cfg.Credentials = []Secret{NewSecret(secret)}
		cfg.Sinks[0].Edit.Set = map[string]func(Sealed) (any, error){"more": func(Sealed) (any, error) { return "a " + secret, nil }}
		if err := d.Reload(cfg); err != nil {
			t.Fatal(err)
		}
		s.set(nil)
		enqueueAll(t, d, Event{Name: "new", Props: Props{"note": secret}})
		closeOrFail(t, d)
		if len(s.json) != 2 || strings.Contains(strings.Join(s.json, ""), secret) || !strings.Contains(s.json[0], credentialMark) {
			t.Errorf("%s", s.json)
		}
	})
}

func TestNoErrorOfASinkShowsACredential(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		secret := plant(3)
		for _, text := range encodings(secret) {
			s := &fakeSink{answer: func(context.Context, []string) error {
				return Refused(fmt.Errorf("%w: %s of %s", errDown, strings.Repeat("é", 1020)+text, "https://h.example/"+text))
			}}
			d := newTest(t, Config{Credentials: []Secret{NewSecret(secret)}, Sinks: []SinkConfig{sinkOf("a", s)}})
			track(t, d, "x")
			_ = d.Flush(t.Context())
			shown := fmt.Sprintf("%+v %+v", d.Stats(), d.DeadLetters("a"))
			if strings.Contains(shown, text) || strings.Contains(shown, text[:len(text)-1]) {
				t.Errorf("%s", shown)
			}
			closeOrFail(t, d)
		}
	})
	if CredentialsOf(WithCredentials(t.Context(), nil)) != nil || !errors.Is(errDown, errDown) {
		t.Error("a context without credentials has some")
	}
}

func BenchmarkCredentials(b *testing.B) {
	var secrets []Secret
	for i := range 12 {
		secrets = append(secrets, NewSecret(plant(i)+plant(i+20)))
	}
	c := NewCredentials(secrets...)
	s, err := Seal(Config{App: App{Name: "acme", Version: "1"}}, Event{Name: "run", UserID: "user-42", Props: Props{
		"runSeconds": 45, "runSuccess": true, "runErrorMessage": "", "flow": "a flow with a name of some length", "components": []string{"prompt", "model", "parser"},
		"note": strings.Repeat("words that say nothing in particular ", 6),
	}})
	if err != nil {
		b.Fatal(err)
	}
	text := string(s.JSON())
	b.SetBytes(int64(len(text)))
	b.ReportAllocs()
	for b.Loop() {
		if len(c.Found(text)) > 0 {
			b.Fatal("found")
		}
	}
}
