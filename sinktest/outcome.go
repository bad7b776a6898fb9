package sinktest

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Delivered is the class that [Outcomes] gives to an event that was delivered.
const Delivered core.Class = ""

// Outcomes returns what an error of Send means for each event of a batch of n: its class, [Delivered] for
// one that was delivered, and the time to wait, if one was asked for.
func Outcomes(err error, n int) (classes []core.Class, waits []time.Duration) {
	classes, waits = make([]core.Class, n), make([]time.Duration, n)
	var partial *core.BatchError
	isPartial := errors.As(err, &partial)
	for i := range n {
		own := err
		if isPartial {
			own = partial.Failed[i]
		}
		if own != nil {
			classes[i], waits[i] = core.Classify(own)
		}
	}
	return classes, waits
}

// Classes is Outcomes without the times to wait.
func Classes(err error, n int) []core.Class {
	classes, _ := Outcomes(err, n)
	return classes
}

// oneOf reports an error that means anything but one of these classes for an event.
func (tr *trial) oneOf(after string, err error, n int, want ...core.Class) bool {
	tr.Helper()
	for i, class := range Classes(err, n) {
		if slices.Contains(want, class) {
			continue
		}
		tr.broken("after %s, %s is %s, want %s; Send returned: %v", after, place(i, n), spell(class), spellAll(want), err)
		return false
	}
	return true
}

func spell(class core.Class) string {
	if class == Delivered {
		return "delivered"
	}
	return "an error of class " + string(class)
}

func spellAll(classes []core.Class) string {
	words := make([]string, len(classes))
	for i, c := range classes {
		words[i] = spell(c)
	}
	return strings.Join(words, " or ")
}

// place names an event by its place in a batch.
func place(i, n int) string { return fmt.Sprintf("event %d of %d", i+1, n) }

func more(n int) string {
	if n <= 0 {
		return ""
	}
	return fmt.Sprintf(" and %d more", n)
}
