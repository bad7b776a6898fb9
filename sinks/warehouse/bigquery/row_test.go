package bigquery

import (
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// message returns the description as the protobuf library sees it.
func message(t testing.TB) protoreflect.MessageDescriptor {
	t.Helper()
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("row.proto"), Syntax: proto.String("proto2"), MessageType: []*descriptorpb.DescriptorProto{descriptor()},
	}, nil)
	if err != nil {
		t.Fatal(err)
	}
	return file.Messages().Get(0)
}

func whole() warehouse.Row {
	at := time.Date(2026, 11, 21, 14, 0, 0, 123456789, time.UTC)
	return warehouse.Row{
		ID: "id", Endpoint: "run", Payload: []byte(`{"a":1}`), Time: at, Received: at.Add(time.Second), Kind: "track", UserID: "u",
		AppName: "acme", Context: []byte(`{"b":2}`), SchemaVersion: 1,
	}
}

func TestARowIsWhatItsDescriptionSays(t *testing.T) {
	row := whole()
	raw, err := encodeRow(&row)
	if err != nil {
		t.Fatal(err)
	}
	m := dynamicpb.NewMessage(message(t))
	if err := proto.Unmarshal(raw, m); err != nil { // required fields are looked for, too
		t.Fatal(err)
	}
	if len(m.GetUnknown()) != 0 {
		t.Errorf("unknown fields %x", m.GetUnknown())
	}
	got := map[string]any{}
	m.Range(func(field protoreflect.FieldDescriptor, v protoreflect.Value) bool {
		got[string(field.Name())] = v.Interface()
		return true
	})
	want := map[string]any{
		"id": "id", "endpoint": "run", "payload": `{"a":1}`, "timestamp": row.Time.UnixMicro(), "received_at": row.Received.UnixMicro(),
		"kind": "track", "user_id": "u", "app_name": "acme", "context": `{"b":2}`, "schema_version": int64(1),
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
	if again, err := proto.Marshal(m); err != nil || len(again) != len(raw) {
		t.Errorf("%d bytes, the library makes %d, %v", len(raw), len(again), err)
	}
}

func TestALineHasMicroseconds(t *testing.T) {
	lines, err := ndjson([]warehouse.Row{whole(), whole()})
	if err != nil {
		t.Fatal(err)
	}
	if strings.Count(string(lines), "\n") != 2 || !strings.HasSuffix(string(lines), "}\n") {
		t.Errorf("%q", lines)
	}
	var line map[string]any
	if err := json.Unmarshal([]byte(strings.Split(string(lines), "\n")[0]), &line); err != nil {
		t.Fatal(err)
	}
	want := map[string]any{
		"id": "id", "endpoint": "run", "payload": map[string]any{"a": 1.0}, "timestamp": "2026-11-21T14:00:00.123456Z", "received_at": "2026-11-21T14:00:01.123456Z",
		"kind": "track", "user_id": "u", "anonymous_id": nil, "session_id": nil, "app_name": "acme", "app_version": nil, "context": map[string]any{"b": 2.0}, "schema_version": 1.0,
	}
	if diff := cmp.Diff(want, line); diff != "" {
		t.Errorf("-want +got\n%s", diff)
	}
}

func FuzzARowComesBackFromItsMessage(f *testing.F) {
	f.Add("id", "run", `{"a":1}`, int64(1), int64(2), "u", "a")
	f.Add("", "\x7f", `{}`, int64(-1), int64(1<<62), "", "日本語")
	form := message(f)
	f.Fuzz(func(t *testing.T, id, endpoint, payload string, at, received int64, user, app string) {
		row := warehouse.Row{
			ID: id, Endpoint: endpoint, Payload: []byte(payload), Time: time.UnixMicro(at), Received: time.UnixMicro(received), UserID: user,
			AppName: app, Context: []byte("{}"), SchemaVersion: 1,
		}
		raw, err := encodeRow(&row)
		if err != nil {
			t.Fatal(err)
		}
		m := dynamicpb.NewMessage(form)
		if err := proto.Unmarshal(raw, m); err != nil {
			t.Fatal(err)
		}
		get := func(name protoreflect.Name) any { return m.Get(form.Fields().ByName(name)).Interface() }
		if get("id") != id || get("endpoint") != endpoint || get("payload") != payload || get("timestamp") != at || get("received_at") != received || get("user_id") != user || get("app_name") != app {
			t.Errorf("%v", m)
		}
	})
}

func BenchmarkEncoding(b *testing.B) {
	row := whole()
	row.Payload = []byte(`{"note":"` + strings.Repeat("x", 400) + `"}`)
	b.ReportAllocs()
	for b.Loop() {
		if _, err := encodeRow(&row); err != nil {
			b.Fatal(err)
		}
	}
}
