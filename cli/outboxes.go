package cli

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"slices"

	"github.com/spf13/pflag"

	"github.com/headgate-dev/headgate/config"
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/outbox"
)

// addOutboxFlag adds a flag that names the outboxes of programs that end at once.
func addOutboxFlag(flags *pflag.FlagSet, dirs *[]string) {
	flags.StringArrayVar(dirs, "outbox", nil, "also what programs have left in the outbox `DIR`; that of app.name is found by itself")
}

// outboxes returns the directories of the outboxes that were named, and of the one that is where it is by
// default.
func outboxes(file *config.File, named []string) (dirs []string, err error) {
	for _, dir := range named {
		if dir, err = filepath.Abs(dir); err != nil {
			return nil, err
		}
		if info, err := os.Stat(dir); err != nil || !info.IsDir() {
			return nil, usagef("--outbox: there is no directory %s", dir)
		}
		dirs = append(dirs, dir)
	}
	if dir, err := outbox.DefaultDir(file.App.Name); err == nil && !slices.Contains(dirs, dir) {
		if info, err := os.Stat(dir); err == nil && info.IsDir() {
			dirs = append(dirs, dir)
		}
	}
	return dirs, nil
}

// outboxForgotten is what was erased in an outbox.
type outboxForgotten struct {
	Dir string `json:"dir"`
	core.Forgotten
	Error string `json:"error,omitempty"`
}

func forgetInOutboxes(file *config.File, dirs []string, who core.Person, options []core.Option) (all []outboxForgotten) {
	for _, dir := range dirs {
		f := outboxForgotten{Dir: dir}
		var err error
		if f.Forgotten, err = (outbox.Box{Dir: dir, Config: file.Core, Options: options}).Forget(who); err != nil {
			f.Error = err.Error()
		}
		all = append(all, f)
	}
	return all
}

func (f outboxForgotten) text() string {
	return queueForgotten{Where: "outbox", Forgotten: f.Forgotten, Error: f.Error, place: "outbox " + f.Dir}.text()
}

// outboxPurged is what was deleted from an outbox.
type outboxPurged struct {
	Dir     string `json:"dir"`
	Deleted uint64 `json:"deleted"`
	Error   string `json:"error,omitempty"`
}

func purgeOutboxes(dirs []string) (all []outboxPurged, err error) {
	var errs []error
	for _, dir := range dirs {
		n, err := outbox.Box{Dir: dir}.Purge()
		p := outboxPurged{Dir: dir, Deleted: n}
		if err != nil {
			p.Error = err.Error()
			errs = append(errs, fmt.Errorf("outbox %s: %w; try again when that process has ended", dir, err))
		}
		all = append(all, p)
	}
	return all, errors.Join(errs...)
}

func (p outboxPurged) text() string {
	text := fmt.Sprintf("%d events were deleted from the outbox %s", p.Deleted, visible(p.Dir))
	if p.Error != "" {
		text += ", not everything: " + visible(p.Error)
	}
	return text
}
