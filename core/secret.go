package core

import (
	"encoding/json"
	"fmt"
	"log/slog"
)

// redacted is what a Secret prints as, everywhere.
const redacted = "[redacted]"

// Secret is an option value that must never be printed: an API key, a token, a
// password. It prints as "[redacted]" through fmt with every verb, encoding/json,
// encoding.TextMarshaler and log/slog. [Secret.Reveal] is the only way to the value,
// so that its callers can be listed.
//
// The zero Secret is an empty value. Secrets are comparable.
type Secret struct{ value string }

// NewSecret wraps value.
func NewSecret(value string) Secret { return Secret{value} }

// Reveal returns the value itself. Hand it to nothing that prints or stores.
func (s Secret) Reveal() string { return s.value }

// IsZero reports whether the value is empty.
func (s Secret) IsZero() bool { return s.value == "" }

// String returns "[redacted]", or "" for an empty Secret.
func (s Secret) String() string {
	if s.value == "" {
		return ""
	}
	return redacted
}

// Format writes the masked form whatever the verb, %x and %#v included.
func (s Secret) Format(f fmt.State, _ rune) { _, _ = f.Write([]byte(s.String())) }

// MarshalText returns the masked form.
func (s Secret) MarshalText() ([]byte, error) { return []byte(s.String()), nil }

// MarshalJSON returns the masked form.
func (s Secret) MarshalJSON() ([]byte, error) { return json.Marshal(s.String()) }

// MarshalYAML returns the masked form.
func (s Secret) MarshalYAML() (any, error) { return s.String(), nil }

// LogValue returns the masked form.
func (s Secret) LogValue() slog.Value { return slog.StringValue(s.String()) }

// UnmarshalText takes the value as it is, so that configuration decoders can fill a Secret.
func (s *Secret) UnmarshalText(text []byte) error {
	s.value = string(text)
	return nil
}
