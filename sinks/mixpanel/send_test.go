package mixpanel

import (
	"encoding/json"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinktest"
)

const (
	ok, retry, pause      = core.Class(""), core.ClassRetry, core.ClassRetryAfter
	perm, refused, unauth = core.ClassPermanent, core.ClassRefused, core.ClassUnauthorized
	large                 = core.ClassTooLarge
)

func all(class core.Class) []core.Class { return []core.Class{class, class, class, class} }

func TestAnswersDecideWhatBecomesOfEachEvent(t *testing.T) {
	const partly = `{"code":400,"error":"some data points in the request failed validation","failed_records":[
		{"index":1,%q:"m-1","field":"properties.time","message":"'properties.time' is invalid"},{"index":3,%q:"m-3","field":"event","message":"bad"}],
		"num_records_imported":2,"status":"Bad Request"}`
	mixed := []core.Class{ok, perm, ok, perm}
	for name, c := range map[string]struct {
		fault fault
		want  []core.Class
	}{
		"200":                        {fault{status: 200, body: `{"code":200,"num_records_imported":4,"status":"OK"}`}, all(ok)},
		"200 without a body":         {fault{status: 200}, all(ok)},
		"200 with HTML":              {fault{status: 200, body: "<html>"}, all(ok)},
		"200 with a status in text":  {fault{status: 200, body: `{"status":"OK","code":"200"}`}, all(ok)},
		"202 that hides a 401":       {fault{status: 202, body: `{"code":401,"error":"Invalid credentials"}`}, all(unauth)},
		"200 that hides a 429":       {fault{status: 200, body: `{"code":429}`}, all(retry)},
		"200 with failed records":    {fault{status: 200, body: `{"code":200,"failed_records":[{"index":2}]}`}, []core.Class{ok, ok, perm, ok}},
		"200 with none failed":       {fault{status: 200, body: `{"failed_records":null,"code":200}`}, all(ok)},
		"400, $insert_id":            {fault{status: 400, body: fmt.Sprintf(partly, "$insert_id", "$insert_id")}, mixed},
		"400, insert_id":             {fault{status: 400, body: fmt.Sprintf(partly, "insert_id", "insert_id")}, mixed},
		"400 without a list":         {fault{status: 400, body: `{"code":400,"error":"bad"}`}, all(perm)},
		"400 with an empty list":     {fault{status: 400, body: `{"code":400,"failed_records":[]}`}, all(perm)},
		"400 of nothing we sent":     {fault{status: 400, body: `{"failed_records":[{"index":4},{"index":-1},{"index":"x"},{}]}`}, all(perm)},
		"400 with HTML":              {fault{status: 400, body: "<html>"}, all(perm)},
		"400, a list that broke off": {fault{status: 400, body: `{"failed_records":[{"index":1,"message":"bad"},{"inde`}, []core.Class{retry, perm, retry, retry}},
		"401":                        {fault{status: 401, body: `{"code":401,"error":"Invalid credentials","status":"Unauthorized"}`}, all(unauth)},
		"403":                        {fault{status: 403}, all(unauth)},
		"413":                        {fault{status: 413, body: `{"code":413,"error":"request exceeds max limit of 2097152 bytes"}`}, all(large)},
		"429":                        {fault{status: 429, body: "<html>"}, all(retry)},
		"429 with a wait":            {fault{status: 429, header: map[string]string{"Retry-After": "9"}}, all(pause)},
		"500 with a happy body":      {fault{status: 500, body: `{"status":1,"code":200}`}, all(retry)},
		"500 with failed records":    {fault{status: 500, body: `{"code":400,"failed_records":[{"index":2}]}`}, all(retry)},
		"502":                        {fault{status: 502}, all(retry)},
		"503":                        {fault{status: 503, body: "<html>"}, all(retry)},
		"302":                        {fault{status: 302, header: map[string]string{"Location": "https://elsewhere.example/"}}, all(refused)},
		"404":                        {fault{status: 404}, all(refused)},
		"a timeout":                  {fault{hang: true, keep: true}, all(retry)},
		"a reset":                    {fault{reset: true, keep: true}, all(retry)},
	} {
		v := newVendor(t, c.fault)
		s := newSink(t, Config{Endpoint: v.URL}, registry.Env{Timeout: 200 * time.Millisecond})
		err := s.Send(t.Context(), seal(t, events(4)...))
		if diff := cmp.Diff(c.want, sinktest.Classes(err, 4)); diff != "" {
			t.Errorf("%s: -want +got\n%s%v", name, diff, err)
		}
		if v.count() != 1 {
			t.Errorf("%s: %d requests", name, v.count())
		}
		v.done(t)
	}
}

