package segment

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
)

// Config holds the options of the sink.
type Config struct {
	WriteKey core.Secret `yaml:"write_key" required:"true" example:"${SEGMENT_WRITE_KEY}" doc:"Write key of the source."`
	Region   string      `yaml:"region" default:"us" enum:"us,eu" doc:"Region of the workspace; Segment drops what comes to the other one."`
	Endpoint string      `yaml:"endpoint" example:"https://proxy.example.com/segment" doc:"Base URL instead of Segment's own; /v1/batch is appended."`
	Deletion Deletion    `yaml:"deletion" doc:"What headgate forget --execute needs to ask Segment to delete a user."`
}

var bases = map[string]string{"us": "https://api.segment.io", "eu": "https://events.eu1.segmentapis.com"}

// Validate finds what tags cannot say.
func (c Config) Validate() error {
	var problems []error
	if _, known := bases[cmp.Or(c.Region, "us")]; !known {
		problems = append(problems, registry.Field("region", "want us or eu"))
	}
	if strings.ContainsFunc(c.WriteKey.Reveal(), func(r rune) bool { return r <= ' ' || r == 0x7f || r == ':' }) {
		problems = append(problems, registry.Field("write_key", "it has a space, a colon or a control character"))
	}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		switch {
		case err != nil:
			problems = append(problems, registry.Field("endpoint", "it cannot be parsed; want a URL like https://host/path"))
		case u.User != nil || strings.ContainsAny(c.Endpoint, "?#"):
			problems = append(problems, registry.Field("endpoint", "it is a base to which a path is appended, without user, query or fragment"))
		}
	}
	return errors.Join(append(problems, deletion.CheckEndpoint("deletion.endpoint", c.Deletion.Endpoint))...)
}

// url returns where batches are posted to.
func (c Config) url() string {
	return strings.TrimRight(cmp.Or(c.Endpoint, bases[cmp.Or(c.Region, "us")]), "/") + "/v1/batch"
}

// Sink is a [core.Sink] that sends to Segment.
type Sink struct {
	client *transport.Client
	url    string
	header func() http.Header // a function, which fmt shows nothing of: the key is in it
	prefix string

	apiBase  string
	deletion func() Deletion // likewise
}

// New makes the sink. It does not touch the network.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	if c.WriteKey.IsZero() {
		return nil, registry.Field("write_key", "it is missing")
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := transport.CheckURL(c.url(), env.AllowInsecure); err != nil {
		return nil, registry.Field("endpoint", err.Error())
	}
	basic := base64.StdEncoding.EncodeToString([]byte(c.WriteKey.Reveal() + ":")) // the colon, and no password
	client, err := transport.New(transport.Options{
		AllowInsecure: env.AllowInsecure, Timeout: env.Timeout, Secrets: []core.Secret{c.WriteKey, core.NewSecret(basic), c.Deletion.Token},
	})
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}, "Authorization": {"Basic " + basic}}
	return &Sink{
		client: client, url: c.url(), prefix: env.EventPrefix,
		header:  func() http.Header { return header },
		apiBase: apiBases[cmp.Or(c.Region, "us")], deletion: func() Deletion { return c.Deletion },
	}, nil
}

// Limits bounds a batch as Segment does, with room for what is put before the names.
func (s *Sink) Limits() core.Limits {
	room := limits
	room.MaxBytes -= maxBatchMessages * min(len(s.prefix), 64)
	return room
}

var limits = core.Limits{MaxEvents: maxBatchMessages, MaxBytes: targetBytes}

// Check connects to Segment, up to the TLS handshake, and hangs up. Segment has no request that
// tries a write key without reporting an event, so the key is not tried.
func (s *Sink) Check(ctx context.Context) error { return s.client.Reach(ctx, s.url) }

// Close closes the connections.
func (s *Sink) Close(context.Context) error {
	s.client.Close()
	return nil
}

func init() { register(registry.Default) }

func register(r *registry.Registry) {
	registry.RegisterIn(r, registry.Sink[Config]{
		Type:         "segment",
		Summary:      "Segment, events of every kind.",
		Reach:        core.ReachThirdParty,
		Limits:       limits,
		VendorLimits: VendorLimits(),
		Example:      "write_key: ${SEGMENT_WRITE_KEY}\nregion: eu\n",
		New:          New,
	})
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
)
