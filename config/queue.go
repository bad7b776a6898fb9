package config

import (
	"log/slog"
	"path/filepath"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/queue/disk"
	"github.com/headgate-dev/headgate/registry"
)

const (
	// diskBytes bounds a disk queue for which the file names no bound.
	diskBytes registry.Size = 1 << 30
	// diskLetters bounds the dead letters of a sink on disk, likewise.
	diskLetters = 256 << 20
	// leastDisk is the smallest bound that has room for a few of its files.
	leastDisk registry.Size = 32 << 10
)

// The parts of the directory of a disk queue.
const (
	queueSubdir   = "queue"
	lettersSubdir = "dead"
)

// checkQueue fills in what depends on the type of the queue.
func (d *decoder) checkQueue(q *Queue, at places) {
	root := position{1, 1}
	switch q.Type {
	case "memory":
	case "disk":
		if !at.has("queue.max_bytes") {
			q.MaxBytes = diskBytes
		}
		if q.MaxBytes < leastDisk && at.settled("queue.max_bytes") {
			d.problem(at.find("queue.max_bytes", root), "", "max_bytes: a disk queue needs at least %v", leastDisk)
		}
		if q.Dir == "" && at.settled("queue.dir") {
			d.problem(at.find("queue.dir", root), "", "dir: a disk queue needs a directory")
		}
	default:
		d.problem(at.find("queue.type", root), "", "type: the queue type %q is not supported in this build yet", q.Type)
	}
}

// queueConfig says where the dispatcher keeps its events.
func (f *File) queueConfig() core.QueueConfig {
	cfg := core.QueueConfig{MaxBytes: int64(f.Queue.MaxBytes), OnFull: f.Queue.OnFull}
	if f.Queue.Type == "disk" {
		cfg.Open = f.Queue.opener(filepath.Join(f.Queue.Dir, queueSubdir), f.logger)
	}
	return cfg
}

// keepLetters says where the dead letters of a sink are kept.
func (f *File) keepLetters(sc *core.SinkConfig) {
	if f.Queue.Type != "disk" {
		return
	}
	if sc.DeadLetter.MaxBytes == 0 {
		sc.DeadLetter.MaxBytes = diskLetters
	}
	sc.DeadLetter.MaxBytes = max(sc.DeadLetter.MaxBytes, int64(leastDisk))
	logger := f.logger
	if logger != nil {
		logger = logger.With("dead_letters_of", sc.Name)
	}
	sc.DeadLetter.Open = f.Queue.opener(filepath.Join(f.Queue.Dir, lettersSubdir, sc.Name), logger)
}

// opener returns what makes a log on disk.
func (q Queue) opener(dir string, logger *slog.Logger) func(int64, queue.OnFull) (queue.Log, error) {
	return func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
		sync := disk.SyncBatch
		if q.Sync == "interval" {
			sync = disk.SyncInterval
		}
		log, err := disk.Open(disk.Config{Dir: dir, MaxBytes: maxBytes, OnFull: onFull, Sync: sync, Logger: logger})
		if err != nil {
			return nil, err
		}
		return log, nil
	}
}
