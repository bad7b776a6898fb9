package bigquery

import (
	"context"
	"fmt"
	"maps"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"github.com/google/go-cmp/cmp"
	"google.golang.org/genproto/googleapis/rpc/errdetails"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/protoadapt"
	"google.golang.org/protobuf/types/known/durationpb"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
)

func TestRowsThatAreRefusedAreNamedAndTheOthersWritten(t *testing.T) {
	s, d := ready(t)
	b := batch("row", 10)
	for _, bad := range []int{0, 4, 9} {
		poison(&b.Rows[bad])
	}
	err := d.Write(within(t, time.Minute), b)
	want := []core.Class{"permanent", "", "", "", "permanent", "", "", "", "", "permanent"}
	if diff := cmp.Diff(want, classes(err, 10)); diff != "" {
		t.Errorf("-want +got\n%s%v", diff, err)
	}
	if strings.Contains(err.Error(), canary) {
		t.Errorf("%v: it carries a value of a row", err)
	}
	got := slices.Sorted(maps.Keys(stored(s)))
	if diff := cmp.Diff([]string{"row-1", "row-2", "row-3", "row-5", "row-6", "row-7", "row-8"}, got); diff != "" {
		t.Error(diff)
	}
	if len(s.Rows(events)) != 7 {
		t.Errorf("%d rows", len(s.Rows(events)))
	}
}

func TestRowsThatAreAllRefusedAreNotSentAgain(t *testing.T) {
	s, d := ready(t)
	b := batch("row", 3)
	for i := range b.Rows {
		poison(&b.Rows[i])
	}
	appends := 0
	s.OnAppend(func(n int) *fake.Append { appends = n; return nil })
	err := d.Write(within(t, time.Minute), b)
	if diff := cmp.Diff([]core.Class{"permanent", "permanent", "permanent"}, classes(err, 3)); diff != "" || appends != 1 {
		t.Errorf("%d appends, %v %s", appends, err, diff)
	}
}

func TestAnAnswerThatNamesOtherRowsEachTimeIsNotFollowedForEver(t *testing.T) {
	s, d := ready(t)
	appends := 0
	s.OnAppend(func(n int) *fake.Append {
		appends = n
		return &fake.Append{Status: status.New(codes.InvalidArgument, canary), Rows: []int64{0}}
	})
	err := d.Write(within(t, time.Minute), batch("row", 10))
	want := append(slices.Repeat([]core.Class{"permanent"}, maxPasses), slices.Repeat([]core.Class{"retry"}, 10-maxPasses)...)
	if diff := cmp.Diff(want, classes(err, 10)); diff != "" || appends != maxPasses {
		t.Errorf("%d appends, -want +got\n%s", appends, diff)
	}
	s.OnAppend(func(int) *fake.Append {
		return &fake.Append{Status: status.New(codes.InvalidArgument, canary), Rows: []int64{77}}
	})
	mustBe(t, "a row that was not sent", d.Write(within(t, time.Minute), batch("row", 2)), core.ClassPermanent)
}

