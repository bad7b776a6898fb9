package amplitude

import (
	"context"
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

// answers are what Amplitude, or something on the way to it, says to a request of four events.
var answers = map[string]struct {
	fault fault
	want  []core.Class // of each event; one stands for all
	waits []time.Duration
	retry bool // all are delivered if the answer comes once
	never bool // if it always comes, some are tried until max_age
}{
	"400 that lists invalid and missing fields": {
		fault: fault{status: 400, body: `{"code":400,"error":"Invalid field values on some events","events_with_invalid_fields":{"time":[1]},"events_with_missing_fields":{"event_type":[2,1]}}`},
		want:  []core.Class{pause, permanent, permanent, pause},
		waits: []time.Duration{resendWait, 0, 0, resendWait},
	},
	"400 that lists ids": {
		fault: fault{status: 400, body: `{"code":400,"error":"Invalid id length for user_id or device_id","events_with_invalid_id_lengths":{"user_id":[0]}}`},
		want:  []core.Class{permanent, pause, pause, pause},
	},
	"400 that lists all": {
		fault: fault{status: 400, body: `{"code":400,"error":"x","events_with_invalid_fields":{"time":[0,1,2,3]}}`},
		want:  []core.Class{permanent},
	},
	"400 that lists indexes out of range": {
		fault: fault{status: 400, body: `{"code":400,"error":"x","events_with_invalid_fields":{"time":[4,-1,99]}}`},
		want:  []core.Class{permanent},
	},
	"400 for silenced and throttled devices": {
		fault: fault{status: 400, body: `{"code":400,"error":"Events silenced for device_id","eps_threshold":100,"exceeded_daily_quota_devices":{},"silenced_devices":["device-0"],"silenced_events":[1],"throttled_devices":{"device-2":0},"throttled_events":[2]}`},
		want:  []core.Class{permanent, permanent, pause, pause},
		waits: []time.Duration{0, 0, throttleWait, resendWait}, never: true,
	},
	"400 without a list":               {fault: fault{status: 400, body: `{"code":400,"error":"Invalid JSON request body"}`}, want: []core.Class{permanent}},
	"400 with lists of other form":     {fault: fault{status: 400, body: `{"code":400,"error":"x","events_with_invalid_fields":[1,2]}`}, want: []core.Class{permanent}},
	"400 that is not JSON":             {fault: fault{status: 400, body: `<html>Bad Request</html>`}, want: []core.Class{permanent}},
	"400 for the key, in another form": {fault: fault{status: 400, body: `{"code":"400","error":"Invalid API key: ` + testKey + `"}`}, want: []core.Class{unauth}},
	"400 with a list of other types":   {fault: fault{status: 400, body: `{"code":400,"error":"x","events_with_invalid_fields":{"time":[1,"2"]}}`}, want: []core.Class{permanent}},
	"400 that breaks off":              {fault: fault{status: 400, body: `{"code":400,"error":"x","events_with_invalid_fields":{"time":[1`}, want: []core.Class{permanent}},
	"400 for the key":                  {fault: fault{status: 400, body: `{"code":400,"error":"Invalid API key: ` + testKey + `"}`}, want: []core.Class{unauth}},
	"401":                              {fault: fault{status: 401}, want: []core.Class{unauth}},
	"403":                              {fault: fault{status: 403, body: `{"code":403,"error":"Forbidden"}`}, want: []core.Class{unauth}},
	"404":                              {fault: fault{status: 404}, want: []core.Class{refused}},
	"302":                              {fault: fault{status: 302, header: map[string]string{"Location": "https://elsewhere.example/"}}, want: []core.Class{refused}},
	"413":                              {fault: fault{status: 413, body: `{"code":413,"error":"Payload too large"}`}, want: []core.Class{tooLarge}, retry: true},
	"429 with lists": {
		fault: fault{status: 429, body: `{"code":429,"error":"Too many requests for some devices and users","eps_threshold":30,"throttled_devices":{"device-1":31},"throttled_users":{"user-2":32},"throttled_events":[0]}`},
		want:  []core.Class{pause}, waits: []time.Duration{throttleWait, throttleWait, throttleWait, resendWait}, retry: true,
	},
	"429 for the daily quota": {
		fault: fault{status: 429, body: `{"code":429,"error":"Exceeded daily quota","exceeded_daily_quota_users":{"user-2":500200},"exceeded_daily_quota_devices":{"device-3":500001}}`},
		want:  []core.Class{pause, pause, permanent, permanent}, waits: []time.Duration{resendWait, resendWait, 0, 0}, never: true,
	},
	"429 without a list":       {fault: fault{status: 429, body: `{"code":429,"error":"Too many requests"}`}, want: []core.Class{retry}, retry: true},
	"429 with Retry-After":     {fault: fault{status: 429, header: map[string]string{"Retry-After": "7"}}, want: []core.Class{pause}, waits: []time.Duration{7 * time.Second, 7 * time.Second, 7 * time.Second, 7 * time.Second}, retry: true},
	"429 of a proxy":           {fault: fault{status: 429, body: "slow down"}, want: []core.Class{retry}, retry: true},
	"500":                      {fault: fault{status: 500}, want: []core.Class{retry}, retry: true},
	"500 after it was stored":  {fault: fault{status: 500, stored: true}, want: []core.Class{retry}, retry: true},
	"502":                      {fault: fault{status: 502, body: "<html>"}, want: []core.Class{retry}, retry: true},
	"503":                      {fault: fault{status: 503}, want: []core.Class{retry}, retry: true},
	"504":                      {fault: fault{status: 504}, want: []core.Class{retry}, retry: true},
	"reset":                    {fault: fault{reset: true}, want: []core.Class{retry}, retry: true},
	"reset after it was taken": {fault: fault{reset: true, stored: true}, want: []core.Class{retry}, retry: true},
	"200 with another code":    {fault: fault{status: 200, body: `{"code":500,"error":"x"}`}, want: []core.Class{retry}, retry: true},
	"200 with an empty body":   {fault: fault{status: 200, stored: true}, want: []core.Class{delivered}, retry: true},
}

func TestAnAnswerDecidesWhatBecomesOfEachEvent(t *testing.T) {
	for name, c := range answers {
		v := newVendor(t, apiBatch, func(int, []map[string]any) *fault { return &c.fault })
		err := newSink(t, v.URL, Config{}).Send(t.Context(), sealN(t, 4))
		want := c.want
		for len(want) < 4 {
			want = append(want, want[0])
		}
		classes, waits := sinktest.Outcomes(err, 4)
		if diff := cmp.Diff(want, classes); diff != "" {
			t.Errorf("%s: -want +got\n%s%v", name, diff, err)
		}
		if c.waits != nil && !cmp.Equal(c.waits, waits) {
			t.Errorf("%s: waits %v, want %v", name, waits, c.waits)
		}
		if v.count() != 1 {
			t.Errorf("%s: %d requests in one attempt", name, v.count())
		}
		if err != nil && (strings.Contains(err.Error(), testKey) || strings.Contains(err.Error(), "user-")) {
			t.Errorf("%s: the error says too much: %v", name, err)
		}
	}
}

func TestEveryEventIsDeliveredOnceOrCountedWithAReason(t *testing.T) {
	for name, c := range answers {
		for _, always := range []bool{false, true} {
			if always && (c.never || c.retry && c.want[0] != tooLarge && c.want[0] != delivered) {
				continue
			}
			t.Run(fmt.Sprintf("%s always=%v", name, always), func(t *testing.T) {
				v := newVendor(t, apiHTTP, func(n int, _ []map[string]any) *fault {
					if n == 0 || always {
						return &c.fault
					}
					return nil
				})
				d := dispatcher(t, newSink(t, v.URL, Config{API: apiHTTP}))
				defer d.Close(t.Context())
				const total = 4
				for i := range total {
					if err := d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run", UserID: fmt.Sprint("user-", i), AnonymousID: fmt.Sprint("device-", i)}); err != nil {
						t.Fatal(err)
					}
				}
				if c.want[0] == unauth {
					failsAndStays(t, d, v, total)
					return
				}
				stats := sinktest.Settle(t, d)
				if c.retry && !always && stats.Delivered != total {
					t.Errorf("%d of %d delivered: %+v", stats.Delivered, total, stats)
				}
				if stats.Delivered+stats.DeadLettered != total || uint64(len(v.all())) != stats.Delivered || uint64(len(d.DeadLetters(sinktest.SinkName))) != stats.DeadLettered {
					t.Errorf("stored %v, %+v", v.all(), stats)
				}
				for id, times := range v.all() {
					if times > 1 && !c.fault.stored {
						t.Errorf("%s was stored %d times", id, times)
					}
				}
				if v.count() > 3*total+1 {
					t.Errorf("%d requests", v.count())
				}
			})
		}
	}
}

