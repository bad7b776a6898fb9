package sanitize

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"strings"
)

// pseudonymPrefix marks HMAC pseudonyms and their version.
const pseudonymPrefix = "p1_"

const pseudonymBytes = 16

// replaced writes what stands for a whole value that is a finding.
func (e *Encoder) replaced(dst []byte, kind, value string) []byte {
	if e.s.policy.action == Drop {
		e.found(kind, Drop)
		e.drop = true // an array keeps the mark
	} else {
		e.found(kind, e.actionFor(kind))
	}
	dst = append(dst, '"')
	dst = e.appendMark(dst, kind, value)
	return append(dst, '"')
}

func (e *Encoder) actionFor(kind string) Action {
	if e.s.policy.action == Hash && !isCredential(kind) {
		return Hash
	}
	return Redact
}

// appendMark appends what stands for value, inside a JSON string.
func (e *Encoder) appendMark(dst []byte, kind, value string) []byte {
	if e.actionFor(kind) == Hash && value != "" {
		return e.appendPseudonym(dst, kind, value)
	}
	dst = append(dst, redactedPrefix...)
	dst = append(dst, kind...)
	return append(dst, ']')
}

const redactedPrefix = "[redacted:"

// appendPseudonym appends the HMAC of the normalised value: the same person gets
// the same pseudonym however the address or number is written, and values of
// different kinds never meet.
func (e *Encoder) appendPseudonym(dst []byte, kind, value string) []byte {
	e.spend(stepsOfHMAC + stepsOfValue*len(value))
	if e.mac == nil {
		e.mac = hmac.New(sha256.New, e.s.policy.hashKey)
	}
	mac := e.mac
	mac.Reset()
	mac.Write([]byte(kind))
	mac.Write([]byte{0})
	mac.Write([]byte(normalise(kind, value)))
	var buf [sha256.Size]byte
	sum := mac.Sum(buf[:0])
	dst = append(dst, pseudonymPrefix...)
	return hex.AppendEncode(dst, sum[:pseudonymBytes])
}

func normalise(kind, value string) string {
	switch kind {
	case kindPhone, kindCard, kindIBAN, kindSSN, kindID, kindIMEI, kindMAC:
		return strings.Map(func(r rune) rune {
			switch {
			case r >= '0' && r <= '9', r >= 'A' && r <= 'Z':
				return r
			case r >= 'a' && r <= 'z':
				return r - 'a' + 'A'
			}
			return -1
		}, value)
	}
	return strings.ToLower(strings.TrimSpace(strings.ReplaceAll(value, "%40", "@")))
}

// isMark reports whether s is what this package put in place of a value.
func isMark(s string) bool {
	if len(s) < 4 {
		return false
	}
	switch {
	case s[0] == '[':
		return markLen(s) == len(s)
	case strings.HasPrefix(s, pseudonymPrefix):
		return pseudonymLen(s) == len(s)
	}
	return false
}

// markLen returns the length of the mark that s starts with, 0 if none.
func markLen(s string) int {
	for _, prefix := range [...]string{redactedPrefix, "[unencodable", "[unscanned:", "[truncated:"} {
		if !strings.HasPrefix(s, prefix) {
			continue
		}
		i := len(prefix)
		for i < len(s) && i < 48 && (s[i] == '_' || s[i] >= 'a' && s[i] <= 'z' || isDigit(s[i])) {
			i++
		}
		if i < len(s) && s[i] == ']' {
			return i + 1
		}
	}
	return 0
}

func pseudonymLen(s string) int {
	const n = len(pseudonymPrefix) + 2*pseudonymBytes
	if len(s) < n || !strings.HasPrefix(s, pseudonymPrefix) {
		return 0
	}
	for i := len(pseudonymPrefix); i < n; i++ {
		if unhex(s[i]) < 0 {
			return 0
		}
	}
	return n
}

func isDigit(c byte) bool { return c-'0' < 10 }
