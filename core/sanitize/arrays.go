package sanitize

import "strings"

// array is a JSON array being written.
type array struct {
	key  keyInfo // what the key of the array says about its elements
	next class   // what the last element says about the next
}

func (e *Encoder) openArray(k keyInfo) array {
	e.depth++
	e.frames = append(e.frames, frame{})
	return array{key: k}
}

func (e *Encoder) closeArray() {
	e.depth--
	e.leave()
}

// openElement returns what is known about element i before it is read.
func (e *Encoder) openElement(a *array, i int) keyInfo {
	k := a.key
	if a.next != classNone {
		k.class, a.next = a.next, classNone
	}
	e.frames[len(e.frames)-1] = frame{index: i, class: k.class}
	return k
}

// closeElement ends an element. Elements cannot be left out: the others would move.
func (e *Encoder) closeElement(dst []byte) []byte {
	e.drop = false
	return dst
}

// after learns from element i of n (n is 0 when unknown), whose text is s: the name in
// ["X-Api-Key", "…"], the flag in ["--password", "…"].
func (a *array) after(e *Encoder, i, n int, s string) {
	if len(s) < 3 || len(s) > 64 {
		return
	}
	flag := s[0] == '-'
	if !flag && (i != 0 || n != 2) || strings.ContainsAny(s, ":= ") {
		return
	}
	c := e.classifyName(s)
	if flag && c == classSoftSecret {
		c = classSecret
	}
	if c.sensitive() {
		a.next = c
	}
}
