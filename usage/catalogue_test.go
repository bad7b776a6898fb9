package usage_test

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
)

// catalogued is how the documentation names the type of a field.
func catalogued(t reflect.Type) string {
	if t.Kind() == reflect.Pointer {
		t = t.Elem()
	}
	switch t.Kind() {
	case reflect.String:
		return "text"
	case reflect.Bool:
		return "true or false"
	case reflect.Int64:
		return "integer"
	case reflect.Float64:
		return "number"
	case reflect.Map:
		return "object"
	}
	return "undocumented: " + t.String()
}

// A person who wants to know what a program tells about its use finds every property in the
// documentation: no more and no less than the payloads have.
func TestTheDocumentationListsEveryPropertyOfEveryPayload(t *testing.T) {
	types, events := map[string]string{}, map[string][]string{}
	for _, p := range payloads {
		v := reflect.TypeOf(p.full)
		for i := range v.NumField() {
			name, _, _ := strings.Cut(v.Field(i).Tag.Get("json"), ",")
			kind := catalogued(v.Field(i).Type)
			if before, ok := types[name]; ok && before != kind {
				t.Errorf("%s is %s here and %s there", name, before, kind)
			}
			types[name] = kind
			events[name] = append(events[name], "`"+p.file+"`")
		}
	}
	var want []string
	for _, name := range slices.Sorted(maps.Keys(types)) {
		want = append(want, fmt.Sprintf("| `%s` | %s | %s |", name, types[name], strings.Join(events[name], ", ")))
	}
	text, err := os.ReadFile(filepath.Join("..", "docs", "usage.md"))
	if err != nil {
		t.Fatal(err)
	}
	_, section, _ := strings.Cut(string(text), "\n## Every property\n")
	var got []string
	for _, row := range regexp.MustCompile("(?m)^(\\| `[^|]+\\|[^|]+\\|[^|]+\\|) [^|]+ \\|$").FindAllStringSubmatch(section, -1) {
		got = append(got, row[1])
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("docs/usage.md (-payloads +documentation):\n%s", diff)
	}
}
