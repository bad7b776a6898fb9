package sanitize

// skip reads a value without writing it. It checks as strictly as value does, and
// needs no stack for nesting however deep.
func (w *walker) skip() error {
	skipper := walker{e: w.e, in: w.in, i: w.i}
	err := skipper.skipValue()
	w.i = skipper.i
	return err
}

// skipValue keeps the open containers in a bit per level: 1 is an object.
func (w *walker) skipValue() error {
	var kinds []bool
	for {
		w.space()
		if w.i >= len(w.in) {
			return errEndsEarly
		}
		opened := false
		switch c := w.in[w.i]; c {
		case '{', '[':
			kinds = append(kinds, c == '{')
			w.i++
			w.space()
			if w.i < len(w.in) && w.in[w.i] == c+2 { // } and ] follow { and [ by two
				break
			}
			opened = true
		default:
			if err := w.skipScalar(); err != nil {
				return err
			}
		}
		if opened {
			if err := w.skipKey(kinds); err != nil {
				return err
			}
			continue
		}
		for {
			if w.space(); len(kinds) == 0 {
				return nil
			}
			if w.i >= len(w.in) {
				return errEndsEarly
			}
			c := w.in[w.i]
			if c == ',' {
				w.i++
				if err := w.skipKey(kinds); err != nil {
					return err
				}
				break
			}
			if want := byte(']'); c != want && !kinds[len(kinds)-1] || kinds[len(kinds)-1] && c != '}' {
				return w.invalid()
			}
			w.i++
			kinds = kinds[:len(kinds)-1]
		}
	}
}

// skipKey reads the key and colon that come next in an object.
func (w *walker) skipKey(kinds []bool) error {
	if !kinds[len(kinds)-1] {
		return nil
	}
	if w.space(); w.i >= len(w.in) || w.in[w.i] != '"' {
		return w.invalid()
	}
	if err := w.skipScalar(); err != nil {
		return err
	}
	if w.space(); w.i >= len(w.in) || w.in[w.i] != ':' {
		return w.invalid()
	}
	w.i++
	return nil
}

func (w *walker) skipScalar() error {
	switch w.in[w.i] {
	case '"':
		mark := len(w.e.scratch)
		_, err := w.str()
		w.e.scratch = w.e.scratch[:mark]
		return err
	case 't':
		return w.expect("true")
	case 'f':
		return w.expect("false")
	case 'n':
		return w.expect("null")
	}
	n := numberLen(w.in[w.i:])
	if n == 0 {
		return w.invalid()
	}
	w.i += n
	return nil
}

// numberLen returns the length of the JSON number that s starts with, 0 if none.
func numberLen(s string) int {
	i := 0
	if i < len(s) && s[i] == '-' {
		i++
	}
	switch {
	case i < len(s) && s[i] == '0':
		i++
	case i < len(s) && s[i] >= '1' && s[i] <= '9':
		i = digitsEnd(s, i)
	default:
		return 0
	}
	if i < len(s) && s[i] == '.' {
		end := digitsEnd(s, i+1)
		if end == i+1 {
			return 0
		}
		i = end
	}
	if i < len(s) && s[i]|0x20 == 'e' {
		j := i + 1
		if j < len(s) && (s[j] == '+' || s[j] == '-') {
			j++
		}
		end := digitsEnd(s, j)
		if end == j {
			return 0
		}
		i = end
	}
	return i
}

func digitsEnd(s string, i int) int {
	for i < len(s) && isDigit(s[i]) {
		i++
	}
	return i
}

func validNumber(s string) bool { return s != "" && numberLen(s) == len(s) }
