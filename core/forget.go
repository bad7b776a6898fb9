package core

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// Person is somebody who is to be forgotten, by the ids that programs gave. One of them is enough.
type Person struct{ UserID, AnonymousID string }

// ErrNotOpen means that the dispatcher does not have its queue open, because tracking is off.
var ErrNotOpen = errors.New("headgate: the queue is not open: tracking is off")

// Forgotten is what was erased of a person.
type Forgotten struct {
	// Events is how many events were erased from the queue, also those that every sink had
	// finished and of which the queue still had the bytes.
	Events int `json:"events"`
	// DeadLetters is how many dead letters were erased, by sink.
	DeadLetters map[string]int `json:"dead_letters"`
}

// Forget erases the queued events and the dead letters of a person, and has the sinks count
// the events they had yet to get as filtered, for the reason "forgotten", when they come to
// them. What a sink is sending just then is finished, or after a few seconds cut off: it may have
// arrived. Sinks are closed and opened anew for it. Events that come later are taken as ever.
//
// Of a queue that processes share, it is erased for all of them: who can be reached lets go of what it has in
// hand. Dead letters are each process's own.
//
// An error means that something may be left. What was erased stays so, and Forget can be called again.
// What the destinations have is asked for with [Deletions].
func (d *Dispatcher) Forget(ctx context.Context, who Person) (f Forgotten, err error) {
	d.switching.Lock()
	defer d.switching.Unlock()
	if d.closed.Load() {
		return f, ErrClosed
	}
	eraser, err := d.plan.Load().eraser(who)
	if err != nil {
		return f, err
	}
	logs, err := d.rewriters()
	if err != nil {
		return f, err
	}
	if err := context.Cause(orBackground(ctx)); err != nil {
		return f, err
	}
	reopened := make(chan struct{})
	defer close(reopened)
	if err := d.startOver(reopened); err != nil {
		return f, err
	}
	return d.erase(eraser, logs)
}

// yield has the sinks give back what they have in hand while another process rewrites the log. If
// that cannot be, they may send what that process takes away, as if it had been on its way.
func (d *Dispatcher) yield(settle func()) {
	d.switching.Lock()
	defer d.switching.Unlock()
	reopened := make(chan struct{})
	defer close(reopened)
	if err := d.startOver(reopened); err != nil && !errors.Is(err, ErrClosed) {
		d.logger.Warn("the queue is rewritten by another process; what sinks had in hand may still be sent", "error", errorText(d.scrubber, err))
	}
	settle()
}

// startOver has every lane finish what it is sending and give back what else it has in hand,
// and begin anew when reopened is closed.
func (d *Dispatcher) startOver(reopened <-chan struct{}) error {
	before := d.plan.Load()
	next := *before
	next.lanes = nil
	c := &change{next: &next, old: before.lanes, gate: reopened}
	for _, l := range before.lanes {
		again, err := l.again()
		if err != nil {
			return err
		}
		next.lanes = append(next.lanes, again)
	}
	c.fresh = next.lanes
	if err := d.openChanged(c); err != nil {
		return err
	}
	if !d.change(c) {
		d.closeMade(c.opened)
		return ErrClosed
	}
	return nil
}

// again returns a lane of the same configuration, which has not taken over yet.
func (l *lane) again() (*lane, error) {
	again, err := newLane(l.cfg, l.logger, l.scrubber, nil)
	if err != nil {
		return nil, err
	}
	_ = again.dead.log.Close()
	again.dead, again.editor, again.policy, again.logger = l.dead, l.editor, l.policy, l.logger
	again.observers, again.attempts = l.observers, l.attempts
	return again, nil
}

// rewriters returns the logs of the queue and of the dead letters, if they can be rewritten.
func (d *Dispatcher) rewriters() (logs []queue.Rewriter, err error) {
	all := []queue.Log{d.log}
	for _, l := range d.lanes() {
		all = append(all, l.dead.log)
	}
	for _, log := range all {
		r, ok := log.(queue.Rewriter)
		if !ok {
			return nil, fmt.Errorf("forget: a queue kept by a %T cannot erase events", log)
		}
		logs = append(logs, r)
	}
	return logs, nil
}

