package warehouse

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

func TestAnOptionOfAnotherDriverIsRefused(t *testing.T) {
	typ := reflect.TypeFor[Config]()
	seen := 0
	for i := range typ.NumField() {
		field := typ.Field(i)
		drivers, ok := field.Tag.Lookup("drivers")
		if !ok {
			continue
		}
		seen++
		key := field.Tag.Get("yaml")
		if !strings.HasPrefix(field.Tag.Get("doc"), strings.ReplaceAll(drivers, ",", ", ")+": ") {
			t.Errorf("%s: the doc does not begin with the drivers that have it", key)
		}
		if field.Tag.Get("default") != "" {
			t.Errorf("%s: it has a default, so that nobody sees whether somebody has set it", key)
		}
		for _, driver := range []string{"sqlite", "postgres", "redshift", "snowflake", "bigquery"} {
			c := Config{Driver: driver, Table: "x"}
			set(t, reflect.ValueOf(&c).Elem().Field(i))
			refused := false
			var e *registry.FieldError
			for _, problem := range c.foreign() {
				if errors.As(problem, &e) && e.Key == key && strings.Contains(e.Message, driver) {
					refused = true
				}
			}
			if own := strings.Contains(","+drivers+",", ","+driver+","); refused == own {
				t.Errorf("%s with driver %s: refused is %v", key, driver, refused)
			}
		}
	}
	if seen < 15 {
		t.Errorf("only %d options have drivers", seen)
	}
}

// set gives a field a value that is not the zero one.
func set(t *testing.T, field reflect.Value) {
	t.Helper()
	switch field.Interface().(type) {
	case core.Secret:
		field.Set(reflect.ValueOf(core.NewSecret("x")))
		return
	}
	switch field.Kind() {
	case reflect.String:
		field.SetString("x")
	case reflect.Bool:
		field.SetBool(true)
	case reflect.Int, reflect.Int64:
		field.SetInt(1)
	case reflect.Pointer:
		field.Set(reflect.New(field.Type().Elem()))
	default:
		t.Fatalf("what is a %s?", field.Type())
	}
}

func TestValidateSaysWhatToDo(t *testing.T) {
	for _, c := range []struct {
		config Config
		want   string
	}{
		{Config{Driver: "sqlite", Table: "x"}, ""},
		{Config{Driver: "sqlite", Table: "main.x"}, "table: want at most one name with driver sqlite, got main.x"},
		{Config{Driver: "sqlite", Table: "a b"}, "table: want a name of letters, digits and underscores, at most 63, that starts with no digit"},
		{Config{Driver: "sqlite", Table: "x", Retention: "soon"}, "retention: want days such as 90d, or a duration such as 36h, of an hour to 36500d"},
		{Config{Driver: "sqlite", Table: "x", Path: "wrong"}, "path: it is wrong"},
		{Config{Driver: "sqlite", Table: "x", Host: "h"}, "host: it is an option of driver postgres, redshift, and the driver is sqlite"},
		{
			Config{Driver: "postgres", Table: "x"},
			`driver: driver postgres is not in this program; import _ "github.com/headgate-dev/headgate/sinks/warehouse/postgres", or sinks/all for every driver`,
		},
		{Config{Driver: "duckdb", Table: "x"}, "driver: duckdb is not to be had without cgo; use sqlite, whose file DuckDB reads: ATTACH 'headgate.db' (TYPE sqlite)"},
		{Config{Driver: "oracle", Table: "x"}, "driver: there is no driver oracle in this program"},
	} {
		got := ""
		if err := c.config.Validate(); err != nil {
			got = err.Error()
		}
		if got != c.want {
			t.Errorf("%+v\ngot  %s\nwant %s", c.config, got, c.want)
		}
	}
}

