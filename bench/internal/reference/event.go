// Package reference is the event that every subject of the comparison reports: a name, a
// user and eight properties of mixed types.
package reference

import (
	"fmt"
	"strconv"
	"strings"
)

// What every event has.
const (
	Name      = "flow_run"
	UserID    = "user-4711-of-the-comparison"
	Seconds   = 45.25
	Success   = true
	Tokens    = 7410
	Model     = "gpt-4o-mini"
	Component = "OpenAIEmbeddings"
	Note      = "The run read twelve pages, wrote a summary of three short paragraphs and answered two questions that came later, one of them twice"
	Flow      = "0b8babf3-7d26-4ec6-9200-023000532978"
)

// The property that tells events apart is a mark: the prefix, which nothing else in a request has, and the
// event's number. It is text in every encoding, so that the sink can find it without parsing.
const (
	MarkKey    = "run"
	MarkPrefix = "mark-"
	markDigits = 8
	MarkSize   = len(MarkPrefix) + markDigits
	MaxEvents  = 100_000_000
)

// Marks are the marks of events 0 to n-1, made before anything is measured.
type Marks struct{ all string }

// NewMarks makes n marks.
func NewMarks(n int) Marks {
	var b strings.Builder
	b.Grow(n * MarkSize)
	for i := range n {
		b.WriteString(MarkPrefix)
		fmt.Fprintf(&b, "%0*d", markDigits, i)
	}
	return Marks{b.String()}
}

// At returns the mark of an event. It allocates nothing.
func (m Marks) At(n int) string { return m.all[n*MarkSize : (n+1)*MarkSize] }

// Parse returns the number in what follows a prefix, and reports whether there is one.
func Parse(digits []byte) (n int, ok bool) {
	if len(digits) < markDigits {
		return 0, false
	}
	for _, c := range digits[:markDigits] {
		if c < '0' || c > '9' {
			return 0, false
		}
		n = n*10 + int(c-'0')
	}
	return n, true
}

// Props returns the properties of an event as a map, which most SDKs ask for.
func Props(mark string) map[string]any {
	return map[string]any{
		MarkKey: mark, "seconds": Seconds, "success": Success, "tokens": Tokens,
		"model": Model, "component": Component, "note": Note, "flow": Flow,
	}
}

// AppendProps appends the properties as JSON.
func AppendProps(b []byte, mark string) []byte {
	b = append(b, `{"run":"`...)
	b = append(b, mark...)
	b = append(b, `","seconds":`...)
	b = strconv.AppendFloat(b, Seconds, 'f', -1, 64)
	b = append(b, `,"success":true,"tokens":`...)
	b = strconv.AppendInt(b, Tokens, 10)
	return append(b, `,"model":"`+Model+`","component":"`+Component+`","note":"`+Note+`","flow":"`+Flow+`"}`...)
}

// AppendEvent appends an event as JSON in the form that POST /v1/events takes.
func AppendEvent(b []byte, mark string) []byte {
	b = append(b, `{"name":"`+Name+`","time":"2026-11-21T12:00:00.123456789Z","user_id":"`+UserID+`","properties":`...)
	return append(AppendProps(b, mark), '}')
}
