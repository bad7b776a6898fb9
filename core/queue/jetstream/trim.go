package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	natsjs "github.com/nats-io/nats.go/jetstream"
)

// toTrim reports whether there may be something to trim.
func (l *Log) toTrim() bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	finished := l.finished
	l.finished = false
	return finished
}

// trim removes from the stream what every consumer has finished. The error means that
// nothing may have been removed.
func (l *Log) trim(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	stream, err := l.link.js.Stream(ctx, l.cfg.Stream)
	if err != nil {
		return err
	}
	floor, err := l.floor(ctx, stream)
	if err != nil {
		return err
	}
	if floor < stream.CachedInfo().State.FirstSeq {
		return errNothingToTrim
	}
	return stream.Purge(ctx, natsjs.WithPurgeSequence(floor+1))
}

var errNothingToTrim = errors.New("nothing is finished that is still there")

// floor returns the newest message before which every consumer has finished all.
func (l *Log) floor(ctx context.Context, stream natsjs.Stream) (uint64, error) {
	wanted := make(map[string]bool)
	l.mu.Lock()
	for _, c := range l.cursors {
		wanted[c.durable] = true
	}
	l.mu.Unlock()
	return floorOf(ctx, stream, wanted)
}

// floorOf trusts only what each consumer says: if one does not answer, or one that is wanted is not there
// at the moment, there is an error.
func floorOf(ctx context.Context, stream natsjs.Stream, wanted map[string]bool) (floor uint64, err error) {
	missing := maps.Clone(wanted)
	ours := 0
	err = eachConsumer(ctx, stream, func(info *natsjs.ConsumerInfo) {
		delete(missing, info.Name)
		if ours == 0 || info.AckFloor.Stream < floor {
			floor = info.AckFloor.Stream
		}
		ours++
	})
	if err != nil {
		return 0, err
	}
	if ours == 0 || len(missing) > 0 {
		return 0, errNothingToTrim
	}
	return floor, nil
}

// eachConsumer calls a function with what each consumer that is ours says of itself: a list of all of them
// leaves out those that do not answer.
func eachConsumer(ctx context.Context, stream natsjs.Stream, f func(*natsjs.ConsumerInfo)) error {
	names := stream.ConsumerNames(ctx)
	for name := range names.Name() {
		if strings.HasPrefix(name, lookerPrefix) {
			continue
		}
		consumer, err := stream.Consumer(ctx, name)
		if err != nil {
			return fmt.Errorf("consumer %s: %w", name, err)
		}
		if info := consumer.CachedInfo(); info.Config.Metadata[mark] != "" { // else somebody looks into the stream
			f(info)
		}
	}
	return names.Err()
}

// purgeExpired removes the messages that this process has withdrawn.
func (l *Log) purgeExpired(ctx context.Context) {
	l.mu.Lock()
	pending := slices.Clone(l.expired)
	l.mu.Unlock()
	for _, p := range pending {
		if time.Now().Before(p.due) || !l.purge(ctx, p) {
			continue
		}
		l.mu.Lock()
		i := slices.Index(l.expired, p)
		if p.last || p.subject == "" {
			l.expired = slices.Delete(l.expired, i, i+1)
		} else {
			l.expired[i].last, l.expired[i].due = true, time.Now().Add(purgeAgain)
		}
		l.mu.Unlock()
	}
}

func (l *Log) purge(ctx context.Context, p purge) bool {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	stream, err := l.link.js.Stream(ctx, l.cfg.Stream)
	switch {
	case err != nil:
		return false
	case p.subject == "":
		return deleteMessage(ctx, stream, p.copy) == nil
	}
	return stream.Purge(ctx, natsjs.WithPurgeSubject(p.subject)) == nil
}

// deleteMessage deletes a message, and overwrites its bytes.
func deleteMessage(ctx context.Context, stream natsjs.Stream, seq uint64) error {
	err := stream.SecureDeleteMsg(ctx, seq)
	if err == nil {
		return nil
	}
	if _, there := stream.GetMsg(ctx, seq); errors.Is(there, natsjs.ErrMsgNotFound) {
		return nil // it went by itself
	}
	return err
}

// removeConsumers removes the consumers of cursors that were removed, unless others use them.
func (l *Log) removeConsumers(ctx context.Context) {
	l.mu.Lock()
	leaving := slices.Clone(l.leaving)
	l.mu.Unlock()
	for _, c := range leaving {
		if !l.removeConsumer(ctx, c) {
			continue
		}
		l.mu.Lock()
		l.leaving = slices.DeleteFunc(l.leaving, func(other *cursor) bool { return other == c })
		l.mu.Unlock()
	}
}

// removeConsumer reports whether there is nothing more to do. Who uses a consumer asks it for messages again
// and again, but not at every moment: it is removed when nobody has for a while, and left to
// the others if somebody has, once our own request has ended.
func (l *Log) removeConsumer(ctx context.Context, c *cursor) bool {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	consumer, err := l.link.js.Consumer(ctx, l.cfg.Stream, c.durable)
	if err != nil {
		return errors.Is(err, natsjs.ErrConsumerNotFound)
	}
	info, now, quiet := consumer.CachedInfo(), time.Now(), 2*l.cfg.standing()+pullGrace+keeperPause
	l.mu.Lock()
	back := slices.ContainsFunc(l.cursors, func(other *cursor) bool { return other.durable == c.durable })
	switch {
	case info.NumWaiting > 0 || info.NumAckPending > 0:
		c.unused = time.Time{}
	case c.unused.IsZero():
		c.unused = now
	}
	others := c.unused.IsZero() && now.Sub(c.left) > quiet
	unused := !c.unused.IsZero() && now.Sub(c.unused) > quiet
	l.mu.Unlock()
	if back || others { // a cursor of the same name was made since, here or elsewhere
		return true
	}
	return unused && l.link.js.DeleteConsumer(ctx, l.cfg.Stream, c.durable) == nil
}
