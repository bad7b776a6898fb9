package registry_test

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

type word string

type values struct {
	Text     string          `yaml:"text" doc:"x"`
	Word     word            `yaml:"word" doc:"x" default:"a" enum:"a,b"`
	MaybeW   *word           `yaml:"maybe_word" doc:"x" enum:"a,b"`
	Flag     bool            `yaml:"flag" doc:"x"`
	Tiny     int8            `yaml:"tiny" doc:"x"`
	Count    uint16          `yaml:"count" doc:"x" min:"1" max:"500"`
	Ratio    float64         `yaml:"ratio" doc:"x" min:">0" max:"1"`
	Negative time.Duration   `yaml:"negative" doc:"x" min:"-1h"`
	Wait     time.Duration   `yaml:"wait" doc:"x"`
	Size     registry.Size   `yaml:"size" doc:"x" max:"1GiB"`
	Secret   core.Secret     `yaml:"secret" doc:"x"`
	MaybeS   *core.Secret    `yaml:"maybe_secret" doc:"x"`
	List     []word          `yaml:"list" doc:"x" enum:"a,b"`
	Secrets  []core.Secret   `yaml:"secrets" doc:"x"`
	Map      map[word]string `yaml:"map" doc:"x"`
	Nothing  string          `yaml:"-"`
	Inner    struct {
		Deep *int `yaml:"deep" doc:"x" default:"7"`
	} `yaml:"inner" doc:"x"`
}

func described(t *testing.T, key string) (*registry.Option, reflect.Value, *values) {
	t.Helper()
	options, err := registry.Options(reflect.TypeFor[values]())
	if err != nil {
		t.Fatal(err)
	}
	v := new(values)
	for i := range options {
		if options[i].Key == key {
			return &options[i], reflect.ValueOf(v).Elem(), v
		}
	}
	t.Fatal("no option " + key)
	return nil, reflect.Value{}, nil
}

func TestValuesAreParsedAndChecked(t *testing.T) {
	for _, c := range []struct {
		key, text string
		want      any    // of the field, if it is taken
		err       string // else
	}{
		{"text", "any: {thing", "any: {thing", ""},
		{"word", "b", word("b"), ""},
		{"word", "c", nil, `want "a" or "b", got "c"`},
		{"flag", "true", true, ""},
		{"flag", "True", nil, `want true or false, got "True"`},
		{"flag", "1", nil, `want true or false, got "1"`},
		{"tiny", "-128", int8(-128), ""},
		{"tiny", "128", nil, "want a number from -128 to 127, got 128"},
		{"tiny", "1e1", nil, "want a whole number, got 1e1"},
		{"tiny", "+1", nil, "want a whole number, got +1"},
		{"tiny", "007", nil, "want a whole number, got 007"},
		{"tiny", "-0", int8(0), ""},
		{"count", "500", uint16(500), ""},
		{"count", "501", nil, "want at most 500, got 501"},
		{"count", "-1", nil, "want at least 1, got -1"},
		{"ratio", "1", 1.0, ""},
		{"ratio", "2.5e-1", 0.25, ""},
		{"ratio", "0", nil, "want more than 0, got 0"},
		{"ratio", "NaN", nil, "want a number, got NaN"},
		{"ratio", "0x1p-2", nil, "want a number, got 0x1p-2"},
		{"ratio", "1e999", nil, "want a number, got 1e999"},
		{"wait", "1h30m", 90 * time.Minute, ""},
		{"wait", "0", time.Duration(0), ""},
		{"wait", "-1s", nil, "want at least 0, got -1s"},
		{"wait", "+1s", nil, "want a duration such as 500ms, 10s or 15m, got +1s"},
		{"wait", "-0s", nil, "want a duration such as 500ms, 10s or 15m, got -0s"},
		{"wait", "10", nil, "want a duration such as 500ms, 10s or 15m, got 10"},
		{"wait", "9999999h", nil, "want a duration such as 500ms, 10s or 15m, got 9999999h"},
		{"negative", "-1h", -time.Hour, ""},
		{"negative", "-61m", nil, "want at least -1h, got -61m"},
		{"size", "1GiB", registry.Size(1 << 30), ""},
		{"size", "1.1GiB", nil, "want a whole number of bytes, got 1.1GiB"},
		{"size", "2GiB", nil, "want at most 1GiB, got 2GiB"},
		{"size", "-1", nil, "want at least 0, got -1"},
		{"size", "-0MiB", nil, "want a size such as 64MiB, 10MB or 4096, got -0MiB"},
		{"secret", "s", core.NewSecret("s"), ""},
		{"list", "a,b,a", []word{"a", "b", "a"}, ""},
		{"list", "a,c", nil, `want "a" or "b", got "c"`},
	} {
		o, target, _ := described(t, c.key)
		err := o.Set(target, c.text)
		var wrong *registry.ValueError
		switch {
		case c.err != "" && (!errors.As(err, &wrong) || err.Error() != c.err):
			t.Errorf("%s: %s: got %v, want %s", c.key, c.text, err, c.err)
		case c.err != "" && !o.Field(target).IsZero():
			t.Errorf("%s: %s: the value was stored all the same", c.key, c.text)
		case c.err == "" && err != nil:
			t.Errorf("%s: %s: %v", c.key, c.text, err)
		case c.err == "" && !reflect.DeepEqual(o.Field(target).Interface(), c.want):
			t.Errorf("%s: %s: got %v", c.key, c.text, o.Field(target))
		}
	}
}

