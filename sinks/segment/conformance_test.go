package segment

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/sinktest"
)

const (
	delivered = core.Class("")
	permanent = core.ClassPermanent
	pause     = core.ClassRetryAfter
	retry     = core.ClassRetry
	refused   = core.ClassRefused
	unauth    = core.ClassUnauthorized
	tooLarge  = core.ClassTooLarge
)

// answers are what Segment, or something on the way to it, says.
var answers = map[string]struct {
	fault fault
	want  core.Class
	wait  time.Duration
	again bool // all are delivered if the answer comes once
}{
	"400":                       {fault: fault{status: 400, body: `{"success":false,"message":"malformed JSON"}`}, want: permanent, again: true},
	"400 that is not JSON":      {fault: fault{status: 400, body: "Exceed payload limit"}, want: permanent, again: true},
	"401":                       {fault: fault{status: 401, body: `{"error":{"code":"invalid_token","message":"x"}}`}, want: unauth},
	"403":                       {fault: fault{status: 403}, want: unauth},
	"404":                       {fault: fault{status: 404}, want: refused},
	"302":                       {fault: fault{status: 302, header: map[string]string{"Location": "/followed"}}, want: refused},
	"307":                       {fault: fault{status: 307, header: map[string]string{"Location": "/followed"}}, want: refused},
	"408":                       {fault: fault{status: 408}, want: retry, again: true},
	"410":                       {fault: fault{status: 410}, want: retry, again: true},
	"413":                       {fault: fault{status: 413}, want: tooLarge, again: true},
	"429":                       {fault: fault{status: 429}, want: retry, again: true},
	"429 with Retry-After":      {fault: fault{status: 429, header: map[string]string{"Retry-After": "1", "X-RateLimit-Reset": "9"}}, want: pause, wait: time.Second, again: true},
	"429 with a reset":          {fault: fault{status: 429, header: map[string]string{"X-RateLimit-Reset": "1"}}, want: pause, wait: time.Second, again: true},
	"429 with a reset as epoch": {fault: fault{status: 429, header: map[string]string{"X-RateLimit-Reset": "1795228536"}}, want: retry, again: true},
	"460":                       {fault: fault{status: 460}, want: retry, again: true},
	"500":                       {fault: fault{status: 500}, want: retry, again: true},
	"500 after it was stored":   {fault: fault{status: 500, stored: true}, want: retry, again: true},
	"501":                       {fault: fault{status: 501}, want: refused},
	"503 with Retry-After":      {fault: fault{status: 503, header: map[string]string{"Retry-After": "1"}}, want: pause, wait: time.Second, again: true},
	"505":                       {fault: fault{status: 505}, want: refused},
	"511":                       {fault: fault{status: 511, body: "<html>log in"}, want: refused},
	"reset":                     {fault: fault{reset: true}, want: retry, again: true},
	"reset after it was taken":  {fault: fault{reset: true, stored: true}, want: retry, again: true},
	"200 with another body":     {fault: fault{status: 200, body: "OK", stored: true}, want: delivered, again: true},
}

func TestAnAnswerDecidesWhatBecomesOfTheBatch(t *testing.T) {
	for name, c := range answers {
		v := newVendor(t, func(int, []map[string]any) *fault { return &c.fault })
		err := newSink(t, v.URL, Config{}).Send(t.Context(), sealN(t, 2))
		classes, waits := sinktest.Outcomes(err, 2)
		if diff := cmp.Diff([]core.Class{c.want, c.want}, classes); diff != "" || waits[0] != c.wait {
			t.Errorf("%s: wait %v; -want +got\n%s%v", name, waits[0], diff, err)
		}
		if v.count() != 1 || v.followed != 0 {
			t.Errorf("%s: %d requests in one attempt, %d followed", name, v.count(), v.followed)
		}
	}
}

