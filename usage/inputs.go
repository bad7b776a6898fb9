package usage

import (
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"maps"
	"slices"
	"strings"
	"unicode/utf8"
)

// ComponentInputs are the values a component was given. Only those that its author has marked
// as fit for telemetry belong here.
type ComponentInputs struct {
	RunID  string         `json:"componentRunId" headgate:"public" doc:"which run of the flow"`
	ID     string         `json:"componentId" headgate:"public" doc:"the component in the flow, such as ChatInput-aB3dE"`
	Name   string         `json:"componentName" headgate:"public" doc:"the kind of component, such as ChatInput"`
	Inputs map[string]any `json:"componentInputs" doc:"the values of the inputs that their author has marked as fit: cleaned"`

	// ChunkIndex, from 0, and TotalChunks are set by Split.
	ChunkIndex  *int64 `json:"chunkIndex,omitempty" headgate:"public" doc:"which part this is, from 0"`
	TotalChunks *int64 `json:"totalChunks,omitempty" headgate:"public" doc:"in how many parts the inputs came"`
}

// EventName returns "component_inputs".
func (ComponentInputs) EventName() string { return EndpointComponentInputs }

const (
	// maxInputs is what the service splits inputs at: Segment takes messages of 32 KB, and
	// nobody else less, https://segment.com/docs/connections/sources/catalog/libraries/server/http-api/#max-request-size.
	maxInputs = 16 << 10
	truncated = "...[truncated]" // what the original writes
	// maxChunks bounds the digits of chunkIndex and totalChunks.
	maxChunks = 999_999
)

// Split returns the inputs in chunks whose JSON has at most maxBytes bytes each, in the order of
// their keys. What fits as it is comes back alone and unchanged. A value that does not fit in a
// chunk of its own is cut, as the text of its JSON unless it is a string, and so is a key
// that leaves no room for its value. A value that has no JSON is replaced by its type.
// There is always room for the ids, the name and 256 bytes of inputs.
func (p ComponentInputs) Split(maxBytes int) []ComponentInputs {
	if p.Inputs == nil {
		p.Inputs = map[string]any{}
	}
	if size, err := marshal(p); err == nil && len(size) <= maxBytes {
		return []ComponentInputs{p}
	}
	room := max(maxBytes-p.overhead(), 256)
	var chunks []ComponentInputs
	open := 0 // bytes of the last chunk's members
	for _, key := range slices.Sorted(maps.Keys(p.Inputs)) {
		name, value, size := fit(key, p.Inputs[key], room)
		if len(chunks) == 0 || open+size > room {
			chunk := p
			chunk.Inputs = map[string]any{}
			chunks, open = append(chunks, chunk), 0
		}
		chunks[len(chunks)-1].Inputs[name] = value
		open += size + len(`,`)
	}
	for i := range chunks {
		chunks[i].ChunkIndex, chunks[i].TotalChunks = new(int64(i)), new(int64(len(chunks)))
	}
	return chunks
}

// overhead is the size of a chunk without its inputs.
func (p ComponentInputs) overhead() int {
	p.Inputs, p.ChunkIndex, p.TotalChunks = map[string]any{}, new(int64(maxChunks)), new(int64(maxChunks))
	text, _ := marshal(p) // strings and numbers cannot fail
	return len(text)
}

// fit returns an input whose JSON, as a member of an object, has at most room bytes, and how
// many it has.
func fit(key string, value any, room int) (name string, fitting any, size int) {
	encoded, err := marshal(value)
	if err != nil {
		value = fmt.Sprintf("[%T]", value)
		encoded, _ = marshal(value)
	}
	if quotedSize(key) > room/2 {
		sum := sha256.Sum256([]byte(key)) // keys that begin alike stay apart
		key = cut(key, room/2-9) + "~" + hex.EncodeToString(sum[:4])
	}
	rest := room - quotedSize(key) - len(`:`)
	if len(encoded) > rest {
		text, isText := value.(string)
		if !isText {
			text = string(encoded)
		}
		value = cut(text, rest)
		encoded, _ = marshal(value)
	}
	return key, value, quotedSize(key) + len(`:`) + len(encoded)
}

// cut returns the longest beginning of a text that, with a mark that it was cut, has a JSON of at
// most size bytes.
func cut(text string, size int) string {
	size -= quotedSize(truncated)
	end := 0
	for end < len(text) {
		r, n := utf8.DecodeRuneInString(text[end:])
		if size -= quotedRune(r, n); size < 0 {
			break
		}
		end += n
	}
	return strings.ToValidUTF8(text[:end], "\uFFFD") + truncated
}

// quotedSize is the size of a string in JSON, as encoding/json writes it.
func quotedSize(s string) int {
	size := len(`""`)
	for i := 0; i < len(s); {
		r, n := utf8.DecodeRuneInString(s[i:])
		size += quotedRune(r, n)
		i += n
	}
	return size
}

// quotedRune bounds the size of a rune of n bytes in a JSON string from above.
func quotedRune(r rune, n int) int {
	switch {
	case r < 0x20, r == 0x7f, r == '<', r == '>', r == '&', r == 0x2028, r == 0x2029, r == utf8.RuneError:
		return len(`\u0000`)
	case r == '"', r == '\\':
		return 2
	}
	return n
}

// marshal is json.Marshal that survives the methods of the value.
func marshal(v any) (text []byte, err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("encoding it panicked with a %T", p)
		}
	}()
	return json.Marshal(v)
}
