package sanitize

// A sieve finds where in a text a literal may begin, so that the automaton need not walk
// over what is between. Two tests that do not wait for each other pass about one
// place of twenty-five in English text, most of them rightly:
//
//   - some literal begins with the three bytes at the place;
//   - some literal has the three bytes behind it, after its first.
//
// Literals of one byte are signs, which a test of their own lets pass where there are any.
type sieve struct {
	class *[256]uint8
	// By the classes of two bytes: in the lower half, a bit for each class modulo 32 of the third
	// byte of a literal that begins with the two; in the upper half, a bit for that of the
	// fourth byte of one that has the two after its first.
	pairs [maxByteClasses * maxByteClasses]uint64
}

const (
	sieveFirst  = 1<<32 - 1
	sieveSecond = sieveFirst << 32
)

func newSieve(class *[256]uint8, lits []literal) *sieve {
	v := &sieve{class: class}
	for _, l := range lits {
		var c [4]int
		for i := range min(len(l.text), len(c)) {
			c[i] = int(class[l.text[i]])
		}
		first, second := &v.pairs[c[0]<<classShift|c[1]], &v.pairs[c[1]<<classShift|c[2]]
		switch len(l.text) {
		case 1:
		case 2:
			*first |= sieveFirst
			for any := range maxByteClasses {
				v.pairs[c[1]<<classShift|any] |= sieveSecond
			}
		case 3:
			*first |= 1 << (c[2] & 31)
			*second |= sieveSecond
		default:
			*first |= 1 << (c[2] & 31)
			*second |= 1 << 32 << (c[3] & 31)
		}
	}
	return v
}

// next returns the first place from i on where a literal may begin, len(s) if there is none.
func (v *sieve) next(s string, i int) int {
	if i+2 > len(s) {
		return len(s)
	}
	last := int(v.class[s[i+1]])
	pair := int(v.class[s[i]])<<classShift | last
	before := uint64(0)
	for j := i + 2; j < len(s); j++ {
		c := int(v.class[s[j]])
		passed := v.pairs[pair&(len(v.pairs)-1)] >> (c & 31)
		if before&(passed>>32)&1 != 0 {
			return j - 3
		}
		before = passed
		pair = last<<classShift | c
		last = c
	}
	// The end is like a byte that is in no literal, which only those pass that end before it.
	passed := v.pairs[pair&(len(v.pairs)-1)]
	if before&(passed>>32)&1 != 0 {
		return len(s) - 3
	}
	if passed&(v.pairs[last<<classShift&(len(v.pairs)-1)]>>32)&1 != 0 {
		return len(s) - 2
	}
	return len(s)
}

// nextOrSign is next for a text with signs, which pass too.
func (v *sieve) nextOrSign(s string, i int) int {
	if i+5 > len(s) {
		return i // not worth a test
	}
	last := int(v.class[s[i+1]])
	pair := int(v.class[s[i]])<<classShift | last
	if isSign(pair >> classShift) {
		return i
	}
	if isSign(last) {
		if v.passes(s, i) {
			return i
		}
		return i + 1
	}
	before := uint64(0)
	for j := i + 2; j < len(s)-2; j++ {
		c := int(v.class[s[j]])
		passed := v.pairs[pair&(len(v.pairs)-1)] >> (c & 31)
		if before&(passed>>32)&1 != 0 {
			return j - 3
		}
		if isSign(c) {
			switch { // what begins in front of it comes first
			case v.passes(s, j-2):
				return j - 2
			case v.passes(s, j-1):
				return j - 1
			}
			return j
		}
		before = passed
		pair = last<<classShift | c
		last = c
	}
	return max(i, len(s)-5)
}

// passes does both tests on the place i, which is not near the end.
func (v *sieve) passes(s string, i int) bool {
	second, third := int(v.class[s[i+1]]), int(v.class[s[i+2]])
	return v.pairs[int(v.class[s[i]])<<classShift|second]>>(third&31)&(v.pairs[second<<classShift|third]>>32>>(v.class[s[i+3]]&31))&1 != 0
}
