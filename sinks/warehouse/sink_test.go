package warehouse

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func TestTheSchemaIsLookedAtBeforeTheFirstWriteOnly(t *testing.T) {
	f := &fake{}
	s := open(t, Config{}, f)
	if len(f.calls) > 0 {
		t.Errorf("making the sink called %v", f.calls)
	}
	for range 3 {
		if err := s.Send(t.Context(), one(t)); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(t.Context()); err != nil {
		t.Error(err)
	}
	if diff := cmp.Diff([]string{"ensure", "write", "write", "write", "close"}, f.calls); diff != "" {
		t.Error(diff)
	}
}

func TestASchemaThatIsNotThereIsLookedAtAgain(t *testing.T) {
	failing := true
	f := &fake{onEnsure: func(context.Context) error {
		if failing {
			return core.Unauthorized(errors.New("no table"))
		}
		return nil
	}}
	s := open(t, Config{}, f)
	err := s.Send(t.Context(), one(t))
	if class, _ := core.Classify(err); class != core.ClassUnauthorized || f.count("write") > 0 {
		t.Errorf("got %v after %v", err, f.calls)
	}
	failing = false
	if err := s.Send(t.Context(), one(t)); err != nil {
		t.Error(err)
	}
	f.onWrite = func(Batch) error { return core.Unauthorized(errors.New("no table any more")) }
	if err := s.Send(t.Context(), one(t)); err == nil {
		t.Error("no error")
	}
	f.onWrite = func(Batch) error { return errors.New("try again") }
	for range 2 {
		if err := s.Send(t.Context(), one(t)); err == nil {
			t.Error("no error")
		}
	}
	if n := f.count("ensure"); n != 3 {
		t.Errorf("the schema was looked at %d times, want 3: at first, when that failed, and when a table was gone", n)
	}
}

func TestWithSchemaOffNothingIsLookedAt(t *testing.T) {
	off := SchemaOff
	f := &fake{}
	if err := open(t, Config{EnsureSchema: &off}, f).Send(t.Context(), one(t)); err != nil || f.count("ensure") > 0 {
		t.Errorf("%v, %v", err, f.calls)
	}
}

func TestSendsAtOnceLookAtTheSchemaOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{onEnsure: func(context.Context) error { time.Sleep(3 * time.Second); return nil }}
		s := open(t, Config{}, f)
		var group sync.WaitGroup
		for range 4 {
			group.Go(func() {
				if err := s.Send(t.Context(), one(t)); err != nil {
					t.Error(err)
				}
			})
		}
		synctest.Wait()
		hurried, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Send(hurried, one(t)); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("a Send whose time is up while another looks at the schema: %v", err)
		}
		group.Wait()
		if f.count("ensure") != 1 || f.count("write") != 4 {
			t.Errorf("got %v", f.calls)
		}
	})
}

func TestRowsThatAreTooOldAreDeletedEveryHourFromTheFirstWriteOn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{}
		s := open(t, Config{Retention: "2d"}, f)
		time.Sleep(5 * time.Hour)
		if f.count("expire") > 0 {
			t.Error("rows were deleted before anything was written")
		}
		f.onWrite = func(Batch) error { return errors.New("not now") }
		_ = s.Send(t.Context(), one(t))
		f.onWrite = nil
		start := time.Now()
		for range 2 {
			if err := s.Send(t.Context(), one(t)); err != nil {
				t.Fatal(err)
			}
		}
		time.Sleep(3*time.Hour + time.Minute)
		synctest.Wait()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		var want []time.Time
		for i := range 4 {
			want = append(want, start.Add(time.Duration(i)*time.Hour-48*time.Hour))
		}
		if diff := cmp.Diff(want, f.expired); diff != "" {
			t.Error(diff)
		}
	})
}

func TestCloseEndsTheDeletingOfRows(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{onExpire: func(ctx context.Context) (int64, error) { <-ctx.Done(); return 5, ctx.Err() }}
		s := open(t, Config{Retention: "2d"}, f)
		if err := s.Send(t.Context(), one(t)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		if err := s.Close(t.Context()); err != nil {
			t.Error(err)
		}
		if f.calls[len(f.calls)-1] != "close" {
			t.Errorf("the driver was closed before it was left alone: %v", f.calls)
		}
		s.keeper.start() // a late Send
		synctest.Wait()
		if f.count("expire") != 1 {
			t.Error("deleting began after Close")
		}
	})
}

func TestCloseIsBoundedWhileADriverDoesNotReturn(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		stuck := make(chan struct{})
		f := &fake{onExpire: func(context.Context) (int64, error) { <-stuck; return 0, nil }}
		s := open(t, Config{Retention: "2d"}, f)
		if err := s.Send(t.Context(), one(t)); err != nil {
			t.Fatal(err)
		}
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) || f.count("close") != 1 {
			t.Errorf("%v, %v", err, f.calls)
		}
		close(stuck)
	})
}

