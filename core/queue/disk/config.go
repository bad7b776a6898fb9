package disk

import (
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk/internal/fsys"
)

// Sync says when what was appended is put on stable storage.
type Sync uint8

// When what was appended is put on stable storage.
const (
	// SyncBatch: before Append returns, at once for all that is being appended. What Append
	// returned nil for survives a loss of power.
	SyncBatch Sync = iota
	// SyncInterval: every so often. What Append returned nil for survives the end of the
	// process in any way; a loss of power may cost what came in the last interval.
	SyncInterval
	// SyncNever: when the operating system does. What Append returned nil for survives the end of the
	// process in any way; a loss of power may cost what came in the last half minute or so.
	SyncNever
)

const (
	defaultDir      = "headgate-data"
	defaultMaxBytes = 1 << 30
	defaultInterval = 200 * time.Millisecond

	// leastBytes is the smallest bound that has room for a few segments.
	leastBytes = 32 << 10
)

// Config says where a log is, and how large it may be. The zero Config works.
type Config struct {
	// Dir is the directory of the log; "headgate-data" if empty. It is made if it is
	// missing, open to its owner alone.
	Dir string
	// Slots makes Dir a directory of slots, for processes that come and go: each works with a
	// log of its own in it. Resume takes a slot that nobody uses, with what was left in it, or
	// makes one, and Close removes it if it is empty. See [Slots] and [OpenSlot] for what is left.
	Slots bool
	// MaxBytes bounds the files whose records some cursor has not read; 1 GiB if zero. What is in
	// hand comes on top.
	MaxBytes int64
	// OnFull says what happens when there is no room.
	OnFull queue.OnFull
	// Sync says when what was appended is put on stable storage.
	Sync Sync
	// Interval is how often, with SyncInterval; 200 ms if zero.
	Interval time.Duration
	// Logger is told of damage, of what was done about it, and of disks that fail; nothing is
	// logged if nil.
	Logger *slog.Logger

	// FS takes the place of the operating system's files in tests.
	FS fsys.FS
}

func (c Config) withDefaults() (Config, error) {
	if c.Dir == "" {
		c.Dir = defaultDir
	}
	dir, err := filepath.Abs(c.Dir) // the program may change its working directory
	if err != nil {
		return c, fmt.Errorf("disk queue: %w", err)
	}
	c.Dir = dir
	if c.MaxBytes == 0 {
		c.MaxBytes = defaultMaxBytes
	}
	if c.MaxBytes < leastBytes {
		return c, fmt.Errorf("disk queue: max_bytes must be at least %d, not %d", leastBytes, c.MaxBytes)
	}
	if c.Interval < 0 {
		return c, errors.New("disk queue: the interval of syncing must not be negative")
	}
	if c.Interval == 0 {
		c.Interval = defaultInterval
	}
	if c.OnFull > queue.Block || c.Sync > SyncNever {
		return c, fmt.Errorf("disk queue: unknown policy %d or %d", c.OnFull, c.Sync)
	}
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	if c.FS == nil {
		c.FS = fsys.OS{}
		if c.Sync == SyncNever {
			c.FS = fsys.Unsynced{}
		}
	}
	return c, nil
}

// segmentSize is how large a file of the log becomes.
func (c Config) segmentSize() int64 { return min(max(c.MaxBytes/8, minSegment), maxSegment) }
