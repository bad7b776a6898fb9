package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"
)

// ReplayOptions say which dead letters to send again, and how fast.
type ReplayOptions struct {
	// Rate is the most events to send in a second; 100 if zero.
	Rate float64
	// IDs are the ids of the events to send again; all if empty.
	IDs []string
}

// Replayed is what became of dead letters that were sent again.
type Replayed struct {
	// Accepted is how many the sink took; they are dead letters no more.
	Accepted int `json:"accepted"`
	// Failed is how many it did not take. They are kept, with its new answer.
	Failed int `json:"failed"`
	// Left is how many were not sent, because the replay ended before.
	Left int `json:"left"`
}

const (
	defaultReplayRate = 100
	// maxReplay bounds the letters that are sent as one.
	maxReplay = 100
)

// ReplayDeadLetters sends a sink's dead letters again, under the ids they have, until
// it has sent every one that was there when it was called, the sink answers that it
// cannot take any now, or ctx is done; the error says which. A letter the sink takes is
// counted as recovered and delivered. Nothing is lost when it fails.
func (d *Dispatcher) ReplayDeadLetters(ctx context.Context, sink string, opts ReplayOptions) (Replayed, error) {
	l, s, err := d.laneOf(sink)
	if err != nil {
		return Replayed{}, err
	}
	if isClosed(l.paused()) {
		return Replayed{}, fmt.Errorf("replay: %w", errPaused)
	}
	orDefault(&opts.Rate, defaultReplayRate)
	if !(opts.Rate > 0) {
		return Replayed{}, errors.New("replay: the rate must be above 0")
	}
	r := replay{lane: l, session: s, opts: opts}
	r.end, _ = l.dead.log.Snapshot(nil, nil)
	err = r.run(orBackground(ctx))
	if err != nil {
		r.result.Left = max(0, r.matching()-r.result.Failed)
	}
	return r.result, err
}

func (d *Dispatcher) laneOf(sink string) (*lane, *session, error) {
	l := d.lane(sink)
	if l == nil {
		return nil, nil, fmt.Errorf("no sink is named %q", sink)
	}
	s := l.working()
	if s == nil {
		return nil, nil, errors.New("nothing is sent: tracking is off, or the dispatcher is closed")
	}
	return l, s, nil
}

// replay is one call of ReplayDeadLetters.
type replay struct {
	lane    *lane
	session *session
	opts    ReplayOptions
	end     uint64 // of the letters that were there
	result  Replayed
}

// resend is a few letters that a worker is to send, and what came of it.
type resend struct {
	events []Sealed
	ticket ticket
	err    error
	done   chan struct{}
}

// run sends letters a few at a time. In between, others can read them.
func (r *replay) run(ctx context.Context) error {
	most := int(min(max(r.opts.Rate/4, 1), maxReplay))
	for {
		began := time.Now()
		sent, more, err := r.step(ctx, most)
		if err != nil || !more {
			return err
		}
		timer := time.NewTimer(time.Duration(float64(sent)/r.opts.Rate*float64(time.Second)) - time.Since(began))
		select {
		case <-timer.C:
		case <-ctx.Done():
		case <-r.session.ctx.Done():
		}
		timer.Stop()
	}
}

// step sends the next few letters, and puts those that are kept at the end of the log.
func (r *replay) step(ctx context.Context, most int) (sent int, more bool, err error) {
	d := r.lane.dead
	defer d.read()()
	run, _ := d.cursor.Fetch(most, letterChunk, true)
	if run.Len() == 0 || run.First >= r.end {
		return 0, false, nil
	}
	var kept [][]byte
	var letters []DeadLetter
	place := run.First
	for rec := run.Next(); rec != nil; rec = run.Next() {
		letter, ok := openLetter(rec)
		switch place++; {
		case !ok: // damaged
		case place <= r.end && r.matches(letter.ID):
			letters = append(letters, letter)
		default:
			kept = append(kept, rec)
		}
	}
	failed, err := r.send(ctx, letters)
	accepted := len(letters) - len(failed)
	for _, letter := range failed {
		head := letterHead{letter.Reason, letter.Attempts, letter.Error, letter.Time}
		kept = append(kept, appendLetter(nil, head, letter.sealed.rec))
	}
	if _, e := d.log.AppendAll(context.Background(), kept); e != nil {
		// What was accepted stays a dead letter, too: better twice than never.
		return 0, false, errors.Join(err, fmt.Errorf("replay: the letters that are kept could not be written: %w", e))
	}
	run.Done()
	r.result.Accepted += accepted
	if err == nil {
		r.result.Failed += len(failed)
	}
	r.lane.replayed(accepted)
	return len(letters), err == nil, err
}

