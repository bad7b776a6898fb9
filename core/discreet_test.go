package core

import (
	"bytes"
	"context"
	"errors"
	"log/slog"
	"strings"
	"testing"
)

// telling is a value that tells a secret when it is logged.
type telling struct{ secret string }

func (v telling) LogValue() slog.Value { return slog.StringValue("it is " + v.secret) }

func TestALoggerOfCredentialsLogsNone(t *testing.T) {
	secret := strings.Repeat("s3cr", 4) + "-value"
	known := NewCredentials(NewSecret(secret))
	var out bytes.Buffer
	logger := slog.New(known.LogHandler(slog.NewJSONHandler(&out, &slog.HandlerOptions{Level: slog.LevelInfo})))
	logger = logger.With("with", secret, "n", 1).WithGroup("group " + secret)
	logger.Warn("message "+secret,
		"text", secret, secret, "a key", "error", errors.New("it is "+secret), "any", struct{ A string }{secret},
		"bytes", []string{secret}, "valuer", telling{secret}, slog.Group("in", "deep", slog.GroupValue(slog.String("er", secret))),
		"kept", struct{ A int }{7}, "number", 8)
	logger.Debug(secret)
	text := out.String()
	if found := known.Found(text); len(found) > 0 || strings.Count(text, credentialMark) != 10 {
		t.Errorf("%d are there, %d were taken out: %s", len(found), strings.Count(text, credentialMark), text)
	}
	for _, want := range []string{`"kept":{"A":7}`, `"number":8`, `"n":1`} {
		if !strings.Contains(text, want) {
			t.Errorf("%s is gone: %s", want, text)
		}
	}
	if logger.Enabled(t.Context(), slog.LevelDebug) {
		t.Error("the level is not that of the handler")
	}
	h := slog.NewTextHandler(&out, nil)
	if (*Credentials)(nil).LogHandler(h) != slog.Handler(h) {
		t.Error("without credentials there is something in between")
	}
}

func TestAnErrorOfOpeningASinkKeepsItsKindAndLosesItsCredentials(t *testing.T) {
	secret := strings.Repeat("s3cr", 4) + "-value"
	kind := errors.New("no key " + secret)
	_, err := New(Config{
		Credentials: []Secret{NewSecret(secret)},
		Sinks:       []SinkConfig{{Name: "a", Open: func() (Sink, error) { return nil, kind }}},
	}, WithEnviron(func(string) (string, bool) { return "", false }), WithStateDir(t.TempDir()))
	if !errors.Is(err, kind) || strings.Contains(err.Error(), secret) || !strings.Contains(err.Error(), credentialMark) {
		t.Errorf("the error is %v", err)
	}
}

// showing is a sink whose requests hold what they should not.
type showing struct{ secret string }

func (s showing) Send(context.Context, []Sealed) error { return nil }
func (s showing) Close(context.Context) error          { return nil }
func (s showing) Preview([]Sealed) ([]Request, error) {
	return []Request{{URL: "https://h.example/" + s.secret, Header: map[string][]string{"X": {s.secret}}, Body: s.secret, Target: s.secret}}, nil
}

func TestAPreviewShowsNoCredentials(t *testing.T) {
	secret := strings.Repeat("s3cr", 4) + "-value"
	got, err := Preview(Config{
		Credentials: []Secret{NewSecret(secret)},
		Sinks:       []SinkConfig{{Name: "a", Sink: showing{secret}}},
	}, Event{Name: "run"}, WithEnviron(func(string) (string, bool) { return "", false }), WithStateDir(t.TempDir()))
	if err != nil {
		t.Fatal(err)
	}
	r := got.Sinks[0].Requests[0]
	for where, text := range map[string]string{"the URL": r.URL, "the header": r.Header.Get("X"), "the body": r.Body, "the target": r.Target} {
		if !strings.HasSuffix(text, credentialMark) {
			t.Errorf("%s is %s", where, text)
		}
	}
}
