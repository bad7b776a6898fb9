package pgwire

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestAConnectionStringIsReadInBothNotations(t *testing.T) {
	for dsn, want := range map[string]settings{
		"postgres://u:p@db:6432/x?sslmode=require":         {"user": "u", "password": "p", "host": "db", "port": "6432", "dbname": "x", "sslmode": "require"},
		"postgresql://db":                                  {"host": "db"},
		"redshift://db/dev":                                {"host": "db", "dbname": "dev"},
		"postgres://u%40corp:p%2Fw@[::1]:6432/a%20b":       {"user": "u@corp", "password": "p/w", "host": "::1", "port": "6432", "dbname": "a b"},
		"postgres://u:p@w@db":                              {"user": "u", "password": "p@w", "host": "db"},
		"postgres://a:1,b:2,c/x?target_session_attrs=any":  {"host": "a,b,c", "port": "1,2,", "dbname": "x", "target_session_attrs": "any"},
		"postgres:///x?host=%2Fvar%2Frun%2Fpostgresql":     {"host": "/var/run/postgresql", "dbname": "x"},
		"postgres://db?ssl=true&database=x":                {"host": "db", "dbname": "x", "sslmode": "require"},
		"host=db user=u password='it''s'":                  nil,
		`host = db user=u password='it\'s a \\ ' dbname=x`: {"host": "db", "user": "u", "password": `it's a \ `, "dbname": "x"},
		"host=db\tport=5432 \n database=x":                 {"host": "db", "port": "5432", "dbname": "x"},
		`password=a\ b host=''`:                            {"password": "a b"},
		"":                                                 {},
		"just words":                                       nil,
		"host='db":                                         nil,
		"ho st=db":                                         nil,
		"postgres://u:%zz@db":                              nil,
		"postgres://db?%zz=1":                              nil,
		"postgres://db?a%20b=1":                            nil,
		"host=db user=a\x00b":                              nil,
	} {
		got, err := parseDSN(dsn)
		if diff := cmp.Diff(want, got); diff != "" || (err == nil) != (want != nil) {
			t.Errorf("%q: %v; -want +got\n%s", dsn, err, diff)
		}
	}
}

func TestWhatIsNotSaidIsFilledIn(t *testing.T) {
	mode := func(m string) *string { return &m }
	for _, c := range []struct {
		name   string
		config warehouse.Config
		want   settings
	}{
		{"this machine", warehouse.Config{Host: "127.0.0.1"}, settings{"host": "127.0.0.1", "port": "5432", "sslmode": "disable"}},
		{"a socket", warehouse.Config{Host: "/run/pg", User: "u"}, settings{"host": "/run/pg", "port": "5432", "sslmode": "disable", "user": "u"}},
		{"another machine", warehouse.Config{Host: "db", Port: 1, Password: core.NewSecret("p")}, settings{"host": "db", "port": "1", "sslmode": "verify-full", "password": "p"}},
		{"as asked", warehouse.Config{Host: "db", SSLMode: mode("require"), Database: "x"}, settings{"host": "db", "port": "5432", "sslmode": "require", "dbname": "x"}},
		{"an authority", warehouse.Config{Host: "localhost", CAFile: "ca"}, settings{"host": "localhost", "port": "5432", "sslmode": "verify-full", "sslrootcert": "ca"}},
		{"several", warehouse.Config{DSN: core.NewSecret("postgres://localhost,b:7/x?pool_max_conns=3&default_query_exec_mode=exec")},
			settings{"host": "localhost,b", "port": "5432,7", "sslmode": "verify-full", "dbname": "x", "connect_timeout": "3"}},
		{"a name", warehouse.Config{DSN: core.NewSecret("host=::1 application_name=me client_encoding=LATIN1")},
			settings{"host": "::1", "port": "5432", "sslmode": "disable", "application_name": "me"}},
	} {
		got, err := settingsOf(c.config, 5432)
		if err != nil {
			t.Errorf("%s: %v", c.name, err)
			continue
		}
		if _, ok := c.want["application_name"]; !ok {
			c.want["application_name"] = "headgate"
		}
		c.want["client_encoding"] = "UTF8"
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", c.name, diff)
		}
	}
}

