// Package plank sends events to Plank, an analytics service that does not exist, as an
// example of a sink.
package plank

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
)

func init() {
	registry.Register(registry.Sink[Config]{
		Type:    "plank",
		Summary: "Plank, through its ingest API.",
		Reach:   core.ReachThirdParty,
		Limits:  limits,
		Example: "key: ${PLANK_KEY}\n",
		New:     New,
	})
}

// Config holds the options of the sink.
type Config struct {
	Key      core.Secret `yaml:"key" required:"true" example:"${PLANK_KEY}" doc:"The project's write key."`
	Endpoint string      `yaml:"endpoint" default:"https://ingest.plank.example" doc:"Base to which /v2/events is appended."`
}

// limits are Plank's: https://plank.example/docs/limits
var limits = core.Limits{MaxEvents: 100, MaxBytes: 1 << 20}

// Sink is a [core.Sink] that sends to Plank.
type Sink struct {
	client *transport.Client
	url    string
	key    core.Secret
}

// New makes the sink. It does not touch the network.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	url := c.Endpoint + "/v2/events"
	if err := transport.CheckURL(url, env.AllowInsecure); err != nil {
		return nil, registry.Field("endpoint", err.Error())
	}
	client, err := transport.New(transport.Options{
		AllowInsecure: env.AllowInsecure, Timeout: env.Timeout, Secrets: []core.Secret{c.Key},
	})
	if err != nil {
		return nil, err
	}
	return &Sink{client: client, url: url, key: c.Key}, nil
}

// Limits bounds a batch as Plank does.
func (s *Sink) Limits() core.Limits { return limits }

// Send makes one request.
func (s *Sink) Send(ctx context.Context, batch []core.Sealed) error {
	if len(batch) == 0 {
		return nil
	}
	req, err := s.request(s.key.Reveal(), batch)
	if err != nil {
		return err
	}
	resp, err := s.client.Do(ctx, req)
	if err != nil {
		return err // what became of the events is not known: they are tried again
	}
	if err := s.client.Classify(req, resp); err != nil {
		return err
	}
	return rejected(resp.Body)
}

// event is an event in Plank's form.
type event struct {
	UID   string          `json:"uid"`
	Name  string          `json:"name"`
	User  string          `json:"user,omitempty"`
	At    int64           `json:"at"`
	Props json.RawMessage `json:"props"`
}

func (s *Sink) request(key string, batch []core.Sealed) (transport.Request, error) {
	events := make([]event, len(batch))
	for i, e := range batch {
		events[i] = event{UID: e.ID(), Name: e.Name(), User: e.UserID(), At: e.Time().UnixMilli(), Props: e.Props().Raw()}
	}
	body, err := json.Marshal(map[string]any{"events": events})
	if err != nil {
		return transport.Request{}, core.Permanent(errors.New("the events cannot be encoded"))
	}
	header := http.Header{"Authorization": {"Bearer " + key}, "Content-Type": {"application/json"}}
	return transport.Request{URL: s.url, Header: header, Body: body, Compression: "gzip"}, nil
}

// rejected reads which events Plank has not taken:
//
//	{"rejected": [{"index": 1, "code": "bad_time"}]}
func rejected(body []byte) error {
	var answer struct {
		Rejected *[]struct {
			Index int    `json:"index"`
			Code  string `json:"code"`
		} `json:"rejected"`
	}
	if json.Unmarshal(body, &answer) != nil || answer.Rejected == nil {
		return errors.New("the answer is not that of Plank") // of a proxy, perhaps, that is in the way
	}
	failed := new(core.BatchError)
	for _, r := range *answer.Rejected {
		failed.Fail(r.Index, core.Permanent(fmt.Errorf("refused by Plank as %.32q", r.Code)))
	}
	return failed.OrNil()
}

// Check connects to Plank, and sends nothing.
func (s *Sink) Check(ctx context.Context) error { return s.client.Reach(ctx, s.url) }

// Preview returns the request that Send would make.
func (s *Sink) Preview(batch []core.Sealed) ([]core.Request, error) {
	req, err := s.request("[redacted]", batch)
	if err != nil {
		return nil, err
	}
	return []core.Request{{Method: http.MethodPost, URL: req.URL, Header: req.Header, Body: string(req.Body)}}, nil
}

// Close closes the connections.
func (s *Sink) Close(context.Context) error {
	s.client.Close()
	return nil
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
)
