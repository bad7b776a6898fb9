package reference

import (
	"encoding/json"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// Every subject has the same to do: what is encoded by hand is what a map is encoded as.
func TestTheEventIsTheSameInEveryForm(t *testing.T) {
	mark := NewMarks(1234).At(1233)
	var byHand, byMap map[string]any
	if err := json.Unmarshal(AppendProps(nil, mark), &byHand); err != nil {
		t.Fatal(err)
	}
	encoded, err := json.Marshal(Props(mark))
	if err != nil {
		t.Fatal(err)
	}
	if err := json.Unmarshal(encoded, &byMap); err != nil {
		t.Fatal(err)
	}
	if diff := cmp.Diff(byMap, byHand); diff != "" {
		t.Error(diff)
	}
	if len(byMap) != 8 {
		t.Errorf("the event has %d properties, want 8", len(byMap))
	}
}

// What the sanitiser changes would be an event that was lost.
func TestTheSanitiserLeavesTheEventAsItIs(t *testing.T) {
	marks := NewMarks(20_000)
	for n := range 20_000 {
		sealed, err := core.Seal(core.Config{}, core.Event{Name: Name, UserID: UserID, Props: Props(marks.At(n))})
		if err != nil {
			t.Fatal(err)
		}
		var got, want map[string]any
		if err := sealed.Props().Decode(&got); err != nil {
			t.Fatal(err)
		}
		if err := json.Unmarshal(AppendProps(nil, marks.At(n)), &want); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatal(diff)
		}
		if sealed.UserID() != UserID {
			t.Fatalf("the user became %q", sealed.UserID())
		}
		if n == 0 {
			t.Logf("%d bytes: %s", len(sealed.JSON()), sealed.JSON())
		}
	}
}

func TestAMarkIsParsedAsItWasMade(t *testing.T) {
	marks := NewMarks(1000)
	for n := range 1000 {
		got, ok := Parse([]byte(marks.At(n)[len(MarkPrefix):]))
		if !ok || got != n {
			t.Fatalf("%s is parsed as %d, %t", marks.At(n), got, ok)
		}
	}
	for _, text := range []string{"", "1234567", "1234567x"} {
		if _, ok := Parse([]byte(text)); ok {
			t.Errorf("%q is a mark", text)
		}
	}
}
