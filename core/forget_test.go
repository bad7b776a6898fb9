package core

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
)

func by(user, name string) Event { return Event{Name: name, UserID: user} }

// enqueueAll reports events, and fails the test if one is not taken.
func enqueueAll(t testing.TB, d *Dispatcher, events ...Event) {
	t.Helper()
	for _, e := range events {
		if err := d.Enqueue(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
}

// balance fails the test unless the books of a sink balance.
func balance(t testing.TB, d *Dispatcher, sink string) SinkStats {
	t.Helper()
	stats := d.Stats()
	s := stats.Sinks[sink]
	ends := s.Delivered + s.Filtered + s.SampledOut + s.DeadLettered + s.Expired + s.Overflowed + s.Queued
	if stats.Books.Accepted+s.Recovered != ends {
		t.Errorf("%s: accepted %d + recovered %d, but %d are accounted for: %+v", sink, stats.Books.Accepted, s.Recovered, ends, s)
	}
	return s
}

func forget(t testing.TB, d *Dispatcher, who Person) Forgotten {
	t.Helper()
	f, err := d.Forget(t.Context(), who)
	if err != nil {
		t.Fatal(err)
	}
	return f
}

func TestForgettingAPersonErasesWhatIsQueuedAndLeavesOthersAlone(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		up, dead := &fakeSink{}, &fakeSink{answer: down}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("up", up), sinkOf("down", dead)}})
		for i := range 50 {
			enqueueAll(t, d, by("ada", fmt.Sprint("ada", i)), by("bob", fmt.Sprint("bob", i)))
		}
		time.Sleep(10 * time.Second) // one sink has everything, the other has it in hand
		if f := forget(t, d, Person{UserID: "ada"}); f.Events != 50 {
			t.Errorf("%+v, want 50 events", f)
		}
		dead.set(nil)
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		for _, name := range dead.taken() {
			if strings.HasPrefix(name, "ada") {
				t.Errorf("%s was sent after she was forgotten", name)
			}
		}
		if n := len(dead.taken()); n != 50 {
			t.Errorf("%d events of others were delivered, want 50", n)
		}
		s := balance(t, d, "down")
		if s.Delivered != 50 || s.Filtered != 50 || s.Reasons[reasonForgotten] != 50 {
			t.Errorf("%+v", s)
		}
		if s := balance(t, d, "up"); s.Delivered != 100 {
			t.Errorf("%+v", s)
		}
		enqueueAll(t, d, by("ada", "again"))
		closeOrFail(t, d)
		if !slices.Contains(dead.taken(), "again") {
			t.Error("who was forgotten cannot be tracked again")
		}
	})
}

func TestForgettingFindsAPersonByTheAnonymousIDAndByAnAlias(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: down}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		enqueueAll(t, d,
			Event{Name: "visit", AnonymousID: "cookie-7"},
			Event{Name: "alias", Kind: KindAlias, UserID: "ada", Props: Props{"previousId": "cookie-7"}},
			Event{Name: "other", AnonymousID: "cookie-8"},
			Event{Name: "named", UserID: "cookie-7"}, // a user's id is not an anonymous one
		)
		if f := forget(t, d, Person{AnonymousID: "cookie-7"}); f.Events != 2 {
			t.Errorf("%+v, want 2 events", f)
		}
		s.set(nil)
		closeOrFail(t, d)
		if got := s.taken(); !slices.Equal(got, []string{"other", "named"}) {
			t.Errorf("delivered: %v", got)
		}
	})
}

func TestForgettingErasesDeadLetters(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: func(context.Context, []string) error { return Refused(errDown) }}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", s)}})
		for i := range 20 {
			enqueueAll(t, d, by("ada", fmt.Sprint("ada", i)), by("bob", fmt.Sprint("bob", i)))
		}
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
		if f := forget(t, d, Person{UserID: "ada"}); f.DeadLetters["a"] != 20 {
			t.Errorf("%+v, want 20 dead letters", f)
		}
		letters := d.DeadLetters("a")
		for _, l := range letters {
			if l.sealed.UserID() != "bob" {
				t.Errorf("there is a letter of %s", l.sealed.UserID())
			}
		}
		if len(letters) != 20 {
			t.Errorf("%d letters are left, want 20", len(letters))
		}
		s.set(nil)
		got, err := d.ReplayDeadLetters(t.Context(), "a", ReplayOptions{Rate: 1e6})
		if err != nil || got.Accepted != 20 {
			t.Errorf("%+v, %v", got, err)
		}
		if n := d.CountDeadLetters("a"); n != 0 {
			t.Errorf("%d letters are left", n)
		}
		balance(t, d, "a")
		closeOrFail(t, d)
	})
}

