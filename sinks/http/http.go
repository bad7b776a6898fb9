// Package http posts events as JSON to any URL: to a collector, a webhook, another
// headgate.
//
// Each event is sent in the form that POST /v1/events takes:
//
//	{"id":"…","name":"run","time":"…","user_id":"…","properties":{…},"context":{…}}
//
// body says how many go into a request: array (the default) is a batch as a JSON array,
// ndjson a batch with one event on each line, event a single one. The URL may contain
// {event}, which stands for the event's name, percent-encoded so that it can change
// neither host nor path; a batch is then sent in one request for each name.
//
// A 2xx answer means that the events were taken. What other answers mean is told by
// [transport.Classify].
package http

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	nethttp "net/http"
	"slices"
	"sync"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
)

// Config holds the options of the sink.
type Config struct {
	URL         string                 `yaml:"url" required:"true" example:"https://collector.example.com/v1/events" doc:"Where to send; {event} in path or query stands for the event's name. Plain http is for this machine only."`
	Method      string                 `yaml:"method" default:"POST" enum:"POST,PUT,PATCH" doc:"The method of the request."`
	Headers     map[string]core.Secret `yaml:"headers" doc:"Further headers; their values are treated as secrets."`
	BearerToken core.Secret            `yaml:"bearer_token" doc:"Sent as Authorization: Bearer."`
	Body        string                 `yaml:"body" default:"array" enum:"event,array,ndjson" doc:"One event per request, or a batch as a JSON array or as lines."`
	Compression string                 `yaml:"compression" default:"none" enum:"none,gzip,zstd" doc:"How the body is compressed; the server must know it."`
}

// The forms of a body.
const (
	bodyEvent  = "event"
	bodyArray  = "array"
	bodyNDJSON = "ndjson"
)

// ownHeaders are set by the sink or by net/http, and would contradict it.
var ownHeaders = []string{"Content-Encoding", "Content-Length", "Transfer-Encoding", "Connection"}

// Validate finds what tags cannot say.
func (c Config) Validate() error {
	var problems []error
	if _, err := parseTemplate(c.URL); err != nil {
		problems = append(problems, registry.Field("url", err.Error()))
	}
	seen := map[string]bool{}
	for name, value := range c.Headers {
		canonical := nethttp.CanonicalHeaderKey(name)
		if seen[canonical] {
			problems = append(problems, registry.Field("headers", fmt.Sprintf("header %s is given twice", canonical)))
		}
		seen[canonical] = true
		if err := transport.CheckHeader(name, value.Reveal()); err != nil {
			problems = append(problems, registry.Field("headers", err.Error()))
		}
		if slices.Contains(ownHeaders, canonical) {
			problems = append(problems, registry.Field("headers", fmt.Sprintf("header %s is set by the sink itself", canonical)))
		}
		if canonical == "Authorization" && !c.BearerToken.IsZero() {
			problems = append(problems, registry.Field("bearer_token", "Authorization is among the headers already; give one of them"))
		}
	}
	if err := transport.CheckHeader("Authorization", c.BearerToken.Reveal()); err != nil {
		problems = append(problems, registry.Field("bearer_token", "it has a control character"))
	}
	return errors.Join(problems...)
}

const mask = "[redacted]"

// Sink is a [core.Sink] that posts JSON.
type Sink struct {
	client    *transport.Client
	template  func() template // a function, which fmt shows nothing of: credentials are in it
	method    string
	header    func() nethttp.Header // likewise
	shownAuth string                // what a preview shows of Authorization
	body      string
	encoding  string
	buffers   sync.Pool // of *[]byte
}

// New makes the sink. It does not touch the network.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	t, err := parseTemplate(c.URL)
	if err != nil {
		return nil, err
	}
	if err := transport.CheckURL(t.expand("event"), env.AllowInsecure); err != nil {
		return nil, registry.Field("url", err.Error())
	}
	header := nethttp.Header{}
	s := &Sink{
		template: func() template { return t }, header: func() nethttp.Header { return header }, shownAuth: mask,
		method: cmp.Or(c.Method, nethttp.MethodPost), body: cmp.Or(c.Body, bodyArray), encoding: cmp.Or(c.Compression, "none"),
	}
	header.Set("Content-Type", "application/json")
	if s.body == bodyNDJSON {
		header.Set("Content-Type", "application/x-ndjson")
	}
	secrets := append(t.credentials(), c.BearerToken)
	if !c.BearerToken.IsZero() {
		header.Set("Authorization", "Bearer "+c.BearerToken.Reveal())
		s.shownAuth = "Bearer " + mask
	}
	for name, value := range c.Headers {
		header.Set(name, value.Reveal())
		secrets = append(secrets, value)
	}
	s.client, err = transport.New(transport.Options{AllowInsecure: env.AllowInsecure, Timeout: env.Timeout, Secrets: secrets})
	return s, err
}

// maxSingle bounds a batch whose events are sent one by one: an attempt must end in time.
const maxSingle = 50

// Limits bounds a batch that takes a request for each event.
func (s *Sink) Limits() core.Limits {
	if s.body == bodyEvent {
		return core.Limits{MaxEvents: maxSingle}
	}
	return core.Limits{}
}

// Close closes the connections.
func (s *Sink) Close(context.Context) error {
	s.client.Close()
	return nil
}

func init() { register(registry.Default) }

func register(r *registry.Registry) {
	registry.RegisterIn(r, registry.Sink[Config]{
		Type:    "http",
		Summary: "JSON to any URL, one event or a batch in a request.",
		Reach:   core.ReachNetwork,
		Example: "url: https://collector.example.com/v1/events\nbearer_token: ${COLLECTOR_TOKEN}\nbody: ndjson\ncompression: gzip\n",
		New:     New,
	})
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
)
