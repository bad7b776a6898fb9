package jetstream

import (
	"os"
	"strconv"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// A message that is on its way when its request ends would otherwise lie with nobody until AckWait is over.
func TestAMessageThatComesWhenItsRequestHasEndedIsUsed(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	p := startProxy(t, s.url()[len("nats://"):])
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(p.url()), AckWait: 20 * time.Second}, "a")
	r.append(t, 0, 1)
	r.read(t, 1)
	r.cursor.Want(1, 1)
	eventually(t, "messages are asked for", func() bool { return a.consumer("a").NumWaiting > 0 })
	other := started(t, Config{URL: core.NewSecret(s.url()), AckWait: 20 * time.Second}, "b")
	request := func() uint64 {
		r.log.mu.Lock()
		defer r.log.mu.Unlock()
		return r.cursor.ask.number
	}

	p.slow.Lock()
	before := request()
	other.append(t, 1, 2)
	eventually(t, "the message is given", func() bool { return a.consumer("a").Delivered.Consumer == 2 })
	eventually(t, "its request has ended, and another one stands", func() bool { return request() > before })
	p.slow.Unlock()
	r.read(t, 2)
	r.balance(t)
	if info := a.consumer("a"); info.NumRedelivered > 0 || info.Delivered.Consumer != 2 {
		t.Errorf("it came only when it was given again: %+v", info)
	}
}

// A server that was killed may have forgotten what it gave, and what was acknowledged to it.
func TestAServerThatHasForgottenAcknowledgementsIsToldAgain(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: patientWait}, "a")
	r.append(t, 0, 10)
	s.stop()
	saved := t.TempDir()
	if err := os.CopyFS(saved, os.DirFS(s.dir)); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	r.read(t, 10)
	finished := func() bool {
		info := a.consumer("a")
		return info.AckFloor.Stream >= 10 && info.NumAckPending == 0
	}
	eventually(t, "all is acknowledged", finished)
	r.cursor.Want(1, 1)
	s.stop()
	if err := os.RemoveAll(s.dir); err != nil {
		t.Fatal(err)
	}
	if err := os.CopyFS(s.dir, os.DirFS(saved)); err != nil {
		t.Fatal(err)
	}
	s.start(t)
	eventually(t, "the server is told again", finished)
	r.append(t, 10, 12)
	r.read(t, 12)
	for rec, n := range r.seen {
		if n != 1 {
			t.Errorf("%s was read %d times", rec, n)
		}
	}
	r.balance(t)
	_ = r.log.Close()
}

// What a reader has begun to read is kept for it, and what it has not is given back: the servers are told
// of each, so that none is with nobody.
func TestTwoReadersFinishEverythingWithinTheTimeThatAcknowledgementsMayTake(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	cfg := Config{URL: core.NewSecret(s.url()), AckWait: patientWait}
	active, lazy := started(t, cfg, "a"), started(t, cfg, "a")
	const n = 400
	stop := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(done)
		active.readUntil(stop)
	}()
	for i := 0; i < n; i += 4 {
		active.appendTogether(t, i, i+4)
		if i%40 == 0 { // takes some, looks away, and is not heard of for longer than that
			run := lazy.fetch(3)
			lazy.cursor.Want(1, 1)
			lazy.finish(run)
		}
		if i == n/2 {
			time.Sleep(patientWait/2 + 500*time.Millisecond)
		}
	}
	eventually(t, "the servers know everything as finished", func() bool {
		if run := lazy.cursor.touchedLeft(); run {
			lazy.finish(lazy.fetch(10))
		}
		info := a.consumer("a")
		return info.NumPending == 0 && info.NumAckPending == 0 && info.AckFloor.Stream == n/4
	})
	close(stop)
	<-done
	active.balance(t)
	lazy.balance(t)
	for i := range n {
		if got := active.seen[string(record(i))] + lazy.seen[string(record(i))]; got != 1 {
			t.Errorf("record %d was read %d times", i, got)
		}
	}
}

// touchedLeft reports whether the rest of a message is at hand of which the reader has had some.
func (c *cursor) touchedLeft() bool {
	c.log.mu.Lock()
	defer c.log.mu.Unlock()
	for _, p := range c.fresh.list {
		if p.m.touched {
			return true
		}
	}
	return false
}

// A process that was stopped for a while does not know whom its messages were given to meanwhile.
func TestAReaderDoesNotBeginWhatMayBeAnothersByNow(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := started(t, Config{URL: core.NewSecret(s.url()), AckWait: time.Second}, "a")
	r.append(t, 0, 2)
	r.cursor.Want(100, 1<<20)
	r.log.mu.Lock()
	r.cursor.shown = time.Now().Add(time.Hour) // it does not look idle
	r.log.mu.Unlock()
	eventually(t, "both are at hand", func() bool {
		r.log.mu.Lock()
		defer r.log.mu.Unlock()
		if r.cursor.atHand() < 2 {
			return false
		}
		for _, m := range r.cursor.messages {
			m.told = m.told.Add(-time.Second)
		}
		return true
	})
	if run := r.fetch(10); run.Len() > 0 {
		t.Errorf("fetched %d records whose time was over", run.Len())
		r.finish(run)
	}
	if at := r.position(); at.Unread != 2 {
		t.Errorf("stands at %+v, want both unread", at)
	}
	r.read(t, 2) // they are given again
	r.balance(t)
}

func TestARequestThatHasFailedIsMadeAgainALittleLater(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	r := started(t, Config{URL: core.NewSecret(s.url())}, "a")
	r.append(t, 0, 1)
	r.read(t, 1)
	r.cursor.Want(1, 1)
	l, c := r.log, r.cursor
	subject := func(back uint64) string {
		l.mu.Lock()
		defer l.mu.Unlock()
		return c.inbox() + "." + strconv.FormatUint(c.ask.number-back, 10)
	}
	look := func() (a ask, doubted bool) {
		l.mu.Lock()
		defer l.mu.Unlock()
		return c.ask, !c.doubted.IsZero()
	}
	eventually(t, "a request stands", func() bool { a, _ := look(); return a.stands(time.Now()) })
	l.mu.Lock()
	c.ask.until = time.Now().Add(time.Hour)
	l.mu.Unlock()
	before, _ := look()

	l.answered(c, subject(1), "408", "Request Timeout") // is another's
	if a, _ := look(); a != before {
		t.Errorf("the end of an earlier request ended this one: %+v", a)
	}
	l.answered(c, subject(0), "409", "Leadership Change")
	if a, doubted := look(); time.Until(a.until) > pullPause || doubted {
		t.Errorf("another is made after %v; the consumer is doubted: %v", time.Until(a.until), doubted)
	}
	eventually(t, "another request stands", func() bool { a, _ := look(); return a.number > before.number })
	l.answered(c, subject(0), "503", "")
	if _, doubted := look(); !doubted {
		t.Error("nobody looks whether the consumer is there")
	}
	r.append(t, 1, 2)
	r.read(t, 2)
	r.balance(t)
}
