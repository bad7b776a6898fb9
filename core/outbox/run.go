package outbox

import (
	"context"
	"errors"
	"os"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// Run takes the events of one run of the program. Its methods are those of a dispatcher that only
// stores; Close ends it.
type Run struct {
	*core.Dispatcher
	box Box
}

// Open begins a run. Whatever the error says, what it returns can be used: a program is not to fail
// for want of telemetry. It touches no network.
func (b Box) Open() (*Run, error) {
	b, err := b.withDefaults()
	if err == nil {
		var d *core.Dispatcher
		if d, err = core.New(b.storing(), append(b.Options[:len(b.Options):len(b.Options)], core.WithoutDelivery())...); err == nil {
			return &Run{d, b}, nil
		}
	}
	none, errNone := core.New(core.Config{DoNotTrack: true})
	return &Run{Dispatcher: none}, errors.Join(err, errNone)
}

// Close ends the run: what it took is stored, and if events wait, those of earlier runs
// included, a flush is started, unless one is under way or has failed just now. It waits for
// neither. The run is over whatever the error says.
func (r *Run) Close(ctx context.Context) error {
	tracking := r.Tracking()
	err := r.Dispatcher.Close(ctx)
	if !tracking || r.box.Dir == "" || len(disk.Slots(r.box.Dir)) == 0 {
		return err
	}
	return errors.Join(err, r.box.startFlush())
}

// startFlush starts the program again to flush, unless it is too early.
func (b Box) startFlush() error {
	if os.Getenv(flushVariable) != "" || !b.isDue(time.Now()) {
		return nil
	}
	b.setDue(time.Now().Add(startGrace)) // for runs that end at the same time
	return start(b.FlushArgs, b.Dir)
}
