package disk

import (
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

const (
	minRest = 20 * time.Millisecond
	maxRest = 500 * time.Millisecond
)

// trouble is what the writer has with the disk. While it lasts, a try is made only now and
// then, so that a disk that fails is not kept busy. It is the leader's.
type trouble struct {
	err   error
	rest  time.Duration
	until time.Time
}

// met notes an error, and returns what those who append are told.
func (t *trouble) met(l *Log, err error) error {
	if t.err == nil {
		l.cfg.Logger.Error("the queue cannot store events", "dir", l.cfg.Dir, "error", err.Error())
	}
	t.err = fmt.Errorf("%w: %w", queue.ErrUnavailable, err)
	t.rest = min(max(2*t.rest, minRest), maxRest)
	t.until = time.Now().Add(t.rest)
	l.counts.failures.Add(1)
	l.counts.unavailable.Store(true)
	return t.err
}

// resting returns the error if the next try is not due.
func (t *trouble) resting() error {
	if t.err != nil && time.Now().Before(t.until) {
		return t.err
	}
	return nil
}

// over notes that something was stored.
func (t *trouble) over(l *Log) {
	if t.err == nil {
		return
	}
	*t = trouble{}
	l.counts.unavailable.Store(false)
	l.cfg.Logger.Info("the queue stores events again", "dir", l.cfg.Dir)
}
