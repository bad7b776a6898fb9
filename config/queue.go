package config

import (
	"context"
	"fmt"
	"log/slog"
	"net/url"
	"path/filepath"
	"slices"
	"strings"

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
func (d *decoder) checkQueue(r *registry.Registry, q *Queue, at places) {
	root := position{1, 1}
	switch q.Type {
	case "memory":
	case "disk":
		d.lettersKept = true
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
		d.checkRemoteQueue(r, q, at)
	}
}

// checkRemoteQueue is for the types of queue that are registered.
func (d *decoder) checkRemoteQueue(r *registry.Registry, q *Queue, at places) {
	root := position{1, 1}
	registered, ok := r.LookupQueue(q.Type)
	if !ok {
		d.problem(at.find("queue.type", root), "", "type: queue type %s is not in this program; import _ %q, or sinks/all", q.Type, queuePackages[q.Type])
		return
	}
	if !at.has("queue.max_bytes") {
		q.MaxBytes = registered.MaxBytes
	}
	d.lettersKept = at.has("queue.dir") && q.Dir != ""
	for _, e := range fieldErrors(guard(func() error { return registered.Check(int64(q.MaxBytes), q.QueueOptions) })) {
		if key := "queue." + e.Key; at.settled(key) {
			d.problem(at.find(key, root), "", "%s", at["queue"].in.told(&q.QueueOptions, e))
		}
	}
}

// holdsSecret reports whether the text of a secret option may be one: the addresses of a queue's
// servers are only with a user, a password or a token in them.
func holdsSecret(text string) bool {
	for address := range strings.SplitSeq(text, ",") {
		u, err := url.Parse(strings.TrimSpace(address))
		if err != nil || u.User != nil || u.Host == "" || !slices.Contains([]string{"nats", "tls", "ws", "wss"}, u.Scheme) {
			return true
		}
	}
	return false
}

// queueConfig says where the dispatcher keeps its events.
func (f *File) queueConfig(logger func() *slog.Logger) core.QueueConfig {
	cfg := core.QueueConfig{MaxBytes: int64(f.Queue.MaxBytes), OnFull: f.Queue.OnFull}
	switch f.Queue.Type {
	case "memory":
	case "disk":
		cfg.Open = f.Queue.opener(filepath.Join(f.Queue.Dir, queueSubdir), f.logger)
	default:
		cfg.Open = func(maxBytes int64, onFull queue.OnFull) (queue.Log, error) {
			return f.openRemote(registry.QueueEnv{MaxBytes: maxBytes, OnFull: onFull, Logger: logger()})
		}
	}
	return cfg
}

// openRemote makes a queue of a type that is registered.
func (f *File) openRemote(env registry.QueueEnv) (log queue.Log, err error) {
	registered, ok := f.registry.LookupQueue(f.Queue.Type)
	if !ok || f.unresolved {
		return nil, fmt.Errorf("the queue of type %s cannot be opened", f.Queue.Type)
	}
	if env.Logger == nil {
		env.Logger = slog.New(slog.DiscardHandler)
	}
	err = guard(func() (err error) {
		log, err = registered.Open(env, f.Queue.QueueOptions)
		return err
	})
	if err != nil {
		return nil, err
	}
	f.remote.Store(&log)
	return log, nil
}

// ReachQueue finds out whether a queue that is elsewhere could be used, and changes nothing. It
// reports false for a queue on this machine.
func (f *File) ReachQueue(ctx context.Context) (elsewhere bool, err error) {
	registered, ok := f.registry.LookupQueue(f.Queue.Type)
	if !ok || f.unresolved {
		return false, nil
	}
	return true, guard(func() error { return registered.Reach(ctx, f.Queue.QueueOptions) })
}

// QueueUnavailable says why the queue of the dispatcher that was made with this file takes nothing for
// now, as when its servers are away. It is nil if it does, and for a queue on this machine.
func (f *File) QueueUnavailable() error {
	log := f.remote.Load()
	if log == nil {
		return nil
	}
	if q, ok := (*log).(interface{ Unavailable() error }); ok {
		return q.Unavailable()
	}
	return nil
}

// KeepsLetters reports whether dead letters outlive the process.
func (f *File) KeepsLetters() bool { return f.lettersKept }

// keepLetters says where the dead letters of a sink are kept.
func (f *File) keepLetters(sc *core.SinkConfig) {
	if !f.KeepsLetters() {
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
	letters := f.Queue
	letters.Sync = "batch" // an event leaves the queue for them, which it was in for long: it is not to be lost by that
	sc.DeadLetter.Open = letters.opener(filepath.Join(f.Queue.Dir, lettersSubdir, sc.Name), logger)
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
