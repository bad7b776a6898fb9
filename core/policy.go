package core

import (
	"bytes"
	"crypto/rand"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// Policy is what one sink gets less of an event than others. It is applied to the sealed event,
// after [Edit]: it takes away and replaces, and brings nothing back that the seal has taken out.
type Policy struct {
	// Sanitize is "strict" for a sink that gets the properties and the context of AllowKeys
	// only; "" leaves it at what was sealed.
	Sanitize string
	// AllowKeys are the keys that a strict sink gets; those of [Config.Privacy] if nil.
	AllowKeys []string
	// DenyKeys are keys whose values the sink does not get, at any depth and in any spelling.
	DenyKeys []string
	// Action is what becomes of them: "redact" (also ""), "hash", or "drop", with which the sink
	// does not get the members either that the seal has redacted.
	Action string
	// IDs says what the sink gets of the user, the anonymous and the session id: "keep" (also ""),
	// "hash", a pseudonym of its own for each, or "drop".
	IDs string
	// Pseudonyms are "own" for a sink whose pseudonyms are of a key of its own, or "shared" for
	// those of the seal. If "", third parties have their own, and others share them. Third parties
	// cannot share.
	Pseudonyms string
	// Unlinkable keeps the sink from telling which events belong together: no ids, random event
	// ids, and times cut to the hour.
	Unlinkable bool
}

func (p *Policy) isZero() bool {
	return p.Sanitize == "" && p.AllowKeys == nil && p.DenyKeys == nil && p.Action == "" && p.IDs == "" && p.Pseudonyms == "" && !p.Unlinkable
}

// Check reports whether a sink of a reach can have the policy where events are sealed by this one.
func (p Policy) Check(reach Reach, privacy sanitize.Options) error {
	_, err := newPolicy(p, "", reach, privacy)
	return err
}

// policy is a Policy made ready.
type policy struct {
	clean    *sanitize.Sanitizer // nil: nothing is looked at again
	strict   bool
	noMarks  bool   // no member that the seal has redacted
	own      []byte // key of the sink's own pseudonyms; nil: it shares those of the seal
	ids      string
	ofIDs    []byte // key of the pseudonyms of ids
	eventIDs []byte // key of random ids; nil: events keep theirs
}

// newPolicy makes the policy of a sink ready; nil if it gets events as they were sealed.
func newPolicy(p Policy, sink string, reach Reach, privacy sanitize.Options) (*policy, error) {
	hashes := privacy.Action == string(sanitize.Hash)
	own := hashes && (reach == ReachThirdParty || p.Pseudonyms == "own")
	if p.isZero() && !own {
		return nil, nil
	}
	out := &policy{strict: p.Sanitize == "strict", noMarks: p.Action == string(sanitize.Drop), ids: p.IDs}
	key := privacy.HashKey
	switch {
	case !slices.Contains([]string{"", "standard", "strict"}, p.Sanitize):
		return nil, fmt.Errorf("privacy.sanitize: a sink's can be strict, or what all have; not %q", p.Sanitize)
	case !slices.Contains([]string{"", "redact", "hash", "drop"}, p.Action):
		return nil, fmt.Errorf("privacy.action: want redact, hash or drop, not %q", p.Action)
	case !slices.Contains([]string{"", "keep", "hash", "drop"}, p.IDs):
		return nil, fmt.Errorf("privacy.ids: want keep, hash or drop, not %q", p.IDs)
	case !slices.Contains([]string{"", "own", "shared"}, p.Pseudonyms):
		return nil, fmt.Errorf("privacy.pseudonyms: want own or shared, not %q", p.Pseudonyms)
	case p.Pseudonyms == "shared" && reach == ReachThirdParty:
		return nil, errors.New("privacy.pseudonyms: third parties cannot share them: they could join what they have")
	case p.AllowKeys != nil && !out.strict:
		return nil, errors.New("privacy.allow_keys: they are for sanitize: strict; what was sealed cannot be brought back")
	case (p.IDs == "hash" || p.Action == "hash" || p.Pseudonyms == "own") && len(key) == 0:
		return nil, errors.New("privacy: pseudonyms need the hash_key of all sinks")
	}
	if len(key) > 0 {
		key = sinkKey(key, sink)
	}
	if own {
		out.own = key
	}
	if out.ids == "hash" {
		out.ofIDs = key
	}
	if p.Unlinkable {
		out.ids, out.eventIDs = "drop", key
		if key == nil { // they are then others after a restart
			out.eventIDs = make([]byte, minHashKey)
			_, _ = rand.Read(out.eventIDs) // never fails
		}
	}
	if !out.strict && len(p.DenyKeys) == 0 {
		return out, nil
	}
	o := privacy
	o.Mode, o.DenyKeys, o.Action, o.HashKey = "standard", slices.Concat(privacy.DenyKeys, p.DenyKeys), p.Action, key
	if out.strict {
		o.Mode = "strict"
		if p.AllowKeys != nil {
			o.AllowKeys = p.AllowKeys
		}
	}
	var err error
	out.clean, err = sanitize.New(o)
	return out, err
}

// apply returns the event as the sink gets it. Should it fail, nothing of the event goes out but
// its name.
func (p *policy) apply(s Sealed) (out Sealed) {
	fields := [fieldCount][]byte{fieldID: s.field(fieldID), fieldName: s.field(fieldName), fieldKind: s.field(fieldKind), fieldTime: s.field(fieldTime)}
	defer func() {
		if recover() != nil {
			out = s.of(fields)
		}
	}()
	whole := fields
	for _, f := range [...]int{fieldUserID, fieldAnonymousID, fieldSessionID} {
		whole[f] = p.id(f, s.field(f))
	}
	whole[fieldProps] = p.object(s.field(fieldProps), s.Kind())
	whole[fieldContext] = p.context(s.field(fieldContext))
	if p.eventIDs == nil {
		return s.of(whole)
	}
	whole[fieldID] = quoted(uuidOf(keyed(p.eventIDs, "event", s.ID())))
	whole[fieldTime] = quoted(s.Time().Truncate(time.Hour).Format(time.RFC3339))
	out = s.of(whole)
	putTime(out.rec[atTime:], s.Time().Truncate(time.Hour))
	putTime(out.rec[atReceived:], s.Received().Truncate(time.Hour))
	return out
}

// id returns what the sink gets of an id, in quotes.
func (p *policy) id(field int, text []byte) []byte {
	if len(text) == 0 || p.ids == "drop" {
		return nil
	}
	if p.own != nil {
		text = ownPseudonyms(text, p.own)
	}
	if p.ids != "hash" {
		return text
	}
	if isPseudonym(bytes.Trim(text, `"`)) && p.own != nil {
		return text
	}
	return quoted(string(appendPseudonym(nil, p.ofIDs, idClasses[field], unquote(text))))
}

// idClasses keep the same text as an id of another sort from having the same pseudonym.
var idClasses = map[int]string{fieldUserID: "user", fieldAnonymousID: "anonymous", fieldSessionID: "session"}

// object returns what the sink gets of an object.
func (p *policy) object(text []byte, kind Kind) []byte {
	if len(text) == 0 {
		return nil
	}
	if p.own != nil {
		text = ownPseudonyms(text, p.own)
	}
	if kind == KindAlias && p.ids != "" {
		text = p.alias(text)
	}
	if p.clean != nil {
		enc := p.clean.Encoder()
		defer enc.Release()
		clean, err := enc.AppendObject(nil, text)
		if err != nil { // it was sealed: this cannot be
			return nil
		}
		text = clean
	}
	if p.noMarks {
		text = withoutMarks(text)
	}
	return text
}

// alias treats the other name of a person as it does an anonymous id.
func (p *policy) alias(text []byte) []byte {
	return edited(text, func(key string, value []byte) []byte {
		if key == "previousId" {
			return p.id(fieldAnonymousID, value)
		}
		return value
	})
}

// context is object for the context: what headgate itself has put there, and what the person has
// said about consent, are for every sink.
func (p *policy) context(text []byte) []byte {
	if !p.strict || len(text) == 0 {
		return p.object(text, KindTrack)
	}
	var kept, others []byte
	for quotedKey, value, rest, ok := nextMember(text); ok; quotedKey, value, rest, ok = nextMember(rest) {
		dst := &others
		if key := unquote(quotedKey); key == "app" || key == "consent" || key == "ci" {
			dst = &kept
		}
		*dst = append(append(append(separated(*dst), quotedKey...), ':'), value...)
	}
	if others != nil {
		others = p.object(append(others, '}'), KindTrack)
	}
	switch {
	case kept == nil:
		return others
	case len(others) <= len("{}"):
		return append(kept, '}')
	}
	return append(append(kept, ','), others[1:]...)
}

// edited returns an object with other values; a member whose value becomes nil is left out.
func edited(text []byte, value func(key string, value []byte) []byte) []byte {
	out := make([]byte, 0, len(text))
	for key, old, rest, ok := nextMember(text); ok; key, old, rest, ok = nextMember(rest) {
		if v := value(unquote(key), old); v != nil {
			out = append(append(append(separated(out), key...), ':'), v...)
		}
	}
	if len(out) == 0 {
		out = append(out, '{')
	}
	return append(out, '}')
}

// withoutMarks leaves out the members, at any depth of objects, whose whole value was redacted.
func withoutMarks(text []byte) []byte {
	return edited(text, func(_ string, value []byte) []byte {
		switch {
		case bytes.HasPrefix(value, []byte(`"`+redactedMark)) && bytes.IndexByte(value, ']') == len(value)-2:
			return nil
		case len(value) > 0 && value[0] == '{':
			return withoutMarks(value)
		}
		return value
	})
}

// of returns the event with these fields, of which those that are empty are absent.
func (s *Sealed) of(fields [fieldCount][]byte) Sealed {
	size := int(s.body) + 1
	for f := range fields {
		if f >= fieldProps && len(fields[f]) <= len("{}") {
			fields[f] = nil
		}
		size += len(fieldKeys[f]) + len(fields[f])
	}
	rec := append(make([]byte, 0, size), s.rec[:s.body]...)
	for f, text := range fields {
		setFieldLen(rec, f, len(text))
		if len(text) > 0 {
			rec = append(append(rec, fieldKeys[f]...), text...)
		}
	}
	rec = append(rec, '}')
	changed, err := openRecord(rec)
	if err != nil { // an event without an id, which no seal makes
		return Sealed{rec: s.rec[:s.body:s.body], body: s.body, place: s.place}
	}
	changed.place = s.place
	return changed
}

func quoted(text string) []byte {
	b, _ := json.Marshal(text) // a string cannot fail
	return b
}

// personIDs returns the ids under which the sink knows somebody.
func (p *policy) personIDs(ids PersonIDs) (own PersonIDs) {
	if p == nil {
		return ids
	}
	for _, c := range [...]struct {
		field    int
		from, to *[]string
	}{{fieldUserID, &ids.UserIDs, &own.UserIDs}, {fieldAnonymousID, &ids.AnonymousIDs, &own.AnonymousIDs}} {
		for _, id := range *c.from {
			if text := p.id(c.field, quoted(id)); text != nil {
				*c.to = append(*c.to, unquote(text))
			}
		}
	}
	return own
}

// String says in a few words what a sink gets less than others.
func (p Policy) String() string {
	var parts []string
	add := func(set bool, text string) {
		if set {
			parts = append(parts, text)
		}
	}
	add(p.Sanitize == "strict", "only allowed keys")
	add(len(p.DenyKeys) > 0, "without "+strings.Join(p.DenyKeys, ", "))
	add(p.Action == "drop", "without what was redacted")
	add(p.IDs == "hash", "ids hashed")
	add(p.IDs == "drop" && !p.Unlinkable, "no ids")
	add(p.Unlinkable, "unlinkable: no ids, random event ids, times to the hour")
	add(p.Pseudonyms == "own", "pseudonyms of its own")
	return strings.Join(parts, "; ")
}