func (r *replay) matches(id string) bool {
	return len(r.opts.IDs) == 0 || slices.Contains(r.opts.IDs, id)
}

// matching returns how many letters there are to send.
func (r *replay) matching() (n int) {
	if len(r.opts.IDs) == 0 {
		return int(r.lane.dead.count())
	}
	for _, letter := range r.lane.dead.list() {
		if r.matches(letter.ID) {
			n++
		}
	}
	return n
}

// send sends letters, one by one if the sink does not take them together, and returns
// those it did not take. The error means that there is no point in sending others now.
func (r *replay) send(ctx context.Context, letters []DeadLetter) (failed []DeadLetter, err error) {
	if len(letters) == 0 {
		return nil, nil
	}
	events := make([]Sealed, len(letters))
	for i := range letters {
		events[i] = letters[i].sealed
	}
	err = r.attempt(ctx, events)
	var partial *BatchError
	switch class, _ := Classify(err); {
	case err == nil:
		r.lane.observe(events, Delivered, reasonReplayed, nil)
		return nil, nil
	case errors.As(err, &partial) && partial != nil:
		for i := range letters {
			if e, ok := partial.Failed[i]; ok {
				failed = append(failed, r.answered(letters[i], e))
			} else {
				r.lane.observe(events[i:i+1], Delivered, reasonReplayed, nil)
			}
		}
		return failed, nil
	case len(letters) > 1 && (class == ClassPermanent || class == ClassTooLarge || class == ClassRefused):
		for i := range letters {
			f, err := r.send(ctx, letters[i:i+1])
			failed = append(failed, f...)
			if err != nil {
				return append(failed, letters[i+1:]...), err
			}
		}
		return failed, nil
	case class == ClassPermanent, class == ClassTooLarge, class == ClassRefused, class == ClassDeclined:
		return append(failed, r.answered(letters[0], err)), nil
	}
	for i := range letters {
		failed = append(failed, r.answered(letters[i], err))
	}
	return failed, fmt.Errorf("replay: the sink takes nothing now: %s", errorText(r.lane.scrubber, err))
}

// answered returns a letter with one more attempt, and what the sink said.
func (r *replay) answered(letter DeadLetter, err error) DeadLetter {
	r.lane.observe([]Sealed{letter.sealed}, DeadLettered, letter.Reason, err)
	letter.Attempts++
	letter.Error = errorText(r.lane.scrubber, err)
	return letter
}

// attempt has one of the sink's workers send events, so that the sink is not called more
// often at once than it may be.
func (r *replay) attempt(ctx context.Context, events []Sealed) error {
	job := &resend{events: events, done: make(chan struct{})}
	select {
	case r.lane.resends <- job:
	case <-ctx.Done():
		return ctx.Err()
	case <-r.session.ctx.Done():
		return ErrClosed
	case <-r.session.drain:
		return ErrClosed
	case <-r.lane.paused():
		return errPaused
	case <-r.session.retired:
		return errors.New("the sink is being configured anew; replay again")
	}
	<-job.done
	return job.err
}

// replayed counts letters that the sink took after all.
func (l *lane) replayed(n int) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if !l.ended {
		l.counts.recovered += uint64(n)
		l.counts.delivered += uint64(n)
	}
}

// resend makes the attempt that a replay asked for.
func (w *worker) resend() {
	t, ok := w.health.admitUnlessHeld(w.session)
	if !ok {
		err := ErrClosed
		if w.health.isHeld() {
			err = errPaused
		}
		w.resending.end(err)
		w.resending = nil
		return
	}
	w.resending.ticket = t
	w.resent(w.attempt(&delivery{now: work{events: w.resending.events}}))
}

// resent tells what came of the attempt: the sink's health, and the replay.
func (w *worker) resent(err error) {
	job := w.resending
	w.resending = nil
	defer job.end(err)
	class, wait := Classify(err)
	t := job.ticket
	var partial *BatchError
	report := w.health.failed
	switch {
	case err == nil, errors.As(err, &partial):
		report = w.health.succeeded
	case w.session.ctx.Err() != nil:
		w.health.abandoned(t)
		return
	case class == ClassRetryAfter:
		report = func(t ticket) (before, after SinkState) { return w.health.paused(t, wait) }
	case class == ClassUnauthorized:
		report = w.health.unauthorized
	case class != ClassRetry:
		report = w.health.answered
	}
	before, after := report(t)
	w.lane.note(before, after, err)
}

func (r *resend) end(err error) {
	r.err = err
	close(r.done)
}
