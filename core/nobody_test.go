package core

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/sanitize"
)

// placeholders are ids that are none.
var placeholders = []string{
	"", " ", "anon", "anonymous", "Anonymous", "nil", "NIL", "none", "null", "NULL", "n/a", "na", "undefined", "unknown", "<nil>", "0", "-1",
	"true", "False", "[]", "{}", "guest", "NaN", "lmy47d", "LMY47D", "not_authenticated", `"not_authenticated"`, "[object Object]", `"[object Object]"`,
	`""`, "00000000-0000-0000-0000-000000000000", " null ", "[redacted:email]", "[redacted:id]", "Bearer [redacted:secret]", "\tundefined\n",
}

func TestAPlaceholderIsKnownInEveryForm(t *testing.T) {
	for _, id := range placeholders {
		if !IsPlaceholder(id) {
			t.Errorf("%q is taken for an id", id)
		}
	}
	for _, id := range []string{
		"anon-7", "1", "u", "00", "truely", "nullable", "p1_0123", "none@host", "00000000-0000-0000-0000-000000000001", "redacted:", "ünknown",
		strings.Repeat("0", 36), "[redacted by hand]",
	} {
		if IsPlaceholder(id) {
			t.Errorf("%q is not taken for an id", id)
		}
	}
	if got := testing.AllocsPerRun(100, func() { IsPlaceholder("NOT_Authenticated"); IsPlaceholder("9b1f0c7e-5f3e-4d6a-9a58-0d6f5c1f7a11") }); got != 0 {
		t.Errorf("it allocates %v times", got)
	}
}

const thisInstallation = "9b1f0c7e-5f3e-4d6a-9a58-0d6f5c1f7a11"

// sealAt seals an event on an installation.
func sealAt(t *testing.T, o sanitize.Options, e Event) (Sealed, []sanitize.Finding) {
	t.Helper()
	sanitizer, err := sanitize.New(o)
	if err != nil {
		t.Fatal(err)
	}
	s := newSealer(App{}, false, sanitizer)
	s.installation = func() string { return thisInstallation }
	enc := sanitizer.Encoder()
	defer enc.Release()
	enc.Record()
	e.Name = "run"
	dr, _ := newDraft(e)
	dr.decision = consent.Decision{Collect: true, Network: true, ThirdParty: true}
	rec, err := s.appendRecord(nil, enc, &dr, nil, time.Now())
	if err != nil {
		t.Fatal(err)
	}
	sealed, err := openRecord(rec)
	if err != nil {
		t.Fatal(err)
	}
	return sealed, enc.Findings()
}

func TestWhoNamesNobodyIsThisInstallation(t *testing.T) {
	address := "jane.doe" + "@corp.example"
	for _, id := range append(placeholders, address, "acme:"+address) {
		for _, c := range []struct{ user, anonymous, wantUser, wantAnonymous string }{
			{id, id, "", thisInstallation},
			{id, "", "", thisInstallation},
			{"", id, "", thisInstallation},
			{id, "anon-7", "", "anon-7"},
			{"user-42", id, "user-42", ""},
			{" user-42 ", id, " user-42 ", ""},
		} {
			s, _ := sealAt(t, sanitize.Options{}, Event{UserID: c.user, AnonymousID: c.anonymous, SessionID: "s-1"})
			if s.UserID() != c.wantUser || s.AnonymousID() != c.wantAnonymous || s.SessionID() != "s-1" || s.Name() != "run" {
				t.Errorf("user %q, anonymous %q: %s", c.user, c.anonymous, s.JSON())
			}
			if _, err := DecodeEvent(s.JSON()); err != nil {
				t.Errorf("%v: %s", err, s.JSON())
			}
		}
	}
}

// What was taken out of an id is told all the same, and people whose ids are hashed stay apart.
func TestARedactedIDIsFoundAndAHashedOneKept(t *testing.T) {
	address := "jane.doe" + "@corp.example"
	s, findings := sealAt(t, sanitize.Options{}, Event{UserID: address})
	if len(findings) != 1 || findings[0].Path != "user_id" || s.AnonymousID() != thisInstallation {
		t.Errorf("%v, %s", findings, s.JSON())
	}
	key := []byte(strings.Repeat("k", 32))
	jane, _ := sealAt(t, sanitize.Options{Action: string(sanitize.Hash), HashKey: key}, Event{UserID: address})
	john, _ := sealAt(t, sanitize.Options{Action: string(sanitize.Hash), HashKey: key}, Event{UserID: "john" + "@corp.example"})
	if jane.UserID() == "" || jane.UserID() == john.UserID() || jane.AnonymousID() != "" {
		t.Errorf("%s, %s", jane.JSON(), john.JSON())
	}
}

// All of an installation's events that name nobody are kept by sampling, or none.
func TestWhoNamesNobodyIsSampledAsTheInstallation(t *testing.T) {
	want, _ := sealAt(t, sanitize.Options{}, Event{AnonymousID: thisInstallation})
	for _, id := range []string{"", "null", "anonymous"} {
		if got, _ := sealAt(t, sanitize.Options{}, Event{ID: "e1", UserID: id}); got.bucket() != want.bucket() {
			t.Errorf("%q is of bucket %d, the installation of %d", id, got.bucket(), want.bucket())
		}
	}
}

// A preview shows it, too, without making the id of the installation.
func TestThePreviewOfAnEventOfNobodyIsOfSomeInstallation(t *testing.T) {
	dir := t.TempDir()
	result, err := Preview(Config{}, Event{Name: "run", UserID: "null"}, WithStateDir(dir), WithEnviron(func(string) (string, bool) { return "", false }))
	if err != nil || !strings.Contains(string(result.Event), `"anonymous_id":"`+previewInstallation+`"`) {
		t.Errorf("%s, %v", result.Event, err)
	}
	if _, err := os.Stat(filepath.Join(dir, "installation_id")); err == nil {
		t.Error("the preview made an installation id")
	}
}
