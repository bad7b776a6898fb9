package snowflake

import (
	"context"
	"encoding/base64"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/snowflake/internal/fakeflake"
)

// childTask names, in the environment, what a child process is to do instead of the tests.
const (
	childTask     = "HEADGATE_SNOWFLAKE_TEST_CHILD"
	childEndpoint = "HEADGATE_SNOWFLAKE_TEST_ENDPOINT"
	childKey      = "HEADGATE_SNOWFLAKE_TEST_KEY"
)

var childTasks = map[string]func(){"import": childImports, "use": childUses}

// childImports is a program that only links the driver.
func childImports() {
	time.Sleep(300 * time.Millisecond) // for what goes on in the background
	fmt.Println("minicore", os.Getenv("SF_DISABLE_MINICORE"))
	fmt.Println("cache", os.Getenv("SF_TEMPORARY_CREDENTIAL_CACHE_DIR"))
}

// childUses is a program that writes, and is refused, and prints nothing by itself.
func childUses() {
	der, _ := base64.StdEncoding.DecodeString(os.Getenv(childKey))
	create := warehouse.SchemaCreate
	c := warehouse.Config{
		Driver: "snowflake", Table: "telemetry_events", Endpoint: os.Getenv(childEndpoint), EnsureSchema: &create,
		Account: "myorg-myaccount", User: "headgate", Database: "db", PrivateKey: core.NewSecret(base64.StdEncoding.EncodeToString(der)),
	}
	o, err := warehouse.NewOptions(c)
	fail(err)
	d, err := newWriter(o)
	fail(err)
	ctx, cancel := context.WithTimeout(context.Background(), 30*time.Second)
	defer cancel()
	fail(d.EnsureSchema(ctx))
	fail(d.Write(ctx, batch("a")))
	b := batch("b")
	b.Rows[0].Payload = []byte(`{"a":1,"a":2}`)
	if d.Write(ctx, b) == nil {
		os.Exit(3)
	}
	fail(d.Close(ctx))
}

func fail(err error) {
	if err != nil {
		panic(err)
	}
}

// places are the directories of a program, which it must leave as they are.
type places struct{ home, temp, work string }

func newPlaces(t *testing.T) places {
	t.Helper()
	p := places{t.TempDir(), t.TempDir(), t.TempDir()}
	for _, dir := range []string{p.home, p.temp, p.work} {
		if err := os.Chtimes(dir, long, long); err != nil {
			t.Fatal(err)
		}
	}
	return p
}

// long is when nothing was changed any more.
var long = time.Date(2020, 1, 1, 0, 0, 0, 0, time.UTC)

// touched returns the directories in which something was made, be it gone again: the
// library that gosnowflake loads is there for some milliseconds only.
func (p places) touched(t *testing.T) (touched []string) {
	t.Helper()
	for name, dir := range map[string]string{"home": p.home, "temp": p.temp, "work": p.work} {
		info, err := os.Stat(dir)
		if err != nil {
			t.Fatal(err)
		}
		if !info.ModTime().Equal(long) {
			touched = append(touched, name)
		}
	}
	slices.Sort(touched)
	return touched
}

// child runs this program with a home and a temporary directory of its own.
func child(t *testing.T, task string, env ...string) (p places, output string) {
	t.Helper()
	p = newPlaces(t)
	cmd := exec.Command(os.Args[0])
	for _, v := range os.Environ() {
		name, _, _ := strings.Cut(v, "=")
		if name != "HOME" && name != "TMPDIR" && name != "XDG_CACHE_DIR" && !strings.HasPrefix(name, "SF_") && !strings.HasPrefix(name, "SNOWFLAKE_") && !strings.Contains(strings.ToUpper(name), "_PROXY") {
			cmd.Env = append(cmd.Env, v)
		}
	}
	cmd.Env = append(append(cmd.Env, "HOME="+p.home, "TMPDIR="+p.temp, childTask+"="+task), env...)
	cmd.Dir = p.work
	out, err := cmd.CombinedOutput()
	if err != nil {
		t.Fatalf("the child process: %v: %s", err, out)
	}
	return p, string(out)
}

func TestLinkingTheDriverWritesNothingSoThatNothingIsLoaded(t *testing.T) {
	t.Parallel()
	p, out := child(t, "import")
	if diff := cmp.Diff("minicore true\ncache \n", out); diff != "" {
		t.Errorf("in the process: %s", diff)
	}
	if touched := p.touched(t); len(touched) > 0 {
		t.Errorf("the program made something in %q", touched)
	}
}

// What the test above looks for is there when gosnowflake is left alone. If this fails with
// another version, package quiet has nothing to do any more.
func TestLeftAloneTheDriverOfSnowflakeDoesWrite(t *testing.T) {
	t.Parallel()
	if runtime.GOOS != "linux" {
		t.Skip("elsewhere there is no directory for credentials")
	}
	for variable, want := range map[string]string{"SF_DISABLE_MINICORE=false": "temp", "SF_TEMPORARY_CREDENTIAL_CACHE_DIR=": "home"} {
		p, _ := child(t, "import", variable)
		if diff := cmp.Diff([]string{want}, p.touched(t)); diff != "" {
			t.Errorf("with %s: %s", variable, diff)
		}
	}
}

func TestAVariableThatSomebodyHasSetIsKept(t *testing.T) {
	t.Parallel()
	own := t.TempDir()
	_, out := child(t, "import", "SF_DISABLE_MINICORE=TRUE", "SF_TEMPORARY_CREDENTIAL_CACHE_DIR="+own)
	if want := "minicore TRUE\ncache " + own + "\n"; !strings.Contains(out, want) {
		t.Errorf("got %q, want %q in it", out, want)
	}
}

// With every proxy variable set, whatever calls another host than this one would be seen.
func TestWritingCallsTheAccountAloneAndPrintsNothing(t *testing.T) {
	t.Parallel()
	s := newAccount(t)
	var mu sync.Mutex
	var elsewhere []string
	proxy := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		mu.Lock()
		defer mu.Unlock()
		elsewhere = append(elsewhere, r.Method+" "+r.Host)
		w.WriteHeader(http.StatusBadGateway)
	}))
	defer proxy.Close()
	p, out := child(t, "use", childEndpoint+"="+s.URL(), childKey+"="+base64.StdEncoding.EncodeToString(derOf(newKey())),
		"HTTP_PROXY="+proxy.URL, "HTTPS_PROXY="+proxy.URL, "http_proxy="+proxy.URL, "https_proxy="+proxy.URL)
	if out != "" {
		t.Errorf("the program printed %q", out)
	}
	if touched := p.touched(t); len(touched) > 0 {
		t.Errorf("the program made something in %q", touched)
	}
	if len(elsewhere) > 0 {
		t.Errorf("the program called %q", elsewhere)
	}
	seen := map[string]bool{}
	for _, call := range s.Calls("") {
		seen[call.Path] = true
	}
	want := map[string]bool{fakeflake.PathLogin: true, fakeflake.PathQuery: true, fakeflake.PathSession: true}
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("paths of the account that were called: %s", diff)
	}
	login := s.Calls(fakeflake.PathLogin)[0].Body["data"].(map[string]any)["CLIENT_ENVIRONMENT"].(map[string]any)
	if diff := cmp.Diff([]any{"disabled"}, login["PLATFORM"]); diff != "" {
		t.Errorf("the program looked for clouds around it, which it must not call: %s", diff)
	}
}
