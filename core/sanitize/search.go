package sanitize

// hit is a literal found in a text.
type hit struct {
	end int
	id  uint16
}

// search finds the literals in a text, in the order in which they end. The automaton
// walks only where the sieve lets pass that a literal may begin.
type search struct {
	a     *automaton
	s     string
	signs bool // in the text, for which the sieve has to look
	whole bool // the automaton walks over everything, for tests

	i     int      // up to where the text is read
	state uint16   // of the automaton
	from  int      // where what the state stands for begins
	told  int      // up to where literals that end were found
	found []uint16 // those that end at i and are still to be returned
}

func newSearch(a *automaton, s string, has traits) search {
	return search{a: a, s: s, signs: has&traitSign != 0, from: -1}
}

// next returns the next literal, false if there is none.
func (m *search) next() (hit, bool) {
	if len(m.found) == 0 && !m.walk() {
		return hit{}, false
	}
	id := m.found[0]
	m.found = m.found[1:]
	return hit{m.i, id}, true
}

// walk reads on until literals end, and reports whether any does.
func (m *search) walk() bool {
	a, s, i, from, state := m.a, m.s, m.i, m.from, m.state
	for {
		depth := int(a.depth[state])
		if i-depth != from {
			from = i - depth
			// So few bytes are seldom the beginning of anything.
			if depth <= 2 && !m.whole {
				begin := from
				if m.signs {
					begin = a.sieve.nextOrSign(s, from)
				} else {
					begin = a.sieve.next(s, from)
				}
				if begin > from {
					m.told = max(m.told, i)
					i, from, state = begin, begin, 0
				}
			}
		}
		if i >= len(s) {
			m.i = i
			return false
		}
		state = a.next[int(state)<<classShift|int(a.class[s[i]])]
		i++
		if state >= a.first && i > m.told {
			m.i, m.from, m.state, m.found = i, from, state, a.matched[state-a.first]
			return true
		}
	}
}
