package usage_test

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"math"
	"os"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

func TestTheServiceSendsTheVersionOnceAndTheShutdownLast(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		s, _, tap := open(t, usage.Options{App: langflow})
		ctx := t.Context()
		wantNil(t, s.Start(ctx))
		wantNil(t, s.Start(ctx))
		time.Sleep(49*time.Hour + 900*time.Millisecond)
		wantNil(t, s.LogRun(ctx, usage.Run{Seconds: 45, Success: true}))
		wantNil(t, s.Close(ctx))
		wantNil(t, s.Close(ctx))
		var names []string
		events := popped(t, tap)
		for _, e := range events {
			names = append(names, e.Name)
		}
		if !slices.Equal(names, []string{"version", "run", "shutdown"}) {
			t.Fatalf("the sink got %v", names)
		}
		if got := events[2].Props["timeRunning"]; got != 176400.0 {
			t.Errorf("timeRunning is %v, want 49 h in seconds", got)
		}
	})
}

// However many start and close at once, there is one of each, and nothing after the shutdown.
func TestTheShutdownComesAfterEverythingWhoeverLogsMeanwhile(t *testing.T) {
	s, d, tap := open(t, usage.Options{App: langflow})
	ctx := t.Context()
	var group sync.WaitGroup
	var taken, late [20]int
	for i := range taken {
		group.Go(func() {
			wantNil(t, s.Start(ctx))
			for {
				switch err := s.LogComponent(ctx, usage.Component{Name: "x"}); {
				case err == nil:
					taken[i]++
				case errors.Is(err, core.ErrClosed):
					if late[i]++; late[i] == 3 {
						return
					}
				default:
					t.Error(err)
				}
			}
		})
	}
	for range 3 {
		group.Go(func() {
			for d.Stats().Books.Accepted < 100 {
				runtime.Gosched()
			}
			wantNil(t, s.Close(ctx))
		})
	}
	group.Wait()
	counts, events := map[string]int{}, popped(t, tap)
	for _, e := range events {
		counts[e.Name]++
	}
	sum := 0
	for _, n := range taken {
		sum += n
	}
	if diff := cmp.Diff(map[string]int{"version": 1, "component": sum, "shutdown": 1}, counts); diff != "" {
		t.Errorf("the sink got (-want +got):\n%s", diff)
	}
	if last := events[len(events)-1].Name; last != "shutdown" {
		t.Errorf("the last event is %s", last)
	}
	// What came too late is in the books, too.
	if got := d.Stats().Books.Rejected; got != 3*uint64(len(taken)) {
		t.Errorf("%d events are counted as rejected, want %d", got, 3*len(taken))
	}
}

func TestAServiceThatWasNotStartedSendsNoShutdown(t *testing.T) {
	s, _, tap := open(t, usage.Options{})
	wantNil(t, s.Close(t.Context()))
	wantNil(t, s.Start(t.Context()))
	if events := popped(t, tap); len(events) > 0 {
		t.Errorf("the sink got %v", events)
	}
}

func TestADispatcherThatOthersUseIsLeftOpen(t *testing.T) {
	s, d, tap := open(t, usage.Options{LeaveOpen: true})
	wantNil(t, s.Start(t.Context()))
	wantNil(t, s.Close(t.Context()))
	if events := popped(t, tap); len(events) != 2 { // they have been delivered by now
		t.Errorf("the sink got %v", events)
	}
	if err := s.LogRun(t.Context(), usage.Run{}); !errors.Is(err, core.ErrClosed) {
		t.Errorf("a closed service says %v", err)
	}
	wantNil(t, d.Track(t.Context(), "other"))
	if events := arrived(t, d, tap); len(events) != 1 || events[0].Name != "other" {
		t.Errorf("then the sink got %v", events)
	}
	if got := d.Stats().Books; got.Rejected != 1 || got.Accepted != 3 {
		t.Errorf("the books are %+v", got)
	}
}

