package bigquery

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
)

func jobs(s *fake.Server) []string {
	ids := s.Jobs()
	slices.Sort(ids)
	return ids
}

func TestAJobIsCalledAfterItsBatchAndDoneOnce(t *testing.T) {
	s, d := ready(t, mode("load"))
	write(t, d, batch("row", 3))
	write(t, d, batch("row", 3))
	write(t, opened(t, s, mode("load")), batch("row", 3)) // after a crash
	write(t, d, batch("other", 1))
	if diff := cmp.Diff([]string{"headgate-id-of-other", "headgate-id-of-row"}, jobs(s)); diff != "" {
		t.Error(diff)
	}
	if diff := cmp.Diff(map[string]int{"row-0": 1, "row-1": 1, "row-2": 1, "other-0": 1}, stored(s)); diff != "" {
		t.Error(diff)
	}
}

func TestAJobWhoseBeginningWasNotHeardOfIsFoundAgain(t *testing.T) {
	s, d := ready(t, mode("load"))
	first(s, "POST /upload/", fake.Answer{Lost: true})
	mustBe(t, "lost", d.Write(within(t, time.Minute), batch("row", 2)), core.ClassRetry)
	write(t, d, batch("row", 2))
	if diff := cmp.Diff(map[string]int{"row-0": 1, "row-1": 1}, stored(s)); diff != "" || len(jobs(s)) != 1 {
		t.Error(diff, jobs(s))
	}
}

func TestAJobThatTakesLongIsLookedAtAgain(t *testing.T) {
	s, d := ready(t, mode("load"))
	s.Polls(1_000_000)
	err := d.Write(within(t, answerTime+200*time.Millisecond), batch("row", 2))
	mustBe(t, "a job that runs", err, core.ClassRetryAfter)
	s.Polls(0)
	write(t, d, batch("soon", 1))
	s.OnRequest(nil)
	s.Hurry()
	write(t, d, batch("row", 2))
	if diff := cmp.Diff(map[string]int{"row-0": 1, "row-1": 1, "soon-0": 1}, stored(s)); diff != "" {
		t.Error(diff)
	}
}

func TestEachReasonOfAJobHasTheClassThatTheDispatcherShouldActOn(t *testing.T) {
	for reason, want := range map[string]core.Class{
		"backendError": core.ClassRetry, "internalError": core.ClassRetry, "rateLimitExceeded": core.ClassRetry, "resourcesExceeded": core.ClassRetry,
		"stopped": core.ClassRetry, "timeout": core.ClassRetry, "neverHeardOf": core.ClassRetry, "with " + canary: core.ClassRetry,
		"quotaExceeded": core.ClassRetryAfter,
		"invalid":       core.ClassPermanent,
		"accessDenied":  core.ClassUnauthorized, "notFound": core.ClassUnauthorized, "billingNotEnabled": core.ClassUnauthorized,
		"responseTooLarge": core.ClassTooLarge,
	} {
		s, d := ready(t, mode("load"))
		s.OnJob(func(string) string { return reason })
		err := d.Write(within(t, time.Minute), batch("row", 2))
		mustBe(t, reason, err, want)
		s.OnJob(nil)
		err = d.Write(within(t, time.Minute), batch("row", 2))
		switch want {
		case core.ClassRetry, core.ClassRetryAfter: // another job is begun
			if err != nil || len(jobs(s)) != 2 || len(s.Rows(events)) != 2 {
				t.Errorf("%s: then %v, jobs %v, %d rows", reason, err, jobs(s), len(s.Rows(events)))
			}
		default: // what it was is still so
			mustBe(t, reason+" again", err, want)
			if len(jobs(s)) != 1 {
				t.Errorf("%s: jobs %v", reason, jobs(s))
			}
		}
	}
}

func TestABatchIsTriedWithOneJobAfterTheOther(t *testing.T) {
	s, d := ready(t, mode("load"))
	s.OnJob(func(id string) string {
		if strings.HasSuffix(id, "-4") {
			return ""
		}
		return "backendError"
	})
	for range 3 {
		mustBe(t, "a job that failed", d.Write(within(t, time.Minute), batch("row", 1)), core.ClassRetry)
	}
	before := len(jobs(s))
	write(t, opened(t, s, mode("load")), batch("row", 1)) // another process finds those before
	if want := []string{"headgate-id-of-row", "headgate-id-of-row-2", "headgate-id-of-row-3", "headgate-id-of-row-4"}; before != 3 || !slices.Equal(jobs(s), want) {
		t.Errorf("%d, then %v", before, jobs(s))
	}
	s.Forget()
	write(t, d, batch("row", 1)) // and this one the last, without asking for all again
	if diff := cmp.Diff(map[string]int{"row-0": 1}, stored(s)); diff != "" || asked(s, "GET *") > 2 {
		t.Error(diff, s.Requests())
	}
}

