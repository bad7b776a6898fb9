package bigquery

import (
	"bytes"
	"context"
	"errors"
	"net/http"
	"strconv"
	"sync"
	"time"

	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/api/googleapi"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const (
	loading = "load rows"

	// pollFirst and pollMost are how long to wait before asking again how a job is
	// going; a small one takes some seconds.
	pollFirst = 250 * time.Millisecond
	pollMost  = 2 * time.Second

	// answerTime is what is left of an attempt for the answer to the last question.
	answerTime = time.Second
)

// loadBatch loads the rows with a job that is called after the batch. A job is all or
// nothing. One that is there already was begun by an earlier attempt, and is waited for; one
// that failed for a reason that passes is followed by another, whose name says so.
func (d *driver) loadBatch(ctx context.Context, b warehouse.Batch) error {
	lines, err := ndjson(b.Rows)
	if err != nil {
		return core.Permanent(err)
	}
	for try := d.tries.of(b.ID); ; try++ {
		d.tries.set(b.ID, try)
		id := jobID(b.ID, try)
		job, begun, err := d.beginJob(ctx, id, lines)
		if err != nil {
			return d.explain(loading, err)
		}
		if job, err = d.awaitJob(ctx, id, job); err != nil {
			return err
		}
		if job.Status.ErrorResult == nil {
			d.tries.forget(b.ID)
			return nil
		}
		if why := readJob(job.Status.ErrorResult); begun || why.what != again {
			return d.judge(loading, why)
		}
	}
}

// jobID is the name of the job that loads a batch.
func jobID(batch string, try int) string {
	id := "headgate-" + batch
	if try > 1 {
		id += "-" + strconv.Itoa(try)
	}
	return id
}

// beginJob starts a job, or finds the one of that name.
func (d *driver) beginJob(ctx context.Context, id string, lines []byte) (job *rest.Job, begun bool, err error) {
	api, err := d.api()
	if err != nil {
		return nil, false, err
	}
	where, err := d.where(ctx)
	if err != nil {
		return nil, false, err
	}
	job, err = api.Jobs.Insert(d.target.project, &rest.Job{
		JobReference: &rest.JobReference{ProjectId: d.target.project, JobId: id, Location: where},
		Configuration: &rest.JobConfiguration{Load: &rest.JobConfigurationLoad{
			DestinationTable:  &rest.TableReference{ProjectId: d.target.project, DatasetId: d.target.dataset, TableId: d.target.table},
			SourceFormat:      "NEWLINE_DELIMITED_JSON",
			WriteDisposition:  "WRITE_APPEND",
			CreateDisposition: "CREATE_NEVER",
		}},
	}).Media(bytes.NewReader(lines), googleapi.ContentType("application/x-ndjson"), googleapi.ChunkSize(0)).Context(ctx).Do()
	if hasCode(err, http.StatusConflict) {
		job, err = d.job(ctx, id)
		return job, false, err
	}
	return job, err == nil, err
}

// awaitJob waits until a job is done, or until there is time for no more than to say that
// it is not. Its errors are classified.
func (d *driver) awaitJob(ctx context.Context, id string, job *rest.Job) (*rest.Job, error) {
	for wait := d.poll; ; wait = min(2*wait, pollMost) {
		if job.Status != nil && job.Status.State == "DONE" {
			return job, nil
		}
		if deadline, bounded := ctx.Deadline(); bounded && time.Until(deadline) < wait+answerTime {
			return nil, core.RetryAfter(pollMost, errors.New(loading+": the job is still running and will be looked at again"))
		}
		err := sleep(ctx, wait)
		if err == nil {
			job, err = d.job(ctx, id)
		}
		if err != nil {
			return nil, d.explain(loading, err)
		}
	}
}

// job asks how a job is going.
func (d *driver) job(ctx context.Context, id string) (*rest.Job, error) {
	api, err := d.api()
	if err != nil {
		return nil, err
	}
	where, err := d.where(ctx)
	if err != nil {
		return nil, err
	}
	return api.Jobs.Get(d.target.project, id).Location(where).Context(ctx).Do()
}

func sleep(ctx context.Context, wait time.Duration) error {
	timer := time.NewTimer(wait)
	defer timer.Stop()
	select {
	case <-timer.C:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

// ndjson returns the rows as lines of JSON. BigQuery keeps microseconds, and does not take
// a time with more digits.
func ndjson(rows []warehouse.Row) ([]byte, error) {
	var lines []byte
	for _, row := range rows {
		row.Time, row.Received = row.Time.Truncate(time.Microsecond), row.Received.Truncate(time.Microsecond)
		line, err := row.JSON()
		if err != nil {
			return nil, err
		}
		lines = append(append(lines, line...), '\n')
	}
	return lines, nil
}

// tries remembers which try of a batch is at hand, so that not all before it are asked for
// again. Nothing depends on it.
type tries struct {
	mu sync.Mutex
	at map[string]int
}

const maxTries = 64 // of batches that are remembered

func (t *tries) of(batch string) int {
	t.mu.Lock()
	defer t.mu.Unlock()
	return max(1, t.at[batch])
}

func (t *tries) set(batch string, try int) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if try == 1 {
		return
	}
	if t.at == nil || len(t.at) >= maxTries {
		t.at = make(map[string]int)
	}
	t.at[batch] = try
}

func (t *tries) forget(batch string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	delete(t.at, batch)
}
