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
	}
	d.kind, ok = ParseKind(e.Kind)
	return ok
}
