package mixpanel

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"iter"
	"strconv"
	"strings"
)

// protocolKeys are properties that mean something to Mixpanel: one from a caller would
// overwrite who and when, or make the event vanish ($ignore, bucket). All that start with
// "$" or "mp_" are among them.
// https://docs.mixpanel.com/docs/data-structure/property-reference/reserved-properties
var protocolKeys = setOf("token", "time", "ip", "distinct_id", "alias", "bucket", "id")

// propertyName returns the name under which a caller's property is sent.
func propertyName(original string) string {
	if original == "" || protocolKeys[original] || strings.HasPrefix(original, "$") || strings.HasPrefix(original, "mp_") {
		return "x_" + original
	}
	return original
}

// eventName returns the name under which an event is sent. Names that start with "$"
// are Mixpanel's own.
func eventName(original string) string {
	name := original
	if strings.HasPrefix(name, "$") {
		name = "x_" + name
	}
	if len(name) > maxName {
		name = marked(name, original)
	}
	return name
}

// changedName says what becomes of an event's name that Mixpanel does not take.
func changedName(_ Config, prefix, name string) string {
	if sent := eventName(prefix + name); sent != prefix+name {
		return fmt.Sprintf("is sent as %q: Mixpanel does not take that name", sent)
	}
	return ""
}

// marked returns name, cut if need be, with a hash of what it stands for.
func marked(name, original string) string {
	sum := sha256.Sum256([]byte(original))
	mark := "_" + hex.EncodeToString(sum[:4])
	return cutText(name, maxName-len(mark)) + mark
}

// rename returns name, made different from those taken, to which it is added, and counts
// if it is not the original.
func (m *mapper) rename(original, name string, taken map[string]bool) string {
	wish := name
	if len(name) > maxName {
		name = marked(wish, original)
	}
	for n := 1; taken[name]; n++ {
		salted := original
		if n > 1 {
			salted += "\x00" + strconv.Itoa(n)
		}
		name = marked(wish, salted)
	}
	taken[name] = true
	if name != original {
		m.changes.Renamed++
	}
	return name
}

// membersOf iterates over the members of a JSON object in their order.
func membersOf(raw []byte) iter.Seq2[string, json.RawMessage] {
	return func(yield func(string, json.RawMessage) bool) {
		d := json.NewDecoder(bytes.NewReader(raw))
		if _, err := d.Token(); err != nil {
			return
		}
		for d.More() {
			key, err := d.Token()
			var value json.RawMessage
			if err != nil || d.Decode(&value) != nil {
				return
			}
			if name, ok := key.(string); !ok || !yield(name, value) {
				return
			}
		}
	}
}
