package jetstream

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/headgate-dev/headgate/core/queue"
)

// A message in a stream cannot be changed. So one that has something to rewrite is stored anew as it is
// to be, for each consumer that has not finished it, and then deleted, its bytes overwritten:
//
//  1. Whoever has it in hand stores what it has left of it, as it is to be, for its consumer alone.
//  2. It is stored for every other consumer that is not known to have finished it.
//  3. It is deleted.
//  4. Processes that were given it in between are told to let go of it.
//
// Whatever is killed between these steps, every consumer still has the message or a copy. The id of a copy
// is made of the original's, so that it is stored once, whoever stores it and however often.

// Rewrite implements [queue.Rewriter]. Other processes with the log take part, if they can be
// reached; see [queue.Shared].
func (l *Log) Rewrite(match func(rec []byte) bool, edit func(rec []byte)) error {
	ctx, js, end, err := l.beginRewrite()
	if err != nil {
		return fmt.Errorf("jetstream queue: %w", err)
	}
	defer end()
	l.editHand(match, edit)
	r := rewriting{js: js, stream: l.cfg.Stream, subjects: l.subjects, local: l, match: match, edit: edit}
	if err := r.run(ctx); err != nil {
		return fmt.Errorf("jetstream queue: rewrite the stream %s: %w", l.cfg.Stream, err)
	}
	return nil
}

// beginRewrite has nobody fetch until end is called.
func (l *Log) beginRewrite() (ctx context.Context, js natsjs.JetStream, end func(), err error) {
	l.rewriting.Lock()
	l.mu.Lock()
	defer l.mu.Unlock()
	switch {
	case l.closed:
		err = queue.ErrClosed
	case l.link.js == nil || !l.link.conn.IsConnected():
		err = fmt.Errorf("%w: the servers cannot be reached", queue.ErrUnavailable)
	}
	if err != nil {
		l.rewriting.Unlock()
		return nil, nil, nil, err
	}
	ctx, l.endRewrite = context.WithCancel(context.Background())
	l.frozen++
	return ctx, l.link.js, func() {
		l.mu.Lock()
		l.endRewrite()
		l.endRewrite = nil
		l.mu.Unlock()
		l.thaw()
		l.rewriting.Unlock()
	}, nil
}

// Rewrite does what [Log.Rewrite] does, for a process that has no log of the stream.
func Rewrite(ctx context.Context, cfg Config, match func(rec []byte) bool, edit func(rec []byte)) error {
	return visit(ctx, cfg, func(js natsjs.JetStream, stream natsjs.Stream) error {
		name := stream.CachedInfo().Config.Name
		r := rewriting{js: js, stream: name, subjects: subjectsOf(name), match: match, edit: edit}
		return r.run(ctx)
	})
}

// mostRounds bounds how often the stream is looked through. What comes behind while it is are
// the rests that processes leave when they end.
const mostRounds = 10

// rewriting is one call of Rewrite.
type rewriting struct {
	js       natsjs.JetStream
	stream   string
	subjects subjects
	local    *Log // of this process; nil: it has none
	match    func(rec []byte) bool
	edit     func(rec []byte)

	copies map[string]uint64 // that are in the stream, by their ids
	others others

	step func(name string) error // of tests, which have it die there; nil: none
}

func (r *rewriting) run(ctx context.Context) error {
	r.copies = make(map[string]uint64)
	r.others = others{rewrite: nuid.New().Next(), there: make(map[string]bool)}
	defer r.dismiss()
	next := uint64(1)
	for round := range mostRounds {
		stream, err := r.open(ctx)
		if errors.Is(err, natsjs.ErrStreamNotFound) {
			return nil
		}
		if err != nil {
			return err
		}
		state := stream.CachedInfo().State
		found, err := r.scan(ctx, stream, max(next, state.FirstSeq), state.LastSeq, round > 0)
		if err != nil {
			return err
		}
		if len(found) == 0 && round > 0 {
			return nil
		}
		if len(found) > 0 {
			if err := r.announce(ctx, stream, found); err != nil {
				return err
			}
		}
		for _, o := range found {
			if err := r.replace(ctx, stream, o.seq); err != nil {
				return fmt.Errorf("message %d: %w", o.seq, err)
			}
		}
		next = state.LastSeq + 1
	}
	return errors.New("others store faster than can be read; try again")
}

func (r *rewriting) open(ctx context.Context) (natsjs.Stream, error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	return r.js.Stream(ctx, r.stream)
}

// original is a message that is to be replaced.
type original struct {
	seq     uint64
	stored  int64
	subject string
	records int
	data    []byte // as it is to be
}

// replace puts what a message is to be in the place of what it is.
func (r *rewriting) replace(ctx context.Context, stream natsjs.Stream, seq uint64) error {
	o, ok, err := r.read(ctx, stream, seq)
	if err != nil || !ok {
		return err
	}
	settled := make(map[string]bool) // consumers that need no copy any more
	if r.local != nil {
		if settled, err = r.local.letGo(ctx, o); err != nil {
			return err
		}
	}
	if err := r.askOthers(ctx, stream, o, settled); err != nil {
		return err
	}
	if err := r.copyFor(ctx, stream, o, settled); err != nil {
		return err
	}
	if err := r.took("copied"); err != nil {
		return err
	}
	if err := r.erase(ctx, stream, seq); err != nil {
		return err
	}
	if err := r.took("erased"); err != nil {
		return err
	}
	r.tellGone(o)
	if r.local != nil {
		r.local.drop(o.seq, o.stored)
	}
	return nil
}

