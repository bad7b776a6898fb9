package sanitize

import "strings"

// traits say which of the passes over a text can find anything in it. Most values of
// most events are short, plain words: one look at their bytes spares them the passes.
type traits uint8

const (
	traitText    traits = 1 << iota // anything that a pass may look at
	traitNumbers                    // enough of what numbers looks at
	traitGroups                     // enough of what hexGroups looks at
	traitRun                        // minRun bytes in a row that runs may look at
	traitWrap                       // what begins an escape, or an odd form of a letter
	traitSign                       // a sign that is a literal by itself
	traitEscape                     // not as it is in JSON, or not ASCII
)

// Each byte adds one in the lanes of what it is. Lanes of 8 bits are added up; those of
// 4 bits only tell whether there was any.
const (
	laneDigit  = 0
	laneColon  = 8
	laneDash   = 16
	laneDot    = 24
	laneUpper  = 32
	laneBreak  = 40 // what ends a run
	laneWrap   = 44
	laneSign   = 48
	laneEscape = 52
)

// Lengths of the shortest findings of their kind.
const (
	minIBAN = 15 // those of Norway
	minMAC  = 14 // 0011.2233.4455
)

// lanes are what a byte adds.
var lanes = func() (t [256]uint64) {
	for i := range t {
		c := byte(i)
		for lane, is := range map[int]bool{
			laneDigit: isDigit(c), laneColon: c == ':', laneDash: c == '-', laneDot: c == '.', laneUpper: c-'A' < 26, laneBreak: alphabets[c]&(setBase64|setWord) == 0,
			laneWrap: wraps[c] != 0, laneSign: strings.IndexByte(signs, c) >= 0, laneEscape: !verbatim[c],
		} {
			if is {
				t[c] |= 1 << lane
			}
		}
	}
	return t
}()

// everyTrait is any of each of the lanes of 4 bits that traits ask for.
const everyTrait = 1<<laneWrap | 1<<laneSign | 1<<laneEscape

// maxCount is how many bytes may be counted in a lane of 8 bits.
const maxCount = 31 * 8

// traitsOf looks at every byte of s once.
func traitsOf(s string) traits {
	if isUUID(s) {
		return 0 // the most frequent of identifiers, in which no pass finds anything
	}
	var digits, colons, dashes, dots, uppers, any uint64
	var t traits
	for rest := s; len(rest) > 0; {
		if t&traitRun != 0 && digits >= 6 && colons >= 2 && any&everyTrait == everyTrait {
			break // the rest of a long text adds nothing
		}
		part := rest[:min(len(rest), maxCount)]
		rest = rest[len(part):]
		sum := uint64(0)
		for len(part) >= 8 {
			n := lanes[part[0]] + lanes[part[1]] + lanes[part[2]] + lanes[part[3]] + lanes[part[4]] + lanes[part[5]] + lanes[part[6]] + lanes[part[7]]
			if n&(0xf<<laneBreak) == 0 {
				t |= traitRun // any run of minRun bytes holds eight that are counted at once
			}
			sum += n
			any |= n
			part = part[8:]
		}
		for i := range len(part) {
			n := lanes[part[i]]
			sum += n
			any |= n
		}
		digits += sum >> laneDigit & 0xff
		colons += sum >> laneColon & 0xff
		dashes += sum >> laneDash & 0xff
		dots += sum >> laneDot & 0xff
		uppers += sum >> laneUpper & 0xff
	}
	if len(s) < minRun {
		t = 0
	}
	t |= traitText
	// An address has four digits and three dots, any other number six digits, but for an
	// IBAN, which may be letters except for one.
	if digits >= 6 || digits >= 4 && dots >= 3 || digits > 0 && uppers >= 2 && len(s) >= minIBAN {
		t |= traitNumbers
	}
	// An IPv6 address has two colons, a MAC address as many, five dashes or two dots.
	if (colons > 0 || digits > 0 && len(s) >= minMAC) && (colons >= 2 || dashes >= 5 || dots >= 2) {
		t |= traitGroups
	}
	if any&(0xf<<laneWrap) != 0 {
		t |= traitWrap
	}
	if any&(0xf<<laneSign) != 0 {
		t |= traitSign
	}
	if any&(0xf<<laneEscape) != 0 {
		t |= traitEscape
	}
	return t
}
