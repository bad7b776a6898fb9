package core

import (
	"slices"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func TestTheItemsOfAnArrayAreItsValues(t *testing.T) {
	for text, want := range map[string][]string{
		`[]`: nil, `[1]`: {"1"}, `[1,"a,]\"",[2,[3]],{"b":[4,5]},null,true,-1.5e3]`: {"1", `"a,]\""`, "[2,[3]]", `{"b":[4,5]}`, "null", "true", "-1.5e3"},
		`"[1]"`: nil, `{"a":[1]}`: nil, `7`: nil, ``: nil, `[`: nil, `["a`: nil,
	} {
		var got []string
		for item := range (Value{[]byte(text)}).Items() {
			got = append(got, string(item.Raw()))
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s: (-want +got):\n%s", text, diff)
		}
	}
	first := slices.Collect(func(yield func(Value) bool) {
		for item := range (Value{[]byte(`[1,2]`)}).Items() {
			yield(item)
			break
		}
	})
	if len(first) != 1 {
		t.Errorf("got %d items after the first", len(first))
	}
}
