package sanitize

import (
	"math"
	"unicode/utf8"
)

// What cleaning may take. Work is counted in steps, each about a nanosecond of a processor of
// 2026: by what is looked at and how closely, never by the clock, so that a text has the same
// verdict on every machine. A text for which the steps run out is replaced as a whole: what was
// half looked at is not known to be clean.
const (
	stepsPerByte = 28        // of a text
	freeSteps    = 10_000    // of any text, however short
	reserveSteps = 6_500_000 // of one Append call, for texts that take more than that
)

// budget counts down the steps.
type budget struct {
	left    int // of the text being cleaned; plenty between texts
	reserve int // of the call

	met    [128][4]metName // in this text, those met last first: what is judged again takes less
	round  uint32          // tells names of this text from those of others; 0 in a text in which none is expected twice
	rounds uint32          // so far
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

// affords counts work on the findings from the first one on, and forgets them if there are no steps left for it:
// they count for nothing then.
func (e *Encoder) affords(steps, first int) bool {
	if e.left < steps {
		e.left, e.spans = -1, e.spans[:first]
		return false
	}
	e.left -= steps
	return true
}

// allot begins a text of n bytes.
func (b *budget) allot(n int) {
	b.left = allowance(n) + b.reserve
	if b.round = 0; n >= manyNames {
		if b.rounds++; b.rounds == 0 { // after four thousand million
			clear(b.met[:])
			b.rounds++
		}
		b.round = b.rounds
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
	steps += stepsOfName + stepsOfLetter*len(name)
	for i := range len(name) {
		if name[i] >= utf8.RuneSelf {
			steps += stepsOfFolding
		}
	}
	return verdict{c, steps}, ws
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

// openKey begins the judging of a key of n bytes, which is counted by itself, as what came of it is
// remembered. It may take what is left of the text that it is in, or of the call.
func (e *Encoder) openKey(n int) (was budgetOfText) {
	was = budgetOfText{left: e.left, round: e.round, limit: allowance(n) + e.reserve}
	if e.unwraps > 0 {
		was.limit = max(e.left, 0)
	}
	e.left, e.round = was.limit, 0
	return was
}

// budgetOfText is what judging a key interrupts.
type budgetOfText struct {
	left  int
	round uint32
	limit int // of the key
}

// closeKey ends it and returns the steps.
func (e *Encoder) closeKey(was budgetOfText, n int) (steps int) {
	steps = was.limit - e.left
	e.left, e.round = was.left, was.round
	if over := steps - allowance(n); over > 0 && e.unwraps == 0 {
		e.reserve = max(e.reserve-over, 0)
	}
	return steps
}

// meetKey counts the judging of a key of wrapped JSON.
func (b *budget) meetKey(k *knownKey) {
	if b.left -= stepsOfKnown; b.round == 0 || len(k.text) > maxCachedKeyLen || b.isNew(k.hash) {
		b.left -= k.steps
	}
}

// Steps of what is done often.
const (
	stepsOfText    = 60 // to scan a text
	stepsOfByte    = 4  // of it
	stepsOfCopy    = 1  // to undo the escapes in a byte
	stepsOfEscape  = 10 // to see that an escape is none
	stepsOfJSON    = 10 // to read a byte of wrapped JSON
	stepsOfFinding = 60 // to write a finding
	stepsOfHMAC    = 900
	stepsOfNumber  = 10  // to look at a number
	stepsOfMatch   = 20  // for what it may be
	stepsOfGroup   = 10  // at groups of digits
	stepsOfAddress = 100 // at an address of a network
	stepsOfRun     = 40  // at what may be encoded
	stepsOfNoun    = 90  // at a name
	stepsOfFollow  = 60  // at what follows it
	stepsOfProse   = 120 // in words
	stepsOfAt      = 60
	stepsOfHome    = 240
	stepsOfMachine = 350
	stepsOfAround  = 450  // at what is around something for words
	stepsOfValue   = 6    // to judge a byte of a value
	stepsOfEnd     = 3    // to look for the end of one
	stepsOfName    = 1400 // to read a name
	stepsOfLetter  = 15   // of it
	stepsOfFolding = 80   // of a byte that is not ASCII
	stepsOfWords   = 150  // to judge its words once
	stepsOfPart    = 15   // to try a part of a word
	stepsOfKnown   = 40   // to look up what was judged
)

// verifierSteps are what a verifier takes for a hit, without what it reads further on.
var verifierSteps = [...]uint16{
	verifyNoun: 15, verifyVendor: 25, verifyScheme: 80, verifyAt: 15, verifyQuery: 35, verifyBearer: 70, verifyBasic: 70, verifyPEM: 70, verifyJWT: 35, verifyHome: 20,
	verifyMachine: 20, verifyAzure: 25, verifyUserArg: 70, verifyPath: 50, verifyShortFlag: 70, verifyIdentified: 100, verifyInsert: 100, verifyPgpass: 100, verifyPuTTY: 40,
	verifySuffix: 70, verifyTilde: 70, verifyCommandName: 10, verifyCommand: 100, verifySpelledAt: 100, verifyEntry: 70, verifyNameLine: 100, verifySalt: 160, verifyStdin: 160,
	verifyVault: 70, verifyInputValue: 100, verifyCard: 70, verifyPositional: 120, verifyPostfixMap: 70, verifyBorn: 100,
}
