package core

import (
	"context"
	"errors"
	"fmt"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
)

func TestEveryAttemptIsToldOfWithItsTimeAndResult(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		answers := []error{errors.New("away"), Permanent(errors.New("no")), &BatchError{Failed: map[int]error{0: errors.New("later")}}, errDeadline, nil}
		s := &fakeSink{}
		s.set(func(ctx context.Context, _ []string) error {
			answer := answers[0]
			answers = answers[1:]
			if answer == errDeadline {
				<-ctx.Done()
				return fmt.Errorf("waiting: %w", ctx.Err())
			}
			time.Sleep(20 * time.Millisecond)
			if len(answers) == 0 {
				panic("broken")
			}
			return answer
		})
		cfg := sinkOf("a", s)
		cfg.Timeout, cfg.Retry.Initial, cfg.Retry.Max = time.Second, time.Millisecond, time.Millisecond
		d := newTest(t, Config{Sinks: []SinkConfig{cfg}})
		var mu sync.Mutex
		var got []Attempt
		stop := d.ObserveAttempts(func(a Attempt) {
			mu.Lock()
			defer mu.Unlock()
			got = append(got, a)
			panic("broken, too")
		})
		track(t, d, "first")
		synctest.Wait()
		time.Sleep(time.Minute) // it fails twice, the second time for good
		track(t, d, "second")
		time.Sleep(time.Minute)
		stop()
		s.set(nil)
		track(t, d, "unseen")
		closeOrFail(t, d)
		mu.Lock()
		defer mu.Unlock()
		want := []Attempt{
			{"a", 1, 20 * time.Millisecond, "retry", false},
			{"a", 1, 20 * time.Millisecond, "permanent", true},
			{"a", 1, 20 * time.Millisecond, "partial", false},
			{"a", 1, time.Second, "timeout", true},
			{"a", 1, 20 * time.Millisecond, "panic", true},
		}
		if len(got) > len(want) {
			got = got[:len(want)] // after the script it goes on
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("(-want +got):\n%s", diff)
		}
	})
}

var errDeadline = errors.New("stands for an answer that does not come")
