package e2e

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"fmt"
	"io"
	"log/slog"
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

	"github.com/headgate-dev/headgate/cli"
	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/metrics/selfmetrics"
)

// asHeadgate has this test binary be the headgate command.
const asHeadgate = "HEADGATE_E2E_COMMAND"

func init() {
	if os.Getenv(asHeadgate) != "" {
		os.Exit(cli.Main(selfmetrics.Serve()))
	}
}

// credentials are recognisable, and have characters that an escape would change.
var credentials = map[string]string{
	"ga4": "cAnAry/ga4+", "mixpanel": "cAnAry/mixpanel+", "amplitude": "cAnAry/amplitude+", "segment": "cAnAry/segment+",
}

// formsOf are those in which a credential would be recognised.
func formsOf(credential string) []string {
	return []string{
		credential, url.QueryEscape(credential), url.PathEscape(credential), strings.Trim(fmt.Sprintf("%q", credential), `"`),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(credential+":")), "=")[:12],
	}
}

// hostile answers each path in its own way, and repeats whatever it was told in every place of
// an answer that a client might show.
func hostile(w http.ResponseWriter, r *http.Request) {
	body, _ := io.ReadAll(r.Body)
	user, _, _ := r.BasicAuth()
	var key struct {
		Key string `json:"api_key"`
	}
	_ = json.Unmarshal(body, &key)
	told := strings.Join([]string{r.URL.Query().Get("api_secret"), user, key.Key, r.URL.RawQuery, r.Header.Get("Authorization")}, " ")
	plain := strings.TrimSpace(r.URL.Query().Get("api_secret") + user + key.Key)
	fault := strings.Split(r.URL.Path, "/")[1]
	switch fault {
	case "hang":
		<-r.Context().Done()
		return
	case "reset", "garbage", "header", "short":
		conn, _, err := w.(http.Hijacker).Hijack()
		if err != nil {
			return
		}
		defer conn.Close()
		fmt.Fprint(conn, map[string]string{
			"garbage": told + " is no answer\r\n\r\n", "header": "HTTP/1.1 200 OK\r\n" + told + "\r\n\r\n",
			"short": "HTTP/1.1 500 " + plain + "\r\nContent-Length: 1000\r\n\r\n" + told,
		}[fault])
		return
	}
	w.Header().Set("Location", "https://"+url.PathEscape(plain)+"@elsewhere.example/"+url.PathEscape(plain)+"?"+r.URL.RawQuery)
	w.Header().Set("WWW-Authenticate", told)
	w.Header().Set("X-Told", told)
	var status int
	fmt.Sscan(fault, &status)
	if strings.HasSuffix(fault, "-later") {
		w.Header().Set("Retry-After", "1")
	}
	w.WriteHeader(status)
	if strings.HasSuffix(fault, "-text") {
		fmt.Fprint(w, "<html>"+told)
		return
	}
	_ = json.NewEncoder(w).Encode(map[string]any{
		"code": status, "error": "Invalid: " + told, "message": told, "status": told, "failed_records": []any{map[string]any{"index": 0, "field": told, "message": told}},
		"events_with_invalid_fields": map[string]any{told: []int{0}}, "throttled_users": map[string]any{told: 1},
	})
}

var faults = []string{
	"200", "202", "301", "302", "307-text", "400", "400-text", "401", "401-text", "403", "404-text", "408", "410", "413", "422", "429", "429-later", "429-text",
	"460", "500", "500-text", "501", "502", "503-later", "505", "511", "hang", "reset", "garbage", "header", "short",
}