// withDetail adds a detail to a status.
func withDetail(t *testing.T, code codes.Code, detail protoadapt.MessageV1) *status.Status {
	t.Helper()
	s, err := status.New(code, canary).WithDetails(detail)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func storageError(t *testing.T, code codes.Code, detail storagepb.StorageError_StorageErrorCode) *status.Status {
	return withDetail(t, code, &storagepb.StorageError{Code: detail, Entity: canary, ErrorMessage: canary})
}

func TestEachAnswerHasTheClassThatTheDispatcherShouldActOn(t *testing.T) {
	plain := func(code codes.Code) *status.Status { return status.New(code, "of row "+canary) }
	quota := withDetail(t, codes.ResourceExhausted, &errdetails.RetryInfo{RetryDelay: durationpb.New(7 * time.Second)})
	for name, c := range map[string]struct {
		status *status.Status
		want   core.Class
	}{
		"unavailable":        {plain(codes.Unavailable), core.ClassRetry},
		"aborted":            {plain(codes.Aborted), core.ClassRetry},
		"internal":           {plain(codes.Internal), core.ClassRetry},
		"unknown":            {plain(codes.Unknown), core.ClassRetry},
		"cancelled":          {plain(codes.Canceled), core.ClassRetry},
		"deadline":           {plain(codes.DeadlineExceeded), core.ClassRetry},
		"precondition":       {plain(codes.FailedPrecondition), core.ClassRetry},
		"quota":              {plain(codes.ResourceExhausted), core.ClassRetry},
		"quota with a delay": {quota, core.ClassRetryAfter},
		"key service":        {storageError(t, codes.FailedPrecondition, storagepb.StorageError_KMS_SERVICE_ERROR), core.ClassRetry},
		"not found":          {plain(codes.NotFound), core.ClassUnauthorized},
		"no table":           {storageError(t, codes.NotFound, storagepb.StorageError_TABLE_NOT_FOUND), core.ClassUnauthorized},
		"denied":             {plain(codes.PermissionDenied), core.ClassUnauthorized},
		"unauthenticated":    {plain(codes.Unauthenticated), core.ClassUnauthorized},
		"unimplemented":      {plain(codes.Unimplemented), core.ClassUnauthorized},
		"key denied":         {storageError(t, codes.InvalidArgument, storagepb.StorageError_KMS_PERMISSION_DENIED), core.ClassUnauthorized},
		"a column too many":  {storageError(t, codes.InvalidArgument, storagepb.StorageError_SCHEMA_MISMATCH_EXTRA_FIELDS), core.ClassUnauthorized},
		"invalid":            {plain(codes.InvalidArgument), core.ClassPermanent},
		"out of range":       {plain(codes.OutOfRange), core.ClassPermanent},
	} {
		for _, ends := range []bool{false, true} {
			s, d := ready(t)
			write(t, d, batch("before", 1))
			endStreams(d)
			s.OnAppend(func(int) *fake.Append { return &fake.Append{Status: c.status, Ends: ends} })
			err := d.Write(within(t, time.Minute), batch("row", 2))
			mustBe(t, fmt.Sprintf("%s, ends the call: %t", name, ends), err, c.want)
			if _, wait := core.Classify(err); (c.want == core.ClassRetryAfter) != (wait == 7*time.Second) {
				t.Errorf("%s: wait %v", name, wait)
			}
			s.OnAppend(nil)
			write(t, d, batch("row", 2)) // what was wrong has passed
			if diff := cmp.Diff(map[string]int{"before-0": 1, "row-0": 1, "row-1": 1}, stored(s)); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
	}
}

func TestABatchThatIsRefusedBeforeAnyWasTakenIsAMatterOfSetup(t *testing.T) {
	s, d := ready(t)
	s.OnAppend(func(int) *fake.Append { return &fake.Append{Status: status.New(codes.InvalidArgument, canary)} })
	// The form of all rows may be wrong: to split them would lose every one of them.
	mustBe(t, "the first", d.Write(within(t, time.Minute), batch("row", 2)), core.ClassUnauthorized)
}

func TestWhatHasBeenWrittenBeforeIsWritten(t *testing.T) {
	s, d := ready(t)
	already := storageError(t, codes.AlreadyExists, storagepb.StorageError_OFFSET_ALREADY_EXISTS)
	s.OnAppend(func(int) *fake.Append { return &fake.Append{Status: already} })
	if err := d.Write(within(t, time.Minute), batch("row", 2)); err != nil {
		t.Error(err)
	}
}

func TestAMissingPermissionIsNamed(t *testing.T) {
	s, d := ready(t)
	says := status.New(codes.PermissionDenied, "Permission 'TABLES_UPDATE_DATA' denied on resource 'projects/p' (or it may not exist). "+canary)
	s.OnAppend(func(int) *fake.Append { return &fake.Append{Status: says, Ends: true} })
	err := d.Write(within(t, time.Minute), batch("row", 1))
	mustBe(t, "denied", err, core.ClassUnauthorized)
	if err != nil && (!strings.Contains(err.Error(), "TABLES_UPDATE_DATA") || !strings.Contains(err.Error(), "roles/bigquery.dataEditor")) {
		t.Error(err)
	}
}

func TestATableThatWasMadeAMomentAgoIsWaitedFor(t *testing.T) {
	s := newServer(t)
	d := opened(t, s, schema(warehouse.SchemaCreate))
	if err := d.EnsureSchema(within(t, time.Minute)); err != nil {
		t.Fatal(err)
	}
	s.OnAppend(func(int) *fake.Append {
		return &fake.Append{Status: status.New(codes.NotFound, "Requested entity was not found"), Ends: true}
	})
	mustBe(t, "a moment later", d.Write(within(t, time.Minute), batch("row", 1)), core.ClassRetry)
	d.created = time.Now().Add(-propagation)
	mustBe(t, "minutes later", d.Write(within(t, time.Minute), batch("row", 1)), core.ClassUnauthorized)
}

func TestABatchThatIsTooLargeIsNotSent(t *testing.T) {
	s, d := ready(t)
	b := batch("row", 10)
	for i := range b.Rows {
		b.Rows[i].Payload = []byte(`{"a":"` + strings.Repeat("x", 1_000_000) + `"}`)
	}
	mustBe(t, "10 MB", d.Write(within(t, time.Minute), b), core.ClassTooLarge)
	if s.Connections() != 1 { // that of who made the table
		t.Errorf("%d connections", s.Connections())
	}
	b.Rows = b.Rows[:9]
	write(t, d, b) // fits in what BigQuery takes
}

func TestAStreamIsUsedAgain(t *testing.T) {
	s, d := ready(t)
	for i := range 10 {
		write(t, d, batch(fmt.Sprint("batch-", i), 3))
	}
	if n := asked(s, "AppendRows"); n != 1 || len(s.Rows(events)) != 30 {
		t.Errorf("%d streams, %d rows", n, len(s.Rows(events)))
	}
}

func TestSeveralWriteAtOnce(t *testing.T) {
	s, d := ready(t)
	var group sync.WaitGroup
	for i := range 8 {
		group.Go(func() {
			for j := range 20 {
				if err := d.Write(within(t, time.Minute), batch(fmt.Sprint(i, "-", j), 2)); err != nil {
					t.Error(err)
				}
			}
		})
	}
	group.Wait()
	if n := asked(s, "AppendRows"); n > 8 || len(s.Rows(events)) != 320 {
		t.Errorf("%d streams, %d rows", n, len(s.Rows(events)))
	}
	if s.Connections() != 2 {
		t.Errorf("%d connections", s.Connections())
	}
}

func TestAConnectionThatWasClosedMeanwhileIsReplacedWithinAnAttempt(t *testing.T) {
	s, d := ready(t)
	var group sync.WaitGroup
	for i := range 4 { // several idle streams on it
		group.Go(func() { write(t, d, batch(fmt.Sprint("first-", i), 1)) })
	}
	group.Wait()
	s.Drop()
	write(t, d, batch("second", 1))
	if ids := stored(s); ids["second-0"] != 1 {
		t.Error(ids)
	}
	s.OnAppend(func(n int) *fake.Append { // the service ends a stream that was idle for long
		if n == 6 {
			return &fake.Append{Status: status.New(codes.Aborted, "Closing the stream because the server is closing the connection"), Ends: true}
		}
		return nil
	})
	write(t, d, batch("third", 1))
	if ids := stored(s); ids["third-0"] != 1 {
		t.Error(ids)
	}
}

func TestAConnectionThatIsCutIsForTheDispatcherToTryAgain(t *testing.T) {
	s, d := ready(t)
	for _, fault := range []fake.Append{{Cut: true}, {Lost: true}} {
		endStreams(d)
		s.OnAppend(func(int) *fake.Append { return &fault })
		mustBe(t, fmt.Sprint(fault), d.Write(within(t, time.Minute), batch("row", 1)), core.ClassRetry)
	}
	s.OnAppend(nil)
	write(t, d, batch("row", 1))
	if ids := stored(s); ids["row-0"] != 2 {
		t.Errorf("%v: want the row once from the append whose answer was lost, and once from the last", ids)
	}
	rows, err := s.Query(unique)
	if err != nil || len(rows) != 1 {
		t.Errorf("the view has %d rows, %v", len(rows), err)
	}
}

func TestAConnectionThatFallsSilentIsGivenUp(t *testing.T) {
	s, d := ready(t)
	write(t, d, batch("first", 1))
	s.Silence()
	began := time.Now()
	mustBe(t, "silence", d.Write(within(t, 200*time.Millisecond), batch("row", 1)), core.ClassRetry)
	if took := time.Since(began); took > 10*time.Second {
		t.Errorf("it took %v", took)
	}
	write(t, d, batch("row", 1)) // on another connection
	if ids := stored(s); ids["row-0"] != 1 {
		t.Error(ids)
	}
}

func TestAServiceThatNeverAnswersIsGivenUp(t *testing.T) {
	s, d := ready(t)
	s.OnAppend(func(int) *fake.Append { return &fake.Append{Silent: true} })
	mustBe(t, "silence", d.Write(within(t, 100*time.Millisecond), batch("row", 1)), core.ClassRetry)
	ctx, cancel := context.WithCancel(t.Context())
	time.AfterFunc(20*time.Millisecond, cancel)
	mustBe(t, "a host that ends", d.Write(ctx, batch("row", 1)), core.ClassRetry)
}

// An outage must neither pile up goroutines nor rows that nobody waits for any more.
func TestAnOutageLeavesNothingBehind(t *testing.T) {
	s, d := ready(t)
	write(t, d, batch("before", 1))
	s.Break()
	fail := func() {
		if err := d.Write(within(t, 50*time.Millisecond), batch("during", 1)); err == nil {
			t.Error("no error while the service is away")
		}
	}
	fail()
	goroutines := runtime.NumGoroutine()
	for range 30 {
		fail()
	}
	if n := runtime.NumGoroutine(); n > goroutines+15 {
		t.Errorf("%d goroutines, %d at the beginning", n, goroutines)
	}
	s.Mend()
	write(t, d, batch("after", 1))
	if diff := cmp.Diff(map[string]int{"before-0": 1, "after-0": 1}, stored(s)); diff != "" {
		t.Error(diff)
	}
}

func TestClosingEndsWhatIsUnderWay(t *testing.T) {
	s, d := ready(t)
	entered := make(chan struct{})
	s.OnAppend(func(int) *fake.Append { close(entered); return &fake.Append{Silent: true} })
	result := make(chan error)
	go func() { result <- d.Write(within(t, time.Minute), batch("row", 1)) }()
	<-entered
	_ = d.Close(t.Context())
	mustBe(t, "closed meanwhile", <-result, core.ClassRetry)
	mustBe(t, "closed before", d.Write(within(t, time.Minute), batch("row", 1)), core.ClassRetry)
	mustBe(t, "closed before", d.Check(within(t, time.Minute)), core.ClassRetry)
}

func TestClosingHangsUp(t *testing.T) {
	s, _ := ready(t)
	streams, loads := opened(t, s), opened(t, s, mode("load"))
	write(t, streams, batch("streamed", 1))
	write(t, loads, batch("loaded", 1))
	before := s.Connected()
	_ = streams.Close(t.Context())
	_ = loads.Close(t.Context())
	for deadline := time.Now().Add(idleTimeout / 2); s.Connected() > before-2; time.Sleep(time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("%d connections, %d before", s.Connected(), before)
		}
	}
}
