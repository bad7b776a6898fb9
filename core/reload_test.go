package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"sync"
	"sync/atomic"
	"testing"
	"testing/synctest"
	"time"
)

// fingerprinted is a sink that a reload can tell from a changed one.
func fingerprinted(name, print string, open func() (Sink, error)) SinkConfig {
	return SinkConfig{Name: name, Reach: ReachLocal, Fingerprint: print, Open: open}
}

func opens(s Sink) func() (Sink, error) { return func() (Sink, error) { return s, nil } }

func reloadOrFail(t testing.TB, d *Dispatcher, sinks ...SinkConfig) {
	t.Helper()
	if err := d.Reload(Config{Sinks: sinks}); err != nil {
		t.Fatal(err)
	}
	checkBalance(t, d.Stats())
}

func TestAReloadTakesTheBacklogAlong(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		before, after := &fakeSink{answer: down}, &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{fingerprinted("a", "1", opens(before))}})
		names := numbered(1200)
		track(t, d, names...)
		time.Sleep(time.Minute)
		reloadOrFail(t, d, fingerprinted("a", "2", opens(after)))
		if err := d.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		got := after.taken()
		slices.Sort(got)
		if !slices.Equal(got, names) {
			t.Errorf("%d of %d came to the sink that was changed", len(got), len(names))
		}
		if k := d.Stats().Sinks["a"]; k.Delivered != 1200 || k.Retries == 0 {
			t.Errorf("the books did not come along: %+v", k)
		}
		synctest.Wait() // the old is closed in the background
		if before.closed != 1 || after.closed != 0 {
			t.Errorf("closed the old %d times, the new %d times", before.closed, after.closed)
		}
		closeOrFail(t, d)
		checkBalance(t, d.Stats())
	})
}

func TestAReloadLeavesWhatIsTheSameUndisturbed(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		same := &fakeSink{answer: func(ctx context.Context, _ []string) error {
			select {
			case <-time.After(8 * time.Second):
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		}}
		d := newTest(t, Config{Sinks: []SinkConfig{
			fingerprinted("same", "1", opens(same)), fingerprinted("gone", "1", opens(&fakeSink{answer: hang})),
		}})
		track(t, d, "a")
		time.Sleep(time.Second) // it is being sent
		added := &fakeSink{}
		begin := time.Now()
		reloadOrFail(t, d, fingerprinted("same", "1", func() (Sink, error) { return nil, errors.New("opened again") }),
			fingerprinted("added", "1", opens(added)))
		if took := time.Since(begin); took > retireGrace+time.Second {
			t.Errorf("the reload took %v", took)
		}
		track(t, d, "b")
		if err := d.Flush(t.Context()); err != nil {
			t.Error(err)
		}
		if got := same.taken(); !slices.Equal(got, []string{"a", "b"}) || same.requests() != 2 || same.closed > 0 {
			t.Errorf("the sink that did not change took %v in %d requests, and was closed %d times", got, same.requests(), same.closed)
		}
		if got := added.taken(); !slices.Equal(got, []string{"b"}) {
			t.Errorf("the sink that was added took %v", got)
		}
		stats := d.Stats()
		if _, there := stats.Sinks["gone"]; there || stats.Sinks["added"].Reasons[reasonAddedLater] != 1 {
			t.Errorf("%+v", stats.Sinks)
		}
		checkBalance(t, stats)
		closeOrFail(t, d)
		checkBalance(t, d.Stats())
	})
}

func TestAReloadThatCannotOpenASinkChangesNothing(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, opened := &fakeSink{}, &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{fingerprinted("a", "1", opens(s))}})
		for name, c := range map[string]Config{
			"a sink that cannot be opened": {Sinks: []SinkConfig{
				fingerprinted("b", "1", opens(opened)),
				fingerprinted("a", "2", func() (Sink, error) { return nil, errors.New("no") }),
			}},
			"two of a name":    {Sinks: []SinkConfig{sinkOf("x", opened), sinkOf("x", opened)}},
			"a bad glob":       {Sinks: []SinkConfig{{Name: "x", Sink: opened, Events: []string{"["}, Batch: BatchConfig{MaxEvents: -1}}}},
			"a sink with none": {Sinks: []SinkConfig{{Name: "x"}}},
		} {
			if err := d.Reload(c); err == nil {
				t.Errorf("%s: no error", name)
			}
		}
		synctest.Wait()
		if opened.closed != 1 {
			t.Errorf("a sink that was opened in vain was closed %d times", opened.closed)
		}
		track(t, d, "a")
		closeOrFail(t, d)
		if got := s.taken(); !slices.Equal(got, []string{"a"}) {
			t.Errorf("took %v", got)
		}
		if err := d.Reload(Config{}); !errors.Is(err, ErrClosed) {
			t.Errorf("a reload after Close: %v", err)
		}
	})
}

