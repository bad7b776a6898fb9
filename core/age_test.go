package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"testing/synctest"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// expectAge makes sure for how long the oldest event has waited that a sink has not finished.
func expectAge(t *testing.T, d *Dispatcher, sink string, want time.Duration) {
	t.Helper()
	synctest.Wait()
	s := d.Stats().Sinks[sink]
	if got := s.OldestEventAge; got == nil || *got != want.Seconds() {
		t.Errorf("%s: the oldest of %d events has waited %s, want %v", sink, s.Queued, ageText(got), want)
	}
}

func ageText(age *float64) string {
	if age == nil {
		return "for an unknown time"
	}
	return fmt.Sprintf("%vs", *age)
}

func TestTheAgeOfTheOldestEventIsSinceItWasAccepted(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		well, ill := &fakeSink{}, &fakeSink{answer: down}
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("well", well), sinkOf("ill", ill)}})
		expectAge(t, d, "ill", 0)
		time.Sleep(time.Hour)
		expectAge(t, d, "ill", 0)
		track(t, d, "a")
		expectAge(t, d, "ill", 0)
		time.Sleep(3 * time.Minute)
		track(t, d, "b")
		expectAge(t, d, "ill", 3*time.Minute)
		time.Sleep(90 * time.Second)
		expectAge(t, d, "ill", 270*time.Second)
		expectAge(t, d, "well", 0)
		ill.set(nil)
		time.Sleep(time.Hour)
		expectAge(t, d, "ill", 0)
		closeOrFail(t, d)
		expectAge(t, d, "ill", 0)
	})
}

func TestTheAgeIsThatOfWhatIsUnfinishedWhateverWasFinishedOutOfOrder(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink := &fakeSink{}
		free := map[string]chan struct{}{"a": make(chan struct{}), "b": make(chan struct{}), "c": make(chan struct{})}
		sink.set(func(_ context.Context, names []string) error { <-free[names[0]]; return nil })
		cfg := sinkOf("slow", sink)
		cfg.Concurrency, cfg.Batch.MaxEvents, cfg.Timeout = 2, 1, 2*time.Hour
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		for _, name := range []string{"a", "b", "c"} { // c waits for a place
			track(t, d, name)
			time.Sleep(time.Minute)
		}
		expectAge(t, d, "slow", 3*time.Minute)
		close(free["b"])
		expectAge(t, d, "slow", 3*time.Minute) // a is in hand still
		close(free["a"])
		expectAge(t, d, "slow", time.Minute)
		close(free["c"])
		expectAge(t, d, "slow", 0)
		closeOrFail(t, d)
	})
}

func TestTheAgeIsThatOfWhatIsLeftOfABatch(t *testing.T) {
	for _, c := range []struct {
		what   string
		answer func(context.Context, []string) error
		want   int // the oldest of events that came a minute apart; -1: none
	}{
		{"all of it", down, 0},
		{"what was not taken", func(_ context.Context, names []string) error {
			partial := &BatchError{}
			for i, name := range names {
				if name > "e2" {
					partial.Fail(i, errDown)
				}
			}
			return partial.OrNil()
		}, 3},
		{"what waits by itself", func(_ context.Context, names []string) error {
			partial := &BatchError{}
			for i, name := range names {
				if name == "e4" {
					partial.Fail(i, RetryAfter(time.Hour, errDown))
				}
			}
			return partial.OrNil()
		}, 4},
		{"the half that fails", func(_ context.Context, names []string) error {
			if slices.Contains(names, "e5") {
				return errDown
			}
			return nil
		}, 5},
		{"the part that waits its turn", func(_ context.Context, names []string) error {
			switch {
			case len(names) > 3:
				return TooLarge(errDown)
			case names[0] == "e3":
				return Unauthorized(errDown)
			}
			return nil
		}, 3},
		{"nothing, for it is dead", func(context.Context, []string) error { return Refused(errDown) }, -1},
	} {
		t.Run(c.what, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				sink := &fakeSink{answer: c.answer}
				cfg := sinkOf("a", sink)
				cfg.Batch = BatchConfig{MaxEvents: 6, MaxWait: time.Hour}
				d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
				for i := range 6 {
					expectAge(t, d, "a", time.Duration(i)*time.Minute)
					track(t, d, fmt.Sprint("e", i))
					time.Sleep(time.Minute)
				}
				time.Sleep(10 * time.Minute)
				want := time.Duration(0)
				if c.want >= 0 {
					want = time.Duration(16-c.want) * time.Minute
				}
				expectAge(t, d, "a", want)
				sink.set(nil)
				time.Sleep(3 * time.Hour)
				expectAge(t, d, "a", 0)
				closeOrFail(t, d)
			})
		})
	}
}

