//go:build unix

package exec

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// logs is what was logged.
type logs struct {
	mu   sync.Mutex
	text bytes.Buffer
}

func (l *logs) Write(p []byte) (int, error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.Write(p)
}

func (l *logs) String() string {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.text.String()
}

// running returns a sink whose program is this test binary, in one of its modes.
func running(t *testing.T, mode string, change ...func(*Config)) (core.Sink, *logs) {
	t.Helper()
	cfg := Config{Command: []string{os.Args[0]}, Env: map[string]core.Secret{
		"PROGRAM": core.NewSecret(mode),
		"GORACE":  core.NewSecret("atexit_sleep_ms=0"), // else each takes a second to end
	}}
	for _, f := range change {
		f(&cfg)
	}
	var log logs
	s, err := Type().New(t.Context(), registry.Env{Name: "mine", Logger: slog.New(slog.NewTextHandler(&log, nil))}, cfg)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
		defer cancel()
		_ = s.Close(ctx)
	})
	return s, &log
}

func with(name, value string) func(*Config) {
	return func(c *Config) { c.Env[name] = core.NewSecret(value) }
}

func batch(t testing.TB, n int) []core.Sealed {
	t.Helper()
	events := make([]core.Sealed, n)
	for i := range events {
		s, err := core.Seal(core.Config{}, core.Event{ID: "id-" + strconv.Itoa(i), Name: "run", Props: core.Props{"n": i}})
		if err != nil {
			t.Fatal(err)
		}
		events[i] = s
	}
	return events
}

func patient(t *testing.T) context.Context {
	ctx, cancel := context.WithTimeout(t.Context(), time.Minute)
	t.Cleanup(cancel)
	return ctx
}

func TestEventsReachTheProgramInOrderAndItEndsWithItsInput(t *testing.T) {
	dir := t.TempDir()
	out, ended := filepath.Join(dir, "out"), filepath.Join(dir, "ended")
	s, _ := running(t, "writes", with("OUT", out), with("ENDED", ended))
	var want strings.Builder
	for range 3 {
		if err := s.Send(patient(t), batch(t, 200)); err != nil {
			t.Fatal(err)
		}
		for i := range 200 {
			fmt.Fprintf(&want, "id-%d run\n", i)
		}
	}
	if err := s.Send(patient(t), nil); err != nil {
		t.Error(err)
	}
	if err := s.Close(patient(t)); err != nil {
		t.Error(err)
	}
	got, err := os.ReadFile(out)
	if diff := cmp.Diff(want.String(), string(got)); err != nil || diff != "" {
		t.Errorf("error %v, written (-want +got):\n%s", err, diff)
	}
	if _, err := os.Stat(ended); err != nil {
		t.Errorf("the program was not let end: %v", err)
	}
	if err := s.Close(patient(t)); err != nil {
		t.Errorf("the second Close: %v", err)
	}
	if err := s.Send(patient(t), batch(t, 1)); err == nil {
		t.Error("a closed sink took a batch")
	}
}

func TestAnAnswerBecomesTheErrorOfItsClass(t *testing.T) {
	for more, want := range map[string]struct {
		class core.Class
		wait  time.Duration
		text  string
	}{
		`,"error":"away"`:                                           {core.ClassRetry, 0, "exec: away"},
		`,"error":"away","class":"retry"`:                           {core.ClassRetry, 0, "exec: away"},
		`,"class":"permanent"`:                                      {core.ClassPermanent, 0, "exec: permanent"},
		`,"error":"no","class":"refused"`:                           {core.ClassRefused, 0, "exec: no"},
		`,"error":"no","class":"too_large"`:                         {core.ClassTooLarge, 0, "exec: no"},
		`,"error":"no","class":"unauthorized"`:                      {core.ClassUnauthorized, 0, "exec: no"},
		`,"error":"no","class":"declined"`:                          {core.ClassDeclined, 0, "exec: no"},
		`,"error":"no","class":"retry_after","retry_after":"1m30s"`: {core.ClassRetryAfter, 90 * time.Second, "exec: no"},
		`,"failed":[{"index":9,"error":"no"}]`:                      {core.ClassRetry, 0, "exec: the program says that event 9 of 3 failed"},
	} {
		s, _ := running(t, more)
		err := s.Send(patient(t), batch(t, 3))
		if err == nil {
			t.Errorf("%s: no error", more)
			continue
		}
		if class, wait := core.Classify(err); class != want.class || wait != want.wait || err.Error() != want.text {
			t.Errorf("%s: got %v, %v, %v", more, class, wait, err)
		}
	}
	s, _ := running(t, `,"failed":[{"index":2,"error":"no table","class":"permanent"},{"index":0,"error":"later"}]`)
	var partial *core.BatchError
	if err := s.Send(patient(t), batch(t, 3)); !errors.As(err, &partial) || len(partial.Failed) != 2 {
		t.Fatalf("got %v", err)
	}
	if class, _ := core.Classify(partial.Failed[2]); class != core.ClassPermanent || partial.Failed[0].Error() != "exec: later" {
		t.Errorf("got %v", partial.Failed)
	}
}