func TestAListThatBreaksOffAnywhereIsReadAsFarAsItGoes(t *testing.T) {
	var records []map[string]any
	for i := range 50 {
		records = append(records, map[string]any{"index": i, "insert_id": "m", "message": `quoted "]}`})
	}
	body, _ := json.Marshal(map[string]any{"code": 400, "failed_records": records, "status": "Bad Request"})
	seen := 0
	for end := range len(body) + 1 {
		a := read(&transport.Response{Status: http.StatusBadRequest, Body: body[:end]})
		if len(a.failed) < seen || end == len(body) && (len(a.failed) != 50 || a.partly) || len(a.failed) > 0 && len(a.failed) < 50 && !a.partly {
			t.Fatalf("%d bytes: %d records, %v", end, len(a.failed), a.partly)
		}
		seen = len(a.failed)
		for i, r := range a.failed {
			if *r.Index != i {
				t.Fatalf("record %d is of %d", i, *r.Index)
			}
		}
	}
}

func FuzzAnswers(f *testing.F) {
	f.Add(200, `{"code":400,"failed_records":[{"index":0}]}`)
	f.Add(400, `{"failed_records":[{"index":1e9},null,3]}`)
	f.Add(200, `[`)
	s := newSink(f, Config{})
	f.Fuzz(func(t *testing.T, status int, body string) {
		a := read(&transport.Response{Status: status, Body: []byte(body)})
		if status/100 != 2 && a.status != status {
			t.Errorf("%d is read as %d", status, a.status)
		}
		if partial := s.partial(a, 3); partial != nil {
			for i := range partial.Failed {
				if i < 0 || i > 2 {
					t.Errorf("event %d of 3", i)
				}
			}
		}
	})
}

func TestABatchThatIsTooLargeForOneRequestTakesSeveral(t *testing.T) {
	props := core.Props{}
	var texts []any
	for range 31 {
		texts = append(texts, strings.Repeat("word ", 50))
	}
	for i := range 30 {
		props[fmt.Sprint("p", i)] = texts
	}
	large := seal(t, core.Event{ID: "m", Name: "run", AnonymousID: "a", Props: props})[0]
	requests, failed := newSink(t, Config{}).requests(slices.Repeat([]core.Sealed{large}, 45))
	if len(requests) != 2 || failed.OrNil() != nil || len(requests[0].events)+len(requests[1].events) != 45 {
		t.Fatalf("%d requests, %v", len(requests), failed.OrNil())
	}
	for _, r := range requests {
		if len(r.body) > maxBody || !json.Valid(r.body) {
			t.Errorf("a body of %d bytes", len(r.body))
		}
	}
}

