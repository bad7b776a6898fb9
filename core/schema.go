package core

import (
	"encoding/json"
	"maps"
	"reflect"
	"slices"
	"strings"
	"sync"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// Schema is what the properties of a payload are declared to be, by the tags of its fields:
//
//	type Run struct {
//		Seconds int64  `json:"runSeconds" headgate:"public" doc:"how long it took"`
//		ID      string `json:"runId" headgate:"public" doc:"which run"`
//		Error   string `json:"runErrorMessage" headgate:"text" doc:"why it failed"`
//	}
//
// A public property is known to tell nothing of a person and to be no secret: a number, a boolean, a
// word of a few, an id of the program's own. It is not scanned, but for a text that is no
// single short word, which is scanned as any. A text is known, and scanned. Under sanitize:
// strict both pass, as if they were among the allowed keys. What a denied key or a
// credential of the configuration is, stays that.
type Schema struct {
	// Fields are all properties, in the order of the struct, also those without a tag.
	Fields []SchemaField

	classes map[string]string // by name, of those with a tag
}

// SchemaField is one property of a payload.
type SchemaField struct {
	Name string
	// Type is "text", "true or false", "integer", "number", "object", "list" or "time".
	Type string
	// Class is "public", "text", or "" if it is not declared.
	Class string
	// Optional is whether it may be left out.
	Optional bool
	// Doc says what it is.
	Doc string
}

// The classes of a field.
const (
	classPublic = "public"
	classText   = "text"
)

// SchemaOf returns the schema of a payload, by its type; nil if it is no struct. Embedded structs,
// which encoding/json flattens, are not looked into.
func SchemaOf(payload any) *Schema {
	t := reflect.TypeOf(payload)
	for t != nil && t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	if t == nil || t.Kind() != reflect.Struct {
		return nil
	}
	s := &Schema{classes: make(map[string]string)}
	for i := range t.NumField() {
		f := t.Field(i)
		name, options, _ := strings.Cut(f.Tag.Get("json"), ",")
		if !f.IsExported() || f.Anonymous || name == "-" && options == "" {
			continue
		}
		if name == "" {
			name = f.Name
		}
		field := SchemaField{
			Name: name, Type: typeName(f.Type), Class: f.Tag.Get("headgate"), Doc: f.Tag.Get("doc"),
			Optional: strings.Contains(options, "omitempty") || strings.Contains(options, "omitzero"),
		}
		if field.Class == classPublic || field.Class == classText {
			s.classes[name] = field.Class
		}
		s.Fields = append(s.Fields, field)
	}
	return s
}

// typeName names a type for people.
func typeName(t reflect.Type) string {
	for t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch {
	case t.PkgPath() == "time" && t.Name() == "Time":
		return "time"
	case t.Kind() == reflect.Bool:
		return "true or false"
	case t.Kind() >= reflect.Int && t.Kind() <= reflect.Uintptr:
		return "integer"
	case t.Kind() == reflect.Float32 || t.Kind() == reflect.Float64:
		return "number"
	case t.Kind() == reflect.Slice || t.Kind() == reflect.Array:
		return "list"
	case t.Kind() == reflect.Map || t.Kind() == reflect.Struct:
		return "object"
	}
	return "text"
}

// schemas remembers the schemas of the payloads that a dispatcher was given.
type schemas struct{ byType sync.Map } // reflect.Type to *Schema, nil for one that declares nothing

func (s *schemas) of(payload any) *Schema {
	t := reflect.TypeOf(payload)
	known, ok := s.byType.Load(t)
	if !ok {
		schema := SchemaOf(payload)
		if schema != nil && len(schema.classes) == 0 {
			schema = nil
		}
		known, _ = s.byType.LoadOrStore(t, schema)
	}
	return known.(*Schema)
}

// declared is what sealing needs to know to let declared properties pass.
type declared struct {
	strict *sanitize.Sanitizer // of known texts under sanitize: strict, else nil
	deny   *sanitize.Sanitizer // knows the denied keys; nil if there are none
	denied sync.Map            // string to bool
}

func newDeclared(o sanitize.Options) (*declared, error) {
	d := &declared{}
	var err error
	if len(o.DenyKeys) > 0 {
		if d.deny, err = sanitize.New(sanitize.Options{DenyKeys: o.DenyKeys}); err != nil {
			return nil, err
		}
	}
	if o.Mode == "strict" {
		o.Mode = "standard"
		d.strict, err = sanitize.New(o)
	}
	return d, err
}

// countIn has what is found in known texts counted.
func (d *declared) countIn(t *sanitize.Tally) {
	if d != nil && d.strict != nil {
		d.strict.CountIn(t)
	}
}

// denies reports whether a key is denied, in whatever spelling.
func (d *declared) denies(key string) bool {
	if d.deny == nil {
		return false
	}
	if known, ok := d.denied.Load(key); ok {
		return known.(bool)
	}
	enc := d.deny.Encoder()
	defer enc.Release()
	denied := strings.Contains(string(enc.AppendMap(nil, map[string]any{key: "x"})), "denied")
	d.denied.Store(key, denied)
	return denied
}

// appendDeclared appends properties of which some are declared, given as the text of an object, in
// their order.
func (d *declared) appendDeclared(dst []byte, enc *sanitize.Encoder, schema *Schema, raw []byte) ([]byte, error) {
	var known, others []byte
	public := make(map[string][]byte, len(schema.classes))
	for quotedKey, value, rest, ok := nextMember(raw); ok; quotedKey, value, rest, ok = nextMember(rest) {
		key := unquote(quotedKey)
		to := &others
		switch class := schema.classes[key]; {
		case class == "" || d.denies(key):
		case class == classPublic && isWord(value):
			public[key] = value
			continue
		case d.strict != nil:
			to = &known
		}
		*to = append(append(append(separated(*to), quotedKey...), ':'), value...)
	}
	before := len(enc.Findings())
	if known != nil {
		lenient := d.strict.Encoder()
		defer lenient.Release()
		if enc.Recording() {
			lenient.Record()
		}
		clean, err := lenient.AppendObject(nil, append(known, '}'))
		if err != nil {
			return dst, err
		}
		known = clean
		enc.Note(lenient.Findings()...)
	}
	if others != nil {
		clean, err := enc.AppendObject(nil, append(others, '}'))
		if err != nil {
			return dst, err
		}
		others = clean
	}
	sortFindings(enc.Findings()[before:], raw)
	return appendInOrder(dst, raw, public, known, others), nil
}

// sortFindings puts findings into the order of the members they were made in.
func sortFindings(findings []sanitize.Finding, raw []byte) {
	if len(findings) < 2 {
		return
	}
	var keys []string
	for key, _, rest, ok := nextMember(raw); ok; key, _, rest, ok = nextMember(rest) {
		keys = append(keys, unquote(key))
	}
	place := func(f sanitize.Finding) int {
		i := slices.IndexFunc(keys, func(key string) bool {
			rest, ok := strings.CutPrefix(f.Path, key)
			return ok && (rest == "" || rest[0] == '.' || rest[0] == '[')
		})
		if i < 0 { // its key was changed
			return len(keys)
		}
		return i
	}
	slices.SortStableFunc(findings, func(a, b sanitize.Finding) int { return place(a) - place(b) })
}

// appendInOrder appends an object of members that are public or clean, in the order that the raw
// text has them in. Members whose key was changed come last.
func appendInOrder(dst, raw []byte, public map[string][]byte, clean ...[]byte) []byte {
	begin := len(dst)
	add := func(key, value []byte) {
		if dst = append(dst, ','); len(dst) == begin+1 {
			dst[begin] = '{'
		}
		dst = append(append(append(dst, key...), ':'), value...)
	}
	values := make(map[string][]byte)
	var keys [][]byte
	for _, object := range clean {
		for key, value, rest, ok := nextMember(object); ok; key, value, rest, ok = nextMember(rest) {
			values[unquote(key)] = value
			keys = append(keys, key)
		}
	}
	for key, _, rest, ok := nextMember(raw); ok; key, _, rest, ok = nextMember(rest) {
		name := unquote(key)
		if value, ok := public[name]; ok {
			add(key, value)
			delete(public, name)
		} else if value, ok := values[name]; ok {
			add(key, value)
			delete(values, name)
		}
	}
	for _, key := range keys {
		if value, ok := values[unquote(key)]; ok {
			add(key, value)
		}
	}
	if len(dst) == begin {
		dst = append(dst, '{')
	}
	return append(dst, '}')
}

// maxWord bounds a public text: an id, a version, a word of a few.
const maxWord = 64

// isWord reports whether a value can be public as it is: a number, a boolean, null, or a short text
// in which there is nothing to find.
func isWord(value []byte) bool {
	if len(value) == 0 {
		return false
	}
	switch value[0] {
	case '{', '[':
		return false
	case '"':
	default:
		return true
	}
	if len(value) > maxWord+2 {
		return false
	}
	for _, c := range value[1 : len(value)-1] {
		switch {
		case 'a' <= c && c <= 'z', 'A' <= c && c <= 'Z', '0' <= c && c <= '9', strings.IndexByte("._:+-", c) >= 0:
		default:
			return false
		}
	}
	return true
}

// compactObject encodes a map of properties so that its members can be told apart.
func compactObject(props map[string]any) ([]byte, bool) {
	raw := []byte{}
	for _, key := range slices.Sorted(maps.Keys(props)) {
		value, err := json.Marshal(props[key])
		if err != nil {
			return nil, false
		}
		raw = append(append(append(separated(raw), quoted(key)...), ':'), value...)
	}
	if len(raw) == 0 {
		return []byte("{}"), true
	}
	return append(raw, '}'), true
}
