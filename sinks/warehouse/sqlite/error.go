package sqlite

import (
	"context"
	"errors"
	"fmt"
	"time"

	engine "modernc.org/sqlite"
	codes "modernc.org/sqlite/lib"

	"github.com/headgate-dev/headgate/core"
)

const (
	// busyTimeout is short because the engine does not look at a context while it waits.
	busyTimeout = "busy_timeout(100)"
	// maxBusy bounds the wait for others that write to the same file; beyond it the
	// dispatcher waits, which others can see.
	maxBusy = 5 * time.Second
)

// whileBusy repeats what fails because somebody else is writing.
func (d *Driver) whileBusy(ctx context.Context, do func() error) error {
	ctx, cancel := context.WithTimeout(ctx, maxBusy)
	defer cancel()
	for {
		err := do()
		if code := codeOf(err); code != codes.SQLITE_BUSY && code != codes.SQLITE_LOCKED {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(time.Millisecond):
		}
	}
}

// codeOf returns the primary result code of an error, 0 if the engine did not make it.
// https://www.sqlite.org/rescode.html
func codeOf(err error) int {
	var e *engine.Error
	if errors.As(err, &e) {
		return e.Code() & 0xff
	}
	return 0
}

// isData reports whether a code says that the table refuses a row.
func isData(code int) bool {
	switch code {
	case codes.SQLITE_CONSTRAINT, codes.SQLITE_TOOBIG, codes.SQLITE_MISMATCH:
		return true
	}
	return false
}

// isSetup reports whether a code says that somebody has to set something right: the file is
// no database or damaged, must not be written, or has another table.
func isSetup(code int) bool {
	switch code {
	case codes.SQLITE_CORRUPT, codes.SQLITE_NOTADB, codes.SQLITE_CANTOPEN, codes.SQLITE_READONLY,
		codes.SQLITE_PERM, codes.SQLITE_AUTH, codes.SQLITE_ERROR:
		return true
	}
	return false
}

// isLasting reports whether a connection with that error is of no use any more.
func isLasting(err error) bool {
	code := codeOf(err)
	return isSetup(code) || code == codes.SQLITE_IOERR
}

// explain gives an error its class, and a message made of the result code: the engine's own
// may quote a statement.
func (d *Driver) explain(err error) error {
	code := codeOf(err)
	if err == nil || code == 0 {
		return err
	}
	said := fmt.Errorf("%s: %s", d.file.shown, engine.ErrorCodeString[code])
	switch {
	case code == codes.SQLITE_ERROR: // of our own statement, in which no value stands
		return core.Unauthorized(fmt.Errorf("%s: %w", d.file.shown, err))
	case isSetup(code):
		return core.Unauthorized(said)
	case isData(code):
		return core.Permanent(said)
	}
	return said
}
