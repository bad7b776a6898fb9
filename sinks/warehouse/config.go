package warehouse

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Config holds the options of the sink, those of every driver among them: the tag drivers
// says whose an option is, and it is refused with any other. Such an option has no
// default tag, so that one that is set was set by somebody.
type Config struct {
	Driver       string  `yaml:"driver" default:"sqlite" enum:"sqlite,duckdb,postgres,redshift,snowflake,bigquery" doc:"The kind of database. With sqlite, the default, nothing leaves the machine. duckdb needs cgo and is refused: it reads the file of sqlite."`
	Table        string  `yaml:"table" default:"telemetry_events" doc:"The table; names of schema and database may go before it, with dots between."`
	EnsureSchema *string `yaml:"ensure_schema" enum:"create,verify,off" doc:"Before the first write: make the table if it is missing, only look whether it has the columns needed, or neither. If absent, create with sqlite, verify with any other."`
	Retention    string  `yaml:"retention" example:"90d" doc:"How long rows are kept after their events were received: days such as 90d, or a duration such as 36h. For ever if absent."`

	DSN          core.Secret `yaml:"dsn" drivers:"sqlite,postgres,redshift,snowflake" example:"${WAREHOUSE_DSN}" doc:"sqlite, postgres, redshift, snowflake: where the database is and how to sign in, in the notation of its own driver, instead of the options for that."`
	Path         string      `yaml:"path" drivers:"sqlite" example:"/var/lib/headgate/warehouse.db" doc:"sqlite: the file, made with its directory for its owner alone. headgate.db if absent."`
	Host         string      `yaml:"host" drivers:"postgres,redshift" example:"db.example.com" doc:"postgres, redshift: the server, or the directory of its socket."`
	Port         int         `yaml:"port" drivers:"postgres,redshift" min:"1" max:"65535" example:"5432" doc:"postgres, redshift: the port. 5432 or 5439 if absent."`
	Database     string      `yaml:"database" drivers:"postgres,redshift,snowflake" example:"analytics" doc:"postgres, redshift, snowflake: the database."`
	User         string      `yaml:"user" drivers:"postgres,redshift,snowflake" example:"headgate" doc:"postgres, redshift, snowflake: who signs in."`
	Password     core.Secret `yaml:"password" drivers:"postgres,redshift,snowflake" example:"${WAREHOUSE_PASSWORD}" doc:"postgres, redshift, snowflake: the password. Snowflake is ending sign-in by password alone for programs: use a key or a token."`
	PasswordFile string      `yaml:"password_file" drivers:"postgres,redshift" example:"/run/secrets/warehouse-password" doc:"postgres, redshift: file with the password, read again for every connection, as for tokens that expire."`
	SSLMode      *string     `yaml:"sslmode" drivers:"postgres,redshift" enum:"disable,require,verify-ca,verify-full" example:"verify-full" doc:"postgres, redshift: whether the connection is encrypted, and the server's certificate looked at. If absent, verify-full, and disable on this machine."`
	CAFile       string      `yaml:"ca_file" drivers:"postgres,redshift" example:"/etc/ssl/certs/rds.pem" doc:"postgres, redshift: file with the certificates to trust, PEM; those of the system if absent."`

	Account              string        `yaml:"account" drivers:"snowflake" example:"myorg-myaccount" doc:"snowflake: the account, as organization-account, or locator.region."`
	Role                 string        `yaml:"role" drivers:"snowflake" example:"HEADGATE" doc:"snowflake: the role; that of the user if absent. It needs USAGE on warehouse, database and schema, and INSERT and SELECT on the table."`
	Warehouse            string        `yaml:"warehouse" drivers:"snowflake" example:"TELEMETRY_XS" doc:"snowflake: the virtual warehouse that works and is paid for; that of the user if absent."`
	Schema               string        `yaml:"schema" drivers:"snowflake" example:"PUBLIC" doc:"snowflake: the schema; PUBLIC if absent."`
	PrivateKey           core.Secret   `yaml:"private_key" drivers:"snowflake" example:"${file:/run/secrets/snowflake.p8}" doc:"snowflake: the RSA key to sign in with, PEM (PKCS#8, also encrypted) or its base64."`
	PrivateKeyFile       string        `yaml:"private_key_file" drivers:"snowflake" example:"/etc/headgate/snowflake.p8" doc:"snowflake: file with that key, read at each sign-in."`
	PrivateKeyPassphrase core.Secret   `yaml:"private_key_passphrase" drivers:"snowflake" doc:"snowflake: opens an encrypted key."`
	Token                core.Secret   `yaml:"token" drivers:"snowflake" example:"${SNOWFLAKE_TOKEN}" doc:"snowflake: a programmatic access token, instead of a key."`
	TokenFile            string        `yaml:"token_file" drivers:"snowflake" example:"/run/secrets/snowflake-token" doc:"snowflake: file with that token, read at each sign-in."`
	Dedupe               *string       `yaml:"dedupe" drivers:"snowflake" enum:"merge,none" doc:"snowflake: look for the ids of a batch in the table and leave out those that are there (merge), or only insert (none), which is cheaper and leaves an event twice that was sent twice. merge if absent."`
	DedupeWindow         time.Duration `yaml:"dedupe_window" drivers:"snowflake,redshift" example:"72h" doc:"snowflake, redshift: how long before and after the events of a batch were received their ids are looked for. A longer one finds more of what senders report again, and reads more of the table. 24h if absent."`

	Project              string      `yaml:"project" drivers:"bigquery" example:"my-project" doc:"bigquery: the project."`
	Dataset              string      `yaml:"dataset" drivers:"bigquery" example:"analytics" doc:"bigquery: the dataset, unless table names it."`
	Location             string      `yaml:"location" drivers:"bigquery" example:"EU" doc:"bigquery: where the dataset is. With ensure_schema: create it is made there if it is missing."`
	CredentialsFile      string      `yaml:"credentials_file" drivers:"bigquery" example:"/etc/headgate/bigquery.json" doc:"bigquery: file with the key of a service account; the credentials of the machine (application default credentials) if absent."`
	Credentials          core.Secret `yaml:"credentials" drivers:"bigquery" example:"${file:/run/secrets/bigquery.json}" doc:"bigquery: that key itself, JSON."`
	AllowExternalAccount bool        `yaml:"allow_external_account" drivers:"bigquery" doc:"bigquery: take credentials that are no key but a recipe, such as external_account: they name URLs to ask and programs to run."`
	Mode                 *string     `yaml:"mode" drivers:"bigquery" enum:"stream,load" doc:"bigquery: rows are there at once (stream), or with a load job for each batch, which costs nothing but may run 1500 times a day (load). stream if absent."`
	WriteEndpoint        string      `yaml:"write_endpoint" drivers:"bigquery" example:"http://127.0.0.1:9060" doc:"bigquery: URL of the Storage Write API, scheme, host and port; those of endpoint if absent."`

	Endpoint string `yaml:"endpoint" drivers:"snowflake,bigquery" example:"http://127.0.0.1:9050" doc:"snowflake, bigquery: URL of the service, instead of the vendor's own. Plain http is for this machine only."`
}

