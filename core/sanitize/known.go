package sanitize

import (
	"strings"
	"unicode/utf8"
)

// knownKey is a key that was judged, with what is written for it.
type knownKey struct {
	keyInfo
	role   role
	text   string
	quoted string // as it is written, with quotes and colon; empty if that depends on its place
	hash   uint32 // of text
	steps  int    // that judging it takes
}

// Bounds of an encoder's memory of keys.
const (
	maxCachedKeys   = 1024
	maxCachedKeyLen = 64
	nearKeys        = 256 // those found without looking them up
)

// knownKey returns what is known of a key. The keys of a program are few and come again
// with every event.
func (e *Encoder) knownKey(key string) *knownKey {
	near := &e.near[nearSlot(key)]
	k := *near
	if k == nil || k.text != key {
		k = e.lookUp(key, near)
	}
	if e.unwraps > 0 { // in a text that is being cleaned
		e.meetKey(k)
	}
	return k
}

// lookUp returns what is known of a key that is not near.
func (e *Encoder) lookUp(key string, near **knownKey) *knownKey {
	k, ok := e.keys[key]
	if !ok {
		if !utf8.ValidString(key) {
			key = repaired(key) // what is judged is what is written
			if k, ok = e.keys[key]; ok {
				return k
			}
		}
		if k = e.learn(key); k.altered != nil || k.steps > allowance(len(key)) || len(key) > maxCachedKeyLen {
			return k
		}
		if len(e.keys) >= maxCachedKeys {
			clear(e.keys)
		}
		e.keys[k.text] = k
	}
	*near = k
	return k
}

func (e *Encoder) learn(key string) *knownKey {
	k := &knownKey{role: roleOf(key), text: strings.Clone(key), hash: fnv1a(key)}
	was := e.openKey(len(key))
	defer func() { k.steps = e.closeKey(was, len(key)) }()
	if e.s.policy.off {
		k.class = classAllowed
	} else {
		k.keyInfo = e.judgeKey(key)
	}
	if k.altered == nil {
		k.quoted = string(append(appendQuoted(nil, key), ':'))
	}
	return k
}

// nearSlot spreads keys; those that share a slot only take longer to find.
func nearSlot(key string) uint8 {
	n := len(key)
	if n == 0 {
		return 0
	}
	return uint8((uint32(n) | uint32(key[0])<<8 | uint32(key[n/2])<<16 | uint32(key[n-1])<<24) * 0x9e3779b1 >> 24)
}
