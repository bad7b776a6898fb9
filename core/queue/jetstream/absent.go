package jetstream

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	natsjs "github.com/nats-io/nats.go/jetstream"
)

// A process that could not be reached while another one rewrote the stream may have a message in hand that is
// gone. So the stream says which were rewritten last, in its metadata, and who comes back looks there.
const (
	rewrittenKey = "headgate-rewritten"
	// mostRewritten bounds them: nats-server takes 128 KiB of metadata (JSMaxMetadataLen).
	mostRewritten = 2000
)

func rewrittenName(seq uint64, stored int64) string { return fmt.Sprintf("%d-%d", seq, stored) }

// announce adds messages to those that were rewritten last. It is done before they are: who looks finds out
// whether they are still there.
func (r *rewriting) announce(ctx context.Context, stream natsjs.Stream, found []original) error {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	info, err := stream.Info(ctx)
	if err != nil {
		return err
	}
	cfg := info.Config
	names := strings.Fields(cfg.Metadata[rewrittenKey])
	for _, o := range found {
		if name := rewrittenName(o.seq, o.stored); !slices.Contains(names, name) {
			names = append(names, name)
		}
	}
	cfg.Metadata = maps.Clone(cfg.Metadata)
	if cfg.Metadata == nil {
		cfg.Metadata = make(map[string]string)
	}
	cfg.Metadata[rewrittenKey] = strings.Join(names[max(len(names)-mostRewritten, 0):], " ")
	_, err = r.js.UpdateStream(ctx, cfg)
	return err
}

// lookWhatIsGone lets go of what was rewritten while the servers could not be reached from here.
func (l *Log) lookWhatIsGone(ctx context.Context) {
	l.mu.Lock()
	was := l.absent
	l.mu.Unlock()
	if !was {
		return
	}
	gone, err := l.goneMeanwhile(ctx)
	if err != nil {
		return // and looks again
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.absent = false
	if len(gone) == 0 || l.closed {
		return
	}
	for _, o := range gone {
		l.asked = append(l.asked, question{kind: askGone, rewrite: rewrittenKey, original: o})
	}
	l.asked = append(l.asked, question{kind: askEnd, rewrite: rewrittenKey})
	wake(l.askedWake)
}

func (l *Log) goneMeanwhile(ctx context.Context) (gone []original, err error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	stream, err := l.link.js.Stream(ctx, l.cfg.Stream)
	if err != nil {
		return nil, err
	}
	rewritten := make(map[string]bool)
	for _, name := range strings.Fields(stream.CachedInfo().Config.Metadata[rewrittenKey]) {
		rewritten[name] = true
	}
	for _, o := range l.inHand(rewritten) {
		if _, err := stream.GetMsg(ctx, o.seq); errors.Is(err, natsjs.ErrMsgNotFound) {
			gone = append(gone, o)
		} else if err != nil {
			return nil, err
		}
	}
	return gone, nil
}

// inHand returns those of some messages that a cursor has in hand.
func (l *Log) inHand(names map[string]bool) (found []original) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for _, c := range l.cursors {
		for number, m := range c.messages {
			if seq := number - l.link.base; m.generation == l.link.generation && names[rewrittenName(seq, m.stored)] {
				found = append(found, original{seq: seq, stored: m.stored})
			}
		}
	}
	return found
}
