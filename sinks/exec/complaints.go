package exec

import (
	"bufio"
	"io"
	"log/slog"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core/sanitize"
)

// How much of the program's standard error is logged.
const (
	maxComplaint = 1000 // bytes of a line
	perMinute    = 60   // lines
)

// complaints logs what the program writes to its standard error. It is used by one
// goroutine until that has ended.
type complaints struct {
	logger  *slog.Logger
	cleaner *sanitize.Sanitizer
	since   time.Time // when the minute began
	lines   int       // logged in it
	omitted int       // since the last that was logged
}

func newComplaints(logger *slog.Logger, cleaner *sanitize.Sanitizer) *complaints {
	return &complaints{logger: logger, cleaner: cleaner}
}

func (c *complaints) read(stderr io.Reader) {
	r := bufio.NewReaderSize(stderr, maxComplaint)
	for {
		line, more, err := r.ReadLine()
		if len(line) > 0 {
			c.log(string(line))
		}
		for more && err == nil { // the rest of a long line
			_, more, err = r.ReadLine()
		}
		if err != nil {
			return
		}
	}
}

func (c *complaints) log(line string) {
	if now := time.Now(); now.Sub(c.since) >= time.Minute {
		c.since, c.lines = now, 0
	}
	if c.lines++; c.lines > perMinute {
		c.omitted++
		return
	}
	c.logger.Warn("the program said", "line", c.clean(line))
}

// clean takes out of a line what must not be logged.
func (c *complaints) clean(line string) string {
	enc := c.cleaner.Encoder()
	defer enc.Release()
	quoted := string(enc.AppendField(nil, "message", line))
	return strings.Trim(quoted, `"`)
}

// ended logs how the program ended, and how many lines were not logged.
func (c *complaints) ended(status error) {
	if c.omitted > 0 {
		c.logger.Warn("the program said more than is logged", "lines", c.omitted)
	}
	if status != nil {
		c.logger.Warn("the program ended", "status", status.Error())
	}
}
