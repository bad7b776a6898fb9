package transport

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"math/rand/v2"
	"net"
	"net/http"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// The client's own repeats are few and quick: they are for the moment in which a
// destination restarts, and all patience is the dispatcher's.
const (
	maxRepeats = 2
	repeatWait = 50 * time.Millisecond
)

// repeats allows another try if no connection was made and the failure may pass. It
// has the form of retryablehttp.CheckRetry; a nil error keeps that of the request.
func repeats(ctx context.Context, _ *http.Response, err error) (bool, error) {
	a, ok := ctx.Value(attemptKey{}).(*attempt)
	return ok && err != nil && !a.sent.Load() && ctx.Err() == nil && passing(err), nil
}

// passing reports whether a failure to connect may be over in a moment.
func passing(err error) bool {
	var (
		timeout     net.Error
		name        *net.DNSError
		certificate *tls.CertificateVerificationError
		unknown     x509.UnknownAuthorityError
		hostname    x509.HostnameError
	)
	switch {
	case errors.As(err, &timeout) && timeout.Timeout(): // has waited long enough
		return false
	case errors.As(err, &name) && name.IsNotFound:
		return false
	case errors.As(err, &certificate), errors.As(err, &unknown), errors.As(err, &hostname):
		return false
	}
	class, _ := core.Classify(err)
	return class == core.ClassRetry
}

// repeatAfter waits 50, then 100 ms, give or take a half, so that clients that lost a
// server together do not return together.
func repeatAfter(shortest, _ time.Duration, attempt int, _ *http.Response) time.Duration {
	wait := shortest << attempt
	return wait/2 + rand.N(wait)
}

// NeverSent reports whether an error of [Client.Do] or [Client.Send] proves that the
// server has not seen the request: no connection to it was ever handed to the request.
// Where false, it may or may not have arrived.
func NeverSent(err error) bool {
	var e *redacted
	return errors.As(err, &e) && e.neverSent
}
