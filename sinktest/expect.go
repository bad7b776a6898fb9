package sinktest

import (
	"bytes"
	"encoding/json"
	"fmt"
	"maps"
	"reflect"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Special values of a property or of the context in an expected event.
const (
	// Any stands for whatever value there is.
	Any = presence("any value")
	// Absent says that there is no such property.
	Absent = presence("absent")
)

// presence is the type of [Any] and [Absent].
type presence string

// String returns what the value stands for.
func (p presence) String() string { return string(p) }

// mismatches says in what an event differs from what was expected of it.
func mismatches(got, want core.Event) (list []string) {
	differ := func(field string, got, want any) {
		list = append(list, fmt.Sprintf("%s is %v, want %v", field, got, want))
	}
	if got.Kind != want.Kind {
		differ("kind", got.Kind, want.Kind)
	}
	for _, f := range []struct{ name, got, want string }{
		{"name", got.Name, want.Name}, {"id", got.ID, want.ID}, {"user_id", got.UserID, want.UserID},
		{"anonymous_id", got.AnonymousID, want.AnonymousID}, {"session_id", got.SessionID, want.SessionID},
	} {
		if f.want != "" && f.got != f.want {
			differ(f.name, fmt.Sprintf("%q", f.got), fmt.Sprintf("%q", f.want))
		}
	}
	if !want.Time.IsZero() && !got.Time.Equal(want.Time) {
		differ("time", got.Time.Format(time.RFC3339Nano), want.Time.Format(time.RFC3339Nano))
	}
	list = append(list, propMismatches("properties", got.Props, want.Props)...)
	return append(list, propMismatches("context", got.Context, want.Context)...)
}

// propMismatches compares the members that are named.
func propMismatches(of string, got, want core.Props) (list []string) {
	for _, key := range slices.Sorted(maps.Keys(want)) {
		g, has := got[key]
		w := want[key]
		switch {
		case w == Absent && has:
			list = append(list, fmt.Sprintf("%s.%s is %s, want it absent", of, key, spelled(g)))
		case w == Absent:
		case !has:
			list = append(list, fmt.Sprintf("%s.%s is absent, want %s", of, key, spelled(w)))
		case w != Any && !equal(g, w):
			list = append(list, fmt.Sprintf("%s.%s is %s, want %s", of, key, spelled(g), spelled(w)))
		}
	}
	return list
}

// equal compares two values by the JSON they have.
func equal(a, b any) bool {
	x, errX := plain(a)
	y, errY := plain(b)
	return errX == nil && errY == nil && reflect.DeepEqual(x, y)
}

// plain returns a value as JSON has it, with one form for each number.
func plain(v any) (any, error) {
	text, err := json.Marshal(v)
	if err != nil {
		return nil, err
	}
	decoder := json.NewDecoder(bytes.NewReader(text))
	decoder.UseNumber()
	var decoded any
	err = decoder.Decode(&decoded)
	return normal(decoded), err
}

func normal(v any) any {
	switch v := v.(type) {
	case json.Number:
		if f, err := v.Float64(); err == nil && strings.ContainsAny(v.String(), ".eE") {
			return json.Number(strconv.FormatFloat(f, 'f', -1, 64))
		}
	case []any:
		for i := range v {
			v[i] = normal(v[i])
		}
	case map[string]any:
		for key := range v {
			v[key] = normal(v[key])
		}
	}
	return v
}

func spelled(v any) string {
	if p, ok := v.(presence); ok {
		return p.String()
	}
	text, err := json.Marshal(v)
	if err != nil {
		return fmt.Sprintf("%v", v)
	}
	return string(text)
}

func matches(got, want core.Event) bool { return len(mismatches(got, want)) == 0 }

func inOrder(got, want []core.Event) bool { return slices.EqualFunc(got, want, matches) }

// inAnyOrder reports whether each event can be given one that was expected.
func inAnyOrder(got, want []core.Event) bool {
	return len(got) == len(want) && len(pair(got, want)) == len(want)
}

// pair finds as many pairs of an event and one that was expected as there can be, by the index of what
// was expected: an expectation that says little must not take the event of one that says more.
func pair(got, want []core.Event) map[int]int {
	ofGot, ofWant := map[int]int{}, map[int]int{}
	var find func(w int, tried map[int]bool) bool
	find = func(w int, tried map[int]bool) bool {
		for g := range got {
			if tried[g] || !matches(got[g], want[w]) {
				continue
			}
			tried[g] = true
			if other, taken := ofGot[g]; !taken || find(other, tried) {
				ofGot[g], ofWant[w] = w, g
				return true
			}
		}
		return false
	}
	for w := range want {
		find(w, map[int]bool{})
	}
	return ofWant
}

// difference shows what was expected and has not come (-), what has come and was not expected (+), and,
// of those with one name, what is different.
func difference(got, want []core.Event) string {
	pairs := pair(got, want)
	used := map[int]bool{}
	for _, g := range pairs {
		used[g] = true
	}
	var text strings.Builder
	for w := range want {
		if _, ok := pairs[w]; ok {
			continue
		}
		near := slices.IndexFunc(got, func(e core.Event) bool { return e.Name == want[w].Name })
		for g := range got {
			if got[g].Name == want[w].Name && !used[g] {
				near = g
				break
			}
		}
		fmt.Fprintf(&text, "  - %s\n", describe(want[w]))
		if near >= 0 && !used[near] {
			used[near] = true
			fmt.Fprintf(&text, "  + %s\n      %s\n", brief(got[near]), strings.Join(mismatches(got[near], want[w]), "\n      "))
		}
	}
	for g := range got {
		if !used[g] {
			fmt.Fprintf(&text, "  + %s\n", brief(got[g]))
		}
	}
	if text.Len() == 0 { // the same events in another order
		for g := range got {
			fmt.Fprintf(&text, "  %d. came %s\n     want %s\n", g+1, brief(got[g]), describe(want[g]))
		}
	}
	return text.String()
}

// brief is describe without what nobody has chosen, as a rule.
func brief(e core.Event) string {
	e.ID, e.AnonymousID = "", ""
	return describe(e)
}

// describe is an event on one line: what is set of it.
func describe(e core.Event) string {
	text := e.Name
	if text == "" {
		text = "(any name)"
	}
	if e.Kind != core.KindTrack {
		text = e.Kind.String() + " " + text
	}
	for _, f := range []struct{ name, value string }{{"id", e.ID}, {"user_id", e.UserID}, {"anonymous_id", e.AnonymousID}, {"session_id", e.SessionID}} {
		if f.value != "" {
			text += fmt.Sprintf(" %s=%q", f.name, f.value)
		}
	}
	return text + describeProps(" ", e.Props) + describeProps(" context=", e.Context)
}

func describeProps(before string, p core.Props) string {
	if len(p) == 0 {
		return ""
	}
	var members []string
	for _, key := range slices.Sorted(maps.Keys(p)) {
		members = append(members, key+": "+spelled(p[key]))
	}
	return before + "{" + strings.Join(members, ", ") + "}"
}
