package exec

import (
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// appendBatch appends the line that asks for the delivery of a batch.
func appendBatch(dst []byte, id uint64, batch []core.Sealed) []byte {
	dst = append(dst, `{"id":`...)
	dst = strconv.AppendUint(dst, id, 10)
	dst = append(dst, `,"events":[`...)
	for i := range batch {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = append(dst, batch[i].JSON()...)
	}
	return append(dst, "]}\n"...)
}

// appendCheck returns the line that asks whether the program could deliver.
func appendCheck(id uint64) []byte {
	return fmt.Appendf(nil, "{\"id\":%d,\"check\":true}\n", id)
}

// answer is a line that the program wrote.
type answer struct {
	ID uint64 `json:"id"`
	fault
	Failed []struct {
		Index *int `json:"index"`
		fault
	} `json:"failed"`
}

// fault says why something was not delivered.
type fault struct {
	Error      string     `json:"error"`
	Class      core.Class `json:"class"`
	RetryAfter string     `json:"retry_after"`
}

// parseAnswer reads a line. An error means that the program does not speak the protocol; it
// does not repeat the line, in which there may be anything.
func parseAnswer(line []byte) (answer, error) {
	var a answer
	if err := json.Unmarshal(line, &a); err != nil {
		return a, errors.New("it wrote a line that is no answer; what is not meant for headgate belongs on its standard error")
	}
	if a.ID == 0 {
		return a, errors.New(`it wrote an answer without the "id" of the question`)
	}
	faults := []fault{a.fault}
	for _, f := range a.Failed {
		if f.Index == nil {
			return a, errors.New(`it wrote an answer in which something failed that has no "index"`)
		}
		faults = append(faults, f.fault)
	}
	for _, f := range faults {
		if err := f.check(); err != nil {
			return a, err
		}
	}
	return a, nil
}

func (f fault) check() error {
	switch f.Class {
	case "", core.ClassRetry, core.ClassPermanent, core.ClassRefused, core.ClassTooLarge, core.ClassUnauthorized, core.ClassDeclined:
	case core.ClassRetryAfter:
		if wait, err := time.ParseDuration(f.RetryAfter); err != nil || wait <= 0 {
			return errors.New(`it wrote an answer of the class retry_after without a "retry_after" such as 30s`)
		}
	default:
		return errors.New(`it wrote an answer with a "class" that there is not`)
	}
	return nil
}

// err returns what the answer says of a batch of n events.
func (a *answer) err(n int) error {
	if a.Error != "" || a.Class != "" {
		return a.fault.err()
	}
	var partial core.BatchError
	for _, f := range a.Failed {
		if *f.Index < 0 || *f.Index >= n {
			return fmt.Errorf("exec: the program says that event %d of %d failed", *f.Index, n)
		}
		partial.Fail(*f.Index, f.fault.err())
	}
	return partial.OrNil()
}

// maxErrorText is how much of an error is kept.
const maxErrorText = 500

func (f fault) err() error {
	text := f.Error
	if text == "" {
		text = string(f.Class)
	}
	if len(text) > maxErrorText {
		text = text[:maxErrorText] + "…"
	}
	err := errors.New("exec: " + text)
	wait, _ := time.ParseDuration(f.RetryAfter) // was checked where it counts
	return core.OfClass(f.Class, wait, err)
}
