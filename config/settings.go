package config

import (
	"reflect"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// Settings are the keys of sinks.yaml apart from the sinks.
type Settings struct {
	Version int `yaml:"version" default:"1" min:"1" max:"1" doc:"Version of the file's format."`
	App     App `yaml:"app" doc:"The program whose events these are."`

	EventPrefix     string        `yaml:"event_prefix" example:"langflow_" doc:"Put before every event name in vendor sinks."`
	DoNotTrack      bool          `yaml:"do_not_track" default:"false" doc:"Turns everything off, as DO_NOT_TRACK=1 in the environment does."`
	Mode            string        `yaml:"mode" default:"on" enum:"on,local,off" doc:"local: nothing leaves the machine. off: as do_not_track."`
	ConsentRequired bool          `yaml:"consent_required" default:"false" doc:"Takes only events of people who have consented to analytics."`
	DisableInCI     bool          `yaml:"disable_in_ci" default:"false" doc:"Turns everything off on a continuous-integration machine."`
	ShutdownTimeout time.Duration `yaml:"shutdown_timeout" default:"10s" min:"0" doc:"How long to go on delivering when the daemon stops, or a program closes what it has opened without a deadline of its own."`

	Privacy Privacy `yaml:"privacy" doc:"How values are cleaned before anything is stored, logged or sent."`
	Queue   Queue   `yaml:"queue" doc:"The queue between the program and its sinks."`
	Server  Server  `yaml:"server" doc:"The HTTP front door of headgate run."`
	Admin   Admin   `yaml:"admin" doc:"The listener for operators: health, metrics, status."`
}

// App describes the program whose events these are.
type App struct {
	Name    string `yaml:"name" example:"langflow" doc:"Sent as context.app.name; in upper case it prefixes environment variables, such as LANGFLOW_DO_NOT_TRACK."`
	Version string `yaml:"version" example:"1.8.0" doc:"Sent as context.app.version."`
}

// Privacy says how values are cleaned.
type Privacy struct {
	Sanitize      string      `yaml:"sanitize" default:"standard" enum:"standard,strict,off" doc:"strict: only allowed keys pass. off: refused unless the environment has HEADGATE_ALLOW_UNSANITIZED=1."`
	Action        string      `yaml:"action" default:"redact" enum:"redact,hash,drop" doc:"What happens to what is found. hash: HMAC with hash_key or the first key of hash_key_file."`
	HashKey       core.Secret `yaml:"hash_key" example:"${HEADGATE_HASH_KEY:-}" doc:"Key of pseudonyms, at least 32 bytes."`
	HashKeyFile   string      `yaml:"hash_key_file" example:"/etc/headgate/hash.keys" doc:"File of keys of pseudonyms, made and rotated by headgate hashkey; in place of hash_key."`
	AllowKeys     []string    `yaml:"allow_keys" doc:"Exact keys whose values are never touched."`
	DenyKeys      []string    `yaml:"deny_keys" doc:"Further keys whose values are always treated as sensitive."`
	ErrorMessages string      `yaml:"error_messages" default:"scrub" enum:"scrub,drop,keep" doc:"What happens to the messages of errors."`
	RespectGPC    bool        `yaml:"respect_gpc" default:"true" doc:"Keeps events of people who send Sec-GPC: 1 from third parties."`
}

// Queue bounds what is not yet delivered.
type Queue struct {
	Type     string        `yaml:"type" default:"memory" enum:"memory,disk,jetstream" doc:"Where events wait: in memory; on disk, where they and the dead letters outlive the process; or in a NATS JetStream stream, which several processes share."`
	Dir      string        `yaml:"dir" default:"./headgate-data" doc:"Directory of a disk queue. With a jetstream queue, that of the dead letters, which are in memory if it is absent."`
	MaxBytes registry.Size `yaml:"max_bytes" default:"64MiB" min:"1" doc:"Bound for the whole queue; on disk and in a stream 1GiB unless given."`
	OnFull   core.OnFull   `yaml:"on_full" default:"drop_oldest" enum:"drop_oldest,drop_newest,block" doc:"What happens when the queue is full."`
	Sync     string        `yaml:"sync" default:"batch" enum:"batch,interval" doc:"When a disk queue is synced. batch: before an event is acknowledged."`

	registry.QueueOptions `yaml:",inline"`
}

// Server is the HTTP front door of "headgate run".
type Server struct {
	Listen    string        `yaml:"listen" default:"127.0.0.1:8430" doc:"Address to listen on."`
	WriteKeys []core.Secret `yaml:"write_keys" doc:"Keys of which senders must show one. Without any, only loopback addresses are listened on."`
	CORS      CORS          `yaml:"cors" doc:"Which web pages may send events."`
	MaxBody   registry.Size `yaml:"max_body" default:"5MiB" min:"1" doc:"Largest request body, unpacked."`
	RateLimit float64       `yaml:"rate_limit" default:"0" min:"0" doc:"Events per second and write key; 0 for no limit."`
	TLS       TLS           `yaml:"tls" doc:"Certificate, to serve https."`
}

// CORS says which web pages may send events.
type CORS struct {
	AllowedOrigins []string `yaml:"allowed_origins" example:"https://app.example.com" doc:"Exact origins, such as https://app.example.com."`
}

// TLS names a certificate and its key, both in PEM form. Neither: plain http.
type TLS struct {
	CertFile string `yaml:"cert_file" doc:"File with the certificate chain, PEM."`
	KeyFile  string `yaml:"key_file" doc:"File with the private key, PEM."`
}

// Admin is the listener for operators.
type Admin struct {
	Listen string `yaml:"listen" default:"127.0.0.1:8431" doc:"Address to listen on."`
	// Prometheus is also turned off by PROMETHEUS_ENABLED or <APP>_PROMETHEUS_ENABLED.
	Prometheus bool `yaml:"prometheus" default:"true" doc:"Serves /metrics. PROMETHEUS_ENABLED=false and <APP>_PROMETHEUS_ENABLED=false in the environment win."`
	// AllowedHosts are known besides addresses, the machine's own name, and names outside of the public DNS.
	AllowedHosts []string `yaml:"allowed_hosts" example:"headgate.example.com" doc:"Host names under which a listener for other machines shows events and its page."`
}

// settingsOptions describe the keys of [Settings].
var settingsOptions = mustOptions[Settings]()

// mustOptions describes a struct of this package; its tags are checked by every test.
func mustOptions[T any]() []registry.Option {
	options, err := registry.Options(reflect.TypeFor[T]())
	if err != nil {
		panic("config: " + err.Error())
	}
	return options
}
