package segment

import (
	"bytes"
	"encoding/json"
	"errors"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// fields are the members of a message, which is valid JSON, and what is wrong with the
// first that was asked for in vain.
type fields struct {
	values map[string][]byte
	err    error
}

// add takes a member; of a key that comes twice the last stands.
func (f *fields) add(key string, value []byte) error {
	switch key {
	case "type", "messageId", "userId", "anonymousId", "event", "name", "category", "groupId", "previousId",
		"properties", "traits", "context", "integrations", "timestamp", "originalTimestamp", "sentAt":
		f.values[key] = value
	}
	return nil
}

// require records an error unless something is so.
func (f *fields) require(so bool, otherwise error) {
	if f.err == nil && !so {
		f.err = otherwise
	}
}

// text returns an id, "" if there is none.
func (f *fields) text(key string) string {
	value, err := text(key, f.values[key])
	f.require(err == nil, err)
	return value
}

// name returns a name, which is never a number.
func (f *fields) name(key string) string {
	value := f.values[key]
	f.require(isNull(value) || value[0] == '"', errors.New(key+" must be a string"))
	return f.text(key)
}

func (f *fields) object(key string) core.Props {
	value, err := object(key, f.values[key])
	f.require(err == nil, err)
	return value
}

// time returns the zero time for what is not a time: to take the event late is better than
// never, for its sender learns of neither.
func (f *fields) time(key string) time.Time {
	s, _ := text(key, f.values[key])
	return parseTime(s)
}

func isNull(value []byte) bool { return len(value) == 0 || value[0] == 'n' }

// text reads a string. Programs hand the numbers of their databases to the libraries as ids,
// and not every library makes strings of them: a number counts as its digits.
func text(key string, value []byte) (s string, err error) {
	switch {
	case isNull(value):
	case value[0] == '"':
		err = json.Unmarshal(value, &s)
	case value[0] == '-' || value[0] >= '0' && value[0] <= '9':
		s = string(value)
	default:
		err = errors.New(key + " must be a string")
	}
	return s, err
}

// object reads an object. An empty array is one without members: PHP cannot tell them apart.
func object(key string, value []byte) (props core.Props, err error) {
	switch {
	case isNull(value):
	case value[0] == '{':
		dec := json.NewDecoder(bytes.NewReader(value))
		dec.UseNumber()
		err = dec.Decode(&props)
	case value[0] != '[' || len(bytes.TrimSpace(value[1:len(value)-1])) > 0:
		err = errors.New(key + " must be an object")
	}
	return props, err
}

// plain returns a decoded string, or number as its digits, "" for anything else.
func plain(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case json.Number:
		return v.String()
	}
	return ""
}
