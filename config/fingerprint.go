package config

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"hash"
	"reflect"
	"slices"
	"strings"

	"github.com/headgate-dev/headgate/core"
)

// fingerprint tells what a sink is configured with from anything else, or is empty when the
// options name a file, whose content may have changed.
func (f *File) fingerprint(s *sink) string {
	options := reflect.ValueOf(s.options).Elem()
	for _, o := range s.descriptor.Options {
		if v := o.Field(options); strings.HasSuffix(o.Key, "_file") && !v.IsZero() {
			return ""
		}
	}
	h := sha256.New()
	fmt.Fprintf(h, "%q %q %q\n", f.App.Name, f.App.Version, f.EventPrefix)
	// What is set is sanitised, and what a sink gets less than others, or under pseudonyms of
	// its own, depends on what all get.
	if len(s.delivery.Set) > 0 || f.Privacy.Action == "hash" || !s.delivery.Privacy.isStandard() {
		fmt.Fprintf(h, "%+v\n", f.Privacy) // with secrets masked
		hashSecrets(h, reflect.ValueOf(f.Privacy))
		hashSecrets(h, reflect.ValueOf(f.hashKeys))
	}
	h.Write(s.appendJSON(nil)) // with secrets masked
	hashSecrets(h, options)
	return hex.EncodeToString(h.Sum(nil))
}

// hashSecrets hashes the secrets in v, in the order in which they stand there.
func hashSecrets(h hash.Hash, v reflect.Value) {
	eachSecret(v, func(s core.Secret) { fmt.Fprintf(h, "%q", s.Reveal()) })
}

// eachSecret calls f with the secrets in v, in the order in which they stand there.
func eachSecret(v reflect.Value, f func(core.Secret)) {
	if !v.IsValid() || !v.CanInterface() {
		return
	}
	if secret, ok := v.Interface().(core.Secret); ok {
		f(secret)
		return
	}
	switch v.Kind() {
	case reflect.Struct:
		for i := range v.NumField() {
			if v.Type().Field(i).IsExported() {
				eachSecret(v.Field(i), f)
			}
		}
	case reflect.Pointer, reflect.Interface:
		if !v.IsNil() {
			eachSecret(v.Elem(), f)
		}
	case reflect.Slice, reflect.Array:
		for i := range v.Len() {
			eachSecret(v.Index(i), f)
		}
	case reflect.Map:
		keys := v.MapKeys() // of strings
		slices.SortFunc(keys, func(a, b reflect.Value) int { return strings.Compare(a.String(), b.String()) })
		for _, key := range keys {
			eachSecret(v.MapIndex(key), f)
		}
	}
}
