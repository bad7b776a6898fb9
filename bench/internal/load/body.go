// Package load sends events to a daemon over HTTP, as senders would that wait for each answer.
package load

import (
	"bytes"
	"fmt"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	common "go.opentelemetry.io/proto/otlp/common/v1"
	logs "go.opentelemetry.io/proto/otlp/logs/v1"
	"google.golang.org/protobuf/encoding/protojson"
	"google.golang.org/protobuf/proto"

	"github.com/headgate-dev/headgate/bench/internal/reference"
)

// Format is the form in which events are sent.
type Format string

// The formats.
const (
	Array    Format = "array"     // a JSON array of events
	OTLP     Format = "otlp"      // log records of OpenTelemetry, in protobuf
	OTLPJSON Format = "otlp-json" // the same in JSON
)

func (f Format) contentType() string {
	if f == OTLP {
		return "application/x-protobuf"
	}
	return "application/json"
}

// body is a request with so many events, whose marks can be changed in place: that costs next to nothing, so
// that the processor is the daemon's.
type body struct {
	bytes []byte
	marks []int // where they are
}

func newBody(f Format, events int) (*body, error) {
	template := reference.NewMarks(1).At(0)
	var b body
	var err error
	switch f {
	case Array:
		b.bytes = append(b.bytes, '[')
		for i := range events {
			if i > 0 {
				b.bytes = append(b.bytes, ',')
			}
			b.bytes = reference.AppendEvent(b.bytes, template)
		}
		b.bytes = append(b.bytes, ']')
	case OTLP:
		b.bytes, err = proto.Marshal(records(events, template))
	case OTLPJSON:
		b.bytes, err = protojson.Marshal(records(events, template))
	default:
		err = fmt.Errorf("there is no format %q", f)
	}
	if err != nil {
		return nil, err
	}
	for at := 0; ; {
		i := bytes.Index(b.bytes[at:], []byte(template))
		if i < 0 {
			break
		}
		b.marks = append(b.marks, at+i+len(reference.MarkPrefix))
		at += i + reference.MarkSize
	}
	if len(b.marks) != events {
		return nil, fmt.Errorf("a body of %d events has %d marks", events, len(b.marks))
	}
	return &b, nil
}

// mark makes the events of the body those from first on.
func (b *body) mark(first int) {
	for i, at := range b.marks {
		digits := b.bytes[at : at+reference.MarkSize-len(reference.MarkPrefix)]
		n := first + i
		for k := len(digits) - 1; k >= 0; k-- {
			digits[k] = byte('0' + n%10)
			n /= 10
		}
	}
}

// records is the reference event as log records.
func records(events int, mark string) *collogs.ExportLogsServiceRequest {
	text := func(key, value string) *common.KeyValue {
		return &common.KeyValue{Key: key, Value: &common.AnyValue{Value: &common.AnyValue_StringValue{StringValue: value}}}
	}
	scope := &logs.ScopeLogs{Scope: &common.InstrumentationScope{Name: "compare"}}
	for range events {
		scope.LogRecords = append(scope.LogRecords, &logs.LogRecord{
			TimeUnixNano: 1_795_000_000_123_456_789, EventName: reference.Name,
			Attributes: []*common.KeyValue{
				text("user_id", reference.UserID), text(reference.MarkKey, mark),
				{Key: "seconds", Value: &common.AnyValue{Value: &common.AnyValue_DoubleValue{DoubleValue: reference.Seconds}}},
				{Key: "success", Value: &common.AnyValue{Value: &common.AnyValue_BoolValue{BoolValue: reference.Success}}},
				{Key: "tokens", Value: &common.AnyValue{Value: &common.AnyValue_IntValue{IntValue: reference.Tokens}}},
				text("model", reference.Model), text("component", reference.Component), text("note", reference.Note), text("flow", reference.Flow),
			},
		})
	}
	return &collogs.ExportLogsServiceRequest{ResourceLogs: []*logs.ResourceLogs{{ScopeLogs: []*logs.ScopeLogs{scope}}}}
}
