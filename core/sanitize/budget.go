package sanitize

import "math"

// What cleaning may take. Work is counted in steps, each about a nanosecond of a processor of
// 2026: by what is looked at and how closely, never by the clock, so that a text has the same
// verdict on every machine. A text for which the steps run out is replaced as a whole: what was
// half looked at is not known to be clean.
const (
	stepsPerByte = 32        // of a text
	freeSteps    = 20_000    // of any text, however short
	reserveSteps = 6_000_000 // of one Append call, for texts that take more than that
)

// budget counts down the steps.
type budget struct {
	left    int // of the text being cleaned; plenty between texts
	reserve int // of the call

	met   [128][4]metName // in this text, those met last first: what is judged again takes less
	round uint32          // sets the names of one text apart from those of others; 0 where none are expected twice
}

const (
	// plenty is for what is no text of an event.
	plenty = math.MaxInt
	// manyNames is the length of a text in which the same names are expected again.
	manyNames = 2 << 10
)

// allowance is what n bytes may take without the spare steps of the call.
func allowance(n int) int { return n*stepsPerByte + freeSteps }

// spend counts work.
func (b *budget) spend(steps int) { b.left -= steps }

// spent reports whether the steps of the text have run out.
func (b *budget) spent() bool { return b.left < 0 }

// allot begins a text of n bytes.
func (b *budget) allot(n int) {
	b.left = allowance(n) + b.reserve
	if n < manyNames {
		b.round = 0
	} else if b.round += 0x9e3779b1; b.round == 0 {
		b.round++
	}
}

// settle ends it, and reports whether there were steps enough.
func (b *budget) settle() bool {
	left := b.left
	b.left = plenty
	b.reserve = max(min(b.reserve, left), 0)
	return left >= 0
}

// withinOwn reports whether the text did without the spare steps of the call so far.
func (b *budget) withinOwn() bool { return b.left >= b.reserve }

// meet counts the judging of a name, which takes its steps when it is new to the text.
func (b *budget) meet(name string, steps int) {
	if b.left -= stepsOfKnown + len(name); b.round == 0 || len(name) > maxCachedKeyLen || b.isNew(fnv1a(name)) {
		b.left -= steps
	}
}

// verdict is what a name was judged to say, and what that took.
type verdict struct {
	class class
	steps int
}

// verdictOn judges a name in its spelling.
func verdictOn(name string) (verdict, []string) {
	ws := words(name)
	c, steps := judge(ws)
	return verdict{c, steps + stepsOfName + stepsOfLetter*len(name)}, ws
}

// metName is where one was met last.
type metName struct{ hash, round uint32 }

// isNew reports whether a name was not met in this text, or forgotten. What is forgotten depends on
// the text alone.
func (b *budget) isNew(hash uint32) bool {
	slot, name := &b.met[hash*0x9e3779b1>>25], metName{hash, b.round}
	for i, known := range slot {
		if known == name {
			copy(slot[1:i+1], slot[:i])
			slot[0] = name
			return false
		}
	}
	copy(slot[1:], slot[:])
	slot[0] = name
	return true
}

// finds is finds of a text whose steps are counted.
func (e *Encoder) finds(c class, v string, m manner) bool {
	e.left -= stepsOfValue*len(v) + stepsOfKnown
	return finds(c, v, m)
}

// meetKey counts the judging of a key of wrapped JSON.
func (b *budget) meetKey(k *knownKey) {
	if b.left -= stepsOfKnown; b.round == 0 || len(k.text) > maxCachedKeyLen || b.isNew(k.hash) {
		b.left -= k.steps
	}
}

// Steps of what is done often.
const (
	stepsOfText    = 60 // to begin a scan
	stepsOfSearch  = 2  // to search a byte for literals
	stepsOfPass    = 1  // to pass over a byte once more
	stepsOfCopy    = 2  // to undo the escapes in a byte
	stepsOfJSON    = 10 // to read a byte of wrapped JSON
	stepsOfFinding = 40 // to write a finding
	stepsOfHMAC    = 600
	stepsOfNumber  = 20
	stepsOfGroup   = 12
	stepsOfRun     = 20
	stepsOfName    = 300 // to read a name
	stepsOfLetter  = 12  // of it
	stepsOfWords   = 150 // to judge its words once
	stepsOfPart    = 15  // to try a part of a word
	stepsOfKnown   = 20
	stepsOfNoun    = 140 // to look at what follows a name
	stepsOfAt      = 50
	stepsOfHome    = 120
	stepsOfMachine = 250
	stepsOfEscape  = 7 // to see that an escape is none
	stepsOfValue   = 4 // to judge a byte of a value
	stepsOfAround  = 400
)

// verifierSteps are what a verifier takes for a hit, without what it reads further on.
var verifierSteps = [...]uint16{
	verifyNoun: 10, verifyVendor: 15, verifyScheme: 40, verifyAt: 10, verifyQuery: 20, verifyBearer: 40, verifyBasic: 40, verifyPEM: 40, verifyJWT: 20, verifyHome: 10,
	verifyMachine: 10, verifyAzure: 15, verifyUserArg: 40, verifyPath: 30, verifyShortFlag: 40, verifyIdentified: 60, verifyInsert: 60, verifyPgpass: 60, verifyPuTTY: 20,
	verifySuffix: 40, verifyTilde: 40, verifyCommandName: 5, verifyCommand: 60, verifySpelledAt: 60, verifyEntry: 40, verifyNameLine: 60, verifySalt: 100, verifyStdin: 100,
	verifyVault: 40, verifyInputValue: 60, verifyCard: 40, verifyPositional: 60, verifyPostfixMap: 40, verifyBorn: 60,
}
