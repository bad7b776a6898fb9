package amplitude

import (
	"cmp"
	"context"
	"errors"
	"net/url"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
)

// Config holds the options of the sink.
type Config struct {
	APIKey      core.Secret `yaml:"api_key" required:"true" example:"${AMPLITUDE_API_KEY}" doc:"API key of the project."`
	Region      string      `yaml:"region" default:"us" enum:"us,eu" doc:"Where the project's data resides."`
	API         string      `yaml:"api" default:"batch" enum:"batch,httpapi" doc:"batch: 1000 events/s for a user or device, 20 MB a request. httpapi: shown sooner, but 30 events/s and 1 MB."`
	MinIDLength int         `yaml:"min_id_length" default:"0" min:"0" max:"1024" doc:"Ids with fewer characters count as absent. 0: all ids count."`
	Compression string      `yaml:"compression" default:"none" enum:"none,gzip" doc:"How the body is compressed. Amplitude's browser SDK uses gzip; the documentation does not mention it."`
	Endpoint    string      `yaml:"endpoint" example:"https://proxy.example.com/amplitude" doc:"Base URL instead of Amplitude's own; /batch or /2/httpapi is appended."`
	Deletion    Deletion    `yaml:"deletion" doc:"What headgate forget --execute needs to ask Amplitude to delete a user."`
}

const (
	apiBatch = "batch"
	apiHTTP  = "httpapi"
)

var bases = map[string]string{"us": "https://api2.amplitude.com", "eu": "https://api.eu.amplitude.com"}

// Validate finds what tags cannot say.
func (c Config) Validate() error {
	var problems []error
	if _, known := bases[cmp.Or(c.Region, "us")]; !known {
		problems = append(problems, registry.Field("region", "want us or eu"))
	}
	if api := cmp.Or(c.API, apiBatch); api != apiBatch && api != apiHTTP {
		problems = append(problems, registry.Field("api", "want batch or httpapi"))
	}
	if strings.ContainsFunc(c.APIKey.Reveal(), func(r rune) bool { return r <= ' ' || r == 0x7f }) {
		problems = append(problems, registry.Field("api_key", "it has a space or a control character"))
	}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		switch {
		case err != nil:
			problems = append(problems, registry.Field("endpoint", "it cannot be parsed; want a URL like https://host/path"))
		case u.RawQuery != "" || u.Fragment != "" || u.User != nil || strings.ContainsAny(c.Endpoint, "?#"):
			problems = append(problems, registry.Field("endpoint", "it is a base to which a path is appended, without user, query or fragment"))
		}
	}
	return errors.Join(append(problems, deletion.CheckEndpoint("deletion.endpoint", c.Deletion.Endpoint))...)
}

// url returns where events are posted to.
func (c Config) url() string {
	base := strings.TrimRight(cmp.Or(c.Endpoint, bases[cmp.Or(c.Region, "us")]), "/")
	if c.API == apiHTTP {
		return base + "/2/httpapi"
	}
	return base + "/batch"
}

// Sink is a [core.Sink] that sends to Amplitude.
type Sink struct {
	client   *transport.Client
	url      string
	key      core.Secret
	prefix   string
	api      string
	minID    int
	encoding string
	totals   totals

	deletionBase string
	deletion     func() Deletion // a function, which fmt shows nothing of
}

// New makes the sink. It does not touch the network.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	if c.APIKey.IsZero() {
		return nil, registry.Field("api_key", "it is missing")
	}
	if err := c.Validate(); err != nil {
		return nil, err
	}
	if err := transport.CheckURL(c.url(), env.AllowInsecure); err != nil {
		return nil, registry.Field("endpoint", err.Error())
	}
	client, err := transport.New(transport.Options{
		AllowInsecure: env.AllowInsecure, Timeout: env.Timeout, Secrets: []core.Secret{c.APIKey, c.Deletion.SecretKey, basic(c.APIKey, c.Deletion.SecretKey)},
	})
	if err != nil {
		return nil, err
	}
	return &Sink{
		client: client, url: c.url(), key: c.APIKey, prefix: env.EventPrefix,
		api: cmp.Or(c.API, apiBatch), minID: c.MinIDLength, encoding: cmp.Or(c.Compression, "none"),
		deletionBase: deletionBases[cmp.Or(c.Region, "us")], deletion: func() Deletion { return c.Deletion },
	}, nil
}

// Limits bounds a batch as the API does.
func (s *Sink) Limits() core.Limits { return limitsOf(s.api) }

func limitsOf(api string) core.Limits {
	if api == apiHTTP {
		return core.Limits{MaxEvents: maxHTTPEvents, MaxBytes: targetHTTPBytes}
	}
	return core.Limits{MaxEvents: maxBatchEvents, MaxBytes: targetBatchBytes}
}

// maxBody is the largest body the API takes.
func (s *Sink) maxBody() int {
	if s.api == apiHTTP {
		return maxHTTPBytes
	}
	return maxBatchBytes
}

// Check connects to Amplitude, up to the TLS handshake, and hangs up. Amplitude has no
// request that tries a key without reporting an event, so the key is not tried.
func (s *Sink) Check(ctx context.Context) error { return s.client.Reach(ctx, s.url) }

// Close closes the connections.
func (s *Sink) Close(context.Context) error {
	s.client.Close()
	return nil
}

func init() { register(registry.Default) }

func register(r *registry.Registry) {
	registry.RegisterIn(r, registry.Sink[Config]{
		Type:         "amplitude",
		Summary:      "Amplitude, through its Batch or HTTP V2 API.",
		Reach:        core.ReachThirdParty,
		LimitsOf:     func(c Config) core.Limits { return limitsOf(c.API) },
		Limits:       limitsOf(apiBatch),
		VendorLimits: VendorLimits(),
		CheckName:    changedName,
		Example:      "api_key: ${AMPLITUDE_API_KEY}\nregion: eu\n",
		New:          New,
	})
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
)
