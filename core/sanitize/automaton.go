package sanitize

import "sync"

// An automaton finds all literals of the table in one pass over a text
// (Aho-Corasick), as a dense table: a lookup per byte, no branches but the match.
// Case is folded and the bytes of other scripts share few columns, so that a match
// is only a candidate: its verifier looks at the text again.
type automaton struct {
	next    []uint16   // state<<classShift | class → state
	class   [256]uint8 // of a byte
	matched [][]uint16 // literals by state - firstMatch
	first   uint16     // states from here on match
	depth   []uint8    // of a state: how many bytes of a literal it stands for
	lits    []literal
	sieve   *sieve
}

const (
	classShift     = 6
	maxByteClasses = 1 << classShift
)

// firstSign is the class of the first of signs, whose classes follow each other.
const firstSign = 5

// isSign reports whether a class is that of a sign.
func isSign(class int) bool { return uint(class-firstSign) < uint(len(signs)) }

// scanner is built with the first Encoder, not when the program starts: one in which tracking is off
// never needs it.
var scanner = sync.OnceValue(func() *automaton { return newAutomaton(literals()) })

// literal is a text the automaton looks for.
type literal struct {
	text   string
	verify verifier
	vendor *vendor // of a token
}

type verifier uint8

const (
	verifyNoun        verifier = iota // a word that may name a secret
	verifyVendor                      // the start of a vendor's token
	verifyScheme                      // ://
	verifyAt                          // @ or %40
	verifyQuery                       // ? & ; before a query parameter
	verifyBearer                      // an authentication scheme
	verifyBasic                       //
	verifyPEM                         // -----BEGIN
	verifyJWT                         // eyJ
	verifyHome                        // a directory that holds home directories
	verifyMachine                     // part of a personal machine's name
	verifyAzure                       // Q~ within an Azure client secret
	verifyUserArg                     // curl -u
	verifyPath                        // a word in front of a secret in a URL path
	verifyShortFlag                   // -p of a command that takes a password
	verifyIdentified                  // SQL: identified by
	verifyInsert                      // SQL: insert … values
	verifyPgpass                      // host:5432:database:name:password
	verifyPuTTY                       // a private key in PuTTY's format
	verifySuffix                      // the end of a New Relic key
	verifyTilde                       // ~name/
	verifyCommandName                 // a command whose flags may hold a password
	verifyCommand                     // LOGIN and AUTH of protocols
	verifySpelledAt                   // jane [at] example.com
	verifyEntry                       // cn: and sn: of a directory entry
	verifyNameLine                    // N:Roe;Jane;;;
	verifySalt                        // crypt('…', gen_salt(
	verifyStdin                       // a command that reads a password from another
	verifyVault                       // a file of Ansible Vault
	verifyInputValue                  // what a validator says it got
	verifyCard                        // a vCard
	verifyPositional                  // a command or call that takes a password by its place
	verifyPostfixMap                  // a password in the configuration of Postfix
	verifyBorn                        // what stands before a day of birth
)

// node is a state while the automaton is built.
type node struct {
	next [maxByteClasses]uint16 // by class; 0, which is the root, if there is none
	fail uint16
	out  []uint16
}

func newAutomaton(lits []literal) *automaton {
	a := &automaton{lits: lits}
	a.assignClasses(lits)
	most := 1
	for _, l := range lits {
		most += len(l.text)
	}
	nodes := make([]node, 1, most)
	for id, l := range lits {
		at := uint16(0)
		for i := 0; i < len(l.text); i++ {
			to := &nodes[at].next[a.class[l.text[i]]]
			if *to == 0 {
				*to = uint16(len(nodes))
				nodes = append(nodes, node{})
			}
			at = *to
		}
		nodes[at].out = append(nodes[at].out, uint16(id))
	}
	order := a.link(nodes)
	a.flatten(nodes, order)
	a.sieve = newSieve(&a.class, lits)
	return a
}

func (a *automaton) assignClasses(lits []literal) {
	n := uint8(firstSign) // 0: in no literal; 1 to 4: of other scripts
	for i := range len(signs) {
		a.class[signs[i]] = n
		n++
	}
	for c := 0x80; c < 0x100; c++ {
		a.class[c] = 1 + uint8(c&3)
	}
	for _, l := range lits {
		for i := 0; i < len(l.text); i++ {
			if c := lower(l.text[i]); c < 0x80 && a.class[c] == 0 {
				if n == maxByteClasses {
					panic("sanitize: too many different bytes in the literals")
				}
				a.class[c] = n
				n++
			}
		}
	}
	for c := byte('A'); c <= 'Z'; c++ {
		a.class[c] = a.class[lower(c)]
	}
}

// link sets the failure links and outputs, and returns the nodes breadth first.
func (a *automaton) link(nodes []node) []uint16 {
	order := make([]uint16, 1, len(nodes))
	for i := 0; i < len(order); i++ {
		at := order[i]
		for c, to := range nodes[at].next {
			if to == 0 {
				continue
			}
			order = append(order, to)
			if at == 0 {
				continue
			}
			f := nodes[at].fail
			for f != 0 && nodes[f].next[c] == 0 {
				f = nodes[f].fail
			}
			nodes[to].fail = nodes[f].next[c]
			nodes[to].out = append(nodes[to].out, nodes[nodes[to].fail].out...)
		}
	}
	return order
}

// flatten numbers the states so that those that match come last.
func (a *automaton) flatten(nodes []node, order []uint16) {
	number := make([]uint16, len(nodes))
	n := 0
	for _, at := range order {
		if len(nodes[at].out) == 0 {
			number[at] = uint16(n)
			n++
		}
	}
	a.first = uint16(n)
	for _, at := range order {
		if len(nodes[at].out) > 0 {
			number[at] = uint16(n)
			a.matched = append(a.matched, nodes[at].out)
			n++
		}
	}
	a.next, a.depth = make([]uint16, n<<classShift), make([]uint8, n)
	for _, at := range order {
		row := int(number[at]) << classShift
		for c, to := range nodes[at].next {
			if to != 0 {
				a.next[row|c] = number[to]
				a.depth[number[to]] = a.depth[number[at]] + 1
			} else if at != 0 {
				a.next[row|c] = a.next[int(number[nodes[at].fail])<<classShift|c]
			}
		}
	}
}

func lower(c byte) byte {
	if c-'A' < 26 {
		return c + 'a' - 'A'
	}
	return c
}
