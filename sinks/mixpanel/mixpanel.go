package mixpanel

import (
	"cmp"
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"log/slog"
	nethttp "net/http"
	"net/url"
	"runtime/debug"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
)

// Config holds the options of the sink.
type Config struct {
	Token    core.Secret `yaml:"token" required:"true" example:"${MIXPANEL_TOKEN}" doc:"Token of the project."`
	Region   string      `yaml:"region" default:"us" enum:"us,eu,in" doc:"Where the project keeps its data; events sent to another region are lost without a word."`
	Endpoint string      `yaml:"endpoint" example:"http://127.0.0.1:9000" doc:"Base to which /import is appended, in place of Mixpanel's; plain http is for this machine only."`
	Strict   *bool       `yaml:"strict" default:"true" doc:"Mixpanel names the events it refuses; false drops them without a word."`
	Deletion Deletion    `yaml:"deletion" doc:"What headgate forget --execute needs to ask Mixpanel to delete a user."`
}

// bases are the servers of the regions.
// https://docs.mixpanel.com/reference/import-events, https://docs.mixpanel.com/docs/privacy/eu-residency
var bases = map[string]string{
	"us": "https://api.mixpanel.com", "eu": "https://api-eu.mixpanel.com", "in": "https://api-in.mixpanel.com",
}

// Validate finds what tags cannot say.
func (c Config) Validate() error {
	var problems []error
	if c.Token.IsZero() || strings.ContainsAny(c.Token.Reveal(), ": \t\r\n") {
		problems = append(problems, registry.Field("token", "want the project's token, from its settings in Mixpanel; it has neither spaces nor a colon"))
	}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		if err != nil || u.User != nil || strings.ContainsAny(c.Endpoint, "?#") {
			problems = append(problems, registry.Field("endpoint", "want a base such as https://host/path, without user, query and fragment"))
		} else if err := transport.CheckURL(c.Endpoint, true); err != nil {
			problems = append(problems, registry.Field("endpoint", err.Error()))
		}
	}
	return errors.Join(append(problems, deletion.CheckEndpoint("deletion.endpoint", c.Deletion.Endpoint))...)
}

// Sink is a [core.Sink] that posts to Mixpanel's import of events.
type Sink struct {
	client  *transport.Client
	logger  *slog.Logger
	url     string
	token   core.Secret
	prefix  string
	version string // of headgate, "" if not known
	totals  totals

	appBase  string
	deletion func() Deletion // a function, which fmt shows nothing of
}

// New makes the sink. It does not touch the network.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	base := strings.TrimRight(cmp.Or(c.Endpoint, bases[cmp.Or(c.Region, "us")]), "/")
	if err := transport.CheckURL(base, env.AllowInsecure); err != nil {
		return nil, err
	}
	s := &Sink{
		logger: core.NewEnvironment(core.WithLogger(env.Logger)).Logger, // one that panics repeats no event
		url:    base + "/import?strict=1&ip=0", token: c.Token, prefix: env.EventPrefix, version: version(),
		appBase: appBases[cmp.Or(c.Region, "us")], deletion: func() Deletion { return c.Deletion },
	}
	if c.Strict != nil && !*c.Strict {
		s.url = base + "/import?strict=0&ip=0"
	}
	var err error
	s.client, err = transport.New(transport.Options{
		AllowInsecure: env.AllowInsecure, Timeout: env.Timeout, Secrets: []core.Secret{c.Token, core.NewSecret(basic(c.Token)), c.Deletion.Token},
	})
	return s, err
}

// version returns the version of headgate that the program was built with, "" for one
// that was never released.
func version() string {
	info, ok := debug.ReadBuildInfo()
	if !ok {
		return ""
	}
	for _, module := range append(info.Deps, &info.Main) {
		if module.Path == "github.com/headgate-dev/headgate" && module.Version != "(devel)" {
			return module.Version
		}
	}
	return ""
}

// Format writes what the sink is and nothing of what it holds: fmt shows the fields of a
// struct without asking them, secrets too.
func (s *Sink) Format(f fmt.State, _ rune) { fmt.Fprint(f, "mixpanel ", s.url) }

// header goes with every request; the password is empty.
func header(user string) nethttp.Header {
	return nethttp.Header{
		"Authorization": {"Basic " + user}, "Content-Type": {"application/json"}, "Accept": {"application/json"},
	}
}

// basic returns the token in the form of the header.
func basic(token core.Secret) string {
	return base64.StdEncoding.EncodeToString([]byte(token.Reveal() + ":"))
}

func (s *Sink) request(body []byte) transport.Request {
	return transport.Request{URL: s.url, Header: header(basic(s.token)), Body: body, Compression: "gzip"}
}

var limits = core.Limits{MaxEvents: maxEvents, MaxBytes: maxBody}

// Limits bounds a batch by what goes into one request.
func (s *Sink) Limits() core.Limits { return limits }

// Check posts an empty list of events: Mixpanel refuses a token that it does not know, and there is nothing
// to take or to complain about but that. It has not been tried on Mixpanel itself.
func (s *Sink) Check(ctx context.Context) error {
	req := s.request([]byte("[]"))
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err
	}
	if resp.Status == nethttp.StatusBadRequest {
		return nil
	}
	return s.client.Classify(req, resp)
}

const mask = "[redacted]"

// Preview returns the requests that Send would make.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	requests, failed := s.requests(batch)
	if len(requests) == 0 {
		return nil, failed.OrNil()
	}
	shown := make([]core.Request, 0, len(requests))
	for _, r := range requests {
		h := header(mask)
		h.Set("Content-Encoding", "gzip")
		shown = append(shown, core.Request{Method: "POST", URL: s.url, Header: h, Body: string(r.body)})
	}
	return shown, nil
}

// Close closes the connections.
func (s *Sink) Close(context.Context) error {
	s.client.Close()
	return nil
}

func init() { register(registry.Default) }

func register(r *registry.Registry) {
	registry.RegisterIn(r, registry.Sink[Config]{
		Type:         "mixpanel",
		Summary:      "Mixpanel, through its import of events.",
		Reach:        core.ReachThirdParty,
		Limits:       limits,
		VendorLimits: VendorLimits(),
		CheckName:    changedName,
		Example:      "token: ${MIXPANEL_TOKEN}\nregion: eu\n",
		New:          New,
	})
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
)
