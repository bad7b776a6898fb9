package pgwire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
)

func TestAnswersOfAServerAreToldApartByTheirCode(t *testing.T) {
	for class, codes := range map[core.Class]string{
		core.ClassRetry:        "08000 08003 08006 08P01 25006 40001 40P01 53000 53100 53200 53300 55P03 55006 57014 57P01 57P02 57P03 58030 XX000 XX001 26000 25P02 00000",
		core.ClassUnauthorized: "28000 28P01 3D000 3F000 42501 42P01 42703 42804 42883 42P10 42601 0A000 0P000",
		core.ClassPermanent:    "22001 22003 22007 22021 22P02 22P05 22030 23502 23503 23505 23514 44000 54000 54001 P0001",
	} {
		for _, code := range strings.Fields(codes) {
			err := Explain("insert", fmt.Errorf("wrapped: %w", &pgconn.PgError{Code: code, Message: "no", ColumnName: "user_id"}), nil)
			if got, _ := core.Classify(err); got != class {
				t.Errorf("%s has the class %s, want %s", code, got, class)
			}
			if !strings.HasPrefix(err.Error(), "insert: ") || !strings.Contains(err.Error(), "SQLSTATE "+code) {
				t.Errorf("%s: %q", code, err)
			}
		}
	}
	foreign := Explain("insert", &pgconn.PgError{Code: "23502", ColumnName: "tenant"}, nil)
	if got, _ := core.Classify(foreign); got != core.ClassUnauthorized {
		t.Errorf("%v has the class %s: no event has a value for such a column", foreign, got)
	}
	known := func(*pgconn.PgError) core.Class { return core.ClassPermanent }
	if got, _ := core.Classify(Explain("insert", &pgconn.PgError{Code: "XX000"}, known)); got != core.ClassPermanent {
		t.Errorf("class %s: the driver knows better", got)
	}
}

func TestNoTextOfAnAnswerThatMayQuoteAValueIsPassedOn(t *testing.T) {
	const value = "4111-1111"
	for _, code := range []string{"22P02", "22001", "22999", "23505", "23999", "44000", "54000", "P0001", "XX000", "99999"} {
		err := Explain("insert", &pgconn.PgError{
			Code: code, Severity: "ERROR", Message: "not a number: " + value, Detail: value, Where: value, Hint: value, InternalQuery: value, ConstraintName: "c\n1",
		}, nil)
		for ; err != nil; err = errors.Unwrap(err) {
			if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, value) || strings.Contains(err.Error(), "\n") {
				t.Errorf("%s: %s", code, text)
			}
		}
	}
	long := Explain("insert", &pgconn.PgError{Code: "42P01", Message: "x\n\x1b[31m" + strings.Repeat("é", 400), Detail: value}, nil).Error()
	if len(long) > 500 || strings.ContainsAny(long, "\n\x1b") || strings.Contains(long, value) {
		t.Errorf("%q", long)
	}
}

func TestOtherErrorsAreDescribedByWhatTheyAre(t *testing.T) {
	const secret = "hush-51"
	wrap := func(err error) error {
		return fmt.Errorf("failed to connect to `user=%s database=%s`: %w", secret, secret, err)
	}
	refused := &net.OpError{Op: "dial", Net: "tcp", Addr: &net.TCPAddr{IP: net.IPv4(10, 0, 0, 1), Port: 5432}, Err: errors.New("connect: connection refused")}
	for _, c := range []struct {
		err   error
		says  string
		class core.Class
	}{
		{wrap(context.DeadlineExceeded), "there was no answer in time", core.ClassRetry},
		{wrap(context.Canceled), "it was given up", core.ClassRetry},
		{wrap(io.EOF), "the connection was cut", core.ClassRetry},
		{wrap(io.ErrUnexpectedEOF), "the connection was cut", core.ClassRetry},
		{wrap(refused), "dial tcp 10.0.0.1:5432: connect: connection refused", core.ClassRetry},
		{wrap(&net.DNSError{Err: "no such host", Name: "db.example.com", IsNotFound: true}), "lookup db.example.com: no such host", core.ClassRetry},
		{wrap(errors.New(secret)), "the server did not keep to the protocol", core.ClassRetry},
		{wrap(errors.Join(errors.New(secret), refused)), "connection refused", core.ClassRetry},
		{wrap(errors.New("tls error: server refused TLS connection")), "the server has no TLS", core.ClassUnauthorized},
		{wrap(x509.UnknownAuthorityError{}), "unknown authority", core.ClassUnauthorized},
		{wrap(&tls.CertificateVerificationError{Err: x509.HostnameError{Host: "db", Certificate: &x509.Certificate{}}}), "name the authority in ca_file", core.ClassUnauthorized},
		{errClosed, "the driver is closed", core.ClassRetry},
	} {
		err := Explain("check", c.err, nil)
		if class, _ := core.Classify(err); class != c.class || !strings.Contains(err.Error(), c.says) {
			t.Errorf("%q has the class %s, want %q and %s", err, class, c.says, c.class)
		}
		if text := fmt.Sprintf("%v %+v %#v", err, err, err); strings.Contains(text, secret) {
			t.Errorf("%s", text)
		}
		for _, end := range []error{context.DeadlineExceeded, context.Canceled} {
			if errors.Is(err, end) != errors.Is(c.err, end) {
				t.Errorf("%v: errors.Is does not tell the context's end", err)
			}
		}
	}
	ours := core.Unauthorized(errors.New("ours"))
	if Explain("check", ours, nil) != ours || Explain("check", nil, nil) != nil {
		t.Error("an error of our own is explained already")
	}
}
