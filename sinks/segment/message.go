package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/segmentio/analytics-go/v3"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// Why events cannot be a message of their kind.
var (
	errNoGroup    = errors.New(`a group event needs the property "groupId"`)
	errNoPrevious = errors.New(`an alias event needs a user id and the property "previousId"`)
)

// encode returns an event as the JSON of its message. The error has a class.
func encode(e core.Sealed, prefix string) ([]byte, error) {
	msg, err := message(e, prefix)
	if err != nil {
		return nil, core.Permanent(err)
	}
	text, err := json.Marshal(msg)
	if err != nil {
		return nil, core.Permanent(errors.New("the event has no form in JSON"))
	}
	if len(text) > maxMessageBytes {
		return nil, core.TooLarge(fmt.Errorf("the message has %d bytes, more than the %d that Segment takes", len(text), maxMessageBytes))
	}
	return text, nil
}

// message returns an event as a message of analytics-go.
func message(e core.Sealed, prefix string) (analytics.Message, error) {
	var (
		kind       = e.Kind().String()
		id         = messageID(e.ID())
		who        = identify(e)
		at         = happened(e)
		props      = decode(e.Props())
		ctx, integ = contextOf(e)
	)
	name := e.Name()
	if name == kind {
		name = "" // it has none of its own
	}
	switch e.Kind() {
	case core.KindIdentify:
		return analytics.Identify{Type: kind, MessageId: id, AnonymousId: who.anonymous, UserId: who.user, Timestamp: at, Context: ctx, Traits: props, Integrations: integ}, nil
	case core.KindPage:
		return analytics.Page{Type: kind, MessageId: id, AnonymousId: who.anonymous, UserId: who.user, Name: name, Timestamp: at, Context: ctx, Properties: props, Integrations: integ}, nil
	case core.KindScreen:
		return analytics.Screen{Type: kind, MessageId: id, AnonymousId: who.anonymous, UserId: who.user, Name: name, Timestamp: at, Context: ctx, Properties: props, Integrations: integ}, nil
	case core.KindGroup:
		group := take(props, "groupId")
		if group == "" {
			return nil, errNoGroup
		}
		return analytics.Group{Type: kind, MessageId: id, AnonymousId: who.anonymous, UserId: who.user, GroupId: group, Timestamp: at, Context: ctx, Traits: props, Integrations: integ}, nil
	case core.KindAlias:
		previous := placeholder.ID(take(props, "previousId"))
		if who.user == "" || previous == "" {
			return nil, errNoPrevious
		}
		return analytics.Alias{Type: kind, MessageId: id, PreviousId: previous, UserId: who.user, Timestamp: at, Context: ctx, Integrations: integ}, nil
	default:
		return analytics.Track{Type: kind, MessageId: id, AnonymousId: who.anonymous, UserId: who.user, Event: prefix + e.Name(), Timestamp: at, Context: ctx, Properties: props, Integrations: integ}, nil
	}
}

// happened returns when an event happened: not after it was accepted, for Segment would
// keep a time that is to come.
func happened(e core.Sealed) time.Time {
	at := e.Time()
	if latest := e.Received(); at.After(latest) {
		at = latest
	}
	return at.Truncate(time.Millisecond)
}

// take removes an id from properties and returns it, "" if it is not there or was redacted.
func take(props map[string]any, key string) string {
	value := props[key]
	delete(props, key)
	switch value := value.(type) {
	case string:
		if value = strings.TrimSpace(value); !placeholder.Redacted(value) {
			return value
		}
	case json.Number:
		return value.String()
	}
	return ""
}

// decode returns the members of an object, with numbers that JavaScript would change as strings.
func decode(o core.Object) map[string]any {
	dec := json.NewDecoder(bytes.NewReader(o.Raw()))
	dec.UseNumber()
	members := map[string]any{}
	if dec.Decode(&members) != nil {
		return map[string]any{} // not sealed
	}
	return exact(members).(map[string]any)
}

// exact replaces, within a decoded value, the numbers that a float64 does not keep.
func exact(v any) any {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			v[key] = exact(member)
		}
	case []any:
		for i, element := range v {
			v[i] = exact(element)
		}
	case json.Number:
		if !isExact(v.String()) {
			return v.String()
		}
	}
	return v
}

func isExact(number string) bool {
	if strings.ContainsAny(number, ".eE") {
		f, err := strconv.ParseFloat(number, 64)
		return err == nil && !math.IsInf(f, 0)
	}
	digits := strings.TrimPrefix(number, "-")
	return len(digits) < len(maxExact) || len(digits) == len(maxExact) && digits <= maxExact
}
