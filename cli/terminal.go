package cli

import (
	"io"
	"os"

	"golang.org/x/term"
)

// terminal returns the file behind a stream that is a terminal, or nil.
func terminal(stream any) *os.File {
	f, ok := stream.(*os.File)
	if !ok || !term.IsTerminal(int(f.Fd())) {
		return nil
	}
	return f
}

// The colours of what is well, worth a look, and wrong.
const (
	green  = "\x1b[32m"
	yellow = "\x1b[33m"
	red    = "\x1b[31m"
	plain  = "\x1b[0m"
)

// colour paints text when w is a terminal and nobody objects: see NO_COLOR, and
// TERM=dumb.
func (a *app) colour(w io.Writer, code, text string) string {
	if no, _ := a.lookup("NO_COLOR"); no != "" {
		return text
	}
	if kind, _ := a.lookup("TERM"); kind == "dumb" || terminal(w) == nil {
		return text
	}
	return code + text + plain
}
