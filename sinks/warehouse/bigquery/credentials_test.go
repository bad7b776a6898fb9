package bigquery

import (
	"encoding/json"
	"errors"
	"net/http"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/bigquery/internal/fake"
)

// keyOf makes the server want tokens, and returns the key to get them with.
func keyOf(t *testing.T, s *fake.Server) []byte {
	t.Helper()
	key, err := s.Credentials()
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// altered returns a key with members changed; nil removes one.
func altered(t *testing.T, key []byte, members map[string]any) []byte {
	t.Helper()
	file := map[string]any{}
	if err := json.Unmarshal(key, &file); err != nil {
		t.Fatal(err)
	}
	for name, value := range members {
		if file[name] = value; value == nil {
			delete(file, name)
		}
	}
	changed, err := json.Marshal(file)
	if err != nil {
		t.Fatal(err)
	}
	return changed
}

// fileWith writes a file.
func fileWith(t *testing.T, text []byte) string {
	t.Helper()
	name := filepath.Join(t.TempDir(), "key.json")
	if err := os.WriteFile(name, text, 0o600); err != nil {
		t.Fatal(err)
	}
	return name
}

func TestAKeyOpensBothAPIs(t *testing.T) {
	for how, with := range map[string]func(key []byte) change{
		"as a secret": credentialsOf,
		"in a file":   func(key []byte) change { return credentialsIn(fileWith(t, key)) },
		"of the machine, by name": func(key []byte) change {
			t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", fileWith(t, key))
			return func(*warehouse.Config) {}
		},
	} {
		s := newServerWith(t, true)
		key := keyOf(t, s)
		// The token service has a certificate of its own making, as have the APIs.
		d := opened(t, s, with(key), schema("create"))
		if err := ensure(t, d); err != nil {
			t.Fatalf("%s: %v", how, err)
		}
		write(t, d, batch("row", 2))
		write(t, d, batch("more", 2))
		if err := d.Check(within(t, time.Minute)); err != nil {
			t.Errorf("%s: %v", how, err)
		}
		if n := asked(s, "POST :token"); n != 1 || len(s.Rows(events)) != 4 {
			t.Errorf("%s: %d tokens were asked for, %d rows written", how, n, len(s.Rows(events)))
		}
	}
}

func TestTheProjectThatPaysIsTold(t *testing.T) {
	s, _ := ready(t)
	key := altered(t, keyOf(t, s), map[string]any{"quota_project_id": "who-pays"})
	var mu sync.Mutex
	rest := map[string]bool{}
	s.OnRequest(func(_ int, r *http.Request) *fake.Answer {
		mu.Lock()
		defer mu.Unlock()
		if r.URL.Path != "/token" {
			rest[r.Header.Get("X-Goog-User-Project")] = true
		}
		return nil
	})
	for _, m := range []string{"stream", "load"} {
		write(t, opened(t, s, mode(m), credentialsOf(key)), batch(m, 1))
	}
	mu.Lock()
	defer mu.Unlock()
	if diff := cmp.Diff(map[string]bool{"who-pays": true}, rest); diff != "" || !slices.Equal(s.Payers(), []string{"who-pays"}) {
		t.Error(diff, s.Payers())
	}
}

func TestATokenThatIsNotGoodAnyMoreIsReplaced(t *testing.T) {
	s, _ := ready(t)
	for _, m := range []string{"stream", "load"} {
		d := opened(t, s, mode(m), credentialsOf(keyOf(t, s)), in("EU"))
		write(t, d, batch(m+"-before", 1))
		s.Revoke()
		endStreams(d) // one that is open needs no token any more
		mustBe(t, m, d.Write(within(t, time.Minute), batch(m+"-row", 1)), core.ClassUnauthorized)
		write(t, d, batch(m+"-row", 1))
	}
}

func TestAKeyThatWasReplacedInItsFileIsFound(t *testing.T) {
	s, _ := ready(t)
	key := keyOf(t, s)
	theirs := altered(t, keyOf(t, newServer(t)), map[string]any{"token_uri": s.URL() + "/token"})
	file := fileWith(t, theirs)
	d := opened(t, s, credentialsIn(file))
	mustBe(t, "another's key", d.Write(within(t, time.Minute), batch("row", 1)), core.ClassUnauthorized)
	if err := os.WriteFile(file, key, 0o600); err != nil {
		t.Fatal(err)
	}
	write(t, d, batch("row", 1))
}

func TestATokenServiceThatIsAwayIsWaitedFor(t *testing.T) {
	s, _ := ready(t)
	key := keyOf(t, s)
	for _, c := range []struct {
		answer fake.Answer
		want   core.Class
	}{
		{fake.Answer{Status: 503, Text: canary}, core.ClassRetry},
		{fake.Answer{Status: 500, Text: `{"error":"internal_failure"}`}, core.ClassRetry},
		{fake.Answer{Status: 429, Text: canary}, core.ClassRetry},
		{fake.Answer{Cut: true}, core.ClassRetry},
		{fake.Answer{Status: 400, Text: `{"error":"invalid_grant","error_description":"` + canary + `"}`}, core.ClassUnauthorized},
		{fake.Answer{Status: 401, Text: `{"error":"` + canary + `!"}`}, core.ClassUnauthorized},
		{fake.Answer{Status: 403, Text: canary}, core.ClassUnauthorized},
		{fake.Answer{Status: 302, Header: http.Header{"Location": {"https://elsewhere.example/"}}}, core.ClassUnauthorized},
	} {
		for _, m := range []string{"stream", "load"} {
			d := opened(t, s, mode(m), credentialsOf(key), in("EU"))
			first(s, "POST /token", c.answer)
			err := d.Write(within(t, time.Minute), batch("row", 1))
			mustBe(t, m+" "+c.answer.Text, err, c.want)
			if strings.Contains(c.answer.Text, "invalid_grant") && !strings.Contains(err.Error(), "HTTP 400, invalid_grant") {
				t.Error(err)
			}
			write(t, d, batch("row", 1))
		}
	}
}

func TestCredentialsThatCannotBeUsedAreForSomebodyToSetRight(t *testing.T) {
	s, _ := ready(t)
	key := keyOf(t, s)
	for name, with := range map[string]change{
		"no file":             credentialsIn(filepath.Join(t.TempDir(), "none.json")),
		"no JSON":             credentialsIn(fileWith(t, []byte("{"+canary))),
		"another type":        credentialsIn(fileWith(t, altered(t, key, map[string]any{"type": "external_account"}))),
		"no key in it":        credentialsIn(fileWith(t, altered(t, key, map[string]any{"private_key": nil}))),
		"a key of no form":    credentialsOf(altered(t, key, map[string]any{"private_key": canary})),
		"a token elsewhere":   credentialsIn(fileWith(t, altered(t, key, map[string]any{"token_uri": "https://evil.example/token"}))),
		"in another universe": credentialsIn(fileWith(t, altered(t, key, map[string]any{"client_email": nil}))),
	} {
		d := opened(t, s, with)
		mustBe(t, name, d.Write(within(t, time.Minute), batch("row", 1)), core.ClassUnauthorized)
		mustBe(t, name, d.Check(within(t, time.Minute)), core.ClassUnauthorized)
	}
	if n := asked(s, "AppendRows"); n != 0 {
		t.Errorf("%d appends", n)
	}
}

func TestARecipeForCredentialsIsTakenOnlyIfThatIsAllowed(t *testing.T) {
	s, err := fake.New(false)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	key := keyOf(t, s)
	kind := func(name string) []byte { return altered(t, key, map[string]any{"type": name}) }
	for name, c := range map[string]struct {
		raw      []byte
		external bool
		taken    bool
	}{
		"a key":                         {key, false, true},
		"a key with Google's own":       {altered(t, key, map[string]any{"token_uri": "https://oauth2.googleapis.com/token"}), false, true},
		"a key that does not say":       {altered(t, key, map[string]any{"token_uri": nil}), false, true},
		"a user's token":                {kind("authorized_user"), false, true},
		"external":                      {kind("external_account"), false, false},
		"external, allowed":             {kind("external_account"), true, true},
		"external of a user":            {kind("external_account_authorized_user"), false, false},
		"impersonation":                 {kind("impersonated_service_account"), false, false},
		"impersonation, allowed":        {kind("impersonated_service_account"), true, true},
		"of Google's distributed cloud": {kind("gdch_service_account"), false, false},
		"a token elsewhere":             {altered(t, key, map[string]any{"token_uri": "https://googleapis.com.evil.example/token"}), false, false},
		"a token in the clear":          {altered(t, key, map[string]any{"token_uri": "http://oauth2.googleapis.com/token"}), false, false},
		"a token elsewhere, allowed":    {altered(t, key, map[string]any{"token_uri": "https://sts.example/token"}), true, true},
		"no type":                       {kind(""), true, false},
		"an unknown type":               {kind(canary), true, false},
		"another universe":              {altered(t, key, map[string]any{"universe_domain": "example.com"}), true, false},
		"a list":                        {[]byte(`["` + canary + `"]`), true, false},
	} {
		_, err := vet(c.raw, rules{external: c.external})
		if (err == nil) != c.taken {
			t.Errorf("%s: %v", name, err)
		}
		if err != nil && strings.Contains(err.Error(), canary) {
			t.Errorf("%s: %v: it quotes the file", name, err)
		}
	}
}

func FuzzVettingNeitherPanicsNorQuotes(f *testing.F) {
	f.Add(`{"type":"service_account","token_uri":"https://oauth2.googleapis.com/token"}`, false)
	f.Add(`{"type":"external_account"}`, true)
	f.Add(`{"type":1,"token_uri":"http://[::1"}`, false)
	f.Fuzz(func(t *testing.T, raw string, external bool) {
		kind, err := vet([]byte(raw), rules{external: external})
		if (err == nil) == (kind == "") {
			t.Errorf("%q, %v", kind, err)
		}
	})
}

func TestAnEmulatorIsNotGivenTheCredentialsOfTheMachine(t *testing.T) {
	s, d := ready(t)
	t.Setenv("GOOGLE_APPLICATION_CREDENTIALS", fileWith(t, []byte("not even JSON")))
	write(t, d, batch("row", 1))
	if asked(s, "POST :token") != 0 {
		t.Error("a token was asked for")
	}
}

func TestTheSearchForCredentialsEndsWithTheContext(t *testing.T) {
	tokens := newTokens(options(t, "").Config, http.DefaultClient)
	<-tokens.turn // somebody else is looking, and takes long
	_, err := tokens.headers(within(t, 20*time.Millisecond))
	if class, _ := core.Classify(err); class != core.ClassRetry || !errors.Is(err, t.Context().Err()) && err == nil {
		t.Error(err)
	}
}
