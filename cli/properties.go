package cli

import (
	"bytes"
	"encoding/json"
	"io"
	"strings"

	"github.com/spf13/cobra"

	"github.com/headgate-dev/headgate/core"
)

// eventFlags say whose event it is that a command line describes.
type eventFlags struct {
	id, kind, user, anonymous, session string
}

func (f *eventFlags) add(cmd *cobra.Command) {
	cmd.Flags().StringVar(&f.id, "id", "", "`ID` of the event, for de-duplication (default: a new one)")
	cmd.Flags().StringVar(&f.kind, "kind", "", "`KIND` of the event: track, identify, page, screen, group or alias (default track)")
	cmd.Flags().StringVar(&f.user, "user", "", "`ID` of the person the event is about")
	cmd.Flags().StringVar(&f.anonymous, "anonymous-id", "", "`ID` that stands for a person who is not known")
	cmd.Flags().StringVar(&f.session, "session", "", "`ID` of the session")
}

// event makes the event that NAME [key=value …] describes.
func (f *eventFlags) event(args []string) (core.Event, error) {
	kind, ok := core.ParseKind(f.kind)
	if !ok {
		return core.Event{}, usagef("--kind is %q; want track, identify, page, screen, group or alias", f.kind)
	}
	e := core.Event{
		ID: f.id, Kind: kind, Name: args[0], UserID: f.user, AnonymousID: f.anonymous, SessionID: f.session,
	}
	for _, arg := range args[1:] {
		key, value, ok := strings.Cut(arg, "=")
		if !ok || key == "" {
			return e, usagef("write a property as key=value, not as %q", arg)
		}
		if _, twice := e.Props[key]; twice {
			return e, usagef("property %q is given twice", key)
		}
		if e.Props == nil {
			e.Props = core.Props{}
		}
		e.Props[key] = propertyValue(value)
	}
	return e, nil
}

// propertyValue is text read as JSON if it is JSON, else text. Numbers keep their digits.
func propertyValue(text string) any {
	dec := json.NewDecoder(strings.NewReader(text))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		return text
	}
	if _, err := dec.Token(); err != io.EOF {
		return text
	}
	return v
}

// blank reports whether a line holds nothing.
func blank(line []byte) bool { return len(bytes.TrimSpace(line)) == 0 }
