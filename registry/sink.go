package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"reflect"
	"regexp"
	"slices"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Sink is a sink type: what it is called, what it can be told, how it is made. C is
// the struct of its options; see the package documentation for its tags.
type Sink[C any] struct {
	// Type is the name used in sinks.yaml: lower case letters, digits and underscores.
	Type string
	// Summary says in one sentence where events go.
	Summary string
	// Reach says how far the sink carries events. The zero value is the farthest.
	Reach core.Reach
	// ReachOf, if not nil, says how far the sink carries events under the given options.
	// Reach is then the farthest of its answers.
	ReachOf func(cfg C) core.Reach
	// Limits are what the destination bounds, whatever the options say. A batch
	// configured beyond them is refused when the file is read.
	Limits core.Limits
	// LimitsOf, if not nil, says what the destination bounds under the given options.
	// It takes the place of Limits.
	LimitsOf func(cfg C) core.Limits
	// DefaultsOf, if not nil, says which defaults of the core's keys are others for this sink
	// under the given options. It is also called with options that nobody has checked.
	DefaultsOf func(cfg C) Defaults
	// Warn, if not nil, finds what is allowed and yet not a good idea, when the file is read.
	// Errors made with [Field] are shown at the line of their key.
	Warn func(cfg C) []error
	// VendorLimits are what the vendor bounds, with their sources, for reference texts.
	VendorLimits []Limit
	// CheckName, if not nil, says what becomes of an event's name that the destination
	// does not take as it is, such as "is sent as \"x_error\"", and "" for any other.
	// The file's event_prefix goes before the name. It is asked about the names that a
	// file spells out, and its answers are warnings.
	CheckName func(cfg C, prefix, name string) string
	// Example is the YAML of typical options, as it stands under the sink's name. It
	// is shown in reference texts and loaded by a test.
	Example string
	// New makes the sink. It is called only when tracking is on, must do no I/O at
	// all, and must not keep ctx. An error must not carry credentials.
	New func(ctx context.Context, env Env, cfg C) (core.Sink, error)
}

// Defaults stand for keys of the core that the file gives neither for a sink nor for all. A
// zero field leaves the core's own default.
type Defaults struct {
	Batch core.BatchConfig
	// Timeout bounds one attempt.
	Timeout time.Duration
}

// Env is what a sink's constructor gets besides its options.
type Env struct {
	// Name is the sink's name in sinks.yaml.
	Name string
	// App is the program whose events these are.
	App core.App
	// EventPrefix is put before event names by sinks that send to a vendor.
	EventPrefix string
	// Logger is never nil.
	Logger *slog.Logger
	// AllowInsecure allows plain http to hosts other than this one.
	AllowInsecure bool
	// Timeout bounds one attempt.
	Timeout time.Duration
}

// Descriptor is a registered sink type with its option struct hidden.
type Descriptor struct {
	Type    string
	Summary string
	Reach   core.Reach
	// Limits are what the destination bounds whatever the options say.
	Limits core.Limits
	// VendorLimits are what the vendor bounds, with their sources.
	VendorLimits []Limit
	// Options are the keys of the option struct, in its order.
	Options []Option
	Example string

	newOptions func() any
	validate   func(options any) error
	limits     func(options any) core.Limits
	reach      func(options any) core.Reach
	defaults   func(options any) Defaults
	warn       func(options any) []error
	checkName  func(options any, prefix, name string) string
	open       func(ctx context.Context, env Env, options any) (core.Sink, error)
}

// NewOptions returns a pointer to a new option struct with its defaults set.
func (d Descriptor) NewOptions() any { return d.newOptions() }

// Validate calls the Validate method of options, as returned by NewOptions, if it has one.
func (d Descriptor) Validate(options any) error { return d.validate(options) }

// LimitsOf returns what the destination bounds under options, as returned by NewOptions.
func (d Descriptor) LimitsOf(options any) core.Limits { return d.limits(options) }

