package pgwire

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"io"
	"net"
	"os"
	"strings"
	"unicode"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Explain returns an error of the protocol as a driver may return it: with what was
// attempted and the reason, with the class that the dispatcher goes by, and with neither a
// value of a row nor a credential. class, if not nil, knows better than the standard
// for some errors of a server, and returns "" for the others.
func Explain(attempted string, err error, class func(*pgconn.PgError) core.Class) error {
	if err == nil {
		return nil
	}
	if c, _ := core.Classify(err); c != core.ClassRetry {
		return err // one of our own
	}
	var answer *pgconn.PgError
	if !errors.As(err, &answer) {
		failure := &failure{text: attempted + ": " + reasonOf(err, "the server did not keep to the protocol"), cause: contextError(err)}
		if isUntrusted(err) {
			return core.Unauthorized(failure)
		}
		return failure
	}
	failure := &failure{text: attempted + ": " + answerText(answer), state: answer.Code}
	var c core.Class
	if class != nil {
		c = class(answer)
	}
	if c == "" {
		c = ClassOf(answer)
	}
	return core.OfClass(c, 0, failure)
}

// failure is an error whose text was put together here.
type failure struct {
	text, state string
	cause       error // the context's end, or nil
}

func (e *failure) Error() string { return e.text }
func (e *failure) Unwrap() error { return e.cause }

// SQLState returns the code of the server's answer, "" if there was none.
func (e *failure) SQLState() string { return e.state }

// ClassOf tells the errors of a server apart by their code:
// https://www.postgresql.org/docs/current/errcodes-appendix.html
func ClassOf(e *pgconn.PgError) core.Class {
	switch {
	case e.Code == notNull && isForeign(e.ColumnName):
		// Every row would be refused, and none is at fault.
		return core.ClassUnauthorized
	case hasClass(e.Code, "22", "23", "44", "54"), e.Code == raised:
		return core.ClassPermanent
	case hasClass(e.Code, "0A", "0L", "0P", "28", "3D", "3F", "42"):
		return core.ClassUnauthorized
	default:
		// 08, 40, 53, 55, 57, 58 and XX pass by themselves, or are set right by somebody
		// who sees them anyway.
		return core.ClassRetry
	}
}

const (
	notNull  = "23502"
	readOnly = "25006"
	raised   = "P0001" // by a trigger that somebody wrote
)

// isForeign reports whether a column is named and none of ours.
func isForeign(column string) bool {
	for _, c := range warehouse.Columns() {
		if c.Name == column {
			return false
		}
	}
	return column != ""
}

func hasClass(code string, classes ...string) bool {
	for _, c := range classes {
		if strings.HasPrefix(code, c) {
			return true
		}
	}
	return false
}

// isElsewhere reports whether the server is not the one to write to: a primary that has
// become a replica. Another connection may find the new one.
func isElsewhere(err error) bool {
	var answer interface{ SQLState() string }
	return errors.As(err, &answer) && answer.SQLState() == readOnly
}

// answerText describes the answer of a server. The text of errors about data quotes data, so
// only codes and names of the schema are taken from it; Detail and Where often do whatever
// the error.
func answerText(e *pgconn.PgError) string {
	var b strings.Builder
	switch {
	case hasClass(e.Code, "08", "0A", "0L", "0P", "25", "28", "3D", "3F", "40", "42", "53", "55", "57", "58"):
		b.WriteString(printable(e.Message))
	case conditions[e.Code] != "":
		b.WriteString(conditions[e.Code])
	case hasClass(e.Code, "22", "23", "44"):
		b.WriteString("a value is refused")
	default:
		b.WriteString("the server failed")
	}
	for _, name := range []struct{ what, is string }{
		{"column", e.ColumnName}, {"constraint", e.ConstraintName}, {"type", e.DataTypeName},
	} {
		if name.is != "" {
			fmt.Fprintf(&b, ", %s %q", name.what, name.is)
		}
	}
	fmt.Fprintf(&b, " (SQLSTATE %s)", printable(e.Code))
	if advice := advice[e.Code]; advice != "" {
		b.WriteString("; " + advice)
	}
	return b.String()
}

