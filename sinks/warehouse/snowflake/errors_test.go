package snowflake

import (
	"context"
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

func TestEveryErrorOfSnowflakeHasItsClassAndShowsNothingOfItsMessage(t *testing.T) {
	const canary = "https://x.example/?token=zzyzx"
	for _, test := range []struct {
		code, state string
		want        core.Class
	}{
		{"002003", "42S02", core.ClassUnauthorized}, {"002043", "02000", core.ClassUnauthorized},
		{"003001", "42501", core.ClassUnauthorized}, {"003041", "42501", core.ClassUnauthorized},
		{"000904", "42000", core.ClassUnauthorized}, {"002023", "22000", core.ClassUnauthorized},
		{"000606", "57P03", core.ClassUnauthorized}, {"000666", "57014", core.ClassUnauthorized},
		{"090073", "22000", core.ClassUnauthorized}, {"100072", "22000", core.ClassUnauthorized},
		{"390302", "", core.ClassUnauthorized}, {"394400", "", core.ClassUnauthorized}, {"999999", "42601", core.ClassUnauthorized},
		{"001003", "42000", core.ClassRefused},
		{"100069", "22P02", core.ClassPermanent}, {"100038", "22018", core.ClassPermanent}, {"100078", "22000", core.ClassPermanent},
		{"100123", "22000", core.ClassPermanent}, {"999999", "22023", core.ClassPermanent},
		{"000603", "XX000", core.ClassRetry}, {"000604", "57014", core.ClassRetry}, {"000605", "57014", core.ClassRetry},
		{"000625", "57014", core.ClassRetry}, {"000630", "57014", core.ClassRetry}, {"999999", "", core.ClassRetry},
		{"390111", "08001", core.ClassRetry}, {"390114", "08001", core.ClassRetry}, // a new session is begun
	} {
		t.Run(test.code+" "+test.state, func(t *testing.T) {
			t.Parallel()
			s := newAccount(t)
			d := ready(t, s)
			s.Fail(fakeflake.Fault{Statement: "MERGE", Code: test.code, State: test.state, Message: "Bad value '" + canary + "'"})
			err := d.Write(within(t), batch("a"))
			wantClass(t, err, test.want)
			if text := err.Error(); strings.Contains(text, "zzyzx") || !strings.Contains(text, test.code) || !strings.Contains(text, "query 01b00000-") {
				t.Errorf("%q: want the number and the id of the query, and nothing else of Snowflake's", text)
			}
			if err := d.Write(within(t), batch("a")); err != nil {
				t.Errorf("the next attempt: %v", err)
			}
		})
	}
}

func TestEveryStatusOfWhatIsBetweenHasItsClass(t *testing.T) {
	for status, want := range map[int]core.Class{
		400: core.ClassUnauthorized, 401: core.ClassUnauthorized, 403: core.ClassUnauthorized, 404: core.ClassUnauthorized,
		407: core.ClassUnauthorized, 302: core.ClassUnauthorized, 413: core.ClassTooLarge, 500: core.ClassRetry,
	} {
		for _, path := range []string{fakeflake.PathQuery, fakeflake.PathLogin} {
			t.Run(fmt.Sprint(status, path), func(t *testing.T) {
				t.Parallel()
				s := newAccount(t)
				s.Fail(fakeflake.Fault{Path: path, Times: 2, Status: status, Header: http.Header{"Location": {"https://elsewhere.example/?token=zzyzx"}}})
				d := open(t, configOf(s))
				d.connector.timeout = time.Nanosecond // the driver does not try again by itself
				err := d.Write(within(t), batch("a"))
				wantClass(t, err, want)
				if text := err.Error(); strings.Contains(text, "?") || strings.Contains(text, "zzyzx") || strings.Contains(text, "requestId") {
					t.Errorf("%q has a query", text)
				}
			})
		}
	}
}

func TestAnAnswerThatIsNoneIsTriedAgain(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	for _, body := range []string{"<html>please sign in to the network zzyzx</html>", `{"data":{"rowset":"zzyzx"`, `{"data":[],"success":"yes","code":1}`, `{"code":"zzyzx","success":false}`} {
		s.Fail(fakeflake.Fault{Statement: "MERGE", Body: body})
		err := d.Write(within(t), batch("a"))
		wantClass(t, err, core.ClassRetry)
		if !strings.Contains(err.Error(), "could not be read") || strings.Contains(err.Error(), "zzyzx") {
			t.Errorf("%q", err)
		}
	}
}

func TestA503IsTriedOnceMoreUnderTheSameID(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	s.Fail(fakeflake.Fault{Statement: "MERGE", Status: 503})
	before := len(s.Calls(fakeflake.PathQuery))
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	calls := s.Calls(fakeflake.PathQuery)[before:]
	if len(calls) != 2 || calls[0].Query.Get("requestId") != calls[1].Query.Get("requestId") || calls[1].Query.Get("retryCount") != "1" {
		t.Errorf("%d requests, want 2 with one id", len(calls))
	}
	if diff := cmp.Diff([]string{"a"}, ids(s)); diff != "" {
		t.Error(diff)
	}
}

func TestAStormOf503EndsWithTheContext(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	for _, path := range []string{fakeflake.PathQuery, fakeflake.PathAbort} {
		s.Fail(fakeflake.Fault{Path: path, Times: 1000, Status: 503})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 300*time.Millisecond)
	defer cancel()
	began := time.Now()
	err := d.Write(ctx, batch("a"))
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("Write took %v with 300 ms to go", took)
	}
	wantClass(t, err, core.ClassRetry)
	if !strings.Contains(err.Error(), context.DeadlineExceeded.Error()) {
		t.Errorf("%q does not tell why", err)
	}
	if n := len(s.Calls(fakeflake.PathAbort)); n != 1 {
		t.Errorf("%d requests to cancel the statement, want 1, which is not repeated", n)
	}
}

func TestAPauseThatIsAskedForIsPassedOn(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := open(t, configOf(s))
	d.connector.timeout = time.Nanosecond
	s.Fail(fakeflake.Fault{Statement: "MERGE", Status: 429, Header: http.Header{"Retry-After": {"17"}}})
	err := d.Write(within(t), batch("a"))
	if class, wait := core.Classify(err); class != core.ClassRetryAfter || wait != 17*time.Second {
		t.Errorf("%v: class %s, wait %v; want 17 s", err, class, wait)
	}
}

func TestAnAccountThatDoesNotAnswerHoldsUpNobodyForLong(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	for _, path := range []string{fakeflake.PathQuery, fakeflake.PathAbort, fakeflake.PathSession} {
		s.Fail(fakeflake.Fault{Path: path, Times: 1000, Hang: true})
	}
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	began := time.Now()
	wantClass(t, d.Write(ctx, batch("a")), core.ClassRetry)
	if err := d.Close(within(t)); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("Write and Close took %v; what they send at last is given a second each", took)
	}
	if err := d.Write(within(t), batch("a")); err == nil {
		t.Error("a closed driver writes")
	}
}

func TestCloseEndsTheSessionsOfTheAccount(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	c := configOf(s)
	c.EnsureSchema = new(string)
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	if len(s.Calls("")) > 0 {
		t.Error("Open has called the account")
	}
	_ = d.Check(within(t))
	if s.Sessions() != 1 {
		t.Fatalf("%d sessions", s.Sessions())
	}
	if err := d.Close(within(t)); err != nil || s.Sessions() != 0 {
		t.Errorf("%v, %d sessions are left", err, s.Sessions())
	}
}
