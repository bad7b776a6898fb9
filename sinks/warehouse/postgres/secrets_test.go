//go:build unix

package postgres

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// fields returns the options that a DSN stands for.
func fields(t *testing.T, dsn string) warehouse.Config {
	t.Helper()
	u, err := url.Parse(dsn)
	if err != nil {
		t.Fatal(err)
	}
	host, port, err := net.SplitHostPort(u.Host)
	if err != nil {
		t.Fatal(err)
	}
	password, _ := u.User.Password()
	verify := warehouse.SchemaVerify
	c := warehouse.Config{
		Driver: "postgres", Table: tableName, EnsureSchema: &verify,
		Host: host, Database: u.Path[1:], User: u.User.Username(), Password: core.NewSecret(password),
	}
	fmt.Sscan(port, &c.Port)
	return c
}

func TestAPasswordMayBeAnOptionAFileOrAPartOfTheDSN(t *testing.T) {
	dsn := server.Database(t)
	owner := openAt(t, dsn, warehouse.SchemaCreate)
	defer closeDriver(t, owner)
	if err := owner.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	mine := role(t, dsn, "GRANT INSERT, SELECT ON telemetry_events TO %s")
	option := fields(t, mine)
	file := option
	file.Password, file.PasswordFile = core.Secret{}, filepath.Join(t.TempDir(), "password")
	whole := warehouse.Config{Driver: "postgres", Table: tableName, DSN: core.NewSecret(mine)}
	words := whole
	quote := strings.NewReplacer(`\`, `\\`, `'`, `\'`)
	words.DSN = core.NewSecret(fmt.Sprintf("host=127.0.0.1 port = %d user=%s dbname='%s' password='%s'", option.Port, option.User, option.Database, quote.Replace(option.Password.Reveal())))

	for name, c := range map[string]warehouse.Config{"option": option, "file": file, "URL": whole, "words": words} {
		d := openWith(t, c)
		if name == "file" {
			mustBeSetRight(t, d.Check(t.Context()), "read the password: open "+file.PasswordFile)
			for _, password := range []string{"last month's\n", option.Password.Reveal() + "\n"} {
				if err := os.WriteFile(file.PasswordFile, []byte(password), 0o600); err != nil {
					t.Fatal(err)
				}
				if strings.HasPrefix(password, "last") {
					mustBeSetRight(t, d.Check(t.Context()), "correct user and password")
				}
			}
		}
		if err := d.Write(t.Context(), warehouse.Batch{Rows: makeRows("row", 3)}); err != nil {
			t.Errorf("%s: %v", name, err)
		}
		closeDriver(t, d)
	}
	mustHave(t, dsn, makeRows("row", 3))
}

func TestASignInThatIsRefusedIsForSomebodyToSetRight(t *testing.T) {
	dsn := server.Schema(t)
	mine := role(t, dsn)
	for name, c := range map[string]struct{ dsn, says string }{
		"password": {as(t, mine, "role1", "wrong"), `password authentication failed for user "role1" (SQLSTATE 28P01); correct user and password`},
		"database": {strings.Replace(dsn, "/postgres?", "/nowhere?", 1), `database "nowhere" does not exist (SQLSTATE 3D000)`},
		"role":     {as(t, mine, "nobody", "x"), "(SQLSTATE 28P01)"},
	} {
		d := openAt(t, c.dsn, warehouse.SchemaVerify)
		for _, err := range []error{
			d.Check(t.Context()), d.EnsureSchema(t.Context()), d.Write(t.Context(), warehouse.Batch{Rows: makeRows("row", 1)}),
		} {
			mustBeSetRight(t, err, c.says)
			if strings.Contains(fmt.Sprintf("%v %+v %#v %q", err, err, err, err), "wrong") {
				t.Errorf("%s: %#v has the password in it", name, err)
			}
		}
		closeDriver(t, d)
	}
}

func TestNoErrorAndNoPrintHasAValueOrAPasswordInIt(t *testing.T) {
	const canary = "canary-77d1"
	dsn := server.Schema(t)
	d := openAt(t, dsn, warehouse.SchemaCreate).(*driver)
	defer closeDriver(t, d)
	if err := d.EnsureSchema(t.Context()); err != nil {
		t.Fatal(err)
	}
	for name, c := range map[string]struct{ change, says string }{
		"a type": {
			`ALTER TABLE telemetry_events ALTER COLUMN "user_id" TYPE integer USING 0`, "",
		},
		"a length": {
			`ALTER TABLE telemetry_events ALTER COLUMN "user_id" TYPE varchar(5)`, "a text is too long (SQLSTATE 22001)",
		},
		"a check": {
			`ALTER TABLE telemetry_events ADD CONSTRAINT "short" CHECK (length("user_id") < 5)`, `a check, or the lack of a partition, refuses a row, constraint "short" (SQLSTATE 23514)`,
		},
		"another unique index": {
			`CREATE UNIQUE INDEX "once" ON telemetry_events ("user_id")`, `a value is there already, constraint "once" (SQLSTATE 23505)`,
		},
		"a trigger": {
			`CREATE FUNCTION refuse() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RAISE EXCEPTION ''no %'', NEW; END';
			CREATE TRIGGER refuse BEFORE INSERT ON telemetry_events FOR EACH ROW EXECUTE FUNCTION refuse()`, "a trigger refuses a row (SQLSTATE P0001)",
		},
	} {
		for _, trust := range []bool{false, true} {
			queryAt(t, dsn, `DROP TABLE telemetry_events`)
			if err := d.EnsureSchema(t.Context()); err != nil {
				t.Fatal(err)
			}
			for statement := range strings.SplitSeq(c.change, ";\n") {
				queryAt(t, dsn, strings.ReplaceAll(statement, "CREATE FUNCTION", "CREATE OR REPLACE FUNCTION"))
			}
			d.doubt.left.Store(cautious)
			if trust {
				trusting(d)
			}
			rows := makeRows(canary, 2)
			for i := range rows {
				rows[i].UserID, rows[i].Payload = canary, []byte(`{"v":"`+canary+`"}`)
			}
			err := d.Write(t.Context(), warehouse.Batch{Rows: rows})
			if err == nil {
				t.Fatalf("%s: it was written", name)
			}
			all := []error{err}
			var partial *core.BatchError
			if errors.As(err, &partial) {
				for _, e := range partial.Failed {
					all = append(all, e)
				}
			}
			for _, e := range all {
				for ; e != nil; e = errors.Unwrap(e) {
					if text := fmt.Sprintf("%v %+v %#v", e, e, e); strings.Contains(text, canary) || !strings.Contains(text, c.says) {
						t.Errorf("%s: %s", name, text)
					}
				}
			}
		}
	}

	secret := warehouse.Config{Driver: "postgres", Table: tableName, Host: "127.0.0.1", Port: 1, User: "u", Password: core.NewSecret(canary)}
	printed := openWith(t, secret)
	defer closeDriver(t, printed)
	if text := fmt.Sprintf("%v %+v %#v", printed, printed, printed); strings.Contains(text, canary) {
		t.Errorf("the driver prints its password: %s", text)
	}
	if err := printed.Check(t.Context()); strings.Contains(fmt.Sprintf("%#v", err), canary) || !strings.Contains(fmt.Sprint(err), "connection refused") {
		t.Errorf("%#v", err)
	}
}

func TestTheConnectionIsEncryptedAsAsked(t *testing.T) {
	dsn := server.Schema(t)
	ca := server.Need(t).RootCertificate()
	for _, c := range []struct {
		mode, ca, host string
		says           string // "" if it connects
		encrypted      bool
	}{
		{mode: "", host: "127.0.0.1"},
		{mode: "disable", host: "127.0.0.1"},
		{mode: "require", host: "127.0.0.1", encrypted: true},
		{mode: "verify-full", ca: ca, host: "127.0.0.1", encrypted: true},
		{mode: "", ca: ca, host: "127.0.0.1", encrypted: true},
		{mode: "verify-ca", ca: ca, host: "localhost", encrypted: true},
		{mode: "verify-full", ca: ca, host: "localhost", says: "wanted to match localhost; name the authority in ca_file"},
		{mode: "verify-full", host: "127.0.0.1", says: "unknown authority; name the authority in ca_file"},
		{mode: "verify-ca", host: "127.0.0.1", says: "unknown authority"},
		{mode: "verify-full", ca: "/nowhere/ca.pem", host: "127.0.0.1", says: "open /nowhere/ca.pem: no such file or directory"},
	} {
		config := fields(t, dsn)
		config.CAFile, config.Host = c.ca, c.host
		if c.mode != "" {
			config.SSLMode = &c.mode
		}
		off := warehouse.SchemaOff
		config.EnsureSchema = &off
		d := openWith(t, config).(*driver)
		err := d.Check(t.Context())
		if c.says == "" && err == nil {
			encrypted := one(t, dsn, "SELECT bool_or(ssl) FROM pg_stat_ssl JOIN pg_stat_activity USING (pid) WHERE application_name = 'headgate'") == "t"
			if encrypted != c.encrypted {
				t.Errorf("%+v: encrypted: %t", c, encrypted)
			}
		} else if c.says == "" {
			t.Errorf("%+v: %v", c, err)
		} else {
			mustBeSetRight(t, err, c.says)
		}
		closeDriver(t, d)
		waitFor(t, func() bool {
			return one(t, dsn, "SELECT count(*) FROM pg_stat_activity WHERE application_name = 'headgate'") == "0"
		})
	}
}

func TestNothingIsSentInTheClearToAnotherMachine(t *testing.T) {
	for _, mode := range []string{"disable", "allow", "prefer"} {
		c := warehouse.Config{Driver: "postgres", Table: tableName, DSN: core.NewSecret("postgres://u:hush@db.example.com,127.0.0.1/x?sslmode=" + mode)}
		o, err := warehouse.NewOptions(c)
		if err != nil {
			t.Fatal(err)
		}
		_, err = open(o)
		var field *registry.FieldError
		if !errors.As(err, &field) || field.Key != "dsn" || !strings.Contains(field.Message, `"db.example.com"`) || strings.Contains(err.Error(), "hush") {
			t.Errorf("%s: %v", mode, err)
		}
		o.AllowInsecure = true
		d, err := open(o)
		if err != nil {
			t.Fatal(err)
		}
		closeDriver(t, d)
	}
	// What is not said in the options may be in the environment.
	t.Setenv("PGHOST", "db.example.com")
	d := openAt(t, "postgres:///x?sslmode=disable", warehouse.SchemaOff)
	defer closeDriver(t, d)
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	mustBeSetRight(t, d.Check(ctx), `an unencrypted connection to "db.example.com"`)
}