func TestEachAnswerOfTheRestAPIHasTheClassThatTheDispatcherShouldActOn(t *testing.T) {
	for _, c := range []struct {
		answer fake.Answer
		want   core.Class
		wait   time.Duration
	}{
		{fake.Answer{Status: 403, Reason: "rateLimitExceeded"}, core.ClassRetry, 0},
		{fake.Answer{Status: 403, Reason: "quotaExceeded"}, core.ClassRetryAfter, 5 * time.Minute},
		{fake.Answer{Status: 429, Reason: "rateLimitExceeded", Header: http.Header{"Retry-After": {"9"}}}, core.ClassRetryAfter, 9 * time.Second},
		{fake.Answer{Status: 429, Text: canary}, core.ClassRetry, 0},
		{fake.Answer{Status: 500, Reason: "internalError"}, core.ClassRetry, 0},
		{fake.Answer{Status: 502, Text: "<html>" + canary}, core.ClassRetry, 0},
		{fake.Answer{Status: 503, Reason: "backendError", Text: canary}, core.ClassRetry, 0},
		{fake.Answer{Status: 400, Reason: "jobRateLimitExceeded"}, core.ClassRetry, 0},
		{fake.Answer{Status: 403, Reason: "accessDenied", Text: "Access Denied: User does not have bigquery.jobs.create permission. " + canary}, core.ClassUnauthorized, 0},
		{fake.Answer{Status: 403, Reason: "billingNotEnabled"}, core.ClassUnauthorized, 0},
		{fake.Answer{Status: 401, Reason: "authError"}, core.ClassUnauthorized, 0},
		{fake.Answer{Status: 404, Reason: "notFound", Text: canary}, core.ClassUnauthorized, 0},
		{fake.Answer{Status: 400, Reason: "invalid", Text: canary}, core.ClassUnauthorized, 0},
		{fake.Answer{Status: 307, Header: http.Header{"Location": {"https://elsewhere.example/"}}}, core.ClassUnauthorized, 0},
		{fake.Answer{Status: 413, Reason: "uploadTooLarge"}, core.ClassTooLarge, 0},
		{fake.Answer{Status: 413, Text: canary}, core.ClassTooLarge, 0},
		{fake.Answer{Status: 200, Text: "not JSON: " + canary}, core.ClassRetry, 0},
		{fake.Answer{Cut: true}, core.ClassRetry, 0},
	} {
		s, d := ready(t, mode("load"))
		first(s, "POST /upload/", c.answer)
		what := fmt.Sprintf("%d %s", c.answer.Status, c.answer.Reason)
		err := d.Write(within(t, time.Minute), batch("row", 2))
		mustBe(t, what, err, c.want)
		if _, wait := core.Classify(err); wait.Round(time.Second) != c.wait {
			t.Errorf("%s: wait %v, want %v", what, wait, c.wait)
		}
		if n := asked(s, "POST :upload*"); n != 1 {
			t.Errorf("%s: %d requests: how often is the dispatcher's", what, n)
		}
		if strings.Contains(c.answer.Text, "bigquery.jobs.create") && !strings.Contains(err.Error(), "bigquery.jobs.create") {
			t.Errorf("%v does not say what is missing", err)
		}
		write(t, d, batch("row", 2))
		if len(s.Rows(events)) != 2 {
			t.Errorf("%s: %d rows", what, len(s.Rows(events)))
		}
	}
}

func TestAJobRunsWhereTheTableIs(t *testing.T) {
	s, d := ready(t, mode("load"))
	for i := range 3 {
		write(t, d, batch(fmt.Sprint("row-", i), 1)) // the server refuses a job elsewhere
	}
	if n := asked(s, "GET *:tables:*"); n != 1 {
		t.Errorf("it looked at the table %d times", n)
	}
	s.Forget()
	write(t, opened(t, s, mode("load"), in("EU")), batch("told", 1))
	if n := asked(s, "GET *:tables:*"); n != 0 {
		t.Errorf("it looked at the table %d times although it was told", n)
	}
	mustBe(t, "another location", opened(t, s, mode("load"), in("US")).Write(within(t, time.Minute), batch("x", 1)), core.ClassUnauthorized)
}

func TestALoadEndsWithItsContext(t *testing.T) {
	s, d := ready(t, mode("load"))
	s.Polls(1_000_000)
	d.poll = time.Hour
	ctx := t.Context() // without a deadline, as no dispatcher gives it
	cancelled := within(t, 50*time.Millisecond)
	mustBe(t, "no time for another question", d.Write(cancelled, batch("row", 1)), core.ClassRetryAfter)
	if err := sleep(cancelled, time.Hour); err == nil && ctx.Err() == nil {
		t.Error("sleep outlived its context")
	}
}
