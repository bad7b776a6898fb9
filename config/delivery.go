package config

import (
	"reflect"
	"time"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// delivery are the keys under a sink's name that belong to the core, apart from its type.
type delivery struct {
	Enabled       bool              `yaml:"enabled" default:"true" doc:"false keeps the sink in the file without using it."`
	Events        []string          `yaml:"events" example:"run,component*,!component_debug" doc:"Globs of which an event's name must match one; ! excludes. All events if empty."`
	When          string            `yaml:"when" example:"props.runSeconds > 1" doc:"Expression that is true for the events the sink gets. It sees name, kind, id, time, user_id, anonymous_id, session_id, props and context."`
	Sample        *float64          `yaml:"sample" min:">0" max:"1" example:"0.1" doc:"Share of people whose events are kept; a person is wholly in or out. All if absent."`
	Batch         batch             `yaml:"batch" doc:"When a batch is complete. What the sink itself allows is never exceeded."`
	Retry         retry             `yaml:"retry" doc:"How failed attempts are repeated."`
	Concurrency   int               `yaml:"concurrency" default:"1" min:"1" max:"256" doc:"Requests at once. With more than one, order is not kept."`
	Timeout       time.Duration     `yaml:"timeout" default:"10s" min:"1ms" doc:"Bound of one attempt. The default is another for sinks that say so."`
	Purposes      []string          `yaml:"purposes" example:"analytics" doc:"Consent categories the sink needs. If absent, analytics, and none for a sink that stays on this machine."`
	Drop          []string          `yaml:"drop" example:"debug*,!debug_level" doc:"Globs of the properties that the sink does not get; ! keeps."`
	Rename        map[string]string `yaml:"rename" example:"runSeconds: duration_s" doc:"Properties with the names that the sink gets them under."`
	Set           map[string]string `yaml:"set" example:"slow: props.runSeconds > 60" doc:"Properties with expressions for the values that the sink gets; a text is written '\"text\"'. What has no value is left out."`
	Privacy       sinkPrivacy       `yaml:"privacy" doc:"What the sink gets less of an event than others; it brings nothing back that was taken out of all."`
	DeadLetter    deadLetter        `yaml:"dead_letter" doc:"What is kept of events that the sink did not take."`
	AllowInsecure bool              `yaml:"allow_insecure" default:"false" doc:"Allows plain http to other hosts than this one."`

	compiled expressions // When and Set
}

type batch struct {
	MaxEvents *int           `yaml:"max_events" min:"1" example:"500" doc:"Events that complete a batch. 500 if absent, or what the sink allows if that is less."`
	MaxBytes  *registry.Size `yaml:"max_bytes" min:"1" max:"1GiB" example:"1MiB" doc:"Bytes that complete a batch. 1MiB if absent, or what the sink allows if that is less."`
	MaxWait   *time.Duration `yaml:"max_wait" example:"2s" doc:"How long the first event of a batch waits for others. 200ms if absent, but for sinks that say otherwise."`
}

type retry struct {
	Initial     time.Duration `yaml:"initial" default:"500ms" min:"1ms" doc:"Bound of the random wait before the first repetition; it doubles each time."`
	Max         time.Duration `yaml:"max" default:"5m" min:"1ms" doc:"Largest bound of the wait."`
	MaxAge      time.Duration `yaml:"max_age" default:"72h" min:"1ms" doc:"How old an event may become before it is given up."`
	MaxAttempts int           `yaml:"max_attempts" default:"0" min:"0" doc:"Attempts after which events are dead-lettered; 0 for no bound but max_age."`
}

type deadLetter struct {
	MaxAge   time.Duration  `yaml:"max_age" default:"720h" min:"1ms" doc:"How long a dead letter is kept."`
	MaxBytes *registry.Size `yaml:"max_bytes" min:"1" example:"256MiB" doc:"Bound for the dead letters of the sink, the oldest going first. If absent, 16MiB in memory, 256MiB on disk."`
}

// deliveryOptions describe the keys of [delivery].
var deliveryOptions = mustOptions[delivery]()

// typeOption describes the key that chooses a sink's type.
var typeOption = registry.Option{Key: "type", Kind: registry.KindString, Doc: "Type of the sink; its name if absent."}

// sinkPrivacy is what a sink gets less of an event than others.
type sinkPrivacy struct {
	Sanitize   string   `yaml:"sanitize" default:"standard" enum:"standard,strict" doc:"strict: the sink gets the properties of allow_keys only."`
	AllowKeys  []string `yaml:"allow_keys" doc:"What a strict sink gets; the allow_keys of all sinks if absent."`
	DenyKeys   []string `yaml:"deny_keys" doc:"Keys whose values the sink does not get, at any depth and in any spelling."`
	Action     string   `yaml:"action" default:"redact" enum:"redact,hash,drop" doc:"What becomes of them. drop: the sink does not get either what was redacted for all."`
	IDs        string   `yaml:"ids" default:"keep" enum:"keep,hash,drop" doc:"What the sink gets of the ids of users, devices and sessions. hash: pseudonyms of its own."`
	Pseudonyms *string  `yaml:"pseudonyms" enum:"own,shared" example:"own" doc:"own: made with a key of the sink's own, which is so for third parties. shared: those of all other sinks."`
	Unlinkable bool     `yaml:"unlinkable" default:"false" doc:"No ids, random event ids, and times cut to the hour, so that nothing says which events belong together."`
}

// isStandard reports whether the sink gets what all get.
func (p *sinkPrivacy) isStandard() bool { return reflect.DeepEqual(p.policy(), core.Policy{}) }

// policy returns it as the core has it.
func (p *sinkPrivacy) policy() core.Policy {
	policy := core.Policy{AllowKeys: p.AllowKeys, DenyKeys: p.DenyKeys, Unlinkable: p.Unlinkable}
	if p.Pseudonyms != nil {
		policy.Pseudonyms = *p.Pseudonyms
	}
	for _, word := range []struct {
		to             *string
		word, standard string
	}{{&policy.Sanitize, p.Sanitize, "standard"}, {&policy.Action, p.Action, "redact"}, {&policy.IDs, p.IDs, "keep"}} {
		if word.word != word.standard {
			*word.to = word.word
		}
	}
	return policy
}

// fill sets what nobody has given to the defaults of a sink type.
func (k *delivery) fill(defaults registry.Defaults, given func(path string) bool) {
	if n := defaults.Batch.MaxEvents; n > 0 && !given("batch.max_events") {
		k.Batch.MaxEvents = &n
	}
	if n := registry.Size(defaults.Batch.MaxBytes); n > 0 && !given("batch.max_bytes") {
		k.Batch.MaxBytes = &n
	}
	if wait := defaults.Batch.MaxWait; wait > 0 && !given("batch.max_wait") {
		k.Batch.MaxWait = &wait
	}
	if timeout := defaults.Timeout; timeout > 0 && !given("timeout") {
		k.Timeout = timeout
	}
}

// apply fills the part of a sink's configuration that these keys decide.
func (k *delivery) apply(sc *core.SinkConfig) {
	sc.Events, sc.Sample, sc.Purposes = k.Events, k.Sample, k.Purposes
	sc.When = k.compiled.condition()
	sc.Edit = core.Edit{Drop: k.Drop, Rename: k.Rename, Set: k.compiled.values()}
	sc.Concurrency, sc.Timeout = k.Concurrency, k.Timeout
	sc.Retry = core.RetryConfig{
		Initial: k.Retry.Initial, Max: k.Retry.Max, MaxAge: k.Retry.MaxAge, MaxAttempts: k.Retry.MaxAttempts,
	}
	sc.Privacy = k.Privacy.policy()
	sc.DeadLetter.MaxAge = k.DeadLetter.MaxAge
	if k.DeadLetter.MaxBytes != nil {
		sc.DeadLetter.MaxBytes = int64(*k.DeadLetter.MaxBytes)
	}
	if k.Batch.MaxEvents != nil {
		sc.Batch.MaxEvents = *k.Batch.MaxEvents
	}
	if k.Batch.MaxBytes != nil {
		sc.Batch.MaxBytes = int(*k.Batch.MaxBytes)
	}
	if k.Batch.MaxWait != nil {
		sc.Batch.MaxWait = *k.Batch.MaxWait
		if sc.Batch.MaxWait == 0 {
			sc.Batch.MaxWait = -1 // the core's zero stands for its default
		}
	}
}