func TestAProgramThatMisbehavesIsKilledAndSaysWhy(t *testing.T) {
	for mode, want := range map[string]string{
		"exits":                      "the program has ended",
		"garbage":                    "a line that is no answer",
		"endless line":               "a line of more than 1048576 bytes",
		`,"class":"nonsense"`:        `a "class" that there is not`,
		`,"class":"retry_after"`:     `without a "retry_after"`,
		`,"id":0`:                    `without the "id" of the question`,
		`,"failed":[{"error":"no"}]`: `failed that has no "index"`,
		"closes output":              "the program has ended",
	} {
		s, log := running(t, mode)
		err := s.Send(patient(t), batch(t, 1))
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%s: got %v, want %q", mode, err, want)
		}
		if class, _ := core.Classify(err); class != core.ClassRetry {
			t.Errorf("%s: class %s", mode, class)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 50*time.Millisecond) // it may sleep for an hour
		_ = s.Close(ctx)
		cancel()
		if mode == "exits" && (!strings.Contains(log.String(), "giving up") || !strings.Contains(log.String(), "exit status 7") || strings.Contains(log.String(), "swordfish")) {
			t.Errorf("%s: logged %s", mode, log)
		}
	}
}

func TestAProgramThatEndedIsStartedAgain(t *testing.T) {
	s, _ := running(t, "exits once", with("OUT", filepath.Join(t.TempDir(), "once")))
	if err := s.Send(patient(t), batch(t, 1)); err == nil {
		t.Error("the first attempt succeeded")
	}
	if err := s.Send(patient(t), batch(t, 1)); err != nil {
		t.Errorf("the second attempt: %v", err)
	}
}

func TestAProgramThatDoesNotAnswerInTimeIsKilled(t *testing.T) {
	for _, mode := range []string{"stuck", "does not read"} {
		s, _ := running(t, mode)
		n := 1
		if mode == "does not read" {
			n = 5000 // more than a pipe holds
		}
		ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
		err := s.Send(ctx, batch(t, n))
		cancel()
		if !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("%s: got %v", mode, err)
		}
		if p := s.(*sink).proc; !exited(p) {
			t.Errorf("%s: the program still runs", mode)
		}
	}
}

func exited(p *process) bool {
	select {
	case <-p.ended:
		return true
	case <-time.After(30 * time.Second):
		return false
	}
}

