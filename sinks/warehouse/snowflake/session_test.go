package snowflake

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

func TestASessionThatExpiresIsRenewed(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	s.ExpireSessions()
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	if n, m := len(s.Calls(fakeflake.PathRenew)), len(s.Calls(fakeflake.PathLogin)); n != 1 || m != 1 {
		t.Errorf("%d renewals and %d sign-ins, want one of each", n, m)
	}
}

// After four hours of idleness nothing of a session can be renewed.
func TestASessionThatHasEndedIsBegunAgain(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	s.EndSessions()
	wantClass(t, d.Write(within(t), batch("a")), core.ClassRetry)
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	s.ExpireSessions()
	s.Fail(fakeflake.Fault{Path: fakeflake.PathRenew, Code: "390114"})
	wantClass(t, d.Write(within(t), batch("b")), core.ClassRetry)
	if err := d.Write(within(t), batch("b")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, ids(s)); diff != "" {
		t.Error(diff)
	}
}

func TestAStatementThatTakesLongIsAskedAfter(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	s.Fail(fakeflake.Fault{Statement: "MERGE", InProgress: 3})
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, ids(s)); diff != "" {
		t.Error(diff)
	}
}

// requestIDs returns the ids of the statements that changed rows.
func requestIDs(s *fakeflake.Server) (ids []string) {
	for _, call := range s.Calls(fakeflake.PathQuery) {
		if call.Bound != "" {
			ids = append(ids, call.Query.Get("requestId"))
		}
	}
	return ids
}

func withoutMerge(c warehouse.Config) warehouse.Config {
	none := dedupeNone
	c.Dedupe = &none
	return c
}

// An account that goes by the ids of requests executes a batch once, be it a MERGE or not,
// also when another process sends it again.
func TestAStatementWhoseAnswerIsLostHasTheSameIDWhenItIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	ready(t, s)
	s.Fail(fakeflake.Fault{Statement: "INSERT", Times: 2, CutAfter: true})
	wantClass(t, open(t, withoutMerge(configOf(s))).Write(within(t), batch("a")), core.ClassRetry)
	if err := open(t, withoutMerge(configOf(s))).Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a"}, ids(s)); diff != "" {
		t.Errorf("rows: %s", diff)
	}
	sent := requestIDs(s)
	if len(sent) != 3 || sent[0] != sent[1] || sent[1] != sent[2] {
		t.Errorf("the ids are %q, want three times the same", sent)
	}
}

// An account that does not go by them has each row once all the same.
func TestAStatementWhoseAnswerIsLostAddsNoRowTwiceByMerge(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	s.ForgetRequests()
	d := ready(t, s)
	s.Fail(fakeflake.Fault{Statement: "MERGE", CutAfter: true})
	if err := d.Write(within(t), batch("a", "b")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, ids(s)); diff != "" {
		t.Error(diff)
	}
}

// The answer to a request may be given again for its id, so what was answered with an
// error is sent under another.
func TestAStatementThatWasAnsweredWithAnErrorHasAnotherIDWhenItIsSentAgain(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	for range 3 {
		s.Fail(fakeflake.Fault{Statement: "MERGE", Code: "000625", State: "57014"})
		wantClass(t, d.Write(within(t), batch("a")), core.ClassRetry)
	}
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	seen := map[string]bool{}
	for _, id := range requestIDs(s) {
		seen[id] = true
	}
	if len(seen) != 4 {
		t.Errorf("four attempts had %d ids", len(seen))
	}
}

func TestWhatIsRememberedOfRefusedBatchesIsBounded(t *testing.T) {
	t.Parallel()
	r := newRequests()
	for i := range 10 * maxRefused {
		id := batch("a").ID + string(rune('a'+i%26)) + time.Duration(i).String()
		r.answered(id, false)
		r.answered(id, false)
		if i%3 == 0 {
			r.answered(id, true)
		}
	}
	if len(r.refused) > maxRefused || len(r.order) > maxRefused {
		t.Errorf("%d and %d are remembered, want at most %d", len(r.refused), len(r.order), maxRefused)
	}
}

func TestWithoutMergeARowIsThereAsOftenAsItIsSent(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	ready(t, s)
	d := open(t, withoutMerge(configOf(s)))
	for _, b := range []warehouse.Batch{batch("a", "b"), batch("b")} {
		if err := d.Write(within(t), b); err != nil {
			t.Fatal(err)
		}
	}
	if diff := cmp.Diff([]string{"a", "b", "b"}, ids(s)); diff != "" {
		t.Error(diff)
	}
}

func TestARowThatIsTwiceInABatchIsThereOnce(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	if err := ready(t, s).Write(within(t), batch("a", "b", "a")); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff([]string{"a", "b"}, ids(s)); diff != "" {
		t.Error(diff)
	}
}

func TestIDsAreLookedForWithinTheWindowAndNotBeyond(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	ready(t, s)
	c := configOf(s)
	c.DedupeWindow = time.Hour
	d := open(t, c)
	sent := 0
	send := func(id string, later time.Duration) {
		t.Helper()
		sent++
		b := batch(id + fmt.Sprint(sent))
		b.Rows = rowsOf(id)
		b.Rows[0].Received = b.Rows[0].Received.Add(later)
		if err := d.Write(within(t), b); err != nil {
			t.Fatal(err)
		}
	}
	send("a", 0)
	send("a", time.Hour)
	send("a", -time.Hour)
	if diff := cmp.Diff([]string{"a"}, ids(s)); diff != "" {
		t.Errorf("received within the hour: %s", diff)
	}
	send("a", time.Hour+time.Nanosecond)
	if diff := cmp.Diff([]string{"a", "a"}, ids(s)); diff != "" {
		t.Errorf("received later than that: %s", diff)
	}
}
