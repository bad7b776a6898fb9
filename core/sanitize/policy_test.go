package sanitize

import (
	"log/slog"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

var hashKey = []byte(strings.Repeat("k", 32))

func TestFindingsTellPathKindAndActionButNoValue(t *testing.T) {
	in := `{"user":{"emails":["jane@example.org"],"apiKey":"abcdef12"},"msg":"from 81.2.69.142 by joe@example.org","body":"{\"pin\":\"1234\"}","joe@example.org":1}`
	out, findings := encodeObject(t, newSanitizer(t, Options{}), in)
	want := `{"user":{"emails":["[redacted:email]"],"apiKey":"[redacted:secret]"},"msg":"from 81.2.69.0 by [redacted:email]","body":"{\"pin\":\"[redacted:pin]\"}","[redacted:email]":1}`
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	wantFindings := []Finding{
		{"user.emails[0]", "email", "redact"}, {"user.apiKey", "secret", "redact"}, {"msg", "ip", "truncate"}, {"msg", "email", "redact"},
		{"body.pin", "pin", "redact"}, {"[redacted:email]", "email", "redact"},
	}
	if diff := cmp.Diff(wantFindings, findings); diff != "" {
		t.Error(diff)
	}
}

func TestHashingKeepsPersonsApartAndSecretsHidden(t *testing.T) {
	s := newSanitizer(t, Options{Action: "hash", HashKey: hashKey})
	out, findings := encodeObject(t, s, `{"a":"jane@example.org","b":"JANE@example.org","c":"joe@example.org","d":"mail jane@example.org now","password":"x1y2z3","phone":"+49 151 12345678","mobile":"+4915112345678","ip":"81.2.69.142"}`)
	v := decodeJSON(t, []byte(out)).(map[string]any)
	jane := v["a"].(string)
	if !strings.HasPrefix(jane, "p1_") || len(jane) != 35 {
		t.Errorf("the pseudonym is %q", jane)
	}
	if v["b"] != jane || v["c"] == jane || v["d"] != "mail "+jane+" now" || v["phone"] != v["mobile"] || v["phone"] == jane {
		t.Errorf("got %s", out)
	}
	if v["password"] != "[redacted:password]" || v["ip"] != "81.2.69.0" {
		t.Errorf("got %s", out)
	}
	if findings[0].Action != "hash" || findings[4].Action != "redact" {
		t.Errorf("got %v", findings)
	}
	if again, _ := encodeObject(t, s, out); again != out {
		t.Errorf("pseudonyms change when sanitised again: %s", again)
	}
	other, _ := encodeObject(t, newSanitizer(t, Options{Action: "hash", HashKey: append([]byte{1}, hashKey...)}), `{"a":"jane@example.org"}`)
	if strings.Contains(other, jane) {
		t.Error("the pseudonym does not depend on the key")
	}
}

func TestDroppingRemovesMembersAndRedactsInsideTexts(t *testing.T) {
	out, findings := encodeObject(t, newSanitizer(t, Options{Action: "drop"}), `{"password":"x1y2z3","a":1,"email":"jane@example.org","t":"by jane@example.org","l":["jane@example.org",2],"pin":123456}`)
	if want := `{"a":1,"t":"by [redacted:email]","l":["[redacted:email]",2]}`; out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
	if findings[0] != (Finding{"password", "password", "drop"}) {
		t.Errorf("got %v", findings)
	}
}

func TestOnlyAllowedKeysPassTheStrictMode(t *testing.T) {
	s := newSanitizer(t, Options{Mode: "strict", AllowKeys: []string{"plan", "usage"}})
	out, findings := encodeObject(t, s, `{"plan":"pro","x":1,"usage":{"tokens":5,"by":"jane@example.org"},"y":{"plan":2}}`)
	if want := `{"plan":"pro","usage":{"tokens":5,"by":"jane@example.org"}}`; out != want {
		t.Errorf("got %s", out)
	}
	if diff := cmp.Diff([]Finding{{"x", "not_allowed", "drop"}, {"y", "not_allowed", "drop"}}, findings); diff != "" {
		t.Error(diff)
	}
}

func TestModeOffOnlyEncodes(t *testing.T) {
	in := `{"password":"x1y2z3","mail":"jane@example.org","n":4111111111111111}`
	if out, findings := encodeObject(t, newSanitizer(t, Options{Mode: "off"}), in); out != in || len(findings) > 0 {
		t.Errorf("got %s, %v", out, findings)
	}
}

func TestAllowedKeysAreNotTouchedAndDeniedOnesAlwaysAre(t *testing.T) {
	s := newSanitizer(t, Options{AllowKeys: []string{"token", "both"}, DenyKeys: []string{"internal-note", "both"}})
	out, _ := encodeObject(t, s, `{"token":"abc123def","Token":"abc123def","internalNote":"hello","internal_note":{"a":[1,true,null,"x"]},"both":"x","other":"hello"}`)
	want := `{"token":"abc123def","Token":"[redacted:secret]","internalNote":"[redacted:denied_key]","internal_note":{"a":["[redacted:denied_key]","[redacted:denied_key]",null,"[redacted:denied_key]"]},"both":"[redacted:denied_key]","other":"hello"}`
	if out != want {
		t.Errorf("got  %s\nwant %s", out, want)
	}
}

func TestErrorTextsAreScrubbedDroppedOrKept(t *testing.T) {
	in := `{"runErrorMessage":"open /home/jane/x: token=a1b2c3d4e5 for joe@example.org","exception":"","error_code":"E17","stack":["at /home/jane/y"],"n":1}`
	for mode, want := range map[string]string{
		"scrub": `{"runErrorMessage":"open /home/[redacted:user]/x: token=[redacted:secret] for [redacted:email]","exception":"","error_code":"E17","stack":["at /home/[redacted:user]/y"],"n":1}`,
		"keep":  `{"runErrorMessage":"open /home/jane/x: token=[redacted:secret] for joe@example.org","exception":"","error_code":"E17","stack":["at /home/jane/y"],"n":1}`,
		"drop":  `{"exception":"","error_code":"E17","stack":["[redacted:error_text]"],"n":1}`,
	} {
		if out, _ := encodeObject(t, newSanitizer(t, Options{ErrorMessages: mode}), in); out != want {
			t.Errorf("%s:\ngot  %s\nwant %s", mode, out, want)
		}
	}
}

func TestIdentityFieldsPassUnlessTheyIdentify(t *testing.T) {
	token := "gh" + "p_" + strings.Repeat("aB3", 12)
	for _, c := range []struct{ key, in, redact, hash string }{
		{"user_id", "585c3d49-b896-4d54-8941-714f5f6a0474", "", ""}, {"user_id", "4111111111111111", "", ""}, {"user_id", "2125550100", "", ""}, {"anonymous_id", "0aF9-xYz_77", "", ""},
		{"session_id", "f2b1c9d0e8a74b6c5d3e2f1a0b9c8d7e", "", ""}, {"name", "flow started: 3", "", ""}, {"name", "token_refreshed", "", ""}, {"id", "01J8X2ABCDEFGHJKMNPQRSTVWX", "", ""},
		{"user_id", "auth0|5f7c8ec7c33c6c004bbafe82", "", ""}, {"user_id", "", "", ""}, {"name", "a\"\n", `"a\"\n"`, `"a\"\n"`},
		{"user_id", "jane@example.org", `"[redacted:email]"`, "p1_"}, {"user_id", "acme:jane@example.org", "[redacted:", "p1_"}, {"user_id", "+4915112345678", `"[redacted:phone]"`, "p1_"},
		{"user_id", token, `"[redacted:token]"`, `"[redacted:token]"`}, {"name", "reset for jane@example.org", `"reset for [redacted:email]"`, "p1_"},
	} {
		for action, want := range map[string]string{"redact": c.redact, "hash": c.hash} {
			if want == "" {
				want = `"` + c.in + `"`
			}
			e := newSanitizer(t, Options{Action: action, HashKey: hashKey}).Encoder()
			if got := string(e.AppendField(nil, c.key, c.in)); !strings.Contains(got, want) {
				t.Errorf("%s of %s %q: got %s, want %s", action, c.key, c.in, got, want)
			}
			e.Release()
		}
	}
}

func TestLongTextsAreCutAtAWord(t *testing.T) {
	secret := "AK" + "IA" + strings.Repeat("ABCD", 4)
	in := strings.Repeat("word ", maxString/5-12) + secret + strings.Repeat(" tail", 5000)
	out, findings := encodeMap(t, newSanitizer(t, Options{}), map[string]any{"t": in})
	text := decodeJSON(t, []byte(out)).(map[string]any)["t"].(string)
	if len(text) > maxString || !strings.Contains(text, "…[truncated:") || strings.Contains(text, "ABCDAB") || findings[0].Action != "truncate" {
		t.Errorf("%d bytes, ends %q, %v", len(text), text[len(text)-80:], findings)
	}
	if again, _ := encodeObject(t, newSanitizer(t, Options{}), out); again != out {
		t.Error("cut again the second time")
	}
}

func TestNamesAndValuesArePaired(t *testing.T) {
	for in, want := range map[string]string{
		`{"h":[{"name":"X-Api-Key","value":"abc"},{"value":"hunter","name":"password"},{"name":"Accept","value":"*/*"}]}`:         `{"h":[{"name":"X-Api-Key","value":"[redacted:secret]"},{"value":"[redacted:password]","name":"password"},{"name":"Accept","value":"*/*"}]}`,
		`{"h":[["Authorization","abc"],["Accept","abc"]],"argv":["run","--token","abc","--n","3"],"t":["token","limit","x"]}`:     `{"h":[["Authorization","[redacted:secret]"],["Accept","abc"]],"argv":["run","--token","[redacted:secret]","--n","3"],"t":["token","limit","x"]}`,
		`{"api":{"key":"abc"},"db":{"pass":{"word":"abc"}},"access":{"token":{"value":"abc","ttl":5,"type":"x"}}}`:                `{"api":{"key":"[redacted:secret]"},"db":{"pass":{"word":"[redacted:password]"}},"access":{"token":{"value":"[redacted:secret]","ttl":5,"type":"x"}}}`,
		`{"user":{"name":"Jane Roe","id":"u1"},"app":{"name":"langflow"},"card":{"number":"4000 1234 5678 9017","brand":"visa"}}`: `{"user":{"name":"[redacted:name]","id":"u1"},"app":{"name":"langflow"},"card":{"number":"[redacted:card]","brand":"visa"}}`,
	} {
		if out, _ := encodeObject(t, newSanitizer(t, Options{}), in); out != want {
			t.Errorf("got  %s\nwant %s", out, want)
		}
	}
}

func TestEncodersDoNotShareFindings(t *testing.T) {
	s := newSanitizer(t, Options{})
	e := s.Encoder()
	e.Record()
	e.AppendAttrs(nil, []slog.Attr{slog.String("password", "x1y2z3")})
	if len(e.Findings()) != 1 {
		t.Errorf("got %v", e.Findings())
	}
	e.Release()
	f := s.Encoder()
	defer f.Release()
	f.AppendAttrs(nil, []slog.Attr{slog.String("password", "x1y2z3")})
	if len(f.Findings()) != 0 {
		t.Errorf("got %v", f.Findings())
	}
}
