package load

import (
	"bytes"
	"encoding/json"
	"testing"

	collogs "go.opentelemetry.io/proto/otlp/collector/logs/v1"
	"google.golang.org/protobuf/proto"

	"github.com/headgate-dev/headgate/bench/internal/reference"
)

func TestABodyHasTheEventsItIsMarkedWith(t *testing.T) {
	for _, format := range []Format{Array, OTLP, OTLPJSON} {
		b, err := newBody(format, 3)
		if err != nil {
			t.Fatal(err)
		}
		for _, first := range []int{0, 12_345_678, 99} {
			b.mark(first)
			rest, n := b.bytes, first
			for {
				i := bytes.Index(rest, []byte(reference.MarkPrefix))
				if i < 0 {
					break
				}
				rest = rest[i+len(reference.MarkPrefix):]
				if got, ok := reference.Parse(rest); !ok || got != n {
					t.Errorf("%s: event %d is marked %d", format, n, got)
				}
				n++
			}
			if n != first+3 {
				t.Errorf("%s: %d events, want 3", format, n-first)
			}
		}
	}
}

func TestABodyIsOfItsFormat(t *testing.T) {
	for format, parse := range map[Format]func([]byte) error{
		Array:    func(b []byte) error { return json.Unmarshal(b, new([]map[string]any)) },
		OTLPJSON: func(b []byte) error { return json.Unmarshal(b, new(map[string]any)) },
		OTLP:     func(b []byte) error { return proto.Unmarshal(b, new(collogs.ExportLogsServiceRequest)) },
	} {
		b, err := newBody(format, 7)
		if err != nil {
			t.Fatal(err)
		}
		b.mark(42)
		if err := parse(b.bytes); err != nil {
			t.Errorf("%s: %v", format, err)
		}
	}
	if _, err := newBody("xml", 1); err == nil {
		t.Error("there is a format xml")
	}
}