func TestOfSeveralRequestsEachIsJudgedByItself(t *testing.T) {
	batch := seal(t, events(maxEvents+45)...)
	good := fault{status: 200, keep: true}
	for name, c := range map[string]struct {
		faults []fault
		want   [2]core.Class // of the first and the last event
	}{
		"down, then":          {[]fault{good, {status: 503}}, [2]core.Class{ok, retry}},
		"asked to wait":       {[]fault{good, {status: 429, header: map[string]string{"Retry-After": "9"}}}, [2]core.Class{ok, pause}},
		"a bad second":        {[]fault{good, {status: 400}}, [2]core.Class{ok, retry}}, // on its own, it is split
		"one bad, by its own": {[]fault{good, {status: 400, body: `{"failed_records":[{"index":0}]}`}}, [2]core.Class{ok, ok}},
	} {
		v := newVendor(t, c.faults...)
		err := newSink(t, Config{Endpoint: v.URL}, registry.Env{Timeout: time.Minute}).Send(t.Context(), batch)
		got := sinktest.Classes(err, len(batch))
		if [2]core.Class{got[0], got[len(got)-1]} != c.want {
			t.Errorf("%s: %s, %s, %v", name, got[0], got[len(got)-1], err)
		}
		if name == "one bad, by its own" {
			if first := len(v.requests[0].ids); got[first] != perm || got[first+1] != ok {
				t.Errorf("%s: %s, %s", name, got[first], got[first+1])
			}
		}
		if class, wait := core.Classify(err); (class == pause && wait == 9*time.Second) != (name == "asked to wait") { // of the whole sink
			t.Errorf("%s: %s, %v", name, class, wait)
		}
		if len(v.requests) != 2 || len(v.requests[0].ids) != maxEvents {
			t.Errorf("%s: %d requests, the first of %d events", name, len(v.requests), len(v.requests[0].ids))
		}
		v.done(t)
	}
}

func TestWhatWasChangedIsCountedOnceItIsDelivered(t *testing.T) {
	v := newVendor(t, fault{status: 503})
	s := newSink(t, Config{Endpoint: v.URL})
	batch := seal(t, core.Event{
		ID: "m", Name: "$run", AnonymousID: "a", Time: time.Unix(0, 1), Props: core.Props{"time": 1, "l": strings.Repeat("word ", 60)},
	})
	if err := s.Send(t.Context(), batch); err == nil || s.Stats() != (Stats{}) {
		t.Errorf("%v, %+v", err, s.Stats())
	}
	if err := s.Send(t.Context(), batch); err != nil {
		t.Fatal(err)
	}
	if want := (Stats{Renamed: 2, Cut: 1, Clamped: 1}); s.Stats() != want {
		t.Errorf("%+v, want %+v", s.Stats(), want)
	}
	v.done(t)
}

func TestABrokenOffListOutOfOrderCountsNoEventAsDelivered(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"code":400,"error":"some","failed_records":[`)
	// descending; breaks off after 64 KiB
	for i := 399; i >= 0; i-- {
		fmt.Fprintf(&b, `{"index":%d,"$insert_id":"m-%d","field":"properties.time","message":"%s"},`, i, i, strings.Repeat("x", 300))
	}
	v := newVendor(t, fault{status: 400, body: strings.TrimSuffix(b.String(), ",") + `],"num_records_imported":0}`})
	s := newSink(t, Config{Endpoint: v.URL})
	classes := sinktest.Classes(s.Send(t.Context(), seal(t, events(400)...)), 400)
	delivered := 0
	for _, c := range classes {
		if c == ok {
			delivered++
		}
	}
	if delivered > 0 {
		t.Errorf("%d of 400 refused events count as delivered", delivered)
	}
}

func TestOfAPartialSuccessTheChangesOfWhatIsDeliveredCount(t *testing.T) {
	v := newVendor(t, fault{status: 400, body: `{"code":400,"failed_records":[{"index":1}],"num_records_imported":2}`})
	s := newSink(t, Config{Endpoint: v.URL})
	list := events(3)
	list[0].Props, list[1].Props = core.Props{"time": 1}, core.Props{"time": 2, "ip": 3}
	if classes := sinktest.Classes(s.Send(t.Context(), seal(t, list...)), 3); classes[0] != ok || classes[1] != perm {
		t.Fatal(classes)
	}
	if want := (Stats{Renamed: 1}); s.Stats() != want {
		t.Errorf("%+v, want %+v", s.Stats(), want)
	}
}
