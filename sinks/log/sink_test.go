package log

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"reflect"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/sanitize"
	"github.com/headgate-dev/headgate/registry"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// sealed returns the events as a sink gets them.
func sealed(t testing.TB, events ...core.Event) (batch []core.Sealed) {
	t.Helper()
	cfg := core.Config{Privacy: sanitize.Options{AllowKeys: []string{"text"}}}
	for _, e := range events {
		s, err := core.Seal(cfg, e)
		if err != nil {
			t.Fatal(err)
		}
		batch = append(batch, s)
	}
	return batch
}

// named returns n events of one size, n at most ten for that.
func named(t testing.TB, name string, n int) []core.Sealed {
	events := make([]core.Event, n)
	for i := range events {
		events[i] = core.Event{Name: name, Time: time.Unix(1767225600, 0), AnonymousID: "a", Props: core.Props{"n": i}}
	}
	return sealed(t, events...)
}

func send(t testing.TB, s core.Sink, batch []core.Sealed) {
	t.Helper()
	if err := s.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
}

func closeSink(t testing.TB, s core.Sink) {
	t.Helper()
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
}

func TestTheTextFormatIsTwoLines(t *testing.T) {
	var out bytes.Buffer
	s, err := NewWriter(&out, FormatText)
	if err != nil {
		t.Fatal(err)
	}
	send(t, s, sealed(t,
		core.Event{Name: "run", Props: core.Props{"runSeconds": 45, "runSuccess": true}},
		core.Event{Name: "shutdown"},
	))
	want := `[TELEMETRY] Endpoint: run
[TELEMETRY] Payload: {"runSeconds":45,"runSuccess":true}
[TELEMETRY] Endpoint: shutdown
[TELEMETRY] Payload: {}
`
	if diff := cmp.Diff(want, out.String()); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func TestTheJSONFormatIsTheEventOnOneLine(t *testing.T) {
	var out bytes.Buffer
	s, err := NewWriter(&out, FormatJSON)
	if err != nil {
		t.Fatal(err)
	}
	batch := sealed(t, core.Event{Name: "run", UserID: "u1", Props: core.Props{"text": "a\nb\u202e\u0085"}})
	send(t, s, batch)
	line, rest, _ := strings.Cut(out.String(), "\n")
	if rest != "" || strings.ContainsAny(line, "\u202e\u0085") {
		t.Errorf("got %q", out.String())
	}
	var got, want any
	if err := errors.Join(json.Unmarshal([]byte(line), &got), json.Unmarshal(batch[0].JSON(), &want)); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if _, err := core.DecodeEvent([]byte(line)); err != nil {
		t.Errorf("the line cannot be read back: %v", err)
	}
}

// countingWriter counts its calls, and can take only a part.
type countingWriter struct {
	bytes.Buffer
	calls int
	room  int // negative: any number of bytes
	err   error
}

func (w *countingWriter) Write(p []byte) (int, error) {
	w.calls++
	if w.room >= 0 && len(p) > w.room {
		w.Buffer.Write(p[:w.room])
		return w.room, w.err
	}
	return w.Buffer.Write(p)
}

func TestABatchIsOneWrite(t *testing.T) {
	w := &countingWriter{room: -1}
	s, _ := NewWriter(w, FormatText)
	send(t, s, named(t, "run", 20))
	if w.calls != 1 || strings.Count(w.String(), "\n") != 40 {
		t.Errorf("%d writes, %d lines", w.calls, strings.Count(w.String(), "\n"))
	}
}

func TestOfAPartialWriteOnlyTheRestIsTriedAgainAndOnALineOfItsOwn(t *testing.T) {
	batch := named(t, "run", 3)
	one := len(batch[0].JSON()) + 1
	for name, c := range map[string]struct {
		room    int
		failed  []int // nil: all
		written int   // whole events
	}{
		"nothing":          {0, nil, 0},
		"a part of one":    {one / 2, nil, 0},
		"one":              {one, []int{1, 2}, 1},
		"one and a bit":    {one + 5, []int{1, 2}, 1},
		"two, no line end": {2*one - 1, []int{2}, 2},
		"no last line end": {3*one - 1, []int{}, 3},
	} {
		for _, writeErr := range []error{errors.New("disk full"), nil} {
			w := &countingWriter{room: c.room, err: writeErr}
			s, _ := NewWriter(w, FormatJSON)
			err := s.Send(t.Context(), batch)
			if class, _ := core.Classify(err); (err == nil) != (c.written == len(batch)) || class != core.ClassRetry {
				t.Fatalf("%s: %v", name, err)
			}
			if writeErr == nil && !errors.Is(err, io.ErrShortWrite) && c.failed == nil {
				t.Errorf("%s: %v", name, err)
			}
			var partial *core.BatchError
			if errors.As(err, &partial) != (len(c.failed) > 0) {
				t.Fatalf("%s: %v", name, err)
			}
			if partial != nil {
				if got := slices.Sorted(maps.Keys(partial.Failed)); !slices.Equal(got, c.failed) {
					t.Errorf("%s: failed %v", name, got)
				}
			}
			rest := batch[c.written:]
			if c.room%one != 0 && len(rest) > 0 { // once more without room: nothing is glued to the fragment
				w.room = 0
				if s.Send(t.Context(), rest) == nil {
					t.Errorf("%s: no error", name)
				}
			}
			if len(rest) == 0 {
				rest = batch[:1] // whatever comes next
			}
			w.room = -1
			send(t, s, rest)
			whole := 0
			for line := range strings.Lines(w.String()) {
				if json.Valid([]byte(line)) && strings.HasSuffix(line, "\n") {
					whole++
				}
			}
			if want := c.written + len(rest); whole != want {
				t.Errorf("%s: %d whole lines of %d:\n%s", name, whole, want, w.String())
			}
		}
	}
}

func TestACancelledSendWritesNothing(t *testing.T) {
	w := &countingWriter{room: -1}
	s, _ := NewWriter(w, FormatText)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := s.Send(ctx, named(t, "run", 1)); !errors.Is(err, context.Canceled) || w.calls != 0 {
		t.Errorf("%v, %d writes", err, w.calls)
	}
}

func TestAPreviewIsWhatWouldBeWrittenAndWritesNothing(t *testing.T) {
	dir := t.TempDir()
	s, err := New(Options{Path: filepath.Join(dir, "x", "events.log")})
	if err != nil {
		t.Fatal(err)
	}
	got, err := s.Preview(named(t, "run", 2))
	if err != nil || len(got) != 2 || got[1].Body != "[TELEMETRY] Endpoint: run\n[TELEMETRY] Payload: {\"n\":1}\n" || !strings.HasSuffix(got[0].Target, "events.log") {
		t.Errorf("%v, %+v", err, got)
	}
	if entries, _ := os.ReadDir(dir); len(entries) != 0 {
		t.Errorf("made %v", entries)
	}
	closeSink(t, s)
}

func TestTheZeroOptionsWriteToStderrAndWrongOnesAreNamed(t *testing.T) {
	s, err := New(Options{})
	if err != nil || s.target != "stderr" {
		t.Errorf("%v, %+v", err, s)
	}
	for _, o := range []Options{{Format: "xml"}, {MaxSize: -1}, {MaxAge: -1}, {MaxBackups: -1}} {
		if _, err := New(o); err == nil {
			t.Errorf("%+v is allowed", o)
		}
	}
	if _, err := NewWriter(io.Discard, "xml"); err == nil {
		t.Error("format xml is allowed")
	}
}

func TestTheDefaultsAreThoseOfTheConfiguration(t *testing.T) {
	r := registry.NewRegistry()
	register(r)
	d, ok := r.Lookup("log")
	if !ok || d.Reach != core.ReachLocal {
		t.Fatalf("registered: %v, %v", ok, d.Reach)
	}
	o := d.NewOptions()
	if got := reflect.ValueOf(o).Elem().Interface(); got != DefaultOptions() {
		t.Errorf("the tags say %+v, the code %+v", got, DefaultOptions())
	}
	s, err := d.New(t.Context(), registry.Env{}, o)
	if err != nil {
		t.Fatal(err)
	}
	closeSink(t, s)
}

// A process that writes to its own stderr is ended by the runtime when nobody reads any
// more, so this runs in a process of its own.
func TestAReaderThatIsGoneDoesNotEndTheProcess(t *testing.T) {
	if os.Getenv("LOG_TEST_GONE") != "" {
		s, _ := New(Options{})
		batch := named(t, "run", 1)
		err := s.Send(t.Context(), batch)
		if err == nil {
			os.Exit(4)
		}
		os.Exit(3)
	}
	if runtime.GOOS == "windows" {
		t.Skip("no broken pipes")
	}
	r, w, err := os.Pipe()
	if err != nil {
		t.Fatal(err)
	}
	r.Close()
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	c.Env = append(os.Environ(), "LOG_TEST_GONE=1")
	c.Stderr = w
	err = c.Run()
	w.Close()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 3 {
		t.Errorf("the process ended with %v, want an orderly exit 3", err)
	}
}

func TestStdoutAndStderrStayOpen(t *testing.T) {
	if os.Getenv("LOG_TEST_STD") != "" {
		batch := named(t, "run", 1)
		for _, path := range []string{"stdout", "stderr"} {
			s, _ := New(Options{Path: path})
			send(t, s, batch)
			closeSink(t, s)
		}
		os.Stdout.WriteString("still open\n")
		os.Stderr.WriteString("still open\n")
		os.Exit(0)
	}
	c := exec.Command(os.Args[0], "-test.run", "^"+t.Name()+"$")
	c.Env = append(os.Environ(), "LOG_TEST_STD=1")
	var out, errs bytes.Buffer
	c.Stdout, c.Stderr = &out, &errs
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	want := "[TELEMETRY] Endpoint: run\n[TELEMETRY] Payload: {\"n\":0}\nstill open\n"
	if out.String() != want || errs.String() != want {
		t.Errorf("stdout %q, stderr %q", out.String(), errs.String())
	}
}
