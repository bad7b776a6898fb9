package core

import (
	"context"
	"errors"
	"strings"
	"testing"
	"testing/synctest"

	"github.com/google/go-cmp/cmp"
	"github.com/headgate-dev/headgate/core/sanitize"
	"pgregory.net/rapid"
)

func constant(v any) func(Sealed) (any, error) { return func(Sealed) (any, error) { return v, nil } }

func TestASinkGetsThePropertiesAsItsConfigurationSays(t *testing.T) {
	props := Props{"runSeconds": 3, "runSuccess": true, "note": "a \"b\" é"}
	for name, c := range map[string]struct {
		edit Edit
		want string
	}{
		"dropped":                         {Edit{Drop: []string{"run*"}}, `{"note":"a \"b\" é"}`},
		"all but one dropped":             {Edit{Drop: []string{"*", "!runSeconds"}}, `{"runSeconds":3}`},
		"all dropped":                     {Edit{Drop: []string{"*"}}, ``},
		"renamed":                         {Edit{Rename: map[string]string{"note": "re\"mark"}}, `{"re\"mark":"a \"b\" é","runSeconds":3,"runSuccess":true}`},
		"renamed over another":            {Edit{Rename: map[string]string{"runSeconds": "runSuccess"}}, `{"note":"a \"b\" é","runSuccess":3}`},
		"swapped":                         {Edit{Rename: map[string]string{"runSeconds": "runSuccess", "runSuccess": "runSeconds"}}, `{"note":"a \"b\" é","runSuccess":3,"runSeconds":true}`},
		"renamed, but not there":          {Edit{Rename: map[string]string{"nothing": "note"}}, `{"note":"a \"b\" é","runSeconds":3,"runSuccess":true}`},
		"set":                             {Edit{Set: map[string]func(Sealed) (any, error){"source": constant("cli"), "note": constant(nil)}}, `{"runSeconds":3,"runSuccess":true,"source":"cli"}`},
		"set from what is dropped":        {Edit{Drop: []string{"*"}, Set: map[string]func(Sealed) (any, error){"n": func(s Sealed) (any, error) { v, _ := s.Props().Lookup("runSeconds"); return v.Text() + "s", nil }}}, `{"n":"3s"}`},
		"set by what fails":               {Edit{Set: map[string]func(Sealed) (any, error){"note": func(Sealed) (any, error) { return 1, errors.New("no") }}}, `{"runSeconds":3,"runSuccess":true}`},
		"set by what panics":              {Edit{Set: map[string]func(Sealed) (any, error){"note": func(Sealed) (any, error) { panic("no") }}}, `{"runSeconds":3,"runSuccess":true}`},
		"set over what another became":    {Edit{Rename: map[string]string{"note": "x"}, Set: map[string]func(Sealed) (any, error){"x": constant(1)}}, `{"runSeconds":3,"runSuccess":true,"x":1}`},
		"what is set is sanitised by key": {Edit{Drop: []string{"*"}, Set: map[string]func(Sealed) (any, error){"password": constant("swordfish")}}, `{"password":"[redacted:password]"}`},
		"and by value":                    {Edit{Drop: []string{"*"}, Set: map[string]func(Sealed) (any, error){"to": constant("ada@" + "example.com")}}, `{"to":"[redacted:email]"}`},
	} {
		t.Run(name, func(t *testing.T) {
			sanitizer, err := sanitize.New(sanitize.Options{})
			if err != nil {
				t.Fatal(err)
			}
			e, err := newEditor(c.edit, sanitizer)
			if err != nil {
				t.Fatal(err)
			}
			s, err := Seal(Config{App: App{Name: "demo"}}, Event{Name: "run", UserID: "u1", Props: props})
			if err != nil {
				t.Fatal(err)
			}
			before := string(s.JSON())
			edited := e.apply(s)
			want := strings.Replace(before, `,"properties":`+string(s.field(fieldProps)), "", 1)
			if c.want != "" {
				want = strings.Replace(before, string(s.field(fieldProps)), c.want, 1)
			}
			if diff := cmp.Diff(want, string(edited.JSON())); diff != "" {
				t.Errorf("event (-want +got):\n%s", diff)
			}
			if string(s.JSON()) != before {
				t.Error("the event itself was changed")
			}
			if edited.UserID() != "u1" || edited.Time() != s.Time() || edited.Received() != s.Received() || edited.bucket() != s.bucket() {
				t.Error("something else of the event was changed")
			}
		})
	}
}

