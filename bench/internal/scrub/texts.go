package scrub

import (
	"encoding/json"
	"strings"
)

// Texts is a scrubber of what cleans a text and is told the key that it is under. The texts are all strings and
// numbers of an object; those of a list are under the key of the list.
func Texts(clean func(key, text string) string) Scrubber {
	return &Each[*document]{
		Take: func(object []byte) (*document, error) {
			root, err := Decode(object)
			d := &document{root: root}
			d.root = d.read("", root)
			return d, err
		},
		Clean: func(d *document) (*document, error) {
			for _, t := range d.texts {
				t.cleaned = clean(t.key, t.text)
			}
			return d, nil
		},
		Give: func(d *document) (any, error) { return d.root, nil },
	}
}

// document is a decoded object, with the texts in it as [*text].
type document struct {
	root  any
	texts []*text
}

// text is a string or a number.
type text struct {
	key, text string
	was       any
	cleaned   string
}

// MarshalJSON leaves a number that nothing was found in a number.
func (t *text) MarshalJSON() ([]byte, error) {
	if t.cleaned == t.text {
		return json.Marshal(t.was)
	}
	return json.Marshal(t.cleaned)
}

// read returns a value with its texts replaced by what cleaning changes.
func (d *document) read(key string, value any) any {
	add := func(s string) *text {
		t := &text{key: key, text: s, was: value, cleaned: s}
		d.texts = append(d.texts, t)
		return t
	}
	switch v := value.(type) {
	case string:
		return add(v)
	case json.Number:
		return add(v.String())
	case map[string]any:
		for k, member := range v {
			v[k] = d.read(k, member)
		}
	case []any:
		for i, element := range v {
			v[i] = d.read(key, element)
		}
	}
	return value
}

// Mask is what takes the place of something that was found.
const Mask = "[redacted]"

// Without returns a text without what a detector has found in it. What is not in the text as it stands was decoded
// from it, and so the whole text goes.
func Without(text string, found ...string) string {
	var gone []bool // the bytes of the text that go
	for _, secret := range found {
		if secret == "" {
			continue
		}
		if !strings.Contains(text, secret) {
			return Mask
		}
		if gone == nil {
			gone = make([]bool, len(text))
		}
		for at := 0; ; at++ {
			next := strings.Index(text[at:], secret)
			if next < 0 {
				break
			}
			at += next
			for i := range len(secret) {
				gone[at+i] = true
			}
		}
	}
	if gone == nil {
		return text
	}
	var b strings.Builder
	for i := range len(text) {
		switch {
		case !gone[i]:
			b.WriteByte(text[i])
		case i == 0 || !gone[i-1]:
			b.WriteString(Mask)
		}
	}
	return b.String()
}
