package config_test

import (
	"bytes"
	"context"
	"encoding/json"
	"log/slog"
	"net"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
)

// loadRemote reads a file with everything that this program has, as sinks/all does.
func loadRemote(t *testing.T, text string) (*config.File, config.Problems) {
	t.Helper()
	return config.Load([]byte(text), config.Options{LookupEnv: environ{"CANARY": canary + " "}.lookup})
}

func TestAQueueInAStreamHasItsOwnDefaults(t *testing.T) {
	f, problems := loadRemote(t, "queue: {type: jetstream, url: 'nats://a:4222, tls://b:4222'}\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if f.Queue.MaxBytes != 1<<30 || f.Queue.Stream != "HEADGATE" || f.Queue.Replicas != 1 {
		t.Errorf("the queue is %+v", f.Queue)
	}
	if len(f.Warnings) > 0 {
		t.Errorf("an address without credentials is warned of: %v", f.Warnings)
	}
	if f.KeepsLetters() || f.Core().Sinks[0].DeadLetter.Open != nil {
		t.Error("dead letters are kept on disk, and nobody has said where")
	}
	if err := f.QueueUnavailable(); err != nil {
		t.Errorf("a queue that was not opened is unavailable: %v", err)
	}
}

func TestDeadLettersBesideAStreamAreKeptWhereTheFileSays(t *testing.T) {
	f, problems := loadRemote(t, "queue: {type: jetstream, dir: "+t.TempDir()+"}\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if !f.KeepsLetters() || f.Core().Sinks[0].DeadLetter.Open == nil {
		t.Error("dead letters are not kept on disk")
	}
}

func TestTheCredentialsOfAQueueAreSecret(t *testing.T) {
	f, problems := loadRemote(t, "queue:\n  type: jetstream\n  url: nats://user:"+canary+"@127.0.0.1:4222\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if strings.Contains(printed(t, f), canary) {
		t.Error("the password is printed")
	}
	if len(f.Warnings) != 1 || f.Warnings[0].Line != 3 || !strings.Contains(f.Warnings[0].Message, "url: this secret is written in the file") {
		t.Errorf("the warnings are %v", f.Warnings)
	}
}

func TestAQueueElsewhereLogsNoCredentials(t *testing.T) {
	var out bytes.Buffer
	r := newRegistry(&recorder{})
	registry.RegisterQueueIn(r, registry.Queue{
		Type:  "jetstream",
		Check: func(int64, registry.QueueOptions) error { return nil },
		Open: func(env registry.QueueEnv, o registry.QueueOptions) (queue.Log, error) {
			env.Logger.Info("opened", "url", o.URL.Reveal())
			return queue.NewMemory(env.MaxBytes, env.OnFull), nil
		},
		Reach: func(context.Context, registry.QueueOptions) error { return nil },
		Purge: func(context.Context, registry.QueueOptions) (uint64, error) { return 0, nil },
	})
	f, problems := config.Load([]byte("queue: {type: jetstream, url: 'nats://"+canary+"@127.0.0.1:4222'}\n"),
		config.Options{Registry: r, LookupEnv: environ{}.lookup, Logger: slog.New(slog.NewTextHandler(&out, nil))})
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	if _, err := f.Core().Queue.Open(1<<20, queue.DropOldest); err != nil {
		t.Fatal(err)
	}
	if text := out.String(); !strings.Contains(text, "opened") || strings.Contains(text, canary) {
		t.Errorf("logged: %s", strings.ReplaceAll(text, canary, "…"))
	}
}

func TestWhatIsWrongWithAQueueInAStreamIsShownAtItsKey(t *testing.T) {
	for text, want := range map[string]string{
		"queue:\n  type: jetstream\n  url: http://user:" + canary + "@a:1\n": "sinks.yaml:3:8: url: an address must begin with nats://",
		"queue:\n  type: jetstream\n  stream: a.b\n":                         "sinks.yaml:3:11: stream: want letters, digits, - and _, got \"a.b\"",
		"queue:\n  type: jetstream\n  stream: ${CANARY}\n":                   "sinks.yaml:3:11: stream: want letters, digits, - and _, got the value of ${CANARY}",
		"queue:\n  type: jetstream\n  replicas: 6\n":                         "sinks.yaml:3:13: replicas: want",
		"queue:\n  type: jetstream\n  max_bytes: 1KiB\n":                     "sinks.yaml:3:14: max_bytes: want at least 65536",
		"queue:\n  type: jetstream\n  nkey_file: a\n  credentials_file: b\n": "sinks.yaml:3:14: nkey_file: give credentials_file or nkey_file, not both",
		"queue:\n  type: jetstream\n  tls: {cert_file: a}\n":                 "sinks.yaml:3:8: tls: give cert_file and key_file, or neither",
	} {
		_, problems := loadRemote(t, text)
		if len(problems) != 1 || !strings.HasPrefix(problems[0].String(), want) {
			t.Errorf("%q: the problems are %v, want %s", strings.ReplaceAll(text, canary, "…"), problems, want)
		}
		if strings.Contains(problems.Error(), canary) {
			t.Error("the problems tell the password")
		}
	}
}

func TestADispatcherStartsThoughTheServersOfItsQueueAreAway(t *testing.T) {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	address := listener.Addr().String()
	_ = listener.Close()
	f, problems := loadRemote(t, "queue: {type: jetstream, url: 'nats://"+address+"'}\nsinks: {log: {path: "+filepath.Join(t.TempDir(), "log")+"}}\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	began := time.Now()
	d, err := core.New(f.Core(), core.WithEnviron(environ{}.lookup), core.WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	if f.QueueUnavailable() == nil {
		t.Error("the queue is said to be there")
	}
	ctx, cancel := context.WithTimeout(context.Background(), 100*time.Millisecond)
	defer cancel()
	if verdict, err := d.Offer(ctx, core.Event{Name: "run"}); verdict != core.Rejected || err == nil {
		t.Errorf("an event became %v, %v", verdict, err)
	}
	if err := d.Close(context.Background()); err != nil {
		t.Error(err)
	}
	if took := time.Since(began); took > 20*time.Second {
		t.Errorf("it took %v", took)
	}
	if elsewhere, err := f.ReachQueue(context.Background()); !elsewhere || err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("servers that are away: %v, %v", elsewhere, err)
	}
	if _, err := f.Purge(context.Background()); err == nil || !strings.Contains(err.Error(), address) {
		t.Errorf("emptying a stream that cannot be reached: %v", err)
	}
}

func TestSettingsOfAQueueAreWrittenAsTheyAreRead(t *testing.T) {
	f, problems := loadRemote(t, "queue: {type: jetstream, tls: {ca_file: /ca.pem}}\n")
	if len(problems) > 0 {
		t.Fatal(problems)
	}
	data, err := json.Marshal(f)
	if err != nil || !strings.Contains(string(data), `"ca_file":"/ca.pem"`) {
		t.Errorf("%s, %v", data, err)
	}
}
