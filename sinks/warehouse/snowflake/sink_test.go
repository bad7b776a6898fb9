package snowflake

import (
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestEventsBecomeRowsOfTheAccountThroughTheSink(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	c := configOf(s)
	create := warehouse.SchemaCreate
	c.EnsureSchema = &create
	sink, err := warehouse.New(t.Context(), registry.Env{Name: "lake", Timeout: time.Minute}, c)
	if err != nil {
		t.Fatal(err)
	}
	defer sink.Close(within(t))
	event, err := core.Seal(core.Config{}, core.Event{
		ID: "e-1", Name: "run", UserID: "u-1", Time: time.Date(2026, 11, 21, 12, 0, 0, 5000, time.UTC), Props: core.Props{"runSeconds": 3},
	})
	if err != nil {
		t.Fatal(err)
	}
	shown, err := sink.(core.Previewer).Preview([]core.Sealed{event})
	if err != nil || len(s.Calls("")) > 0 {
		t.Fatalf("Preview: %v, %d requests", err, len(s.Calls("")))
	}
	if body := shown[0].Body; !strings.HasPrefix(body, "MERGE INTO") || !strings.Contains(body, `"payload":{"runSeconds":3}`) {
		t.Errorf("Preview shows %q", body)
	}
	for range 2 { // as after a crash
		if err := sink.Send(within(t), []core.Sealed{event}); err != nil {
			t.Fatal(err)
		}
	}
	rows := s.Rows(events)
	if len(rows) != 1 {
		t.Fatalf("%d rows", len(rows))
	}
	want := map[string]any{
		"ID": "e-1", "ENDPOINT": "run", "PAYLOAD": []byte(`{"runSeconds":3}`), "TIMESTAMP": time.Date(2026, 11, 21, 12, 0, 0, 5000, time.UTC),
		"RECEIVED_AT": event.Received(), "KIND": "track", "USER_ID": "u-1", "ANONYMOUS_ID": nil, "SESSION_ID": nil, "APP_NAME": nil, "APP_VERSION": nil,
		"CONTEXT": []byte(`{}`), "SCHEMA_VERSION": int64(warehouse.SchemaVersion),
	}
	if diff := cmp.Diff(want, rows[0]); diff != "" {
		t.Error(diff)
	}
	call := s.Calls("/session/v1/login-request")[0].Body["data"].(map[string]any)["SESSION_PARAMETERS"].(map[string]any)
	if call["QUERY_TAG"] != "headgate:lake" {
		t.Errorf("the query tag is %v: what a sink costs is told by it", call["QUERY_TAG"])
	}
}