func TestEachMethodLogsItsEndpoint(t *testing.T) {
	s, d, tap := open(t, usage.Options{})
	ctx := t.Context()
	type custom struct {
		EventName     string  `json:"eventName"`
		EventDuration float64 `json:"eventDuration"`
		EventSuccess  bool    `json:"eventSuccess"`
	}
	wantNil(t, s.LogRun(ctx, usage.Run{}))
	wantNil(t, s.LogPlayground(ctx, usage.Playground{}))
	wantNil(t, s.LogComponent(ctx, usage.Component{Name: "A"}))
	wantNil(t, s.LogComponent(ctx, usage.Component{Name: "B"}))
	wantNil(t, s.LogComponentInputs(ctx, usage.ComponentInputs{}))
	wantNil(t, s.LogComponentIndex(ctx, usage.ComponentIndex{}))
	wantNil(t, s.LogException(ctx, errors.New("x"), "handler"))
	wantNil(t, s.LogPanic(ctx, "x", "handler"))
	wantNil(t, s.Emit(ctx, usage.MCPTool{}))
	wantNil(t, s.Log(ctx, usage.EndpointDeploymentRun, usage.Deployment{}))
	wantNil(t, s.Log(ctx, "custom_event", custom{"upload", 1.5, true}))
	wantNil(t, s.Log(ctx, "", map[string]any{"package": "p"}))
	wantNil(t, s.Log(ctx, "click", nil))
	var names []string
	events := arrived(t, d, tap)
	for _, e := range events {
		names = append(names, e.Name)
	}
	want := []string{
		"run", "playground", "component", "component", "component_inputs", "component_index", "exception", "exception",
		"mcp_tool", "deployment_run", "custom_event", "version", "click",
	}
	if diff := cmp.Diff(want, names); diff != "" {
		t.Fatalf("the names (-want +got):\n%s", diff)
	}
	if a, b := events[2].Props["componentName"], events[3].Props["componentName"]; a != "A" || b != "B" {
		t.Errorf("the components are %v and %v", a, b)
	}
	for key, want := range map[string]any{"eventName": "upload", "eventDuration": 1.5, "eventSuccess": true} {
		if got := events[10].Props[key]; got != want {
			t.Errorf("%s of the custom event is %v", key, got)
		}
	}
}

func TestEveryEventIsEnrichedWhenItIsLogged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		type key struct{}
		s, d, tap := open(t, usage.Options{
			App: langflow, Platform: "python_package", Common: core.Props{"edition": "team"},
			Version: usage.Version{Package: "LangFlow", Platform: "Linux-6.1.0", Arch: "64bit", AutoLogin: new(false)},
			UserID:  func(ctx context.Context) string { id, _ := ctx.Value(key{}).(string); return id },
		})
		wantNil(t, s.Start(t.Context()))
		wantNil(t, s.LogRun(context.WithValue(t.Context(), key{}, "u-17"), usage.Run{Seconds: 1, Success: true}))
		now := time.Now()
		time.Sleep(time.Hour) // the sinks may come to it much later
		raw := slices.Clone(waitFor(t, d, tap))
		stamp := now.UTC().Format("2006-01-02T15:04:05.000000+00:00")
		want := []event{
			{"version", now, map[string]any{
				"package": "langflow", "version": "1.8.0", "platform": "Linux-6.1.0", "arch": "64bit", "autoLogin": false,
				"clientType": "oss", "timestamp": stamp,
			}},
			{"run", now, map[string]any{
				"runSeconds": 1.0, "runSuccess": true, "clientType": "oss", "timestamp": stamp,
				"langflow_version": "1.8.0", "platform": "python_package", "os": runtime.GOOS, "edition": "team",
			}},
		}
		if diff := cmp.Diff(want, raw); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

// waitFor is arrived for the made-up time of a bubble.
func waitFor(t *testing.T, d *core.Dispatcher, tap *usage.Tap) []event {
	t.Helper()
	synctest.Wait()
	return arrived(t, d, tap)
}

