package segment

import (
	"cmp"
	"errors"
	"iter"
	"maps"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/server/internal/shape"
)

var (
	errType      = errors.New("type must be track, identify, page, screen, group or alias")
	errNoEvent   = errors.New("event is missing")
	errNobody    = errors.New("userId and anonymousId are missing")
	errNoGroup   = errors.New("groupId is missing")
	errNoAliased = errors.New("userId or previousId is missing")
)

// Events iterates over the events of a body that was received at some time, or why a
// message is none, which repeats nothing of it. One is decoded at a time: decoded,
// they are many times their size. Events may share a context, which is not to be changed.
func (b *Body) Events(received time.Time) iter.Seq2[core.Event, error] {
	return func(yield func(core.Event, error) bool) {
		for _, m := range b.messages {
			var e core.Event
			err := m.flaw
			if err == nil {
				e, err = b.event(m.json, received)
			}
			if !yield(e, err) {
				return
			}
		}
	}
}

// event reads one message.
func (b *Body) event(data []byte, received time.Time) (core.Event, error) {
	f := fields{values: map[string][]byte{"sentAt": b.sentAt}}
	if err := shape.Members(data, f.add); err != nil {
		return core.Event{}, err
	}
	kind, err := b.kind(&f)
	if err != nil {
		return core.Event{}, err
	}
	e := core.Event{
		ID: f.text("messageId"), Kind: kind, Name: kind.String(), UserID: f.text("userId"), AnonymousID: f.text("anonymousId"),
		Context: b.over(f.object("context")),
		Time:    occurred(cmp.Or(f.time("originalTimestamp"), f.time("timestamp")), f.time("sentAt"), received),
	}
	integrations := merged(b.integrations, f.object("integrations"))
	e.SessionID = session(e.Context, integrations)
	e.Context = chosen(e.Context, integrations)
	f.describe(&e)
	return e, f.err
}

// kind returns the kind of a message. An endpoint for one of them knows it.
func (b *Body) kind(f *fields) (core.Kind, error) {
	if !b.endpoint.batch {
		return b.endpoint.kind, nil
	}
	name := f.text("type")
	kind, known := core.ParseKind(name)
	if name == "" || !known {
		return 0, errType
	}
	return kind, nil
}

// over returns the context of a message over that of its batch.
func (b *Body) over(own core.Props) core.Props { return merged(b.context, own) }

// merged returns the members of own over those of shared. It changes neither.
func merged(shared, own core.Props) core.Props {
	switch {
	case len(shared) == 0:
		return own
	case len(own) == 0:
		return shared
	}
	both := maps.Clone(shared)
	maps.Copy(both, own)
	return both
}

// chosen returns a context with the destinations that a message is for.
func chosen(context, integrations core.Props) core.Props {
	if len(integrations) == 0 { // as analytics-node has it where nothing was chosen
		return context
	}
	return merged(context, core.Props{"integrations": map[string]any(integrations)})
}

// session returns the session of a message: where the libraries put it, or what was said of
// it to Segment's destination Amplitude. "" if there is none.
// https://segment.com/docs/connections/destinations/catalog/actions-amplitude "session_id"
func session(context, integrations core.Props) string {
	places := []any{context["sessionId"], context["session_id"]}
	for _, destination := range []string{"Actions Amplitude", "Amplitude"} {
		options, _ := integrations[destination].(map[string]any)
		places = append(places, options["session_id"])
	}
	for _, place := range places {
		if id := plain(place); !core.IsPlaceholder(id) {
			return id
		}
	}
	return ""
}

// describe reads what is particular to the kind of an event.
func (f *fields) describe(e *core.Event) {
	somebody := e.UserID != "" || e.AnonymousID != ""
	switch e.Kind {
	case core.KindTrack:
		e.Name, e.Props = f.name("event"), f.object("properties")
		f.require(e.Name != "", errNoEvent)
	case core.KindPage, core.KindScreen:
		e.Props = f.object("properties")
		for _, key := range []string{"name", "category"} {
			if value := f.name(key); value != "" && e.Props[key] == nil {
				e.Props = with(e.Props, key, value)
			}
		}
		name, _ := e.Props["name"].(string)
		e.Name = cmp.Or(f.name("name"), name, e.Name)
	case core.KindIdentify:
		e.Props = f.object("traits")
		f.require(somebody, errNobody)
	case core.KindGroup:
		group := f.text("groupId")
		e.Props = with(f.object("traits"), "groupId", group)
		f.require(somebody, errNobody)
		f.require(group != "", errNoGroup)
	case core.KindAlias:
		previous := f.text("previousId")
		e.Props = with(nil, "previousId", previous)
		f.require(e.UserID != "" && previous != "", errNoAliased)
	}
}

// with returns props with a member more.
func with(props core.Props, key string, value any) core.Props {
	if props == nil {
		props = core.Props{}
	}
	props[key] = value
	return props
}
