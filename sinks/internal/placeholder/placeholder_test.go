package placeholder

import (
	"testing"

	"github.com/headgate-dev/headgate/core"
)

func TestAnIDIsTrimmedUnlessItStandsForNobody(t *testing.T) {
	for id, want := range map[string]string{
		"": "", " ": "", "null": "", `"NULL"`: "", " Anonymous ": "", "user-[redacted:email]": "",
		"u1": "u1", " nullable\n": "nullable", "10": "10", "none@host": "none@host",
	} {
		if got := ID(id); got != want {
			t.Errorf("ID(%q) = %q, want %q", id, got, want)
		}
	}
	if !Redacted("user-[redacted:email]") || Redacted("redacted") {
		t.Error("what was taken out is not told from what was not")
	}
}

func TestAStandInIsOfTheSessionOrElseOfTheEvent(t *testing.T) {
	of := func(purpose, id, session string) string {
		e, err := core.Seal(core.Config{}, core.Event{ID: id, Name: "run", SessionID: session})
		if err != nil {
			t.Fatal(err)
		}
		return StandIn(purpose, e)
	}
	if of("a", "e1", "s-1") != of("a", "e2", "s-1") {
		t.Error("one session has two ids")
	}
	for _, session := range []string{"", "null", "0"} {
		if of("a", "e1", session) == of("a", "e2", session) || of("a", "e1", session) != of("a", "e1", "") {
			t.Errorf("the session %q is one for all", session)
		}
	}
	if of("a", "e1", "s-1") == of("b", "e1", "s-1") {
		t.Error("two vendors are given the same id")
	}
}
