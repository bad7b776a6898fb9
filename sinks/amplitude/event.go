package amplitude

import (
	"errors"
	"fmt"
	"strconv"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

const library = "headgate"

// Commands are event types that change a user or a group instead of reporting an event.
const (
	identifyCommand      = "$identify"
	groupIdentifyCommand = "$groupidentify"
)

// Why events are declined.
var (
	errGroup = errors.New("a group at Amplitude needs a group type, which a group event does not have")
	errAlias = errors.New("there is no alias at Amplitude, which joins a user and a device from events that carry both ids")
)

// declines returns why an event has no form at Amplitude, nil if it has one.
func declines(e core.Sealed) error {
	switch e.Kind() {
	case core.KindGroup:
		return errGroup
	case core.KindAlias:
		return errAlias
	}
	return nil
}

// eventType returns what an event is called at Amplitude, and whether that is another name
// than it would have.
func eventType(e core.Sealed, prefix string) (name string, renamed bool) {
	name = e.Name()
	switch e.Kind() {
	case core.KindIdentify:
		return identifyCommand, false
	case core.KindPage, core.KindScreen:
		name = e.Kind().String()
	}
	return takenName(prefix + name)
}

// takenName returns the name that Amplitude takes for an event, and whether it is reserved
// under its own.
func takenName(name string) (taken string, reserved bool) {
	name = cut(name)
	if isReserved(name) {
		return cut("x_" + name), true
	}
	return name, false
}

// changedName says what becomes of an event's name that Amplitude does not take.
func changedName(_ Config, prefix, name string) string {
	if taken, _ := takenName(prefix + name); taken != prefix+name {
		return fmt.Sprintf("is sent as %q: Amplitude does not take that name", taken)
	}
	return ""
}

// isReserved reports names that are commands or Amplitude's own events, such as
// "[Amplitude] Start Session". https://amplitude.com/docs/apis/analytics/http-v2 "event_type"
func isReserved(name string) bool {
	name = strings.ToLower(strings.TrimSpace(name))
	return name == identifyCommand || name == groupIdentifyCommand || strings.HasPrefix(name, "[amplitude]")
}

// appendEvent appends the event as an element of "events", with these ids, and says what
// was changed in it.
func appendEvent(dst []byte, e core.Sealed, id identity, prefix string) (out []byte, changes Stats) {
	name, renamed := eventType(e, prefix)
	changes.Renamed = count(renamed)
	dst = appendMember(append(dst, '{'), "event_type", name)
	dst = appendMember(dst, "user_id", id.user)
	dst = appendMember(dst, "device_id", id.device)
	at, clamped := happened(e)
	changes.Clamped = count(clamped)
	dst = strconv.AppendInt(append(dst, `,"time":`...), at.UnixMilli(), 10)
	dst = appendMember(dst, "insert_id", cut(e.ID()))
	start, isStart := sessionStart(e.SessionID())
	if isStart {
		dst = append(dst, `,"session_id":`...)
		dst = strconv.AppendInt(dst, start, 10)
	}
	dst = appendContext(dst, e.Context())
	dst = appendMember(dst, "library", library)
	if e.Kind() == core.KindIdentify {
		dst, changes.Cut = appendTraits(dst, e.Props())
	} else {
		dst, changes.Cut = appendProps(dst, e, isStart)
	}
	return append(dst, '}'), changes
}

// happened returns when an event happened, and whether that is another time than it has: not
// after it was accepted, so that a repetition says the same, and not before minTime.
func happened(e core.Sealed) (at time.Time, clamped bool) {
	at = e.Time()
	if latest := e.Received(); at.After(latest) {
		at = latest
	}
	if at.Before(minTime) {
		at = minTime
	}
	return at, !at.Equal(e.Time())
}

// sessionStart reads a session id that is a time in milliseconds: 13 digits.
func sessionStart(id string) (int64, bool) {
	if len(id) != 13 || strings.Trim(id, "0123456789") != "" || id[0] == '0' {
		return 0, false
	}
	n, err := strconv.ParseInt(id, 10, 64)
	return n, err == nil
}

// appendTraits appends the properties of a person. Under $set none of them can be an operator.
func appendTraits(dst []byte, traits core.Object) (out []byte, cuts uint64) {
	dst = append(dst, `,"user_properties":{`...)
	if !traits.IsEmpty() {
		dst, cuts = appendValue(append(dst, `"$set":`...), traits.Raw())
	}
	return append(dst, '}'), cuts
}

// appendProps appends the event's properties, and beside them what has no place elsewhere.
func appendProps(dst []byte, e core.Sealed, sessionSent bool) (out []byte, cuts uint64) {
	props := e.Props()
	extra := make([][2]string, 0, 2)
	if e.Kind() != core.KindTrack && e.Name() != e.Kind().String() {
		extra = append(extra, [2]string{"name", e.Name()})
	}
	if id := e.SessionID(); id != "" && !sessionSent {
		extra = append(extra, [2]string{"session_id", id})
	}
	if props.IsEmpty() && len(extra) == 0 {
		return dst, 0
	}
	dst, cuts = appendValue(append(dst, `,"event_properties":`...), props.Raw())
	for _, member := range extra {
		if v, own := props.Lookup(member[0]); own && v.Kind() != core.ValueNull {
			continue
		}
		dst = dst[:len(dst)-1] // }
		if dst[len(dst)-1] != '{' {
			dst = append(dst, ',')
		}
		dst = append(appendString(append(appendString(dst, member[0]), ':'), cut(member[1])), '}')
	}
	return dst, cuts
}

// appendContext appends what Amplitude has members for. IP address and place are not among them.
func appendContext(dst []byte, c core.Object) []byte {
	app, os, device := section(c, "app"), section(c, "os"), section(c, "device")
	dst = appendMember(dst, "app_version", text(app, "version"))
	platform := text(c, "platform")
	if platform == "" {
		platform = text(device, "type")
	}
	dst = appendMember(dst, "platform", platform)
	dst = appendMember(dst, "os_name", text(os, "name"))
	dst = appendMember(dst, "os_version", text(os, "version"))
	dst = appendMember(dst, "device_manufacturer", text(device, "manufacturer"))
	dst = appendMember(dst, "device_model", text(device, "model"))
	dst = appendMember(dst, "language", text(c, "locale"))
	return appendMember(dst, "user_agent", text(c, "userAgent"))
}

func section(o core.Object, key string) core.Object {
	v, _ := o.Lookup(key)
	return v.Object()
}

// text returns a string, or a number as its digits, "" for anything else.
func text(o core.Object, key string) string {
	if v, _ := o.Lookup(key); v.Kind() == core.ValueString || v.Kind() == core.ValueNumber {
		return cut(v.Text())
	}
	return ""
}

// appendMember appends a string member after the brace or another member, nothing if it is empty.
func appendMember(dst []byte, key, value string) []byte {
	if value == "" {
		return dst
	}
	if dst[len(dst)-1] != '{' {
		dst = append(dst, ',')
	}
	return appendString(append(appendString(dst, key), ':'), value)
}
