package outbox

import (
	"errors"
	"fmt"
	"path/filepath"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
)

// Box is where a program keeps its events until they are delivered. Dir and Config are required.
type Box struct {
	// Dir is a directory of the program's own for this person, such as one in the user cache
	// directory: an absolute path, the same for every run. It is made when it is needed, open to its
	// owner alone.
	Dir string
	// Config returns the configuration, a new one for each call. Where its events and dead letters are
	// kept is for the box to say. Sinks are best given by their Open function, which is called in a
	// flush only.
	Config func() core.Config
	// Options are those of the dispatchers.
	Options []core.Option

	// FlushArgs are the arguments with which the program, started again, is to call Flush;
	// "__flush" alone if nil.
	FlushArgs []string
	// MaxBytes bounds what one slot takes; 4 MiB if zero. There are as many slots as runs overlap.
	MaxBytes int64
	// Gather is how long a flush waits before it begins, for what comes with runs that follow each
	// other; 500 ms if zero.
	Gather time.Duration
	// Patience bounds a flush; 30 s if zero.
	Patience time.Duration
	// Pause is how long after a flush that could not deliver everything no other is started; 1 min if zero.
	Pause time.Duration
}

const (
	defaultMaxBytes = 4 << 20
	defaultGather   = 500 * time.Millisecond
	defaultPatience = 30 * time.Second
	defaultPause    = time.Minute
)

// The parts of the directory of a box, beside its slots.
const (
	lettersSubdir = "dead"  // dead letters, in a log per sink
	flushLock     = "flush" // whose the flush is
	dueFile       = "due"   // no flush is started before its time
)

func (b Box) withDefaults() (Box, error) {
	if b.Config == nil {
		return b, errors.New("outbox: no Config")
	}
	if !filepath.IsAbs(b.Dir) {
		return b, fmt.Errorf("outbox: Dir %q is not an absolute path", b.Dir)
	}
	if b.FlushArgs == nil {
		b.FlushArgs = []string{"__flush"}
	}
	for _, d := range []struct {
		value    *time.Duration
		standard time.Duration
	}{{&b.Gather, defaultGather}, {&b.Patience, defaultPatience}, {&b.Pause, defaultPause}} {
		if *d.value < 0 {
			return b, fmt.Errorf("outbox: a time is negative: %v", *d.value)
		}
		if *d.value == 0 {
			*d.value = d.standard
		}
	}
	if b.MaxBytes == 0 {
		b.MaxBytes = defaultMaxBytes
	}
	return b, nil
}

// storing returns the configuration of a run, which takes a slot.
func (b Box) storing() core.Config {
	cfg := b.Config()
	if cfg.Queue.OnFull == core.Block {
		cfg.Queue.OnFull = core.DropNewest // nobody makes room while the program runs
	}
	cfg.Queue.Open = func(_ int64, onFull queue.OnFull) (queue.Log, error) {
		return opened(disk.Open(b.slot(onFull)))
	}
	return cfg
}

// delivering returns the configuration of a flush of one slot.
func (b Box) delivering(slot string) core.Config {
	cfg := b.Config()
	cfg.Queue.Open = func(_ int64, onFull queue.OnFull) (queue.Log, error) {
		return opened(disk.OpenSlot(slot, b.slot(onFull)))
	}
	for i := range cfg.Sinks {
		dir := filepath.Join(b.Dir, lettersSubdir, cfg.Sinks[i].Name)
		cfg.Sinks[i].DeadLetter.Open = func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return opened(disk.Open(disk.Config{Dir: dir, MaxBytes: maxBytes, OnFull: onFull, Sync: disk.SyncNever}))
		}
	}
	return cfg
}

func (b Box) slot(onFull queue.OnFull) disk.Config {
	return disk.Config{
		Dir: b.Dir, Slots: true, MaxBytes: b.MaxBytes, OnFull: onFull, Sync: disk.SyncNever,
		Logger: core.NewEnvironment(b.Options...).Logger,
	}
}

// opened is a log as an interface, which is nil if there is none.
func opened(l *disk.Log, err error) (queue.Log, error) {
	if err != nil {
		return nil, err
	}
	return l, nil
}
