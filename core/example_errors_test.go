package core_test

import (
	"context"
	"errors"
	"fmt"
	"log"
	"net/http"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// answered says what a status means for the events that were sent.
func answered(status int, retryAfter time.Duration) error {
	err := fmt.Errorf("the collector answered %d", status)
	switch {
	case status == http.StatusTooManyRequests:
		return core.RetryAfter(retryAfter, err) // the sink pauses
	case status == http.StatusUnauthorized:
		return core.Unauthorized(err) // the sink fails until the credentials are right
	case status == http.StatusRequestEntityTooLarge:
		return core.TooLarge(err) // the halves are sent
	case status >= 400 && status < 500:
		return core.Permanent(err) // the events at fault are looked for
	}
	return err // the batch is tried again
}

// A sink wraps its errors to say what there is to be done about them.
func ExampleClass() {
	for _, status := range []int{429, 401, 413, 400, 503} {
		class, wait := core.Classify(answered(status, 30*time.Second))
		fmt.Println(status, class, wait)
	}
	// Output:
	// 429 retry_after 30s
	// 401 unauthorized 0s
	// 413 too_large 0s
	// 400 permanent 0s
	// 503 retry 0s
}

// A destination that takes one event and refuses another has a batch error made of its answer.
// What it does not name is delivered.
func ExampleBatchError() {
	failed := &core.BatchError{}
	failed.Fail(2, core.Permanent(errors.New("name is not allowed")))
	failed.Fail(5, core.RetryAfter(30*time.Second, errors.New("throttled")))
	fmt.Println(failed.OrNil())
	class, wait := core.Classify(failed.Failed[5])
	fmt.Println(class, wait)
	// Output:
	// 2 events failed, the first: name is not allowed
	// retry_after 30s
}

// What could not be delivered in time is told when the dispatcher is closed. With a queue on disk
// it is delivered after the next start.
func ExampleLeftError() {
	away := core.SinkFunc(func(context.Context, []core.Sealed) error { return errors.New("no route to host") })
	d, err := core.New(core.Config{Sinks: []core.SinkConfig{{Name: "vendor", Sink: away}}}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Track(context.Background(), "run")
	_ = d.Track(context.Background(), "run")

	ctx, cancel := context.WithTimeout(context.Background(), 50*time.Millisecond)
	defer cancel()
	var left *core.LeftError
	if err := d.Close(ctx); errors.As(err, &left) {
		fmt.Println(left.Left["vendor"], "events were not delivered")
	}
	// Output: 2 events were not delivered
}
