// Package otlp sends events to an OpenTelemetry collector, as log records with an event name,
// by OTLP/HTTP in JSON.
//
// It is an example of a sink in a module of its own. It uses of headgate only what every
// module may use: core, core/transport and registry.
package otlp

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
)

func init() {
	registry.Register(registry.Sink[Config]{
		Type:    "otlp",
		Summary: "Log records with an event name, to an OpenTelemetry collector by OTLP/HTTP.",
		Reach:   core.ReachNetwork,
		Example: "endpoint: https://collector.example.com:4318\nheaders: {Authorization: \"Bearer ${OTLP_TOKEN}\"}\n",
		New:     New,
	})
}

// Config holds the options of the sink.
type Config struct {
	Endpoint    string                 `yaml:"endpoint" default:"http://127.0.0.1:4318" doc:"Where the collector is; /v1/logs is appended."`
	Headers     map[string]core.Secret `yaml:"headers" doc:"Further headers; their values are treated as secrets."`
	Compression string                 `yaml:"compression" default:"gzip" enum:"none,gzip" doc:"How the body is compressed."`
}

// Sink is a [core.Sink].
type Sink struct {
	client   *transport.Client
	url      string
	header   func() http.Header // a function, for fmt shows nothing of it
	names    []string           // of the configured headers
	encoding string
	resource resource
}

// New makes the sink. It does no I/O.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	s := &Sink{url: strings.TrimSuffix(c.Endpoint, "/") + "/v1/logs", encoding: c.Compression, resource: describe(env.App)}
	if err := transport.CheckURL(s.url, env.AllowInsecure); err != nil {
		return nil, registry.Field("endpoint", err.Error())
	}
	header := http.Header{"Content-Type": {"application/json"}}
	var secrets []core.Secret
	for name, value := range c.Headers {
		if err := transport.CheckHeader(name, value.Reveal()); err != nil {
			return nil, registry.Field("headers", err.Error())
		}
		header.Set(name, value.Reveal())
		s.names = append(s.names, name)
		secrets = append(secrets, value)
	}
	s.header = func() http.Header { return header }
	var err error
	s.client, err = transport.New(transport.Options{AllowInsecure: env.AllowInsecure, Timeout: env.Timeout, Secrets: secrets})
	return s, err
}

// Limits keeps a request well below the 4 MiB that a collector takes by default, whose records
// are a few times as long as the events.
func (s *Sink) Limits() core.Limits { return core.Limits{MaxEvents: 1000, MaxBytes: 512 << 10} }

// Send makes one attempt.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	if len(batch) == 0 {
		return nil
	}
	body, err := encode(s.resource, batch)
	if err != nil {
		return core.Permanent(err)
	}
	request := transport.Request{URL: s.url, Header: s.header(), Body: body, Compression: s.encoding}
	response, err := s.client.Do(ctx, request)
	if err != nil {
		return err
	}
	if err := s.client.Classify(request, response); err != nil {
		return err
	}
	return rejected(response.Body, len(batch))
}

// rejected reports records that the collector took the request of, and refused. It does
// not say which, so all of a batch of several are dead-lettered: what was taken is there twice if
// they are sent again, what was refused would else be lost.
func rejected(body []byte, sent int) error {
	var answer struct {
		PartialSuccess struct {
			RejectedLogRecords json.Number `json:"rejectedLogRecords"` // an int64, in quotes
		} `json:"partialSuccess"`
	}
	if json.Unmarshal(body, &answer) != nil {
		return nil // a collector that answers 200 has taken the request, whatever it says
	}
	if n, err := answer.PartialSuccess.RejectedLogRecords.Int64(); err == nil && n > 0 {
		return core.Refused(fmt.Errorf("the collector rejected %d of %d records", n, sent))
	}
	return nil
}

// Preview shows what Send would send.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	if len(batch) == 0 {
		return nil, errors.New("there is no event to show")
	}
	body, err := encode(s.resource, batch)
	if err != nil {
		return nil, err
	}
	header := http.Header{"Content-Type": {"application/json"}}
	for _, name := range s.names {
		header.Set(name, "[redacted]")
	}
	return []core.Request{{Method: http.MethodPost, URL: s.url, Header: header, Body: string(body)}}, nil
}

// Check connects to the collector.
func (s *Sink) Check(ctx context.Context) error { return s.client.Reach(ctx, s.url) }

// Close closes the connections.
func (s *Sink) Close(context.Context) error {
	s.client.Close()
	return nil
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
)