func TestEveryEventIsDeliveredOnceOrCountedWithAReason(t *testing.T) {
	for name, c := range answers {
		for _, always := range []bool{false, true} {
			if always && (c.want == retry || c.want == pause) {
				continue // it is tried until max_age
			}
			t.Run(fmt.Sprintf("%s always=%v", name, always), func(t *testing.T) {
				t.Parallel()
				v := newVendor(t, func(n int, _ []map[string]any) *fault {
					if n == 0 || always {
						return &c.fault
					}
					return nil
				})
				d := dispatcher(t, newSink(t, v.URL, Config{}))
				defer d.Close(context.Background())
				const total = 4
				for i := range total {
					if err := d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run", UserID: fmt.Sprint("user-", i)}); err != nil {
						t.Fatal(err)
					}
				}
				if c.want == unauth {
					failsAndStays(t, d, v, total)
					return
				}
				stats := sinktest.Settle(t, d)
				if c.again && !always && stats.Delivered != total {
					t.Errorf("%d of %d delivered: %+v", stats.Delivered, total, stats)
				}
				stored := v.all()
				if stats.Delivered+stats.DeadLettered != total || uint64(len(stored)) != stats.Delivered || uint64(len(d.DeadLetters(sinktest.SinkName))) != stats.DeadLettered {
					t.Errorf("stored %v, %+v", stored, stats)
				}
				for id, times := range stored {
					if times > 1 && !c.fault.stored {
						t.Errorf("%s was stored %d times", id, times)
					}
				}
				if v.count() > 2*total {
					t.Errorf("%d requests", v.count())
				}
				if c.wait > 0 && !always && v.at[1].Sub(v.at[0]) < c.wait {
					t.Errorf("the next request came after %v", v.at[1].Sub(v.at[0]))
				}
			})
		}
	}
}

