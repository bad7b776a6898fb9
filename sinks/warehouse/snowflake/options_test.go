package snowflake

import (
	"encoding/base64"
	"fmt"
	"net/url"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

// keys returns the keys of the options that an error is about.
func keys(err error) (keys []string) {
	switch e := err.(type) {
	case *registry.FieldError:
		return []string{e.Key}
	case interface{ Unwrap() []error }:
		for _, each := range e.Unwrap() {
			keys = append(keys, optionKeys(each)...)
		}
	}
	return keys
}

func optionKeys(err error) []string {
	if err == nil {
		return nil
	}
	return keys(err)
}

func complete() warehouse.Config {
	return warehouse.Config{
		Driver: "snowflake", Table: "telemetry_events", Account: "myorg-my_account", User: "headgate", Database: "analytics", Warehouse: "WH",
		PrivateKeyFile: "/etc/headgate/snowflake.p8",
	}
}

func TestOptionsThatAreMissingOrTooManyAreFoundWhenTheFileIsRead(t *testing.T) {
	secret := core.NewSecret(patOf("pat"))
	for name, test := range map[string]struct {
		change func(*warehouse.Config)
		want   string // keys
	}{
		"complete":               {func(*warehouse.Config) {}, ""},
		"no account":             {func(c *warehouse.Config) { c.Account = "" }, "account"},
		"an account with domain": {func(c *warehouse.Config) { c.Account = "myorg-acc.snowflakecomputing.com" }, "account"},
		"an account like a URL":  {func(c *warehouse.Config) { c.Account = "https://x/?y" }, "account"},
		"no user":                {func(c *warehouse.Config) { c.User = "" }, "user"},
		"no database":            {func(c *warehouse.Config) { c.Database = "" }, "database"},
		"a database in table":    {func(c *warehouse.Config) { c.Database, c.Table = "", "a.b.c" }, ""},
		"a database with quotes": {func(c *warehouse.Config) { c.Database = `a"b` }, "database"},
		"no credentials":         {func(c *warehouse.Config) { c.PrivateKeyFile = "" }, "private_key_file"},
		"two credentials":        {func(c *warehouse.Config) { c.Token = secret }, "token"},
		"a key that is none":     {func(c *warehouse.Config) { c.PrivateKeyFile, c.PrivateKey = "", secret }, "private_key"},
		"a lone passphrase":      {func(c *warehouse.Config) { c.PrivateKeyFile, c.Token, c.PrivateKeyPassphrase = "", secret, secret }, "private_key_passphrase"},
		"an endpoint with path":  {func(c *warehouse.Config) { c.Endpoint = "https://x.example/path" }, "endpoint"},
		"an endpoint with user":  {func(c *warehouse.Config) { c.Endpoint = "https://u:p@x.example" }, "endpoint"},
		"an endpoint like ftp":   {func(c *warehouse.Config) { c.Endpoint = "ftp://x.example" }, "endpoint"},
		"a window without merge": {func(c *warehouse.Config) { none := dedupeNone; c.Dedupe, c.DedupeWindow = &none, time.Hour }, "dedupe_window"},
		"a window of ages":       {func(c *warehouse.Config) { c.DedupeWindow = maxWindow + 1 }, "dedupe_window"},
		"a DSN and more":         {func(c *warehouse.Config) { c.DSN = core.NewSecret("u:p@a/d") }, "account"},
	} {
		t.Run(name, func(t *testing.T) {
			c := complete()
			test.change(&c)
			err := c.Validate()
			if got := strings.Join(optionKeys(err), " "); got != test.want {
				t.Errorf("errors about %q, want %q: %v", got, test.want, err)
			}
			if err != nil && strings.Contains(err.Error(), patOf("pat")[:20]) {
				t.Errorf("%v has a secret", err)
			}
		})
	}
}

func TestAnAccountHasAHost(t *testing.T) {
	for account, want := range map[string]string{
		"myorg-myaccount": "myorg-myaccount.snowflakecomputing.com", "MyOrg-My_Account": "myorg-my-account.snowflakecomputing.com",
		"xy12345.eu-central-1": "xy12345.eu-central-1.snowflakecomputing.com", "xy12345.cn-northwest-1": "xy12345.cn-northwest-1.snowflakecomputing.cn",
	} {
		if got := hostOf(account); got != want {
			t.Errorf("%s: %s, want %s", account, got, want)
		}
	}
}

func TestPlainHTTPIsForThisMachineOnly(t *testing.T) {
	c := complete()
	c.Endpoint = "http://warehouse.example"
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := newWriter(o); err == nil || optionKeys(err)[0] != "endpoint" {
		t.Errorf("got %v, want an error about the endpoint", err)
	}
	o.AllowInsecure = true
	if _, err := newWriter(o); err != nil {
		t.Error(err)
	}
}

func TestADataSourceNameIsTakenInAllItsWays(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	s.AddUser("OAUTH", fakeflake.User{OAuth: patOf("oauth")})
	ready(t, s)
	host := strings.TrimPrefix(s.URL(), "http://")
	base := host + "/db/public?account=myorg-myaccount&protocol=http&warehouse=wh&role=loader"
	key := url.QueryEscape(base64.URLEncoding.EncodeToString(derOf(newKey())))
	for name, dsn := range map[string]string{
		"password":     "headgate:" + url.QueryEscape("pass-"+patOf("word")) + "@" + base,
		"key":          "headgate@" + base + "&authenticator=snowflake_jwt&privateKey=" + key,
		"token":        "headgate@" + base + "&authenticator=programmatic_access_token&token=" + patOf("pat"),
		"OAuth":        "oauth@" + base + "&authenticator=oauth&token=" + patOf("oauth"),
		"small letter": "headgate@" + strings.ToLower(base) + "&authenticator=SNOWFLAKE_JWT&privateKey=" + key,
	} {
		t.Run(name, func(t *testing.T) {
			c := warehouse.Config{Driver: "snowflake", Table: "telemetry_events", DSN: core.NewSecret(dsn)}
			if err := c.Validate(); err != nil {
				t.Fatal(err)
			}
			if err := open(t, c).Check(within(t)); err != nil {
				t.Error(err)
			}
		})
	}
}

// Some parameters of gosnowflake print what is written, keep tokens, or end the program.
func TestADataSourceNameCannotTurnOnWhatIsNotWanted(t *testing.T) {
	secret := patOf("pass")
	for _, parameter := range []string{
		"connectionDiagnosticsEnabled=true", "tracing=debug", "logQueryText=true", "client_session_keep_alive=true", "disableTelemetry=false",
		"proxyHost=elsewhere", "clientConfigFile=/tmp/x", "authenticator=externalbrowser", "authenticator=https://okta.example", "insecureMode=true",
		"clientStoreTemporaryCredential=true", "autocommit=false", "a/b?c=" + secret, "%zz", "privateKey=AAAA", "token=x",
	} {
		for _, dsn := range []string{
			fmt.Sprintf("u:%s@myorg-acc/db/s?warehouse=w&%s", secret, parameter), fmt.Sprintf("u:%s@myorg-acc/db/s?%s", secret, parameter),
		} {
			c := warehouse.Config{Driver: "snowflake", Table: "telemetry_events", DSN: core.NewSecret(dsn)}
			err := c.Validate()
			if got := strings.Join(optionKeys(err), " "); got != "dsn" {
				t.Errorf("%s: errors about %q, want dsn", parameter, got)
			}
			if err != nil && strings.Contains(err.Error(), secret[:20]) {
				t.Errorf("%v has a secret", err)
			}
		}
	}
}

func FuzzADataSourceNameIsRefusedOrUsable(f *testing.F) {
	f.Add("u:p@a/d/s?warehouse=w")
	f.Add("u:p@host:443/d/s?account=a&protocol=https&token=x&authenticator=oauth")
	f.Add("@/?=&%")
	f.Add("0:0@!\xaf^00A0\xe3AA\xffA.0000/000") // ParseDSN panics
	f.Fuzz(func(t *testing.T, dsn string) {
		c := warehouse.Config{Driver: "snowflake", Table: "t", DSN: core.NewSecret(dsn)}
		s, err := newSession(c)
		if err != nil || dsn == "" {
			return
		}
		if u, err := url.Parse(s.url()); err != nil || u.Host != s.address() || u.Path != "" || u.User != nil {
			t.Errorf("%q calls %q", dsn, s.url())
		}
		if len(s.credentials.given()) != 1 {
			t.Errorf("%q signs in in %d ways", dsn, len(s.credentials.given()))
		}
	})
}

func TestNoPrintOfADriverShowsASecret(t *testing.T) {
	secret := patOf("pat")
	c := complete()
	c.PrivateKeyFile, c.Token = "", core.NewSecret(secret)
	o, err := warehouse.NewOptions(c)
	if err != nil {
		t.Fatal(err)
	}
	d, err := newWriter(o)
	if err != nil {
		t.Fatal(err)
	}
	for _, format := range []string{"%v", "%+v", "%#v", "%s", "%x"} {
		if text := fmt.Sprintf(format, d); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("%s shows it", format)
		}
	}
	cfg, err := d.(*writer).connector.config()
	if err != nil || cfg.Token != secret {
		t.Fatalf("the token is not used: %v", err)
	}
}
