package mixpanel

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/transport"
)

// answer is what Mixpanel says of a request.
// https://docs.mixpanel.com/reference/import-events#high-level-requirements
type answer struct {
	status   int
	imported *int
	failed   []failedRecord
	// partly says that the list of failed records broke off.
	partly bool
}

// failedRecord is an event that was refused. Its id is called insert_id in some of
// Mixpanel's pages and $insert_id in others, so that the index alone tells which it is.
type failedRecord struct {
	Index   *int   `json:"index"`
	Field   string `json:"field"`
	Message string `json:"message"`
}

// read reads an answer, as far as it is there: a long list of failed records breaks off.
func read(resp *transport.Response) answer {
	a := answer{status: resp.Status}
	d := json.NewDecoder(bytes.NewReader(resp.Body))
	if open, err := d.Token(); err != nil || open != json.Delim('{') {
		return a
	}
	for d.More() {
		key, err := d.Token()
		if err != nil {
			return a
		}
		switch key {
		case "failed_records":
			if !a.readFailed(d) {
				return a
			}
		default:
			var value json.RawMessage
			if d.Decode(&value) != nil {
				return a
			}
			a.readMember(key, value)
		}
	}
	return a
}

// readMember reads a number: the status that a 2xx may hide, or how much was taken.
func (a *answer) readMember(key json.Token, value json.RawMessage) {
	var n int
	if json.Unmarshal(value, &n) != nil {
		return
	}
	switch key {
	case "code":
		if a.status/100 == 2 && n >= 200 && n <= 599 {
			a.status = n
		}
	case "num_records_imported":
		a.imported = &n
	}
}

// readFailed reads the list, and reports whether it was complete.
func (a *answer) readFailed(d *json.Decoder) bool {
	open, err := d.Token()
	if err != nil || open != json.Delim('[') {
		return err == nil && open == nil // null
	}
	for d.More() {
		var record failedRecord
		if d.Decode(&record) != nil {
			a.partly = true
			return false
		}
		a.failed = append(a.failed, record)
	}
	_, err = d.Token()
	a.partly = err != nil
	return err == nil
}

// partial returns what became of each of n events: those in the list are refused for good,
// the others are in. Of a list that broke off nothing is known about those it does not name,
// for it need not be in order; they are sent again, which Mixpanel recognises by $insert_id.
// It returns nil if the list names none of them.
func (s *Sink) partial(a answer, n int) *core.BatchError {
	failed, named := new(core.BatchError), make([]bool, n)
	for _, record := range a.failed {
		if record.Index == nil || *record.Index < 0 || *record.Index >= n {
			continue
		}
		named[*record.Index] = true
		err := fmt.Errorf("refused by Mixpanel: %s: %s", record.Field, cutText(record.Message, maxText))
		failed.Fail(*record.Index, core.Permanent(s.client.Redact(err)))
	}
	if len(failed.Failed) == 0 {
		return nil
	}
	if a.partly {
		for i := range n {
			if !named[i] {
				failed.Fail(i, errors.New("the answer broke off before it said what became of the event"))
			}
		}
	}
	return failed
}
