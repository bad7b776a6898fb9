package jetstream

import (
	"context"
	"slices"
	"time"
)

const (
	// keeperPause is the time between looks at how the stream and its consumers are.
	keeperPause = time.Second
	// trimPause is the time between removals of what every cursor has finished.
	trimPause = 5 * time.Second
	// connectPause is the time between attempts to read what is needed to connect.
	connectPause = 2 * time.Second
	// doubtPause is the least time from when a consumer was found missing to when it is made again.
	doubtPause = 500 * time.Millisecond
)

// keep looks after the connection, the stream and its consumers.
func (l *Log) keep(ctx context.Context) {
	for err := l.connect(ctx); err != nil; err = l.connect(ctx) {
		if ctx.Err() != nil {
			return
		}
		l.mu.Lock()
		l.troubled(err)
		l.mu.Unlock()
		if !pause(ctx, connectPause) {
			return
		}
	}
	ticker := time.NewTicker(keeperPause)
	defer ticker.Stop()
	var trimmed time.Time
	for {
		l.look(ctx)
		if l.isReady() {
			l.lookWhatIsGone(ctx)
			l.surveyAll(ctx)
			l.purgeExpired(ctx)
			l.removeConsumers(ctx)
			if time.Since(trimmed) >= trimPause && l.toTrim() {
				trimmed = time.Now()
				_ = l.trim(ctx)
			}
		}
		select {
		case <-ticker.C:
		case <-l.keeperWake:
		case <-ctx.Done():
			return
		}
	}
}

// pause waits, and reports false if ctx was done first.
func pause(ctx context.Context, d time.Duration) bool {
	select {
	case <-time.After(d):
		return true
	case <-ctx.Done():
		return false
	}
}

// isReady reports whether the stream can be used, as far as is known.
func (l *Log) isReady() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	return l.link.ready && l.trouble.since.IsZero() && l.link.conn.IsConnected()
}

// look sets up what is missing, and finds out whether the servers can be used again.
func (l *Log) look(ctx context.Context) {
	l.mu.Lock()
	needed := l.link.conn.IsConnected() && (!l.link.ready || !l.trouble.since.IsZero() || l.anyDoubted())
	l.mu.Unlock()
	if !needed {
		return
	}
	err := l.setUp(ctx)
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case ctx.Err() != nil || !l.link.conn.IsConnected():
	case err != nil:
		l.troubled(err)
	case l.link.ready:
		l.recovered()
	}
}

func (l *Log) anyDoubted() bool {
	return slices.ContainsFunc(l.cursors, func(c *cursor) bool { return c.toLookAt() })
}

// toLookAt reports whether it is to be looked whether the consumer is gone: not at once, for servers that
// are about to remove one mix it up with one of the same name that is made meanwhile.
func (c *cursor) toLookAt() bool {
	return !c.doubted.IsZero() && time.Since(c.doubted) >= doubtPause
}
