package snowflake

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"regexp"
	"strconv"
	"strings"

	sf "github.com/snowflakedb/gosnowflake"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// verdict is what an error of Snowflake means.
type verdict uint8

const (
	again    verdict = iota // may go away by itself
	setup                   // somebody has to set something right
	badData                 // something in the rows is refused
	badQuery                // the statement is: a mistake of this package
)

// Messages of Snowflake quote values, names and addresses, so none is passed on: what
// is known of a number is told in words of our own, and the id of the query leads to the rest
// in the history of the account. Numbers are those of Snowflake's drivers and of the
// loaders of RudderStack and Snowplow, which have met them.
var numbers = map[int]struct {
	verdict verdict
	text    string
}{
	603:    {again, "internal error"},
	604:    {again, "the statement was cancelled"},
	605:    {again, "the statement was cancelled"},
	606:    {setup, "there is no virtual warehouse to work with: set option warehouse, or a default for the user"},
	607:    {again, "the virtual warehouse is not running yet"},
	608:    {setup, "the virtual warehouse cannot be resumed"},
	625:    {again, "waited too long for a lock"},
	630:    {again, "the statement took too long"},
	666:    {setup, "the account is suspended"},
	904:    {setup, "the table lacks a column that is needed"},
	1003:   {badQuery, "the statement was not understood"},
	2003:   {setup, "the table, or what it is in, is missing, or the role may not use it"},
	2020:   {setup, "the table lacks columns that are needed"},
	2023:   {setup, "a column of the table has another type than is needed"},
	2043:   {setup, "the table, or what it is in, is missing, or the role may not use it"},
	3001:   {setup, "the role lacks a privilege"},
	3041:   {setup, "the role lacks a privilege"},
	3540:   {setup, "the account or the virtual warehouse is suspended"},
	90073:  {setup, "a resource monitor has suspended the virtual warehouse"},
	90105:  {setup, "the session has no database: set option database"},
	90106:  {setup, "the session has no schema: set option schema"},
	100038: {badData, "a number was refused"},
	100069: {badData, "JSON was refused"},
	100071: {badData, "a value was refused"},
	100072: {setup, "a column of the table must not be NULL, which it is to be for some events"},
	100078: {badData, "a text was too long"},
	390100: {setup, "user or password is wrong"},
	390144: {setup, "the key was refused: see that it is the user's, that account and user are right, and the clock"},
	390189: {setup, "the role is missing, or not granted to the user"},
	390201: {setup, "database, schema, virtual warehouse or role is missing, or not granted"},
	390303: {setup, "the OAuth token is wrong"},
	390318: {setup, "the OAuth token has expired"},
	390422: {setup, "a network policy keeps this address out"},
	394302: {setup, "the key was refused by the time it was used: see to the clock"},
	394304: {setup, "the key was refused: it is not that of the user"},

	sf.ErrCodeServiceUnavailable: {again, "the service is not available"},
	sf.ErrCodeFailedToConnect:    {setup, "the account was not found, or the sign-in is not allowed: see to account and endpoint"},
	sf.ErrCodeClientConfigFailed: {setup, "sf_client_config.json, a file for Snowflake's drivers, cannot be used"},
}

// judge finds what a number means, by its neighbours or by the SQLSTATE if it is not known.
func judge(number int, state string) (verdict, string) {
	if known, ok := numbers[number]; ok {
		return known.verdict, known.text
	}
	switch {
	case number >= 390000 && number < 391000, number >= 394000 && number < 395000:
		return setup, "the sign-in was refused"
	case number >= 100000 && number < 101000, strings.HasPrefix(state, "22"):
		return badData, "a value was refused"
	case strings.HasPrefix(state, "28"):
		return setup, "the sign-in was refused"
	case strings.HasPrefix(state, "42"):
		return setup, "the statement does not suit the table, or the role"
	default:
		return again, "failed"
	}
}

// sessionEnded reports whether a statement was refused because the session, or the token
// that renews it, has ended. With another sign-in it works again.
func sessionEnded(err error) bool {
	var s *sf.SnowflakeError
	return errors.As(err, &s) && s.Number >= sf.ErrSessionGone && s.Number <= 390115
}

// answered reports whether Snowflake itself has said what became of a statement.
func answered(err error) bool {
	var s *sf.SnowflakeError
	return errors.As(err, &s) && (s.Number < 260000 || s.Number >= 300000)
}

// failed makes an error of what was attempted and of what the driver says, without
// anything of the latter that may hold a value, a URL or a credential.
func failed(ctx context.Context, attempted string, err error, e *exchange) error {
	if over := ctx.Err(); over != nil {
		return fmt.Errorf("snowflake: %s: %w", attempted, over)
	}
	var s *sf.SnowflakeError
	if errors.As(err, &s) && (s.Number < 261000 || s.Number >= 262000) { // 261 stands for an HTTP status
		return refusal(attempted, s)
	}
	if err := e.err(attempted); err != nil {
		return err
	}
	var syntax *json.SyntaxError
	var mismatch *json.UnmarshalTypeError
	var number *strconv.NumError // a code that is none
	switch {
	case errors.As(err, &syntax), errors.As(err, &mismatch), errors.As(err, &number), errors.Is(err, io.EOF), errors.Is(err, io.ErrUnexpectedEOF):
		return fmt.Errorf("snowflake: %s: the answer could not be read", attempted)
	}
	return fmt.Errorf("snowflake: %s: %w", attempted, transport.Redact(err))
}

var (
	stateForm = regexp.MustCompile(`^[0-9A-Z]{5}$`)
	queryForm = regexp.MustCompile(`^[0-9a-f-]{8,40}$`)
)

// refusal tells an error of Snowflake's own.
func refusal(attempted string, s *sf.SnowflakeError) error {
	v, text := judge(s.Number, s.SQLState)
	if attempted == attemptSignIn && v == badData {
		v = again
	}
	detail := fmt.Sprintf("error %06d", s.Number)
	if stateForm.MatchString(s.SQLState) {
		detail += " (" + s.SQLState + ")"
	}
	if queryForm.MatchString(s.QueryID) {
		detail += ", query " + s.QueryID
	}
	err := fmt.Errorf("snowflake: %s: %s: %s", attempted, text, detail)
	switch {
	case sessionEnded(s) && attempted != attemptSignIn:
		return err
	case v == setup:
		return core.Unauthorized(err)
	case v == badData:
		return core.Permanent(err)
	case v == badQuery:
		return core.Refused(err)
	}
	return err
}

// What is attempted, as errors name it.
const (
	attemptSignIn = "sign in"
	attemptReach  = "reach the account"
	attemptWrite  = "write rows"
	attemptLook   = "look at the table"
	attemptCreate = "make the table"
	attemptExpire = "delete old rows"
)
