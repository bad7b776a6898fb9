package core

import (
	"sync/atomic"
	"time"
)

// wallClock writes times that are now: of those in the same second only the fraction differs. Its zero value is ready,
// and serves several goroutines.
type wallClock struct{ latest atomic.Pointer[second] }

// second is the text of one, in UTC.
type second struct {
	unix int64
	text [len("2006-01-02T15:04:05")]byte
}

// appendTime appends t, which is in UTC and has a year of four digits, as [time.RFC3339Nano] has it.
func (c *wallClock) appendTime(dst []byte, t time.Time) []byte {
	s := c.latest.Load()
	if unix := t.Unix(); s == nil || s.unix != unix {
		s = &second{unix: unix}
		t.AppendFormat(s.text[:0], "2006-01-02T15:04:05")
		c.latest.Store(s)
	}
	dst = append(dst, s.text[:]...)
	if rest := t.Nanosecond(); rest > 0 {
		fraction := [10]byte{'.'}
		for i := 9; i > 0; i-- {
			fraction[i] = byte('0' + rest%10)
			rest /= 10
		}
		n := len(fraction)
		for fraction[n-1] == '0' {
			n--
		}
		dst = append(dst, fraction[:n]...)
	}
	return append(dst, 'Z')
}