func TestCloseKillsAProgramThatStays(t *testing.T) {
	s, _ := running(t, "stays")
	if err := s.Send(patient(t), batch(t, 1)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	if err := s.Close(ctx); !errors.Is(err, context.DeadlineExceeded) {
		t.Errorf("got %v", err)
	}
}

// What has left the program's group may hold its pipes for ever, and is not waited for.
func TestAChildThatGotAwayHoldsNothingUp(t *testing.T) {
	out := filepath.Join(t.TempDir(), "pid")
	s, _ := running(t, "leaves a child", with("OUT", out))
	t.Cleanup(func() {
		if text, err := os.ReadFile(out); err == nil {
			pid, _ := strconv.Atoi(string(text))
			_ = syscall.Kill(pid, syscall.SIGKILL)
		}
	})
	ctx, cancel := context.WithTimeout(t.Context(), time.Second)
	defer cancel()
	if err := s.Send(ctx, batch(t, 1)); err == nil {
		t.Error("got no error")
	}
	if p := s.(*sink).proc; !exited(p) {
		t.Error("the child is waited for")
	}
}

func TestAnswersMayComeInAnyOrder(t *testing.T) {
	s, _ := running(t, "backwards")
	events := batch(t, 1)
	var both sync.WaitGroup
	var mu sync.Mutex
	got := map[string]int{}
	for range 2 {
		both.Go(func() {
			err := s.Send(patient(t), events)
			mu.Lock()
			defer mu.Unlock()
			got[fmt.Sprint(err)]++
		})
	}
	both.Wait()
	if diff := cmp.Diff(map[string]int{"exec: the first": 1, "exec: the second": 1}, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// The environment of headgate holds the credentials of every other sink.
func TestTheProgramGetsNoOtherEnvironment(t *testing.T) {
	t.Setenv("SOMEBODY_ELSES_KEY", "swordfish")
	s, _ := running(t, "environment", with("MY_KEY", "mine"))
	err := s.Send(patient(t), batch(t, 1))
	if err == nil || strings.Contains(err.Error(), "SOMEBODY_ELSES_KEY") || !strings.Contains(err.Error(), "HEADGATE_SINK=mine") {
		t.Errorf("got %v", err)
	}
}

func TestWhatTheProgramSaysIsLoggedCleanAndWithinBounds(t *testing.T) {
	s, log := running(t, "noisy")
	if err := s.Send(patient(t), batch(t, 1)); err != nil {
		t.Fatal(err)
	}
	if err := s.Close(patient(t)); err != nil {
		t.Fatal(err)
	}
	text := log.String()
	if n := strings.Count(text, "the program said"); n < 2 || n > perMinute+2 {
		t.Errorf("%d lines were logged", n)
	}
	if strings.Contains(text, "ada@") || !strings.Contains(text, "[redacted:email]") || !strings.Contains(text, "lines=940") {
		t.Errorf("logged %s", text)
	}
}

func TestACheckAsksTheProgramIfItAnswersChecks(t *testing.T) {
	s, _ := running(t, "")
	if _, ok := s.(core.Checker); ok {
		t.Error("a program that was not said to answer checks is asked")
	}
	checking := func(c *Config) { c.Check = true }
	s, _ = running(t, " ", checking)
	if err := s.(core.Checker).Check(patient(t)); err != nil {
		t.Error(err)
	}
	s, _ = running(t, `,"error":"no key","class":"unauthorized"`, checking)
	if err := s.(core.Checker).Check(patient(t)); err == nil || err.Error() != "exec: no key" {
		t.Errorf("got %v", err)
	}
}

func TestAProgramThatIsNotThereIsAnErrorOfTheAttempt(t *testing.T) {
	s, _ := running(t, "", func(c *Config) { c.Command = []string{filepath.Join(t.TempDir(), "nothing"), "--key=swordfish"} })
	err := s.Send(patient(t), batch(t, 1))
	if err == nil || !strings.Contains(err.Error(), "starting the program") || strings.Contains(err.Error(), "swordfish") {
		t.Errorf("got %v", err)
	}
}

func TestAPreviewStartsNothing(t *testing.T) {
	s, _ := running(t, "exits")
	requests, err := s.(core.Previewer).Preview(batch(t, 1))
	if err != nil || len(requests) != 1 || !strings.HasPrefix(requests[0].Body, `{"id":1,"events":[{"id":"id-0","name":"run"`) {
		t.Errorf("got %v, %v", requests, err)
	}
	if s.(*sink).proc != nil {
		t.Error("the program was started")
	}
}

func FuzzParseAnswer(f *testing.F) {
	for _, line := range []string{`{"id":1}`, `{"id":2,"error":"x","class":"permanent"}`, `{"id":3,"failed":[{"index":0,"error":"x"}]}`, `[]`, `{"id":-1}`} {
		f.Add([]byte(line))
	}
	f.Fuzz(func(t *testing.T, line []byte) {
		a, err := parseAnswer(line)
		if err != nil {
			return
		}
		if a.ID == 0 {
			t.Error("an answer without an id")
		}
		_ = a.err(3)
	})
}
