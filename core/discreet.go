package core

import (
	"context"
	"fmt"
	"log/slog"
	"net/http"
	"slices"
)

// LogHandler returns a handler that takes the credentials out of what is logged before next has it.
// It is for the loggers of code that is trusted with credentials, and not to be discreet.
func (c *Credentials) LogHandler(next slog.Handler) slog.Handler {
	if c == nil {
		return next
	}
	return discreetHandler{next, c}
}

type discreetHandler struct {
	next        slog.Handler
	credentials *Credentials
}

func (h discreetHandler) Enabled(ctx context.Context, level slog.Level) bool {
	return h.next.Enabled(ctx, level)
}

func (h discreetHandler) Handle(ctx context.Context, r slog.Record) error {
	clean := slog.NewRecord(r.Time, r.Level, h.credentials.Redact(r.Message), r.PC)
	r.Attrs(func(a slog.Attr) bool {
		clean.AddAttrs(h.clean(a))
		return true
	})
	return h.next.Handle(ctx, clean)
}

func (h discreetHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return discreetHandler{h.next.WithAttrs(h.cleanAll(attrs)), h.credentials}
}

func (h discreetHandler) WithGroup(name string) slog.Handler {
	return discreetHandler{h.next.WithGroup(h.credentials.Redact(name)), h.credentials}
}

func (h discreetHandler) cleanAll(attrs []slog.Attr) []slog.Attr {
	clean := slices.Clone(attrs)
	for i := range clean {
		clean[i] = h.clean(clean[i])
	}
	return clean
}

// clean returns an attribute as it may be logged. What is neither text nor a number becomes its text if a
// credential is in that.
func (h discreetHandler) clean(a slog.Attr) slog.Attr {
	a.Key, a.Value = h.credentials.Redact(a.Key), a.Value.Resolve()
	switch a.Value.Kind() {
	case slog.KindString:
		a.Value = slog.StringValue(h.credentials.Redact(a.Value.String()))
	case slog.KindGroup:
		a.Value = slog.GroupValue(h.cleanAll(a.Value.Group())...)
	case slog.KindAny:
		text := safely("", func() string { return fmt.Sprintf("%+v", a.Value.Any()) })
		if clean := h.credentials.Redact(text); clean != text {
			a.Value = slog.StringValue(clean)
		}
	}
	return a
}

// discreetError is an error whose text had credentials in it.
type discreetError struct {
	text string
	err  error
}

func (e *discreetError) Error() string { return e.text }
func (e *discreetError) Unwrap() error { return e.err }

// redactError returns an error without credentials in its text.
func (c *Credentials) redactError(err error) error {
	text := safely("the error's own Error method panicked", err.Error)
	if clean := c.Redact(text); clean != text {
		return &discreetError{clean, err}
	}
	return err
}

// redactRequests takes the credentials out of requests that a sink shows. It changes them.
func (c *Credentials) redactRequests(requests []Request) {
	for i := range requests {
		r := &requests[i]
		for _, text := range []*string{&r.Method, &r.URL, &r.Target, &r.Body} {
			*text = c.Redact(*text)
		}
		header := make(http.Header, len(r.Header))
		for name, values := range r.Header {
			for _, value := range values {
				name := c.Redact(name)
				header[name] = append(header[name], c.Redact(value))
			}
		}
		if r.Header != nil {
			r.Header = header
		}
	}
}

func (c *Credentials) redactAll(texts []string) []string {
	for i := range texts {
		texts[i] = c.Redact(texts[i])
	}
	return texts
}
