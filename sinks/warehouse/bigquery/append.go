package bigquery

import (
	"context"
	"fmt"

	"google.golang.org/grpc/codes"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

const (
	// maxAppend is the size of rows that leaves room for what is around them in the 10 MB
	// that BigQuery takes: https://cloud.google.com/bigquery/quotas#write-api-limits
	maxAppend = 9_500_000

	// maxPasses bounds how often rows are sent again without those that were refused:
	// the first answer should name all of them.
	maxPasses = 4
)

const appending = "append rows"

// appendBatch appends the rows. An append is all or none of them; when BigQuery names rows
// that it does not take, the others are sent without them.
func (d *driver) appendBatch(ctx context.Context, b warehouse.Batch) error {
	messages, size, err := encode(b.Rows)
	switch {
	case err != nil:
		return core.Permanent(err)
	case size > maxAppend:
		return core.TooLarge(fmt.Errorf("%d rows are %d bytes, and BigQuery takes no more than %d in an append", len(messages), size, maxAppend))
	}
	left := make([]int, len(messages)) // indexes of the rows that are to be appended
	for i := range left {
		left[i] = i
	}
	failed := new(core.BatchError)
	for pass := 0; len(left) > 0; pass++ {
		if pass == maxPasses {
			return failRest(failed, left, fmt.Errorf("%s: BigQuery refused others of the rows each time", appending))
		}
		answer, err := d.writer.append(ctx, messages)
		if err != nil {
			return failRest(failed, left, d.explain(appending, err))
		}
		if answer.GetError() == nil {
			break
		}
		refused := make(map[int]error, len(answer.GetRowErrors()))
		for _, row := range answer.GetRowErrors() {
			refused[int(row.GetIndex())] = core.Permanent(fmt.Errorf("%s: BigQuery refuses the row: %s", appending, row.GetCode()))
		}
		rest, restMessages := left[:0:0], messages[:0:0]
		for i, index := range left {
			if err, bad := refused[i]; bad {
				failed.Fail(index, err)
			} else {
				rest, restMessages = append(rest, index), append(restMessages, messages[i])
			}
		}
		if len(rest) == len(left) { // it names rows that were not sent
			return failRest(failed, left, core.Permanent(fmt.Errorf("%s: BigQuery refuses rows that were not sent: %s", appending, codes.Code(answer.GetError().GetCode()))))
		}
		left, messages = rest, restMessages
	}
	return failed.OrNil()
}

// failRest gives the rows that are left an error, which is the whole batch's if none of it
// has another.
func failRest(failed *core.BatchError, left []int, err error) error {
	if failed.OrNil() == nil {
		return err
	}
	for _, index := range left {
		failed.Fail(index, err)
	}
	return failed
}
