package core

import (
	"encoding/json"
	"fmt"
	"log/slog"
	"unique"
)

// redacted is what a Secret prints as, everywhere.
const redacted = "[redacted]"

// Secret is an option value that must never be printed: an API key, a token, a
// password. It prints as "[redacted]" through fmt with every verb, encoding/json,
// encoding.TextMarshaler and log/slog. [Secret.Reveal] is the only way to the value,
// so that its callers can be listed.
//
// The zero Secret is an empty value. Secrets are comparable.
type Secret struct {
	// A handle holds a pointer, so that fmt, which does not ask the methods of a value in
	// a field that is not exported, prints an address there.
	handle unique.Handle[string]
}

// NewSecret wraps value.
func NewSecret(value string) (s Secret) {
	if value != "" {
		s.handle = unique.Make(value)
	}
	return s
}

// Reveal returns the value itself. Hand it to nothing that prints or stores.
func (s Secret) Reveal() string {
	if s.IsZero() {
		return ""
	}
	return s.handle.Value()
}

// IsZero reports whether the value is empty.
func (s Secret) IsZero() bool { return s == Secret{} }

// String returns "[redacted]", or "" for an empty Secret.
func (s Secret) String() string {
	if s.IsZero() {
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
	*s = NewSecret(string(text))
	return nil
}
