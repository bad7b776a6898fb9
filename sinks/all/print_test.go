package all

import (
	"context"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"net/url"
	"reflect"
	"runtime/debug"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
)

// printed are the sinks that are printed, and their options that are no secrets.
var printed = map[string]map[string]string{
	"log":       {"Format": "json", "Path": "stderr"},
	"ga4":       {"MeasurementID": "G-TEST123"},
	"mixpanel":  {},
	"amplitude": {},
	"segment":   {},
	"http":      {"URL": "https://127.0.0.1:9/"},
}

// However a program prints a sink, its options or what holds them, no secret is shown.
func TestNoWayOfPrintingASinkShowsASecret(t *testing.T) {
	for typ := range printed {
		t.Run(typ, func(t *testing.T) {
			s, config, secrets := secretive(t, typ)
			holders := []any{
				s, &s, []core.Sink{s}, map[string]core.Sink{"a": s}, struct{ Sink core.Sink }{s}, struct{ sink core.Sink }{s},
				config, reflect.ValueOf(config).Elem().Interface(), struct{ config any }{config}, struct{ config any }{reflect.ValueOf(config).Elem().Interface()},
			}
			if v := reflect.ValueOf(s); v.Kind() == reflect.Pointer {
				holders = append(holders, v.Elem().Interface())
			}
			for i, holder := range holders {
				for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%d"} {
					search(t, fmt.Sprintf("%s of holder %d (%T)", verb, i, holder), fmt.Sprintf(verb, holder), secrets)
				}
			}
		})
	}
}

// A sink that is given what no dispatcher gives it panics, or says what is wrong.
func TestNeitherAPanicNorAnErrorOfASinkShowsASecret(t *testing.T) {
	for typ := range printed {
		t.Run(typ, func(t *testing.T) {
			s, _, secrets := secretive(t, typ)
			defer func() {
				search(t, "the panic", fmt.Sprintf("%v %+v %#v\n%s", recover(), s, s, debug.Stack()), secrets)
			}()
			ctx, cancel := context.WithCancel(t.Context())
			cancel()
			err := s.Send(ctx, []core.Sealed{{}})
			search(t, "the error", fmt.Sprintf("%v %+v %#v", err, err, err), secrets)
		})
	}
}

// secretive makes a sink of a type whose secrets are all recognisable.
func secretive(t *testing.T, typ string) (s core.Sink, config any, secrets []string) {
	t.Helper()
	d, ok := registry.Default.Lookup(typ)
	if !ok {
		t.Fatal("it is not registered")
	}
	config = d.NewOptions()
	for field, value := range printed[typ] {
		reflect.ValueOf(config).Elem().FieldByName(field).SetString(value)
	}
	if secrets = fill(reflect.ValueOf(config).Elem(), typ); len(secrets) == 0 && typ != "log" {
		t.Fatal("it has no secret to hide")
	}
	s, err := d.New(t.Context(), registry.Env{Name: typ}, config)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.Close(context.Background()) })
	return s, config, secrets
}

// search fails the test if a text shows one of the secrets.
func search(t *testing.T, place, text string, secrets []string) {
	t.Helper()
	for _, secret := range secrets {
		for _, form := range formsOf(secret) {
			if strings.Contains(text, form) {
				t.Errorf("%s shows a secret: %.500s", place, text)
			}
		}
	}
}

// fill sets every secret of an option struct to one of its own, and returns them.
func fill(options reflect.Value, typ string) (secrets []string) {
	secret := func() core.Secret {
		secrets = append(secrets, fmt.Sprint("canary", typ, len(secrets), strings.Repeat("Q7w", 5)))
		return core.NewSecret(secrets[len(secrets)-1])
	}
	for i := range options.NumField() {
		switch field := options.Field(i); field.Interface().(type) {
		case core.Secret:
			field.Set(reflect.ValueOf(secret()))
		case map[string]core.Secret:
			field.Set(reflect.ValueOf(map[string]core.Secret{"X-Key": secret()}))
		}
	}
	return secrets
}

// formsOf are those in which a secret would be recognised.
func formsOf(secret string) []string {
	return []string{
		secret, url.QueryEscape(secret), hex.EncodeToString([]byte(secret)), strings.ToUpper(hex.EncodeToString([]byte(secret))),
		strings.TrimRight(base64.StdEncoding.EncodeToString([]byte(secret+":")), "=")[:20],
		strings.Trim(fmt.Sprint([]byte(secret)), "[]"),
	}
}
