package server

import (
	"fmt"
	"log"
	"net/http"
	"sync"
	"testing"
	"time"

	"github.com/segmentio/analytics-go/v3"
)

// outcome counts what analytics-go says became of its messages.
type outcome struct {
	mu        sync.Mutex
	delivered int
	failures  []error
}

func (o *outcome) Success(analytics.Message) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.delivered++
}

func (o *outcome) Failure(_ analytics.Message, err error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.failures = append(o.failures, err)
}

func TestAnalyticsGoReportsHereUnmodified(t *testing.T) {
	h, logs, transport, result := newHouse(t), &logged{}, &http.Transport{}, &outcome{}
	defer transport.CloseIdleConnections()
	// The base URL ends in a slash, as operators write them.
	client, err := analytics.NewWithConfig(testKey, analytics.Config{
		Endpoint: h.url + "/", Transport: transport, Callback: result, BatchSize: 4, Interval: time.Hour,
		Logger:         analytics.StdLogger(log.New(logs, "", 0)),
		RetryAfter:     func(int) time.Duration { return 10 * time.Millisecond },
		DefaultContext: &analytics.Context{Locale: "de"},
	})
	if err != nil {
		t.Fatal(err)
	}
	const user, anonymous = "user-42", "anon-7"
	run := analytics.Track{MessageId: "m-track", Event: "run", UserId: user, AnonymousId: anonymous, Timestamp: time.Date(2026, 8, 1, 10, 0, 0, 123e6, time.UTC),
		Properties: analytics.NewProperties().Set("plan", "pro").Set("n", 3)}
	for _, m := range []analytics.Message{
		run,
		analytics.Identify{MessageId: "m-identify", UserId: user, Traits: analytics.NewTraits().Set("plan", "pro")},
		analytics.Page{MessageId: "m-page", UserId: user, Name: "home"},
		analytics.Screen{MessageId: "m-screen", AnonymousId: anonymous},
		analytics.Group{MessageId: "m-group", UserId: user, GroupId: "g1", Traits: analytics.NewTraits().Set("seats", 5)},
		analytics.Alias{MessageId: "m-alias", UserId: user, PreviousId: anonymous},
		run, // in a batch of its own, which may overtake the first
	} {
		if err := client.Enqueue(m); err != nil {
			t.Fatal(err)
		}
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if result.delivered != 7 || len(result.failures) > 0 {
		t.Errorf("analytics-go delivered %d, failures %v, log:\n%s", result.delivered, result.failures, logs)
	}
	h.check(t, map[string]sealed{
		"m-track":    {"track", "run", user, anonymous, "", map[string]any{"plan": "pro", "n": 3.0}},
		"m-identify": {"identify", "identify", user, "", "", map[string]any{"plan": "pro"}},
		"m-page":     {"page", "home", user, "", "", map[string]any{"name": "home"}},
		"m-screen":   {"screen", "screen", "", anonymous, "", map[string]any{}},
		"m-group":    {"group", "group", user, "", "", map[string]any{"groupId": "g1", "seats": 5.0}},
		"m-alias":    {"alias", "alias", user, "", "", map[string]any{"previousId": anonymous}},
	}, 1)
}

func TestAnalyticsGoIsToldThatItsKeyIsWrong(t *testing.T) {
	h, transport, result := newHouse(t), &http.Transport{}, &outcome{}
	defer transport.CloseIdleConnections()
	client, err := analytics.NewWithConfig(testKey[1:], analytics.Config{
		Endpoint: h.url, Transport: transport, Callback: result, Logger: analytics.StdLogger(log.New(&logged{}, "", 0)),
		RetryAfter: func(int) time.Duration { return time.Millisecond },
	})
	if err != nil {
		t.Fatal(err)
	}
	if err := client.Enqueue(analytics.Track{Event: "run", UserId: "u"}); err != nil {
		t.Fatal(err)
	}
	if err := client.Close(); err != nil {
		t.Fatal(err)
	}
	if got := fmt.Sprint(result.failures); result.delivered != 0 || got != "[401 401 Unauthorized]" {
		t.Errorf("delivered %d, failures %s", result.delivered, got)
	}
}
