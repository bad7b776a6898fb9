package expressions

import (
	"bytes"
	"encoding/json"
	"strconv"

	"github.com/headgate-dev/headgate/core"
)

// uses are what an expression reads of an event; nothing else is decoded for it.
type uses struct {
	names   map[string]int             // how often each is named
	members map[string]map[string]bool // of props and context, those that are named outright
	direct  map[string]int             // how often that is
}

func (u *uses) named(name string) {
	if u.names == nil {
		u.names = make(map[string]int)
	}
	u.names[name]++
}

func (u *uses) member(of, key string) {
	if u.members == nil {
		u.members, u.direct = make(map[string]map[string]bool), make(map[string]int)
	}
	if u.members[of] == nil {
		u.members[of] = make(map[string]bool)
	}
	u.members[of][key] = true
	u.direct[of]++
}

// of returns what an expression sees of an event.
func (u *uses) of(s core.Sealed) event {
	var e event
	whole := u.names["$env"] > 0
	text := func(name string, value func() string) string {
		if whole || u.names[name] > 0 {
			return value()
		}
		return ""
	}
	e.Name = text("name", s.Name)
	e.Kind = text("kind", func() string { return s.Kind().String() })
	e.ID = text("id", s.ID)
	e.UserID = text("user_id", s.UserID)
	e.AnonymousID = text("anonymous_id", s.AnonymousID)
	e.SessionID = text("session_id", s.SessionID)
	e.Time = s.Time()
	e.Props = u.object("props", whole, s.Props)
	e.Context = u.object("context", whole, s.Context)
	return e
}

// object decodes the members of props or context that are used.
func (u *uses) object(name string, whole bool, object func() core.Object) map[string]any {
	all := whole || u.names[name] > u.direct[name]
	if !all && u.names[name] == 0 {
		return nil
	}
	members := make(map[string]any)
	for key, value := range object().All() {
		if all || u.members[name][key] {
			members[key] = decode(value)
		}
	}
	return members
}

// decode returns a value as the language has it: whole numbers as int, others as float64.
func decode(v core.Value) any {
	switch v.Kind() {
	case core.ValueString:
		return v.Text()
	case core.ValueBool:
		return v.Text() == "true"
	case core.ValueNumber:
		return number(string(v.Raw()))
	case core.ValueArray, core.ValueObject:
		var decoded any
		d := json.NewDecoder(bytes.NewReader(v.Raw()))
		d.UseNumber()
		if d.Decode(&decoded) == nil {
			return numbers(decoded)
		}
	}
	return nil
}

func number(text string) any {
	if n, err := strconv.Atoi(text); err == nil {
		return n
	}
	f, _ := strconv.ParseFloat(text, 64)
	return f
}

// numbers replaces every number within a decoded value.
func numbers(v any) any {
	switch v := v.(type) {
	case json.Number:
		return number(v.String())
	case []any:
		for i := range v {
			v[i] = numbers(v[i])
		}
	case map[string]any:
		for key, value := range v {
			v[key] = numbers(value)
		}
	}
	return v
}
