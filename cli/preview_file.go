package cli

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"

	"github.com/headgate-dev/headgate/core"
)

// previewFile shows every event of a file. A line that holds none is reported, and
// the others are shown all the same.
func (a *app) previewFile(ctx context.Context, settings core.Config, name string) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel() // ends the reading ahead
	in, err := a.openInput(ctx, name)
	if err != nil {
		return err
	}
	defer in.file.Close()
	bad := badLines{app: a}
	failed := false
	err = in.each(ctx, func(l line) error {
		result, err := previewLine(settings, l)
		switch {
		case errors.Is(err, core.ErrInvalidEvent), errors.Is(err, errLongLine):
			bad.report(in.name, l.n, err)
			return nil
		case err != nil:
			return err
		}
		failed = failed || sinkFailed(result)
		return a.printLinePreview(in.name, l.n, result)
	}, func(int64) {})
	if err == nil && (failed || bad.n > 0) {
		return errFailed // it has been printed
	}
	return err
}

func previewLine(settings core.Config, l line) (core.PreviewResult, error) {
	if l.err != nil {
		return core.PreviewResult{}, l.err
	}
	e, err := core.DecodeEvent(l.text)
	if err != nil {
		return core.PreviewResult{}, err
	}
	return core.Preview(settings, e)
}

// printLinePreview prints the preview of one line: with --json as one line too.
func (a *app) printLinePreview(file string, n int, p core.PreviewResult) error {
	if !a.json {
		_, err := io.WriteString(a.out, visible(fmt.Sprintf("%s:%d", file, n))+"\n"+previewText(p))
		return err
	}
	enc := json.NewEncoder(a.out)
	enc.SetEscapeHTML(false)
	return enc.Encode(struct {
		Line int `json:"line"`
		previewJSON
	}{n, previewJSON{p.Event, p}})
}
