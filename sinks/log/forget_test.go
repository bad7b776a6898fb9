package log

import (
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

func TestWhatStaysInFilesAndForHowLongIsSaid(t *testing.T) {
	for _, c := range []struct {
		options Options
		want    []string
	}{
		{Options{Path: "stderr"}, []string{"stderr"}},
		{Options{Path: "events.log", MaxAge: 36 * time.Hour, MaxBackups: 3}, []string{"events.log", "2 days", "3 files"}},
		{Options{Path: "events.log", MaxAge: 24 * time.Hour}, []string{"1 days"}},
		{Options{Path: "events.log", MaxBackups: 4}, []string{"until there are 4 newer"}},
		{Options{Path: "events.log"}, []string{"without end"}},
	} {
		s, err := New(c.options)
		if err != nil {
			t.Fatal(err)
		}
		d, err := s.Deletion(core.PersonIDs{UserIDs: []string{"ada"}})
		if err != nil || len(d.Requests) > 0 || len(d.Notes) != 1 {
			t.Fatalf("%+v, %v", d, err)
		}
		for _, part := range c.want {
			if !strings.Contains(d.Notes[0], part) {
				t.Errorf("%+v: %q does not say %q", c.options, d.Notes[0], part)
			}
		}
		if _, err := s.Forget(t.Context(), core.PersonIDs{}); err == nil {
			t.Error("it says that something was deleted")
		}
		_ = s.Close(t.Context())
	}
}
