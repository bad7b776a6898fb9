package cli

import (
	"encoding/base64"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"io"
	"io/fs"
	"log"
	"math/rand/v2"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// vendor is a destination that remembers what it was sent, and repeats all of it in what it answers.
type vendor struct {
	*httptest.Server
	mu     sync.Mutex
	status int
	bodies []string
}

func newVendor(t *testing.T, secure bool) *vendor {
	v := &vendor{status: http.StatusOK}
	v.Server = httptest.NewUnstartedServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		body, _ := io.ReadAll(r.Body)
		v.mu.Lock()
		defer v.mu.Unlock()
		v.bodies = append(v.bodies, string(body))
		w.WriteHeader(v.status)
		_, _ = fmt.Fprintf(w, `{"error":"%s %v"}`, r.URL, r.Header)
	}))
	v.Config.ErrorLog = log.New(io.Discard, "", 0) // of handshakes that fail
	if secure {
		v.StartTLS()
	} else {
		v.Start()
	}
	t.Cleanup(v.Close)
	return v
}

func (v *vendor) answer(status int) {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.status = status
}

func (v *vendor) got() string {
	v.mu.Lock()
	defer v.mu.Unlock()
	return strings.Join(v.bodies, "\n")
}

// planted makes a secret of letters that no scanner knows.
func planted(i int) string {
	b := make([]byte, 36)
	for j := range b {
		b[j] = "abcdefghijkmnopqrstuvwxyzABCDEFGHJKLMNPQRSTUVWXYZ"[rand.IntN(49)]
	}
	return fmt.Sprintf("%s-%d", b, i)
}

