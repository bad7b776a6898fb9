package outbox

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

const (
	// ending is how long the dispatcher of a slot that was emptied may take to end, and cutOff that of
	// another, which would try again.
	ending = 5 * time.Second
	cutOff = 100 * time.Millisecond
	// leastShare is the shortest time that a slot gets.
	leastShare = 500 * time.Millisecond
	// mostTries bounds how often one flush opens a slot, into which runs may put more at any time.
	mostTries = 10
)

// Flush delivers what runs have left, until nothing is left, Patience is over or ctx is done; the
// error says what could not be delivered, which waits for another flush. It does
// nothing if another process flushes, and when tracking is off.
func (b Box) Flush(ctx context.Context) error {
	b, err := b.withDefaults()
	if err != nil {
		return err
	}
	if ctx == nil {
		ctx = context.Background()
	}
	if _, err := os.Stat(b.Dir); err != nil || !b.tracking() {
		return nil
	}
	ctx, cancel := context.WithTimeout(ctx, b.Gather+b.Patience)
	defer cancel()
	f := flush{box: b, tried: make(map[string]int), failed: make(map[string]error)}
	for again := true; again; again = ctx.Err() == nil && f.more() {
		// Who ends a run while this goes on starts no other flush. So when it is over, and another
		// may be started, it looks once more.
		if under, err := f.round(ctx); !under || err != nil {
			return err
		}
	}
	return f.result()
}

// tracking reports whether events are taken at all.
func (b Box) tracking() bool {
	cfg := b.Config()
	cfg.Sinks, cfg.Queue = nil, core.QueueConfig{}
	d, err := core.New(cfg, b.Options...)
	if err != nil {
		return false
	}
	defer func() { _ = d.Close(context.Background()) }()
	return d.Tracking()
}

// flush is one call of Flush.
type flush struct {
	box    Box
	tried  map[string]int   // how often
	failed map[string]error // slots that it could not empty
}

// round delivers the slots that are there, if no other process does. It reports whether it did.
func (f *flush) round(ctx context.Context) (did bool, err error) {
	b := f.box
	release, ok, err := disk.Exclusive(filepath.Join(b.Dir, flushLock))
	if err != nil {
		return false, fmt.Errorf("outbox: %w", err)
	}
	if !ok {
		return false, nil
	}
	defer release()
	deadline, _ := ctx.Deadline()
	b.setDue(deadline.Add(startGrace))
	defer func() {
		due := time.Now()
		if len(f.failed) > 0 {
			due = due.Add(b.Pause)
		}
		b.setDue(due)
	}()
	select {
	case <-time.After(b.Gather):
	case <-ctx.Done():
	}
	slots := disk.Slots(b.Dir)
	rand.Shuffle(len(slots), func(i, j int) { slots[i], slots[j] = slots[j], slots[i] })
	for i, slot := range slots {
		if f.wants(slot) && ctx.Err() == nil {
			f.tried[slot]++
			f.empty(ctx, slot, time.Until(deadline)/time.Duration(len(slots)-i))
		}
	}
	return true, nil
}

// empty delivers a slot, within its share of the time that is left: a sink that is down is not to
// keep the others from what is in the slots behind.
func (f *flush) empty(ctx context.Context, slot string, share time.Duration) {
	ctx, cancel := context.WithTimeout(ctx, max(share, leastShare)-cutOff)
	defer cancel()
	d, err := core.New(f.box.delivering(slot), f.box.Options...)
	if errors.Is(err, disk.ErrNoSlot) || errors.Is(err, disk.ErrInUse) {
		return // whose run it is will see to it
	}
	if err != nil {
		f.failed[slot] = err
		return
	}
	within := ending
	if err = d.Flush(ctx); err != nil {
		within = cutOff
	}
	closing, cancel := context.WithTimeout(context.WithoutCancel(ctx), within)
	defer cancel()
	if err = errors.Join(err, d.Close(closing)); err != nil {
		f.failed[slot] = err
	}
}

// wants reports whether a slot is to be tried.
func (f *flush) wants(slot string) bool {
	return f.failed[slot] == nil && f.tried[slot] < mostTries && !disk.InUse(slot)
}

// more reports whether there is a slot to try.
func (f *flush) more() bool {
	for _, slot := range disk.Slots(f.box.Dir) {
		if f.wants(slot) {
			return true
		}
	}
	return false
}

// result is what Flush returns.
func (f *flush) result() error {
	var errs []error
	for _, err := range f.failed {
		errs = append(errs, err)
	}
	switch {
	case len(errs) > 0:
		return fmt.Errorf("outbox: %d slots could not be emptied: %w", len(errs), errors.Join(errs...))
	case f.more():
		return errors.New("outbox: time is up before every slot was tried")
	}
	return nil
}
