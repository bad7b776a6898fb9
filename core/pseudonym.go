package core

import (
	"bytes"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
)

// A pseudonym is an HMAC of a normalised value, never a plain hash, which anybody could
// undo who can list the values: addresses, phone numbers, IP addresses. The seal makes it with
// the configured key, the same for all sinks. A sink may get another one, made of that with a
// key of its own, so that two companies cannot join what they have by it.
const (
	pseudonymPrefix = "p1_"
	pseudonymDigits = 32 // hexadecimal, of the 16 bytes that are kept
)

// minHashKey is the least length of a key: as much as the hash has.
// https://www.rfc-editor.org/rfc/rfc2104#section-3
const minHashKey = 32

// sinkKey derives the key of one sink.
func sinkKey(key []byte, sink string) []byte { return keyed(key, "headgate/sink/v1", sink) }

// keyed returns the HMAC of a value of a class.
func keyed(key []byte, class, value string) []byte {
	mac := hmac.New(sha256.New, key)
	mac.Write([]byte(class))
	mac.Write([]byte{0})
	mac.Write([]byte(value))
	return mac.Sum(nil)
}

// appendPseudonym appends the pseudonym of a value of a class.
func appendPseudonym(dst, key []byte, class, value string) []byte {
	dst = append(dst, pseudonymPrefix...)
	return hex.AppendEncode(dst, keyed(key, class, value)[:pseudonymDigits/2])
}

// isPseudonym reports whether text is one and nothing else.
func isPseudonym(text []byte) bool {
	if len(text) != len(pseudonymPrefix)+pseudonymDigits || !bytes.HasPrefix(text, []byte(pseudonymPrefix)) {
		return false
	}
	for _, c := range text[len(pseudonymPrefix):] {
		if (c < '0' || c > '9') && (c < 'a' || c > 'f') {
			return false
		}
	}
	return true
}

// ownPseudonyms returns text with every pseudonym of the seal replaced by that of a sink, which is
// as long. The result is text itself if there is none.
func ownPseudonyms(text, key []byte) []byte {
	const n = len(pseudonymPrefix) + pseudonymDigits
	var out []byte
	for from := 0; ; {
		i := bytes.Index(text[from:], []byte(pseudonymPrefix))
		if i < 0 || from+i+n > len(text) {
			break
		}
		i += from
		if !isPseudonym(text[i : i+n]) {
			from = i + 1
			continue
		}
		if out == nil {
			out = bytes.Clone(text)
		}
		copy(out[i:], appendPseudonym(nil, key, "pseudonym", string(text[i:i+n])))
		from = i + n
	}
	if out == nil {
		return text
	}
	return out
}
