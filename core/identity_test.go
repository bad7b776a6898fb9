package core

import (
	"context"
	"errors"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// Distinct ids become one by redaction.
func TestDistinctIDsStayDistinct(t *testing.T) {
	a, err1 := Seal(Config{}, Event{Name: "x", ID: "signup:jane.doe@corp.example:1"})
	b, err2 := Seal(Config{}, Event{Name: "x", ID: "signup:john.roe@corp.example:1"})
	if err1 != nil || err2 != nil {
		t.Fatal(err1, err2)
	}
	if a.ID() == b.ID() {
		t.Errorf("two events have the id %q: vendors that de-duplicate keep one", a.ID())
	}
}

// Whatever the policy, what is accepted can be opened.
func TestWhatIsSealedCanBeOpened(t *testing.T) {
	alphabet := []rune("ab@.:/+-% \x00\x1b\u00e9\u2028\U0001F600\"\\0123456789<>")
	for _, o := range []sanitize.Options{
		{}, {MaxBytes: 1}, {MaxBytes: 3}, {MaxBytes: 40}, {Action: "drop"}, {Mode: "strict"}, {Mode: "off"}, {Action: "hash", HashKey: make([]byte, 32)},
		{DenyKeys: []string{"id", "name", "user_id", "app", "properties"}}, {ErrorMessages: "drop"},
	} {
		for range 300 {
			text := func(max int) string {
				var b strings.Builder
				for range rand.IntN(max) {
					b.WriteRune(alphabet[rand.IntN(len(alphabet))])
				}
				s := b.String()
				if len(s) > 256 {
					s = s[:256]
				}
				return s
			}
			e := Event{
				ID: text(20), Name: "n" + strings.Map(func(r rune) rune {
					if isControl(r) {
						return -1
					}
					return r
				}, strings.ToValidUTF8(text(200), "")), UserID: text(200), AnonymousID: text(100), SessionID: text(100),
				Props: Props{text(10): text(100), "m": Props{text(5): []Props{{text(3): 1}}}}, Context: Props{text(5): text(5)},
			}
			if len(e.Name) > 256 {
				continue
			}
			s, err := Seal(Config{App: App{Name: "x"}, Privacy: o}, e)
			if err != nil && !errors.Is(err, ErrInvalidEvent) {
				t.Fatalf("%+v: %v: %+v", o, err, e)
			}
			if err == nil {
				if _, err := DecodeEvent(s.JSON()); err != nil {
					t.Fatalf("%+v: %v: %s", o, err, s.JSON())
				}
			}
		}
	}
}

// The wall clock jumps forward, as on a machine that boots in 1970 and then hears of NTP.
func TestAJumpOfTheClockExpiresNothing(t *testing.T) {
	s := &fakeSink{}
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
	enc := d.plan.Load().sealer.sanitizer.Encoder()
	rec, err := d.plan.Load().sealer.appendRecord(nil, enc, &draft{name: "x"}, nil, time.Now().Add(-80*time.Hour)) // what the clock said a second ago
	enc.Release()
	if err != nil {
		t.Fatal(err)
	}
	_ = d.log.Append(context.Background(), rec)
	_ = d.Flush(context.Background())
	if got := d.Stats().Sinks["a"]; got.Delivered != 1 {
		t.Errorf("%+v", got)
	}
	closeOrFail(t, d)
}

// Eight bad events at the head of a batch take all their neighbours with them.
func TestAFewBadEventsInARowLoseNoNeighbour(t *testing.T) {
	for _, bad := range []int{2, 3, 4, 5, 6, 8, 20, 100} {
		synctest.Test(t, func(t *testing.T) {
			names := numbered(500)
			s := &fakeSink{answer: refuseAny(Permanent, names[:bad]...)}
			d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
			track(t, d, names...)
			closeOrFail(t, d)
			if got := len(s.taken()); got != 500-bad {
				t.Errorf("%d of 500 bad, in a row: %d good ones delivered of %d, %d requests", bad, got, 500-bad, s.requests())
			}
		})
	}
}

// A dead letter tells how often it was sent, in whatever batch.
func TestADeadLetterCountsItsAttempts(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := numbered(8)
		s := &fakeSink{answer: refuseAny(Permanent, names[0])}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, names...)
		closeOrFail(t, d)
		sent := 0
		for _, call := range s.calls {
			if slices.Contains(call, names[0]) {
				sent++
			}
		}
		if got := d.DeadLetters("a")[0].Attempts; got != sent {
			t.Errorf("it was sent %d times, the dead letter says %d", sent, got)
		}
	})
}

// Too-large halves use up the budget of the search for a bad event.
func TestTooLargeDoesNotUseUpTheSearch(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		names := numbered(64)
		s := &fakeSink{}
		s.set(func(_ context.Context, batch []string) error {
			switch {
			case len(batch) == 64, slices.Contains(batch, names[63]) && len(batch) <= 2:
				return Permanent(errDown)
			case len(batch) > 2:
				return TooLarge(errDown)
			}
			return nil
		})
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		track(t, d, names...)
		closeOrFail(t, d)
		if got := d.Stats().Sinks["a"]; got.Delivered != 63 {
			t.Errorf("%d requests: %+v", s.requests(), got)
		}
	})
}
