package server

import (
	"errors"
	"fmt"
	"testing"

	"github.com/headgate-dev/headgate/core"
)

// lettered is an Admin of a sink that has refused so many events.
func lettered(t testing.TB, n int) *Admin {
	t.Helper()
	d := dispatcher(t, taking("a", func([]core.Sealed) error { return core.Permanent(errors.New("HTTP 400")) }))
	for i := range n {
		_ = d.Enqueue(t.Context(), core.Event{ID: fmt.Sprint("e", i), Name: "run"})
		if err := d.Flush(t.Context()); err != nil {
			t.Fatal(err)
		}
	}
	return newAdmin(t, AdminOptions{Status: d.Stats, DeadLetters: d})
}

func TestTheNewestDeadLettersAreListedWhereALimitIsAskedFor(t *testing.T) {
	a := lettered(t, 3)
	got := want(t, ask(a, "GET", "/v1/deadletters?limit=2"), 200)
	letters := got["letters"].([]any)
	if got["total"] != 3.0 || len(letters) != 2 || letters[0].(map[string]any)["id"] != "e2" || letters[1].(map[string]any)["id"] != "e1" {
		t.Errorf("they are %v", got)
	}
	all := want(t, ask(a, "GET", "/v1/deadletters"), 200)
	if _, has := all["total"]; has || len(all["letters"].([]any)) != 3 {
		t.Errorf("without a limit they are %v", all)
	}
	for _, limit := range []string{"-1", "x"} {
		want(t, ask(a, "GET", "/v1/deadletters?limit="+limit), 400)
	}
}