func TestAReloadChangesWhetherThereIsTracking(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		made := 0
		open := func() (Sink, error) { made++; return &fakeSink{answer: down}, nil }
		d := newTest(t, Config{DoNotTrack: true, Sinks: []SinkConfig{fingerprinted("a", "1", open)}})
		if made > 0 || d.Tracking() {
			t.Fatal("a sink was made although tracking is off")
		}
		reloadOrFail(t, d, fingerprinted("a", "1", open))
		if made != 1 || !d.Tracking() {
			t.Errorf("tracking did not start: %d sinks made", made)
		}
		track(t, d, numbered(10)...)
		if err := d.Reload(Config{DoNotTrack: true, Sinks: []SinkConfig{fingerprinted("a", "2", open)}}); err != nil {
			t.Fatal(err)
		}
		time.Sleep(time.Second)
		if k := d.Stats().Sinks["a"]; made != 1 || d.Tracking() || k.Filtered != 10 || k.Queued != 0 {
			t.Errorf("%d made; %+v", made, k)
		}
		checkBalance(t, d.Stats())
		closeOrFail(t, d)
	})
}

func TestReloadsUnderLoadLoseNothing(t *testing.T) {
	var took sync.Map
	opener := func() (Sink, error) {
		return SinkFunc(func(_ context.Context, batch []Sealed) error {
			for i := range batch {
				n, _ := took.LoadOrStore(batch[i].Name(), new(atomic.Int32))
				n.(*atomic.Int32).Add(1)
			}
			return nil
		}), nil
	}
	d := newTest(t, Config{Sinks: []SinkConfig{fingerprinted("a", "0", opener)}})
	const producers, each = 4, 3000
	var producing sync.WaitGroup
	for p := range producers {
		producing.Go(func() {
			for i := range each {
				if err := d.Track(context.Background(), fmt.Sprint(p, "-", i)); err != nil {
					t.Error(err)
				}
				if i%100 == 0 {
					time.Sleep(time.Millisecond)
				}
			}
		})
	}
	stop := make(chan struct{})
	var looking sync.WaitGroup
	looking.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				if problem := imbalance(d.Stats()); problem != "" {
					t.Errorf("the books do not balance %s", problem)
					return
				}
			}
		}
	})
	for i := range 40 {
		sinks := []SinkConfig{fingerprinted("a", fmt.Sprint(i), opener)}
		if i%2 == 0 {
			sinks = append(sinks, fingerprinted("b", fmt.Sprint(i/4), opens(&fakeSink{})))
		}
		reloadOrFail(t, d, sinks...)
	}
	producing.Wait()
	close(stop)
	looking.Wait()
	closeOrFail(t, d)
	n, twice := 0, 0
	took.Range(func(_, v any) bool {
		n++
		if v.(*atomic.Int32).Load() > 1 {
			twice++
		}
		return true
	})
	if n != producers*each || twice > 0 {
		t.Errorf("%d of %d came, %d of them twice", n, producers*each, twice)
	}
	checkBalance(t, d.Stats())
}

func TestCloseDoesNotWaitForAReload(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		healthy := &fakeSink{}
		d := newTest(t, Config{Sinks: []SinkConfig{
			fingerprinted("healthy", "1", opens(healthy)), fingerprinted("a", "1", opens(&fakeSink{answer: hang})),
		}})
		track(t, d, numbered(10)...)
		time.Sleep(time.Second)
		go func() {
			_ = d.Reload(Config{Sinks: []SinkConfig{fingerprinted("healthy", "1", opens(healthy)), fingerprinted("a", "2", opens(&fakeSink{}))}})
		}()
		time.Sleep(time.Second)
		ctx, cancel := context.WithTimeout(t.Context(), 2*time.Second)
		defer cancel()
		begin := time.Now()
		_ = d.Close(ctx)
		if took := time.Since(begin); took > 2*time.Second {
			t.Errorf("Close took %v", took)
		}
		if len(healthy.taken()) != 10 {
			t.Errorf("the sink that did not change got %d of 10", len(healthy.taken()))
		}
		checkBalance(t, d.Stats())
		time.Sleep(time.Minute)
	})
}

func TestWhatWasRedactedIsCountedByKindThroughAReload(t *testing.T) {
	d := newTest(t, Config{Sinks: []SinkConfig{sinkOf("a", &fakeSink{})}})
	emit := func() {
		t.Helper()
		if err := d.Enqueue(t.Context(), Event{Name: "run", Props: Props{"password": "swordfish", "seconds": 3}}); err != nil {
			t.Fatal(err)
		}
	}
	if got := d.Stats().Redactions; got != nil {
		t.Errorf("before any: %v", got)
	}
	emit()
	if err := d.Reload(Config{Sinks: []SinkConfig{sinkOf("b", &fakeSink{})}}); err != nil {
		t.Fatal(err)
	}
	emit()
	closeOrFail(t, d)
	if got := d.Stats().Redactions; len(got) != 1 || got["password"] != 2 {
		t.Errorf("got %v", got)
	}
}
