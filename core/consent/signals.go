package consent

import (
	"reflect"
	"slices"
	"strings"
)

// Signals are what the person an event is about has said. The zero value says nothing.
type Signals struct {
	// DoNotTrack is the header DNT: 1, or the same said in another way: no sink gets the event.
	DoNotTrack bool
	// GPC is the header Sec-GPC: 1: no third party gets the event.
	GPC bool
	// Categories maps a consent category, such as "analytics" or "advertising", to
	// whether it was given. A category that is absent is not known.
	Categories map[string]bool
	// Withdrawn means that consent was given once and taken back: no sink gets the event.
	Withdrawn bool
	// Unclear means that something was said about consent that cannot be read: the
	// event does not leave the machine.
	Unclear bool
}

// says reports whether anything was said.
func (s *Signals) says() bool {
	return s.DoNotTrack || s.GPC || s.Withdrawn || s.Unclear || len(s.Categories) > 0
}

// Analytics is the category that sinks off the machine need unless they say otherwise.
const Analytics = "analytics"

// Category returns the one spelling of a consent category: trimmed, in lower case.
func Category(name string) string { return strings.ToLower(strings.TrimSpace(name)) }

// Merge returns what s and other say together; the stronger refusal wins.
func (s Signals) Merge(other Signals) Signals {
	s.DoNotTrack = s.DoNotTrack || other.DoNotTrack
	s.GPC = s.GPC || other.GPC
	s.Withdrawn = s.Withdrawn || other.Withdrawn
	s.Unclear = s.Unclear || other.Unclear
	if len(other.Categories) > 0 {
		both := make(map[string]bool, len(s.Categories)+len(other.Categories))
		for _, m := range []map[string]bool{s.Categories, other.Categories} {
			for name, given := range m {
				say(both, name, given)
			}
		}
		s.Categories = both
	}
	return s
}

// FromHeaders reads the headers DNT and Sec-GPC. get returns the value of a header
// whatever the case of its name, several joined by commas, or "".
//
// "DNT: 0" and "DNT: null" say nothing; any other value counts as "DNT: 1", which may be
// followed by extension characters. The only value defined for Sec-GPC is 1; one
// that is neither that nor a clear no is read as 1.
func FromHeaders(get func(name string) string) Signals {
	return Signals{DoNotTrack: anyPart(get("DNT"), dnt), GPC: anyPart(get("Sec-GPC"), gpc)}
}

func anyPart(value string, optsOut func(string) bool) bool {
	for part := range strings.SplitSeq(value, ",") {
		if optsOut(strings.TrimSpace(part)) {
			return true
		}
	}
	return false
}

func dnt(value string) bool {
	return !strings.HasPrefix(value, "0") && !strings.EqualFold(value, "null") &&
		!strings.EqualFold(value, "unspecified") && Enabled(value)
}

// gpc also takes the structured-field form of a boolean, ?0 and ?1, which clients send by mistake.
func gpc(value string) bool { return Enabled(strings.TrimPrefix(value, "?")) }

// FromContext reads the consent that an event carries in its own context:
//
//	{"consent": {"analytics": true, "advertising": false}}
//	{"consent": {"categoryPreferences": {"Analytics": true}}}
//	{"consent": {"analytics": false, "withdrawn": true}}
//
// The second is how Segment's libraries stamp events. A value that is not a boolean
// refuses its category, and a consent that is not an object is unclear.
func FromContext(context map[string]any) Signals {
	said, ok := context["consent"]
	if !ok || said == nil {
		return Signals{}
	}
	var s Signals
	s.read(said, true)
	return s
}

// read adds what a consent object says; outer allows one object within it.
func (s *Signals) read(object any, outer bool) {
	members, ok := membersOf(object)
	if !ok {
		s.Unclear = true
		return
	}
	for name, value := range members {
		given, isBool := value.(bool)
		switch Category(name) {
		case "categorypreferences":
			switch {
			case value == nil:
			case outer:
				s.read(value, false)
			default:
				s.Unclear = true
			}
		case "withdrawn":
			s.Withdrawn = s.Withdrawn || given || !isBool
		default:
			if s.Categories == nil {
				s.Categories = make(map[string]bool, len(members))
			}
			say(s.Categories, name, given)
		}
	}
}

// say records an answer; of two different ones about a category, the refusal stands.
func say(categories map[string]bool, name string, given bool) {
	name = Category(name)
	before, said := categories[name]
	categories[name] = given && (before || !said)
}

// membersOf returns the members of any map whose keys are strings.
func membersOf(object any) (map[string]any, bool) {
	if m, ok := object.(map[string]any); ok {
		return m, true
	}
	v := reflect.ValueOf(object)
	if v.Kind() != reflect.Map || v.Type().Key().Kind() != reflect.String {
		return nil, false
	}
	m := make(map[string]any, v.Len())
	for it := v.MapRange(); it.Next(); {
		m[it.Key().String()] = it.Value().Interface()
	}
	return m, true
}

// maxRefused is the room for refused categories in the record of an event.
const maxRefused = 255

// refused returns the categories refused, whether analytics was granted, and whether
// the list is complete: a name with a comma or a list that is too long is not
// listed, and the caller refuses more instead.
func (s Signals) refused() (names []string, analytics, fits bool) {
	fits = true
	for name, given := range s.Categories {
		name = Category(name)
		switch {
		case given:
			analytics = analytics || name == Analytics
		case strings.Contains(name, ","):
			fits = false
		default:
			names = append(names, name)
		}
	}
	slices.Sort(names)
	names = slices.Compact(names)
	if slices.Contains(names, Analytics) {
		analytics = false
	}
	size := 0
	for i, name := range names {
		if size += len(name) + 1; size-1 > maxRefused {
			return names[:i:i], analytics, false
		}
	}
	return names, analytics, fits
}
