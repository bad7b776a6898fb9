package core

import (
	"bytes"
	"encoding/json"
	"fmt"
	"log/slog"
	"strings"
	"testing"

	"github.com/headgate-dev/headgate/core/sanitize"
)

func TestASecretPrintsItselfNowhere(t *testing.T) {
	const value = "the-value-itself"
	secret := NewSecret(value)
	type options struct {
		Key    Secret
		hidden Secret
		list   []Secret
	}
	o := options{secret, secret, []Secret{secret}}
	var shown bytes.Buffer
	for _, verb := range []string{"%v", "%+v", "%#v", "%s", "%q", "%x", "%X", "%d"} {
		for _, v := range []any{secret, &secret, o, &o, []any{secret}, map[Secret]Secret{secret: secret}} {
			fmt.Fprintf(&shown, verb+"\n", v)
		}
	}
	text, err := json.Marshal(o)
	if err != nil {
		t.Fatal(err)
	}
	shown.Write(text)
	slog.New(slog.NewJSONHandler(&shown, nil)).Info("x", "secret", secret, "options", o)
	slog.New(slog.NewTextHandler(&shown, nil)).Info("x", "secret", secret, "options", o)
	for _, form := range []string{value, fmt.Sprintf("%x", value), fmt.Sprintf("%X", value)} {
		if strings.Contains(shown.String(), form) {
			t.Errorf("shown as %q in:\n%s", form, shown.String())
		}
	}
	if !strings.Contains(shown.String(), "[redacted]") {
		t.Error("it is not shown to be there")
	}
}

func TestAConfigurationPrintsWithoutItsKey(t *testing.T) {
	cfg := Config{Privacy: sanitize.Options{Mode: "strict", HashKey: []byte("sixteen bytes or more")}}
	shown := fmt.Sprintf("%v %+v %#v", cfg, cfg, &cfg)
	text, err := json.Marshal(cfg.Privacy)
	if err != nil {
		t.Fatal(err)
	}
	shown += string(text)
	for _, form := range []string{"sixteen", "c2l4dGVlbi", "115 105 120", "0x73, 0x69, 0x78"} {
		if strings.Contains(shown, form) {
			t.Errorf("shown as %q in %s", form, shown)
		}
	}
	if !strings.Contains(shown, "strict") {
		t.Errorf("the rest is not shown: %s", shown)
	}
}

func TestSecretsAreComparedByTheirValue(t *testing.T) {
	var zero Secret
	if a := NewSecret("a"); a != NewSecret("a") || NewSecret("a") == NewSecret("b") || NewSecret("") != zero {
		t.Error("secrets are not compared by their value")
	}
	if !zero.IsZero() || zero.Reveal() != "" || zero.String() != "" || NewSecret("a").IsZero() || NewSecret("a").Reveal() != "a" {
		t.Error("the zero secret is not the empty one")
	}
	var s Secret
	if err := s.UnmarshalText([]byte("x")); err != nil || s != NewSecret("x") {
		t.Error("UnmarshalText")
	}
}