// The ids are matched as they were sealed, and not as they were given.
func TestForgettingKnowsThePseudonymOfAPerson(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: down}
		privacy := sanitize.Options{Action: "hash", HashKey: []byte(strings.Repeat("k", 32))}
		d := newTest(t, Config{Privacy: privacy, Sinks: []SinkConfig{sinkOf("a", s)}})
		enqueueAll(t, d, by("ada@example.com", "x"), by("Ada@Example.com", "y"), by("bob@example.com", "z"))
		if f := forget(t, d, Person{UserID: "ada@example.com"}); f.Events != 2 {
			t.Errorf("%+v, want 2 events: a pseudonym does not go by the case of an address", f)
		}
		s.set(nil)
		closeOrFail(t, d)
		if got := s.taken(); !slices.Equal(got, []string{"z"}) {
			t.Errorf("delivered: %v", got)
		}
	})
}

func TestNobodyIsNotForgotten(t *testing.T) {
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}})
	for _, who := range []Person{{}, {UserID: "null"}, {AnonymousID: "anonymous"}} {
		if _, err := d.Forget(t.Context(), who); err == nil {
			t.Errorf("%+v was forgotten", who)
		}
	}
	closeOrFail(t, d)
	if _, err := d.Forget(t.Context(), Person{UserID: "ada"}); err == nil {
		t.Error("a closed dispatcher forgets")
	}
}

// What is in flight when a person is forgotten is cut off after a while, and not sent again.
func TestForgettingCutsOffASendThatHangs(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: hang}
		sink := sinkOf("a", s)
		sink.Timeout = time.Hour
		d := newTest(t, Config{Sinks: []SinkConfig{sink}})
		enqueueAll(t, d, by("ada", "ada"), by("bob", "bob"))
		time.Sleep(time.Second)
		began := time.Now()
		forget(t, d, Person{UserID: "ada"})
		if took := time.Since(began); took > retireGrace+time.Second {
			t.Errorf("it took %v", took)
		}
		s.set(nil)
		for range 3 { // whoever had it in hand does not bring it back
			if err := d.Flush(t.Context()); err != nil {
				t.Fatal(err)
			}
			forget(t, d, Person{UserID: "nobody in particular"})
		}
		closeOrFail(t, d)
		if got := s.taken(); !slices.Equal(got, []string{"bob"}) {
			t.Errorf("delivered: %v", got)
		}
		balance(t, d, "a")
	})
}

// A sink that was cut off by a reload must not have its events once more after the next.
func TestWhatASinkHadInHandAtAReloadIsDeliveredOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s := &fakeSink{answer: hang}
		sink := sinkOf("a", s)
		sink.Timeout = time.Hour
		cfg := Config{Sinks: []SinkConfig{sink}}
		d := newTest(t, cfg)
		enqueueAll(t, d, by("ada", "once"))
		time.Sleep(time.Second)
		for range 3 {
			if err := d.Reload(cfg); err != nil {
				t.Fatal(err)
			}
			s.set(nil)
			time.Sleep(time.Minute)
		}
		closeOrFail(t, d)
		if got := s.taken(); !slices.Equal(got, []string{"once"}) {
			t.Errorf("delivered: %v", got)
		}
		balance(t, d, "a")
	})
}

func TestForgettingBesideEverythingElseKeepsTheBooks(t *testing.T) {
	s := &fakeSink{}
	sink := sinkOf("a", s)
	sink.Batch = BatchConfig{MaxEvents: 7, MaxWait: time.Millisecond}
	d := newTest(t, Config{Sinks: []SinkConfig{sink}})
	var wg sync.WaitGroup
	for p := range 4 {
		wg.Go(func() {
			for i := range 500 {
				_ = d.Enqueue(context.Background(), by(fmt.Sprint("user", p), fmt.Sprintf("e%d", i)))
			}
		})
	}
	wg.Go(func() {
		for range 10 {
			if _, err := d.Forget(context.Background(), Person{UserID: "user2"}); err != nil {
				t.Error(err)
			}
			balance(t, d, "a")
		}
	})
	wg.Wait()
	if err := d.Flush(t.Context()); err != nil {
		t.Fatal(err)
	}
	st := balance(t, d, "a")
	if st.Queued > 0 || st.Delivered+st.Reasons[reasonForgotten] != 2000 {
		t.Errorf("%+v", st)
	}
	closeOrFail(t, d)
}

// stubborn is a log that cannot erase.
type stubborn struct{ queue.Log }

func TestALogThatCannotEraseSaysSo(t *testing.T) {
	d := newTest(t, Config{
		Sinks: []SinkConfig{sinkOf("a", &fakeSink{})},
		Queue: QueueConfig{Open: func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return stubborn{queue.NewMemory(1<<20, onFull)}, nil
		}},
	})
	if _, err := d.Forget(t.Context(), Person{UserID: "ada"}); err == nil {
		t.Error("nothing was erased, and nobody told")
	}
	closeOrFail(t, d)
}
