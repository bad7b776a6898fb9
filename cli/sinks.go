package cli

import (
	"fmt"
	"io"
	"strings"
	"text/tabwriter"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/internal/spelling"
	"github.com/headgate-dev/headgate/registry"
)

func newSinks(a *app) *cobra.Command {
	var ddl tableFlags
	cmd := &cobra.Command{
		Use:   "sinks [TYPE]",
		Short: "List the sink types compiled in, or describe one",
		Example: `  headgate sinks
  headgate sinks http
  headgate sinks warehouse --ddl sqlite`,
		Args: arguments(cobra.MaximumNArgs(1)),
		ValidArgsFunction: func(*cobra.Command, []string, string) ([]string, cobra.ShellCompDirective) {
			return registry.Default.Types(), cobra.ShellCompDirectiveNoFileComp
		},
		RunE: func(_ *cobra.Command, args []string) error {
			if ddl.given() {
				return a.printDDL(ddl, args)
			}
			if len(args) == 0 {
				return a.listSinks()
			}
			d, ok := registry.Default.Lookup(args[0])
			if !ok {
				types := registry.Default.Types()
				if missing := config.MissingSink(args[0], ""); missing != "" {
					return usagef("%s", missing)
				}
				return usagef("there is no sink type %q in this program%s; it has %s", args[0],
					didYouMean(only(spelling.Nearest(args[0], types))), strings.Join(types, ", "))
			}
			if a.json {
				return a.printJSON(describeSink(d))
			}
			text, _ := config.Reference(nil, d.Type)
			_, err := io.WriteString(a.out, text)
			return err
		},
	}
	ddl.add(cmd)
	return a.takesJSON(cmd)
}

// sinkReference describes a sink type for programs.
type sinkReference struct {
	Type    string `json:"type"`
	Summary string `json:"summary"`
	Reach   string `json:"reach"`
	// Drivers are those of a warehouse that are compiled in.
	Drivers []string       `json:"drivers,omitempty"`
	Limits  map[string]int `json:"limits,omitempty"`
	// VendorLimits are what the vendor bounds, with their sources.
	VendorLimits []registry.Limit  `json:"vendor_limits,omitempty"`
	Options      []optionReference `json:"options,omitempty"`
	Example      string            `json:"example,omitempty"`
}

// optionReference describes an option. Options of a nested mapping have a dot in their key.
type optionReference struct {
	Key      string   `json:"key"`
	Type     string   `json:"type"`
	Doc      string   `json:"doc"`
	Required bool     `json:"required,omitempty"`
	Secret   bool     `json:"secret,omitempty"`
	Default  string   `json:"default,omitempty"`
	Enum     []string `json:"enum,omitempty"`
	Min      string   `json:"min,omitempty"`
	Max      string   `json:"max,omitempty"`
	Example  string   `json:"example,omitempty"`
}

func (a *app) listSinks() error {
	list := []sinkReference{}
	for _, typ := range registry.Default.Types() {
		d, _ := registry.Default.Lookup(typ)
		s := describeSink(d)
		list = append(list, sinkReference{Type: s.Type, Summary: s.Summary, Reach: s.Reach, Drivers: s.Drivers})
	}
	if a.json {
		return a.printJSON(list)
	}
	w := tabwriter.NewWriter(a.out, 0, 0, 2, ' ', 0)
	fmt.Fprintln(w, "TYPE\tREACH\tWHAT IT DOES")
	for _, s := range list {
		drivers := ""
		if len(s.Drivers) > 0 {
			drivers = " With driver " + strings.Join(s.Drivers, ", ") + "."
		}
		fmt.Fprintf(w, "%s\t%s\t%s%s\n", s.Type, s.Reach, s.Summary, drivers)
	}
	return w.Flush()
}

func describeSink(d registry.Descriptor) sinkReference {
	s := sinkReference{
		Type: d.Type, Summary: d.Summary, Reach: d.Reach.String(), Limits: map[string]int{},
		VendorLimits: d.VendorLimits,
		Options:      describeOptions("", d.Options), Example: d.Example,
	}
	if d.Type == "warehouse" {
		s.Drivers = driverNames()
	}
	for name, limit := range map[string]int{
		"max_events": d.Limits.MaxEvents, "max_bytes": d.Limits.MaxBytes, "max_concurrency": d.Limits.MaxConcurrency,
	} {
		if limit > 0 {
			s.Limits[name] = limit
		}
	}
	return s
}

func describeOptions(prefix string, options []registry.Option) (described []optionReference) {
	for _, o := range options {
		described = append(described, optionReference{
			Key: prefix + o.Key, Type: string(o.Kind), Doc: o.Doc, Required: o.Required, Secret: o.Secret,
			Default: o.Default, Enum: o.Enum, Min: o.Min, Max: o.Max, Example: o.Example,
		})
		described = append(described, describeOptions(prefix+o.Key+".", o.Options)...)
	}
	return described
}
