package log

import (
	"context"
	"errors"
	"fmt"

	"github.com/headgate-dev/headgate/core"
)

// Deletion says what stays: lines that are written are not looked for again.
func (s *Sink) Deletion(core.PersonIDs) (core.Deletion, error) {
	f, isFile := s.dst.(*file)
	if !isFile {
		return core.Deletion{Notes: []string{"what was written to " + s.target + " is where that goes"}}, nil
	}
	kept := "without end"
	switch {
	case f.maxAge > 0 && f.maxBackups > 0:
		kept = fmt.Sprintf("%d days after they are put aside, %d files at most", f.maxAge, f.maxBackups)
	case f.maxAge > 0:
		kept = fmt.Sprintf("%d days after they are put aside", f.maxAge)
	case f.maxBackups > 0:
		kept = fmt.Sprintf("until there are %d newer files", f.maxBackups)
	}
	note := fmt.Sprintf("lines about the person stay in %s and the files put aside, which are kept %s (max_age, max_backups)", f.path, kept)
	return core.Deletion{Notes: []string{note}}, nil
}

// Forget is an error: files expire, and are not rewritten.
func (s *Sink) Forget(context.Context, core.PersonIDs) (string, error) {
	return "", errors.New("lines that were written are not looked for again")
}

var _ core.Forgetter = (*Sink)(nil)
