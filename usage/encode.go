package usage

import (
	"bytes"
	"encoding/json"
	"fmt"

	"github.com/headgate-dev/headgate/core"
)

// encode returns the properties of a payload: those that its JSON has and that are not null. A
// payload may be anything whose JSON is an object, or nil for no properties.
func encode(payload any) (props core.Props, err error) {
	text, err := marshal(payload)
	if err != nil {
		return nil, err
	}
	dec := json.NewDecoder(bytes.NewReader(text))
	dec.UseNumber() // a float64 would change large integers
	var v any
	if err := dec.Decode(&v); err != nil {
		return nil, err
	}
	switch v := v.(type) {
	case map[string]any:
		dropNulls(v)
		return v, nil
	case nil:
		return core.Props{}, nil
	default:
		return nil, fmt.Errorf("it is encoded as a %T, not as an object", v)
	}
}

// dropNulls removes the members that are null, at any depth. In an array, where a place has a
// meaning, null stays.
func dropNulls(v any) {
	switch v := v.(type) {
	case map[string]any:
		for key, member := range v {
			if member == nil {
				delete(v, key)
			} else {
				dropNulls(member)
			}
		}
	case []any:
		for _, element := range v {
			dropNulls(element)
		}
	}
}

// refused stands in the books for an event that the service itself does not take.
type refused struct{}

// EventName returns a name that is never seen.
func (refused) EventName() string { return "refused" }

// MarshalJSON fails, which has the dispatcher count the event as rejected.
func (refused) MarshalJSON() ([]byte, error) { return nil, core.ErrInvalidEvent }
