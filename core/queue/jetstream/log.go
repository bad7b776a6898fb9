package jetstream

import (
	"context"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
	"github.com/nats-io/nuid"

	"github.com/headgate-dev/headgate/core/queue"
)

// Log is a [queue.Log] in a stream.
type Log struct {
	cfg      Config
	subjects subjects
	instance string // this process, among those that share the stream

	control sync.Mutex         // held by Resume and Close
	stop    context.CancelFunc // ends the goroutines; nil before the first Resume
	work    sync.WaitGroup     // of the goroutines

	keeperWake, pulseWake, askedWake chan struct{}

	saying    sync.Mutex // held while signals are sent
	rewriting sync.Mutex // held by Rewrite

	mu       sync.Mutex
	refusal  error // what Append returns; nil while records are taken
	closed   bool
	link     link
	trouble  trouble
	reported report
	commit   commit
	appended uint64 // records
	last     uint64 // number of the newest message that is known to be this process's
	epoch    uint64 // of the subject that is published to
	purged   uint64 // the last epoch whose messages are not wanted any more
	expired  []purge
	signals  []signal // what the servers are to be told
	cursors  []*cursor
	leaving  []*cursor // removed, whose consumers are still there
	cursorID uint64
	finished bool // something was acknowledged since the stream was last trimmed

	frozen     int                // above 0: nobody fetches, because the stream is being rewritten
	endRewrite context.CancelFunc // of the Rewrite that is at work; nil: none is
	yield      func(func())       // has readers give back what they have; nil: they cannot
	asked      []question
	gone       recent // messages that were rewritten
	absent     bool   // the servers could not be reached for a while
}

// report is an error that the logger was told of.
type report struct {
	text string
	at   time.Time
}

// link is the way to the servers. A message's number is its sequence in the stream plus base,
// which grows when the stream is made anew and begins at 1 again.
type link struct {
	conn       *nats.Conn
	js         natsjs.JetStream
	inbox      string // where acknowledgements are confirmed
	ready      bool   // the stream is there, and a consumer for every cursor
	created    time.Time
	generation int
	base       uint64
}

// Open makes a log. It does no I/O: [Log.Resume] does.
func Open(cfg Config) (*Log, error) {
	cfg, err := cfg.withDefaults()
	if err != nil {
		return nil, err
	}
	l := &Log{
		cfg:        cfg,
		subjects:   subjectsOf(cfg.Stream),
		instance:   nuid.New().Next(),
		keeperWake: make(chan struct{}, 1), pulseWake: make(chan struct{}, 1), askedWake: make(chan struct{}, 1),
		refusal: queue.ErrPaused,
		epoch:   1,
	}
	l.commit.init()
	return l, nil
}

// Resume implements [queue.Log]. It returns at once: the servers are looked for in the
// background, and for as long as it takes. An Append waits for them a little.
func (l *Log) Resume() error {
	l.control.Lock()
	defer l.control.Unlock()
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed || l.refusal == queue.ErrClosed {
		return queue.ErrClosed
	}
	l.refusal = nil
	if l.stop != nil {
		return nil
	}
	ctx, cancel := context.WithCancel(context.Background())
	l.stop = cancel
	l.trouble.begin(errConnecting)
	for _, goroutine := range []func(context.Context){l.keep, l.publish, l.pulse, l.answer} {
		l.work.Go(func() { goroutine(ctx) })
	}
	return nil
}

// Pause implements [queue.Log]. A record that is on its way when it is called may be stored
// though its Append fails.
func (l *Log) Pause() {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.refusal == nil {
		l.refusal = queue.ErrPaused
	}
	l.commit.refuse(l.refusal)
}

// Stop implements [queue.Log]. What is on its way to the servers already is still stored.
func (l *Log) Stop() {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.refusal = queue.ErrClosed
	if !l.commit.blockedUntil.IsZero() {
		l.commit.refuseWaiting(queue.ErrClosed)
	}
	wake(l.commit.wake)
}

// Durable implements [queue.Log].
func (l *Log) Durable() bool { return true }

// Append implements [queue.Log].
func (l *Log) Append(ctx context.Context, rec []byte) error {
	return l.append(ctx, [][]byte{rec})
}

// AppendAll implements [queue.Log].
func (l *Log) AppendAll(ctx context.Context, recs [][]byte) (stored int, err error) {
	for stored < len(recs) {
		n := l.fitting(recs[stored:])
		if err := l.append(ctx, recs[stored:stored+n]); err != nil {
			return stored, err
		}
		stored += n
	}
	return stored, nil
}

// Snapshot implements [queue.Log]. The end is the place behind the newest record that this
// process has appended.
func (l *Log) Snapshot(cursors []queue.Cursor, into []queue.Position) (end, appended uint64) {
	l.mu.Lock()
	defer l.mu.Unlock()
	for i, c := range cursors {
		into[i] = c.(*cursor).position()
	}
	return l.end(), l.appended
}

func (l *Log) end() uint64 { return (l.last + 1) << indexBits }

// Cursor implements [queue.Log]. Records are not taken before the servers know the cursor.
func (l *Log) Cursor(name string) queue.Cursor {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.cursorID++
	c := &cursor{
		log: l, id: l.cursorID, durable: consumerName(name), since: l.epoch,
		before:   l.appended,
		messages: make(map[uint64]*message), acking: make(map[uint64]*message), held: make(map[uint64]*held),
		ready: make(chan struct{}, 1),
	}
	l.cursors = append(l.cursors, c)
	l.link.ready = false
	if l.stop != nil {
		l.trouble.begin(errConnecting)
	}
	wake(l.keeperWake)
	return c
}

// wake makes whoever waits on a channel of one look again.
func wake(c chan struct{}) {
	select {
	case c <- struct{}{}:
	default: // it will look already
	}
}

var (
	_ queue.Log    = (*Log)(nil)
	_ queue.Cursor = (*cursor)(nil)
)
