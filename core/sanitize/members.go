package sanitize

import (
	"bytes"
	"strconv"
)

// object is a JSON object being written.
type object struct {
	first int   // its first entry in Encoder.members
	key   class // of its own key

	given  given // what is being written
	looked bool  // at all of it, to know the rest
	pair   class // of the name in {"name": …, "value": …}
	who    bool  // what else it holds is a person's
}

// member is one member of an object being written.
type member struct {
	hash       uint32
	start, end int // in dst, from the key's quote to after the value
	keyEnd     int
}

func (e *Encoder) openObject(dst []byte) ([]byte, object) {
	e.depth++
	o := object{first: len(e.members)}
	if n := len(e.frames); n > 0 {
		o.key = e.frames[n-1].class
	}
	return append(dst, '{'), o
}

func (e *Encoder) closeObject(dst []byte, o *object) []byte {
	e.depth--
	e.members = e.members[:o.first]
	return append(dst, '}')
}

// openMember writes the key of a member and returns what it says about the value.
// When it returns false the member is left out.
func (e *Encoder) openMember(dst []byte, o *object, key string) ([]byte, keyInfo, bool) {
	if e.count >= maxMembers || len(dst)-e.base > e.s.policy.maxBytes {
		if e.count <= maxMembers { // say so once
			e.count = maxMembers + 1
			e.found(kindOversize, Drop)
		}
		return dst, keyInfo{}, false
	}
	e.count++
	known := e.knownKey(key)
	k := known.keyInfo
	k.class = e.classify(known, o)
	e.enter(known.text, k.class)
	if k.altered != nil {
		e.frames[len(e.frames)-1].out = k.altered.key
	}
	if e.s.policy.strict && k.class != classAllowed {
		e.found(kindNotAllowed, Drop)
		e.leave()
		return dst, k, false
	}
	if k.altered == nil {
		return e.writeKey(dst, o, known.quoted, known.hash), k, true
	}
	out := e.uniqueKey(dst, o, k.altered.key)
	e.frames[len(e.frames)-1].out = out
	e.found(k.altered.kind, Redact)
	return e.writeKey(dst, o, string(append(appendQuoted(nil, out), ':')), fnv1a(out)), k, true
}

// writeKey writes a key that is quoted and has its colon. The member that has it already
// is taken out.
func (e *Encoder) writeKey(dst []byte, o *object, quoted string, hash uint32) []byte {
	if len(e.members) > o.first {
		dst = append(dst, ',')
	}
	m := member{hash: hash, start: len(dst)}
	dst = append(dst, quoted...)
	m.keyEnd = len(dst) - 1
	if e.unwraps > 0 {
		e.spend(len(e.members) - o.first)
	}
	for i := o.first; i < len(e.members); i++ {
		if e.members[i].hash == m.hash && bytes.Equal(dst[e.members[i].start:e.members[i].keyEnd], dst[m.start:m.keyEnd]) {
			e.members = append(e.members, m)
			return e.removeMember(dst, o, i)
		}
	}
	e.members = append(e.members, m)
	return dst
}

// removeMember takes out a member that one further right repeats.
func (e *Encoder) removeMember(dst []byte, o *object, i int) []byte {
	from, to := e.members[i].start, e.members[i].end
	if i > o.first {
		from-- // the comma before it
	} else {
		to++ // the comma after it
	}
	n := to - from
	dst = append(dst[:from], dst[to:]...)
	e.members = append(e.members[:i], e.members[i+1:]...)
	for j := i; j < len(e.members); j++ {
		e.members[j].start -= n
		e.members[j].end -= n
		e.members[j].keyEnd -= n
	}
	return dst
}

// closeMember ends the member that openMember began.
func (e *Encoder) closeMember(dst []byte, o *object) []byte {
	e.leave()
	last := len(e.members) - 1
	if !e.drop {
		e.members[last].end = len(dst)
		return dst
	}
	e.drop = false
	dst = dst[:e.members[last].start]
	e.members = e.members[:last]
	if last > o.first {
		dst = dst[:len(dst)-1] // the comma
	}
	return dst
}

// uniqueKey tells apart keys that became equal by redaction.
func (e *Encoder) uniqueKey(dst []byte, o *object, key string) string {
	unique := key
	for n := len(e.members) - o.first + 1; e.hasKey(dst, o, unique); n++ {
		unique = key + "_" + strconv.Itoa(n)
	}
	return unique
}

func (e *Encoder) hasKey(dst []byte, o *object, key string) bool {
	h := fnv1a(key)
	for _, m := range e.members[o.first:] {
		if m.hash == h && bytes.Equal(dst[m.start:m.keyEnd], appendQuoted(nil, key)) {
			return true
		}
	}
	return false
}

// fnv1a is FNV-1a.
func fnv1a(s string) uint32 {
	h := uint32(2166136261)
	for i := 0; i < len(s); i++ {
		h = (h ^ uint32(s[i])) * 16777619
	}
	return h
}
