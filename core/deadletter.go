package core

import (
	"sync"
	"time"
)

// DeadLetter is an event that a sink did not take.
type DeadLetter struct {
	// ID and Name are those of the event.
	ID, Name string
	// Reason says why it was given up: "permanent", "refused", "too_large" or "max_attempts".
	Reason string
	// Attempts is how often it was sent, in whatever batch.
	Attempts int
	// Error is the sink's last answer, without secrets.
	Error string
	// Time is when it was given up.
	Time time.Time
	// Event is its sealed JSON.
	Event []byte
}

// deadLetters keeps what a sink did not take, in memory, within bounds.
type deadLetters struct {
	limits DeadLetterConfig

	mu      sync.Mutex
	letters []DeadLetter
	bytes   int64
}

// add keeps a copy of an event.
func (d *deadLetters) add(s *Sealed, reason, answer string, attempts int) {
	letter := DeadLetter{
		ID: s.ID(), Name: s.Name(), Reason: reason, Attempts: attempts, Error: answer,
		Time: time.Now(), Event: append([]byte(nil), s.JSON()...),
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	d.letters = append(d.letters, letter)
	d.bytes += letter.size()
	d.trim(letter.Time)
}

// size is about what a letter takes in memory.
func (l *DeadLetter) size() int64 {
	return int64(len(l.Event) + len(l.ID) + len(l.Name) + len(l.Error) + 128)
}

// trim drops the oldest letters beyond the limits.
func (d *deadLetters) trim(now time.Time) {
	drop := 0
	for drop < len(d.letters) {
		l := &d.letters[drop]
		if d.bytes <= d.limits.MaxBytes && now.Sub(l.Time) <= d.limits.MaxAge {
			break
		}
		d.bytes -= l.size()
		*l = DeadLetter{}
		drop++
	}
	d.letters = d.letters[drop:]
}

func (d *deadLetters) list() []DeadLetter {
	d.mu.Lock()
	defer d.mu.Unlock()
	d.trim(time.Now())
	return append([]DeadLetter(nil), d.letters...)
}

func (d *deadLetters) purge() int {
	d.mu.Lock()
	defer d.mu.Unlock()
	n := len(d.letters)
	d.letters, d.bytes = nil, 0
	return n
}
