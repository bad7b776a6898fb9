package mixpanel

import (
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

// run is what became of events that were reported through a real dispatcher.
type run struct {
	stats   core.SinkStats
	letters []core.DeadLetter
	log     string
	sink    *Sink
}

func dispatch(t *testing.T, v *vendor, list []core.Event, wait time.Duration) run {
	t.Helper()
	var log sinktest.Log
	s := newSink(t, Config{Endpoint: v.URL}, registry.Env{Timeout: 200 * time.Millisecond, Logger: log.Logger(), EventPrefix: "langflow_"})
	d := sinktest.NewSinkDispatcher(t, core.SinkConfig{Sink: s, Batch: core.BatchConfig{MaxEvents: 20}}, core.WithLogger(log.Logger()))
	for _, e := range list {
		if err := d.Enqueue(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	_ = d.Flush(ctx)
	r := run{stats: d.Stats().Sinks[sinktest.SinkName], sink: s, letters: d.DeadLetters(sinktest.SinkName)}
	closing, cancelClose := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancelClose()
	_ = d.Close(closing)
	r.log = log.String()
	return r
}

// someFail answers that the first and the third event of a request are refused.
func someFail(key string) fault {
	return fault{status: 400, answer: func(ids []string) (string, []string) {
		var records []map[string]any
		var taken []string
		for i, id := range ids {
			if i == 0 || i == 2 {
				records = append(records, map[string]any{"index": i, key: id, "field": "event", "message": "no: " + secret()})
			} else {
				taken = append(taken, id)
			}
		}
		body, _ := json.Marshal(map[string]any{"code": 400, "failed_records": records, "num_records_imported": len(taken), "status": 400})
		return string(body), taken
	}}
}

func TestEveryEventIsDeliveredOnceOrCountedWhateverFails(t *testing.T) {
	const n = 50
	for name, c := range map[string]struct {
		fault fault
		dead  int // how many events are given up
	}{
		"none":                    {fault{status: 200, keep: true}, 0},
		"429":                     {fault{status: 429, body: "slow down " + secret()}, 0},
		"429 with a wait":         {fault{status: 429, header: map[string]string{"Retry-After": "0.02"}}, 0},
		"500":                     {fault{status: 500}, 0},
		"502, taken all the same": {fault{status: 502, keep: true}, 0},
		"503":                     {fault{status: 503, header: map[string]string{"Retry-After": "0.02"}}, 0},
		"408":                     {fault{status: 408}, 0},
		"a timeout, taken":        {fault{hang: true, keep: true}, 0},
		"a timeout, lost":         {fault{hang: true}, 0},
		"a reset, taken":          {fault{reset: true, keep: true}, 0},
		"413":                     {fault{status: 413}, 0},
		"partly, $insert_id":      {someFail("$insert_id"), 4},
		"partly, insert_id":       {someFail("insert_id"), 4},
		"a redirect":              {fault{status: 307, header: map[string]string{"Location": "/elsewhere?token=" + secret()}}, 40},
		"404":                     {fault{status: 404}, 40},
	} {
		t.Run(name, func(t *testing.T) {
			v := newVendor(t, c.fault, c.fault)
			r := dispatch(t, v, events(n), 10*time.Second)
			v.done(t)
			if r.stats.Queued != 0 || r.stats.Delivered != uint64(n-c.dead) || r.stats.DeadLettered != uint64(c.dead) {
				t.Fatalf("%+v", r.stats)
			}
			dead := map[string]bool{}
			for _, l := range r.letters {
				dead[l.ID] = true
			}
			sent := map[string]int{}
			for _, request := range v.requests {
				for _, id := range request.ids {
					sent[id]++
				}
			}
			for i := range n {
				id := fmt.Sprint("m-", i)
				if (v.kept[id] > 0) == dead[id] {
					t.Errorf("%s was taken %d times, and given up: %v", id, v.kept[id], dead[id])
				}
				if strings.HasPrefix(name, "partly") && sent[id] != 1 {
					t.Errorf("%s was sent %d times", id, sent[id])
				}
			}
			noCanary(t, r)
		})
	}
}

// A bad event that Mixpanel does not name is found within the dispatcher's bounds.
func TestABadEventThatIsNotNamedIsFound(t *testing.T) {
	v := newVendor(t)
	bad := fault{status: 400, body: `{"code":400,"error":"bad"}`}
	v.faults = []fault{bad, {status: 200, keep: true}, bad, bad, {status: 200, keep: true}, {status: 200, keep: true}}
	r := dispatch(t, v, events(4)[:4], 5*time.Second)
	if r.stats.DeadLettered != 1 || r.stats.Delivered != 3 || v.count() > 2*2+1 {
		t.Errorf("%d requests, %+v", v.count(), r.stats)
	}
	v.done(t)
	noCanary(t, r)
}

func TestADeadCredentialIsTriedOnceAndSaysSo(t *testing.T) {
	for _, status := range []int{401, 403} {
		denied := fault{status: status, body: `{"code":401,"error":"Invalid credentials ` + secret() + `"}`}
		v := newVendor(t, denied, denied, denied)
		r := dispatch(t, v, events(60), 300*time.Millisecond)
		if v.count() != 1 || r.stats.State != core.StateFailed || r.stats.Queued != 60 || !strings.Contains(r.stats.LastError, fmt.Sprint(status)) {
			t.Errorf("%d requests, %+v", v.count(), r.stats)
		}
		noCanary(t, r)
		v.done(t)
	}
}

func TestKindsWithoutAFormAreCountedAsFiltered(t *testing.T) {
	v := newVendor(t)
	list := append(events(3), core.Event{Name: "identify", Kind: core.KindIdentify, UserID: "u"}, core.Event{Name: "alias", Kind: core.KindAlias, UserID: "u"})
	r := dispatch(t, v, list, 5*time.Second)
	if r.stats.Delivered != 3 || r.stats.Filtered != 2 || r.stats.Reasons["filtered.declined"] != 2 {
		t.Errorf("%+v", r.stats)
	}
	v.done(t)
}

// noCanary searches everything that is shown for the secret.
func noCanary(t *testing.T, r run) {
	t.Helper()
	stats, _ := json.Marshal(r.stats)
	letters, _ := json.Marshal(r.letters)
	encoded := base64.StdEncoding.EncodeToString([]byte(secret() + ":"))
	for name, text := range map[string]string{
		"the log": r.log, "the statistics": string(stats), "the dead letters": string(letters), "the printed sink": fmt.Sprintf("%v %+v %#v", r.sink, r.sink, r.sink),
	} {
		if strings.Contains(text, "Q7w") || strings.Contains(text, encoded[:20]) {
			t.Errorf("%s holds the secret: %.500s", name, text)
		}
	}
}
