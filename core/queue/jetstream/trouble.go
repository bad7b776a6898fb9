package jetstream

import (
	"errors"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

var errConnecting = errors.New("connecting")

// trouble is since when the servers cannot be used, and why.
type trouble struct {
	since time.Time // zero: they can
	err   error
	told  bool // the logger knows
	times uint64
}

func (t *trouble) begin(err error) {
	if t.since.IsZero() {
		t.since = time.Now()
		t.err = err
	}
	if err != errConnecting {
		t.err = err
	}
}

// troubled notes that the servers could not be used. It is called with mu held.
func (l *Log) troubled(err error) {
	t := &l.trouble
	t.begin(err)
	if !t.told && err != errConnecting {
		t.told = true
		t.times++
		l.cfg.Logger.Warn("the queue's servers cannot be used; events will be refused until they can",
			"servers", l.cfg.servers(), "stream", l.cfg.Stream, "error", err.Error())
	}
	wake(l.keeperWake)
	wake(l.commit.wake)
}

// recovered notes that the servers can be used. It is called with mu held.
func (l *Log) recovered() {
	t := &l.trouble
	if t.since.IsZero() {
		return
	}
	if t.told {
		l.cfg.Logger.Info("the queue's servers can be used again", "servers", l.cfg.servers(), "stream", l.cfg.Stream,
			"after", time.Since(t.since).Round(time.Millisecond))
	}
	t.since, t.err, t.told = time.Time{}, nil, false
	wake(l.commit.wake)
}

// patience returns how long an Append may still wait for the servers, not above zero when
// they are to be taken for away.
func (l *Log) patience() time.Duration {
	return l.cfg.Patience - time.Since(l.trouble.since)
}

// away returns the error of Append while the servers are away, nil while they are not, or
// are to be waited for.
func (l *Log) away() error {
	if l.trouble.since.IsZero() || l.patience() > 0 {
		return nil
	}
	return fmt.Errorf("%w: the servers of the stream %s: %w", queue.ErrUnavailable, l.cfg.Stream, l.trouble.err)
}

// Health says how a log fares with its servers.
type Health struct {
	// Unavailable is set while nothing can be stored, Since tells since when, and Err why.
	Unavailable bool
	Since       time.Time
	Err         error
	// Outages counts how often that was so.
	Outages uint64
}

// Health returns how the log fares.
func (l *Log) Health() Health {
	l.mu.Lock()
	defer l.mu.Unlock()
	t := l.trouble
	return Health{Unavailable: !t.since.IsZero(), Since: t.since, Err: t.err, Outages: t.times}
}

// Unavailable says why the log takes nothing for now, nil if it does.
func (l *Log) Unavailable() error {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.trouble.since.IsZero() {
		return nil
	}
	return l.trouble.err
}