func TestADriverThatPanicsWhileItDeletesRowsHurtsNobody(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		f := &fake{onExpire: func(context.Context) (int64, error) { panic("in Expire") }}
		s := open(t, Config{Retention: "2d"}, f)
		if err := s.Send(t.Context(), one(t)); err != nil {
			t.Fatal(err)
		}
		time.Sleep(90 * time.Minute)
		synctest.Wait()
		if err := s.Close(t.Context()); err != nil || f.count("expire") != 2 {
			t.Errorf("%v, %v", err, f.calls)
		}
	})
}

func TestAPreviewShowsStatementAndRowsAndTouchesNothing(t *testing.T) {
	f := &fake{}
	s := open(t, Config{Table: "events"}, f)
	at := time.Date(2026, 11, 21, 13, 14, 15, 0, time.UTC)
	batch := sealed(t, core.Event{ID: "a", Name: "run", Time: at, UserID: "u", Props: core.Props{"runSeconds": 3, "note": "<b>"}})
	requests, err := s.Preview(batch)
	if err != nil || len(requests) != 1 || requests[0].Target != "sqlite events" {
		t.Fatalf("%v, %+v", err, requests)
	}
	received, err := batch[0].Received().MarshalJSON()
	if err != nil {
		t.Fatal(err)
	}
	want := `INSERT INTO "events"` + "\n" +
		`{"id":"a","endpoint":"run","payload":{"note":"<b>","runSeconds":3},"timestamp":"2026-11-21T13:14:15Z","received_at":` + string(received) + `,"kind":"track",` +
		`"user_id":"u","anonymous_id":null,"session_id":null,"app_name":"acme","app_version":"1.2.3","context":{"app":{"name":"acme","version":"1.2.3"}},"schema_version":1}`
	if diff := cmp.Diff(want, requests[0].Body); diff != "" {
		t.Error(diff)
	}
	if len(f.calls) > 0 {
		t.Errorf("the preview called %v", f.calls)
	}
}

func TestWhatTheDriverSaysIsPassedOn(t *testing.T) {
	f := &fake{onWrite: func(b Batch) error {
		e := new(core.BatchError)
		e.Fail(1, core.Permanent(errors.New("bad")))
		return e
	}}
	s := open(t, Config{}, f)
	err := s.Send(t.Context(), sealed(t, core.Event{ID: "a", Name: "run"}, core.Event{ID: "b", Name: "run"}))
	var partial *core.BatchError
	if !errors.As(err, &partial) || partial.Failed[1] == nil {
		t.Errorf("got %v", err)
	}
	if err := s.Check(t.Context()); err == nil || err.Error() != "checked" {
		t.Errorf("got %v", err)
	}
	if s.Limits().MaxEvents != 7 {
		t.Errorf("limits %+v", s.Limits())
	}
	if f.options.Name != "store" || f.options.Schema != SchemaCreate || f.options.Table.String() != "telemetry_events" || f.options.Logger == nil {
		t.Errorf("options %+v", f.options)
	}
}

func TestABatchHasTheSameIdentityOnEveryAttempt(t *testing.T) {
	f := &fake{}
	s := open(t, Config{}, f)
	batch := sealed(t, core.Event{ID: "a", Name: "run"}, core.Event{ID: "b", Name: "run"})
	for _, part := range [][]core.Sealed{batch, batch, batch[:1], batch[1:]} {
		if err := s.Send(t.Context(), part); err != nil {
			t.Fatal(err)
		}
	}
	other := open(t, Config{Table: "other"}, f)
	if err := other.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	ids := map[string]int{}
	for _, b := range f.batches {
		ids[b.ID]++
	}
	if f.batches[0].ID != f.batches[1].ID || len(ids) != 4 {
		t.Errorf("the identities are %v", ids)
	}
}

func TestPrintingTheSinkShowsNoSecret(t *testing.T) {
	secret := "pass" + strings.Repeat("w", 12)
	s := open(t, Config{DSN: core.NewSecret(secret)}, &fake{})
	s.driver = nil // it prints itself
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q"} {
		for _, value := range []any{s, *s, struct{ s core.Sink }{s}} {
			if text := fmt.Sprintf(verb, value); strings.Contains(text, secret) {
				t.Errorf("%s shows the secret:\n%s", verb, text)
			}
		}
	}
}

func TestTheSinkIsRegistered(t *testing.T) {
	r := registry.NewRegistry()
	register(r)
	d, ok := r.Lookup("warehouse")
	if !ok {
		t.Fatal("it is not")
	}
	o := d.NewOptions()
	if err := d.Validate(o); err != nil {
		t.Errorf("no option at all: %v", err)
	}
	if d.ReachOf(o) != core.ReachLocal || d.LimitsOf(o).MaxEvents != 7 {
		t.Errorf("a file reaches %v, limits %+v", d.ReachOf(o), d.LimitsOf(o))
	}
	if w := d.Warnings(o); len(w) != 1 || d.DefaultsOf(o).Timeout != time.Minute {
		t.Errorf("warnings %v, defaults %+v", w, d.DefaultsOf(o))
	}
	o.(*Config).Driver = "postgres" // which is not linked here
	if d.ReachOf(o) != core.ReachNetwork || d.Warnings(o) != nil || d.DefaultsOf(o) != (registry.Defaults{}) || d.LimitsOf(o) != (core.Limits{}) {
		t.Errorf("a server reaches %v", d.ReachOf(o))
	}
}