func TestWhatAPayloadSaysItselfIsNotReplaced(t *testing.T) {
	s, d, tap := open(t, usage.Options{App: langflow})
	wantNil(t, s.Log(t.Context(), "x", map[string]any{"clientType": "cloud", "os": "plan9", "timestamp": "then", "langflow_version": "2"}))
	want := map[string]any{"clientType": "cloud", "os": "plan9", "timestamp": "then", "langflow_version": "2"}
	if diff := cmp.Diff(want, arrived(t, d, tap)[0].Props); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestTheClientTypeComesFromTheOptionsOrTheEnvironment(t *testing.T) {
	for name, c := range map[string]struct {
		option, env    string
		want, platform any
	}{
		"nothing said":      {"", "", "oss", nil},
		"desktop":           {"", "1", "desktop", "desktop"},
		"desktop in words":  {"", "True", "desktop", "desktop"},
		"not desktop":       {"", "0", "oss", nil},
		"neither":           {"", "yes", "oss", nil},
		"the options win":   {"enterprise", "1", "enterprise", nil},
		"desktop by option": {"desktop", "", "desktop", "desktop"},
	} {
		t.Run(name, func(t *testing.T) {
			s, d, tap := open(t, usage.Options{App: langflow, ClientType: c.option, Lookup: environ{"LANGFLOW_DESKTOP": c.env}.lookup})
			wantNil(t, s.LogRun(t.Context(), usage.Run{}))
			props := arrived(t, d, tap)[0].Props
			if props["clientType"] != c.want || props["platform"] != c.platform {
				t.Errorf("clientType is %v, platform %v", props["clientType"], props["platform"])
			}
		})
	}
}

func TestWhatTheVersionLeavesOutIsFilledIn(t *testing.T) {
	s, d, tap := open(t, usage.Options{App: core.App{Name: "Acme", Version: "2.4.0"}})
	wantNil(t, s.Start(t.Context()))
	props := arrived(t, d, tap)[0].Props
	want := map[string]any{
		"package": "acme", "version": "2.4.0", "platform": runtime.GOOS + "-" + runtime.GOARCH, "arch": runtime.GOARCH,
		"clientType": "oss", "timestamp": props["timestamp"],
	}
	if diff := cmp.Diff(want, props); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestAnUnlinkableEventHasIdsOfItsOwn(t *testing.T) {
	ids := map[string]bool{}
	sink := core.SinkFunc(func(_ context.Context, batch []core.Sealed) error {
		for _, e := range batch {
			if e.UserID() != "" {
				t.Errorf("%s has a user", e.Name())
			}
			ids[e.AnonymousID()] = true
		}
		return nil
	})
	d, _ := dispatch(t, core.Config{Sinks: []core.SinkConfig{{Name: "ids", Sink: sink, Reach: core.ReachLocal, Events: []string{"signed_up"}}}}, nil)
	s := usage.New(d, usage.Options{UserID: func(context.Context) string { return "u-17" }})
	wantNil(t, s.LogRun(t.Context(), usage.Run{}))
	for range 3 {
		wantNil(t, s.LogUnlinkable(t.Context(), "signed_up", nil))
	}
	wantNil(t, s.Close(t.Context()))
	if len(ids) != 3 || ids[""] {
		t.Errorf("three events have the ids %v", ids)
	}
}

// picky records whether anybody looks at it.
type picky struct{ looked *bool }

func (p picky) MarshalJSON() ([]byte, error) { *p.looked = true; return []byte("{}"), nil }

func TestUnderDoNotTrackNothingIsLookedAtAndTheReasonIsLoggedForDebugging(t *testing.T) {
	var log bytes.Buffer
	d, tap := dispatch(t, core.Config{App: langflow}, environ{"LANGFLOW_DO_NOT_TRACK": "1"})
	looked := false
	s := usage.New(d, usage.Options{
		App: langflow, Lookup: environ{}.lookup, UserID: func(context.Context) string { looked = true; return "" },
		Logger: slog.New(slog.NewTextHandler(&log, &slog.HandlerOptions{Level: slog.LevelDebug})),
	})
	wantNil(t, s.Start(t.Context()))
	wantNil(t, s.Log(t.Context(), "x", picky{&looked}))
	wantNil(t, s.LogComponentInputs(t.Context(), usage.ComponentInputs{Inputs: map[string]any{"a": picky{&looked}}}))
	wantNil(t, s.Close(t.Context()))
	if looked {
		t.Error("a payload was encoded, or the user asked for")
	}
	if events := popped(t, tap); len(events) > 0 {
		t.Errorf("the sink got %v", events)
	}
	if got := d.Stats().Books; got.Denied != 2 || got.Received != 2 {
		t.Errorf("the books are %+v", got)
	}
	if n := strings.Count(log.String(), `level=DEBUG msg="Telemetry tracking is disabled."`); n != 2 {
		t.Errorf("logged %s", log.String())
	}
}

func TestAServiceStartsWhenTrackingIsTurnedOn(t *testing.T) {
	s, d, tap := open(t, usage.Options{})
	d.SetDoNotTrack(true)
	wantNil(t, s.Start(t.Context()))
	d.SetDoNotTrack(false)
	wantNil(t, s.Start(t.Context()))
	wantNil(t, s.Close(t.Context()))
	if events := popped(t, tap); len(events) != 2 || events[0].Name != "version" || events[1].Name != "shutdown" {
		t.Errorf("the sink got %v", events)
	}
}

type panics struct{}

func (panics) EventName() string            { panic("of the name") }
func (panics) MarshalJSON() ([]byte, error) { panic("of the payload: hunter2") }

type fails struct{}

func (fails) MarshalJSON() ([]byte, error) { return nil, errors.New("hunter2") }

// Nothing that a host hands over, or that is wrong with it, reaches the host.
func TestWhatCannotBeSentIsCountedAndHurtsNobody(t *testing.T) {
	var log bytes.Buffer
	d, tap := dispatch(t, core.Config{}, nil)
	s := usage.New(d, usage.Options{
		Lookup: environ{}.lookup, Logger: slog.New(slog.NewTextHandler(&log, nil)),
		UserID: func(context.Context) string { panic("of the user") },
	})
	self := map[string]any{}
	self["self"] = self
	bad := map[string]any{
		"a channel": make(chan int), "a list": []int{1}, "a text": "x", "a number": 1, "a function": func() {},
		"not a number": map[string]any{"n": math.NaN()}, "a panic": panics{}, "an error": fails{}, "itself": self,
	}
	for name, payload := range bad {
		err := s.Log(t.Context(), "x", payload)
		if !errors.Is(err, core.ErrInvalidEvent) || strings.Contains(err.Error(), "hunter2") {
			t.Errorf("%s: %v", name, err)
		}
	}
	for name, err := range map[string]error{
		"a name that panics": s.Emit(t.Context(), panics{}),
		"an empty payload":   s.Emit(t.Context(), core.Payload(nil)),
		"a long name":        s.Log(t.Context(), strings.Repeat("x", 300), nil),
		"a huge payload":     s.Log(t.Context(), "x", map[string]string{"a": strings.Repeat("x ", 2<<20)}),
	} {
		if err == nil && name != "a huge payload" { // which the sanitiser may shorten
			t.Errorf("%s is no error", name)
		}
	}
	var none context.Context // it must not end the host
	wantNil(t, s.LogRun(none, usage.Run{}))
	if events := arrived(t, d, tap); len(events) == 0 || events[len(events)-1].Name != "run" {
		t.Errorf("what is right does not arrive: %v", events)
	}
	books := d.Stats().Books
	if want := uint64(len(bad) + 4 + 1); books.Received != want || books.Rejected < uint64(len(bad)+3) {
		t.Errorf("the books are %+v, want %d received", books, want)
	}
	if lines := strings.Count(log.String(), "\n"); lines != 1 || strings.Contains(log.String(), "hunter2") {
		t.Errorf("logged %d lines: %s", lines, log.String())
	}
}

func TestANilServiceDoesNothing(t *testing.T) {
	s := usage.New(nil, usage.Options{})
	ctx := t.Context()
	for _, err := range []error{
		s.Start(ctx), s.LogRun(ctx, usage.Run{}), s.LogComponentInputs(ctx, usage.ComponentInputs{}), s.LogPanic(ctx, 1, ""),
		s.LogException(ctx, errors.New("x"), ""), s.Emit(ctx, usage.Run{}), s.LogUnlinkable(ctx, "x", nil), s.Close(ctx),
	} {
		wantNil(t, err)
	}
}

// A sink that hangs holds nobody up: all that is logged meanwhile returns at once, in no
// time of the bubble's clock.
func TestLoggingDoesNotWaitForASink(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		release := make(chan struct{})
		hanging := core.SinkFunc(func(context.Context, []core.Sealed) error { <-release; return nil })
		d, tap := dispatch(t, core.Config{Sinks: []core.SinkConfig{{Name: "hanging", Sink: hanging, Reach: core.ReachLocal, Timeout: time.Hour}}}, nil)
		s := usage.New(d, usage.Options{Lookup: environ{}.lookup})
		started := time.Now()
		wantNil(t, s.Start(t.Context()))
		for range 1000 {
			wantNil(t, s.LogRun(t.Context(), usage.Run{}))
		}
		if took := time.Since(started); took > 0 {
			t.Errorf("a thousand events took %v", took)
		}
		time.Sleep(time.Minute)
		if n := len(tap.PopAll()); n != 1001 { // the other sink has them
			t.Errorf("the other sink got %d events", n)
		}
		close(release)
		wantNil(t, s.Close(t.Context()))
	})
}

