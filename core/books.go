package core

import (
	"time"

	"github.com/headgate-dev/headgate/core/queue"
)

// Stats returns the books. They balance: the counts are all of the same instant. It looks at one record of a
// queue on disk for each sink, and waits a moment for that at most.
func (d *Dispatcher) Stats() Stats {
	d.reshaping.RLock()
	defer d.reshaping.RUnlock()
	lanes := d.lanes()
	heads := peekAll(d.log, lanes)
	for _, l := range lanes {
		l.mu.Lock()
	}
	cursors := make([]queue.Cursor, len(lanes))
	positions := make([]queue.Position, len(lanes))
	for i, l := range lanes {
		cursors[i] = l.cursor
	}
	end, accepted := d.log.Snapshot(cursors, positions)
	now := time.Now()
	d.horizon.note(end, now)
	stats := Stats{Sinks: make(map[string]SinkStats, len(lanes))}
	for i, l := range lanes {
		s := l.stats()
		s.add(positions[i])
		s.OldestEventAge = l.age(s.Queued, positions[i], heads[i], &d.horizon, now)
		if s.Queued == 0 && s.State == StateRetrying {
			s.State = StateOK // what it failed at has come to its end
		}
		stats.Sinks[l.cfg.Name] = s
	}
	for _, l := range lanes {
		l.mu.Unlock()
	}
	stats.Books = Books{
		Accepted: accepted, Denied: d.denied.Load(), Rejected: d.rejected.Load(), Duplicates: d.duplicates.Load(),
	}
	stats.Books.Received = accepted + stats.Books.Denied + stats.Books.Rejected + stats.Books.Duplicates
	stats.DoNotTrack = d.doNotTrack()
	if redactions := d.redactions.Counts(); len(redactions) > 0 {
		stats.Redactions = redactions
	}
	return stats
}

// add adds what the log knows to what the lane does.
func (s *SinkStats) add(p queue.Position) {
	s.Recovered += p.Recovered
	s.Queued += p.Unread
	s.Overflowed += p.Overflowed
	s.filter(p.Damaged, reasonDamaged)
	s.filter(p.Before, reasonAddedLater)
	s.filter(p.Handed, reasonHandedOver)
}

func (s *SinkStats) filter(n uint64, reason string) {
	if n == 0 {
		return
	}
	s.Filtered += n
	if s.Reasons == nil {
		s.Reasons = make(map[string]uint64)
	}
	s.Reasons[reason] += n
}

func (d *Dispatcher) doNotTrack() DoNotTrackStats {
	sources := d.plan.Load().gate.Sources()
	if d.withdrawn.Load() {
		sources = append(sources, "SetDoNotTrack")
	}
	if d.unopened.Load() {
		sources = append(sources, "a sink that could not be opened")
	}
	return DoNotTrackStats{Active: len(sources) > 0, Sources: sources}
}
