package snowflake

import (
	"crypto/rand"
	"crypto/rsa"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

// without returns a configuration with no credentials.
func without(c warehouse.Config) warehouse.Config {
	c.PrivateKey = core.Secret{}
	return c
}

func TestASignInIsByKeyTokenOrPassword(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	file := filepath.Join(t.TempDir(), "secret")
	for name, give := range map[string]func(*warehouse.Config){
		"a key":           func(c *warehouse.Config) { c.PrivateKey = core.NewSecret(pemOf(newKey())) },
		"a file of a key": func(c *warehouse.Config) { write(t, file, pemOf(newKey())); c.PrivateKeyFile = file },
		"a token":         func(c *warehouse.Config) { c.Token = core.NewSecret(patOf("pat")) },
		"a file of a token": func(c *warehouse.Config) {
			write(t, file, patOf("pat")+"\n")
			c.TokenFile = file
		},
		"a password": func(c *warehouse.Config) { c.Password = core.NewSecret("pass-" + patOf("word")) },
	} {
		t.Run(name, func(t *testing.T) {
			c := without(configOf(s))
			give(&c)
			off := warehouse.SchemaOff
			c.EnsureSchema = &off
			if err := open(t, c).Check(within(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

func write(t *testing.T, path, content string) {
	t.Helper()
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
}

func TestASignInThatIsRefusedIsForSomebodyToSetRightAndTellsNoSecret(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	stranger, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	missing := filepath.Join(t.TempDir(), "missing")
	secret := patOf("wrong")
	for name, test := range map[string]struct {
		give func(*warehouse.Config)
		want string
	}{
		"another key":      {func(c *warehouse.Config) { c.PrivateKey = core.NewSecret(pemOf(stranger)) }, "it is not that of the user"},
		"another user":     {func(c *warehouse.Config) { c.User, c.PrivateKey = "nobody", core.NewSecret(pemOf(newKey())) }, "the key was refused"},
		"another account":  {func(c *warehouse.Config) { c.Account, c.PrivateKey = "other", core.NewSecret(pemOf(newKey())) }, "error 390201"},
		"another token":    {func(c *warehouse.Config) { c.Token = core.NewSecret(secret) }, "error 390100"},
		"another password": {func(c *warehouse.Config) { c.Password = core.NewSecret(secret) }, "user or password is wrong: error 390100"},
		"no file":          {func(c *warehouse.Config) { c.PrivateKeyFile = missing }, missing},
		"no token file":    {func(c *warehouse.Config) { c.TokenFile = missing }, missing},
		"no role":          {func(c *warehouse.Config) { c.Role, c.Token = "nobodys", core.NewSecret(patOf("pat")) }, "the role is missing"},
		"no warehouse":     {func(c *warehouse.Config) { c.Warehouse, c.Token = "nowhere", core.NewSecret(patOf("pat")) }, "virtual warehouse or role is missing"},
		"no database":      {func(c *warehouse.Config) { c.Database, c.Token = "nowhere", core.NewSecret(patOf("pat")) }, "error 390201"},
	} {
		t.Run(name, func(t *testing.T) {
			c := without(configOf(s))
			test.give(&c)
			d := open(t, c)
			for _, err := range []error{d.Check(within(t)), d.Write(within(t), batch("a"))} {
				wantClass(t, err, core.ClassUnauthorized)
				if !strings.Contains(err.Error(), test.want) {
					t.Errorf("%q does not say %q", err, test.want)
				}
				if strings.Contains(err.Error(), secret[:20]) || strings.Contains(err.Error(), "?") {
					t.Errorf("%q has a secret, or a query", err)
				}
			}
		})
	}
}

func TestATokenThatIsExchangedInItsFileIsUsedAtTheNextSignIn(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	file := filepath.Join(t.TempDir(), "token")
	write(t, file, patOf("old"))
	c := without(configOf(s))
	c.TokenFile = file
	d := open(t, c)
	wantClass(t, d.Check(within(t)), core.ClassUnauthorized)
	write(t, file, patOf("pat"))
	ready(t, s) // makes the table
	if err := d.Check(within(t)); err != nil {
		t.Error(err)
	}
}

func TestASessionIsSetUpWhateverTheAccountSays(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	d := ready(t, s)
	if err := d.Write(within(t), batch("a")); err != nil {
		t.Fatal(err)
	}
	login := s.Calls(fakeflake.PathLogin)[0]
	data := login.Body["data"].(map[string]any)
	want := map[string]any{
		"AUTOCOMMIT": "true", "CLIENT_SESSION_KEEP_ALIVE": "false", "CLIENT_TELEMETRY_ENABLED": "false", "CLIENT_VALIDATE_DEFAULT_PARAMETERS": true,
		"GO_QUERY_RESULT_FORMAT": "json", "QUERY_TAG": "headgate:", "STATEMENT_TIMEOUT_IN_SECONDS": "600", "TIMEZONE": "UTC",
	}
	if diff := cmp.Diff(want, data["SESSION_PARAMETERS"]); diff != "" {
		t.Errorf("session parameters: %s", diff)
	}
	query := map[string]string{}
	for _, key := range []string{"databaseName", "schemaName", "warehouse", "roleName"} {
		query[key] = login.Query.Get(key)
	}
	if diff := cmp.Diff(map[string]string{"databaseName": "db", "schemaName": "PUBLIC", "warehouse": "wh", "roleName": "loader"}, query); diff != "" {
		t.Error(diff)
	}
	statement := s.Calls(fakeflake.PathQuery)[0]
	if login.Query.Get("requestId") == statement.Query.Get("requestId") {
		t.Error("the sign-in has the id of a statement")
	}
}

func TestAPasswordIsWarnedOf(t *testing.T) {
	secret := patOf("word")
	password := complete()
	password.PrivateKeyFile, password.Password = "", core.NewSecret(secret)
	for want, c := range map[string]warehouse.Config{
		"password": password,
		"dsn":      {DSN: core.NewSecret("u:" + secret + "@myorg-acc/db")},
		"":         complete(),
	} {
		warnings := warn(c)
		if want == "" && len(warnings) == 0 {
			continue
		}
		if len(warnings) != 1 || optionKeys(warnings[0])[0] != want || strings.Contains(warnings[0].Error(), secret) {
			t.Errorf("%s: warnings %v", want, warnings)
		}
	}
	if warnings := warn(warehouse.Config{}); len(warnings) > 0 {
		t.Errorf("without options: %v", warnings)
	}
}

func TestASignInIsByAnEncryptedKey(t *testing.T) {
	t.Parallel()
	path, err := exec.LookPath("openssl")
	if err != nil {
		t.Skip("openssl is not here")
	}
	phrase := patOf("phrase")
	cmd := exec.Command(path, "pkcs8", "-topk8", "-v2", "aes-256-cbc", "-passout", "pass:"+phrase)
	cmd.Stdin = strings.NewReader(pemOf(newKey()))
	encrypted, err := cmd.Output()
	if err != nil {
		t.Skipf("openssl: %v", err)
	}
	s := newAccount(t)
	ready(t, s)
	c := configOf(s)
	c.PrivateKey, c.PrivateKeyPassphrase = core.NewSecret(string(encrypted)), core.NewSecret(phrase)
	if err := open(t, c).Check(within(t)); err != nil {
		t.Error(err)
	}
	c.PrivateKeyPassphrase = core.NewSecret(patOf("another"))
	if got := strings.Join(optionKeys(c.Validate()), " "); got != "private_key_passphrase" {
		t.Errorf("with another passphrase: an error about %q", got)
	}
}
