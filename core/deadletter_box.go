package core

import (
	"errors"
	"fmt"
)

// DeadLetters returns what a sink did not take, the oldest first, at most 10,000. It is nil for
// a sink that does not exist.
func (d *Dispatcher) DeadLetters(sink string) []DeadLetter {
	if l := d.lane(sink); l != nil {
		return l.dead.list()
	}
	return nil
}

// CountDeadLetters returns how many dead letters a sink has, without reading them.
func (d *Dispatcher) CountDeadLetters(sink string) int {
	if l := d.lane(sink); l != nil {
		return int(l.dead.count())
	}
	return 0
}

// PurgeDeadLetters drops a sink's dead letters, and returns how many.
func (d *Dispatcher) PurgeDeadLetters(sink string) (int, error) {
	l := d.lane(sink)
	if l == nil {
		return 0, fmt.Errorf("no sink is named %q", sink)
	}
	return l.dead.purge(), nil
}

// SinkNames returns the names of the sinks, in the order of the configuration.
func (d *Dispatcher) SinkNames() (names []string) {
	for _, l := range d.lanes() {
		names = append(names, l.cfg.Name)
	}
	return names
}

// DeadLetterBox gives access to dead letters that are kept on disk while no dispatcher has them open.
type DeadLetterBox struct{ d *Dispatcher }

// OpenDeadLetters opens the dead letters of a configuration, and nothing else: no sink is
// made, and nothing is sent. Close the box before a dispatcher is to have them.
func OpenDeadLetters(cfg Config, opts ...Option) (*DeadLetterBox, error) {
	d, err := prepare(cfg, opts)
	if err != nil {
		return nil, err
	}
	box := &DeadLetterBox{d}
	if err := openLetters(d.lanes()); err != nil {
		return nil, errors.Join(err, box.Close())
	}
	return box, nil
}

// DeadLetters is [Dispatcher.DeadLetters].
func (b *DeadLetterBox) DeadLetters(sink string) []DeadLetter { return b.d.DeadLetters(sink) }

// PurgeDeadLetters is [Dispatcher.PurgeDeadLetters].
func (b *DeadLetterBox) PurgeDeadLetters(sink string) (int, error) { return b.d.PurgeDeadLetters(sink) }

// SinkNames is [Dispatcher.SinkNames].
func (b *DeadLetterBox) SinkNames() []string { return b.d.SinkNames() }

// Close lets go of the dead letters.
func (b *DeadLetterBox) Close() error {
	return closeLetters(b.d.lanes())
}
