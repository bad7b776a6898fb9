package usage_test

import (
	"encoding/json"
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/usage"
)

// nulls returns the paths of the members that are null.
func nulls(path string, v any) (found []string) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if member == nil {
				found = append(found, path+"."+key)
			}
			found = append(found, nulls(path+"."+key, member)...)
		}
	case []any:
		for _, element := range v {
			found = append(found, nulls(path+"[]", element)...)
		}
	}
	return found
}

// anyJSON draws a value with nulls in it, at most so deep.
func anyJSON(t *rapid.T, depth int) any {
	kinds := 4
	if depth > 0 {
		kinds = 6
	}
	switch rapid.IntRange(0, kinds-1).Draw(t, "kind") {
	case 0:
		return nil
	case 1:
		return rapid.Bool().Draw(t, "bool")
	case 2:
		return rapid.Int32().Draw(t, "number")
	case 3:
		return "text"
	case 4:
		list := make([]any, rapid.IntRange(0, 3).Draw(t, "length"))
		for i := range list {
			list[i] = anyJSON(t, depth-1)
		}
		return list
	default:
		object := map[string]any{}
		for range rapid.IntRange(0, 4).Draw(t, "members") {
			object[rapid.StringMatching(`[a-e]`).Draw(t, "key")] = anyJSON(t, depth-1)
		}
		return object
	}
}

// thinned returns a payload with some of what it may leave out left out.
func thinned(t *rapid.T, full core.Payload) core.Payload {
	v := reflect.New(reflect.TypeOf(full)).Elem()
	v.Set(reflect.ValueOf(full))
	for i := range v.NumField() {
		if f := v.Field(i); f.Kind() == reflect.Pointer && rapid.Bool().Draw(t, "left out") {
			f.SetZero()
		}
	}
	return v.Interface().(core.Payload)
}

func TestNoMemberOfAnEventIsNull(t *testing.T) {
	d, tap := dispatch(t, core.Config{App: langflow}, nil)
	s := usage.New(d, usage.Options{App: langflow, Common: core.Props{"edition": "team"}})
	rapid.Check(t, func(t *rapid.T) {
		for range 20 {
			payload := map[string]any{"value": anyJSON(t, 3), "other": anyJSON(t, 1)}
			wantNoError(t, s.Log(t.Context(), "custom", payload))
			wantNoError(t, s.Log(t.Context(), "pointer", struct {
				Nothing *int           `json:"nothing"`
				Inner   map[string]any `json:"inner"`
			}{Inner: payload}))
		}
		for _, p := range payloads {
			wantNoError(t, s.Emit(t.Context(), thinned(t, p.full)))
		}
		wantNoError(t, d.Flush(t.Context()))
		events := tap.PopAll()
		if len(events) != 40+len(payloads) {
			t.Fatalf("%d events came", len(events))
		}
		for _, e := range events {
			var props map[string]any
			if err := json.Unmarshal(e.Properties, &props); err != nil {
				t.Fatal(err)
			}
			if found := nulls(e.Name, props); len(found) > 0 {
				t.Errorf("%v are null in %s", found, e.Properties)
			}
		}
	})
}

func wantNoError(t *rapid.T, err error) {
	if err != nil {
		t.Error(err)
	}
}
