package jetstream

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

// What processes with the same stream ask each other when one of them rewrites it. Questions are published
// on a subject beside the stream's, and are not stored.
const (
	askWho   = "who"   // is there?
	askYield = "yield" // of a message what you have in hand
	askGone  = "gone"  // it is: let go of it
	askEnd   = "end"   // of the rewriting

	headerAsk, headerFrom, headerRewrite = "Headgate-Ask", "Headgate-From", "Headgate-Rewrite"
	headerSequence, headerStored         = "Headgate-Sequence", "Headgate-Stored"

	// rollTime is how long others may take to say that they are there.
	rollTime = 2 * time.Second
	// yieldTime is how long they may take to yield: longer than their sinks are given to end what they
	// are sending.
	yieldTime = 12 * time.Second
)

func (s subjects) asking() string { return "headgate-rewrite." + s.prefix[len("headgate."):] }

// answer is what a process says.
type answer struct {
	Instance string   `json:"instance"`
	Sequence uint64   `json:"sequence,omitempty"` // of the message that was asked about
	Settled  []string `json:"settled,omitempty"`  // consumers that need no copy of it any more
	Error    string   `json:"error,omitempty"`
}

// others are the other processes that have the log.
type others struct {
	rewrite string
	inbox   *nats.Subscription // nil: nobody was asked yet
	there   map[string]bool
}

// askOthers has whoever has a message in hand yield it, if there is somebody who may have. It adds to
// the consumers that need no copy.
func (r *rewriting) askOthers(ctx context.Context, stream natsjs.Stream, o original, settled map[string]bool) error {
	consumers, err := r.consumers(ctx, stream, o.subject)
	if err != nil {
		return err
	}
	unclear := func() bool {
		return slices.ContainsFunc(consumers, func(c *natsjs.ConsumerInfo) bool {
			return !settled[c.Name] && o.seq <= c.Delivered.Stream && !hasFinished(c, o.seq)
		})
	}
	if !unclear() {
		return nil
	}
	if err := r.callRoll(ctx); err != nil {
		return err
	}
	if len(r.others.there) == 0 {
		return nil
	}
	if err := r.ask(askYield, &o); err != nil {
		return err
	}
	waiting := maps.Clone(r.others.there)
	err = r.hear(ctx, yieldTime, func(a answer) (more bool, err error) {
		if a.Sequence != o.seq {
			return true, nil // to a question of before
		}
		delete(waiting, a.Instance)
		for _, name := range a.Settled {
			settled[name] = true
		}
		if a.Error != "" {
			return false, fmt.Errorf("another process could not let go of it: %s", a.Error)
		}
		return len(waiting) > 0 && unclear(), nil
	})
	if len(waiting) > 0 && unclear() { // who is gone is not waited for again
		maps.DeleteFunc(r.others.there, func(instance string, _ bool) bool { return waiting[instance] })
	}
	return err
}

// callRoll finds out who is there, once.
func (r *rewriting) callRoll(ctx context.Context) (err error) {
	if r.others.inbox != nil {
		return nil
	}
	if r.others.inbox, err = r.js.Conn().SubscribeSync(r.js.Conn().NewInbox()); err != nil {
		return err
	}
	if err := r.ask(askWho, nil); err != nil {
		return err
	}
	return r.hear(ctx, rollTime, func(a answer) (bool, error) {
		r.others.there[a.Instance] = true
		return true, nil
	})
}

// ask publishes a question.
func (r *rewriting) ask(kind string, o *original) error {
	msg := nats.NewMsg(r.subjects.asking())
	msg.Header.Set(headerAsk, kind)
	msg.Header.Set(headerRewrite, r.others.rewrite)
	if r.local != nil {
		msg.Header.Set(headerFrom, r.local.instance)
	}
	if r.others.inbox != nil {
		msg.Reply = r.others.inbox.Subject
	}
	if o != nil {
		msg.Header.Set(headerSequence, strconv.FormatUint(o.seq, 10))
		msg.Header.Set(headerStored, strconv.FormatInt(o.stored, 10))
	}
	if kind == askYield {
		msg.Data = o.data
	}
	return r.js.Conn().PublishMsg(msg)
}

// hear takes answers for a time, or until enough have come.
func (r *rewriting) hear(ctx context.Context, most time.Duration, take func(answer) (more bool, err error)) error {
	waiting, cancel := context.WithTimeout(ctx, most)
	defer cancel()
	for {
		msg, err := r.others.inbox.NextMsgWithContext(waiting)
		switch {
		case ctx.Err() != nil:
			return ctx.Err()
		case waiting.Err() != nil, errors.Is(err, nats.ErrNoResponders): // nobody is there, or answers in time
			return nil
		case err != nil:
			return err
		}
		var a answer
		if json.Unmarshal(msg.Data, &a) != nil {
			continue
		}
		if more, err := take(a); err != nil || !more {
			return err
		}
	}
}

// tellGone tells others that a message is gone, of which one may have been given in the meantime. It is
// not stored, and reaches whom it reaches.
func (r *rewriting) tellGone(o original) { _ = r.ask(askGone, &o) }

// dismiss lets others go on.
func (r *rewriting) dismiss() {
	_ = r.ask(askEnd, nil)
	_ = r.js.Conn().FlushTimeout(apiTime) // the process may end now
	if r.others.inbox != nil {
		_ = r.others.inbox.Unsubscribe()
	}
}