func (r *rewriting) took(step string) error {
	if r.step == nil {
		return nil
	}
	return r.step(step)
}

// read returns a message as it is to be. It reports false if it is not there any more, or is as it is to be.
func (r *rewriting) read(ctx context.Context, stream natsjs.Stream, seq uint64) (o original, ok bool, err error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	msg, err := stream.GetMsg(ctx, seq)
	if errors.Is(err, natsjs.ErrMsgNotFound) {
		return o, false, nil
	}
	if err != nil {
		return o, false, err
	}
	o = original{seq: seq, stored: msg.Time.UnixNano(), subject: msg.Subject, data: msg.Data}
	frames, n, readable := unpack(o.data)
	if !readable {
		return o, false, nil
	}
	o.records = n
	return o, rewriteFrames(frames, r.match, r.edit), nil
}

// rewriteFrames edits the records that match, and reports whether there are any.
func rewriteFrames(frames []byte, match func(rec []byte) bool, edit func(rec []byte)) (changed bool) {
	for len(frames) > 0 {
		size, _ := frameSize(frames)
		if rec := frames[frameHeader:size:size]; match(rec) {
			edit(rec)
			changed = true
		}
		frames = frames[size:]
	}
	return changed
}

// copyFor stores a message for the consumers that have not finished it.
func (r *rewriting) copyFor(ctx context.Context, stream natsjs.Stream, o original, settled map[string]bool) error {
	consumers, err := r.consumers(ctx, stream, o.subject)
	if err != nil {
		return err
	}
	var lacking []string
	unread := true
	for _, c := range consumers {
		unread = unread && o.seq > c.Delivered.Stream
		if !settled[c.Name] && !hasFinished(c, o.seq) {
			lacking = append(lacking, c.Name)
		}
	}
	if unread && len(lacking) > 0 && !r.subjects.isOfOne(o.subject) { // so that whose it is can still withdraw it
		return r.copy(ctx, o, o.subject, "*", lacking)
	}
	for _, name := range lacking {
		if err := r.copy(ctx, o, r.subjects.to(name), name, []string{name}); err != nil {
			return err
		}
	}
	return nil
}

// hasFinished reports whether a consumer has certainly finished a message. It is not known of one that was
// given out while others which were are unfinished: whoever has finished it, or has it in hand, was asked.
func hasFinished(c *natsjs.ConsumerInfo, seq uint64) bool {
	return seq <= c.AckFloor.Stream || seq <= c.Delivered.Stream && c.NumAckPending == 0
}

// copy stores a message anew.
func (r *rewriting) copy(ctx context.Context, o original, subject, whom string, consumers []string) error {
	id := copyID(o.seq, o.stored, whom)
	seq, there := r.copies[id]
	if !there {
		var err error
		if seq, err = publishCopy(ctx, r.js, r.stream, subject, id, o.data); err != nil {
			return err
		}
		r.copies[id] = seq
	}
	if r.local != nil {
		r.local.replaced(o, seq, consumers, r.subjects.isOfOne(subject))
	}
	return nil
}

// copyPrefix begins the ids of copies.
const copyPrefix = "rewritten-"

// copyID is the id of the copy of a message for a consumer. Sequences are used again when a server has lost
// the end of a stream, but not with the same time.
func copyID(seq uint64, stored int64, consumer string) string {
	return fmt.Sprintf("%s%d-%d-%s", copyPrefix, seq, stored, consumer)
}

func publishCopy(ctx context.Context, js natsjs.JetStream, stream, subject, id string, data []byte) (seq uint64, err error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	ack, err := js.PublishMsg(ctx, &nats.Msg{Subject: subject, Data: data}, natsjs.WithMsgID(id), natsjs.WithExpectStream(stream))
	switch {
	case isFull(err):
		return 0, fmt.Errorf("there is no room for the copy of a message in the stream: %w", queue.ErrFull)
	case err != nil:
		return 0, err
	}
	return ack.Sequence, nil
}

func (r *rewriting) erase(ctx context.Context, stream natsjs.Stream, seq uint64) error {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	return deleteMessage(ctx, stream, seq)
}

// consumers returns what the servers say of the consumers for which messages under a subject are.
func (r *rewriting) consumers(ctx context.Context, stream natsjs.Stream, subject string) (infos []*natsjs.ConsumerInfo, err error) {
	ctx, cancel := context.WithTimeout(ctx, apiTime)
	defer cancel()
	missing := make(map[string]bool)
	if r.local != nil {
		missing = r.local.consumerNames()
	}
	err = eachConsumer(ctx, stream, func(info *natsjs.ConsumerInfo) {
		delete(missing, info.Name)
		if !r.subjects.isOfOne(subject) || subject == r.subjects.to(info.Name) {
			infos = append(infos, info)
		}
	})
	if err == nil && len(missing) > 0 {
		err = errors.New("a consumer is missing, and is about to be made anew; try again")
	}
	return infos, err
}

// isOfOne reports whether messages under a subject are for one consumer.
func (s subjects) isOfOne(subject string) bool { return strings.HasPrefix(subject, s.prefix+".to.") }

var _ queue.Shared = (*Log)(nil)
