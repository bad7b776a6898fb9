package expressions

import (
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func sealed(t testing.TB) core.Sealed {
	t.Helper()
	s, err := core.Seal(core.Config{App: core.App{Name: "langflow", Version: "1.8.0"}}, core.Event{
		ID: "e-1", Name: "run", Time: time.Date(2026, 3, 1, 10, 30, 0, 0, time.UTC), UserID: "user-7", AnonymousID: "visitor-1",
		Props: core.Props{
			"runSeconds": 3, "price": 2.5, "runSuccess": true, "client": "mcp", "big": int64(1) << 60, "none": nil,
			"steps": []any{1, 2, "three"}, "nested": map[string]any{"depth": 2},
		},
	})
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestAnExpressionSeesTheEvent(t *testing.T) {
	s := sealed(t)
	for text, want := range map[string]any{
		`props.runSeconds > 1`:                                    true,
		`props.runSeconds * 2`:                                    6,
		`props["runSeconds"] + 1`:                                 4,
		`props.big == 1152921504606846976`:                        true,
		`props.price < 3 and props.runSuccess`:                    true,
		`name == "run" && kind == "track"`:                        true,
		`id + user_id + anonymous_id + session_id`:                "e-1user-7visitor-1",
		`time.Year() == 2026 and time < date("2026-03-02")`:       true,
		`time >= date("2026-03-01T10:30:00Z")`:                    true,
		`context.app.version startsWith "1."`:                     true,
		`props.client in ["mcp", "api"]`:                          true,
		`"client" in props`:                                       true,
		`"absent" in props`:                                       false,
		`props.absent == nil`:                                     true,
		`props.absent?.deeper == nil`:                             true,
		`(props.absent ?? 5) > 4`:                                 true,
		`props.none == nil`:                                       true,
		`any(props.steps, # == 2)`:                                true,
		`props.nested.depth + len(props.steps)`:                   5,
		`props.client matches "^m.p$"`:                            true,
		`let p = props; p.runSeconds`:                             3,
		`len(keys(props))`:                                        8,
		`props.runSeconds > 60 ? "long" : "short"`:                "short",
		`upper(props.client) + "-" + string(props.runSeconds)`:    "MCP-3",
		`{"a": props.runSeconds}["a"]`:                            3,
		`get(props, "client")`:                                    "mcp",
		`$env["name"]`:                                            "run",
		`map(props.steps, #index)`:                                []any{0, 1, 2},
		`filter(keys(context), # == "app")`:                       []any{"app"},
		`count([1, 2], # > 1) + count(props.steps, # == "three")`: 2,
	} {
		p, err := compile(text)
		if err != nil {
			t.Errorf("%s: %v", text, err)
			continue
		}
		for range 2 { // the second time on a machine that was used before
			got, err := p.Eval(s)
			if diff := cmp.Diff(want, got); err != nil || diff != "" {
				t.Errorf("%s: error %v, result (-want +got):\n%s", text, err, diff)
			}
		}
	}
}

func TestWhatHasNoValueDoesNotHold(t *testing.T) {
	s := sealed(t)
	for text, want := range map[string]bool{
		`props.runSuccess`:             true,
		`not props.runSuccess`:         false,
		`props.absent > 1`:             false,
		`not (props.absent > 1)`:       false, // it has no value, so neither has its opposite
		`props.client > 1`:             false,
		`props.runSeconds`:             false, // not true, but 3
		`props.absent.deeper == 1`:     false,
		`date(props.client) < time`:    false,
		`len(1..100000) > 1`:           false, // too much to make
		`props.client matches "a{1,2"`: false,
	} {
		p, err := language{}.Compile(text, true)
		if err != nil {
			if text == `props.client matches "a{1,2"` {
				continue // a pattern that is no pattern may be found at once
			}
			t.Errorf("%s: %v", text, err)
			continue
		}
		value, err := p.Eval(s)
		if got := err == nil && value == true; got != want {
			t.Errorf("%s: got %v, %v", text, value, err)
		}
	}
}

func TestAnErrorSaysWhereAndWhatToWrite(t *testing.T) {
	for text, want := range map[string]registry.ExpressionError{
		`runSeconds > 1`:                     {Column: 1, Message: "unknown name runSeconds", Hint: `a property is written props.runSeconds, a text "runSeconds"`},
		`name == run`:                        {Column: 9, Message: "unknown name run", Hint: `a property is written props.run, a text "run"`},
		`properties.a`:                       {Column: 1, Message: "unknown name properties", Hint: "an event's properties are props, its name is name"},
		`prop.a == 1`:                        {Column: 1, Message: "unknown name prop", Hint: "did you mean props?"},
		`now() > time`:                       {Column: 1, Message: "unknown name now", Hint: "an expression sees the event, and nothing else"},
		`name > 1`:                           {Column: 6, Message: "invalid operation: > (mismatched types string and int)", Hint: ""},
		`any(props.a, any(props.b, # == 1))`: {Column: 27, Message: "a loop within a loop; its cost would grow with the square of the event's size", Hint: ""},
		`name ==`:                            {Column: 7, Message: "unexpected token EOF", Hint: ""},
		strings.Repeat("a", 5000):            {Column: 0, Message: "it is longer than 4096 bytes", Hint: ""},
	} {
		_, err := language{}.Compile(text, true)
		var got *registry.ExpressionError
		if !errors.As(err, &got) {
			t.Errorf("%.40s: got %v", text, err)
			continue
		}
		if diff := cmp.Diff(want, *got); diff != "" {
			t.Errorf("%.40s: (-want +got):\n%s", text, diff)
		}
	}
}

// What an event holds must not come to light by way of an error.
func TestAFailureQuotesNothingOfTheEvent(t *testing.T) {
	p, err := compile(`date(props.client)`)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := p.Eval(sealed(t)); err == nil || strings.Contains(err.Error(), "mcp") {
		t.Errorf("got %v", err)
	}
}

func TestOnlyWhatIsNamedIsDecoded(t *testing.T) {
	p, err := compile(`props.runSeconds > 1 and context.app.name == "langflow"`)
	if err != nil {
		t.Fatal(err)
	}
	got := p.uses.of(sealed(t))
	want := event{
		Time: got.Time, Props: map[string]any{"runSeconds": 3},
		Context: map[string]any{"app": map[string]any{"name": "langflow", "version": "1.8.0"}},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

// FuzzCompile looks for expressions that crash the compiler, or take long.
func FuzzCompile(f *testing.F) {
	for _, text := range []string{`props.runSeconds > 1`, `any(props.a, # > 1)`, `let x = props; x.a ?? 1`, `date("2026-01-01")`, `{"a": [1..3]}`, `name matches "("`} {
		f.Add(text)
	}
	s := sealed(f)
	f.Fuzz(func(t *testing.T, text string) {
		p, err := compile(text)
		if err != nil {
			if strings.ContainsAny(err.Error(), "\n\r") {
				t.Errorf("the error has several lines: %q", err)
			}
			return
		}
		started := time.Now()
		_, _ = p.Eval(s)
		if took := time.Since(started); took > 5*time.Second {
			t.Errorf("took %s", took)
		}
	})
}

func BenchmarkEval(b *testing.B) {
	p, err := compile(`props.runSeconds > 1`)
	if err != nil {
		b.Fatal(err)
	}
	s := sealed(b)
	b.ReportAllocs()
	for b.Loop() {
		_, _ = p.Eval(s)
	}
}
