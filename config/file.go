package config

import (
	"errors"
	"io/fs"
	"log/slog"
	"os"
	"reflect"
	"slices"
	"strings"
	"sync/atomic"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
)

// DefaultPath is the name of the file that is looked for when none is named.
const DefaultPath = "sinks.yaml"

// Options say how a file is read. The zero Options read it for this process.
type Options struct {
	// Path names the file in problems; [DefaultPath] if empty.
	Path string
	// Registry holds the sink types; [registry.Default] if nil.
	Registry *registry.Registry
	// LookupEnv answers ${VAR}; os.LookupEnv if nil.
	LookupEnv func(name string) (string, bool)
	// Tolerant accepts references to variables and files that are not there, so that
	// a file can be checked where its secrets are not. The values that depend on them
	// are not checked, and the File cannot be used to send anything.
	Tolerant bool
	// Logger is handed to the sinks; nothing is logged if nil.
	Logger *slog.Logger
}

// File is a configuration that has been read without a problem. It prints as its
// effective settings with secrets masked, see [File.MarshalJSON].
type File struct {
	// Path is where it came from, empty if there is no file.
	Path string
	Settings
	// Warnings are what should be put right all the same, in the order of the file.
	Warnings Problems

	sinks      []sink
	registry   *registry.Registry
	remote     *atomic.Pointer[queue.Log] // the queue, when it is open and elsewhere
	logger     *slog.Logger
	unresolved bool // some value is not known
	secrets    bool // some secret is written in the file

	lettersKept bool           // dead letters are on disk
	hashKeys    []core.HashKey // of privacy.hash_key_file
}

// Load reads a configuration. It returns a File or problems, never both.
func Load(data []byte, opts Options) (*File, Problems) {
	opts = opts.withDefaults()
	root, problems := parse(data)
	d := &decoder{
		expander: expander{lookup: opts.LookupEnv, tolerant: opts.Tolerant},
		source:   strings.Split(strings.TrimPrefix(string(data), "\ufeff"), "\n"),
		problems: problems,
	}
	f := &File{Path: opts.Path, registry: opts.Registry, remote: new(atomic.Pointer[queue.Log]), logger: opts.Logger}
	if root.shape != "" {
		d.file(f, root, opts.Registry)
	}
	f.Warnings = d.source.place(opts.Path, d.warnings)
	f.unresolved, f.secrets, f.lettersKept = d.unresolved, d.secrets, d.lettersKept
	if len(d.problems) > 0 {
		return nil, d.source.place(opts.Path, d.problems)
	}
	return f, nil
}

// LoadFile reads the configuration at path. With an empty path there is no file: the
// log sink runs alone.
func LoadFile(path string, opts Options) (*File, Problems) {
	if path == "" {
		f, problems := Load([]byte("sinks:\n"), opts)
		if f != nil {
			f.Path = ""
		}
		return f, problems
	}
	opts.Path = path
	data, err := readFile(path)
	if err != nil {
		p := Problem{File: path, Message: "cannot read the configuration: " + plainError(err).Error()}
		if errors.Is(err, fs.ErrNotExist) {
			p.Hint = "headgate init prints one to start from"
		}
		return nil, Problems{p}
	}
	f, problems := Load(data, opts)
	if f != nil && f.secrets {
		f.warnReadable()
	}
	return f, problems
}

func (o Options) withDefaults() Options {
	if o.Path == "" {
		o.Path = DefaultPath
	}
	if o.Registry == nil {
		o.Registry = registry.Default
	}
	if o.LookupEnv == nil {
		o.LookupEnv = os.LookupEnv
	}
	return o
}

// file decodes the whole file.
func (d *decoder) file(f *File, root value, r *registry.Registry) {
	switch root.shape {
	case shapeMapping:
	case shapeNull: // as a file is while another program is writing it
		d.problem(root.position, "", `the file is empty; write "sinks:" to run the log sink alone`)
		return
	default:
		d.problem(root.position, "", "want a mapping of settings, got %s", root.shape)
		return
	}
	d.language = r.Language()
	target := reflect.ValueOf(&f.Settings).Elem()
	registry.SetDefaults(settingsOptions, target)
	var sinks, defaults entry
	defaults.value.shape, sinks.value.shape = shapeNull, shapeNull
	at := d.mapping(root, position{1, 1}, others{[]string{"sinks", "defaults"}, func(e entry) bool {
		switch e.key {
		case "sinks":
			sinks = e
		case "defaults":
			defaults = e
		default:
			return false
		}
		return true
	}}, group{settingsOptions, target})
	d.checkSettings(r, &f.Settings, at)
	base := d.defaults(defaults)
	f.sinks = d.sinks(r, sinks.value, base)
	if len(sinks.value.entries) == 0 {
		f.sinks = d.logAlone(r, base)
	}
	f.hashKeys = d.hashKeys
	if len(d.problems) == 0 {
		d.checkPolicies(f)
	}
	if len(d.problems) == 0 && at.settled("event_prefix") {
		d.checkEventNames(f.sinks, f.EventPrefix, base)
	}
	if d.prometheusOff(f.App.Name) {
		f.Admin.Prometheus = false
	}
}

// logAlone returns the sink that runs when the file names none.
func (d *decoder) logAlone(r *registry.Registry, base baseline) []sink {
	if _, ok := r.Lookup("log"); !ok {
		d.problem(position{1, 1}, "", "no sinks, and this program does not have the log sink that runs in their place")
		return nil
	}
	null := value{shape: shapeNull}
	return d.sinks(r, value{shape: shapeMapping, entries: []entry{{position: position{1, 1}, key: "log", value: null}}}, base)
}

// prometheusOff reports whether the environment turns the metrics off.
func (d *decoder) prometheusOff(app string) bool {
	return slices.ContainsFunc([]string{"PROMETHEUS_ENABLED", consent.EnvPrefix(app) + "PROMETHEUS_ENABLED"}, func(name string) bool {
		value, ok := d.lookup(name)
		return ok && strings.TrimSpace(value) != "" && !consent.Enabled(value)
	})
}
