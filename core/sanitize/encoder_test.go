package sanitize

import (
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
)

func newSanitizer(t testing.TB, o Options) *Sanitizer {
	t.Helper()
	s, err := New(o)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func encodeMap(t testing.TB, s *Sanitizer, m map[string]any) (string, []Finding) {
	t.Helper()
	e := s.Encoder()
	defer e.Release()
	e.Record()
	out := e.AppendMap([]byte("keep "), m)
	text := strings.TrimPrefix(string(out), "keep ")
	if !json.Valid([]byte(text)) {
		t.Fatalf("not JSON: %q", text)
	}
	return text, append([]Finding(nil), e.Findings()...)
}

func encodeObject(t testing.TB, s *Sanitizer, in string) (string, []Finding) {
	t.Helper()
	e := s.Encoder()
	defer e.Release()
	e.Record()
	out, err := e.AppendObject(nil, []byte(in))
	if err != nil {
		t.Fatalf("%v: %q", err, in)
	}
	if !json.Valid(out) {
		t.Fatalf("not JSON: %q", out)
	}
	return string(out), append([]Finding(nil), e.Findings()...)
}

type panicky struct{}

func (panicky) MarshalJSON() ([]byte, error) { panic("no") }

type panickyString struct{ _ int }

func (panickyString) String() string { panic("no") }

type panickyValuer struct{}

func (panickyValuer) LogValue() slog.Value { panic("no") }

type endlessValuer struct{}

func (v endlessValuer) LogValue() slog.Value { return slog.AnyValue(v) }

type nilError struct{}

func (*nilError) Error() string { panic("nil") }

type colour int

func (c colour) String() string { return [...]string{"red", "green"}[c] }

type props map[string]any

type nested struct {
	Name  string  `json:"title"`
	Ratio float64 `json:"ratio,omitempty"`
	Sub   *nested `json:"sub,omitempty"`
}

func TestEveryKindOfValueIsEncoded(t *testing.T) {
	cyclic := map[string]any{"n": 1}
	cyclic["self"] = cyclic
	loop := []any{1, nil}
	loop[1] = loop
	u, _ := url.Parse("https://example.org/a")
	at := time.Date(2026, 1, 2, 3, 4, 5, 6000, time.FixedZone("x", 3600))
	for _, c := range []struct {
		name string
		in   any
		want string
	}{
		{"nil", nil, `null`},
		{"text", "a\"b\\c\n\t\x01\u2028é<>&\x7f", `"a\"b\\c\n\t\u0001\u2028é<>&\u007f"`},
		{"broken UTF-8", "a\xffb", "\"a\ufffdb\""},
		{"bool", true, `true`},
		{"int", -5, `-5`},
		{"uint64", uint64(math.MaxUint64), `18446744073709551615`},
		{"float", 1e21, `1e+21`},
		{"small float", 1e-7, `1e-7`},
		{"float32", float32(0.1), `0.1`},
		{"duration", 1500 * time.Millisecond, `"1.5s"`},
		{"time", at, `"2026-01-02T02:04:05.000006Z"`},
		{"late time", time.Date(10000, 1, 1, 0, 0, 0, 0, time.UTC), `"[unencodable]"`},
		{"number", json.Number("123456789012345678901234567890"), `123456789012345678901234567890`},
		{"not a number", json.Number("1x"), `"1x"`},
		{"raw", json.RawMessage(` {"b": [1 , 2]} `), `{"b":[1,2]}`},
		{"broken raw", json.RawMessage(`{"b":`), `"[unencodable]"`},
		{"empty raw", json.RawMessage(nil), `null`},
		{"map", map[string]any{"z": 1, "a": []any{"x", 2.5, nil}}, `{"a":["x",2.5,null],"z":1}`},
		{"named map", props{"b": 1}, `{"b":1}`},
		{"nil map", map[string]any(nil), `null`},
		{"strings", []string{"a", "b"}, `["a","b"]`},
		{"map of strings", map[string]string{"b": "x", "a": "y"}, `{"a":"y","b":"x"}`},
		{"struct", nested{Name: "x", Sub: &nested{Name: "y"}}, `{"title":"x","sub":{"title":"y"}}`},
		{"pointer", &nested{Name: "x"}, `{"title":"x"}`},
		{"nil pointer", (*nested)(nil), `null`},
		{"nil error", (*nilError)(nil), `null`},
		{"error", errors.New("it broke"), `"it broke"`},
		{"stringer", colour(1), `"green"`},
		{"panicking stringer", colour(7), `"[unencodable]"`},
		{"panicking struct stringer", panickyString{}, `"[unencodable]"`},
		{"text marshaler", u, `"https://example.org/a"`},
		{"bytes", []byte("abc"), `"YWJj"`},
		{"channel", make(chan int), `"[unencodable]"`},
		{"func", func() {}, `"[unencodable]"`},
		{"panicking marshaler", panicky{}, `"[unencodable]"`},
		{"panicking valuer", panickyValuer{}, `"[unencodable]"`},
		{"endless valuer", endlessValuer{}, `"[unencodable]"`},
		{"cyclic map", cyclic, `{"n":1,"self":"[unencodable]"}`},
		{"cyclic slice", loop, `[1,"[unencodable]"]`},
		{"group", slog.GroupValue(slog.Int("a", 1)), `{"a":1}`},
	} {
		t.Run(c.name, func(t *testing.T) {
			got, _ := encodeMap(t, newSanitizer(t, Options{}), map[string]any{"v": c.in})
			if want := `{"v":` + c.want + `}`; got != want {
				t.Errorf("got  %s\nwant %s", got, want)
			}
		})
	}
}

func TestNotANumberIsLeftOut(t *testing.T) {
	got, findings := encodeMap(t, newSanitizer(t, Options{}), map[string]any{"a": 1, "b": math.NaN(), "c": math.Inf(-1), "d": []any{math.Inf(1)}})
	if want := `{"a":1,"d":[null]}`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	want := []Finding{{"b", "unencodable", "drop"}, {"c", "unencodable", "drop"}, {"d[0]", "unencodable", "drop"}}
	if diff := cmp.Diff(want, findings); diff != "" {
		t.Error(diff)
	}
}

func TestAttributesAreEncodedInTheirOrder(t *testing.T) {
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	got := string(e.AppendAttrs(nil, []slog.Attr{
		slog.String("z", "x"), slog.Int("a", 1), {}, slog.Group("empty"), slog.Group("", slog.Bool("inline", true)),
		slog.Group("g", slog.Float64("f", 0.5), slog.Group("h", slog.Duration("d", time.Second))),
		slog.Any("lazy", panickyValuer{}), slog.Time("t", time.Unix(0, 0)), slog.Int("a", 2), slog.Any("nil", nil),
	}))
	want := `{"z":"x","inline":true,"g":{"f":0.5,"h":{"d":"1s"}},"lazy":"[unencodable]","t":"1970-01-01T00:00:00Z","a":2,"nil":null}`
	if got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestDurationsReadAsTheirStringMethod(t *testing.T) {
	var buf [32]byte
	for _, d := range []time.Duration{0, 1, 999, 1500, time.Millisecond, 1500 * time.Microsecond, time.Second, 90 * time.Second,
		3*time.Hour + 4*time.Minute + 5*time.Second + 6, -time.Minute, math.MaxInt64, math.MinInt64} {
		if got := string(formatDuration(buf[:], d)); got != d.String() {
			t.Errorf("got %s, want %s", got, d)
		}
	}
}

func TestObjectsAreRewrittenCompactWithTheLastOfEqualKeys(t *testing.T) {
	for _, c := range []struct{ in, want string }{
		{` { "b" : [ 1 , 2.50 , -0e+10 ] , "a" : { } , "c" : [ ] } `, `{"b":[1,2.50,-0e+10],"a":{},"c":[]}`},
		{`{"n":12345678901234567890123456789012345678901234567890}`, `{"n":12345678901234567890123456789012345678901234567890}`},
		{`{"a":1,"a":2}`, `{"a":2}`},
		{`{"a":1,"b":2,"a":3,"c":4,"b":5}`, `{"a":3,"c":4,"b":5}`},
		{`{"a":{"a":1,"a":2},"\u0061":{"x":0,"y":1,"x":2}}`, `{"a":{"y":1,"x":2}}`},
		{`{"s":"\ud83d\ude00 \ud83d x \ude00 \u0000 \/ \b\f"}`, "{\"s\":\"😀 \ufffd x \ufffd \\u0000 / \\u0008\\u000c\"}"},
		{"{\"s\":\"a\xc3(\xff\"}", "{\"s\":\"a\ufffd(\ufffd\"}"},
	} {
		if got, _ := encodeObject(t, newSanitizer(t, Options{}), c.in); got != c.want {
			t.Errorf("%s:\ngot  %s\nwant %s", c.in, got, c.want)
		}
	}
}

func TestInvalidObjectsAreRefusedWithoutRepeatingThem(t *testing.T) {
	s := newSanitizer(t, Options{})
	for _, in := range []string{``, ` `, `[]`, `"x"`, `1`, `null`, `{`, `{"a"}`, `{"a":}`, `{"a":1,}`, `{"a":1}x`, `{"a":01}`, `{"a":1.}`,
		`{"a":.5}`, `{"a":+1}`, `{"a":1e}`, `{"a":tru}`, `{"a":"` + "\n" + `"}`, `{"a":"\x"}`, `{"a":"\u12g4"}`, `{"a":"x}`, `{'a':1}`, `{"a":[1,]}`,
		`{"a":[1 2]}`, `{"a":{"b":1]}`, `{a:1}`, `{"a":NaN}`, "\ufeff{}"} {
		e := s.Encoder()
		out, err := e.AppendObject([]byte("keep"), []byte(in))
		if err == nil || string(out) != "keep" {
			t.Errorf("%q: got %q, %v", in, out, err)
		} else if strings.Contains(err.Error(), "tru") {
			t.Errorf("the error repeats the input: %v", err)
		}
		if out, err = e.AppendObject(nil, []byte(`{"a":1}`)); string(out) != `{"a":1}` || err != nil {
			t.Fatalf("unusable after an error: %q, %v", out, err)
		}
		e.Release()
	}
}

func TestWhatIsNestedTooDeepIsNotScanned(t *testing.T) {
	s := newSanitizer(t, Options{})
	deep := strings.Repeat(`{"a":[`, 40) + `{"a":"x"}` + strings.Repeat(`]}`, 40)
	got, findings := encodeObject(t, s, deep)
	if !strings.Contains(got, `"[unscanned:`) || len(findings) != 1 || findings[0].Kind != "unscanned" {
		t.Errorf("got %s, %v", got, findings)
	}
	again, _ := encodeObject(t, s, got)
	if again != got {
		t.Errorf("not idempotent: %s", again)
	}
	if _, err := s.Encoder().AppendObject(nil, []byte(strings.Repeat(`{"a":[`, 40)+`{"a":tru}`+strings.Repeat(`]}`, 40))); err == nil {
		t.Error("what is skipped must be valid as well")
	}
	var v any = "x"
	for range 40 {
		v = map[string]any{"a": []any{v}}
	}
	if got, _ := encodeMap(t, s, v.(map[string]any)); !strings.Contains(got, `"[unscanned:0]"`) {
		t.Errorf("got %s", got)
	}
}

func TestMembersBeyondTheBoundsAreLeftOut(t *testing.T) {
	m := map[string]any{}
	for i := range maxMembers + 500 {
		m[fmt.Sprintf("k%05d", i)] = i
	}
	got, findings := encodeMap(t, newSanitizer(t, Options{}), m)
	var back map[string]any
	_ = json.Unmarshal([]byte(got), &back)
	if len(back) != maxMembers || len(findings) != 1 || findings[0].Kind != "oversize" {
		t.Errorf("got %d members, %v", len(back), findings)
	}
	got, findings = encodeMap(t, newSanitizer(t, Options{MaxBytes: 100}), m)
	if len(got) > 130 || len(findings) != 1 {
		t.Errorf("got %d bytes, %d findings", len(got), len(findings))
	}
	if got, _ = encodeObject(t, newSanitizer(t, Options{MaxBytes: 100}), `{"a":[`+strings.Repeat("11111,", 100)+`1],"b":2}`); len(got) > 130 {
		t.Errorf("got %d bytes", len(got))
	}
}

func TestAWideAndCyclicGraphEndsSoon(t *testing.T) {
	var a, b map[string]any
	a, b = map[string]any{}, map[string]any{}
	for i := range 50 {
		a[fmt.Sprint(i)], b[fmt.Sprint(i)] = b, a
	}
	if got, _ := encodeMap(t, newSanitizer(t, Options{}), a); len(got) > 100_000 {
		t.Errorf("got %d bytes", len(got))
	}
}

func TestWrongOptionsAreRefused(t *testing.T) {
	for _, o := range []Options{{Mode: "x"}, {Action: "x"}, {ErrorMessages: "x"}, {Action: "hash", HashKey: make([]byte, 31)}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is accepted", o)
		}
	}
}

func eightAttrs() []slog.Attr {
	return []slog.Attr{
		slog.String("component", "OpenAIEmbeddings"), slog.String("flow_id", "0b8babf3-7d26-4ec6-9200-023000532978"),
		slog.Int("runSeconds", 247), slog.Bool("runSuccess", false), slog.Float64("cost", 0.0123),
		slog.Duration("elapsed", 1234*time.Millisecond), slog.Time("started", time.Unix(1790000000, 5e8)),
		slog.String("runErrorMessage", "could not connect to the vector store after three attempts"),
	}
}

func TestSealingAttributesDoesNotAllocate(t *testing.T) {
	if raceDetector {
		t.Skip("under the race detector pools forget on purpose")
	}
	s := newSanitizer(t, Options{})
	buf := make([]byte, 0, 4096)
	n, b, started, f := 5, true, time.Now(), 2.5
	seal := func() {
		e := s.Encoder()
		buf = e.AppendAttrs(buf[:0], []slog.Attr{
			slog.String("component", "OpenAIEmbeddings"), slog.String("flow_id", "0b8babf3-7d26-4ec6-9200-023000532978"),
			slog.Int("runSeconds", n), slog.Bool("runSuccess", b), slog.Float64("cost", f),
			slog.Duration("elapsed", time.Since(started)), slog.Time("started", started),
			slog.String("runErrorMessage", "could not connect to the vector store after three attempts"),
		})
		e.Release()
	}
	seal()
	if n := testing.AllocsPerRun(200, seal); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func TestSealingObjectsDoesNotAllocate(t *testing.T) {
	e := newSanitizer(t, Options{}).Encoder()
	defer e.Release()
	buf, in := make([]byte, 0, 4096), []byte(cleanEvent)
	if n := testing.AllocsPerRun(200, func() { buf, _ = e.AppendObject(buf[:0], in) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkSealEightAttrs(b *testing.B) {
	s := newSanitizer(b, Options{})
	attrs := eightAttrs()
	buf := make([]byte, 0, 4096)
	b.ReportAllocs()
	for b.Loop() {
		e := s.Encoder()
		buf = e.AppendAttrs(buf[:0], attrs)
		e.Release()
	}
	b.SetBytes(int64(len(buf)))
}
