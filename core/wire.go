package core

import (
	"time"

	"github.com/headgate-dev/headgate/core/wire"
)

// read makes d the draft of an event whose text is plain, without decoding its properties and its context: they
// stay the text that the sanitiser reads when it seals them. It reports false for anything else, valid or not, which
// goes by [DecodeEvent]. read never contradicts that.
//
// The draft is made of parts of the text.
func (d *draft) read(e *wire.Event) (ok bool) {
	if !e.Plain {
		return false
	}
	*d = draft{
		id: e.ID, name: e.Name, userID: e.UserID, anonymousID: e.AnonymousID, sessID: e.SessionID, unlinkable: e.Unlinkable,
		raw: e.Properties, rawContext: e.Context,
	}
	if e.Time != "" {
		var err error
		if d.time, err = time.Parse(time.RFC3339Nano, e.Time); err != nil {
			return false
		}
		if isCanonical(e.Time) {
			d.timeText = e.Time
		}
	}
	d.kind, ok = ParseKind(e.Kind)
	return ok
}

// isCanonical reports whether a time of RFC 3339 is written as a record has it: in UTC, and its fraction without zeros at
// the end.
func isCanonical(t string) bool {
	last := len(t) - 1
	whole, fraction := last == 19, last > 20 && last <= 29 && t[19] == '.' && t[last-1] != '0'
	return (whole || fraction) && t[4] == '-' && t[7] == '-' && t[10] == 'T' && t[13] == ':' && t[16] == ':' && t[last] == 'Z'
}
