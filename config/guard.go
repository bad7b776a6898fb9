package config

import (
	"errors"
	"fmt"

	"github.com/headgate-dev/headgate/registry"
)

// guard calls the code of a sink type and turns a panic into an error, without what
// it panicked with: that may hold anything.
func guard(call func() error) (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the sink type panicked with a %T", p)
		}
	}()
	return call()
}

// fieldErrors takes apart what the code of a sink type returned. An error that names
// no option becomes one with an empty key.
func fieldErrors(err error) []*registry.FieldError {
	if err == nil {
		return nil
	}
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		var all []*registry.FieldError
		for _, e := range joined.Unwrap() {
			all = append(all, fieldErrors(e)...)
		}
		return all
	}
	var field *registry.FieldError
	if errors.As(err, &field) {
		return []*registry.FieldError{field}
	}
	return []*registry.FieldError{{Message: err.Error()}}
}