// ReachOf returns how far the sink carries events under options, as returned by NewOptions.
func (d Descriptor) ReachOf(options any) core.Reach { return d.reach(options) }

// DefaultsOf returns the defaults of the core's keys that are others under options, as
// returned by NewOptions.
func (d Descriptor) DefaultsOf(options any) Defaults { return d.defaults(options) }

// Warnings returns what is allowed and yet not a good idea in options, as returned by NewOptions.
func (d Descriptor) Warnings(options any) []error { return d.warn(options) }

// CheckName says what becomes of an event's name that the destination does not take as
// it is under options, as returned by NewOptions; "" if nothing does.
func (d Descriptor) CheckName(options any, prefix, name string) string {
	return d.checkName(options, prefix, name)
}

// New makes a sink with options, as returned by NewOptions. A nil env.Logger stands
// for one that discards.
func (d Descriptor) New(ctx context.Context, env Env, options any) (core.Sink, error) {
	if env.Logger == nil {
		env.Logger = slog.New(slog.DiscardHandler)
	}
	return d.open(ctx, env, options)
}

// ReservedKeys are the keys under a sink's name that belong to the core. No option
// may be called so.
func ReservedKeys() []string { return slices.Clone(reservedKeys) }

var reservedKeys = []string{
	"type", "enabled", "events", "when", "sample", "batch", "retry", "concurrency", "timeout",
	"purposes", "privacy", "rename", "drop", "set", "dead_letter", "allow_insecure",
}

var typeName = regexp.MustCompile(`^[a-z][a-z0-9_]{0,63}$`)

// describe checks s and hides its type parameter.
func describe[C any](s Sink[C]) (Descriptor, error) {
	switch {
	case !typeName.MatchString(s.Type):
		return Descriptor{}, errors.New("the name must be lower case letters, digits and underscores")
	case s.Summary == "":
		return Descriptor{}, errors.New("it has no Summary")
	case s.New == nil:
		return Descriptor{}, errors.New("it has no New")
	}
	options, err := Options(reflect.TypeFor[C]())
	if err != nil {
		return Descriptor{}, err
	}
	for _, o := range options {
		if slices.Contains(reservedKeys, o.Key) {
			return Descriptor{}, fmt.Errorf("field %s: key %q belongs to the core", o.field, o.Key)
		}
	}
	return Descriptor{
		Type: s.Type, Summary: s.Summary, Reach: s.Reach, Limits: s.Limits, Example: s.Example,
		VendorLimits: slices.Clone(s.VendorLimits),
		Options:      options,
		newOptions: func() any {
			cfg := new(C)
			SetDefaults(options, reflect.ValueOf(cfg).Elem())
			return cfg
		},
		validate: func(cfg any) error {
			if v, ok := cfg.(interface{ Validate() error }); ok {
				return v.Validate()
			}
			return nil
		},
		limits: func(cfg any) core.Limits {
			if s.LimitsOf == nil {
				return s.Limits
			}
			return s.LimitsOf(*cfg.(*C))
		},
		reach: func(cfg any) core.Reach {
			if s.ReachOf == nil {
				return s.Reach
			}
			return s.ReachOf(*cfg.(*C))
		},
		defaults: func(cfg any) Defaults {
			if s.DefaultsOf == nil {
				return Defaults{}
			}
			return s.DefaultsOf(*cfg.(*C))
		},
		warn: func(cfg any) []error {
			if s.Warn == nil {
				return nil
			}
			return s.Warn(*cfg.(*C))
		},
		checkName: func(cfg any, prefix, name string) string {
			if s.CheckName == nil {
				return ""
			}
			return s.CheckName(*cfg.(*C), prefix, name)
		},
		open: func(ctx context.Context, env Env, cfg any) (core.Sink, error) {
			return s.New(ctx, env, *cfg.(*C))
		},
	}, nil
}