func TestTheAgeIsThatOfPartsOfABatchThatAreNotTriedYet(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, free := &fakeSink{}, make(chan struct{})
		sink.set(func(_ context.Context, names []string) error {
			if names[0] == "e08" && len(names) == 8 { // the search goes on with the largest part
				<-free
			}
			return Permanent(errDown)
		})
		cfg := sinkOf("a", sink)
		cfg.Timeout, cfg.Batch = time.Hour, BatchConfig{MaxEvents: 16, MaxWait: time.Hour}
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		for i := range 16 {
			track(t, d, fmt.Sprintf("e%02d", i))
			time.Sleep(time.Minute)
		}
		oldest := len(d.DeadLetters("a")) // the first were tried one by one
		if oldest == 0 || oldest >= 8 {
			t.Errorf("%d are dead", oldest)
		}
		expectAge(t, d, "a", time.Duration(16-oldest)*time.Minute)
		close(free)
		expectAge(t, d, "a", 0)
		closeOrFail(t, d)
	})
}

func TestTheAgeIsThatOfWhatPassesTheFilterOnceItHas(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		asked, free := make(chan struct{}), make(chan struct{})
		cfg := sinkOf("a", &fakeSink{})
		cfg.Batch.MaxWait = time.Hour
		cfg.When = func(s Sealed) bool {
			if s.Name() == "old" {
				close(asked)
				<-free
			}
			return s.Name() == "wanted"
		}
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		track(t, d, "first") // after it the worker waits until the sink is resumed
		_ = d.Pause("a")
		synctest.Wait()
		for _, name := range []string{"old", "other", "wanted", "other"} {
			track(t, d, name)
			time.Sleep(time.Minute)
		}
		expectAge(t, d, "a", 4*time.Minute)
		_ = d.Resume("a")
		<-asked
		expectAge(t, d, "a", 4*time.Minute) // the filter has not answered
		close(free)
		expectAge(t, d, "a", 2*time.Minute) // it waits for its batch
		time.Sleep(time.Hour)
		expectAge(t, d, "a", 0)
		closeOrFail(t, d)
	})
}

func TestTheAgeForgetsWhatWasDroppedDiscardedOrFiltered(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		ill := sinkOf("ill", &fakeSink{answer: func(context.Context, []string) error { return Unauthorized(errDown) }})
		picky := sinkOf("picky", &fakeSink{answer: down})
		picky.Events = []string{"b*"}
		d := newTest(t, Config{Sinks: []SinkConfig{ill, picky}, Queue: QueueConfig{MaxBytes: 20 << 10}})
		track(t, d, "a")
		time.Sleep(time.Minute)
		track(t, d, "bb")
		time.Sleep(time.Minute)
		expectAge(t, d, "picky", time.Minute)
		expectAge(t, d, "ill", 2*time.Minute) // in hand, where it is not dropped
		track(t, d, numbered(1000)...)
		time.Sleep(time.Hour)
		s := d.Stats().Sinks["ill"]
		if s.Overflowed == 0 || s.OldestEventAge == nil || *s.OldestEventAge != 62*60 {
			t.Errorf("after an overflow: %+v, %s", s, ageText(s.OldestEventAge))
		}
		_ = d.Reload(Config{Sinks: []SinkConfig{ill, picky}, Queue: QueueConfig{MaxBytes: 20 << 10}})
		expectAge(t, d, "ill", 62*time.Minute) // given back, and not dropped
		d.SetDoNotTrack(true)
		expectAge(t, d, "ill", 0)
		expectAge(t, d, "picky", 0)
		_ = d.Close(t.Context())
	})
}

func TestTheAgeOfWhatWasDroppedForRoomIsThatOfTheNext(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, free := &fakeSink{}, make(chan struct{})
		sink.set(func(context.Context, []string) error { <-free; return nil })
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", sink)}, Queue: QueueConfig{MaxBytes: 20 << 10}})
		track(t, d, "first")
		time.Sleep(8 * time.Second)
		_ = d.Pause("a")
		close(free) // nothing is in hand any more
		synctest.Wait()
		begun, names := time.Now(), numbered(400)
		for _, name := range names {
			track(t, d, name)
			time.Sleep(time.Second)
		}
		s := d.Stats().Sinks["a"]
		if s.Overflowed == 0 || s.Queued+s.Overflowed != 400 {
			t.Fatalf("%+v", s)
		}
		expectAge(t, d, "a", time.Since(begun)-time.Duration(s.Overflowed)*time.Second)
		_ = d.Close(t.Context())
	})
}

