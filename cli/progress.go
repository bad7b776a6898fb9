package cli

import (
	"fmt"
	"io"
	"os"
	"strings"
	"time"

	"golang.org/x/term"
)

// progressEvery is how often the line is drawn anew.
const progressEvery = 200 * time.Millisecond

// progress is one line on a terminal that says how far a stream is. It does nothing
// when standard error is no terminal.
type progress struct {
	to      *os.File // nil: nowhere
	started time.Time
	drawn   time.Time
	size    int64 // bytes in all, 0 if not known
}

func (a *app) newProgress(size int64) *progress {
	p := &progress{started: time.Now(), size: size}
	if !a.quiet {
		p.to = terminal(a.err)
	}
	return p
}

// show draws the line if it is time to.
func (p *progress) show(events int, read int64) {
	now := time.Now()
	if p.to == nil || now.Sub(p.drawn) < progressEvery {
		return
	}
	p.drawn = now
	width, _, err := term.GetSize(int(p.to.Fd()))
	if err != nil || width < 20 {
		width = 80
	}
	text := progressText(events, read, p.size, now.Sub(p.started))
	if len(text) > width-1 {
		text = text[:width-1]
	}
	_, _ = io.WriteString(p.to, "\r"+text+"\x1b[K")
}

// clear removes the line, so that something else can be printed.
func (p *progress) clear() {
	if p.to != nil && !p.drawn.IsZero() {
		_, _ = io.WriteString(p.to, "\r\x1b[K")
		p.drawn = time.Time{}
	}
}

// progressText is the line: a bar, the share, the count, the rate and the time left,
// as far as they are known.
func progressText(events int, read, size int64, since time.Duration) string {
	rate := 0.0
	if since > 0 {
		rate = float64(events) / since.Seconds()
	}
	counts := fmt.Sprintf("%d events  %.0f/s", events, rate)
	if size <= 0 || read <= 0 {
		return fmt.Sprintf("%s  %s", counts, since.Truncate(time.Second))
	}
	const cells = 24
	share := min(float64(read)/float64(size), 1)
	full := int(share * cells)
	left := time.Duration(float64(since) * (1 - share) / share)
	return fmt.Sprintf("[%s%s] %3.0f%%  %s  %s left",
		strings.Repeat("=", full), strings.Repeat(" ", cells-full), 100*share, counts, left.Round(time.Second))
}
