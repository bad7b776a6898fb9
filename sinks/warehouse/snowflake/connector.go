package snowflake

//lint:file-ignore SA1019 What bounds and silences the driver is announced to move, and has nowhere else to be set yet.

import (
	"context"
	"database/sql/driver"
	"strconv"
	"time"

	sf "github.com/snowflakedb/gosnowflake"
)

const (
	// retries is how often the driver tries a request again by itself, after one to three
	// seconds, with the id that it had before. It takes none for seven. The rest is for
	// the dispatcher to do.
	retries = 1

	// statementTimeout ends a statement that nobody waits for any more, and that the request
	// to cancel it did not reach. Without it Snowflake goes on for two days.
	statementTimeout = 10 * time.Minute

	// requestTimeout bounds a request. Snowflake answers after 45 seconds at the latest, with
	// where to ask further when a statement is not done; an attempt has its own deadline.
	requestTimeout = 90 * time.Second

	// keyLife is how long a signed sign-in is good for.
	keyLife = time.Minute
)

// connector signs in. Each sink has its own, so that neither the name that gosnowflake
// registers with database/sql nor anything else that is global has a part in it.
type connector struct {
	session func() session // a function, which fmt shows nothing of
	carrier *carrier
	tag     string
	timeout time.Duration
}

// Connect makes a session. The configuration is new each time: the driver writes to its
// parameters, and files of credentials are read again.
func (c *connector) Connect(ctx context.Context) (driver.Conn, error) {
	cfg, err := c.config()
	if err != nil {
		return nil, credentialsError{err}
	}
	return sf.NewConnector(sf.SnowflakeDriver{}, cfg).Connect(ctx)
}

// Driver returns gosnowflake.
func (c *connector) Driver() driver.Driver { return sf.SnowflakeDriver{} }

// config makes the configuration of a session.
func (c *connector) config() (sf.Config, error) {
	s := c.session()
	cfg := sf.Config{
		Account: s.account, User: s.user, Database: s.database, Schema: s.schema, Warehouse: s.warehouse, Role: s.role,
		Protocol: s.scheme, Host: s.host, Port: s.port,
		Application: "headgate",
		Transporter: c.carrier,

		LoginTimeout: c.timeout, RequestTimeout: c.timeout, ClientTimeout: requestTimeout,
		JWTClientTimeout: requestTimeout, JWTExpireTimeout: keyLife, MaxRetryCount: retries,

		// A role or a virtual warehouse that is missing is told at the sign-in.
		ValidateDefaultParameters: sf.ConfigBoolTrue,

		DisableTelemetry:               true,
		ClientRequestMfaToken:          sf.ConfigBoolFalse,
		ClientStoreTemporaryCredential: sf.ConfigBoolFalse,
		DisableConsoleLogin:            sf.ConfigBoolTrue,
		DisableOCSPChecks:              true, // says what is so: see carrier

		Params: parameters(c.tag),
	}
	return cfg, s.credentials.apply(&cfg)
}

// parameters are those of the session, whatever the account, the user or a role has set:
// https://docs.snowflake.com/en/sql-reference/parameters
func parameters(tag string) map[string]*string {
	params := make(map[string]*string)
	for name, value := range map[string]string{
		"AUTOCOMMIT":                   "true", // else nothing that is written would stay
		"CLIENT_SESSION_KEEP_ALIVE":    "false",
		"CLIENT_TELEMETRY_ENABLED":     "false",
		"GO_QUERY_RESULT_FORMAT":       "json",
		"QUERY_TAG":                    tag, // by which the history of the account tells what this costs
		"STATEMENT_TIMEOUT_IN_SECONDS": strconv.Itoa(int(statementTimeout.Seconds())),
		"TIMEZONE":                     "UTC",
	} {
		params[name] = &value
	}
	return params
}

// credentialsError is about a file or a key, before anything was sent.
type credentialsError struct{ error }

func (e credentialsError) Unwrap() error { return e.error }
