package consent

import (
	"bufio"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// reach is how far an event may go: to a log, to a sink off the machine that needs
// analytics, to a vendor.
type reach struct {
	Collect    bool `json:"collect"`
	Network    bool `json:"network"`
	ThirdParty bool `json:"third_party"`
}

var (
	everywhere   = reach{true, true, true}
	firstParties = reach{true, true, false}
	onlyLocal    = reach{true, false, false}
	nowhere      = reach{}
)

// caseOf is one situation: what the environment, the configuration, the request and
// the event say, in the types in which JSON would give them.
type caseOf struct {
	ID      string            `json:"id"`
	Note    string            `json:"note"`
	Env     map[string]string `json:"env"`
	Config  map[string]any    `json:"config"`
	Headers map[string]string `json:"headers"`
	Consent map[string]any    `json:"consent"`
	Expect  reach             `json:"expect"`
}

func (c caseOf) run(t *testing.T) {
	t.Helper()
	word := func(key string) string { s, _ := c.Config[key].(string); return s }
	settings := Settings{
		AppName:         appOf(c.Env),
		DoNotTrack:      isSet(c.Config, "do_not_track"),
		Mode:            word("mode"),
		ConsentRequired: isSet(c.Config, "consent_required"),
		DisableInCI:     isSet(c.Config, "disable_in_ci"),
		Lookup:          func(key string) (string, bool) { v, ok := c.Env[key]; return v, ok },
		StateDir:        t.TempDir(),
	}
	signals := FromHeaders(func(name string) string {
		for k, v := range c.Headers {
			if strings.EqualFold(k, name) {
				return v
			}
		}
		return ""
	}).Merge(FromContext(map[string]any{"consent": c.Consent}))

	d := Resolve(settings).Decide(signals)
	permitted := d.Permits(Analytics)
	got := reach{d.Collect, d.Network && permitted, d.ThirdParty && permitted}
	if got != c.Expect {
		t.Errorf("%s: got %+v, want %+v (%s)", c.Note, got, c.Expect, d.Reason)
	}
	if (got != everywhere) != (d.Reason != "" && d.Reason != ReasonConsentRefused || !permitted) {
		t.Errorf("%s: reason %q does not go with %+v", c.Note, d.Reason, got)
	}
}

// isSet reads a setting as a strict configuration does: a wrong type fails closed.
func isSet(config map[string]any, key string) bool {
	v, ok := config[key]
	on, isBool := v.(bool)
	return ok && v != nil && (on || !isBool)
}

// appOf is the application whose own variable is in env.
func appOf(env map[string]string) string {
	for name := range env {
		if app, ok := strings.CutSuffix(name, "_DO_NOT_TRACK"); ok {
			return strings.ToLower(app)
		}
	}
	return "acme"
}

type (
	env     = map[string]string
	members = map[string]any
)

func TestEverySourceIsHonouredInEveryForm(t *testing.T) {
	for _, v := range []string{
		"1", "true", "TRUE", "True", " true ", "t", "T", "yes", "YES", "y", "on", "ON", "enabled", "2", "-1", "01",
		"1.0", "please", "\t1\n", "tru", "ja", "1;", "\u200b1", "truE",
	} {
		caseOf{Note: "DO_NOT_TRACK=" + v, Env: env{"DO_NOT_TRACK": v}, Expect: nowhere}.run(t)
	}
	for _, v := range []string{
		"", "0", "false", "FALSE", "False", " false ", "f", "F", "no", "NO", "n", "off", "OFF", "disabled", " 0 ", "   ",
	} {
		caseOf{Note: "DO_NOT_TRACK=" + v, Env: env{"DO_NOT_TRACK": v}, Expect: everywhere}.run(t)
	}
	for _, c := range []caseOf{
		{Note: "nothing set", Expect: everywhere},
		{Note: "own variable", Env: env{"LANGFLOW_DO_NOT_TRACK": "true"}, Expect: nowhere},
		{Note: "own variable 1", Env: env{"SLUICE_DO_NOT_TRACK": "1"}, Expect: nowhere},
		{Note: "headgate's variable", Env: env{"HEADGATE_DO_NOT_TRACK": "1"}, Expect: nowhere},
		{Note: "setting alone", Config: members{"do_not_track": true}, Expect: nowhere},
		{Note: "variable no, setting yes", Env: env{"DO_NOT_TRACK": "0"}, Config: members{"do_not_track": true}, Expect: nowhere},
		{Note: "variable yes, setting no", Env: env{"DO_NOT_TRACK": "1"}, Config: members{"do_not_track": false}, Expect: nowhere},
		{Note: "variable yes, mode on", Env: env{"DO_NOT_TRACK": "1"}, Config: members{"mode": "on"}, Expect: nowhere},
		{Note: "variables disagree", Env: env{"DO_NOT_TRACK": "false", "SLUICE_DO_NOT_TRACK": "true"}, Expect: nowhere},
		{Note: "mode off", Config: members{"mode": "off"}, Expect: nowhere},
		{Note: "mode local", Config: members{"mode": "local"}, Expect: onlyLocal},
		{Note: "mode local and opt-out", Env: env{"DO_NOT_TRACK": "1"}, Config: members{"mode": "local"}, Expect: nowhere},
		{Note: "mode unknown", Config: members{"mode": "onn"}, Expect: nowhere},
		{Note: "setting of the wrong type", Config: members{"do_not_track": "yes"}, Expect: nowhere},
		{Note: "setting null", Config: members{"do_not_track": nil}, Expect: everywhere},
		{Note: "DNT: 1", Headers: env{"DNT": "1"}, Expect: nowhere},
		{Note: "dnt: 1", Headers: env{"dnt": "1"}, Expect: nowhere},
		{Note: "DNT: 0", Headers: env{"DNT": "0"}, Expect: everywhere},
		{Note: "DNT with extension", Headers: env{"DNT": "1xz"}, Expect: nowhere},
		{Note: "DNT: null", Headers: env{"DNT": "null"}, Expect: everywhere},
		{Note: "DNT twice", Headers: env{"DNT": "0, 1"}, Expect: nowhere},
		{Note: "DNT: yes", Headers: env{"DNT": "yes"}, Expect: nowhere},
		{Note: "Sec-GPC: 1", Headers: env{"Sec-GPC": "1"}, Expect: firstParties},
		{Note: "sec-gpc: 1", Headers: env{"sec-gpc": "1"}, Expect: firstParties},
		{Note: "Sec-GPC: 0", Headers: env{"Sec-GPC": "0"}, Expect: everywhere},
		{Note: "Sec-GPC: ?1", Headers: env{"Sec-GPC": "?1"}, Expect: firstParties},
		{Note: "Sec-GPC: ?0", Headers: env{"Sec-GPC": "?0"}, Expect: everywhere},
		{Note: "DNT: 1 and Sec-GPC: 1", Headers: env{"DNT": "1", "Sec-GPC": "1"}, Expect: nowhere},
		{Note: "analytics refused", Consent: members{"analytics": false}, Expect: onlyLocal},
		{Note: "advertising refused", Consent: members{"analytics": true, "advertising": false}, Expect: everywhere},
		{Note: "consent required, none", Config: members{"consent_required": true}, Expect: nowhere},
		{Note: "consent required, given", Config: members{"consent_required": true}, Consent: members{"analytics": true}, Expect: everywhere},
		{Note: "consent required, refused", Config: members{"consent_required": true}, Consent: members{"analytics": false}, Expect: nowhere},
		{Note: "consent required, another given", Config: members{"consent_required": true}, Consent: members{"functional": true}, Expect: nowhere},
		{Note: "consent withdrawn", Consent: members{"analytics": false, "withdrawn": true}, Expect: nowhere},
		{Note: "CI", Env: env{"CI": "true", "GITHUB_ACTIONS": "true"}, Expect: everywhere},
		{Note: "CI, disabled there", Env: env{"CI": "true"}, Config: members{"disable_in_ci": true}, Expect: nowhere},
		{Note: "CI=false, disabled in CI", Env: env{"CI": "false"}, Config: members{"disable_in_ci": true}, Expect: everywhere},
		{Note: "CI and opt-out", Env: env{"CI": "true", "DO_NOT_TRACK": "1"}, Expect: nowhere},
	} {
		c.run(t)
	}
}

// The corpus is not part of the repository; its cases are those above.
func TestTheCorpusOfCasesPassesWhereItIsPresent(t *testing.T) {
	f, err := os.Open(filepath.Join("..", "..", "..", "shared", "data", "privacy", "dnt_cases.jsonl"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Skip("no corpus beside the repository")
	}
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	n := 0
	for lines := bufio.NewScanner(f); lines.Scan(); n++ {
		var c caseOf
		if err := json.Unmarshal(lines.Bytes(), &c); err != nil {
			t.Fatal(err)
		}
		t.Run(c.ID, c.run)
	}
	if n < 73 {
		t.Errorf("only %d cases", n)
	}
}
