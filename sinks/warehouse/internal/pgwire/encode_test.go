package pgwire

import (
	"bytes"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestARowIsALineOfCopy(t *testing.T) {
	at := time.Date(2026, 2, 3, 4, 5, 6, 789_012_345, time.FixedZone("", 3600))
	rows := []warehouse.Row{
		{ID: "a\tb", Endpoint: `back\slash`, Payload: []byte(`{"q":"\"\n"}`), Time: at, Received: at.Truncate(time.Second), Kind: "track", UserID: "line\r\nend", Context: []byte("{}"), SchemaVersion: 1},
		{ID: `\.`, Endpoint: `\N`, Payload: []byte("{}"), Time: time.Date(1700, 1, 1, 0, 0, 0, 0, time.UTC), Received: at, Kind: "page", AppName: "é", Context: []byte("{}"), SchemaVersion: 1},
	}
	want := "a\\tb\tback\\\\slash\t{\"q\":\"\\\\\"\\\\n\"}\t2026-02-03 03:05:06.789012Z\t2026-02-03 03:05:06Z\ttrack\tline\\r\\nend\t\\N\t\\N\t\\N\t\\N\t{}\t1\n" +
		"\\\\.\t\\\\N\t{}\t1700-01-01 00:00:00Z\t2026-02-03 03:05:06.789012Z\tpage\t\\N\t\\N\t\\N\té\t\\N\t{}\t1\n"
	if got := string(AppendCopy(nil, rows)); got != want {
		t.Errorf("got\n%q\nwant\n%q", got, want)
	}
}

// unescape is what the server does to a value.
func unescape(text string) string {
	return strings.NewReplacer(`\\`, `\`, `\t`, "\t", `\n`, "\n", `\r`, "\r").Replace(text)
}

func FuzzEscaped(f *testing.F) {
	f.Add("a\tb\nc\rd\\e")
	f.Add(`\N`)
	f.Fuzz(func(t *testing.T, text string) {
		escaped := appendEscaped([]byte("before"), text)
		if rest, ok := bytes.CutPrefix(escaped, []byte("before")); !ok || bytes.ContainsAny(rest, "\t\n\r") || unescape(string(rest)) != text {
			t.Errorf("%q is escaped as %q", text, escaped)
		}
		if same := appendEscaped([]byte("before"), []byte(text)); !bytes.Equal(same, escaped) {
			t.Errorf("as bytes %q is escaped as %q", text, same)
		}
	})
}

func TestAnArrayIsInTheFormOfTheServer(t *testing.T) {
	var id, user warehouse.Column
	for _, c := range warehouse.Columns() {
		switch c.Name {
		case "id":
			id = c
		case "user_id":
			user = c
		}
	}
	rows := []warehouse.Row{{ID: "ab"}, {ID: "c", UserID: "u"}}
	header := func(hasNull byte) []byte {
		return []byte{0, 0, 0, 1, 0, 0, 0, hasNull, 0, 0, 0, 25, 0, 0, 0, 2, 0, 0, 0, 1}
	}
	if got, want := AppendArray(nil, id, rows, OIDText), append(header(0), 0, 0, 0, 2, 'a', 'b', 0, 0, 0, 1, 'c'); !bytes.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
	if got, want := AppendArray(nil, user, rows, OIDText), append(header(1), 0xff, 0xff, 0xff, 0xff, 0, 0, 0, 1, 'u'); !bytes.Equal(got, want) {
		t.Errorf("%v, want %v", got, want)
	}
}
