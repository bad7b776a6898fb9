package ga4

import (
	"context"
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

// run reports events through a real dispatcher until none is queued, or for as long as wait.
type run struct {
	stats   core.SinkStats
	letters []core.DeadLetter
	log     string
	sink    *Sink
}

func dispatch(t *testing.T, v *vendor, c Config, list []core.Event, wait time.Duration) run {
	t.Helper()
	var log sinktest.Log
	c.Endpoint = v.URL
	s := newSink(t, c, registry.Env{Timeout: 200 * time.Millisecond, Logger: log.Logger(), EventPrefix: "langflow_"})
	s.pause.first, s.pause.longest = 10*time.Millisecond, 20*time.Millisecond
	d := sinktest.NewSinkDispatcher(t, core.SinkConfig{Sink: s}, core.WithLogger(log.Logger()))
	for _, e := range list {
		if err := d.Enqueue(t.Context(), e); err != nil {
			t.Fatal(err)
		}
	}
	ctx, cancel := context.WithTimeout(t.Context(), wait)
	defer cancel()
	_ = d.Flush(ctx)
	r := run{stats: d.Stats().Sinks[sinktest.SinkName], sink: s}
	r.letters = d.DeadLetters(sinktest.SinkName)
	closing, cancelClose := context.WithTimeout(t.Context(), 50*time.Millisecond)
	defer cancelClose()
	_ = d.Close(closing)
	r.log = log.String()
	return r
}

// faultsOf are the ways in which requests fail, each given twice so that repetitions fail, too.
func faultsOf() map[string][]fault {
	twice := func(f fault) []fault { return []fault{f, f} }
	return map[string][]fault{
		"none":                   nil,
		"429":                    twice(fault{status: 429, body: "slow down"}),
		"429 with a wait":        twice(fault{status: 429, header: map[string]string{"Retry-After": "0.02"}}),
		"500":                    twice(fault{status: 500}),
		"502, kept all the same": twice(fault{status: 502, keep: true}),
		"503 with a wait":        twice(fault{status: 503, header: map[string]string{"Retry-After": "0.02"}}),
		"408":                    twice(fault{status: 408}),
		"a timeout, kept":        twice(fault{hang: true, keep: true}),
		"a timeout, lost":        twice(fault{hang: true}),
		"a reset, kept":          twice(fault{reset: true, keep: true}),
		"a redirect":             twice(fault{status: 302, header: map[string]string{"Location": "/elsewhere?api_secret=" + secret()}}),
		"400":                    twice(fault{status: 400, body: "bad " + secret()}),
		"413":                    twice(fault{status: 413}),
		"404":                    twice(fault{status: 404}),
	}
}

func TestEveryEventIsDeliveredOnceOrCountedWhateverFails(t *testing.T) {
	for name, faults := range faultsOf() {
		for _, delivery := range []string{"at_most_once", atLeastOnce} {
			t.Run(name+", "+delivery, func(t *testing.T) {
				v := newVendor(t, faults...)
				const n = 90
				r := dispatch(t, v, Config{Delivery: delivery}, events(n, "aaabcd"), 10*time.Second)
				v.done(t)
				if r.stats.Queued != 0 || r.stats.Delivered+r.stats.DeadLettered != n {
					t.Fatalf("%+v", r.stats)
				}
				dead := map[string]bool{}
				for _, l := range r.letters {
					dead[l.ID] = true
				}
				for i := range n {
					id := fmt.Sprint("m-", i)
					kept := v.kept[id]
					switch {
					case delivery != atLeastOnce && kept > 1:
						t.Errorf("%s is counted %d times", id, kept)
					case kept == 0 && !dead[id]:
						t.Errorf("%s is lost and not counted", id)
					case delivery == atLeastOnce && dead[id] && !strings.Contains("a redirect 404 400", name):
						t.Errorf("%s was given up", id)
					}
				}
				noCanary(t, r)
			})
		}
	}
}

func TestADeadCredentialIsTriedOnceAndSaysSo(t *testing.T) {
	for _, status := range []int{401, 403} {
		denied := fault{status: status, body: "no: " + secret()}
		v := newVendor(t, denied, denied, denied)
		r := dispatch(t, v, Config{}, events(60, "ab"), 300*time.Millisecond)
		if v.count() != 1 || r.stats.State != core.StateFailed || r.stats.Queued != 60 || !strings.Contains(r.stats.LastError, fmt.Sprint(status)) {
			t.Errorf("%d requests, %+v", v.count(), r.stats)
		}
		noCanary(t, r)
		v.done(t)
	}
}

func TestAClosedPortLosesNothing(t *testing.T) {
	v := newVendor(t)
	v.Close()
	r := dispatch(t, v, Config{}, events(30, "ab"), 200*time.Millisecond)
	if r.stats.Queued != 30 || r.stats.DeadLettered != 0 {
		t.Errorf("%+v", r.stats)
	}
	noCanary(t, r)
}

func TestKindsWithoutAFormAreCountedAsFiltered(t *testing.T) {
	v := newVendor(t)
	list := append(events(3, "a"), core.Event{Name: "identify", Kind: core.KindIdentify, UserID: "u"}, core.Event{Name: "alias", Kind: core.KindAlias, UserID: "u"})
	r := dispatch(t, v, Config{}, list, 5*time.Second)
	if r.stats.Delivered != 3 || r.stats.Filtered != 2 || r.stats.Reasons["filtered.declined"] != 2 {
		t.Errorf("%+v", r.stats)
	}
	if body := string(v.requests[0].body); !strings.Contains(body, `"name":"langflow_run"`) {
		t.Error(body)
	}
	v.done(t)
}

// noCanary searches everything that is shown for the secret.
func noCanary(t *testing.T, r run) {
	t.Helper()
	stats, _ := json.Marshal(r.stats)
	letters, _ := json.Marshal(r.letters)
	printed := fmt.Sprintf("%v %+v %#v", r.sink, r.sink, r.sink)
	for name, text := range map[string]string{
		"the log": r.log, "the statistics": string(stats), "the dead letters": string(letters), "the printed sink": printed,
	} {
		if strings.Contains(text, "Q7w") {
			t.Errorf("%s holds the secret: %s", name, text)
		}
	}
}