// Secrets stand in every place that a configuration has for one, and in the events. Whatever
// happens, none of them is anywhere but in the requests it is for.
func TestNoPlantedSecretIsAnywhereItDoesNotBelong(t *testing.T) {
	t.Parallel()
	names := []string{"HASH", "WRITE1", "WRITE2", "GA4", "CLIENT_ID", "GA4_DEL", "MIXPANEL", "MIX_DEL", "AMPLITUDE", "AMP_DEL", "SEGMENT", "SEG_DEL", "BEARER", "HEADER", "PGPASS"}
	secrets, all := map[string]string{}, []core.Secret{}
	var environment []string
	for i, name := range names {
		secrets[name] = planted(i)
		all = append(all, core.NewSecret(secrets[name]))
		environment = append(environment, name+"="+secrets[name])
	}
	search := core.NewCredentials(all...)
	ga4, mixpanel, amplitude, segment, collector, secure := newVendor(t, false), newVendor(t, false), newVendor(t, false), newVendor(t, false), newVendor(t, false), newVendor(t, true)
	vendors := map[string]*vendor{"ga4": ga4, "mixpanel": mixpanel, "amplitude": amplitude, "segment": segment, "collector": collector, "secure": secure}
	yaml := fmt.Sprintf(`
app: {name: acme}
shutdown_timeout: 200ms
privacy: {action: hash, hash_key: "${HASH}"}
queue: {type: disk, dir: spool}
server: {write_keys: ["${WRITE1}", "${WRITE2}"]}
defaults: {retry: {initial: 50ms, max: 100ms, max_attempts: 3}, batch: {max_wait: 20ms}}
sinks:
  ga4: {measurement_id: G-ABC123, api_secret: "${GA4}", client_id_key: "${CLIENT_ID}", endpoint: %q, deletion: {property_id: "1", token: "${GA4_DEL}", endpoint: %[1]q}}
  mixpanel: {token: "${MIXPANEL}", endpoint: %[2]q, deletion: {token: "${MIX_DEL}", endpoint: %[2]q}}
  amplitude: {api_key: "${AMPLITUDE}", endpoint: %[3]q, deletion: {secret_key: "${AMP_DEL}", endpoint: %[3]q}}
  segment: {write_key: "${SEGMENT}", endpoint: %[4]q, deletion: {token: "${SEG_DEL}", endpoint: %[4]q}}
  collector: {type: http, url: "%[5]s/in/{event}", bearer_token: "${BEARER}", headers: {X-Key: "${HEADER}"}}
  nowhere: {type: http, url: "https://headgate-test.invalid/in", bearer_token: "${BEARER}"}
  secure: {type: http, url: %[6]q, bearer_token: "${BEARER}"}
  rows: {type: warehouse, driver: postgres, dsn: "postgres://headgate:${PGPASS}@127.0.0.1:1/db"}
  log: {path: events.log, format: json}
`, ga4.URL, mixpanel.URL, amplitude.URL, segment.URL, collector.URL, secure.URL)
	for name, value := range secrets {
		if strings.Contains(yaml, value) {
			t.Fatal(name)
		}
	}
	p := startProcess(t, yaml, environment...)
	var seen strings.Builder
	look := func(where, text string) {
		t.Helper()
		seen.WriteString(text)
		for _, s := range search.Found(text) {
			for name, value := range secrets {
				if s.Reveal() == value {
					t.Errorf("%s: the secret %s is there", where, name)
				}
			}
		}
	}
	run := func(args ...string) {
		t.Helper()
		cmd := exec.Command("headgate", append(args, "--config", "sinks.yaml")...)
		cmd.Dir, cmd.Env = p.cmd.Dir, p.cmd.Env
		out, _ := cmd.CombinedOutput()
		if len(out) == 0 {
			t.Errorf("headgate %v printed nothing", args)
		}
		look("headgate "+strings.Join(args, " "), string(out))
	}
	admin := strings.TrimPrefix(p.ready.Admin, "http://")
	unwatch, page := p.watch()
	for _, status := range []int{http.StatusOK, http.StatusInternalServerError, http.StatusUnprocessableEntity, http.StatusUnauthorized} {
		for _, v := range vendors {
			v.answer(status)
		}
		for name, value := range secrets {
			text, _ := json.Marshal(map[string]any{
				"name": "run", "user_id": "u-" + value, "properties": map[string]any{
					"note": "the " + name + " is " + value, value: 1, "url": "https://h.example/" + url.PathEscape(value) + "?k=" + url.QueryEscape(value),
					"hex": hex.EncodeToString([]byte(value)), "basic": base64.StdEncoding.EncodeToString([]byte("u:" + value)), "nested": []any{map[string]any{"x": value}},
				},
			})
			if code, body := p.post("/v1/events", string(text), "Authorization", "Bearer "+secrets["WRITE1"]); code != http.StatusOK {
				t.Fatal(code, body)
			}
			_, body := p.post("/v1/events", string(text), "Authorization", "Bearer wrong-"+value)
			look("the answer of the front door", body)
		}
		p.await(fmt.Sprintf("the answer %d", status), func() bool {
			s := p.stats().Sinks["collector"]
			_, letters := p.get(p.ready.Admin + "/v1/deadletters?sink=collector")
			return status == http.StatusOK && s.Delivered > 0 || strings.Contains(s.LastError+letters, fmt.Sprintf("answered %d", status))
		})
		for _, path := range []string{"/v1/status", "/v1/deadletters", "/metrics", "/ui/"} {
			_, body := p.get(p.ready.Admin + path)
			look(path, body)
		}
		if status == http.StatusUnprocessableEntity { // which is an answer; after a 401 a replay would wait
			run("deadletter", "replay", "--admin", admin, "--rate", "10000", "--sink", "collector")
		}
	}
	run("status", "--admin", admin, "--json")
	run("deadletter", "list", "--admin", admin, "--json")
	run("validate", "--connect")
	run("preview", "run", "--user", secrets["GA4"], "note="+secrets["BEARER"])
	run("telemetry", "show", "--json")
	run("forget", "u-1", "--admin", admin, "--execute", "--json")
	p.reconfigure(strings.Replace(yaml, "G-ABC123", "${GA4}", 1))
	_, problems := p.reload()
	look("a reload that is refused", strings.Join(problems, "\n"))
	if len(problems) == 0 {
		t.Error("a reload that should be refused was not")
	}
	p.reconfigure(strings.Replace(yaml, "app: {name: acme}", "app: {name: acme, version: \"2\"}", 1))
	if status, problems := p.reload(); status != http.StatusOK {
		t.Error(problems)
	}
	time.Sleep(200 * time.Millisecond)
	unwatch()
	if !strings.Contains(page(), "[redacted:credential]") {
		t.Error("the page was not told of the events")
	}
	look("/ui/stream", page())
	p.signal(syscall.SIGTERM)
	p.wait()
	look("the log of the daemon", p.stderr())
	err := filepath.WalkDir(p.cmd.Dir, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || filepath.Base(path) == "sinks.yaml" {
			return err
		}
		text, err := os.ReadFile(path)
		look(path, string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for name, v := range vendors {
		text := v.got()
		if name == "amplitude" {
			text = strings.ReplaceAll(text, `{"api_key":"`+secrets["AMPLITUDE"]+`"`, `{"api_key":"…"`)
		}
		if name != "secure" && text == "" {
			t.Errorf("%s was sent nothing", name)
		}
		look("what was sent to "+name, text)
	}
	for _, must := range []string{"[redacted:credential]", "headgate-test.invalid", "answered 401", "answered 500", "answered 422", "certificate"} {
		if !strings.Contains(seen.String(), must) {
			t.Errorf("the test has not seen %s", must)
		}
	}
}
