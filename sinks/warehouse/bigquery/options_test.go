package bigquery

import (
	"fmt"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func TestOptionsThatCannotWorkAreRefusedByKey(t *testing.T) {
	for name, c := range map[string]struct {
		change change
		keys   []string
	}{
		"all well":               {func(*warehouse.Config) {}, nil},
		"a domain's project":     {func(c *warehouse.Config) { c.Project = "example.com:my-project-1" }, nil},
		"a table in its dataset": {func(c *warehouse.Config) { c.Dataset, c.Table = "", "analytics.t" }, nil},
		"a place":                {in("europe-west3"), nil},
		"endpoints": {func(c *warehouse.Config) {
			c.Endpoint, c.WriteEndpoint = "https://bq.example/", "https://bq.example:444"
		}, nil},

		"nothing":          {func(c *warehouse.Config) { c.Project, c.Dataset = "", "" }, []string{"project", "dataset"}},
		"a project's name": {func(c *warehouse.Config) { c.Project = "My Project" }, []string{"project"}},
		"a back-tick":      {func(c *warehouse.Config) { c.Project = "a`; DROP" }, []string{"project"}},
		"a quoted dataset": {func(c *warehouse.Config) { c.Dataset = "a`b" }, []string{"dataset"}},
		"two datasets":     {func(c *warehouse.Config) { c.Table = "other.t" }, []string{"table"}},
		"a quoted place":   {in("EU')--"), []string{"location"}},
		"a path":           {func(c *warehouse.Config) { c.Endpoint = "https://bq.example/v2" }, []string{"endpoint"}},
		"no scheme":        {func(c *warehouse.Config) { c.WriteEndpoint = "127.0.0.1:9060" }, []string{"write_endpoint"}},
		"a query":          {func(c *warehouse.Config) { c.WriteEndpoint = "http://127.0.0.1:9060?x=y" }, []string{"write_endpoint"}},
		"a password":       {func(c *warehouse.Config) { c.Endpoint = "http://u:p@127.0.0.1:9060" }, []string{"endpoint"}},
		"two keys": {func(c *warehouse.Config) {
			c.CredentialsFile = "x"
			c.Credentials = core.NewSecret(`{"type":"authorized_user"}`)
		}, []string{"credentials_file"}},
		"a key of no sense": {credentialsOf([]byte(canary)), []string{"credentials"}},
		"a recipe":          {credentialsOf([]byte(`{"type":"external_account"}`)), []string{"credentials"}},
	} {
		o := options(t, "", c.change)
		err := o.Config.Validate()
		if diff := cmp.Diff(c.keys, keysOf(err)); diff != "" {
			t.Errorf("%s: %v: -want +got\n%s", name, err, diff)
		}
		if _, openErr := open(o); (openErr == nil) != (err == nil) {
			t.Errorf("%s: open: %v", name, openErr)
		}
	}
}

func TestPlainHTTPIsForThisMachine(t *testing.T) {
	for _, set := range []func(*warehouse.Config, string){
		func(c *warehouse.Config, url string) { c.Endpoint = url },
		func(c *warehouse.Config, url string) { c.WriteEndpoint = url },
	} {
		for url, taken := range map[string]bool{"http://127.0.0.1:1": true, "http://localhost:1": true, "http://bq.example": false, "https://bq.example": true} {
			o := options(t, "", func(c *warehouse.Config) { set(c, url) })
			if _, err := open(o); (err == nil) != taken {
				t.Errorf("%s: %v", url, err)
			}
			o.AllowInsecure = true
			if _, err := open(o); err != nil {
				t.Errorf("%s: %v", url, err)
			}
		}
	}
}

func TestTheAPIsAreWhereTheOptionsSay(t *testing.T) {
	for _, c := range []struct{ endpoint, writeEndpoint, rest, write string }{
		{"", "", "https://bigquery.googleapis.com", "https://bigquerystorage.googleapis.com"},
		{"http://127.0.0.1:9050/", "", "http://127.0.0.1:9050", "http://127.0.0.1:9050"},
		{"http://127.0.0.1:9050", "http://127.0.0.1:9060", "http://127.0.0.1:9050", "http://127.0.0.1:9060"},
		{"", "https://storage.example", "https://bigquery.googleapis.com", "https://storage.example"},
	} {
		config := warehouse.Config{Endpoint: c.endpoint, WriteEndpoint: c.writeEndpoint}
		if restBase(config) != c.rest || writeBase(config) != c.write {
			t.Errorf("%+v: %s and %s", c, restBase(config), writeBase(config))
		}
	}
}

func TestNoPrintOfTheDriverTellsASecret(t *testing.T) {
	secret := strings.Repeat("Q7w", 9)
	d, err := open(options(t, "", credentialsOf([]byte(`{"type":"service_account","private_key":"`+secret+`"}`))))
	if err != nil {
		t.Fatal(err)
	}
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x"} {
		if text := fmt.Sprintf(verb, d); strings.Contains(text, secret) || strings.Contains(text, fmt.Sprintf("%x", secret)) {
			t.Errorf("%s: %s", verb, text)
		}
	}
}

func TestTheDriverSaysWhatItWrites(t *testing.T) {
	infos := warehouse.Drivers()
	i := slices.IndexFunc(infos, func(d warehouse.DriverInfo) bool { return d.Name == "bigquery" })
	if i < 0 {
		t.Fatal("it is not registered")
	}
	info := infos[i]
	stream, load := options(t, ""), options(t, "", mode("load"))
	if s := info.Statement(stream); s != "AppendRows projects/my-project/datasets/analytics/tables/telemetry_events/streams/_default" {
		t.Error(s)
	}
	if s := info.Statement(load); !strings.HasPrefix(s, "LOAD DATA INTO `my-project`.`analytics`.`telemetry_events` ") {
		t.Error(s)
	}
	if info.Limits(stream.Config).MaxBytes > maxAppend || info.Limits(load.Config).MaxBytes <= maxAppend || stream.Schema != warehouse.SchemaVerify {
		t.Errorf("%+v, %+v, %s", info.Limits(stream.Config), info.Limits(load.Config), stream.Schema)
	}
	if d := info.Defaults(load.Config); d.Batch.MaxWait*1500 < 24*time.Hour || d.Batch.MaxBytes > info.Limits(load.Config).MaxBytes || d.Timeout < d.Batch.MaxWait {
		t.Errorf("%+v: more jobs a day than BigQuery takes", d)
	}
	if d := info.Defaults(stream.Config); d != (registry.Defaults{}) {
		t.Errorf("%+v", d)
	}
}

func TestAnAddressHasThePortOfItsScheme(t *testing.T) {
	for raw, want := range map[string]string{
		"https://bq.example": "bq.example:443", "https://bq.example:8443": "bq.example:8443", "http://localhost": "localhost:80", "https://[::1]": "[::1]:443",
	} {
		u, err := url.Parse(raw)
		if err != nil {
			t.Fatal(err)
		}
		if got := hostPort(u, u.Scheme == "https"); got != want {
			t.Errorf("%s: %s, want %s", raw, got, want)
		}
	}
}
