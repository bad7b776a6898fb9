package core_test

import (
	"context"
	"fmt"
	"log"
	"os"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// crm is a sink whose destination deletes people when it is asked to.
type crm struct{ token core.Secret }

func (crm) Send(context.Context, []core.Sealed) error { return nil }
func (crm) Close(context.Context) error               { return nil }

// Deletion says how it would be asked, and what is missing for that.
func (c crm) Deletion(ids core.PersonIDs) (core.Deletion, error) {
	var d core.Deletion
	for _, id := range ids.UserIDs {
		d.Requests = append(d.Requests, core.Request{Method: "DELETE", URL: "https://crm.example.com/people/" + id})
	}
	if c.token.IsZero() {
		d.Needs = []string{"token"}
	}
	return d, nil
}

// Forget makes the requests.
func (crm) Forget(context.Context, core.PersonIDs) (string, error) {
	return "accepted, done within 30 days", nil
}

// A sink that can ask its destination to delete what it has of a person says how, and does it when it is told to.
func ExampleForgetter() {
	cfg := core.Config{Sinks: []core.SinkConfig{{Name: "crm", Sink: crm{core.NewSecret("tok-4f1c0a9e")}}}}
	deletions, err := core.Deletions(context.Background(), cfg, core.Person{UserID: "u-1"}, true, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range deletions {
		fmt.Println(d.Sink, d.Executed, d.Answer)
	}
	// Output: crm true accepted, done within 30 days
}

// Without being told to execute them, deletions are only shown, with what is still needed.
func ExampleDeletions() {
	cfg := core.Config{Sinks: []core.SinkConfig{{Name: "crm", Sink: crm{}}}}
	deletions, err := core.Deletions(context.Background(), cfg, core.Person{UserID: "u-1"}, false, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	for _, d := range deletions {
		fmt.Println(d.Requests[0].Method, d.Requests[0].URL, "needs", d.Needs)
	}
	// Output: DELETE https://crm.example.com/people/u-1 needs [token]
}

// Somebody who is forgotten is taken out of the queue and of the dead letters.
func ExamplePerson() {
	d := started(wire, core.ReachLocal)
	ctx := context.Background()
	_ = d.Pause("sink") // so that there is something to forget
	_ = d.Enqueue(ctx, core.Event{Name: "opened", UserID: "u-1"})
	_ = d.Enqueue(ctx, core.Event{Name: "opened", UserID: "u-2"})

	var forgotten core.Forgotten
	forgotten, err := d.Forget(ctx, core.Person{UserID: "u-1"})
	fmt.Println(forgotten.Events, "forgotten", err)
	_ = d.Resume("sink")
	_ = d.Close(ctx)
	// Output:
	// 1 forgotten <nil>
	// track opened u-2 {}
}

// The files of a queue that no process has open are rewritten with an eraser.
func ExampleEraser() {
	dir, err := os.MkdirTemp("", "headgate-example-")
	if err != nil {
		log.Fatal(err)
	}
	defer os.RemoveAll(dir)
	cfg := core.Config{
		Queue: core.QueueConfig{MaxBytes: 64 << 20, Open: onDisk(dir)},
		Sinks: []core.SinkConfig{{Name: "crm", Sink: crm{}}},
	}
	d, err := core.New(cfg, append(quiet(), core.WithoutDelivery())...)
	if err != nil {
		log.Fatal(err)
	}
	_ = d.Enqueue(context.Background(), core.Event{Name: "opened", UserID: "u-1"})
	_ = d.Close(context.Background())

	eraser, err := core.NewEraser(cfg, core.Person{UserID: "u-1"}, quiet()...)
	if err != nil {
		log.Fatal(err)
	}
	err = disk.Rewrite(dir, eraser.Match, eraser.Erase)
	fmt.Println(eraser.Count(), "erased", err)
	// Output: 1 erased <nil>
}