func TestRetentionIsInDaysOrADuration(t *testing.T) {
	for text, want := range map[string]time.Duration{
		"": 0, "90d": 90 * day, "1d": day, "36h": 36 * time.Hour, "1h": time.Hour, "36500d": maxRetention, "1h30m": 90 * time.Minute,
	} {
		if got, err := parseRetention(text); err != nil || got != want {
			t.Errorf("%q: %v, %v", text, got, err)
		}
	}
	for _, text := range []string{"0", "0d", "59m", "d", "-1d", "+1d", "1.5d", "1 d", "90", "36501d", "99999999999d", "1d12h", "90D", "1e3d", "876001h"} {
		if got, err := parseRetention(text); err == nil {
			t.Errorf("%q is taken for %v", text, got)
		}
	}
}

func TestHostileTableNamesAreRefused(t *testing.T) {
	for _, name := range []string{
		"", ".", "a.", ".a", "a..b", "a.b.c.d", "1a", "a-b", "a b", "a;b", `a"b`, "a`b", "a'b", "a\x00", "a\n", "ä", "a$", "a/*", "a--",
		`x"; DROP TABLE y; --`, strings.Repeat("a", 64), "ａ", "a\u200b",
	} {
		if table, err := ParseTable(name); err == nil {
			t.Errorf("%q is taken for %v", name, table.Parts())
		}
		if strings.Count(name, ".") == 0 && CheckIdentifier(name) {
			t.Errorf("%q is taken for an identifier", name)
		}
	}
	for _, name := range []string{"a", "_a1", "A.b", "a.b.c", strings.Repeat("a", 63)} {
		table, err := ParseTable(name)
		if err != nil || table.String() != name {
			t.Errorf("%q: %v, %v", name, table, err)
		}
	}
}

func TestNamesOfWhatBelongsToATableFit(t *testing.T) {
	table, err := ParseTable("s." + strings.Repeat("a", 63))
	if err != nil {
		t.Fatal(err)
	}
	unique := table.Unique()
	if name := unique.Name(); len(name) != 63 || !strings.HasSuffix(name, "a_unique") || unique.Parts()[0] != "s" || table.Name() == name {
		t.Errorf("got %v of %v", unique, table)
	}
	if got := unique.With("_x").Quoted(Quote); !strings.HasPrefix(got, `"s"."aaa`) || !strings.HasSuffix(got, `_x"`) {
		t.Errorf("got %s", got)
	}
	if got := Quote(`a"b`); got != `"a""b"` {
		t.Errorf("got %s", got)
	}
	if got := (Table{}).Name(); got != "" {
		t.Errorf("got %q", got)
	}
}

func TestTheStatementsThatMakeATableAreToldForEveryDriver(t *testing.T) {
	if statements, err := DDL("sqlite", "", "90d"); err != nil || len(statements) != 1 {
		t.Errorf("%v, %v", statements, err)
	}
	for want, args := range map[string][3]string{
		"table: want a name":                             {"sqlite", "a b", ""},
		"table: want at most one":                        {"sqlite", "a.b", ""},
		"retention: want days":                           {"sqlite", "", "soon"},
		"driver: driver postgres is not in this program": {"postgres", "", ""},
	} {
		if _, err := DDL(args[0], args[1], args[2]); err == nil || !strings.HasPrefix(err.Error(), want) {
			t.Errorf("%q: %v", args, err)
		}
	}
}

func TestADriverIsRegisteredOnceAndWholly(t *testing.T) {
	whole, err := lookup("sqlite")
	if err != nil {
		t.Fatal(err)
	}
	lacking := whole
	lacking.Name, lacking.Open = "lacking", nil
	for want, d := range map[string]DriverInfo{
		`warehouse: driver "sqlite" is registered twice`:               whole,
		`warehouse: driver "lacking": its description lacks something`: lacking,
	} {
		func() {
			defer func() {
				if got := recover(); got != want {
					t.Errorf("got %v, want %s", got, want)
				}
			}()
			Register(d)
		}()
	}
	if list := Drivers(); len(list) != 1 || list[0].Name != "sqlite" {
		t.Errorf("the drivers are %+v", list)
	}
}
