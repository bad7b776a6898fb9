package registry

import (
	"fmt"
	"strconv"
	"strings"
)

// ValueError says what an option wanted and what it was given. The two are apart so
// that a value that must not be shown can be left out.
type ValueError struct {
	// Want continues the word "want".
	Want string
	// Got is the value as it was written, in quotes if it needs them.
	Got string
	// Allowed holds the only values allowed, nil if Want is not a choice.
	Allowed []string
}

// Error returns both.
func (e *ValueError) Error() string { return fmt.Sprintf("want %s, got %s", e.Want, e.Got) }

// enumError says that got is not one of allowed.
func enumError(got string, allowed []string) error {
	quoted := make([]string, len(allowed))
	for i, a := range allowed {
		quoted[i] = strconv.Quote(a)
	}
	want := strings.Join(quoted, ", ")
	if n := len(quoted); n > 1 {
		want = strings.Join(quoted[:n-1], ", ") + " or " + quoted[n-1]
	}
	return &ValueError{Want: want, Got: strconv.Quote(got), Allowed: allowed}
}