func TestAnEditThatMakesNoSenseIsRefused(t *testing.T) {
	for want, edit := range map[string]Edit{
		`drop: the pattern "[" is not a glob`:                             {Drop: []string{"["}},
		`drop: "!a" keeps a property, and nothing is dropped`:             {Drop: []string{"!a"}},
		`rename: "a" and "b" would both be "c"`:                           {Rename: map[string]string{"a": "c", "b": "c"}},
		`rename: "a" to "": a property has to have a name; drop takes it`: {Rename: map[string]string{"a": ""}},
		`set: "": a property has to have a name and a value`:              {Set: map[string]func(Sealed) (any, error){"": constant(1)}},
	} {
		_, err := New(Config{Sinks: []SinkConfig{{Name: "x", Sink: &fakeSink{}, Edit: edit}}})
		if err == nil || !strings.Contains(err.Error(), `sink "x": `+want) {
			t.Errorf("got %v, want %q", err, want)
		}
	}
}

// Other sinks, the filters, and what is tried again later, see the event as it was.
func TestOnlyTheSinkItselfSeesTheEdit(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		edited, plain := &fakeSink{}, &fakeSink{}
		calls := 0
		edited.answer = func(context.Context, []string) error {
			if calls++; calls == 1 {
				return errors.New("away")
			}
			return nil
		}
		d, err := New(Config{Sinks: []SinkConfig{
			{Name: "plain", Sink: plain},
			{
				Name: "edited", Sink: edited, Edit: Edit{Drop: []string{"secretive"}, Rename: map[string]string{"n": "m"}},
				When: func(s Sealed) bool { _, ok := s.Props().Lookup("secretive"); return ok },
			},
		}})
		if err != nil {
			t.Fatal(err)
		}
		if err := d.Enqueue(t.Context(), Event{Name: "run", Props: Props{"n": 1, "secretive": "x"}}); err != nil {
			t.Fatal(err)
		}
		if err := d.Close(t.Context()); err != nil {
			t.Fatal(err)
		}
		if len(edited.json) != 1 || !strings.Contains(edited.json[0], `"properties":{"m":1}`) {
			t.Errorf("the edited sink got %q", edited.json)
		}
		if len(plain.json) != 1 || !strings.Contains(plain.json[0], `"n":1`) || !strings.Contains(plain.json[0], `"secretive":"x"`) {
			t.Errorf("the other sink got %q", plain.json)
		}
	})
}

func TestAnEditedEventIsAlwaysARecord(t *testing.T) {
	sanitizer, err := sanitize.New(sanitize.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rapid.Check(t, func(t *rapid.T) {
		key := rapid.SampledFrom([]string{"a", "b", "c", "d\"", "e\\", "é", "<f>"})
		props := Props{}
		for k, v := range rapid.MapOf(key, rapid.IntRange(0, 9)).Draw(t, "props") {
			props[k] = v
		}
		rename := map[string]string{}
		taken := map[string]bool{}
		for from, to := range rapid.MapOf(key, key).Draw(t, "rename") {
			if !taken[to] {
				rename[from], taken[to] = to, true
			}
		}
		drop := rapid.SliceOfN(key, 0, 2).Draw(t, "drop")
		for i := range drop {
			drop[i] = strings.ReplaceAll(drop[i], `\`, `\\`)
		}
		e, err := newEditor(Edit{Drop: drop, Rename: rename, Set: map[string]func(Sealed) (any, error){"z": constant(7)}}, sanitizer)
		if err != nil {
			t.Fatal(err)
		}
		s, err := Seal(Config{}, Event{Name: "run", Props: props})
		if err != nil {
			t.Fatal(err)
		}
		want := map[string]any{"z": 7.0}
		for k, v := range props {
			to, renamed := rename[k]
			switch {
			case e.drops(k):
			case renamed:
				want[to] = float64(v.(int))
			default:
				if from, over := sourceOf(rename, k); !over || props[from] == nil || e.drops(from) {
					want[k] = float64(v.(int))
				}
			}
		}
		var got map[string]any
		if err := e.apply(s).Props().Decode(&got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Fatalf("properties (-want +got):\n%s", diff)
		}
	})
}

func sourceOf(rename map[string]string, to string) (from string, ok bool) {
	for f, t := range rename {
		if t == to {
			return f, true
		}
	}
	return "", false
}
