package cli

import (
	"context"
	"errors"
	"fmt"
	"reflect"

	"github.com/headgate-dev/headgate/config"
)

// configuration returns the file that the daemon goes by.
func (d *daemon) configuration() *config.File {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	return d.file
}

// reload reads the configuration again and changes to it, all or nothing. The error, which it
// has logged, holds every reason why nothing was changed.
func (d *daemon) reload(context.Context) error {
	d.reloading.Lock()
	defer d.reloading.Unlock()
	if problems := problemsOf(d.change()); len(problems) > 0 {
		for _, problem := range problems {
			d.logger.Error("the configuration was not reloaded", "problem", problem.Error())
		}
		return errors.Join(problems...)
	}
	d.logger.Info("reloaded", "config", describe(d.file), "sinks", len(d.dispatcher.Stats().Sinks))
	return nil
}

func (d *daemon) change() error {
	next, err := d.load()
	if err != nil {
		return err
	}
	apply, err := d.server.Reload(serverOptions(next, d.dispatcher, d.logger))
	if err := errors.Join(append(fixed(d.file, next), err)...); err != nil {
		return err
	}
	if err := d.dispatcher.Reload(next.Core()); err != nil {
		return err
	}
	apply()
	for _, w := range next.Warnings {
		d.logger.Warn(w.String())
	}
	d.file = next
	return nil
}

// fixed says what of a configuration cannot change while the daemon runs.
func fixed(old, next *config.File) (problems []error) {
	if old.Queue != next.Queue {
		problems = append(problems, errors.New("queue: a change of the queue needs a restart"))
	}
	if !reflect.DeepEqual(old.Admin, next.Admin) {
		problems = append(problems, errors.New("admin: a change of the admin listener needs a restart"))
	}
	return problems
}

// problemsOf returns the errors that were joined, or that a file has, one by one.
func problemsOf(err error) (all []error) {
	if err == nil {
		return nil
	}
	var problems config.Problems
	if errors.As(err, &problems) {
		for _, p := range problems {
			all = append(all, fmt.Errorf("%s", p.String()))
		}
		return all
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		for _, err := range joined.Unwrap() {
			all = append(all, problemsOf(err)...)
		}
		return all
	}
	return []error{err}
}