// failsAndStays wants the sink to fail after one attempt and to keep its events.
func failsAndStays(t *testing.T, d *core.Dispatcher, v *vendor, total uint64) {
	t.Helper()
	until := time.Now().Add(5 * time.Second)
	for d.Stats().Sinks[sinktest.SinkName].State != core.StateFailed && time.Now().Before(until) {
		time.Sleep(time.Millisecond)
	}
	time.Sleep(20 * time.Millisecond) // time for a second attempt that must not come
	if s := d.Stats().Sinks[sinktest.SinkName]; s.State != core.StateFailed || s.Queued != total || s.LastError == "" || v.count() != 1 {
		t.Errorf("after %d requests: %+v", v.count(), s)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_ = d.Close(ctx)
}

func TestABadMessageIsFoundAndTheOthersArrive(t *testing.T) {
	v := newVendor(t, func(_ int, messages []map[string]any) *fault {
		for _, m := range messages {
			if props, _ := m["properties"].(map[string]any); props["bad"] == true {
				return &fault{status: 400}
			}
		}
		return nil
	})
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	defer d.Close(t.Context())
	for i := range 32 {
		_ = d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run", UserID: "user-1", Props: core.Props{"bad": i == 11}})
	}
	if s := sinktest.Settle(t, d); s.Delivered != 31 || s.DeadLettered != 1 || len(v.all()) != 31 || v.count() > 2*5+2 {
		t.Errorf("%d requests, %d stored, %+v", v.count(), len(v.all()), s)
	}
}

func TestATimeoutAfterTheBodyWasReadIsRepeatedWithTheSameIDAndAFreshSentAt(t *testing.T) {
	release := make(chan struct{})
	var once sync.Once
	v := newVendor(t, nil)
	v.script = func(n int, _ []map[string]any) *fault {
		if n == 0 {
			v.mu.Unlock() // others may come while this one hangs
			<-release
			v.mu.Lock()
			return &fault{status: 200, stored: true}
		}
		once.Do(func() { close(release) })
		return nil
	}
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	for i := range 3 {
		_ = d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run", UserID: "anonymous"})
	}
	stats := sinktest.Settle(t, d)
	_ = d.Close(t.Context())
	v.Close() // waits for the request that hung
	if stats.Delivered != 3 || len(v.all()) != 3 || v.sent["e0"] != 2 {
		t.Errorf("stored %v, sent %v, %+v", v.all(), v.sent, stats)
	}
}

func TestSentAtIsThatOfTheAttempt(t *testing.T) {
	s := newSink(t, "", Config{})
	batch := sealN(t, 2)
	at := time.Date(2026, 11, 21, 12, 0, 0, 123456789, time.FixedZone("", 3600))
	var sent [2]struct {
		SentAt string            `json:"sentAt"`
		Batch  []json.RawMessage `json:"batch"`
	}
	for i := range sent {
		body, _ := s.body(batch, at.Add(time.Duration(i)*time.Hour), new(core.BatchError))
		if err := json.Unmarshal(body, &sent[i]); err != nil {
			t.Fatal(err)
		}
	}
	if sent[0].SentAt != "2026-11-21T11:00:00.123Z" || sent[1].SentAt != "2026-11-21T12:00:00.123Z" {
		t.Errorf("sent at %s and %s", sent[0].SentAt, sent[1].SentAt)
	}
	if diff := cmp.Diff(sent[0].Batch, sent[1].Batch); diff != "" {
		t.Errorf("the messages differ:\n%s", diff)
	}
}

// sized returns properties that make a message of about n bytes.
func sized(n int) core.Props {
	props := core.Props{}
	for i := range n / 1000 {
		props[fmt.Sprintf("p%04d", i)] = strings.Repeat("x ", 493)
	}
	return props
}

func TestAMessageThatIsTooLargeIsNamedAndTheOthersSent(t *testing.T) {
	v := newVendor(t, nil)
	batch := []core.Sealed{
		seal(t, core.Event{ID: "small", UserID: "user-1"}),
		seal(t, core.Event{ID: "large", UserID: "user-1", Props: sized(40_000)}),
		seal(t, core.Event{ID: "escaped", UserID: "user-1", Props: core.Props{"html": strings.Repeat("<>&", 2500)}}), // 6 bytes each once encoded
		seal(t, core.Event{ID: "fits", UserID: "user-1", Props: sized(30_000)}),
	}
	classes, _ := sinktest.Outcomes(newSink(t, v.URL, Config{}).Send(t.Context(), batch), 4)
	if diff := cmp.Diff([]core.Class{delivered, tooLarge, tooLarge, delivered}, classes); diff != "" {
		t.Error(diff)
	}
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	defer d.Close(t.Context())
	_ = d.Enqueue(t.Context(), core.Event{Name: "run", UserID: "user-1", Props: sized(40_000)})
	if s := sinktest.Settle(t, d); s.DeadLettered != 1 || s.Reasons["dead_lettered.too_large"] != 1 {
		t.Errorf("%+v", s)
	}
}

func TestALargeBatchIsSentInParts(t *testing.T) {
	v := newVendor(t, nil)
	s := newSink(t, v.URL, Config{})
	var batch []core.Sealed
	for i := range 20 {
		batch = append(batch, seal(t, core.Event{ID: fmt.Sprint("e", i), UserID: "user-1", Props: sized(30_000)}))
	}
	if classes, _ := sinktest.Outcomes(s.Send(t.Context(), batch), 20); classes[0] != tooLarge || v.count() != 0 {
		t.Errorf("%v after %d requests", classes, v.count())
	}
	d := dispatcher(t, s)
	defer d.Close(t.Context())
	for i := range 40 {
		_ = d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("d", i), Name: "run", UserID: "user-1", Props: sized(30_000)})
	}
	if stats := sinktest.Settle(t, d); stats.Delivered != 40 || len(v.all()) != 40 {
		t.Errorf("%d stored, %+v", len(v.all()), stats)
	}
}

func TestEventsThatCannotBeMessagesAreNamedAndTheOthersSent(t *testing.T) {
	batch := []core.Sealed{
		seal(t, core.Event{Kind: core.KindGroup, Name: "group", UserID: "user-1"}), sealN(t, 1)[0],
		seal(t, core.Event{Kind: core.KindAlias, Name: "alias", UserID: "user-1", Props: core.Props{"previousId": "null"}}), sealN(t, 2)[1],
	}
	for _, c := range []struct {
		answer *fault
		want   core.Class
	}{{nil, delivered}, {&fault{status: 400}, pause}, {&fault{status: 413}, pause}, {&fault{status: 503}, retry}, {&fault{status: 401}, unauth}, {&fault{status: 302}, refused}} {
		v := newVendor(t, func(int, []map[string]any) *fault { return c.answer })
		classes, _ := sinktest.Outcomes(newSink(t, v.URL, Config{}).Send(t.Context(), batch), 4)
		if diff := cmp.Diff([]core.Class{permanent, c.want, permanent, c.want}, classes); diff != "" {
			t.Errorf("%+v: -want +got\n%s", c.answer, diff)
		}
	}
	v := newVendor(t, nil)
	if classes, _ := sinktest.Outcomes(newSink(t, v.URL, Config{}).Send(t.Context(), batch[:1]), 1); classes[0] != permanent || v.count() != 0 {
		t.Errorf("%v after %d requests", classes, v.count())
	}
}

