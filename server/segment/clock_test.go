package segment

import (
	"fmt"
	"testing"
	"time"
)

func TestTheTimeOfAWrongClockIsCorrectedBySentAt(t *testing.T) {
	at := func(s string) time.Time {
		v, err := time.Parse(time.RFC3339Nano, s)
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
	for _, c := range []struct {
		name, members string
		want          time.Time
	}{
		{"no time", ``, time.Time{}},
		{"no time, but sentAt", `,"sentAt":"2026-11-21T01:00:00Z"`, time.Time{}},
		{"no sentAt", `,"timestamp":"2026-08-01T10:00:00.123Z"`, at("2026-08-01T10:00:00.123Z")},
		{"a clock that is right", `,"timestamp":"2026-08-01T10:00:00.123Z","sentAt":"2026-11-21T02:39:59.9Z"`, at("2026-08-01T10:00:00.123Z")},
		{"a message sent again with the sentAt of the first time", `,"timestamp":"2026-11-21T02:39:00Z","sentAt":"2026-11-21T02:39:01Z"`, at("2026-11-21T02:39:00Z")},
		{"a clock a minute late", `,"timestamp":"2026-11-21T02:38:50Z","sentAt":"2026-11-21T02:39:00Z"`, at("2026-11-21T02:39:50Z")},
		{"a clock a minute early", `,"timestamp":"2026-11-21T02:40:50Z","sentAt":"2026-11-21T02:41:00Z"`, at("2026-11-21T02:39:50Z")},
		{"a clock never set", `,"timestamp":"1970-01-01T00:00:10Z","sentAt":"1970-01-01T00:01:10Z"`, at("2026-11-21T02:39:00Z")},
		{"a clock of the next century", `,"timestamp":"2126-01-01T00:00:00Z","sentAt":"2126-01-01T00:00:30Z"`, at("2026-11-21T02:39:30Z")},
		{"sent before it happened", `,"timestamp":"2026-11-21T01:00:00Z","sentAt":"2026-11-21T00:00:00Z"`, at("2026-11-21T01:00:00Z")},
		{"what another pipeline says of the original", `,"timestamp":"2026-11-21T02:00:00Z","originalTimestamp":"2026-11-21T01:00:00Z","sentAt":"2026-11-21T01:00:05Z"`, at("2026-11-21T02:39:55Z")},
		{"centuries apart", `,"timestamp":"0002-01-01T00:00:00Z","sentAt":"9998-01-01T00:00:00Z"`, received.Add(-1<<63 + 1)},
		{"sentAt that is no time", `,"timestamp":"2026-08-01T10:00:00Z","sentAt":"now"`, at("2026-08-01T10:00:00Z")},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, problems := read(t, "track", `{"event":"run"`+c.members+`}`)
			if len(events) != 1 || !events[0].Time.Equal(c.want) {
				t.Errorf("got %v %v, want %v", events, problems, c.want)
			}
		})
	}
}

func TestEveryFormOfTimeThatALibraryWritesIsRead(t *testing.T) {
	want := time.Date(2026, 2, 24, 10, 0, 0, 123e6, time.UTC)
	for text, exact := range map[string]bool{
		`"2026-02-24T10:00:00.123Z"`:          true,
		`"2026-02-24T11:00:00.123+01:00"`:     true,
		`"2026-02-24T10:00:00.123000+00:00"`:  true, // Python
		`"2026-02-24T11:00:00.1230000+0100"`:  true, // PHP, DateTime::ISO8601
		`"2026-02-24T10:00:00.123"`:           true, // Python, of a time that knows no zone
		`"2026-02-24 10:00:00.123"`:           true,
		`"2026-02-24 11:00:00.123+01:00"`:     true,
		`"2026-02-24"`:                        false,
		`"Tue Feb 24 2026 10:00:00 GMT+0000"`: false,
		`"0001-01-01T00:00:00Z"`:              false, // .NET and Go, of a time never set
		`"2026-02-24T11:00:00.123+01"`:        true,
		`"2026-02-24 11:00:00.123+0100"`:      true,
		`"2026-02-24T10:00:00,123Z"`:          true,
		`1771927200123`:                       true, // Java, JavaScript's Date.now
		`"1771927200123"`:                     true,
		`1771927200123.75`:                    false,
		`1771927200.123`:                      true, // Python's time.time
		`"177192720012"`:                      false,
		`17719272001234`:                      false,
		`-177192720012`:                       false,
		`"1771927200.1e3"`:                    false,
		`1.771927200123e12`:                   false,
		`{"a":1}`:                             false,
		`""`:                                  false,
	} {
		events, problems := read(t, "track", `{"event":"run","timestamp":`+text+`}`)
		if len(events) != 1 || exact != events[0].Time.Equal(want) {
			t.Errorf("%s is read as %v %v", text, events, problems)
		}
		if day := fmt.Sprint(events[0].Time.Format(time.DateOnly)); !exact && day != "0001-01-01" && text != `"2026-02-24"` && text != `1771927200123.75` {
			t.Errorf("%s is read as %s", text, day)
		}
	}
}

func TestATimeWithoutSecondsIsRead(t *testing.T) {
	want := time.Date(2026, 2, 24, 10, 0, 0, 0, time.UTC)
	for _, text := range []string{
		`"2026-02-24T10:00Z"`, `"2026-02-24T11:00+01:00"`, `"2026-02-24T12:00+02"`, `"2026-02-24T12:00+0200"`, `"2026-02-24T10:00"`,
		`"2026-02-24 10:00"`, `"2026-02-24T12:00:00+02"`, `"2026-02-24T10:00:00Z"`, `1771927200`, `"1771927200"`, `1771927200000`, `1771927200000.0`,
	} {
		events, problems := read(t, "track", `{"event":"run","timestamp":`+text+`}`)
		if len(events) != 1 || !events[0].Time.Equal(want) {
			t.Errorf("%s is read as %v %v", text, events, problems)
		}
	}
}
