package core

import (
	"context"
	"log/slog"
)

// Dispatcher takes events, gates and seals them, and fans them out to its sinks.
type Dispatcher struct{}

// New makes a Dispatcher. It does not touch the network.
func New(cfg Config, opts ...Option) (*Dispatcher, error) { return &Dispatcher{}, nil }

// Track reports an event by its name and attributes.
func (d *Dispatcher) Track(ctx context.Context, name string, attrs ...slog.Attr) error { return nil }

// Emit reports a typed event.
func (d *Dispatcher) Emit(ctx context.Context, p Payload) error { return nil }

// Enqueue reports an event in its general form.
func (d *Dispatcher) Enqueue(ctx context.Context, e Event) error { return nil }

// Offer is Enqueue that tells what became of the event.
func (d *Dispatcher) Offer(ctx context.Context, e Event) (Verdict, error) { return Accepted, nil }

// Flush waits until every sink has finished what was accepted before the call, or ctx is done.
func (d *Dispatcher) Flush(ctx context.Context) error { return nil }

// Close stops taking events, delivers what it can until ctx is done, and closes the sinks.
func (d *Dispatcher) Close(ctx context.Context) error { return nil }

// Stats returns the books.
func (d *Dispatcher) Stats() Stats { return Stats{} }

// SetDoNotTrack turns tracking off and on at run time.
func (d *Dispatcher) SetDoNotTrack(off bool) {}

// Preview shows what would become of an event, touching neither network nor file.
func Preview(cfg Config, e Event, opts ...Option) (PreviewResult, error) { return PreviewResult{}, nil }
