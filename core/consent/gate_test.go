package consent

import (
	"maps"
	"os"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

func lookupIn(m map[string]string) func(string) (string, bool) {
	return func(key string) (string, bool) { v, ok := m[key]; return v, ok }
}

func TestEverySourceThatClosedTheGateIsNamed(t *testing.T) {
	dir := t.TempDir()
	if err := WriteChoice(dir, false); err != nil {
		t.Fatal(err)
	}
	g := Resolve(Settings{
		AppName: "My app.2", DoNotTrack: true, Mode: "off", DisableInCI: true, StateDir: dir,
		Lookup: lookupIn(env{"DO_NOT_TRACK": "1", "MY_APP_2_DO_NOT_TRACK": "yes", "CI": "1"}),
	})
	want := []string{
		"environment DO_NOT_TRACK", "environment MY_APP_2_DO_NOT_TRACK", "config do_not_track",
		"headgate telemetry off", "mode off", "CI (disable_in_ci)",
	}
	if diff := cmp.Diff(want, g.Sources()); diff != "" || !g.Off() {
		t.Errorf("off: %v, sources (-want +got):\n%s", g.Off(), diff)
	}
	g.Sources()[0] = "changed"
	if g.Sources()[0] != want[0] {
		t.Error("a caller can change the gate")
	}
}

func TestAnOpenGateNamesNobody(t *testing.T) {
	g := Resolve(Settings{Lookup: lookupIn(nil), StateDir: t.TempDir()})
	if g.Off() || g.Local() || g.Sources() == nil || len(g.Sources()) != 0 {
		t.Errorf("off %v, local %v, sources %#v", g.Off(), g.Local(), g.Sources())
	}
}

func TestResolvingCreatesNothing(t *testing.T) {
	parent := t.TempDir()
	Resolve(Settings{Lookup: lookupIn(nil), StateDir: parent + "/none/headgate"})
	if left, _ := os.ReadDir(parent); len(left) != 0 {
		t.Errorf("created %v", left)
	}
}

func TestIgnoringGPCLetsThirdPartiesHaveTheEvent(t *testing.T) {
	g := Resolve(Settings{Lookup: lookupIn(nil), StateDir: t.TempDir(), IgnoreGPC: true})
	if d := g.Decide(Signals{GPC: true}); !d.ThirdParty {
		t.Errorf("got %+v", d)
	}
}

func TestDeciding(t *testing.T) {
	open, local := Gate{}, Gate{restricts: true, local: true}
	long := map[string]bool{Analytics: false}
	for c := range strings.SplitSeq("abcdefghij", "") {
		long[strings.Repeat(c, 40)] = false
	}
	for name, c := range map[string]struct {
		gate    Gate
		signals Signals
		want    Decision
	}{
		"nothing said":                {open, Signals{}, Decision{Collect: true, Network: true, ThirdParty: true}},
		"refusals are sorted, folded": {open, Signals{Categories: map[string]bool{"B": false, " a ": false, "c": true}}, Decision{Collect: true, Network: true, ThirdParty: true, Refused: []string{"a", "b"}, Reason: ReasonConsentRefused}},
		"one spelling refuses":        {Gate{restricts: true, consentRequired: true}, Signals{Categories: map[string]bool{"Analytics": true, "analytics": false}}, Decision{Reason: ReasonConsentMissing}},
		"unclear stays here":          {open, Signals{Unclear: true}, Decision{Collect: true, Reason: ReasonConsentUnclear}},
		"a comma cannot be listed":    {open, Signals{Categories: map[string]bool{"a,b": false}}, Decision{Collect: true, Reason: ReasonConsentUnclear}},
		"local, and refused":          {local, Signals{Categories: map[string]bool{"a": false}}, Decision{Collect: true, Refused: []string{"a"}, Reason: ReasonConsentRefused}},
		"GPC, and refused":            {open, Signals{GPC: true, Categories: map[string]bool{"a": false}}, Decision{Collect: true, Network: true, Refused: []string{"a"}, Reason: ReasonConsentRefused}},
		"withdrawn beats consent":     {open, Signals{Withdrawn: true, Categories: map[string]bool{Analytics: true}}, Decision{Reason: ReasonWithdrawn}},
	} {
		if diff := cmp.Diff(c.want, c.gate.Decide(c.signals)); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	d := open.Decide(Signals{Categories: long})
	if d.Network || len(strings.Join(d.Refused, ",")) > 255 || d.Permits("Analytics ") {
		t.Errorf("more refusals than fit: %+v", d)
	}
}

func TestDecidingTheUsualEventDoesNotAllocate(t *testing.T) {
	g := Resolve(Settings{Lookup: lookupIn(nil), StateDir: t.TempDir()})
	off := Resolve(Settings{DoNotTrack: true, Lookup: lookupIn(nil), StateDir: t.TempDir()})
	if n := testing.AllocsPerRun(100, func() { g.Decide(Signals{}); off.Decide(Signals{}); g.Decide(Signals{GPC: true}) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkDecide(b *testing.B) {
	g := Resolve(Settings{Lookup: lookupIn(nil), StateDir: b.TempDir()})
	for b.Loop() {
		if !g.Decide(Signals{}).Collect {
			b.Fatal("closed")
		}
	}
}

func TestConsentIsReadFromTheContextOfAnEvent(t *testing.T) {
	type props map[string]any
	for name, c := range map[string]struct {
		consent any
		want    Signals
	}{
		"absent":             {nil, Signals{}},
		"empty":              {members{}, Signals{}},
		"plain":              {members{"analytics": false, "Advertising": true}, Signals{Categories: map[string]bool{"analytics": false, "advertising": true}}},
		"segment":            {members{"categoryPreferences": members{"Analytics": true}}, Signals{Categories: map[string]bool{"analytics": true}}},
		"both, refusal wins": {members{"analytics": true, "categoryPreferences": members{"Analytics": false}}, Signals{Categories: map[string]bool{"analytics": false}}},
		"other map types":    {props{"categoryPreferences": map[string]bool{"analytics": true}}, Signals{Categories: map[string]bool{"analytics": true}}},
		"a word refuses":     {members{"analytics": "granted"}, Signals{Categories: map[string]bool{"analytics": false}}},
		"null refuses":       {members{"analytics": nil}, Signals{Categories: map[string]bool{"analytics": false}}},
		"withdrawn":          {members{"withdrawn": true}, Signals{Withdrawn: true}},
		"withdrawn, unclear": {members{"withdrawn": "no"}, Signals{Withdrawn: true}},
		"not withdrawn":      {members{"withdrawn": false}, Signals{}},
		"not an object":      {"yes", Signals{Unclear: true}},
		"a list":             {[]any{"analytics"}, Signals{Unclear: true}},
		"preferences a list": {members{"categoryPreferences": []any{}}, Signals{Unclear: true}},
	} {
		if diff := cmp.Diff(c.want, FromContext(map[string]any{"consent": c.consent})); diff != "" {
			t.Errorf("%s (-want +got):\n%s", name, diff)
		}
	}
	if diff := cmp.Diff(Signals{}, FromContext(nil)); diff != "" {
		t.Error(diff)
	}
}

func TestMergingLetsTheStrongerRefusalWinAndChangesNeither(t *testing.T) {
	a := Signals{GPC: true, Categories: map[string]bool{"analytics": true, "x": true}}
	b := Signals{Categories: map[string]bool{"Analytics": false}, Withdrawn: true}
	before := maps.Clone(a.Categories)
	want := Signals{GPC: true, Withdrawn: true, Categories: map[string]bool{"analytics": false, "x": true}}
	for _, got := range []Signals{a.Merge(b), b.Merge(a)} {
		if diff := cmp.Diff(want, got); diff != "" {
			t.Error(diff)
		}
	}
	if diff := cmp.Diff(before, a.Categories); diff != "" {
		t.Errorf("merging changed its receiver:\n%s", diff)
	}
}

func TestContinuousIntegrationIsRecognised(t *testing.T) {
	for name, c := range map[string]struct {
		env  env
		want string
	}{
		"nothing":                {env{}, ""},
		"GitHub":                 {env{"CI": "true", "GITHUB_ACTIONS": "true"}, "GitHub Actions"},
		"Gitea poses as GitHub":  {env{"GITHUB_ACTIONS": "true", "GITEA_ACTIONS": "true"}, "Gitea Actions"},
		"a first build":          {env{"BUILD_NUMBER": "0"}, "CI"},
		"CI alone":               {env{"CI": "1"}, "CI"},
		"CI=false turns it off":  {env{"CI": "false", "GITHUB_ACTIONS": "true"}, ""},
		"CI empty says nothing":  {env{"CI": "", "TRAVIS": "true"}, "Travis CI"},
		"a vendor that says no":  {env{"BUILDKITE": "false"}, ""},
		"a service in the cloud": {env{"RENDER": "true", "VERCEL": "1"}, ""},
	} {
		got, ok := DetectCI(lookupIn(c.env))
		if got != c.want || ok != (c.want != "") {
			t.Errorf("%s: got %q, %v, want %q", name, got, ok, c.want)
		}
	}
}

func FuzzConsentInAContext(f *testing.F) {
	f.Add("analytics", "x", true, uint8(0))
	f.Fuzz(func(t *testing.T, category, other string, given bool, shape uint8) {
		values := []any{given, category, nil, 1.5, []any{}, members{other: given}}
		s := FromContext(members{"consent": members{category: given, other: values[int(shape)%len(values)]}})
		d := Gate{}.Decide(s)
		if n := len(strings.Join(d.Refused, ",")); n > 255 {
			t.Errorf("refused takes %d bytes", n)
		}
		special := map[string]bool{"withdrawn": true, "categorypreferences": true}
		if given || special[Category(category)] || !d.Network {
			return
		}
		if d.Permits(category) {
			t.Errorf("%q was refused and is permitted: %+v", category, d)
		}
	})
}
