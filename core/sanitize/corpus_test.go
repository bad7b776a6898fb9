package sanitize

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"net/url"
	"os"
	"path/filepath"
	"sort"
	"strings"
	"testing"
)

// corpusDir is where the corpora are, "" if they are not here: they look like live
// credentials and so cannot be part of the repository.
func corpusDir() string {
	if dir := os.Getenv("HEADGATE_CORPUS"); dir != "" {
		return dir
	}
	dir := filepath.Join("..", "..", "..", "shared", "data", "privacy")
	if _, err := os.Stat(filepath.Join(dir, "dev.jsonl.gz")); err != nil {
		return ""
	}
	return dir
}

type corpusRow struct {
	ID        string          `json:"id"`
	Key       string          `json:"key"`
	Value     json.RawMessage `json:"value"`
	Sensitive bool            `json:"sensitive"`
	Kind      string          `json:"kind"`
	Tier      string          `json:"tier"`
	Cat       string          `json:"cat"`
	Place     string          `json:"place"`
	Secrets   []string        `json:"secrets"`
	Keep      []string        `json:"keep"`

	Event      json.RawMessage `json:"event"`
	Clean      bool            `json:"clean"`
	MustNot    []string        `json:"must_not"`
	MustKeep   []string        `json:"must_keep"`
	ShouldKeep []string        `json:"should_keep"`
}

func (r *corpusRow) input(t testing.TB) []byte {
	if r.Event != nil {
		return r.Event
	}
	key, err := json.Marshal(r.Key)
	if err != nil {
		t.Fatal(err)
	}
	return []byte("{" + string(key) + ":" + string(r.Value) + "}")
}

func readCorpus(t testing.TB, name string) []corpusRow {
	t.Helper()
	dir := corpusDir()
	if dir == "" {
		t.Skip("no corpus: set HEADGATE_CORPUS to the directory with dev.jsonl.gz and dev_events.jsonl.gz")
	}
	f, err := os.Open(filepath.Join(dir, name))
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	z, err := gzip.NewReader(f)
	if err != nil {
		t.Fatal(err)
	}
	var rows []corpusRow
	lines := bufio.NewScanner(z)
	lines.Buffer(nil, 4<<20)
	for lines.Scan() {
		var r corpusRow
		if err := json.Unmarshal(lines.Bytes(), &r); err != nil {
			t.Fatal(err)
		}
		rows = append(rows, r)
	}
	if lines.Err() != nil {
		t.Fatal(lines.Err())
	}
	return rows
}

// leaves are the keys and scalars of a JSON value, as text.
func leaves(v any) []string {
	switch v := v.(type) {
	case map[string]any:
		var out []string
		for k, v := range v {
			out = append(append(out, k), leaves(v)...)
		}
		return out
	case []any:
		var out []string
		for _, v := range v {
			out = append(out, leaves(v)...)
		}
		return out
	case string:
		return []string{v}
	case nil:
		return []string{"null"}
	default:
		return []string{fmt.Sprint(v)}
	}
}

