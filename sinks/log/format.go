package log

import (
	"fmt"

	"github.com/headgate-dev/headgate/core"
)

// Format is how an event is written.
type Format = string

// The formats.
const (
	// FormatText is two lines: the name of the event, and its properties as JSON.
	FormatText Format = "text"
	// FormatJSON is one line, all of the event as JSON.
	FormatJSON Format = "json"
)

// format returns what appends an event, with its line ends.
func format(f Format) (func([]byte, core.Sealed) []byte, error) {
	switch f {
	case "", FormatText:
		return appendText, nil
	case FormatJSON:
		return appendJSON, nil
	default:
		return nil, fmt.Errorf("format %q is not known; want text or json", f)
	}
}

func appendText(dst []byte, e core.Sealed) []byte {
	dst = append(dst, "[TELEMETRY] Endpoint: "...)
	dst = appendName(dst, e.Name())
	dst = append(dst, "\n[TELEMETRY] Payload: "...)
	dst = appendSafe(dst, e.Props().Raw())
	return append(dst, '\n')
}

func appendJSON(dst []byte, e core.Sealed) []byte {
	return append(appendSafe(dst, e.JSON()), '\n')
}