// With a full queue that blocks, Close is bounded, and the shutdown event waits for room.
func TestClosingIsBoundedWhenTheQueueIsFull(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hanging := core.SinkFunc(func(ctx context.Context, _ []core.Sealed) error { <-ctx.Done(); return ctx.Err() })
		d, err := core.New(core.Config{
			Queue: core.QueueConfig{MaxBytes: 4 << 10, OnFull: core.Block},
			Sinks: []core.SinkConfig{{Name: "hanging", Sink: hanging, Reach: core.ReachLocal, Timeout: time.Hour}},
		}, core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
		if err != nil {
			t.Fatal(err)
		}
		s := usage.New(d, usage.Options{Lookup: environ{}.lookup})
		wantNil(t, s.Start(t.Context()))
		stuck, cancel := context.WithCancel(t.Context())
		var logging sync.WaitGroup
		logging.Go(func() {
			for s.LogRun(stuck, usage.Run{}) == nil {
			}
		})
		time.Sleep(time.Second)
		started := time.Now()
		closing, stop := context.WithTimeout(t.Context(), 4*time.Second)
		defer stop()
		if err := s.Close(closing); err == nil {
			t.Error("nothing was left undelivered")
		}
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("it took %v", took)
		}
		cancel()
		logging.Wait()
	})
}

