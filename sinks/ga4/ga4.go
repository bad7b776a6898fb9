package ga4

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	nethttp "net/http"
	"net/url"
	"regexp"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/internal/deletion"
)

// Config holds the options of the sink.
type Config struct {
	MeasurementID string      `yaml:"measurement_id" example:"G-XXXXXXXXXX" doc:"The web stream to send to; give this or firebase_app_id."`
	FirebaseAppID string      `yaml:"firebase_app_id" example:"1:1234567890:android:0a1b2c3d" doc:"The app stream to send to; give this or measurement_id."`
	APISecret     core.Secret `yaml:"api_secret" required:"true" example:"${GA4_API_SECRET}" doc:"Measurement Protocol secret of that very stream; events sent with the secret of another are lost without a word."`
	Region        string      `yaml:"region" default:"global" enum:"global,eu" doc:"Where requests go; eu keeps them in the European Union."`
	Endpoint      string      `yaml:"endpoint" example:"http://127.0.0.1:9000" doc:"Base to which /mp/collect is appended, in place of Google's; plain http is for this machine only."`
	Delivery      string      `yaml:"delivery" default:"at_most_once" enum:"at_most_once,at_least_once" doc:"GA4 counts what it gets twice twice. at_most_once gives events up that may have arrived."`
	Consent       Consent     `yaml:"consent" doc:"What is sent for events that say nothing of it. The stronger refusal wins."`
	PreferParams  []string    `yaml:"prefer_params" example:"run_seconds,run_success" doc:"Properties to keep first when an event has more than GA4's 25 parameters."`
	ClientIDKey   core.Secret `yaml:"client_id_key" doc:"Key of the hashes that client ids are made with; changing it makes every user a new one."`
	Deletion      Deletion    `yaml:"deletion" doc:"What headgate forget --execute needs to ask Google to delete a user."`
}

// Consent is what is sent for events that say nothing of it.
type Consent struct {
	AdUserData        *string `yaml:"ad_user_data" enum:"DENIED,GRANTED,denied,granted" example:"DENIED" doc:"Whether user data may be used for advertising; DENIED if absent."`
	AdPersonalization *string `yaml:"ad_personalization" enum:"DENIED,GRANTED,denied,granted" example:"DENIED" doc:"Whether advertising may be personalised; DENIED if absent."`
}

const atLeastOnce = "at_least_once"

// The regions of Google's servers, and the paths below them.
// https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference?client_type=gtag#transport
const (
	baseGlobal  = "https://www.google-analytics.com"
	baseEU      = "https://region1.google-analytics.com"
	pathCollect = "/mp/collect"
	pathDebug   = "/debug/mp/collect"
)

var (
	measurementIDForm = regexp.MustCompile(`^G-[A-Z0-9]+$`)
	firebaseAppIDForm = regexp.MustCompile(`^[0-9]+:[0-9]+:[a-z]+:[0-9A-Za-z]+$`)
)

// Validate finds what tags cannot say.
func (c Config) Validate() error {
	var problems []error
	refuse := func(key, message string) { problems = append(problems, registry.Field(key, message)) }
	switch {
	case c.MeasurementID == "" && c.FirebaseAppID == "":
		refuse("measurement_id", "is missing; give it for a web stream, or firebase_app_id for an app stream")
	case c.MeasurementID != "" && c.FirebaseAppID != "":
		refuse("firebase_app_id", "a request goes to one stream: give either measurement_id or firebase_app_id")
	case c.MeasurementID != "" && !measurementIDForm.MatchString(c.MeasurementID):
		refuse("measurement_id", `want one like G-XXXXXXXXXX, from the stream's details in GA4 (not the stream id, not UA-…)`)
	case c.FirebaseAppID != "" && !firebaseAppIDForm.MatchString(c.FirebaseAppID):
		refuse("firebase_app_id", "want one like 1:1234567890:android:0a1b2c3d, from the project's settings in Firebase")
	}
	if c.APISecret.IsZero() {
		refuse("api_secret", "is empty; GA4 would drop every event without a word")
	}
	if c.Endpoint != "" {
		u, err := url.Parse(c.Endpoint)
		if err != nil || u.User != nil || u.RawQuery != "" || u.Fragment != "" || strings.ContainsAny(c.Endpoint, "?#") {
			refuse("endpoint", "want a base such as https://host/path, without user, query and fragment")
		} else if err := transport.CheckURL(c.Endpoint, true); err != nil {
			refuse("endpoint", err.Error())
		}
	}
	return errors.Join(append(problems, deletion.CheckEndpoint("deletion.endpoint", c.Deletion.Endpoint))...)
}

