package corpus

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheSameSeedMakesTheSameRows(t *testing.T) {
	text := func(set Set, seed uint64) string {
		values, events := set.Rows(seed)
		b, err := json.Marshal(append(values, events...))
		if err != nil {
			t.Fatal(err)
		}
		return string(b)
	}
	for _, set := range Sets() {
		first := text(set, 3)
		if first != text(set, 3) {
			t.Errorf("%s differs with the same seed", set.Name)
		}
		if first == text(set, 4) {
			t.Errorf("%s is the same with another seed", set.Name)
		}
	}
}

// A row whose secret is not found in what it was made of would pass whatever became of it.
func TestEverySecretIsSeenInItsRowUntouched(t *testing.T) {
	for _, set := range Sets() {
		values, events := set.Rows(1)
		for _, r := range append(values, events...) {
			if !json.Valid(r.Object()) {
				t.Fatalf("%s is not JSON: %s", r.ID, r.Object())
			}
			v := Judge(&r, r.Object())
			if want := len(r.Secrets) + len(r.MustNot); len(v.Leaked) != want {
				t.Errorf("%s: of %d secrets %q are seen in %s", r.ID, want, v.Leaked, r.Object())
			}
			if v.Changed || len(v.Lost) > 0 {
				t.Errorf("%s: changed %v, lost %q, though nothing was done: %s", r.ID, v.Changed, v.Lost, r.Object())
			}
		}
	}
}

func TestCheckDigitsAreRight(t *testing.T) {
	if got := luhnDigit("7992739871"); got != "3" {
		t.Errorf("Luhn's digit is %s", got)
	}
	if got := weighted("123", 3, 2, 1); got != 10 {
		t.Errorf("the weighted sum is %d", got)
	}
	if got := spaced("378282246310005", " "); got != "3782 822463 10005" {
		t.Errorf("15 digits are grouped %q", got)
	}
}

func TestWhatASanitiserDidIsJudged(t *testing.T) {
	r := Row{Key: "k", Value: json.RawMessage(`"a=swordfish&b=kept"`), Sensitive: true, Tier: "must", Cat: "credential", Secrets: []string{"swordfish"}, Keep: []string{"b=kept"}}
	for out, want := range map[string]Verdict{
		`{"k":"a=swordfish&b=kept"}`:      {Leaked: []string{"swordfish"}},
		`{"k":"a=%73wordfish&b=kept"}`:    {Leaked: []string{"swordfish"}, Changed: true},
		`{"k":"YT1zd29yZGZpc2gm b=kept"}`: {Leaked: []string{"swordfish"}, Changed: true}, // base64
		`{"k":"a=[x]&b=kept"}`:            {Changed: true},
		`{"k":"[x]"}`:                     {Lost: []string{"b=kept"}, Changed: true},
		`{"swordfish":"b=kept"}`:          {Leaked: []string{"swordfish"}, Changed: true},
	} {
		if diff := cmp.Diff(want, Judge(&r, []byte(out))); diff != "" {
			t.Errorf("%s: %s", out, diff)
		}
	}
	var s Score
	s.Add(&r, []byte(`{"k":"[x]"}`), []byte(`{"k":"[y]"}`))
	if s.All.Is != 1 || s.Credentials.Of != 1 || s.Context.Is != 0 || s.Idempotent.Is != 0 || len(s.Failures) != 2 {
		t.Errorf("%+v", s)
	}
}
