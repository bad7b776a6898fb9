package cli

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"log/slog"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// indiscreet are the options of a sink that tells its credentials to whoever asks, in every way there is.
type indiscreet struct {
	Token core.Secret `yaml:"token" doc:"What it tells." required:"true"`
	Mode  string      `yaml:"mode" doc:"How it tells it." enum:"fail,refuse,panic,open" default:"fail"`
}

// indiscreetVariable has the sink registered in a process that the test starts, and in no other.
const indiscreetVariable = "HEADGATE_TEST_INDISCREET"

func registerIndiscreet() {
	registry.Register(registry.Sink[indiscreet]{
		Type: "indiscreet", Summary: "Tells its credentials", Reach: core.ReachThirdParty,
		New: func(_ context.Context, env registry.Env, cfg indiscreet) (core.Sink, error) {
			s := indiscreetSink{cfg, env.Logger}
			if cfg.Mode == "open" {
				return nil, s.failure("opening")
			}
			return s, nil
		},
	})
}

type indiscreetSink struct {
	cfg    indiscreet
	logger *slog.Logger
}

// tells has the token in it, in all forms.
func (s indiscreetSink) tells() string {
	token := s.cfg.Token.Reveal()
	return fmt.Sprintf("it is %s, or %s, or %s, or %s", token, url.QueryEscape(token), base64.StdEncoding.EncodeToString([]byte("user:"+token)), hex.EncodeToString([]byte(token)))
}

func (s indiscreetSink) failure(doing string) error {
	s.logger.Warn("indiscreet: "+s.tells(), "token", s.tells(), slog.Group("more", "error", errors.New(s.tells())))
	if s.cfg.Mode == "panic" {
		panic(s.tells())
	}
	return fmt.Errorf("%s: %s", doing, s.tells())
}

func (s indiscreetSink) Send(context.Context, []core.Sealed) error {
	err := s.failure("sending")
	if s.cfg.Mode == "refuse" {
		err = core.Refused(err)
	}
	return err
}

func (s indiscreetSink) Close(context.Context) error { return s.failure("closing") }
func (s indiscreetSink) Check(context.Context) error { return s.failure("checking") }

func (s indiscreetSink) Preview([]core.Sealed) ([]core.Request, error) {
	_ = s.failure("preview")
	return s.requests(), nil
}

func (s indiscreetSink) requests() []core.Request {
	return []core.Request{{
		Method: "POST", URL: "https://h.example/?k=" + url.QueryEscape(s.cfg.Token.Reveal()), Target: s.tells(),
		Header: http.Header{"X-Key": {s.tells()}}, Body: s.tells(),
	}}
}

func (s indiscreetSink) Deletion(core.PersonIDs) (core.Deletion, error) {
	return core.Deletion{Requests: s.requests(), Notes: []string{s.tells()}}, nil
}

func (s indiscreetSink) Forget(context.Context, core.PersonIDs) (string, error) {
	return s.tells(), nil
}

// A sink of somebody else may put what it is configured with into its errors, panics, log lines and
// previews. Nobody gets to see it.
func TestWhatASinkTellsOfItsCredentialsIsNotPassedOn(t *testing.T) {
	t.Parallel()
	token := planted(0)
	search := core.NewCredentials(core.NewSecret(token))
	p := startProcess(t, `
queue: {type: disk, dir: spool}
shutdown_timeout: 200ms
defaults: {retry: {initial: 20ms, max: 50ms, max_attempts: 3}, batch: {max_wait: 10ms}}
sinks:
  fails: {type: indiscreet, token: "${TOKEN}"}
  refuses: {type: indiscreet, token: "${TOKEN}", mode: refuse}
  panics: {type: indiscreet, token: "${TOKEN}", mode: panic}
`, "TOKEN="+token, indiscreetVariable+"=1")
	looked := make(map[string]int)
	look := func(where, text string) {
		t.Helper()
		looked[where] += len(text)
		if len(search.Found(text)) > 0 {
			t.Errorf("%s: the token is there: %s", where, strings.ReplaceAll(text, token, "<TOKEN>"))
		}
	}
	live, page := p.watch()
	p.post("/v1/events", `{"name":"run","user_id":"ada"}`)
	p.await("dead letters", func() bool {
		sinks := p.stats().Sinks
		return sinks["fails"].DeadLettered == 1 && sinks["refuses"].DeadLettered == 1 && sinks["panics"].DeadLettered == 1
	})
	for _, path := range []string{"/v1/status", "/metrics", "/ui/", "/v1/deadletters", "/healthz", "/readyz"} {
		_, body := p.get(p.ready.Admin + path)
		look(path, body)
	}
	p.await("what the page is told", func() bool { return strings.Contains(page(), "dead_lettered") })
	live()
	look("/ui/stream", page())
	admin := strings.TrimPrefix(p.ready.Admin, "http://")
	for _, args := range [][]string{
		{"status", "--admin", admin}, {"deadletter", "list", "--admin", admin}, {"deadletter", "list", "--admin", admin, "--json"},
		{"deadletter", "replay", "--admin", admin, "--sink", "panics"},
		{"validate", "--connect"}, {"preview", "run"}, {"preview", "run", "--json"},
		{"send", "run", "--timeout", "2s"}, {"forget", "ada", "--admin", admin, "--execute"}, {"forget", "ada", "--admin", admin, "--json"},
		{"preview", "run", "--config", "open.yaml"}, {"send", "run", "--config", "open.yaml"}, {"run", "--config", "open.yaml"}, {"validate", "--connect", "--config", "open.yaml"},
	} {
		if err := os.WriteFile(filepath.Join(p.cmd.Dir, "open.yaml"), []byte("server: {listen: \"127.0.0.1:0\"}\nadmin: {listen: \"127.0.0.1:0\"}\nsinks:\n  opens: {type: indiscreet, token: \"${TOKEN}\", mode: open}\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		cmd := exec.Command("headgate", args...)
		cmd.Dir, cmd.Env = p.cmd.Dir, p.cmd.Env
		out, _ := cmd.CombinedOutput()
		look("headgate "+strings.Join(args, " "), string(out))
	}
	p.signal(syscall.SIGTERM)
	p.wait()
	look("the log of the daemon", p.stderr())
	err := filepath.WalkDir(filepath.Join(p.cmd.Dir, "spool"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		text, err := os.ReadFile(path)
		look("the queue on disk", string(text))
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	for where, n := range looked {
		if n == 0 {
			t.Errorf("%s: there is nothing", where)
		}
	}
}

// watch reads what the page is told as it happens, until stop is called.
func (p *process) watch() (stop func(), told func() string) {
	p.t.Helper()
	ctx, cancel := context.WithCancel(p.t.Context())
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, p.ready.Admin+"/ui/stream", nil)
	if err != nil {
		p.t.Fatal(err)
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		p.t.Fatal(err)
	}
	var mu sync.Mutex
	var text strings.Builder
	var reading sync.WaitGroup
	reading.Go(func() {
		buf := make([]byte, 4096)
		for {
			n, err := resp.Body.Read(buf)
			mu.Lock()
			text.Write(buf[:n])
			mu.Unlock()
			if err != nil {
				return
			}
		}
	})
	stop = func() {
		cancel()
		reading.Wait()
		_ = resp.Body.Close()
	}
	p.t.Cleanup(stop)
	return stop, func() string {
		mu.Lock()
		defer mu.Unlock()
		return text.String()
	}
}
