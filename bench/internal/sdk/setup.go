// Package sdk runs one subject that events are reported to in process: an SDK, or headgate. The subject is a
// program of its own, so that its processor time and memory are its own; the comparison writes a
// [Setup] to its standard input and reads a [Report] from its standard output.
package sdk

import (
	"context"
	"fmt"
	"time"
)

// Setup is what a subject is told.
type Setup struct {
	// Variant is a way to use the subject, of those it knows; "" is the one it is known for.
	Variant string `json:"variant"`
	// Sinks are the addresses that every event is to come to.
	Sinks []string `json:"sinks"`
	// Board is the file of the board that the sinks write.
	Board string `json:"board"`
	// Dir is an empty directory for what the subject keeps.
	Dir string `json:"dir"`

	// Events is how many are offered, by so many Producers at once.
	Events    int `json:"events"`
	Producers int `json:"producers"`
	// Rate is how many are offered in a second; as many as the window allows if zero.
	Rate int `json:"rate"`
	// Window is how many may be on their way before producers wait; they never do if zero.
	Window int `json:"window"`
	// Batch is how many events a request has.
	Batch int `json:"batch"`

	// Interlude has the subject tell that all is offered, and go on when it is told to.
	Interlude bool `json:"interlude"`
	// Linger is how long it then goes on before it is closed.
	Linger time.Duration `json:"linger"`
	// Patience is how long closing may take, and how long a producer may be blocked.
	Patience time.Duration `json:"patience"`
	// Profile is a file for a profile of the processor, none if empty.
	Profile string `json:"profile"`
}

// Report is what a subject tells of a run.
type Report struct {
	// Offered is how many events producers have handed over; Refused how many of them were not taken.
	Offered int `json:"offered"`
	Refused int `json:"refused"`
	// Blocked says that a producer was still in a call when patience ended.
	Blocked bool `json:"blocked"`

	Opening  time.Duration `json:"opening"`  // how long it took to make the client
	Start    int64         `json:"start"`    // nanoseconds of the wall clock
	Offering time.Duration `json:"offering"` // how long it took
	CPU      time.Duration `json:"cpu"`      // from the first event until all had arrived or it was closed
	Peak     int64         `json:"peak"`     // bytes of memory
	Mallocs  uint64        `json:"mallocs"`  // of the whole process

	// How long a call took, making the event's properties included.
	P50   time.Duration `json:"p50"`
	P99   time.Duration `json:"p99"`
	P999  time.Duration `json:"p999"`
	Worst time.Duration `json:"worst"`

	Goroutines int           `json:"goroutines"` // once all was offered
	Closing    time.Duration `json:"closing"`
	// Closed says that closing ended within patience.
	Closed bool   `json:"closed"`
	Error  string `json:"error"` // of closing
}

// Client is a subject as its users see it.
type Client interface {
	// Track reports the reference event with a mark. It makes the event as a user would, and returns an error
	// if the event was not taken, or Lost for several. Several goroutines call it.
	Track(mark string) error
	// Close delivers what there is, as far as the subject can be told to, until ctx is done.
	Close(ctx context.Context) error
}

// Lost is the error for so many events that were not taken.
type Lost int

func (l Lost) Error() string { return fmt.Sprintf("%d events were not taken", int(l)) }

// Many is a client that reports every event to several: how an SDK of one destination gets to three.
type Many []Client

// Track implements [Client].
func (m Many) Track(mark string) (err error) {
	for _, c := range m {
		if e := c.Track(mark); e != nil {
			err = e
		}
	}
	return err
}

// Close implements [Client]. It closes all at once.
func (m Many) Close(ctx context.Context) error {
	errs := make(chan error, len(m))
	for _, c := range m {
		go func() { errs <- c.Close(ctx) }()
	}
	var err error
	for range m {
		if e := <-errs; e != nil {
			err = e
		}
	}
	return err
}

// Each makes a client per sink.
func Each(open func(s Setup, url string) (Client, error)) func(Setup) (Client, error) {
	return func(s Setup) (Client, error) {
		var m Many
		for _, url := range s.Sinks {
			c, err := open(s, url)
			if err != nil {
				return nil, err
			}
			m = append(m, c)
		}
		if len(m) == 1 {
			return m[0], nil
		}
		return m, nil
	}
}
