package sinktest_test

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"os"
	"slices"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinktest"
)

// exampleT stands for the *testing.T of a test in the examples.
type exampleT struct {
	testing.TB
	cleanups []func()
}

func (t *exampleT) Helper()                           {}
func (t *exampleT) Cleanup(f func())                  { t.cleanups = append(t.cleanups, f) }
func (t *exampleT) Errorf(format string, args ...any) { fmt.Printf(format+"\n", args...) }

func (t *exampleT) TempDir() string {
	dir, err := os.MkdirTemp("", "sinktest-example-")
	if err != nil {
		panic(err)
	}
	t.Cleanup(func() { os.RemoveAll(dir) })
	return dir
}

func (t *exampleT) end() {
	for _, f := range slices.Backward(t.cleanups) {
		f()
	}
}

// signUp is a function of a program.
func signUp(telemetry *core.Dispatcher, plan string) {
	_ = telemetry.Track(context.Background(), "signup", slog.String("plan", plan), slog.Int("seats", 3))
}

// What a program reports is compared with what its test expects, and the difference shown as one.
func ExampleRecorder() {
	t := &exampleT{} // in a test, its *testing.T
	defer t.end()

	telemetry, recorder := sinktest.NewDispatcher(t, core.Config{})
	signUp(telemetry, "pro")
	recorder.Expect(t, core.Event{Name: "signup", Props: core.Props{"plan": "free"}})
	// Output:
	// the events that were reported are not those expected:
	//   - signup {plan: "free"}
	//   + signup {plan: "pro", seats: 3}
	//       properties.plan is "pro", want "free"
}

// Where the order does not matter, nor the value of everything, the test says so.
func ExampleRecorder_ExpectInAnyOrder() {
	t := &exampleT{} // in a test, its *testing.T
	defer t.end()

	telemetry, recorder := sinktest.NewDispatcher(t, core.Config{})
	signUp(telemetry, "pro")
	signUp(telemetry, "free")
	recorder.ExpectInAnyOrder(t,
		core.Event{Name: "signup", Props: core.Props{"plan": "free", "email": sinktest.Absent}},
		core.Event{Name: "signup", Props: core.Props{"plan": "pro", "seats": sinktest.Any}},
	)
	fmt.Println("both have come")
	// Output: both have come
}

// A client of HTTP is tested against a server that answers, or misbehaves, as the test says, and remembers what it was sent.
func ExampleServer() {
	t := &exampleT{} // in a test, its *testing.T
	defer t.end()

	server := sinktest.NewServer(t, func(r sinktest.Request) sinktest.Answer {
		if r.Index == 0 {
			return sinktest.Answer{Fault: sinktest.CutStatusLine}
		}
		return sinktest.Answer{Status: http.StatusTooManyRequests, Header: map[string]string{"Retry-After": "7"}}
	})
	for range 2 {
		resp, err := http.Post(server.URL+"/v1/events?source=test", "application/json", strings.NewReader(`{"name":"run"}`))
		if err != nil {
			fmt.Println("no answer")
			continue
		}
		fmt.Println(resp.Status, resp.Header.Get("Retry-After"))
		resp.Body.Close()
	}
	last := server.Requests()[1]
	fmt.Println(last.Method, last.Path, last.Query, string(last.Body))
	// Output:
	// no answer
	// 429 Too Many Requests 7
	// POST /v1/events source=test {"name":"run"}
}

// What an error of Send says of each event of a batch is what a test of a sink is about.
func ExampleClasses() {
	failed := new(core.BatchError)
	failed.Fail(1, core.Permanent(fmt.Errorf("the time is invalid")))
	classes := sinktest.Classes(failed, 3)
	fmt.Printf("%q\n", classes)
	// Output: ["" "permanent" ""]
}

// What a sink logs is kept, to look for what must not be in it.
func ExampleLog() {
	var log sinktest.Log
	log.Logger().Info("sent", "events", 3)
	fmt.Println(strings.Contains(log.String(), "events=3"))
	// Output: true
}

// Every rule of the kit says why it exists, so that a sink that breaks one is mended and not excused.
func ExampleRules() {
	rule := sinktest.Rules()[0]
	fmt.Println(rule.Name)
	fmt.Println(rule.Why)
	// Output:
	// EveryEventArrivesOnce
	// nil means that every event of the batch is delivered: the dispatcher forgets them then, so what has not arrived is lost, and what arrived twice is counted twice
}