// everyFailure is a sinks.yaml with a sink of each vendor for each failure of a server.
func everyFailure(server, closed string) string {
	var b strings.Builder
	b.WriteString("event_prefix: app_\ndefaults: {timeout: 300ms, batch: {max_wait: 1ms}, retry: {initial: 1ms, max: 50ms}}\nsinks:\n")
	for _, vendor := range []string{
		"type: ga4, measurement_id: G-TEST1, api_secret", "type: ga4, delivery: at_least_once, firebase_app_id: '1:2:android:3', api_secret",
		"type: mixpanel, token", "type: amplitude, api_key", "type: amplitude, api: httpapi, api_key", "type: segment, write_key",
	} {
		var typ string
		fmt.Sscanf(vendor, "type: %s", &typ)
		typ = strings.TrimSuffix(typ, ",")
		add := func(fault, endpoint string) {
			fmt.Fprintf(&b, "  s%d-%s: {%s: '%s', endpoint: '%s'}\n", strings.Count(b.String(), "\n"), fault, vendor, credentials[typ], endpoint)
		}
		for _, fault := range faults {
			add(fault, server+"/"+fault)
		}
		add("closed", closed)
		add("tls", strings.Replace(server, "http:", "https:", 1))
	}
	return b.String()
}

// search fails the test for every credential in a text.
func search(t *testing.T, place, text string) {
	t.Helper()
	for vendor, credential := range credentials {
		for _, form := range formsOf(credential) {
			if i := strings.Index(text, form); i >= 0 {
				t.Errorf("%s shows the credential of %s: …%s…", place, vendor, text[max(i-200, 0):min(i+100, len(text))])
			}
		}
	}
}

// failing starts the server, and returns the sinks.yaml.
func failing(t *testing.T) string {
	t.Helper()
	v := httptest.NewUnstartedServer(http.HandlerFunc(hostile))
	v.Config.ErrorLog = slog.NewLogLogger(slog.DiscardHandler, slog.LevelError)
	v.Start()
	t.Cleanup(v.Close)
	closed := httptest.NewServer(nil)
	closed.Close()
	return everyFailure(v.URL, closed.URL)
}

var anEvent = core.Event{Name: "run", UserID: "user-42", AnonymousID: "device-7", Props: core.Props{"n": 1}}

// TestNoFailureOfAVendorShowsItsCredential drives every vendor sink through every failure, and
// looks for the credentials in what the daemon logs and says, when it is ended by a crash, too.
func TestNoFailureOfAVendorShowsItsCredential(t *testing.T) {
	yaml := failing(t)
	dir := t.TempDir()
	path, ready := filepath.Join(dir, "sinks.yaml"), filepath.Join(dir, "ready.json")
	if err := os.WriteFile(path, []byte(yaml), 0o600); err != nil {
		t.Fatal(err)
	}
	headgate := func(ctx context.Context, args ...string) *exec.Cmd {
		cmd := exec.CommandContext(ctx, os.Args[0], args...)
		cmd.Dir = dir
		cmd.Env = append(os.Environ(), asHeadgate+"=1", "HEADGATE_CONFIG="+path, "HOME="+dir, "XDG_CONFIG_HOME="+dir, "DO_NOT_TRACK=", "CI=")
		return cmd
	}
	var out lockedBuffer
	daemon := headgate(t.Context(), "run", "--listen", "127.0.0.1:0", "--admin-listen", "127.0.0.1:0", "--ready-file", ready)
	daemon.Stdout, daemon.Stderr = &out, &out
	if err := daemon.Start(); err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- daemon.Wait() }()
	defer func() { _ = daemon.Process.Kill() }()
	var address struct{ Listen, Admin string }
	await(t, "the ready file", func() bool {
		text, err := os.ReadFile(ready)
		return err == nil && json.Unmarshal(text, &address) == nil
	})
	body := `{"name":"run","user_id":"user-42","anonymous_id":"device-7"}`
	post(t, address.Listen+"/v1/events", "["+body+","+body+"]")
	var status string
	await(t, "every sink to have heard of its failure", func() bool {
		status = fetch(t, address.Admin+"/v1/status")
		var stats core.Stats
		return json.Unmarshal([]byte(status), &stats) == nil && allHaveHeard(stats)
	})
	search(t, "/v1/status", status)
	search(t, "/metrics", fetch(t, address.Admin+"/metrics"))
	if !strings.Contains(status, "answered 400") || !strings.Contains(status, `"failed"`) {
		t.Errorf("the failures do not show: %s", status)
	}
	for _, args := range [][]string{
		{"status", "--admin", address.Admin}, {"validate", "--connect"}, {"send", "run", "n=1", "--timeout", "1s"}, {"preview", "run", "--json"}, {"sinks", "--json"}, {"schema"},
	} {
		ctx, cancel := context.WithTimeout(t.Context(), 3*time.Second)
		text, _ := headgate(ctx, args...).CombinedOutput()
		search(t, "headgate "+args[0], string(text))
		late := ctx.Err() != nil
		cancel()
		if len(text) == 0 && !late {
			t.Errorf("headgate %s says nothing", args[0])
		}
	}
	_ = daemon.Process.Signal(syscall.SIGQUIT) // the runtime prints every stack
	<-ended
	if text := out.String(); !strings.Contains(text, "goroutine ") || !strings.Contains(text, "level=") {
		t.Errorf("neither logs nor stacks: %.2000s", text)
	}
	search(t, "the daemon's output", out.String())
}