// erase erases a person from the queue, then from the dead letters.
func (d *Dispatcher) erase(e *Eraser, logs []queue.Rewriter) (f Forgotten, err error) {
	f.DeadLetters = make(map[string]int)
	var errs []error
	err = logs[0].Rewrite(e.Match, e.Erase)
	if errors.Is(err, queue.ErrUnavailable) && !d.on.Load() {
		return f, ErrNotOpen
	}
	if err != nil {
		errs = append(errs, fmt.Errorf("forget: the queue: %s", errorText(d.scrubber, err)))
	}
	f.Events = e.Count()
	for i, l := range d.lanes() {
		if n, err := l.dead.erase(e, logs[i+1]); err != nil {
			errs = append(errs, fmt.Errorf("forget: the dead letters of %s: %s", l.cfg.Name, errorText(d.scrubber, err)))
		} else if n > 0 {
			f.DeadLetters[l.cfg.Name] = n
		}
	}
	return f, errors.Join(errs...)
}

// erase erases the letters of a person.
func (d *deadLetters) erase(e *Eraser, log queue.Rewriter) (int, error) {
	defer d.read()() // nobody has letters in hand that it would add again
	err := log.Rewrite(e.Match, e.Erase)
	return e.Count(), err
}

// eraseUntil erases what a durable log still has, though nobody is to get it any more, of the
// events that were accepted up to a time.
func (d *Dispatcher) eraseUntil(at time.Time) {
	logs, err := d.rewriters()
	if err != nil {
		return // it keeps no files of this process
	}
	if _, shared := logs[0].(queue.Shared); shared {
		logs = logs[1:] // it has withdrawn what this process stored, and the rest is that of others
	}
	e := &Eraser{}
	withdrawn := func(rec []byte) bool {
		s, ok := recordOrLetter(rec)
		return ok && !s.Received().After(at)
	}
	for _, log := range logs {
		err = errors.Join(err, log.Rewrite(withdrawn, e.Erase))
	}
	if err != nil && !errors.Is(err, queue.ErrClosed) {
		d.logger.Warn("events that were discarded may still be in the files of the queue", "error", errorText(d.scrubber, err))
	}
}

// recordOrLetter opens a record of the queue, or of the dead letters.
func recordOrLetter(rec []byte) (Sealed, bool) {
	if s, err := openRecord(rec); err == nil {
		return s, true
	}
	letter, ok := openLetter(rec)
	return letter.sealed, ok
}

// Eraser finds the records of a person in logs, and blanks them. It is for logs that no
// dispatcher has open, see [Dispatcher.Forget].
type Eraser struct {
	users, anonymous map[string]bool
	erased           map[string]bool // ids of events
}

// NewEraser returns an Eraser for a person whose events were sealed under a configuration.
func NewEraser(cfg Config, who Person, opts ...Option) (*Eraser, error) {
	d, err := prepare(cfg, opts)
	if err != nil {
		return nil, err
	}
	return d.plan.Load().eraser(who)
}

func (p *plan) eraser(who Person) (*Eraser, error) {
	if err := who.check(); err != nil {
		return nil, err
	}
	var ids PersonIDs
	for _, era := range p.eras {
		ids.add(era.ids(who))
	}
	e := &Eraser{users: map[string]bool{}, anonymous: map[string]bool{}, erased: map[string]bool{}}
	for _, id := range append(ids.UserIDs, who.UserID) { // also as it is, for the policy may have been another
		e.users[id] = id != ""
	}
	for _, id := range append(ids.AnonymousIDs, who.AnonymousID) {
		e.anonymous[id] = id != ""
	}
	return e, nil
}

