package jetstream

import (
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

// password looks like one, and is nobody's.
func password() string { return strings.Repeat("pa5s", 4) }

func TestOpeningRefusesWhatMakesNoSense(t *testing.T) {
	for name, cfg := range map[string]Config{
		"url: an address must look like":   {URL: core.NewSecret("127.0.0.1:4222")},
		"must begin with nats://":          {URL: core.NewSecret("nats://a:4222,https://user:" + password() + "@b:4222")},
		"stream: want letters":             {Stream: "a.b"},
		"replicas: want 1 to 5, got 6":     {Replicas: 6},
		"replicas: want 1 to 5, got -":     {Replicas: -1},
		"max_bytes: want at least":         {MaxBytes: 100},
		"on_full: unknown policy":          {OnFull: 17},
		"nkey_file: give":                  {CredentialsFile: "a", NKeyFile: "b"},
		"tls: give cert_file and key_file": {CertFile: "a"},
		"AckWait must be at least 1s":      {AckWait: 1},
		"Patience must not be negative":    {Patience: -1},
	} {
		l, err := Open(cfg)
		if err == nil {
			t.Errorf("%q: opened", name)
			_ = l.Close()
			continue
		}
		if !strings.Contains(err.Error(), name) || !strings.HasPrefix(err.Error(), "jetstream queue: ") {
			t.Errorf("the error is %q, want one with %q", err, name)
		}
		if strings.Contains(err.Error(), password()) {
			t.Errorf("the error tells the password: %v", err)
		}
	}
}

func TestTheZeroConfigIsOfALocalServer(t *testing.T) {
	l, err := Open(Config{})
	if err != nil {
		t.Fatal(err)
	}
	if got := l.cfg.Stream + " at " + l.cfg.servers(); got != "HEADGATE at nats://127.0.0.1:4222" {
		t.Errorf("got %s", got)
	}
	if err := l.Close(); err != nil {
		t.Error(err)
	}
	if err := l.Resume(); err != queue.ErrClosed {
		t.Errorf("resuming a closed log returned %v", err)
	}
}

func TestAPasswordIsNotPrinted(t *testing.T) {
	url := "nats://user:" + password() + "@127.0.0.1:1,nats://" + password() + "@127.0.0.1:2"
	cfg := Config{URL: core.NewSecret(url)}
	var b strings.Builder
	logger := slog.New(slog.NewTextHandler(&b, nil))
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%d", "%x"} {
		fmt.Fprintf(&b, verb+"\n", cfg)
	}
	logger.Info("config", "config", cfg)
	cfg.Logger, cfg.Patience = logger, 1
	r := started(t, cfg, "a")
	eventually(t, "the servers were looked for", func() bool { return r.log.Health().Outages > 0 })
	err := r.log.Append(t.Context(), record(0))
	fmt.Fprintln(&b, err, r.log.Health().Err)
	_ = r.log.Close()
	if strings.Contains(b.String(), password()) {
		t.Errorf("the password was printed:\n%s", b.String())
	}
}

func TestConsumerNamesAreValidAndTellCursorsApart(t *testing.T) {
	names := map[string]string{}
	for _, cursor := range []string{
		"ga4", "eu-mixpanel", "", "a.b", "a b", "a=2Eb", "=", "/", "*", ">", "ü", "\xff", "A", "a", "=-", "a\x00",
		strings.Repeat("x", 300), strings.Repeat("x", 301), strings.Repeat(".", 100),
	} {
		name := consumerName(cursor)
		if other, ok := names[name]; ok {
			t.Errorf("%q and %q are both %q", cursor, other, name)
		}
		names[name] = cursor
		if name == "" || len(name) > maxName || strings.ContainsAny(name, " .*>/\\\t\r\n\x00") {
			t.Errorf("%q becomes %q", cursor, name)
		}
	}
	if consumerName("eu-mixpanel") != "eu-mixpanel" {
		t.Error("a plain name is changed")
	}
}
