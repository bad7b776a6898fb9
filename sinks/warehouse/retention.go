package warehouse

import (
	"errors"
	"strconv"
	"strings"
	"time"
)

const (
	day = 24 * time.Hour

	// minRetention keeps a slip of the pen from emptying the table.
	minRetention = time.Hour
	maxRetention = 36500 * day
)

// parseRetention reads a number of days such as "90d", or a duration such as "36h".
// Zero stands for no bound.
func parseRetention(text string) (time.Duration, error) {
	if text == "" {
		return 0, nil
	}
	keep, err := time.ParseDuration(text)
	if digits, inDays := strings.CutSuffix(text, "d"); inDays {
		var n uint64
		n, err = strconv.ParseUint(digits, 10, 16)
		keep = time.Duration(n) * day
	}
	if err != nil || keep < minRetention || keep > maxRetention {
		return 0, errors.New("want days such as 90d, or a duration such as 36h, of an hour to 36500d")
	}
	return keep, nil
}