// DefaultTable is the table that rows go to unless the file says otherwise.
const DefaultTable = "telemetry_events"

// Validate finds what tags cannot say.
func (c Config) Validate() error {
	var problems []error
	table, err := ParseTable(c.Table)
	if err != nil {
		problems = append(problems, registry.Field("table", err.Error()))
	}
	if _, err := parseRetention(c.Retention); err != nil {
		problems = append(problems, registry.Field("retention", err.Error()))
	}
	problems = append(problems, c.foreign()...)
	info, err := lookup(c.Driver)
	if err != nil {
		return errors.Join(append(problems, err)...)
	}
	if len(table.parts) > info.Parts {
		problems = append(problems, tooManyParts(table, info))
	}
	if info.Validate != nil && len(problems) == 0 {
		problems = append(problems, info.Validate(c))
	}
	return errors.Join(problems...)
}

func names(n int) string {
	if n == 1 {
		return "one name"
	}
	return fmt.Sprintf("%d names", n)
}

// foreign finds options of other drivers than the one chosen.
func (c Config) foreign() (problems []error) {
	v := reflect.ValueOf(c)
	for i := range v.NumField() {
		tag := v.Type().Field(i).Tag
		list, ok := tag.Lookup("drivers")
		if !ok || isAbsent(v.Field(i)) {
			continue
		}
		if drivers := strings.Split(list, ","); !slices.Contains(drivers, c.Driver) {
			key := tag.Get("yaml")
			problems = append(problems, registry.Field(key, fmt.Sprintf("it is an option of driver %s, and the driver is %s", strings.Join(drivers, ", "), c.Driver)))
		}
	}
	return problems
}

func isAbsent(v reflect.Value) bool {
	if secret, ok := v.Interface().(core.Secret); ok {
		return secret.IsZero()
	}
	return v.IsZero()
}