func TestTheAgeOfABacklogOnDiskOutlivesTheProcess(t *testing.T) {
	dir := t.TempDir()
	synctest.Test(t, func(t *testing.T) {
		opened, sink := 0, &fakeSink{answer: down}
		cfg := storedIn(dir, sink, &opened)
		state := WithStateDir(t.TempDir())
		start := func() *Dispatcher {
			d, err := New(cfg, quiet, state)
			if err != nil {
				t.Fatal(err)
			}
			return d
		}
		d := start()
		for i := range 700 { // more than a batch
			track(t, d, fmt.Sprint("e", i))
			time.Sleep(time.Second)
		}
		expectAge(t, d, "out", 700*time.Second)
		_ = d.Close(shortly(t))
		time.Sleep(24 * time.Hour)
		d = start()
		_ = d.Pause("out")
		expectAge(t, d, "out", 24*time.Hour+700*time.Second)
		_ = d.Resume("out")
		time.Sleep(2 * time.Hour)
		expectAge(t, d, "out", 26*time.Hour+700*time.Second)
		sink.set(nil)
		time.Sleep(2 * time.Hour)
		expectAge(t, d, "out", 0)
		closeOrFail(t, d)
	})
}

// oldLog has cursors that do not tell anything.
type oldLog struct{ queue.Log }

type oldCursor struct{ queue.Cursor }

func (l oldLog) Cursor(name string) queue.Cursor { return oldCursor{l.Log.Cursor(name)} }

func (l oldLog) Snapshot(cursors []queue.Cursor, into []queue.Position) (end, appended uint64) {
	cursors = slices.Clone(cursors)
	for i, c := range cursors {
		cursors[i] = c.(oldCursor).Cursor
	}
	return l.Log.Snapshot(cursors, into)
}

func TestWithAQueueThatCannotTellTheAgeIsThatOfWhatIsInHand(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		sink, free := &fakeSink{}, make(chan struct{})
		sink.set(func(context.Context, []string) error { <-free; return nil })
		cfg := Config{Sinks: []SinkConfig{sinkOf("a", sink)}}
		cfg.Queue.Open = func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return oldLog{queue.NewMemory(1<<20, onFull)}, nil
		}
		d := newTest(t, cfg)
		expectAge(t, d, "a", 0)
		track(t, d, "e")
		time.Sleep(8 * time.Second)
		track(t, d, "f")
		expectAge(t, d, "a", 8*time.Second)
		_ = d.Pause("a")
		close(free)
		synctest.Wait()
		if s := d.Stats().Sinks["a"]; s.OldestEventAge != nil || s.Queued != 1 {
			t.Errorf("%d events, of which the oldest is %s old", s.Queued, ageText(s.OldestEventAge))
		}
		sink.set(down)
		_ = d.Resume("a")
		time.Sleep(time.Minute)
		expectAge(t, d, "a", time.Minute)
		_ = d.Close(shortly(t))
	})
}

func TestTheAgeOfAnUnlinkableEventIsKnownBetterThanItsTime(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		time.Sleep(20 * time.Minute)
		d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{answer: down})}})
		time.Sleep(10 * time.Minute)
		_ = d.Pause("a")
		unlinkable := Event{Name: "e", Unlinkable: true}
		enqueue := func() {
			if err := d.Enqueue(t.Context(), unlinkable); err != nil {
				t.Fatal(err)
			}
		}
		enqueue()
		time.Sleep(5 * time.Minute)
		expectAge(t, d, "a", 15*time.Minute) // not older than the dispatcher
		for range 4 * 60 * 4 {               // scrapes, of which not all are remembered
			time.Sleep(15 * time.Second)
			enqueue()
			_ = d.Stats()
		}
		d.SetDoNotTrack(true)
		synctest.Wait()
		d.SetDoNotTrack(false)
		enqueue()
		begun := time.Now()
		for time.Since(begun) < 40*time.Hour {
			s := d.Stats().Sinks["a"]
			want := time.Since(begun).Seconds()
			if got := s.OldestEventAge; s.Queued != 1 || got == nil || *got < want || *got > want*17/16+60 {
				t.Errorf("%d events, after %vs the oldest is %s old", s.Queued, want, ageText(got))
				break
			}
			time.Sleep(10 * time.Minute)
			d.horizon.note(uint64(10_000+time.Since(begun)), time.Now()) // as if others had come
		}
		if n := len(d.horizon.marks); n > maxMarks {
			t.Errorf("%d marks are kept", n)
		}
		_ = d.Resume("a")
		time.Sleep(time.Minute)
		if got := d.Stats().Sinks["a"].OldestEventAge; got == nil || *got > 43*3600 || *got < 40*3600 { // in hand, too
			t.Error(ageText(got))
		}
		_ = d.Close(shortly(t))
	})
}

