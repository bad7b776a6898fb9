package usage

import (
	"cmp"
	"context"
	"log/slog"
	"runtime"
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
)

// Options say what a [Service] adds to its events. The zero Options work.
type Options struct {
	// App is the program. Its version is added to every event but that of [Version] under its
	// name: langflow_version for the App "langflow". Without a name or a version, it is not.
	App core.App
	// Version is what Start sends. What it leaves empty of Package, Version, Platform and Arch is
	// filled in from App and from what Go knows.
	Version Version
	// ClientType is added to every event; "desktop" if <APP>_DESKTOP is 1 or true in the
	// environment, else "oss".
	ClientType string
	// Platform says how the program was distributed, such as "python_package", and is added to
	// every event but that of [Version]. By default it is "desktop" for that client type,
	// and left out else.
	Platform string
	// Common are further properties of every event but that of [Version].
	Common core.Props
	// UserID returns whose doing an event is, "" if nobody's. It is called by the methods that
	// log, with the context they were given.
	UserID func(context.Context) string

	// LeaveOpen has Close flush the dispatcher rather than close it: others use it, too.
	LeaveOpen bool
	// Logger gets a debug line for every event that is not sent, and a warning for the first
	// one that cannot be. Nothing is logged without it.
	Logger *slog.Logger
	// Lookup reads an environment variable; [os.LookupEnv] if nil.
	Lookup func(key string) (string, bool)
}

const (
	clientDesktop = "desktop"
	clientOSS     = "oss"
)

// clientType reads the environment as the original does.
func (o *Options) clientType(lookup func(string) (string, bool)) string {
	if o.ClientType != "" {
		return o.ClientType
	}
	value, _ := lookup(consent.EnvPrefix(o.App.Name) + "DESKTOP")
	if value = strings.ToLower(value); value == "1" || value == "true" {
		return clientDesktop
	}
	return clientOSS
}

// common returns what is added to every event but that of Version. The names are those of the
// original: the fields of payloads are in camel case, these are not.
func (o *Options) common() core.Props {
	props := core.Props{"os": runtime.GOOS}
	for key, value := range o.Common {
		props[key] = value
	}
	if o.App.Name != "" && o.App.Version != "" {
		props[strings.ToLower(consent.EnvPrefix(o.App.Name))+"version"] = o.App.Version
	}
	if o.Platform != "" {
		props["platform"] = o.Platform
	} else if o.ClientType == clientDesktop {
		props["platform"] = clientDesktop
	}
	return props
}

// version returns the payload of the version event with nothing left to fill in.
func (o *Options) version() Version {
	v := o.Version
	v.Package = strings.ToLower(cmp.Or(v.Package, o.App.Name))
	v.Version = cmp.Or(v.Version, o.App.Version)
	v.Platform = cmp.Or(v.Platform, runtime.GOOS+"-"+runtime.GOARCH)
	v.Arch = cmp.Or(v.Arch, runtime.GOARCH)
	return v
}