// Sink is a [core.Sink] that posts to GA4's Measurement Protocol.
type Sink struct {
	client      *transport.Client
	logger      *slog.Logger
	base        string // of the URL, up to the path
	query       string // without the secret
	secret      core.Secret
	appStream   bool
	atLeastOnce bool
	consent     Consent
	prefix, app string
	idKey       core.Secret
	deletion    func() Deletion // a function, which fmt shows nothing of
	events      nameRules
	params      nameRules
	preferred   map[string]bool
	pause       pause
	pace        pace
	totals      totals
}

// New makes the sink. It does not touch the network.
func New(_ context.Context, env registry.Env, c Config) (core.Sink, error) {
	if err := c.Validate(); err != nil {
		return nil, err
	}
	s := &Sink{
		logger: core.NewEnvironment(core.WithLogger(env.Logger)).Logger, // one that panics repeats no event
		base:   baseGlobal, secret: c.APISecret,
		appStream: c.FirebaseAppID != "", atLeastOnce: c.Delivery == atLeastOnce, consent: c.Consent,
		prefix: env.EventPrefix, app: env.App.Name, idKey: c.ClientIDKey,
		events: eventRules(c.FirebaseAppID != ""), params: paramRules(), preferred: setOf(c.PreferParams),
		deletion: func() Deletion { return c.Deletion },
		pause:    pause{first: firstPause, longest: longestPause}, pace: pace{timeout: env.Timeout},
	}
	if c.Region == "eu" {
		s.base = baseEU
	}
	s.base = strings.TrimRight(cmp.Or(c.Endpoint, s.base), "/")
	if err := transport.CheckURL(s.base, env.AllowInsecure); err != nil {
		return nil, err
	}
	s.query = "measurement_id=" + c.MeasurementID
	if s.appStream { // its colons are allowed in a query, and sent as they are by other clients
		s.query = "firebase_app_id=" + c.FirebaseAppID
	}
	var err error
	s.client, err = transport.New(transport.Options{
		AllowInsecure: env.AllowInsecure, Timeout: env.Timeout, Secrets: []core.Secret{c.APISecret, c.ClientIDKey, c.Deletion.Token},
	})
	return s, err
}

// Format writes what the sink is and nothing of what it holds: fmt shows the fields of a
// struct without asking them, secrets too.
func (s *Sink) Format(f fmt.State, _ rune) { fmt.Fprint(f, "ga4 ", s.query) }

// header goes with every request.
func header() nethttp.Header { return nethttp.Header{"Content-Type": {"application/json"}} }

// request returns what is posted to a path. The secret is in the URL, as GA4 wants it.
func (s *Sink) request(path string, body []byte) transport.Request {
	return transport.Request{
		URL:    s.base + path + "?" + s.query + "&api_secret=" + url.QueryEscape(s.secret.Reveal()),
		Header: header(), Body: body,
	}
}

// Limits bounds a batch by what goes into one request. Its bytes are not those of the
// request, which the sink bounds itself.
func (s *Sink) Limits() core.Limits { return core.Limits{MaxEvents: maxEvents} }

// Close closes the connections.
func (s *Sink) Close(context.Context) error {
	s.client.Close()
	return nil
}

func init() { register(registry.Default) }

func register(r *registry.Registry) {
	registry.RegisterIn(r, registry.Sink[Config]{
		Type:         "ga4",
		Summary:      "Google Analytics 4, through the Measurement Protocol.",
		Reach:        core.ReachThirdParty,
		Limits:       core.Limits{MaxEvents: maxEvents, MaxBytes: maxBody},
		VendorLimits: VendorLimits(),
		CheckName:    changedName,
		Example:      "measurement_id: G-XXXXXXXXXX\napi_secret: ${GA4_API_SECRET}\nregion: eu\n",
		New:          New,
	})
}

var (
	_ core.Sink      = (*Sink)(nil)
	_ core.Limiter   = (*Sink)(nil)
	_ core.Checker   = (*Sink)(nil)
	_ core.Previewer = (*Sink)(nil)
)