func TestAClockThatIsSetBackMakesNoEventYoungerThanNew(t *testing.T) {
	h := &horizon{}
	l := &lane{}
	now := time.Now()
	age := l.age(1, queue.Position{Unread: 1}, head{at: now.Add(time.Hour)}, h, now)
	if age == nil || *age != 0 {
		t.Error(ageText(age))
	}
}

func TestTheAgeOfWhatCameWhileItWasLookedForIsKnown(t *testing.T) {
	now := time.Now()
	nothing := head{place: 5, begun: mark{5, now.Add(-2 * time.Second)}}
	for next, want := range map[uint64]string{5: "2s", 9: "2s", 4: "for an unknown time"} { // 4 was given back
		age := (&lane{}).age(1, queue.Position{Unread: 1, Next: next}, nothing, &horizon{}, now)
		if got := ageText(age); got != want {
			t.Errorf("the event at place %d has waited %s, want %s", next, got, want)
		}
	}
}

func TestAskingForTheAgeWhileEventsFlowIsSafe(t *testing.T) {
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{}), sinkOf("b", &fakeSink{answer: func(_ context.Context, names []string) error {
		if len(names) > 1 {
			return TooLarge(errors.New("more than one"))
		}
		return nil
	}})}})
	stop := make(chan struct{})
	go func() {
		defer close(stop)
		for i := range 20_000 {
			_ = d.Track(t.Context(), fmt.Sprint("e", i%10))
		}
	}()
	for done := false; !done; {
		select {
		case <-stop:
			done = true
		default:
		}
		for name, s := range d.Stats().Sinks {
			if age := s.OldestEventAge; age == nil || *age > 60 || s.Queued == 0 && *age != 0 {
				t.Fatalf("%s: %d events, the oldest %s old", name, s.Queued, ageText(age))
			}
		}
	}
	_ = d.Close(shortly(t))
}

// BenchmarkStatsOfAMillionQueued is what a scrape costs the dispatcher: with a sink that is down, and with one that
// takes an event between any two scrapes, so that the log has to look again.
func BenchmarkStatsOfAMillionQueued(b *testing.B) {
	const events = 1_000_000
	for name, open := range map[string]func(int64, queue.OnFull) (queue.Log, error){
		"memory": func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return queue.NewMemory(maxBytes, onFull), nil
		},
		"disk": func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return disk.Open(disk.Config{Dir: b.TempDir(), MaxBytes: maxBytes, OnFull: onFull})
		},
	} {
		b.Run(name, func(b *testing.B) {
			d := newTest(b, Config{
				Sinks: []SinkConfig{sinkOf("a", &fakeSink{answer: func(context.Context, []string) error { return Unauthorized(errDown) }})},
				Queue: QueueConfig{MaxBytes: 1 << 30, Open: open},
			})
			defer d.Close(shortly(b))
			sealed, err := Seal(Config{}, Event{Name: "run", Props: Props{"seconds": 12, "flow": "f1"}})
			if err != nil {
				b.Fatal(err)
			}
			recs := make([][]byte, 1000)
			for i := range recs {
				recs[i] = sealed.rec
			}
			for range events / len(recs) {
				if _, err := d.log.AppendAll(b.Context(), recs); err != nil {
					b.Fatal(err)
				}
			}
			for moving, step := range map[string]int{"stands": 0, "moves": 1} {
				b.Run(moving, func(b *testing.B) {
					for b.Loop() {
						if step > 0 {
							b.StopTimer()
							run, _ := d.lanes()[0].cursor.Fetch(step, 1<<20, true)
							run.Done()
							b.StartTimer()
						}
						if s := d.Stats().Sinks["a"]; s.OldestEventAge == nil {
							b.Fatalf("%+v", s)
						}
					}
				})
			}
		})
	}
}
