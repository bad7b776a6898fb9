package jetstream

import (
	"context"
	"encoding/json"
	"slices"
	"strconv"
	"time"

	"github.com/nats-io/nats.go"
)

// silence is how long a process that yields waits for the next question: who asks may have died.
const silence = 10 * time.Second

// mostAsked bounds the questions that wait. Who asks too much goes on without the answer.
const mostAsked = 256

// question is what another process asks.
type question struct {
	kind, rewrite, reply string
	original
}

// OnRewrite implements [queue.Shared].
func (l *Log) OnRewrite(yield func(settle func())) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.yield = yield
}

// take takes a question.
func (l *Log) take(msg *nats.Msg) {
	if msg.Header.Get(headerFrom) == l.instance {
		return
	}
	q := question{kind: msg.Header.Get(headerAsk), rewrite: msg.Header.Get(headerRewrite), reply: msg.Reply}
	q.seq, _ = strconv.ParseUint(msg.Header.Get(headerSequence), 10, 64)
	q.stored, _ = strconv.ParseInt(msg.Header.Get(headerStored), 10, 64)
	q.data = msg.Data
	if q.kind == askWho {
		l.reply(q, answer{})
		return
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.closed && len(l.asked) < mostAsked {
		l.asked = append(l.asked, q)
		wake(l.askedWake)
	}
}

// nextQuestion takes the next question. It waits for one of a rewriting until that ends, or nothing is heard of it for
// long; rewrite "" stands for any.
func (l *Log) nextQuestion(ctx context.Context, rewrite string) (q question, ok bool) {
	var over <-chan time.Time
	if rewrite != "" {
		over = time.After(silence)
	}
	for {
		l.mu.Lock()
		i := slices.IndexFunc(l.asked, func(q question) bool { return rewrite == "" || q.rewrite == rewrite })
		if i >= 0 {
			q = l.asked[i]
			l.asked = slices.Delete(l.asked, i, i+1)
		}
		l.mu.Unlock()
		if i >= 0 {
			return q, rewrite == "" || q.kind != askEnd
		}
		select {
		case <-l.askedWake:
		case <-over:
			return q, false
		case <-ctx.Done():
			return q, false
		}
	}
}

// answer answers the questions of others.
func (l *Log) answer(ctx context.Context) {
	for {
		q, ok := l.nextQuestion(ctx, "")
		if !ok {
			return
		}
		l.mu.Lock()
		yield := l.yield
		direct := yield == nil || l.endRewrite != nil // its own Rewrite has had the readers give back
		l.mu.Unlock()
		switch {
		case q.kind == askEnd:
		case direct || !l.has(q.seq, q.stored):
			l.serve(ctx, q)
		default:
			yield(func() { l.serveAll(ctx, q) })
		}
	}
}

// serveAll answers a question, and those that come after it while the readers wait.
func (l *Log) serveAll(ctx context.Context, q question) {
	for ok := true; ok; q, ok = l.nextQuestion(ctx, q.rewrite) {
		l.serve(ctx, q)
	}
}

func (l *Log) serve(ctx context.Context, q question) {
	l.freeze()
	defer l.thaw()
	switch q.kind {
	case askYield:
		a := answer{Sequence: q.seq}
		settled, err := l.letGo(ctx, q.original)
		for name := range settled {
			a.Settled = append(a.Settled, name)
		}
		if err != nil {
			a.Error = err.Error()
		}
		l.reply(q, a)
	case askGone:
		l.drop(q.seq, q.stored)
	}
}

func (l *Log) reply(q question, a answer) {
	a.Instance = l.instance
	body, err := json.Marshal(a)
	if err != nil || q.reply == "" {
		return
	}
	l.mu.Lock()
	conn := l.link.conn
	l.mu.Unlock()
	_ = conn.Publish(q.reply, body) // who asked does not wait for ever
}