// Match reports whether a record of the queue, or of the dead letters, is about the person.
func (e *Eraser) Match(rec []byte) bool {
	s, ok := recordOrLetter(rec)
	if !ok || !e.isAbout(&s) {
		return false
	}
	e.erased[s.ID()] = true
	return true
}

func (e *Eraser) isAbout(s *Sealed) bool {
	if e.users[s.UserID()] || e.anonymous[s.AnonymousID()] {
		return true
	}
	if s.Kind() != KindAlias {
		return false
	}
	previous, _ := s.Props().Lookup("previousId") // an alias joins two names of one person
	id := previous.Text()
	return e.users[id] || e.anonymous[id]
}

// Erase blanks a record. A sink that comes to it counts it as forgotten.
func (e *Eraser) Erase(rec []byte) {
	clear(rec)
	if len(rec) > 0 {
		rec[0] = recordErased
	}
}

// Count returns how many events were erased since it was last called.
func (e *Eraser) Count() int {
	n := len(e.erased)
	clear(e.erased)
	return n
}

// era is a time in which events were sealed with one key.
type era struct {
	privacy   sanitize.Options
	sanitizer *sanitize.Sanitizer
}

// newEras returns the era of a configuration, whose sanitizer is made, and those before.
func newEras(cfg Config, now *sanitize.Sanitizer) ([]era, error) {
	eras := []era{{cfg.Privacy, now}}
	for _, key := range cfg.OldHashKeys {
		privacy := cfg.Privacy
		privacy.HashKey = []byte(key.Reveal())
		s, err := sanitize.New(privacy)
		if err != nil {
			return nil, err
		}
		eras = append(eras, era{privacy, s})
	}
	return eras, nil
}

// ids returns the ids that the events of a person have when they are sealed. It has none that
// events were sealed without.
func (e era) ids(who Person) (ids PersonIDs) {
	enc := e.sanitizer.Encoder()
	defer enc.Release()
	for _, field := range [...]struct {
		key, id string
		sealed  *[]string
	}{{"user_id", who.UserID, &ids.UserIDs}, {"anonymous_id", who.AnonymousID, &ids.AnonymousIDs}} {
		if IsPlaceholder(field.id) {
			continue
		}
		if sealed := unquote(enc.AppendField(nil, field.key, field.id)); !IsPlaceholder(sealed) {
			*field.sealed = append(*field.sealed, sealed)
		}
	}
	return ids
}

func (p *PersonIDs) add(other PersonIDs) {
	for _, c := range [...]struct {
		to   *[]string
		from []string
	}{{&p.UserIDs, other.UserIDs}, {&p.AnonymousIDs, other.AnonymousIDs}} {
		for _, id := range c.from {
			if !slices.Contains(*c.to, id) {
				*c.to = append(*c.to, id)
			}
		}
	}
}

// check refuses who is nobody.
func (w Person) check() error {
	if IsPlaceholder(w.UserID) && IsPlaceholder(w.AnonymousID) {
		return errors.New("forget: name a person: an id that stands for nobody will not do")
	}
	return nil
}

// personIDs returns the ids under which a sink knows somebody, from every era.
func (p *plan) personIDs(l *lane, who Person) (ids PersonIDs, err error) {
	for _, e := range p.eras {
		policy, err := newPolicy(l.cfg.Privacy, l.cfg.Name, l.cfg.Reach, e.privacy)
		if err != nil {
			return ids, err
		}
		ids.add(policy.personIDs(e.ids(who)))
	}
	return ids, nil
}

const (
	// recordErased is the version of a record whose event was erased; all else in it is zero.
	recordErased = 0xff

	reasonForgotten = "filtered.forgotten"
)

// whyUnreadable returns the reason for which a record that is no event is counted.
func whyUnreadable(rec []byte) string {
	if len(rec) > 0 && rec[0] == recordErased {
		return reasonForgotten
	}
	return reasonDamaged
}
