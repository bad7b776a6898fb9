package consent

import (
	"encoding/json"
	"fmt"
	"time"

	"github.com/headgate-dev/headgate/core/internal/ownfile"
)

const choiceFile = "telemetry.json"

// Choice is what the person at the keyboard has decided for this machine. The zero
// Choice means that nothing was decided.
type Choice struct {
	// Made is whether there is a choice.
	Made bool
	// On is the choice. Only off has an effect: on takes an earlier off back, and
	// overrules no other opt-out.
	On bool
	// Since is when it was made.
	Since time.Time
}

// choiceJSON is the file: {"telemetry":"off","since":"2026-01-02T15:04:05Z"}.
type choiceJSON struct {
	Telemetry string    `json:"telemetry"`
	Since     time.Time `json:"since"`
}

// ReadChoice returns the choice stored in dir, or in [DefaultStateDir] if dir is
// empty. No file, or no directory, is no choice; a file that cannot be read or
// understood is an error, and whoever gets it should take it for "off".
func ReadChoice(dir string) (Choice, error) {
	path, err := stateFile(dir, choiceFile)
	if err != nil {
		return Choice{}, nil // no home directory, so nothing can have been chosen
	}
	data, err := readState(path)
	if err != nil {
		return Choice{}, fmt.Errorf("read the telemetry choice: %w", err)
	}
	if data == nil {
		return Choice{}, nil
	}
	var stored choiceJSON
	if err := json.Unmarshal(data, &stored); err != nil {
		return Choice{}, fmt.Errorf("read the telemetry choice: %s: %w; run \"headgate telemetry on\" or \"off\" to write it anew", path, err)
	}
	switch stored.Telemetry {
	case "on", "off":
		return Choice{Made: true, On: stored.Telemetry == "on", Since: stored.Since}, nil
	default:
		return Choice{}, fmt.Errorf("read the telemetry choice: %s says neither on nor off; run \"headgate telemetry on\" or \"off\" to write it anew", path)
	}
}

// WriteChoice stores the choice in dir, or in [DefaultStateDir] if dir is empty.
func WriteChoice(dir string, on bool) error {
	path, err := stateFile(dir, choiceFile)
	if err != nil {
		return fmt.Errorf("store the telemetry choice: %w", err)
	}
	stored := choiceJSON{Telemetry: "off", Since: time.Now().UTC().Truncate(time.Second)}
	if on {
		stored.Telemetry = "on"
	}
	data, err := json.Marshal(stored)
	if err != nil {
		return fmt.Errorf("store the telemetry choice: %w", err)
	}
	err = writeState(path, append(data, '\n'), ownfile.Replace)
	if err != nil {
		return fmt.Errorf("store the telemetry choice: %w", err)
	}
	return nil
}
