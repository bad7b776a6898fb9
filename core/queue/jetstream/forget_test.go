package jetstream

import (
	"context"
	"fmt"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
)

// One call is enough for all replicas, whose sinks have the person's events in hand and cannot deliver them.
func TestForgettingAtOneReplicaReachesTheOthers(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	receivers := []*receiver{{away: true, got: map[string]int{}}, {away: true, got: map[string]int{}}}
	var replicas []*core.Dispatcher
	for _, r := range receivers {
		replicas = append(replicas, dispatch(t, s, r))
	}
	for i := range 60 {
		e := core.Event{ID: fmt.Sprint("bob-", i), Name: "run", UserID: "bob"}
		if i%3 == 0 {
			e = core.Event{ID: fmt.Sprint("ada-", i), Name: "run", UserID: "ada"}
		}
		if v, err := replicas[i/20%2].Offer(context.Background(), e); v != core.Accepted {
			t.Fatalf("event %d: %v, %v", i, v, err)
		}
	}
	for i, d := range replicas {
		eventually(t, fmt.Sprintf("replica %d has tried", i), func() bool { return d.Stats().Sinks["receiver"].Retries > 0 })
	}
	f, err := replicas[0].Forget(context.Background(), core.Person{UserID: "ada"})
	if err != nil || f.Events != 20 {
		t.Errorf("%+v, %v; want 20 events", f, err)
	}
	for _, r := range receivers {
		r.set(false)
	}
	eventually(t, "everything has come to its end", func() bool {
		var queued, ended uint64
		for _, d := range replicas {
			k := d.Stats().Sinks["receiver"]
			queued, ended = queued+k.Queued, ended+k.Delivered+k.Reasons["filtered.forgotten"]
		}
		return queued == 0 && ended >= 60 // what one has given back may be on its way to the other
	})
	var forgotten uint64
	for _, d := range replicas {
		forgotten += balanced(t, d).Reasons["filtered.forgotten"]
		if err := d.Close(context.Background()); err != nil {
			t.Error(err)
		}
	}
	if forgotten != 20 {
		t.Errorf("%d events were counted as forgotten, want 20", forgotten)
	}
	for i := range 60 {
		bob, ada := fmt.Sprint("bob-", i), fmt.Sprint("ada-", i)
		if n := receivers[0].got[bob] + receivers[1].got[bob]; i%3 != 0 && n != 1 {
			t.Errorf("%s was delivered %d times", bob, n)
		}
		if n := receivers[0].got[ada] + receivers[1].got[ada]; n > 0 {
			t.Errorf("%s was delivered after she was forgotten", ada)
		}
	}
}

func TestWithdrawingReachesWhatWasStoredAnew(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: patientWait}, "a")
	second := &tally{log: r.log, cursor: r.log.Cursor("b").(*cursor), seen: map[string]int{}}
	r.keep(t, 0, 12)
	r.finish(r.await(t, 5))
	r.keep(t, 12, 24)
	r.rewrite(t)
	eventually(t, "the servers have all of it", func() bool { return a.state().Msgs > 0 })
	for _, c := range []*tally{r, second} {
		n := c.cursor.Discard()
		c.mu.Lock()
		c.ended += uint64(n)
		c.mu.Unlock()
		c.balance(t)
	}
	eventually(t, "nothing is left", func() bool { return a.state().Msgs == 0 })
}

// What "headgate forget" does when no daemon runs.
func TestAPersonIsForgottenInAStreamThatNobodyUses(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	away := &receiver{away: true, got: map[string]int{}}
	d := dispatch(t, s, away)
	for i := range 20 {
		user := []string{"ada", "bob"}[i%2]
		if v, err := d.Offer(context.Background(), core.Event{ID: fmt.Sprint(user, "-", i), Name: "run", UserID: user}); v != core.Accepted {
			t.Fatalf("event %d: %v, %v", i, v, err)
		}
	}
	ctx, cancel := contextFor(100 * time.Millisecond)
	defer cancel()
	_ = d.Close(ctx)
	if err := d.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	file, problems := config.Load([]byte("queue: {type: jetstream, url: \""+s.url()+"\"}\n"), config.Options{})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	for _, want := range []int{10, 0} {
		f, err := file.Forget(context.Background(), core.Person{UserID: "ada"})
		if err != nil || f.Events != want {
			t.Errorf("%+v, %v; want %d events", f, err, want)
		}
	}
	if len(traces(t, s.dir, `"ada"`)) > 0 {
		t.Error("she is still in the files of the server")
	}
	there := &receiver{got: map[string]int{}}
	d = dispatch(t, s, there)
	eventually(t, "the others' are delivered", func() bool {
		k := d.Stats().Sinks["receiver"]
		return k.Delivered == 10 && k.Reasons["filtered.forgotten"] == 10
	})
	balanced(t, d)
	eventually(t, "the stream is trimmed", func() bool { return a.state().Msgs == 0 })
	if err := d.Close(context.Background()); err != nil {
		t.Fatal(err)
	}
	for id, n := range there.got {
		if id[:3] != "bob" || n != 1 {
			t.Errorf("%s was delivered %d times", id, n)
		}
	}
}