// The key is in the header of every request. It must be nowhere else, even if the answer echoes it.
func TestTheKeyIsNowhereElse(t *testing.T) {
	basic := base64.StdEncoding.EncodeToString([]byte(testKey + ":"))
	for name, c := range answers {
		for _, echo := range []string{testKey, basic, `{"message":"bad key ` + testKey + `"}`, `{"error":{"code":"x","message":"` + basic + `"}}`} {
			var logs sinktest.Log
			f := c.fault
			f.body, f.header = echo, map[string]string{"Location": "https://" + testKey + ".example/?k=" + testKey}
			v := newVendor(t, func(int, []map[string]any) *fault { return &f })
			s := newSink(t, v.URL, Config{})
			err := s.Send(t.Context(), sealN(t, 2))
			d := dispatcher(t, s, core.WithLogger(logs.Logger()))
			_ = d.Enqueue(t.Context(), core.Event{Name: "run", UserID: "user-1"})
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Millisecond)
			_ = d.Flush(ctx)
			stats, letters := d.Stats(), d.DeadLetters(sinktest.SinkName)
			_ = d.Close(ctx)
			cancel()
			shown, _ := s.Preview(sealN(t, 1))
			for place, text := range map[string]string{
				"error": fmt.Sprintf("%v %+v %#v", err, err, err), "logs": logs.String(), "stats": fmt.Sprintf("%+v", stats),
				"dead letters": fmt.Sprintf("%+v", letters), "preview": fmt.Sprintf("%+v", shown), "options": fmt.Sprintf("%+v", Config{WriteKey: core.NewSecret(testKey)}),
			} {
				if strings.Contains(text, testKey[:20]) || strings.Contains(text, basic[:20]) {
					t.Errorf("%s: the key is in %s: %s", name, place, text)
				}
			}
		}
	}
}

func TestAPreviewIsTheRequestWithTheKeyMasked(t *testing.T) {
	s := newSink(t, "", Config{Region: "eu"})
	batch := sealN(t, 2)
	shown, err := s.Preview(batch)
	if err != nil || len(shown) != 1 {
		t.Fatal(shown, err)
	}
	if _, messages, problems := checkBody([]byte(shown[0].Body), time.Now()); len(messages) != 2 || len(problems) > 0 {
		t.Errorf("%d messages, %q", len(messages), problems)
	}
	if shown[0].Header.Get("Authorization") != "Basic [redacted]" || shown[0].Method != "POST" || shown[0].URL != "https://events.eu1.segmentapis.com/v1/batch" {
		t.Errorf("%+v", shown[0])
	}
	if _, err := s.Preview([]core.Sealed{seal(t, core.Event{Kind: core.KindGroup, Name: "group"})}); err == nil {
		t.Error("an event that cannot be a message has a preview")
	}
}

func FuzzAnAnswerIsUnderstoodOrRefused(f *testing.F) {
	for _, c := range answers {
		f.Add(c.fault.status, c.fault.body, c.fault.header["X-RateLimit-Reset"])
	}
	f.Add(429, "", "-9223372036854775809")
	s := newSink(f, "", Config{})
	f.Fuzz(func(t *testing.T, status int, body, reset string) {
		if status < 200 || status > 999 {
			return
		}
		err := s.judge(transport.Request{URL: s.url}, &transport.Response{Status: status, Body: []byte(body), Header: http.Header{"X-Ratelimit-Reset": {reset}}})
		if (err == nil) != (status/100 == 2) {
			t.Errorf("%d %s: %v", status, body, err)
		}
		if class, wait := core.Classify(err); err != nil && (wait < 0 || wait > maxReset || class == pause && wait == 0) {
			t.Errorf("%d, reset %s: wait %v", status, reset, wait)
		}
		if err != nil && strings.Contains(err.Error(), testKey) {
			t.Errorf("the key is in %v", err)
		}
	})
}