// variants are a text as it is, URL-decoded and with JSON escapes undone.
func variants(s string) []string {
	out := []string{s}
	if u := unquotePlus(s); u != s {
		out = append(out, u)
	}
	if strings.Contains(s, `\`) {
		out = append(out, strings.ReplaceAll(strings.ReplaceAll(s, `\"`, `"`), `\\`, `\`))
	}
	return out
}

// unquotePlus decodes what is decodable, as lenient decoders do.
func unquotePlus(s string) string {
	return unquote(strings.ReplaceAll(s, "+", " "))
}

func unquote(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if r, n := percentAt(s[i:]); s[i] == '%' && n > 0 {
			b.WriteByte(byte(r))
			i += 2
			continue
		}
		b.WriteByte(s[i])
	}
	return strings.ToValidUTF8(b.String(), "\ufffd")
}

func decodeJSON(t testing.TB, b []byte) any {
	t.Helper()
	var v any
	d := json.NewDecoder(bytes.NewReader(b))
	d.UseNumber()
	if err := d.Decode(&v); err != nil {
		t.Fatalf("%v: %s", err, b)
	}
	return v
}

func leaked(out any, secrets []string) int {
	n := 0
	var texts []string
	for _, l := range leaves(out) {
		texts = append(texts, variants(l)...)
	}
	for _, s := range secrets {
		for _, text := range texts {
			if strings.Contains(text, s) || strings.Contains(text, unquote(s)) {
				n++
				break
			}
		}
	}
	return n
}

func containsAny(texts []string, s string) bool {
	for _, text := range texts {
		if strings.Contains(text, s) {
			return true
		}
	}
	return false
}

// score counts hits of n.
type score map[string]*[2]int

func (s score) add(name string, ok bool) {
	if s[name] == nil {
		s[name] = new([2]int)
	}
	if ok {
		s[name][0]++
	}
	s[name][1]++
}

func (s score) percent(name string) float64 {
	if s[name] == nil {
		return 0
	}
	return 100 * float64(s[name][0]) / float64(s[name][1])
}

func (s score) String() string {
	var names []string
	for n := range s {
		names = append(names, n)
	}
	sort.Strings(names)
	var b strings.Builder
	for _, n := range names {
		fmt.Fprintf(&b, "%-40s %7.2f%%  %d/%d\n", n, s.percent(n), s[n][0], s[n][1])
	}
	return b.String()
}

func judgeRow(t testing.TB, s score, r *corpusRow, in, out []byte) {
	before, after := decodeJSON(t, in), decodeJSON(t, out)
	texts := leaves(after)
	switch {
	case r.Event != nil:
		same := string(mustMarshal(t, before)) == string(mustMarshal(t, after))
		if r.Clean {
			s.add("clean events untouched", same)
		} else {
			n := leaked(after, r.MustNot)
			s.add("dirty events without leak", n == 0)
		}
		for _, k := range r.MustKeep {
			s.add("must keep", containsAny(texts, k))
		}
		for _, k := range r.ShouldKeep {
			s.add("context kept", containsAny(texts, k))
		}
	case !r.Sensitive:
		changed := string(mustMarshal(t, before)) != string(mustMarshal(t, after))
		s.add("false positives", changed)
		s.add("false positives/"+r.Kind, changed)
	case r.Tier == "must":
		ok := leaked(after, r.Secrets) == 0
		s.add("recall", ok)
		s.add("recall/"+r.Cat, ok)
		s.add("recall of "+r.Kind, ok)
		s.add("recall in "+r.Place, ok)
		kept := true
		for _, k := range r.Keep {
			kept = kept && containsAny(texts, k)
		}
		if len(r.Keep) > 0 {
			s.add("kept beside findings", kept)
		}
	default:
		s.add("policy tier", leaked(after, r.Secrets) == 0)
	}
}

func mustMarshal(t testing.TB, v any) []byte {
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func runCorpus(t testing.TB, name string) score {
	rows := readCorpus(t, name)
	san := newSanitizer(t, Options{})
	e := san.Encoder()
	defer e.Release()
	s := score{}
	var dump *os.File
	if dir := os.Getenv("HEADGATE_CORPUS_OUT"); dir != "" {
		var err error
		if dump, err = os.Create(filepath.Join(dir, strings.TrimSuffix(name, ".gz")+".out")); err != nil {
			t.Fatal(err)
		}
		defer dump.Close()
	}
	for i := range rows {
		r := &rows[i]
		in := r.input(t)
		out, err := e.AppendObject(nil, in)
		if err != nil {
			t.Fatalf("%s: %v", r.ID, err)
		}
		again, err := e.AppendObject(nil, out)
		if err != nil || !bytes.Equal(again, out) {
			t.Errorf("%s: sanitising twice differs: %v\nin    %s\nonce  %s\ntwice %s", r.ID, err, in, out, again)
		}
		same := e.AppendMap(nil, decodeJSON(t, in).(map[string]any))
		if got, want := mustMarshal(t, decodeJSON(t, same)), mustMarshal(t, decodeJSON(t, out)); !bytes.Equal(got, want) {
			t.Errorf("%s: the map differs from the text:\n%s\n%s", r.ID, got, want)
		}
		judgeRow(t, s, r, in, out)
		if dump != nil {
			fmt.Fprintf(dump, "{\"id\":%q,\"out\":%s}\n", r.ID, out)
		}
	}
	return s
}

// The floors are a little under what is reached; they only ever go up.
func TestTheDevelopmentCorpusIsCleaned(t *testing.T) {
	s := runCorpus(t, "dev.jsonl.gz")
	t.Logf("\n%s", s)
	for name, floor := range map[string]float64{"recall": 99.5, "recall/credential": 99.5, "recall/pii": 99.5, "kept beside findings": 99.5} {
		if got := s.percent(name); got < floor {
			t.Errorf("%s is %.2f %%, under %.2f", name, got, floor)
		}
	}
	if got := s.percent("false positives"); got > 0.3 {
		t.Errorf("false positives are %.2f %%", got)
	}
}

func TestTheDevelopmentEventsAreCleaned(t *testing.T) {
	s := runCorpus(t, "dev_events.jsonl.gz")
	t.Logf("\n%s", s)
	for name, floor := range map[string]float64{"clean events untouched": 100, "dirty events without leak": 99.5, "must keep": 99.9, "context kept": 99} {
		if got := s.percent(name); got < floor {
			t.Errorf("%s is %.2f %%, under %.2f", name, got, floor)
		}
	}
}

// TestWrappedCorpusValuesAreCleaned wraps what is found bare and looks for it again.
func TestWrappedCorpusValuesAreCleaned(t *testing.T) {
	rows := readCorpus(t, "dev.jsonl.gz")
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	e.Record()
	s := score{}
	shown := map[string]int{}
	for i := range rows {
		r := &rows[i]
		var text string
		if !r.Sensitive || r.Tier != "must" || json.Unmarshal(r.Value, &text) != nil || r.Place == "in_key" || r.Key[0] >= 0x80 {
			continue
		}
		inner := mustMarshal(t, map[string]string{r.Key: text})
		for name, v := range map[string]any{
			"json text": string(inner), "json in prose": "got " + string(inner) + " back", "json twice": string(mustMarshal(t, map[string]string{"body": string(inner)})),
			"query": "https://a.example/p?x=1&d=" + url.QueryEscape(string(inner)), "base64": base64.StdEncoding.EncodeToString(inner), "base64url": base64.RawURLEncoding.EncodeToString(inner),
			"hex": hex.EncodeToString(inner), "quoted": `"` + strings.ReplaceAll(string(inner), `"`, `\"`) + `"`, "nested": map[string]any{"a": []any{map[string]string{r.Key: text}}},
			"zero width": map[string]string{r.Key[:min(1, len(r.Key))] + "\u200b" + r.Key[min(1, len(r.Key)):]: text},
		} {
			before := len(e.Findings())
			out := e.AppendMap(nil, map[string]any{"note": v})
			ok := len(e.Findings()) > before && leaked(decodeJSON(t, out), r.Secrets) == 0
			s.add(name, ok)
			if !ok {
				if shown[name]++; shown[name] <= 3 {
					t.Logf("%s (%s): %v → %s", name, r.Kind, v, out)
				}
			}
		}
	}
	t.Logf("\n%s", s)
	for name := range s {
		if got := s.percent(name); got < 99.5 {
			t.Errorf("%s is %.2f %%", name, got)
		}
	}
}
