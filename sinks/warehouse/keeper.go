package warehouse

import (
	"context"
	"errors"
	"log/slog"
	"sync"
	"time"
)

// expireEvery is how often rows that are too old are looked for.
const expireEvery = time.Hour

// keeper deletes rows that are too old, from the first write until the sink is closed.
type keeper struct{ *keeping }

type keeping struct {
	driver  Driver
	keepFor time.Duration
	logger  *slog.Logger

	mu     sync.Mutex
	closed bool
	cancel context.CancelFunc
	done   chan struct{}
}

func newKeeper(d Driver, keepFor time.Duration, logger *slog.Logger) keeper {
	return keeper{&keeping{driver: d, keepFor: keepFor, logger: logger}}
}

// start begins, unless it has or there is no bound.
func (k *keeping) start() {
	if k.keepFor == 0 {
		return
	}
	k.mu.Lock()
	defer k.mu.Unlock()
	if k.closed || k.cancel != nil {
		return
	}
	var ctx context.Context
	ctx, k.cancel = context.WithCancel(context.Background())
	k.done = make(chan struct{})
	go k.run(ctx)
}

func (k *keeping) run(ctx context.Context) {
	defer close(k.done)
	ticker := time.NewTicker(expireEvery)
	defer ticker.Stop()
	failing := false
	for {
		deleted, err := k.expire(ctx)
		switch {
		case ctx.Err() != nil:
			return
		case err != nil && !failing:
			k.logger.Warn("rows that are too old could not be deleted; this is tried again every hour", "error", err)
		case deleted > 0:
			k.logger.Info("deleted rows that were too old", "rows", deleted)
		}
		failing = err != nil
		select {
		case <-ctx.Done():
			return
		case <-ticker.C:
		}
	}
}

// expire calls the driver, whose panic is not to end the program.
func (k *keeping) expire(ctx context.Context) (deleted int64, err error) {
	defer func() {
		if recover() != nil {
			err = errPanicked
		}
	}()
	ctx, cancel := context.WithTimeout(ctx, expireEvery)
	defer cancel()
	return k.driver.Expire(ctx, time.Now().Add(-k.keepFor))
}

// close ends it and waits, at most until ctx is done.
func (k *keeping) close(ctx context.Context) error {
	k.mu.Lock()
	k.closed = true
	cancel, done := k.cancel, k.done
	k.mu.Unlock()
	if cancel == nil {
		return nil
	}
	cancel()
	select {
	case <-done:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}

var errPanicked = errors.New("the driver panicked")
