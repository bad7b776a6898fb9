package langflow

import (
	"cmp"
	"net/url"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// maxParameters bounds what is read of one query; Langflow's largest payload has ten.
const maxParameters = 1000

// ParseEvent reads the event of a request to an endpoint, "" being the base URL itself,
// from its raw query. There is no query that it refuses: a parameter that cannot be
// unescaped stays as it is. A repeated parameter becomes a list.
//
// The parameter "timestamp" is the time of the event, and stays a property, too. The
// time is zero, for the time of receipt, if there is none or it is not a time at all.
func ParseEvent(endpoint, query string) core.Event {
	e := core.Event{Name: cmp.Or(endpoint, versionEvent), Props: core.Props{}}
	seen := 0
	for pair := range strings.SplitSeq(query, "&") {
		if pair == "" {
			continue
		}
		if seen++; seen > maxParameters {
			break
		}
		parameter, value, _ := strings.Cut(pair, "=")
		name, k := property(e.Name, unescape(parameter))
		if name == "" {
			continue
		}
		add(e.Props, name, typed(k, unescape(value)))
	}
	if text, ok := e.Props["timestamp"].(string); ok {
		e.Time = parseTime(text)
	}
	return e
}

// unescape also takes the raw semicolons that net/url refuses. A plus sign is a space: httpx
// writes %2B for a plus, and %20 (0.27 and before) or + (0.28) for a space.
func unescape(s string) string {
	if plain, err := url.QueryUnescape(s); err == nil {
		s = plain
	}
	return strings.ToValidUTF8(s, "\uFFFD")
}

// add sets a property, or adds to the list of it: no single value is a list.
func add(props core.Props, name string, v any) {
	switch before, repeated := props[name]; list := before.(type) {
	case []any:
		props[name] = append(list, v)
	default:
		if repeated {
			v = []any{before, v}
		}
		props[name] = v
	}
}

// timeLayouts are what datetime.isoformat writes, with an offset and without, which is UTC.
var timeLayouts = []string{time.RFC3339Nano, "2006-01-02T15:04:05.999999999"}

// parseTime returns the zero time for what is not a time, or that of a clock never set.
func parseTime(s string) time.Time {
	date, clock, ok := strings.Cut(s, "T")
	if !ok {
		date, clock, _ = strings.Cut(s, " ")
	}
	s = date + "T" + strings.Replace(clock, " ", "+", 1) // the plus of an offset, when a sender did not escape it
	for _, layout := range timeLayouts {
		if t, err := time.Parse(layout, s); err == nil && t.Year() >= 2000 && t.Year() < 2200 {
			return t
		}
	}
	return time.Time{}
}
