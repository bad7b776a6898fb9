package jetstream

import (
	"context"
	"time"
)

const (
	// keeperPause is the time between looks at how the stream and its consumers are.
	keeperPause = time.Second
	// trimPause is the time between removals of what every cursor has finished.
	trimPause = 5 * time.Second
	// connectPause is the time between attempts to read what is needed to connect.
	connectPause = 2 * time.Second
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
	needed := l.link.conn.IsConnected() && (!l.link.ready || !l.trouble.since.IsZero() || l.anyDoubtful())
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

func (l *Log) anyDoubtful() bool {
	for _, c := range l.cursors {
		if c.doubtful {
			return true
		}
	}
	return false
}
