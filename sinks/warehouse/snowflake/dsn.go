package snowflake

import (
	"cmp"
	"crypto/x509"
	"encoding/base64"
	"errors"
	"slices"
	"strings"

	sf "github.com/snowflakedb/gosnowflake"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// dsnParameters are the parameters of a DSN that are taken. There are some fifty more. Among
// them are those that print queries with what is bound to them, keep tokens in files, call
// other hosts, or end the program (connectionDiagnosticsEnabled), so whatever is not
// here is refused rather than passed on.
var dsnParameters = []string{"account", "warehouse", "database", "schema", "role", "region", "protocol", "authenticator", "token", "tokenFilePath", "privateKey"}

var errDSN = registry.Field("dsn", "want user:password@account/database/schema?warehouse=…&role=…, or with authenticator=snowflake_jwt&privateKey=… instead of a password")

// sessionOfDSN reads a data source name of gosnowflake. No error quotes any of it.
func sessionOfDSN(c warehouse.Config) (session, error) {
	if key := beside(c); key != "" {
		return session{}, registry.Field(key, "give it in dsn, or do without dsn")
	}
	dsn := c.DSN.Reveal()
	if err := checkParameters(dsn); err != nil {
		return session{}, err
	}
	cfg, err := parseDSN(dsn)
	if err != nil {
		return session{}, err
	}
	s := session{
		account: cfg.Account, user: cfg.User, database: cfg.Database, warehouse: cfg.Warehouse, role: cfg.Role,
		schema: cmp.Or(cfg.Schema, defaultSchema), scheme: cfg.Protocol, host: cfg.Host, port: cfg.Port,
	}
	if s.credentials, err = credentialsOfDSN(cfg); err != nil {
		return session{}, err
	}
	var problems []error
	if err := s.check(); err != nil {
		problems = append(problems, registry.Field("dsn", "account, database, schema, warehouse and role must be names of letters, digits and underscores"))
	}
	if err := s.setEndpoint(s.url()); err != nil {
		problems = append(problems, registry.Field("dsn", "host and port are none, or the protocol is neither https nor http"))
	}
	return s, errors.Join(problems...)
}

// parseDSN calls ParseDSN, which panics on some texts that are no DSN, bytes that are no
// UTF-8 for one.
func parseDSN(dsn string) (cfg *sf.Config, err error) {
	defer func() {
		if recover() != nil {
			err = errDSN
		}
	}()
	if cfg, err = sf.ParseDSN(dsn); err != nil {
		return nil, errDSN
	}
	return cfg, nil
}

// beside returns the key of an option that a DSN takes the place of.
func beside(c warehouse.Config) string {
	for _, option := range []struct{ key, value string }{
		{"account", c.Account}, {"user", c.User}, {"database", c.Database}, {"schema", c.Schema},
		{"warehouse", c.Warehouse}, {"role", c.Role}, {"endpoint", c.Endpoint},
	} {
		if option.value != "" {
			return option.key
		}
	}
	if given := credentialsOf(c).given(); len(given) > 0 {
		return given[0]
	}
	if !c.PrivateKeyPassphrase.IsZero() {
		return "private_key_passphrase"
	}
	return ""
}

// checkParameters finds a parameter that is not taken. It does not name it: with a
// character that ought to be escaped it may be a piece of a secret. Where the parameters
// begin is as ParseDSN has it: at the first question mark after the last slash.
func checkParameters(dsn string) error {
	_, query, _ := strings.Cut(dsn[strings.LastIndexByte(dsn, '/')+1:], "?")
	for parameter := range strings.SplitSeq(query, "&") {
		name, _, _ := strings.Cut(parameter, "=")
		if parameter != "" && !slices.Contains(dsnParameters, name) {
			return registry.Field("dsn", "no parameters are taken but "+strings.Join(dsnParameters, ", "))
		}
	}
	return nil
}

func credentialsOfDSN(cfg *sf.Config) (credentials, error) {
	token := credentials{token: core.NewSecret(cfg.Token), tokenFile: cfg.TokenFilePath}
	hasToken := len(token.given()) == 1
	switch {
	case cfg.Authenticator == sf.AuthTypeSnowflake && cfg.Password != "" && !hasToken && cfg.PrivateKey == nil:
		return credentials{password: core.NewSecret(cfg.Password)}, nil
	case cfg.Authenticator == sf.AuthTypeJwt && cfg.PrivateKey != nil && cfg.User != "":
		der, err := x509.MarshalPKCS8PrivateKey(cfg.PrivateKey)
		if err != nil {
			return credentials{}, errDSN
		}
		return credentials{key: core.NewSecret(base64.StdEncoding.EncodeToString(der))}, nil
	case cfg.Authenticator == sf.AuthTypePat && hasToken:
		return token, nil
	case cfg.Authenticator == sf.AuthTypeOAuth && hasToken:
		token.oauth = true
		return token, nil
	}
	return credentials{}, registry.Field("dsn", "want one way to sign in: a password, or authenticator=snowflake_jwt with privateKey, or authenticator=programmatic_access_token or oauth with token or tokenFilePath")
}