// allHaveHeard reports whether each sink was answered something.
func allHaveHeard(stats core.Stats) bool {
	for _, s := range stats.Sinks {
		if s.LastError == "" && s.Delivered == 0 {
			return false
		}
	}
	return len(stats.Sinks) > len(faults)
}

// TestNoDeadLetterShowsACredential looks into what a program can ask for itself.
func TestNoDeadLetterShowsACredential(t *testing.T) {
	path := filepath.Join(t.TempDir(), "sinks.yaml")
	if err := os.WriteFile(path, []byte(failing(t)), 0o600); err != nil {
		t.Fatal(err)
	}
	var logs lockedBuffer
	d, err := config.Open(path, core.WithStateDir(t.TempDir()), core.WithEnviron(func(string) (string, bool) { return "", false }),
		core.WithLogger(slog.New(slog.NewJSONHandler(&logs, &slog.HandlerOptions{Level: slog.LevelDebug}))))
	if err != nil {
		t.Fatal(err)
	}
	for range 3 {
		if err := d.Enqueue(t.Context(), anEvent); err != nil {
			t.Fatal(err)
		}
	}
	var stats core.Stats
	await(t, "every sink to have heard of its failure", func() bool {
		stats = d.Stats()
		return allHaveHeard(stats)
	})
	letters := 0
	for name := range stats.Sinks {
		for _, letter := range d.DeadLetters(name) {
			letters++
			text, _ := json.Marshal(letter)
			search(t, "a dead letter of "+name, fmt.Sprintf("%s %v %+v %#v", text, letter, letter, letter))
		}
	}
	search(t, "the statistics", fmt.Sprintf("%v %+v %#v", stats, stats, stats))
	ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
	defer cancel()
	search(t, "the error of Close", fmt.Sprint(d.Close(ctx)))
	_ = d.Close(context.Background())
	search(t, "the log", logs.String())
	if letters == 0 || logs.String() == "" {
		t.Errorf("%d dead letters, %d bytes of log", letters, len(logs.String()))
	}
}

type lockedBuffer struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (b *lockedBuffer) Write(p []byte) (int, error) {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.Write(p)
}

func (b *lockedBuffer) String() string {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.buf.String()
}

func await(t *testing.T, what string, yes func() bool) {
	t.Helper()
	for deadline := time.Now().Add(30 * time.Second); !yes(); time.Sleep(20 * time.Millisecond) {
		if time.Now().After(deadline) {
			t.Fatalf("waiting for %s took too long", what)
		}
	}
}

func post(t *testing.T, to, body string) {
	t.Helper()
	resp, err := http.Post(to, "application/json", strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	if resp.StatusCode != http.StatusOK {
		t.Fatal(resp.Status)
	}
}

func fetch(t *testing.T, from string) string {
	t.Helper()
	resp, err := http.Get(from)
	if err != nil {
		t.Fatal(err)
	}
	defer resp.Body.Close()
	text, _ := io.ReadAll(resp.Body)
	return string(text)
}