func TestPointersTellAbsentFromZero(t *testing.T) {
	o, target, v := described(t, "maybe_word")
	if v.MaybeW != nil {
		t.Error("not nil before it is set")
	}
	if err := o.Set(target, "b"); err != nil || *v.MaybeW != "b" {
		t.Error(v.MaybeW, err)
	}
	o, target, v = described(t, "maybe_secret")
	if err := o.Set(target, ""); err != nil || v.MaybeS == nil {
		t.Error(v.MaybeS, err)
	}
	inner, target, v := described(t, "inner")
	registry.SetDefaults(inner.Options, inner.Field(target))
	if v.Inner.Deep == nil || *v.Inner.Deep != 7 {
		t.Error(v.Inner.Deep)
	}
}

func TestValuesPrintAsTheyAreReadButSecretsDoNot(t *testing.T) {
	options, err := registry.Options(reflect.TypeFor[values]())
	if err != nil {
		t.Fatal(err)
	}
	hush := strings.Repeat("hush", 4)
	n, secret := 0, core.NewSecret(hush)
	v := values{
		Text: "a ${B} \"c\" <&>\u2028", Word: "b", Count: 5, Ratio: 0.5, Wait: 90 * time.Second, Size: 64 << 20, Secret: secret, MaybeS: &secret,
		List: []word{"a"}, Secrets: []core.Secret{secret}, Map: map[word]string{"z": "1", "a": "${"}, Nothing: "no option",
	}
	v.Inner.Deep = &n
	got := string(registry.AppendJSON([]byte("{"), options, reflect.ValueOf(&v).Elem()))
	want := `{"text":"a $${B} \"c\" <&>\u2028","word":"b","flag":false,"tiny":0,"count":5,"ratio":0.5,"negative":"0s","wait":"1m30s","size":"64MiB",` +
		`"secret":"[redacted]","maybe_secret":"[redacted]","list":["a"],"secrets":["[redacted]"],"map":{"a":"$${","z":"1"},"inner":{"deep":0}`
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}

func TestLimitsMayDependOnOptions(t *testing.T) {
	type options struct {
		Large bool `yaml:"large" doc:"x"`
	}
	r := registry.NewRegistry()
	s := registry.Sink[options]{Type: "fixed", Summary: "x", New: nothing[options], Limits: core.Limits{MaxEvents: 10}}
	registry.RegisterIn(r, s)
	s.Type, s.LimitsOf = "open", func(o options) core.Limits {
		if o.Large {
			return core.Limits{MaxEvents: 1000}
		}
		return core.Limits{MaxEvents: 20}
	}
	registry.RegisterIn(r, s)
	for typ, want := range map[string]int{"fixed": 10, "open": 1000} {
		d, _ := r.Lookup(typ)
		o := d.NewOptions()
		o.(*options).Large = true
		if got := d.LimitsOf(o).MaxEvents; got != want {
			t.Errorf("%s: %d", typ, got)
		}
	}
}

func TestReachMayDependOnOptions(t *testing.T) {
	type options struct {
		Here bool `yaml:"here" doc:"x"`
	}
	r := registry.NewRegistry()
	s := registry.Sink[options]{Type: "fixed", Summary: "x", New: nothing[options], Reach: core.ReachNetwork}
	registry.RegisterIn(r, s)
	s.Type, s.ReachOf = "open", func(o options) core.Reach {
		if o.Here {
			return core.ReachLocal
		}
		return core.ReachNetwork
	}
	registry.RegisterIn(r, s)
	for typ, want := range map[string]core.Reach{"fixed": core.ReachNetwork, "open": core.ReachLocal} {
		d, _ := r.Lookup(typ)
		o := d.NewOptions()
		o.(*options).Here = true
		if got := d.ReachOf(o); got != want || d.Reach != core.ReachNetwork {
			t.Errorf("%s: %v, %v", typ, got, d.Reach)
		}
	}
}

type pair struct {
	A string `yaml:"a" doc:"x"`
	B string `yaml:"b" doc:"x"`
}

func (p pair) Validate() error {
	if p.A != p.B {
		return errors.Join(registry.Field("b", "must be a"), registry.Field("", "no pair"))
	}
	return nil
}

func TestValidateIsFoundOnValueAndPointer(t *testing.T) {
	r := registry.NewRegistry()
	registry.RegisterIn(r, registry.Sink[pair]{Type: "pair", Summary: "x", New: nothing[pair]})
	d, _ := r.Lookup("pair")
	o := d.NewOptions()
	if err := d.Validate(o); err != nil {
		t.Error(err)
	}
	o.(*pair).A = "a"
	if err := d.Validate(o); err == nil || err.Error() != "b: must be a\nno pair" {
		t.Error(err)
	}
}
