package core

import (
	"encoding/binary"
	"errors"
	"strings"
	"time"
)

// Sealed is an event as sinks get it: sanitised, encoded once, immutable. Its
// methods may be called from several goroutines. The bytes they return are valid
// until Send returns and must not be changed; strings are copies.
type Sealed struct {
	rec   []byte // a record, see the layout below
	place uint64 // in the log
	body  uint32 // where the JSON starts in rec
	at    [fieldCount]span
}

// A record is what the queue stores: a header, then the JSON of the event. The
// header holds lengths only, the JSON has a fixed order, so that no sink needs to
// parse it:
//
//	{"id":…,"name":…,"kind":…,"time":…,"user_id":…,"anonymous_id":…,"session_id":…,"properties":{…},"context":{…}}
//
//	offset  size
//	     0     1  version of the layout
//	     1     1  flags
//	     2     8  event time, Unix nanoseconds
//	    10     8  time of acceptance, Unix nanoseconds
//	    18    14  lengths in JSON, quotes included, of id, name, kind, time, user_id, anonymous_id, session_id (2 each, 0: absent)
//	    32     8  lengths of properties and context (4 each, 0: absent)
//	    40     2  the person's bucket for sampling
//	    42     1  kind; any but track is a member of the JSON, too
//	    43     1  length of the refused consent categories, which follow, separated by commas
const (
	recordVersion    = 1
	recordHeaderSize = 44

	atFlags    = 1
	atTime     = 2
	atReceived = 10
	atShort    = 18 // lengths of the fields before properties
	atLong     = 32 // lengths of properties and context
	atBucket   = 40
	atKind     = 42
	atRefused  = 43

	flagNoThirdParty = 1 << 0 // no third-party sink gets it
	flagLocalOnly    = 1 << 1 // only local sinks get it
)

// The fields of a record, in the order of its JSON.
const (
	fieldID = iota
	fieldName
	fieldKind
	fieldTime
	fieldUserID
	fieldAnonymousID
	fieldSessionID
	fieldProps
	fieldContext
	fieldCount
)

var fieldKeys = [fieldCount]string{
	`{"id":`, `,"name":`, `,"kind":`, `,"time":`, `,"user_id":`, `,"anonymous_id":`, `,"session_id":`, `,"properties":`, `,"context":`,
}

// span is a range of rec; empty when the field is absent.
type span struct{ from, to uint32 }

var errBadRecord = errors.New("headgate: not a sealed record")

// openRecord reads the header of a record. The result aliases rec.
func openRecord(rec []byte) (Sealed, error) {
	if len(rec) < recordHeaderSize || rec[0] != recordVersion || rec[atKind] >= byte(kindCount) {
		return Sealed{}, errBadRecord
	}
	s := Sealed{rec: rec, body: uint32(recordHeaderSize) + uint32(rec[atRefused])}
	pos := uint64(s.body)
	for f := range fieldCount {
		n := fieldLen(rec, f)
		if n == 0 {
			continue
		}
		from := pos + uint64(len(fieldKeys[f]))
		pos = from + n
		if pos >= uint64(len(rec)) {
			return Sealed{}, errBadRecord
		}
		s.at[f] = span{uint32(from), uint32(pos)}
	}
	if pos+1 != uint64(len(rec)) {
		return Sealed{}, errBadRecord
	}
	return s, nil
}

func fieldLen(rec []byte, f int) uint64 {
	if f < fieldProps {
		return uint64(binary.LittleEndian.Uint16(rec[atShort+2*f:]))
	}
	return uint64(binary.LittleEndian.Uint32(rec[atLong+4*(f-fieldProps):]))
}

func (s *Sealed) field(f int) []byte { return s.rec[s.at[f].from:s.at[f].to] }

// JSON returns the whole event in the form that POST /v1/events takes.
func (s Sealed) JSON() []byte { return s.rec[s.body:] }

// ID returns the identity of the event, the same on every attempt.
func (s Sealed) ID() string { return unquote(s.field(fieldID)) }

// Kind returns what sort of message the event is.
func (s Sealed) Kind() Kind { return Kind(s.rec[atKind]) }

// Name returns the name of the event, without any prefix.
func (s Sealed) Name() string { return unquote(s.field(fieldName)) }

// UserID returns who the event is about, or "".
func (s Sealed) UserID() string { return unquote(s.field(fieldUserID)) }

// AnonymousID returns the pseudonym of whom the event is about, or "".
func (s Sealed) AnonymousID() string { return unquote(s.field(fieldAnonymousID)) }

// SessionID returns the session the event belongs to, or "".
func (s Sealed) SessionID() string { return unquote(s.field(fieldSessionID)) }

// Time returns when the event happened, in UTC.
func (s Sealed) Time() time.Time { return recordTime(s.rec[atTime:]) }

// Received returns when headgate accepted the event, in UTC.
func (s Sealed) Received() time.Time { return recordTime(s.rec[atReceived:]) }

// Props returns the properties of the event.
func (s Sealed) Props() Object { return Object{s.field(fieldProps)} }

// Context returns the context of the event.
func (s Sealed) Context() Object { return Object{s.field(fieldContext)} }

func putTime(b []byte, t time.Time) { binary.LittleEndian.PutUint64(b, uint64(t.UnixNano())) }

func recordTime(b []byte) time.Time {
	return time.Unix(0, int64(binary.LittleEndian.Uint64(b))).UTC()
}

// bucket returns the person's bucket for sampling.
func (s *Sealed) bucket() uint16 { return binary.LittleEndian.Uint16(s.rec[atBucket:]) }

// allows reports whether consent lets the event go as far as reach, for purposes.
func (s *Sealed) allows(reach Reach, purposes []string) bool {
	flags := s.rec[atFlags]
	if flags&flagLocalOnly != 0 && reach != ReachLocal || flags&flagNoThirdParty != 0 && reach == ReachThirdParty {
		return false
	}
	refused := s.rec[recordHeaderSize:s.body]
	if len(refused) == 0 || len(purposes) == 0 {
		return true
	}
	for category := range strings.SplitSeq(string(refused), ",") {
		for _, p := range purposes {
			if p == category {
				return false
			}
		}
	}
	return true
}
