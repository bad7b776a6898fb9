package sanitize

import (
	"errors"
	"fmt"
	"hash/maphash"
	"sync"
)

// Options configure a Sanitizer. The zero value is the standard policy.
type Options struct {
	// Mode is "standard" (the default), "strict" (only AllowKeys pass) or "off".
	Mode string
	// Action is what happens to a finding: "redact" (the default), "hash" (HMAC with HashKey) or "drop".
	//
	// Credentials are redacted under "hash" too: a pseudonym of a secret helps
	// nobody. "drop" removes the member when the finding is its whole value; inside
	// a longer text, and in arrays, it redacts.
	Action string
	// HashKey is the key of Action "hash", at least 32 bytes. It is not printed.
	HashKey []byte `json:"-"`
	// AllowKeys are exact keys whose values are never touched.
	AllowKeys []string
	// DenyKeys are further keys whose values are always treated as sensitive. They
	// match whatever their spelling: api-key, apiKey and API_KEY are one. They win
	// over AllowKeys.
	DenyKeys []string
	// ErrorMessages is "scrub" (the default: scanned like any text), "drop" (removed)
	// or "keep" (personal data stays, credentials are redacted all the same).
	ErrorMessages string
	// MaxBytes bounds the output of one Append call, 1 MiB when zero. Members beyond
	// it are left out.
	MaxBytes int
}

// Format prints the options without the key.
func (o Options) Format(f fmt.State, verb rune) {
	type plain Options // without this method
	o.HashKey = nil
	fmt.Fprintf(f, fmt.FormatString(f, verb), plain(o))
}

// Limits of one Append call. They bound time and memory whatever the input.
const (
	maxDepth       = 32       // containers within containers
	maxMembers     = 1024     // object members, at all depths together
	maxString      = 64 << 10 // bytes of a string
	maxKey         = 1 << 10  // bytes of a key
	maxUnwrap      = 4        // text in text in text
	defaultMaxSize = 1 << 20
	minHashKey     = 32
)

// Sanitizer holds a compiled policy. It is immutable and safe for concurrent use.
type Sanitizer struct {
	policy policy
	pool   sync.Pool
	seen   seen
	tally  *Tally // nil: findings are not counted
}

// New compiles a policy.
func New(o Options) (*Sanitizer, error) {
	p, err := compile(o)
	if err != nil {
		return nil, fmt.Errorf("sanitize: %w", err)
	}
	s := &Sanitizer{policy: p, seen: seen{seed: maphash.MakeSeed()}}
	s.pool.New = func() any {
		return &Encoder{s: s, automaton: scanner(), keys: make(map[string]*knownKey), paths: make(map[string]verdict), names: make(map[string]verdict), budget: budget{left: plenty}}
	}
	return s, nil
}

// Encoder returns an encoder from a pool; give it back with Release.
func (s *Sanitizer) Encoder() *Encoder { return s.pool.Get().(*Encoder) }

// policy is what Options say, ready for use.
type policy struct {
	off, strict   bool
	action        Action
	errors        errorAction
	hashKey       []byte
	allow         map[string]bool
	deny          map[string]bool // by their folded words
	maxBytes      int
	hasExceptions bool
}

type errorAction uint8

const (
	scrubErrors errorAction = iota
	dropErrors
	keepErrors
)

func compile(o Options) (policy, error) {
	p := policy{maxBytes: o.MaxBytes}
	if p.maxBytes <= 0 {
		p.maxBytes = defaultMaxSize
	}
	switch o.Mode {
	case "", "standard":
	case "strict":
		p.strict = true
	case "off":
		p.off = true
	default:
		return p, fmt.Errorf("mode %q is not standard, strict or off", o.Mode)
	}
	switch o.Action {
	case "", "redact":
		p.action = Redact
	case "hash":
		p.action = Hash
		if len(o.HashKey) < minHashKey {
			return p, errors.New("action hash needs a hash key of at least 32 bytes")
		}
		p.hashKey = append([]byte(nil), o.HashKey...)
	case "drop":
		p.action = Drop
	default:
		return p, fmt.Errorf("action %q is not redact, hash or drop", o.Action)
	}
	switch o.ErrorMessages {
	case "", "scrub":
	case "drop":
		p.errors = dropErrors
	case "keep":
		p.errors = keepErrors
	default:
		return p, fmt.Errorf("error messages %q is not scrub, drop or keep", o.ErrorMessages)
	}
	p.allow, p.deny = make(map[string]bool), make(map[string]bool)
	for _, k := range o.AllowKeys {
		p.allow[k] = true
	}
	for _, k := range o.DenyKeys {
		p.deny[foldedKey(k)] = true
	}
	p.hasExceptions = len(p.allow)+len(p.deny) > 0
	return p, nil
}
