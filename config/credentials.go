package config

import (
	"log/slog"
	"reflect"
	"slices"
	"sync"

	"github.com/headgate-dev/headgate/core"
)

// discreet returns the logger of the code that is given credentials, which takes them out: nil if nothing is
// logged. It is made once for all of that code, when the first of it asks: what looks for all of a file's
// credentials takes time and room to make.
func (f *File) discreet(credentials []core.Secret) func() *slog.Logger {
	return sync.OnceValue(func() *slog.Logger {
		if f.logger == nil {
			return nil
		}
		return slog.New(core.NewCredentials(credentials...).LogHandler(f.logger.Handler()))
	})
}

// redacted returns what the code of a sink type says of its options without the secrets in them.
func redacted(options any, err error) string {
	var secrets []core.Secret
	eachSecret(reflect.ValueOf(options).Elem(), func(s core.Secret) { secrets = append(secrets, s) })
	return core.NewCredentials(secrets...).Redact(err.Error())
}

// credentials returns every secret of the file, those of sinks that are not enabled too.
func (f *File) credentials() []core.Secret {
	found := make(map[core.Secret]bool)
	gather := func(v reflect.Value) {
		eachSecret(v, func(s core.Secret) { found[s] = !s.IsZero() })
	}
	gather(reflect.ValueOf(f.Settings))
	gather(reflect.ValueOf(f.hashKeys))
	for _, s := range f.sinks {
		gather(reflect.ValueOf(s.options).Elem())
	}
	var all []core.Secret
	for s, is := range found {
		if is {
			all = append(all, s)
		}
	}
	// In an order that tests can rely on.
	slices.SortFunc(all, func(a, b core.Secret) int {
		if a.Reveal() < b.Reveal() {
			return -1
		}
		return 1
	})
	return all
}
