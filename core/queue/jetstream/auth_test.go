package jetstream

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	natsserver "github.com/nats-io/nats-server/v2/server"
	"github.com/nats-io/nkeys"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

// guarded starts a server with other options.
func guarded(t *testing.T, change func(*natsserver.Options)) *testServer {
	t.Helper()
	s := &testServer{dir: t.TempDir(), port: freePort(t), change: change}
	s.start(t)
	t.Cleanup(s.stop)
	return s
}

// connects reports whether a log can be used.
func connects(t *testing.T, cfg Config) {
	t.Helper()
	r := started(t, cfg, "a")
	eventually(t, "a record is taken", func() bool { return r.log.Append(t.Context(), record(0)) == nil })
	r.read(t, 1)
	_ = r.log.Close()
}

func TestAUserAndPasswordMayBeInTheURL(t *testing.T) {
	t.Parallel()
	s := guarded(t, func(o *natsserver.Options) { o.Username, o.Password = "headgate", password() })
	host := strings.TrimPrefix(s.url(), "nats://")
	connects(t, Config{URL: core.NewSecret("nats://headgate:" + password() + "@" + host)})

	r := started(t, Config{URL: core.NewSecret("nats://headgate:wrong@" + host), Patience: 300 * time.Millisecond}, "a")
	eventually(t, "it is told why not", func() bool {
		h := r.log.Health()
		return h.Err != nil && strings.Contains(h.Err.Error(), "Authorization Violation")
	})
	s.stop() // and the right one is let in as soon as it can be
	s.change = nil
	s.start(t)
	eventually(t, "a record is taken", func() bool { return r.log.Append(t.Context(), record(0)) == nil })
	_ = r.log.Close()
}

func TestATokenMayBeInTheURL(t *testing.T) {
	t.Parallel()
	s := guarded(t, func(o *natsserver.Options) { o.Authorization = password() })
	connects(t, Config{URL: core.NewSecret("nats://" + password() + "@" + strings.TrimPrefix(s.url(), "nats://"))})
}

func TestAnNKeyIsReadFromAFile(t *testing.T) {
	t.Parallel()
	key, err := nkeys.CreateUser()
	if err != nil {
		t.Fatal(err)
	}
	public, _ := key.PublicKey()
	seed, _ := key.Seed()
	s := guarded(t, func(o *natsserver.Options) { o.Nkeys = []*natsserver.NkeyUser{{Nkey: public}} })
	file := filepath.Join(t.TempDir(), "seed")
	r := started(t, Config{URL: core.NewSecret(s.url()), NKeyFile: file}, "a")
	eventually(t, "the file is missed", func() bool { return r.log.Health().Outages > 0 })
	if err := os.WriteFile(file, seed, 0o600); err != nil {
		t.Fatal(err)
	}
	eventually(t, "a record is taken", func() bool { return r.log.Append(t.Context(), record(0)) == nil })
}

func TestAServerMayTakeLessThanIsUsual(t *testing.T) {
	t.Parallel()
	s := guarded(t, func(o *natsserver.Options) { o.MaxPayload = 32 << 10 })
	r := started(t, Config{URL: core.NewSecret(s.url())}, "a")
	r.append(t, 0, 1)
	var recs [][]byte
	for i := range 300 {
		recs = append(recs, append(record(i+1), make([]byte, 1000)...))
	}
	if n, err := r.log.AppendAll(t.Context(), recs); n != len(recs) || err != nil {
		t.Fatalf("stored %d of %d: %v", n, len(recs), err)
	}
	if err := r.log.Append(t.Context(), make([]byte, 40<<10)); err != queue.ErrTooLarge {
		t.Errorf("a record larger than the server takes: %v, want ErrTooLarge", err)
	}
	r.read(t, 301)
	r.balance(t)
}

func TestAChangedBoundIsAppliedToTheStream(t *testing.T) {
	t.Parallel()
	s := startServer(t)
	a := newAdmin(t, s.url())
	run := func(cfg Config, records int) {
		cfg.URL = core.NewSecret(s.url())
		r := started(t, cfg, "a")
		r.append(t, 0, 1)
		r.appendTogether(t, 0, records)
		_ = r.log.Close()
	}
	run(Config{MaxBytes: 10 << 20, OnFull: queue.DropNewest}, 100)
	if cfg := a.stream().CachedInfo().Config; cfg.MaxBytes != 10<<20 || cfg.Discard.String() != "DiscardNew" {
		t.Errorf("the stream has %d bytes and %s", cfg.MaxBytes, cfg.Discard)
	}
	run(Config{MaxBytes: 20 << 20}, 4000)
	if cfg := a.stream().CachedInfo().Config; cfg.MaxBytes != 20<<20 || cfg.Discard.String() != "DiscardOld" {
		t.Errorf("the stream has %d bytes and %s", cfg.MaxBytes, cfg.Discard)
	}
	run(Config{MaxBytes: 100 << 10}, 1) // there is more in it
	if cfg := a.stream().CachedInfo().Config; cfg.MaxBytes != 20<<20 {
		t.Errorf("the stream has %d bytes, with %s in it", cfg.MaxBytes, strconv.FormatUint(a.state().Bytes, 10))
	}
	run(Config{}, 1)
	if cfg := a.stream().CachedInfo().Config; cfg.MaxBytes != 20<<20 {
		t.Errorf("the stream has %d bytes, and nobody asked for it", cfg.MaxBytes)
	}
}
