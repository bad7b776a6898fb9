package otlp

import (
	"encoding/json"
	"fmt"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// The JSON of OTLP, as far as it is needed: opentelemetry/proto/logs/v1/logs.proto, in the
// mapping that protobuf defines. 64-bit integers are strings.

type logs struct {
	ResourceLogs []resourceLogs `json:"resourceLogs"`
}

type resourceLogs struct {
	Resource  resource    `json:"resource"`
	ScopeLogs []scopeLogs `json:"scopeLogs"`
}

type resource struct {
	Attributes []attribute `json:"attributes,omitempty"`
}

type scopeLogs struct {
	Scope      scope    `json:"scope"`
	LogRecords []record `json:"logRecords"`
}

type scope struct {
	Name string `json:"name"`
}

type record struct {
	TimeUnixNano         string      `json:"timeUnixNano"`
	ObservedTimeUnixNano string      `json:"observedTimeUnixNano"`
	SeverityNumber       int         `json:"severityNumber"`
	EventName            string      `json:"eventName"`
	Attributes           []attribute `json:"attributes"`
}

type attribute struct {
	Key   string `json:"key"`
	Value value  `json:"value"`
}

// value is an AnyValue: one of its fields is set, or none, for null.
type value struct {
	String *string  `json:"stringValue,omitempty"`
	Bool   *bool    `json:"boolValue,omitempty"`
	Int    *string  `json:"intValue,omitempty"`
	Double *float64 `json:"doubleValue,omitempty"`
	Array  *array   `json:"arrayValue,omitempty"`
	Object *object  `json:"kvlistValue,omitempty"`
}

type array struct {
	Values []value `json:"values"`
}

type object struct {
	Values []attribute `json:"values"`
}

const severityInfo = 9

// describe says which program the events are of, by the semantic conventions for resources.
func describe(app core.App) (r resource) {
	r.Attributes = appendText(r.Attributes, "service.name", app.Name)
	r.Attributes = appendText(r.Attributes, "service.version", app.Version)
	return r
}

// encode returns the body of a request.
func encode(r resource, batch []core.Sealed) ([]byte, error) {
	records := make([]record, len(batch))
	for i, event := range batch {
		records[i] = newRecord(event)
	}
	body, err := json.Marshal(logs{[]resourceLogs{{Resource: r, ScopeLogs: []scopeLogs{{scope{"headgate"}, records}}}}})
	if err != nil {
		return nil, fmt.Errorf("encoding the records: %w", err)
	}
	return body, nil
}

// newRecord maps an event: its properties are attributes under their own names, the rest has names of
// the semantic conventions, or begins with headgate.
func newRecord(event core.Sealed) record {
	r := record{
		TimeUnixNano: nanoseconds(event.Time()), ObservedTimeUnixNano: nanoseconds(event.Received()),
		SeverityNumber: severityInfo, EventName: event.Name(),
	}
	r.Attributes = appendText(r.Attributes, "headgate.event.id", event.ID())
	r.Attributes = appendText(r.Attributes, "user.id", event.UserID())
	r.Attributes = appendText(r.Attributes, "enduser.pseudo.id", event.AnonymousID())
	r.Attributes = appendText(r.Attributes, "session.id", event.SessionID())
	for key, v := range event.Props().All() {
		r.Attributes = append(r.Attributes, attribute{key, newValue(v)})
	}
	if context := event.Context(); !context.IsEmpty() {
		r.Attributes = append(r.Attributes, attribute{"headgate.context", objectValue(context)})
	}
	return r
}

func nanoseconds(t time.Time) string { return strconv.FormatInt(t.UnixNano(), 10) }

func appendText(attributes []attribute, key, text string) []attribute {
	if text == "" {
		return attributes
	}
	return append(attributes, attribute{key, value{String: &text}})
}

func newValue(v core.Value) value {
	switch v.Kind() {
	case core.ValueString:
		text := v.Text()
		return value{String: &text}
	case core.ValueBool:
		is := v.Text() == "true"
		return value{Bool: &is}
	case core.ValueNumber:
		text := v.Text()
		if _, err := strconv.ParseInt(text, 10, 64); err == nil {
			return value{Int: &text}
		}
		if f, err := strconv.ParseFloat(text, 64); err == nil {
			return value{Double: &f}
		}
		return value{String: &text} // more than a double holds
	case core.ValueObject:
		return objectValue(v.Object())
	case core.ValueArray:
		items := &array{Values: []value{}}
		for item := range v.Items() {
			items.Values = append(items.Values, newValue(item))
		}
		return value{Array: items}
	}
	return value{}
}

func objectValue(o core.Object) value {
	members := &object{Values: []attribute{}}
	for key, v := range o.All() {
		members.Values = append(members.Values, attribute{key, newValue(v)})
	}
	return value{Object: members}
}
