package corpus

import (
	"bytes"
	"fmt"
	"io"
)

// A Score counts over rows what a sanitiser made of them.
type Score struct {
	All, Credentials, PII, Policy Share // secrets removed
	Benign                        Share // changed though nothing is in it
	Dirty, Clean                  Share // events without a leak, events as they were
	MustKeep, ShouldKeep, Context Share // what must be left in events, and in values
	Idempotent                    Share

	Failures []Failure
}

// A Share is so many of so many.
type Share struct{ Is, Of int }

func (s *Share) add(ok bool) {
	s.Of++
	if ok {
		s.Is++
	}
}

// Percent is 100 if there are none.
func (s Share) Percent() float64 {
	if s.Of == 0 {
		return 100
	}
	return 100 * float64(s.Is) / float64(s.Of)
}

func (s Share) String() string { return fmt.Sprintf("%6.2f %% %5d/%d", s.Percent(), s.Is, s.Of) }

// A Failure is a row that came out wrong.
type Failure struct {
	Row     *Row
	Why     string
	Out     []byte
	Verdict Verdict
}

// Add judges the outputs of a row, and of the output when it is sanitised again.
func (s *Score) Add(r *Row, out, again []byte) {
	v := Judge(r, out)
	fail := func(why string) { s.Failures = append(s.Failures, Failure{r, why, out, v}) }
	s.Idempotent.add(bytes.Equal(out, again))
	if !bytes.Equal(out, again) {
		fail("not idempotent: " + string(again))
	}
	if r.Event != nil {
		s.event(r, v, fail)
		return
	}
	if !r.Sensitive {
		s.Benign.add(v.Changed)
		if v.Changed {
			fail("changed")
		}
		return
	}
	ok := len(v.Leaked) == 0
	if r.Tier != "must" {
		s.Policy.add(ok)
		return
	}
	s.All.add(ok)
	if r.Cat == "credential" {
		s.Credentials.add(ok)
	} else {
		s.PII.add(ok)
	}
	if !ok {
		fail("leak")
	}
	if len(r.Keep) > 0 {
		s.Context.add(len(v.Lost) == 0)
		if len(v.Lost) > 0 {
			fail("context lost")
		}
	}
}

func (s *Score) event(r *Row, v Verdict, fail func(string)) {
	if r.Clean {
		s.Clean.add(!v.Changed)
		if v.Changed {
			fail("clean event changed")
		}
	} else {
		s.Dirty.add(len(v.Leaked) == 0)
		if len(v.Leaked) > 0 {
			fail("event leaks")
		}
	}
	s.MustKeep.Is, s.MustKeep.Of = s.MustKeep.Is+len(r.MustKeep)-len(v.Lost), s.MustKeep.Of+len(r.MustKeep)
	s.ShouldKeep.Is, s.ShouldKeep.Of = s.ShouldKeep.Is+len(r.ShouldKeep)-len(v.Missed), s.ShouldKeep.Of+len(r.ShouldKeep)
	if len(v.Lost) > 0 {
		fail("event lost")
	}
}

// Write writes the score as a table.
func (s *Score) Write(w io.Writer) {
	for _, line := range []struct {
		name  string
		share Share
	}{
		{"secrets removed", s.All}, {"  credentials", s.Credentials}, {"  personal data", s.PII}, {"  by policy only", s.Policy},
		{"benign values changed", s.Benign}, {"dirty events without a leak", s.Dirty}, {"clean events untouched", s.Clean},
		{"kept in events (must)", s.MustKeep}, {"kept in events (should)", s.ShouldKeep}, {"context kept in values", s.Context},
		{"same when done twice", s.Idempotent},
	} {
		if line.share.Of > 0 {
			fmt.Fprintf(w, "  %-28s %s\n", line.name, line.share)
		}
	}
}
