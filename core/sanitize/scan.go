package sanitize

// progress is what the verifiers remember of the text being scanned. Without it a
// text that repeats a candidate would be read again from each.
type progress struct {
	covered    int // up to where spans cover it
	identEnd   int // up to where names were looked at
	cookieEnd  int // up to where cookies were
	noAtEnd    int // up to where there is no @ after the last ://
	wordFrom   int // the last value without quotes, whatever became of it
	wordTill   int
	valueEnd   int  // of the last value without quotes
	values     int  // that ended there
	queryEnd   int  // of the last query parameter
	queries    int  // that ended there
	keepErrors bool // only credentials count

	commandIs string // the last command with flags for passwords
	commandAt int    // and where it ends

	machineEnd int // up to where names of machines were looked at

	cardEnd int // up to where a vCard was read

	lastRuns [4]lastRun // of different alphabets
	nextRun  int        // the one to forget
}

// lastRun is where a run of an alphabet was found.
type lastRun struct {
	set        alphabet
	from, till int
}

// maxRepeats bounds how many names are tried on one value. A value with more is
// replaced unseen.
const maxRepeats = 24

// runEnd is run, remembering the last ones.
func (e *Encoder) runEnd(s string, i int, set alphabet) int {
	for _, r := range e.lastRuns {
		if r.set == set && r.from <= i && i < r.till {
			return r.till
		}
	}
	r := &e.lastRuns[e.nextRun]
	for k := range e.lastRuns {
		if e.lastRuns[k].set == set {
			r = &e.lastRuns[k]
		}
	}
	if r.set != set {
		e.nextRun = (e.nextRun + 1) % len(e.lastRuns)
	}
	*r = lastRun{set, i, run(s, i, set)}
	e.spend(stepsOfEnd * (r.till - i))
	return r.till
}

// minText is the length of the shortest finding without a key: a@b.co.
const minText = 6

// scan adds the findings in s, whose traits are given, to e.spans. It takes time linear in len(s).
func (e *Encoder) scan(s string, k keyInfo, has traits) {
	if len(s) < minText || e.s.policy.off || e.spent() {
		return
	}
	e.left -= stepsOfText + len(s)*stepsOfByte
	e.progress = progress{keepErrors: k.class == classError && e.s.policy.errors == keepErrors}
	if k.class == classCookie {
		e.cookies(s, 0, len(s))
	}
	if has&traitText == 0 {
		return
	}
	first := len(e.spans)
	literals := newSearch(e.automaton, s, has)
	for h, ok := literals.next(); ok && !e.spent(); h, ok = literals.next() {
		if h.end > 1 && s[h.end-1] == '@' && s[h.end-2] == '@' {
			e.left -= int(verifierSteps[verifyAt])
			continue // nothing stands in front of this one; there may be many
		}
		e.verify(s, h, k)
	}
	if has&traitNumbers != 0 {
		e.numbers(s, k)
	}
	if has&traitGroups != 0 {
		e.hexGroups(s, k)
	}
	if has&traitRun != 0 || len(e.spans) > first && len(s) >= minRun {
		e.runs(s, k, first)
	}
	if has&traitWrap != 0 && e.unwraps < maxUnwrap {
		e.unwrapEscapes(s, k)
	}
}

// verify looks at a candidate.
func (e *Encoder) verify(s string, h hit, k keyInfo) {
	l := &e.automaton.lits[h.id]
	from := h.end - len(l.text)
	e.left -= int(verifierSteps[l.verify])
	switch l.verify {
	case verifyNoun:
		e.noun(s, from, h.end)
	case verifyVendor:
		e.vendorToken(s, from, h.end, l.vendor)
	case verifyScheme:
		e.userinfo(s, from, h.end)
	case verifyAt:
		e.at(s, from, h.end)
	case verifyQuery:
		e.queryParam(s, h.end)
	case verifyBearer:
		e.bearer(s, h.end)
	case verifyBasic:
		e.basic(s, h.end)
	case verifyPEM:
		e.pem(s, from, h.end)
	case verifyJWT:
		e.jwt(s, from)
	case verifyHome:
		e.home(s, from, h.end, k)
	case verifyMachine:
		e.machine(s, from, h.end)
	case verifyAzure:
		e.azureSecret(s, from)
	case verifyPath:
		e.pathSecret(s, h.end)
	case verifyShortFlag:
		e.shortFlag(s, from, h.end)
	case verifyIdentified:
		e.identified(s, h.end)
	case verifyInsert:
		e.insert(s, from, h.end)
	case verifyPgpass:
		e.pgpass(s, h.end)
	case verifyPuTTY:
		e.putty(s, from)
	case verifySuffix:
		e.suffixed(s, from, h.end)
	case verifyCommandName:
		e.commandName(l.text, h.end)
	case verifyCommand:
		e.command(s, from, h.end)
	case verifySpelledAt:
		e.spelledAt(s, from, h.end)
	case verifyEntry:
		e.entry(s, from, h.end)
	case verifyNameLine:
		e.nameLine(s, from)
	case verifySalt:
		e.salted(s, from)
	case verifyStdin:
		e.piped(s, from)
	case verifyVault:
		e.ansibleVault(s, h.end)
	case verifyInputValue:
		e.inputValue(s, h.end)
	case verifyCard:
		e.vCard(s, h.end)
	case verifyPositional:
		if h.end > e.covered {
			positional[l.text](e, s, h.end)
		}
	case verifyPostfixMap:
		e.postfixMap(s, from, h.end)
	case verifyBorn:
		e.born(s, l.text, from, h.end)
	case verifyTilde:
		e.tilde(s, h.end)
	case verifyUserArg:
		e.userArg(s, h.end)
	}
}
