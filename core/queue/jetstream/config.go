package jetstream

import (
	"errors"
	"fmt"
	"log/slog"
	"net/url"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
)

const (
	defaultURL      = "nats://127.0.0.1:4222"
	defaultStream   = "HEADGATE"
	defaultMaxBytes = 1 << 30
	defaultAckWait  = 30 * time.Second
	defaultPatience = 2 * time.Second

	// leastBytes is the smallest bound that has room for a few messages.
	leastBytes = 64 << 10
	// leastAckWait leaves time for a few signs of life.
	leastAckWait = time.Second
	// maxReplicas is what nats-server allows (StreamMaxReplicas, server/stream.go).
	maxReplicas = 5
)

// Config says where a log is, and how large it may be. The zero Config works.
type Config struct {
	// URL has the addresses of one or more servers, separated by commas; nats://127.0.0.1:4222 if
	// empty. It may hold a user and a password, or a token, and is not logged then.
	URL core.Secret
	// Stream is the name of the stream; HEADGATE if empty. Logs that share it share their records.
	Stream string
	// Replicas is how many servers keep the stream; 1 if zero. Three survive the loss of one. A
	// stream that has more keeps them.
	Replicas int
	// MaxBytes bounds what the stream keeps; 1 GiB for a stream that is not there yet if zero.
	MaxBytes int64
	// OnFull says what happens when there is no room. It is a property of the stream: the log
	// that was resumed last decides.
	OnFull queue.OnFull

	// CredentialsFile and NKeyFile say who this is: a .creds file, or one with an nkey seed.
	CredentialsFile, NKeyFile string
	// CAFile has the certificates that servers are held against; those of the system if empty.
	CAFile string
	// CertFile and KeyFile have the certificate that is shown to servers, and its key.
	CertFile, KeyFile string

	// AckWait is how long a process that does not answer keeps what it has taken; 30 s if
	// zero. Then others get it.
	AckWait time.Duration
	// Patience is how long Append waits for servers that do not answer, as while they elect a
	// leader, before everybody is told that they are away; 2 s if zero.
	Patience time.Duration

	// Logger is told when the servers go away and come back; nothing is logged if nil.
	Logger *slog.Logger
}

func (c Config) withDefaults() (Config, error) {
	orDefault(&c.URL, core.NewSecret(defaultURL))
	orDefault(&c.Stream, defaultStream)
	orDefault(&c.Replicas, 1)
	orDefault(&c.AckWait, defaultAckWait)
	orDefault(&c.Patience, defaultPatience)
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	return c, c.check()
}

func orDefault[T comparable](field *T, value T) {
	var zero T
	if *field == zero {
		*field = value
	}
}

// check names the key of sinks.yaml that is wrong.
func (c Config) check() error {
	wrong := func(key, format string, args ...any) error {
		return fmt.Errorf("jetstream queue: %w", registry.Field(key, fmt.Sprintf(format, args...)))
	}
	for _, address := range c.addresses() {
		if err := checkAddress(address); err != nil {
			return wrong("url", "%v", err)
		}
	}
	switch {
	case !isName(c.Stream):
		return wrong("stream", "want letters, digits, - and _, got %q", c.Stream)
	case c.Replicas < 1 || c.Replicas > maxReplicas:
		return wrong("replicas", "want 1 to %d, got %d", maxReplicas, c.Replicas)
	case c.MaxBytes != 0 && c.MaxBytes < leastBytes:
		return wrong("max_bytes", "want at least %d, got %d", leastBytes, c.MaxBytes)
	case c.OnFull > queue.Block:
		return wrong("on_full", "unknown policy %d", c.OnFull)
	case c.CredentialsFile != "" && c.NKeyFile != "":
		return wrong("nkey_file", "give credentials_file or nkey_file, not both")
	case (c.CertFile == "") != (c.KeyFile == ""):
		return wrong("tls", "give cert_file and key_file, or neither")
	case c.AckWait < leastAckWait:
		return wrong("", "AckWait must be at least %v, not %v", leastAckWait, c.AckWait)
	case c.Patience < 0:
		return wrong("", "Patience must not be negative")
	}
	return nil
}

func (c Config) addresses() (addresses []string) {
	for address := range strings.SplitSeq(c.URL.Reveal(), ",") {
		addresses = append(addresses, strings.TrimSpace(address))
	}
	return addresses
}

// checkAddress says nothing of the address, which may hold a password in a place that it was not meant for. Errors of
// net/url repeat it.
func checkAddress(address string) error {
	u, err := url.Parse(address)
	switch {
	case err != nil || u.Host == "":
		return errors.New("an address must look like nats://host:4222")
	case u.Scheme != "nats" && u.Scheme != "tls" && u.Scheme != "ws" && u.Scheme != "wss":
		return errors.New("an address must begin with nats://, tls://, ws:// or wss://")
	}
	return nil
}

// servers returns the addresses as they may be logged.
func (c Config) servers() string {
	var shown []string
	for _, address := range c.addresses() {
		if u, err := url.Parse(address); err == nil {
			shown = append(shown, u.Scheme+"://"+u.Host)
		}
	}
	return strings.Join(shown, ",")
}