func TestAHundredGoroutinesLoggingLoseNothing(t *testing.T) {
	const goroutines, each = 100, 50
	s, d, tap := open(t, usage.Options{App: langflow})
	var group sync.WaitGroup
	for i := range goroutines {
		group.Go(func() {
			for n := range each {
				wantNil(t, s.LogRun(t.Context(), usage.Run{Seconds: int64(n), ID: new(fmt.Sprint(i))}))
			}
		})
	}
	group.Wait()
	next := map[any]float64{}
	for _, e := range arrived(t, d, tap) {
		id := e.Props["runId"]
		if e.Props["runSeconds"] != next[id] {
			t.Fatalf("run %v of goroutine %v came, want %v", e.Props["runSeconds"], id, next[id])
		}
		next[id]++
	}
	if len(next) != goroutines {
		t.Errorf("events of %d goroutines came", len(next))
	}
	for id, n := range next {
		if n != each {
			t.Errorf("%v events of goroutine %v came", n, id)
		}
	}
}

func BenchmarkLogRun(b *testing.B) {
	d, err := core.New(core.Config{App: langflow, Sinks: []core.SinkConfig{{
		Name: "none", Reach: core.ReachLocal, Sink: core.SinkFunc(func(context.Context, []core.Sealed) error { return nil }),
	}}}, core.WithEnviron(environ{}.lookup), core.WithStateDir(b.TempDir()))
	if err != nil {
		b.Fatal(err)
	}
	defer d.Close(context.Background())
	s := usage.New(d, usage.Options{App: langflow})
	run := usage.Run{Seconds: 45, Success: true, ErrorMessage: new("")}
	b.ReportAllocs()
	for b.Loop() {
		_ = s.LogRun(b.Context(), run)
	}
	text, _ := json.Marshal(run)
	b.ReportMetric(float64(len(text)), "payload-bytes")
}

// What the service adds by itself says nothing about the machine it runs on, or who uses it.
func TestNothingThatTheServiceAddsNamesTheMachineOrItsUser(t *testing.T) {
	s, d, tap := open(t, usage.Options{App: langflow})
	wantNil(t, s.Start(t.Context()))
	wantNil(t, s.LogException(t.Context(), errors.New("x"), "handler"))
	host, err := os.Hostname()
	if err != nil {
		t.Fatal(err)
	}
	known := map[string]bool{
		"package": true, "version": true, "platform": true, "arch": true, "clientType": true, "timestamp": true, "os": true,
		"langflow_version": true, "exceptionType": true, "exceptionMessage": true, "exceptionContext": true, "stackTraceHash": true,
	}
	events := arrived(t, d, tap)
	if len(events) != 2 {
		t.Fatalf("%d events came", len(events))
	}
	for _, e := range events {
		for key, value := range e.Props {
			if !known[key] || value == host || value == os.Getenv("USER") && value != "" {
				t.Errorf("%s has %s: %v", e.Name, key, value)
			}
		}
	}
}

func TestTheEnvironmentIsReadOnceWhenTheServiceIsMade(t *testing.T) {
	env := environ{}
	d, tap := dispatch(t, core.Config{App: langflow}, env)
	s := usage.New(d, usage.Options{App: langflow, Lookup: env.lookup})
	env["DO_NOT_TRACK"], env["LANGFLOW_DO_NOT_TRACK"], env["LANGFLOW_DESKTOP"] = "1", "1", "1"
	wantNil(t, s.Start(t.Context()))
	if events := arrived(t, d, tap); len(events) != 1 || events[0].Props["clientType"] != "oss" {
		t.Errorf("the sink got %v", events)
	}
}
