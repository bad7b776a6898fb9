package cli

import (
	"errors"
	"io"
	"os"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

func TestNothingThatATerminalActsUponIsPrinted(t *testing.T) {
	for in, want := range map[string]string{
		"plain, ünï and 日本": "plain, ünï and 日本",
		"\x1b[31mred":       `\u001b[31mred`,
		"a\nb\r\tc":         `a\u000ab\u000d\u0009c`,
		"\u202eevil":        `\u202eevil`,
		"\u0085\u009b":      `\u0085\u009b`,
		"bad \xff byte":     `bad \xff byte`,
		"\U000e0001":        `\U000e0001`,
	} {
		if got := visible(in); got != want {
			t.Errorf("visible(%q) = %q, want %q", in, got, want)
		}
	}
	if got := visibleLines("a\nb\x1b"); got != "a\nb\\u001b" {
		t.Errorf("visibleLines: %q", got)
	}
}

func TestTheProgressLineSaysWhatIsKnown(t *testing.T) {
	for _, c := range []struct {
		name       string
		events     int
		read, size int64
		since      time.Duration
		want       string
	}{
		{"half", 500, 50, 100, 10 * time.Second, "[============            ]  50%  500 events  50/s  10s left"},
		{"done", 1000, 100, 100, 10 * time.Second, "[========================] 100%  1000 events  100/s  0s left"},
		{"grown", 1000, 200, 100, 10 * time.Second, "[========================] 100%  1000 events  100/s  0s left"},
		{"of unknown size", 30, 50, 0, 3 * time.Second, "30 events  10/s  3s"},
		{"not begun", 0, 0, 100, 0, "0 events  0/s  0s"},
	} {
		if got := progressText(c.events, c.read, c.size, c.since); got != c.want {
			t.Errorf("%s: %q, want %q", c.name, got, c.want)
		}
	}
}

func TestLinesOfAnyLengthAreRead(t *testing.T) {
	long := strings.Repeat("x", 700<<10)
	tooLong := strings.Repeat("y", maxLine+1)
	text := "a\n\r\nb\r\n" + long + "\n" + tooLong + "\nlast"
	for name, r := range map[string]io.Reader{
		"whole": strings.NewReader(text), "data with error": iotest.DataErrReader(strings.NewReader(text)),
	} {
		lines := newLineReader(r)
		var got []string
		for {
			line, err := lines.next()
			if err == io.EOF {
				break
			}
			if errors.Is(err, errLongLine) {
				line = []byte("too long")
			} else if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(line))
		}
		if diff := cmp.Diff([]string{"a", "", "b", long, "too long", "last"}, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%.500s", name, diff)
		}
		if lines.n != 6 || lines.read != int64(len(text)) {
			t.Errorf("%s: %d lines of %d bytes, want 6 of %d", name, lines.n, lines.read, len(text))
		}
		if _, err := lines.next(); err != io.EOF {
			t.Errorf("%s: after the end: %v", name, err)
		}
	}
}

func TestAFailingInputIsReported(t *testing.T) {
	broken := errors.New("broken")
	lines := newLineReader(io.MultiReader(strings.NewReader("a\nhalf"), iotest.ErrReader(broken)))
	if line, err := lines.next(); err != nil || string(line) != "a" {
		t.Errorf("%q, %v", line, err)
	}
	if _, err := lines.next(); !errors.Is(err, broken) {
		t.Errorf("got %v, want the reader's error", err)
	}
}

// FuzzLines holds the reader against the plain way to split lines.
func FuzzLines(f *testing.F) {
	f.Add("a\nb\r\n\n", uint8(3))
	f.Add("no end", uint8(1))
	f.Fuzz(func(t *testing.T, text string, chunk uint8) {
		var want []string
		for line := range strings.Lines(text) {
			want = append(want, strings.TrimSuffix(strings.TrimSuffix(line, "\n"), "\r"))
		}
		lines := newLineReader(&chunks{strings.NewReader(text), int(chunk)%7 + 1})
		var got []string
		for {
			line, err := lines.next()
			if err == io.EOF {
				break
			}
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, string(line))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// chunks reads a few bytes at a time.
type chunks struct {
	r io.Reader
	n int
}

func (c *chunks) Read(p []byte) (int, error) { return c.r.Read(p[:min(len(p), c.n)]) }

func TestTheProgressLineIsDrawnNowAndThenAndRemoved(t *testing.T) {
	f, err := os.CreateTemp(t.TempDir(), "")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	p := &progress{to: f, started: time.Now(), size: 100}
	for range 100 {
		p.show(50, 50) // drawn once: it is not time for more
	}
	p.clear()
	p.clear()
	got, err := os.ReadFile(f.Name())
	if err != nil {
		t.Fatal(err)
	}
	if n := strings.Count(string(got), "50%"); n != 1 || !strings.HasSuffix(string(got), "\x1b[K\r\x1b[K") {
		t.Errorf("drawn %d times: %q", n, got)
	}

	nowhere := &progress{}
	nowhere.show(1, 1)
	nowhere.clear()
}

func TestColoursAreForTerminalsThatWantThem(t *testing.T) {
	a := &app{lookup: func(string) (string, bool) { return "", false }}
	if got := a.colour(&strings.Builder{}, red, "text"); got != "text" {
		t.Errorf("%q goes to what is no terminal", got)
	}
}

func TestTheStatusSaysForHowLongTheOldestEventHasWaited(t *testing.T) {
	for want, s := range map[string]core.SinkStats{
		"-": {OldestEventAge: new(float64)}, "?": {Queued: 3}, "0s": {Queued: 3, OldestEventAge: seconds(0.4)},
		"59s": {Queued: 3, OldestEventAge: seconds(59.9)}, "3m0s": {Queued: 3, OldestEventAge: seconds(180)},
		"1h0m": {Queued: 3, OldestEventAge: seconds(3659)}, "23h59m": {Queued: 1, OldestEventAge: seconds(86399)},
		"4d4h": {Queued: 3, OldestEventAge: seconds(360_000)},
	} {
		table := sinkTable(map[string]core.SinkStats{"ga4": s})
		if fields := strings.Fields(table); fields[len(fields)-1] != want {
			t.Errorf("want %s:\n%s", want, table)
		}
	}
}

func seconds(n float64) *float64 { return &n }

func TestTheStatusSaysWhoPausedASink(t *testing.T) {
	var out strings.Builder
	a := &app{out: &out, lookup: func(string) (string, bool) { return "", false }}
	err := a.printStats(core.Stats{Sinks: map[string]core.SinkStats{
		"ga4": {State: core.StatePaused, PausedByOperator: true}, "mixpanel": {State: core.StatePaused, LastError: "HTTP 429"},
	}})
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"\nga4 is paused by the operator, until it is resumed\n", "\nmixpanel is paused: HTTP 429\n"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the status lacks %q:\n%s", want, &out)
		}
	}
}
