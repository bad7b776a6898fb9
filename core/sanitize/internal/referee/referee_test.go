package main

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core/sanitize/internal/corpus"
)

// some are a few files of rows, with nothing in them that looks like a secret.
func some() []list {
	value := func(key, text, secret string) corpus.Row {
		r := corpus.Row{ID: key, Key: key, Value: json.RawMessage(`"` + text + `"`), Cat: "benign"}
		if secret != "" {
			r.Sensitive, r.Cat, r.Tier, r.Secrets = true, "credential", "must", []string{secret}
		}
		return r
	}
	return []list{
		{"made", "values", []corpus.Row{value("a", "a swordfish", "swordfish"), value("b", "a trout", "trout"), value("c", "plain", "")}},
		{"made", "events", []corpus.Row{
			{ID: "e1", Event: json.RawMessage(`{"x": "trout"}`), MustNot: []string{"trout"}},
			{ID: "e2", Event: json.RawMessage(`{"x":1}`), Clean: true},
		}},
	}
}

func TestRowsAreWrittenWithoutWhatIsExpectedAndJudgedByPlace(t *testing.T) {
	dir, files := t.TempDir(), some()
	counts, err := lay(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(map[string]int{"made-values": 3, "made-events": 2}, counts); diff != "" {
		t.Error(diff)
	}
	in, err := os.ReadFile(filepath.Join(dir, "made-values.in"))
	if err != nil {
		t.Fatal(err)
	}
	if want := "{\"a\":\"a swordfish\"}\n{\"b\":\"a trout\"}\n{\"c\":\"plain\"}\n"; string(in) != want {
		t.Error(cmp.Diff(want, string(in)))
	}
	write(t, dir, "made-values.out", "{\"a\":\"a [x]\"}\n{\"b\":\"a trout\"}\n{\"c\":\"[x]\"}\n")
	write(t, dir, "made-events.out", "{\"x\":\"\"}\n{\"x\":1}\n")
	got, err := judge(dir, files)
	if err != nil {
		t.Fatal(err)
	}
	want := map[string]Score{"made": {
		Secrets: corpus.Share{Is: 1, Of: 2}, Credentials: corpus.Share{Is: 1, Of: 2}, Changed: corpus.Share{Is: 1, Of: 1},
		Dirty: corpus.Share{Is: 1, Of: 1}, Clean: corpus.Share{Is: 1, Of: 1},
	}}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestARowThatIsLostOrNoJSONIsAnError(t *testing.T) {
	for name, out := range map[string]string{
		"lost": "{}\n{}\n", "more": "{}\n{}\n{}\n{}\n", "no JSON": "{}\n{}\n{\n", "empty": "",
	} {
		dir := t.TempDir()
		write(t, dir, "made-values.out", out)
		if got, err := judge(dir, some()[:1]); err == nil {
			t.Errorf("%s: %+v", name, got)
		}
	}
}

func TestASampleTakesEveryRowOfSoMany(t *testing.T) {
	rows := make([]corpus.Row, 10)
	for i := range rows {
		rows[i].ID = string(rune('a' + i))
	}
	var got string
	for _, r := range sample(rows, 4) {
		got += r.ID
	}
	if got != "aei" || len(sample(rows, 1)) != 10 {
		t.Errorf("of ten %q", got)
	}
}

// What is laid without being cleaned leaks everything, or the judge could be content with less.
func TestWhatNobodyCleanedLeaksEverythingAndChangesNothing(t *testing.T) {
	dir := t.TempDir()
	var answer bytes.Buffer
	if err := run([]string{"rows", dir, "5"}, &answer); err != nil {
		t.Fatal(err)
	}
	var counts map[string]int
	if err := json.Unmarshal(answer.Bytes(), &counts); err != nil || counts["generated-values"] < 2000 || counts["generated-events"] < 50 {
		t.Fatalf("%v, %v", counts, err)
	}
	for name := range counts {
		text, err := os.ReadFile(filepath.Join(dir, name+".in"))
		if err != nil {
			t.Fatal(err)
		}
		write(t, dir, name+".out", string(text))
	}
	answer.Reset()
	if err := run([]string{"judge", dir, "5"}, &answer); err != nil {
		t.Fatal(err)
	}
	var scores map[string]Score
	if err := json.Unmarshal(answer.Bytes(), &scores); err != nil {
		t.Fatal(err)
	}
	s := scores["generated"]
	if s.Secrets.Is != 0 || s.Secrets.Of < 1000 || s.Dirty.Is != 0 || s.Changed.Is != 0 || s.Clean.Is != s.Clean.Of {
		t.Errorf("%+v", s)
	}
}

func TestWhatItIsNotAskedRightIsSaid(t *testing.T) {
	for _, args := range [][]string{nil, {"rows", "x"}, {"rows", "x", "0"}, {"rows", "x", "many"}, {"clean", t.TempDir(), "1"}} {
		if err := run(args, &bytes.Buffer{}); err == nil {
			t.Errorf("%q is no error", args)
		}
	}
}

func write(t *testing.T, dir, name, text string) {
	t.Helper()
	if err := os.WriteFile(filepath.Join(dir, name), []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
}
