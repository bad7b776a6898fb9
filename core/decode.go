package core

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"strings"
	"time"
)

// wireEvent is the JSON form of an event, as POST /v1/events takes it.
type wireEvent struct {
	ID          string    `json:"id"`
	Name        *string   `json:"name"`
	Kind        string    `json:"kind"`
	Time        *wireTime `json:"time"`
	UserID      string    `json:"user_id"`
	AnonymousID string    `json:"anonymous_id"`
	SessionID   string    `json:"session_id"`
	Unlinkable  bool      `json:"unlinkable"`
	Props       Props     `json:"properties"`
	Context     Props     `json:"context"`
}

// wireTime is an RFC 3339 time. Its error does not repeat the text, which is the sender's.
type wireTime struct{ time.Time }

func (t *wireTime) UnmarshalJSON(data []byte) error {
	var s string
	if err := json.Unmarshal(data, &s); err != nil {
		return errors.New("time must be a string")
	}
	parsed, err := time.Parse(time.RFC3339Nano, s)
	if err != nil {
		return errors.New("time must be RFC 3339, such as 2026-01-02T15:04:05Z")
	}
	t.Time = parsed
	return nil
}

// DecodeEvent reads one event in the form that POST /v1/events takes: a JSON object
// with "name" and, optionally, "id", "time" (RFC 3339), "user_id", "anonymous_id",
// "session_id", "properties", "context", "kind" (see [Kind]) and "unlinkable". Other members are ignored. Numbers keep
// their digits, as [json.Number]. The error wraps [ErrInvalidEvent], says what is
// wrong, and repeats nothing of data.
func DecodeEvent(data []byte) (Event, error) {
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	var w wireEvent
	if err := dec.Decode(&w); err != nil {
		return Event{}, fmt.Errorf("%w: %s", ErrInvalidEvent, describeJSONError(err))
	}
	if _, err := dec.Token(); err != io.EOF {
		return Event{}, fmt.Errorf("%w: text after the JSON object", ErrInvalidEvent)
	}
	if w.Name == nil {
		return Event{}, fmt.Errorf("%w: name is missing", ErrInvalidEvent)
	}
	kind, ok := ParseKind(w.Kind)
	if !ok {
		return Event{}, fmt.Errorf("%w: kind must be one of %s", ErrInvalidEvent, strings.Join(kindNames[:], ", "))
	}
	e := Event{
		ID: w.ID, Kind: kind, Name: *w.Name, UserID: w.UserID, AnonymousID: w.AnonymousID, SessionID: w.SessionID, Unlinkable: w.Unlinkable,
		Props: w.Props, Context: w.Context,
	}
	if w.Time != nil {
		e.Time = w.Time.Time
	}
	return e, nil
}

// describeJSONError says what is wrong without repeating the input, which
// encoding/json does for numbers and offending characters.
func describeJSONError(err error) string {
	var wrongType *json.UnmarshalTypeError
	var syntax *json.SyntaxError
	switch {
	case errors.As(err, &wrongType) && wrongType.Field != "":
		return fmt.Sprintf("%s must be %s", wrongType.Field, jsonTypeName(wrongType))
	case errors.As(err, &wrongType):
		return "not a JSON object"
	case errors.As(err, &syntax):
		return fmt.Sprintf("not valid JSON at byte %d", syntax.Offset)
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return "not valid JSON: it ends too early"
	default:
		return err.Error() // of wireTime
	}
}

func jsonTypeName(err *json.UnmarshalTypeError) string {
	if err.Type.Kind().String() == "map" {
		return "an object"
	}
	return "a string"
}
