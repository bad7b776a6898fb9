package core

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"time"
)

// letterHead is what a dead letter has beside the event. In the log it stands before the event's
// record as JSON, behind its length of four bytes.
type letterHead struct {
	Reason   string    `json:"reason"`
	Attempts int       `json:"attempts"`
	Error    string    `json:"error"`
	Time     time.Time `json:"time"`
}

func appendLetter(dst []byte, head letterHead, event []byte) []byte {
	text, err := json.Marshal(head)
	if err != nil { // a year beyond 9999
		head.Time = time.Time{}
		text, _ = json.Marshal(head)
	}
	dst = binary.LittleEndian.AppendUint32(dst, uint32(len(text)))
	return append(append(dst, text...), event...)
}

// openLetter returns the letter in a record, which it refers to.
func openLetter(rec []byte) (letter DeadLetter, ok bool) {
	if len(rec) < 4 {
		return DeadLetter{}, false
	}
	n := uint64(binary.LittleEndian.Uint32(rec)) + 4
	if n > uint64(len(rec)) {
		return DeadLetter{}, false
	}
	var head letterHead
	if json.Unmarshal(rec[4:n], &head) != nil {
		return DeadLetter{}, false
	}
	event, err := openRecord(rec[n:])
	if err != nil {
		return DeadLetter{}, false
	}
	return DeadLetter{
		ID: event.ID(), Name: event.Name(), Reason: head.Reason, Attempts: head.Attempts, Error: head.Error,
		Time: head.Time, Event: event.JSON(), sealed: event,
	}, true
}

// clone returns the letter in memory of its own.
func (l DeadLetter) clone() DeadLetter {
	event, err := openRecord(bytes.Clone(l.sealed.rec))
	if err != nil { // it was opened before
		return l
	}
	l.sealed, l.ID, l.Name, l.Event = event, event.ID(), event.Name(), event.JSON()
	return l
}
