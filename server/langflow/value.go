package langflow

import (
	"bytes"
	"encoding/json"
	"math"
	"strconv"
	"strings"

	"github.com/headgate-dev/headgate/server/internal/shape"
	"github.com/headgate-dev/headgate/server/pyliteral"
)

// typed returns the value of a parameter as the table types it. What does not read as its
// type stays the text it is: nothing is lost, and the sender does not send again.
func typed(k kind, raw string) any {
	var v any
	var ok bool
	switch trimmed := strings.TrimSpace(raw); k {
	case integer:
		v, ok = parseInteger(trimmed)
	case float:
		v, ok = parseFloat(trimmed)
	case boolean:
		v, ok = parseBool(trimmed)
	case object:
		v, ok = parseObject(raw)
	}
	if !ok {
		return raw
	}
	return v
}

// parseInteger also takes a float, which it keeps unless it is whole.
func parseInteger(s string) (any, bool) {
	if i, err := strconv.ParseInt(s, 10, 64); err == nil {
		return i, true
	}
	v, ok := parseFloat(s)
	if !ok {
		return nil, false
	}
	const exact = 1 << 53 // up to where a float64 holds every integer
	if f := v.(float64); f == math.Trunc(f) && math.Abs(f) <= exact {
		return int64(f), true
	}
	return v, true
}

// parseFloat takes what JSON can hold: no inf and no nan.
func parseFloat(s string) (any, bool) {
	f, err := strconv.ParseFloat(s, 64)
	if err != nil || math.IsInf(f, 0) || math.IsNaN(f) {
		return nil, false
	}
	return f, true
}

// parseBool takes what Langflow itself takes for a bool, in any case.
func parseBool(s string) (any, bool) {
	switch strings.ToLower(s) {
	case "true", "1", "t", "yes", "y", "on":
		return true, true
	case "false", "0", "f", "no", "n", "off":
		return false, true
	}
	return nil, false
}

// parseObject reads a Python dict; senders that are not Python write JSON.
func parseObject(s string) (any, bool) {
	v, err := pyliteral.Parse(s)
	if err != nil {
		v, err = parseJSON([]byte(s))
	}
	dict, isDict := v.(map[string]any)
	return dict, err == nil && isDict
}

func parseJSON(data []byte) (v any, err error) {
	s, _, _ := shape.Measure(data)
	if err := s.Check(); err != nil {
		return nil, err
	}
	if !json.Valid(data) { // a Decoder stops after the first value
		return nil, strconv.ErrSyntax
	}
	dec := json.NewDecoder(bytes.NewReader(data))
	dec.UseNumber()
	err = dec.Decode(&v)
	return v, err
}
