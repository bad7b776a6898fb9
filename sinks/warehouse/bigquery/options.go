package bigquery

import (
	"errors"
	"net/url"
	"os"
	"path/filepath"
	"regexp"
	"strings"

	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Where BigQuery is.
const (
	restEndpoint  = "https://bigquery.googleapis.com"
	writeEndpoint = "https://bigquerystorage.googleapis.com"
)

const modeLoad = "load"

// projectID is the form of a project's ID, which may be that of a domain:
// https://cloud.google.com/resource-manager/docs/creating-managing-projects
var projectID = regexp.MustCompile(`^([a-z0-9.-]{1,63}:)?[a-z][a-z0-9-]{0,28}[a-z0-9]$`)

// location is a region or multi-region, such as EU or europe-west1.
var location = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9-]{1,39}$`)

// target is the table that rows are written to.
type target struct {
	project, dataset, table string
	unique                  string // the view
	location                string // "" if it is not said
}

// targetOf expects options that have been validated.
func targetOf(o warehouse.Options) target {
	t := target{project: o.Project, dataset: o.Dataset, location: o.Location}
	t.table, t.unique = o.Table.Name(), o.Table.Unique().Name()
	if parts := o.Table.Parts(); len(parts) > 1 {
		t.dataset = parts[len(parts)-2]
	}
	return t
}

// String returns the name as people write it.
func (t target) String() string { return t.project + "." + t.dataset + "." + t.table }

// stream is the name of the stream that takes rows at any time.
func (t target) stream() string {
	return "projects/" + t.project + "/datasets/" + t.dataset + "/tables/" + t.table + "/streams/_default"
}

func isLoad(c warehouse.Config) bool { return c.Mode != nil && *c.Mode == modeLoad }

// validate finds what is wrong with the options when the file is read.
func validate(c warehouse.Config) error {
	var problems []error
	problem := func(key, message string) { problems = append(problems, registry.Field(key, message)) }
	switch {
	case c.Project == "":
		problem("project", "driver bigquery needs the project that the dataset is in")
	case !projectID.MatchString(c.Project):
		problem("project", "want the ID of a project, such as my-project-123, not its name or number")
	}
	switch qualified := strings.Contains(c.Table, "."); {
	case c.Dataset == "" && !qualified:
		problem("dataset", "driver bigquery needs the dataset that the table is in")
	case c.Dataset != "" && qualified:
		problem("table", "the dataset is given twice: here, before the dot, and as dataset")
	case c.Dataset != "" && !warehouse.CheckIdentifier(c.Dataset):
		problem("dataset", "want a name of letters, digits and underscores that starts with no digit")
	}
	if c.Location != "" && !location.MatchString(c.Location) {
		problem("location", "want a region or multi-region such as EU or europe-west1")
	}
	if err := checkBase(c.Endpoint); err != nil {
		problem("endpoint", err.Error())
	}
	if err := checkBase(c.WriteEndpoint); err != nil {
		problem("write_endpoint", err.Error())
	}
	if !c.Credentials.IsZero() {
		if c.CredentialsFile != "" {
			problem("credentials_file", "credentials are given already; give one of them")
		}
		if _, err := vet([]byte(c.Credentials.Reveal()), rules{external: c.AllowExternalAccount, endpoint: c.Endpoint}); err != nil {
			problem("credentials", err.Error())
		}
	}
	return errors.Join(problems...)
}

// checkBase wants the base of an API: nothing after the host, as the paths of an upload
// and of gRPC start there.
func checkBase(endpoint string) error {
	if endpoint == "" {
		return nil
	}
	u, err := url.Parse(endpoint)
	if err != nil || u.Host == "" || strings.Trim(u.Path, "/") != "" || u.RawQuery != "" || u.Fragment != "" || u.User != nil {
		return errors.New("want scheme and host only, such as http://127.0.0.1:9050")
	}
	return nil
}

// checkEndpoints refuses to talk in the clear to other machines, unless that is allowed.
func checkEndpoints(o warehouse.Options) error {
	check := func(key, endpoint string) error {
		if endpoint == "" {
			return nil
		}
		if err := transport.CheckURL(endpoint, o.AllowInsecure); err != nil {
			return registry.Field(key, err.Error())
		}
		return nil
	}
	return errors.Join(check("endpoint", o.Endpoint), check("write_endpoint", o.WriteEndpoint))
}

// restBase returns where the REST API is, without a slash at its end.
func restBase(c warehouse.Config) string {
	if c.Endpoint == "" {
		return restEndpoint
	}
	return strings.TrimRight(c.Endpoint, "/")
}

// writeBase returns where the Storage Write API is, in the same form.
func writeBase(c warehouse.Config) string {
	switch {
	case c.WriteEndpoint != "":
		return strings.TrimRight(c.WriteEndpoint, "/")
	case c.Endpoint != "":
		return strings.TrimRight(c.Endpoint, "/")
	default:
		return writeEndpoint
	}
}

// readCredentials returns the JSON that the options give; nil: those of the machine are meant.
func readCredentials(c warehouse.Config) ([]byte, error) {
	switch {
	case !c.Credentials.IsZero():
		return []byte(c.Credentials.Reveal()), nil
	case c.CredentialsFile != "":
		return os.ReadFile(filepath.Clean(c.CredentialsFile))
	default:
		return nil, nil
	}
}
