package snowflake

import (
	"cmp"
	"errors"
	"fmt"
	"net/url"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// What option dedupe says.
const (
	dedupeMerge = "merge"
	dedupeNone  = "none"
)

const (
	defaultWindow = 24 * time.Hour
	maxWindow     = 3650 * 24 * time.Hour

	defaultTimeout = time.Minute // of one attempt, for who opens the driver without a sink
	defaultSchema  = "PUBLIC"    // which Snowflake makes in every database
)

// session is where to sign in and what to work on, from the options or from a DSN.
type session struct {
	account, user                     string
	database, schema, warehouse, role string

	scheme, host string
	port         int

	credentials credentials
}

// newSession reads the options. Its errors are made with registry.Field.
func newSession(c warehouse.Config) (session, error) {
	if !c.DSN.IsZero() {
		return sessionOfDSN(c)
	}
	s := session{
		account: c.Account, user: c.User, database: c.Database, warehouse: c.Warehouse, role: c.Role,
		schema: cmp.Or(c.Schema, defaultSchema), scheme: "https", host: hostOf(c.Account), port: 443,
		credentials: credentialsOf(c),
	}
	problems := []error{s.check(), s.credentials.check()}
	if c.Endpoint != "" {
		problems = append(problems, s.setEndpoint(c.Endpoint))
	}
	if c.User == "" {
		problems = append(problems, registry.Field("user", "say who signs in"))
	}
	return s, errors.Join(problems...)
}

// accountName is an account as Snowflake writes it: https://docs.snowflake.com/en/user-guide/admin-account-identifier
var accountName = regexp.MustCompile(`^[A-Za-z0-9][A-Za-z0-9_-]*(\.[A-Za-z0-9][A-Za-z0-9_-]*)*$`)

// check finds what is missing or can be no name.
func (s *session) check() error {
	var problems []error
	switch {
	case s.account == "":
		problems = append(problems, registry.Field("account", "say which account, such as myorg-myaccount"))
	case strings.Contains(strings.ToLower(s.account), ".snowflakecomputing."):
		problems = append(problems, registry.Field("account", "want the account alone, such as myorg-myaccount, without .snowflakecomputing.com"))
	case !accountName.MatchString(s.account):
		problems = append(problems, registry.Field("account", "want an account such as myorg-myaccount or xy12345.eu-central-1"))
	}
	for _, name := range []struct{ key, value string }{
		{"database", s.database}, {"schema", s.schema}, {"warehouse", s.warehouse}, {"role", s.role},
	} {
		if name.value != "" && !warehouse.CheckIdentifier(name.value) {
			problems = append(problems, registry.Field(name.key, "want a name of letters, digits and underscores that starts with no digit"))
		}
	}
	return errors.Join(problems...)
}

// hostOf returns the host of an account. A name in DNS has no underscore, for which
// Snowflake takes a hyphen.
func hostOf(account string) string {
	domain := ".snowflakecomputing.com"
	if _, region, _ := strings.Cut(account, "."); strings.HasPrefix(strings.ToLower(region), "cn-") {
		domain = ".snowflakecomputing.cn"
	}
	return strings.ReplaceAll(strings.ToLower(account), "_", "-") + domain
}

// setEndpoint has the session sign in elsewhere: by a private link, or at an emulator.
// Whether plain http is allowed there is for the transport to say.
func (s *session) setEndpoint(raw string) error {
	if err := transport.CheckURL(raw, true); err != nil {
		return registry.Field("endpoint", err.Error())
	}
	u, err := url.Parse(raw)
	if err != nil || u.User != nil || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" {
		return registry.Field("endpoint", "want scheme, host and port alone, such as https://myorg-myaccount.privatelink.snowflakecomputing.com")
	}
	s.scheme, s.host, s.port = u.Scheme, strings.TrimSuffix(u.Host, ":"+u.Port()), 443
	if u.Scheme == "http" {
		s.port = 80
	}
	if u.Port() != "" {
		if s.port, err = strconv.Atoi(u.Port()); err != nil || s.port > 65535 {
			return registry.Field("endpoint", "the port is none")
		}
	}
	return nil
}

// address is what the session calls, and nothing else.
func (s *session) address() string { return s.host + ":" + strconv.Itoa(s.port) }

func (s *session) url() string { return s.scheme + "://" + s.address() }

// dedupeOf returns whether rows are merged, and how far around them their ids are looked for.
func dedupeOf(c warehouse.Config) (merge bool, window time.Duration) {
	return c.Dedupe == nil || *c.Dedupe == dedupeMerge, cmp.Or(c.DedupeWindow, defaultWindow)
}

// Validate finds what is wrong with the driver's options when the file is read.
func validate(c warehouse.Config) error {
	s, err := newSession(c)
	problems := []error{err}
	if table, _ := warehouse.ParseTable(c.Table); s.database == "" && len(table.Parts()) < 3 {
		const want = "say which database, or give table as database.schema.table"
		switch {
		case c.DSN.IsZero():
			problems = append(problems, registry.Field("database", want))
		case err == nil:
			problems = append(problems, registry.Field("dsn", want))
		}
	}
	if merge, window := dedupeOf(c); !merge && c.DedupeWindow != 0 {
		problems = append(problems, registry.Field("dedupe_window", "it has no effect with dedupe: none"))
	} else if window > maxWindow {
		problems = append(problems, registry.Field("dedupe_window", fmt.Sprintf("want at most %v", maxWindow)))
	}
	return errors.Join(problems...)
}