func TestOptionsThatContradictEachOtherAreNamed(t *testing.T) {
	const hush = "hush-3d"
	disable := "disable"
	for key, c := range map[string]warehouse.Config{
		"host":          {},
		"port":          {DSN: core.NewSecret("host=db"), Port: 1},
		"database":      {DSN: core.NewSecret("host=db"), Database: "x"},
		"user":          {DSN: core.NewSecret("host=db"), User: "x"},
		"password":      {DSN: core.NewSecret("host=db"), Password: core.NewSecret(hush)},
		"sslmode":       {DSN: core.NewSecret("host=db"), SSLMode: &disable},
		"ca_file":       {DSN: core.NewSecret("host=db"), CAFile: "x"},
		"password_file": {Host: "db", Password: core.NewSecret(hush), PasswordFile: "x"},
		"dsn":           {DSN: core.NewSecret("postgres://u:" + hush + "/x@db")},
	} {
		var field *registry.FieldError
		if err := Validate(c); !errors.As(err, &field) || field.Key != key || strings.Contains(err.Error(), hush) {
			t.Errorf("%s: %v", key, err)
		}
	}
	for _, dsn := range []string{
		"postgres://u:" + hush + "%zz@db", "host=db password='" + hush, "sslmode=" + hush + " host=db", "port=" + hush + " host=db", "postgres://u:a:" + hush + "@db:" + hush,
		"host=db port=0", "host=db port=70000", "host=db port=1,x",
	} {
		var field *registry.FieldError
		if err := Validate(warehouse.Config{DSN: core.NewSecret(dsn)}); !errors.As(err, &field) || field.Key != "dsn" || strings.Contains(err.Error(), hush) {
			t.Errorf("%s: %v", dsn, err)
		}
	}
	beside := warehouse.Config{DSN: core.NewSecret("host=db password=" + hush), PasswordFile: "x"}
	if err := Validate(beside); err == nil || !strings.Contains(err.Error(), "dsn has a password already") {
		t.Error(err)
	}
}

func TestOnlyThisMachineIsThisMachine(t *testing.T) {
	for _, host := range []string{"", "/run/postgresql", "localhost", "LOCALHOST.", "db.localhost", "127.0.0.1", "127.9.9.9", "::1", "::ffff:127.0.0.1"} {
		if !isThisMachine(host) {
			t.Errorf("%q is not", host)
		}
	}
	for _, host := range []string{"db", "localhost.example.com", "127.0.0.1.example.com", "10.0.0.1", "0.0.0.0", "::", "128.0.0.1", "@abstract"} {
		if isThisMachine(host) {
			t.Errorf("%q is", host)
		}
	}
}

// What is read here and what the library reads must be the same: what is checked is what is used.
func FuzzDSN(f *testing.F) {
	for _, seed := range []string{
		"postgres://u:p@db:6432/x?sslmode=require", "postgres://a:1,b:2,c/x", "host=db user=u password='it\\'s'", "postgres://%2Frun:1/x?host=::1", "host=[::1] port=1,2",
		"postgres://u:p@w@[::1]:5/%00", `a=\`, "sslmode='", "postgres://?host=a&host=b", "service=x servicefile=/nowhere", "passfile=/nowhere host=a,,b port=,1,",
	} {
		f.Add(seed)
	}
	for _, name := range []string{"HOME", "PGHOST", "PGPORT", "PGUSER", "PGSSLMODE", "PGSERVICE", "PGPASSWORD"} {
		f.Setenv(name, "")
	}
	f.Fuzz(func(t *testing.T, dsn string) {
		s, err := settingsOf(warehouse.Config{DSN: core.NewSecret(dsn)}, 5432)
		if err != nil {
			return
		}
		again, err := parseDSN(s.dsn())
		if err != nil || !maps.Equal(s, again) {
			t.Fatalf("%q is read as %q, and that as %q, %v", dsn, s, again, err)
		}
		if s["service"] != "" || s["servicefile"] != "" {
			return // another file decides
		}
		config, err := pgconn.ParseConfig(s.dsn())
		if err != nil {
			return // refused when it is used
		}
		used := []string{config.Host}
		for _, other := range config.Fallbacks {
			used = append(used, other.Host)
		}
		if config.User != s["user"] && s["user"] != "" || config.Password != s["password"] || config.Database != s["dbname"] {
			t.Errorf("%q: user %q, password %q, database %q; want %q", dsn, config.User, config.Password, config.Database, s)
		}
		hosts := s.hosts()
		for _, host := range used {
			if !slices.Contains(hosts, host) && !slices.Contains(hosts, "") {
				t.Errorf("%q connects to %q, want one of %q", dsn, host, hosts)
			}
		}
		if _, plain := plainHost(config); plain && !(s.plain() && len(s.others()) > 0) {
			t.Errorf("%q connects in the clear to another machine, which was not seen in %q", dsn, s)
		}
	})
}