// conditions are the names of codes whose own text quotes values.
var conditions = map[string]string{
	"22001": "a text is too long",
	"22003": "a number is out of range",
	"22007": "a time is not understood",
	"22008": "a time is out of range",
	"22021": "a character is not in the encoding of the database",
	"22P02": "a text is not of its column's type",
	"22P05": "a character cannot be stored in the encoding of the database",
	"23502": "a column that must have a value gets none",
	"23503": "a foreign key has no match",
	"23505": "a value is there already",
	"23514": "a check, or the lack of a partition, refuses a row",
	"44000": "the check of a view refuses a row",
	"54000": "a value is beyond a limit of the server",
	"54001": "a value is nested too deeply",
	raised:  "a trigger refuses a row",
}

// advice says what to do about codes whose own text does not.
var advice = map[string]string{
	"28P01":  "correct user and password",
	"42501":  "grant what is missing; see the documentation of the driver",
	"42P01":  "create the table, or set ensure_schema: create",
	"42703":  "add the column",
	"42P10":  "the table needs a unique index on id",
	notNull:  "a column that headgate does not know needs a default",
	readOnly: "the server is a replica",
}

// contextError returns the end of a context that an error came from, or nil.
func contextError(err error) error {
	for _, end := range []error{context.DeadlineExceeded, context.Canceled} {
		if errors.Is(err, end) {
			return end
		}
	}
	return nil
}

// reasonOf describes an error that is not an answer of a server. The library's own
// texts have user and database in them, and more in later versions maybe, so only the
// innermost errors that are known for what they print are passed on.
func reasonOf(err error, otherwise string) string {
	var (
		dns     *net.DNSError
		op      *net.OpError
		path    *os.PathError
		timeout net.Error
	)
	switch {
	case errors.Is(err, context.Canceled):
		return "it was given up"
	case errors.Is(err, context.DeadlineExceeded):
		return "there was no answer in time"
	case certificateError(err) != nil:
		return printable(certificateError(err).Error()) + "; name the authority in ca_file (sslrootcert in dsn)"
	case hasNoTLS(err):
		return "the server has no TLS; set it up there, or see sslmode"
	case errors.As(err, &dns):
		return printable(dns.Error())
	case errors.As(err, &op):
		return printable(op.Error())
	case errors.As(err, &path):
		return printable(path.Error())
	case errors.As(err, &timeout) && timeout.Timeout():
		return "there was no answer in time"
	case errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF), errors.Is(err, pgconn.ErrConnClosed):
		return "the connection was cut"
	case errors.Is(err, errClosed):
		return errClosed.Error()
	default:
		return otherwise
	}
}

// isUntrusted reports whether the server could not show that it is the one that is meant,
// which no repetition changes.
func isUntrusted(err error) bool { return certificateError(err) != nil || hasNoTLS(err) }

// certificateError returns what is wrong with the certificate of a server, or nil.
func certificateError(err error) error {
	var (
		verify    *tls.CertificateVerificationError
		authority x509.UnknownAuthorityError
		invalid   x509.CertificateInvalidError
	)
	switch {
	case errors.As(err, &verify):
		return verify
	case errors.As(err, &authority): // with verify-ca the library verifies by itself
		return authority
	case errors.As(err, &invalid):
		return invalid
	default:
		return nil
	}
}

// hasNoTLS reports whether the server knows no TLS. The library says so in words only.
func hasNoTLS(err error) bool {
	return err != nil && strings.Contains(err.Error(), "server refused TLS connection")
}

// printable returns text of bounded length without control characters.
func printable(text string) string {
	const most = 300
	if len(text) > most {
		text = strings.ToValidUTF8(text[:most], "") + "…"
	}
	return strings.Map(func(r rune) rune {
		if !unicode.IsPrint(r) {
			return ' '
		}
		return r
	}, text)
}