func TestABatchIsHalvedUntilItIsTaken(t *testing.T) {
	v := newVendor(t, apiBatch, func(_ int, events []map[string]any) *fault {
		if len(events) > 3 {
			return &fault{status: 413, body: `{"code":413,"error":"Payload too large"}`}
		}
		return nil
	})
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	defer d.Close(t.Context())
	const total = 16
	for i := range total {
		_ = d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run", UserID: "user-1"})
	}
	if s := sinktest.Settle(t, d); s.Delivered != total || len(v.all()) != total || v.count() > 2*total {
		t.Errorf("%d requests, stored %d, %+v", v.count(), len(v.all()), s)
	}
	for id, times := range v.all() {
		if times != 1 {
			t.Errorf("%s was stored %d times", id, times)
		}
	}
}

// A device over its rate is refused whenever it comes; the others are not held up by it.
func TestAThrottledDeviceHoldsUpNobodyElse(t *testing.T) {
	v := newVendor(t, apiBatch, func(_ int, events []map[string]any) *fault {
		for i, e := range events {
			if e["device_id"] == "device-hot" {
				return &fault{status: 429, body: fmt.Sprintf(`{"code":429,"error":"Too many requests for some devices and users","throttled_devices":{"device-hot":31},"throttled_events":[%d]}`, i)}
			}
		}
		return nil
	})
	d := sinktest.NewSinkDispatcher(t, core.SinkConfig{Sink: newSink(t, v.URL, Config{})}) // with the pauses as they are
	for _, device := range []string{"hot", "cool-1", "cool-2"} {
		_ = d.Enqueue(t.Context(), core.Event{ID: device, Name: "run", AnonymousID: "device-" + device})
	}
	for until := time.Now().Add(20 * time.Second); len(v.all()) < 2 && time.Now().Before(until); {
		time.Sleep(5 * time.Millisecond)
	}
	if s := d.Stats().Sinks[sinktest.SinkName]; len(v.all()) != 2 || v.count() > 4 || s.Queued == 0 {
		t.Errorf("after %d requests Amplitude has %v; %+v", v.count(), v.all(), s)
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

// A vendor that names one event at a time is asked as often as there are bad ones.
func TestSeveralRoundsOf400Come(t *testing.T) {
	v := newVendor(t, apiBatch, func(_ int, events []map[string]any) *fault {
		for i, e := range events {
			if props, _ := e["event_properties"].(map[string]any); props["bad"] == true {
				return &fault{status: 400, body: fmt.Sprintf(`{"code":400,"error":"Invalid field values on some events","events_with_invalid_fields":{"event_properties":[%d]}}`, i)}
			}
		}
		return nil
	})
	d := dispatcher(t, newSink(t, v.URL, Config{}))
	defer d.Close(t.Context())
	for i := range 20 {
		_ = d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run", UserID: "user-1", Props: core.Props{"bad": i%5 == 0}})
	}
	if s := sinktest.Settle(t, d); s.Delivered != 16 || s.DeadLettered != 4 || len(v.all()) != 16 || v.count() > 20+4 {
		t.Errorf("%d requests, stored %d, %+v", v.count(), len(v.all()), s)
	}
}

// Whatever the answer to all requests, they end, or come with pauses.
func TestNoAnswerMakesAHotLoop(t *testing.T) {
	for name, c := range answers {
		v := newVendor(t, apiBatch, func(int, []map[string]any) *fault { return &c.fault })
		s := newSink(t, v.URL, Config{})
		batch := sealN(t, 4)
		for range 40 {
			if len(batch) == 0 {
				break
			}
			classes, waits := sinktest.Outcomes(s.Send(t.Context(), batch), len(batch))
			var again []core.Sealed
			for i, class := range classes {
				if class == pause && waits[i] >= resendWait && waits[i] < time.Second { // not to be waited for long
					again = append(again, batch[i])
				}
			}
			if len(again) == len(batch) {
				t.Errorf("%s: a round got nowhere", name)
				break
			}
			batch = again
		}
		if v.count() > 5 {
			t.Errorf("%s: %d requests", name, v.count())
		}
	}
}

func TestATimeoutAfterTheBodyWasReadIsRepeatedWithTheSameID(t *testing.T) {
	release := make(chan struct{})
	var once sync.Once
	v := newVendor(t, apiBatch, nil)
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
	if stats.Delivered != 3 || len(v.all()) != 3 || len(v.sent["e0"]) != 2 {
		t.Errorf("stored %v, sent %v, %+v", v.all(), v.sent, stats)
	}
}

func TestABodyThatIsTooLargeIsNotSent(t *testing.T) {
	v := newVendor(t, apiHTTP, nil)
	big := seal(t, core.Event{UserID: "user-1", Props: many(450_000)})
	batch := []core.Sealed{big, seal(t, core.Event{UserID: "user-1", Props: many(450_000)}), seal(t, core.Event{UserID: "user-2", Props: many(200_000)})}
	s := newSink(t, v.URL, Config{API: apiHTTP})
	if classes, _ := sinktest.Outcomes(s.Send(t.Context(), batch), 3); classes[0] != tooLarge || v.count() != 0 {
		t.Errorf("%v after %d requests", classes, v.count())
	}
	if err := s.Send(t.Context(), batch[:2]); err != nil {
		t.Error(err)
	}
}

// many returns properties of about n bytes.
func many(n int) core.Props {
	props := core.Props{}
	for i := range n / 1000 {
		props[fmt.Sprintf("p%04d", i)] = strings.Repeat("x ", 493)
	}
	return props
}

func TestWhatIsChangedIsCountedOnceItIsDelivered(t *testing.T) {
	f := &fault{status: 503}
	v := newVendor(t, apiBatch, func(int, []map[string]any) *fault { return f })
	s := newSink(t, v.URL, Config{})
	s.prefix = ""
	batch := []core.Sealed{
		seal(t, core.Event{UserID: "user-1", Name: "$identify"}),
		seal(t, core.Event{UserID: "user-1", Time: time.Unix(5, 0), Props: core.Props{"long": strings.Repeat("x ", 600), "list": []any{strings.Repeat("y ", 600)}}}),
		seal(t, core.Event{UserID: "user-1"}),
	}
	for _, c := range []struct {
		fault *fault
		want  Stats
	}{
		{&fault{status: 503}, Stats{}},
		{&fault{status: 400, body: `{"code":400,"events_with_invalid_fields":{"time":[2]}}`}, Stats{}},
		{nil, Stats{Renamed: 1, Cut: 2, Clamped: 1}},
	} {
		f = c.fault
		_ = s.Send(t.Context(), batch)
		if got := s.Stats(); got != c.want {
			t.Errorf("%+v: %+v, want %+v", c.fault, got, c.want)
		}
	}
}

func TestEventsWithoutAFormAreDeclinedAndTheOthersSent(t *testing.T) {
	group, alias := core.Event{Kind: core.KindGroup, Name: "group", UserID: "user-1"}, core.Event{Kind: core.KindAlias, Name: "alias", UserID: "user-1"}
	batch := []core.Sealed{seal(t, group), sealN(t, 1)[0], seal(t, alias), sealN(t, 2)[1]}
	for _, c := range []struct {
		answer *fault
		want   []core.Class
	}{
		{nil, []core.Class{core.ClassDeclined, "", core.ClassDeclined, ""}},
		{&fault{status: 400}, []core.Class{core.ClassDeclined, pause, core.ClassDeclined, pause}},
		{&fault{status: 503}, []core.Class{core.ClassDeclined, retry, core.ClassDeclined, retry}},
		{&fault{status: 401}, []core.Class{core.ClassDeclined, unauth, core.ClassDeclined, unauth}},
		{&fault{status: 400, body: `{"code":400,"events_with_invalid_fields":{"time":[1]}}`}, []core.Class{core.ClassDeclined, pause, core.ClassDeclined, permanent}},
	} {
		v := newVendor(t, apiBatch, func(int, []map[string]any) *fault { return c.answer })
		classes, _ := sinktest.Outcomes(newSink(t, v.URL, Config{}).Send(t.Context(), batch), 4)
		if diff := cmp.Diff(c.want, classes); diff != "" {
			t.Errorf("%+v: -want +got\n%s", c.answer, diff)
		}
	}
	v := newVendor(t, apiBatch, nil)
	if classes, _ := sinktest.Outcomes(newSink(t, v.URL, Config{}).Send(t.Context(), batch[:1]), 1); classes[0] != core.ClassDeclined || v.count() != 0 {
		t.Errorf("%v after %d requests", classes, v.count())
	}
}

// The key is in the body of every request and in some answers. It must be nowhere else.
func TestTheKeyIsNowhereElse(t *testing.T) {
	for name, c := range answers {
		told := strings.Replace(c.fault.body, `"error":"`, `"error":"`+testKey+" is bad: ", 1)
		if told == c.fault.body {
			told += testKey
		}
		c.fault.body = told
		var logs sinktest.Log
		v := newVendor(t, apiBatch, func(int, []map[string]any) *fault { return &c.fault })
		s := newSink(t, v.URL, Config{})
		err := s.Send(t.Context(), sealN(t, 2))
		d := dispatcher(t, s, core.WithLogger(logs.Logger()))
		_ = d.Enqueue(t.Context(), core.Event{Name: "run", UserID: "user-1"})
		ctx, cancel := context.WithTimeout(t.Context(), 30*time.Millisecond)
		_ = d.Flush(ctx)
		cancel()
		stats, letters := d.Stats(), d.DeadLetters(sinktest.SinkName)
		ctx, cancel = context.WithTimeout(t.Context(), 30*time.Millisecond)
		_ = d.Close(ctx)
		cancel()
		shown, _ := s.Preview(sealN(t, 1))
		for place, text := range map[string]string{
			"error": fmt.Sprintf("%v %+v %#v", err, err, err), "logs": logs.String(), "stats": fmt.Sprintf("%+v", stats),
			"dead letters": fmt.Sprintf("%+v", letters), "preview": fmt.Sprintf("%+v", shown), "options": fmt.Sprintf("%+v", Config{APIKey: core.NewSecret(testKey)}),
		} {
			if strings.Contains(text, testKey) || strings.Contains(text, testKey[:20]) {
				t.Errorf("%s: the key is in %s: %s", name, place, text)
			}
		}
	}
}

func TestAPreviewIsTheRequestWithTheKeyMasked(t *testing.T) {
	var got []byte
	v := newVendor(t, apiBatch, func(_ int, events []map[string]any) *fault { got, _ = json.Marshal(events); return nil })
	s := newSink(t, v.URL, Config{Compression: "none"})
	batch := sealN(t, 2)
	if err := s.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	shown, err := s.Preview(batch)
	if err != nil || len(shown) != 1 {
		t.Fatal(shown, err)
	}
	var body struct {
		Key    string           `json:"api_key"`
		Events []map[string]any `json:"events"`
	}
	_ = json.Unmarshal([]byte(shown[0].Body), &body)
	events, _ := json.Marshal(body.Events)
	if string(events) != string(got) || body.Key != "[redacted]" || shown[0].Method != http.MethodPost || shown[0].URL != v.URL+"/base/batch" {
		t.Errorf("preview %+v, sent %s", shown, got)
	}
	if _, err := s.Preview([]core.Sealed{seal(t, core.Event{Kind: core.KindAlias, Name: "alias"})}); err == nil {
		t.Error("a declined event has a preview")
	}
}

func FuzzAnAnswerIsUnderstoodOrRefused(f *testing.F) {
	for _, c := range answers {
		f.Add(c.fault.status, c.fault.body)
	}
	f.Add(429, `{"throttled_users":{"user-0":1e99,"":1},"throttled_events":[3,3,-9223372036854775808]}`)
	s := newSink(f, "", Config{})
	batch := sealN(f, 4)
	up := s.prepare(batch, testKey, new(core.BatchError))
	f.Fuzz(func(t *testing.T, status int, body string) {
		if status < 200 || status > 999 {
			return
		}
		err := s.judge(transport.Request{URL: s.url}, &transport.Response{Status: status, Body: []byte(body)}, up)
		classes, waits := sinktest.Outcomes(err, 4)
		fewer := false // come back soon
		for i, class := range classes {
			fewer = fewer || class != pause || waits[i] >= throttleWait
		}
		for i, class := range classes {
			switch {
			case class == delivered && status/100 != 2:
				t.Errorf("%d %s: event %d counts as delivered", status, body, i)
			case class == pause && !fewer:
				t.Errorf("%d %s: the same again after %v", status, body, waits[i])
			}
		}
		if err != nil && strings.Contains(err.Error(), testKey) {
			t.Errorf("the key is in %v", err)
		}
	})
}
