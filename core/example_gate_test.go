package core_test

import (
	"context"
	"errors"
	"fmt"

	"github.com/headgate-dev/headgate/core"
)

// A server that has to answer its sender is told what became of the event at the gate.
func ExampleVerdict() {
	d := started(&picky{}, core.ReachThirdParty)
	ctx := context.Background()
	for _, event := range []core.Event{
		{ID: "e-1", Name: "opened"},
		{ID: "e-1", Name: "opened"},
		{ID: "e-2"},
	} {
		verdict, err := d.Offer(ctx, event)
		fmt.Println(verdict, errors.Is(err, core.ErrInvalidEvent))
	}
	d.SetDoNotTrack(true)
	verdict, err := d.Offer(ctx, core.Event{Name: "opened"})
	fmt.Println(verdict, err)
	_ = d.Close(ctx)
	// Output:
	// accepted false
	// duplicates false
	// rejected true
	// denied <nil>
}

// The events of one request are stored together, which on disk costs as much as one.
func ExampleGroup() {
	d := started(&picky{}, core.ReachThirdParty)
	ctx := context.Background()
	group := d.Group(ctx)
	defer group.Release()
	for _, name := range []string{"opened", "", "saved"} {
		group.Offer(core.Event{Name: name})
	}
	var outcome core.Outcome
	for _, outcome = range group.Outcomes() {
		fmt.Println(outcome.Verdict)
	}
	_ = d.Close(ctx)
	// Output:
	// accepted
	// rejected
	// accepted
}
