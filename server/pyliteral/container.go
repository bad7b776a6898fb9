package pyliteral

// items reads values up to the closing bracket, and reports whether a comma came with
// them, which is what makes a tuple of a single one.
func (r *reader) items(depth int, closing string) (list []any, comma bool, err error) {
	list = []any{}
	for !r.accept(closing) {
		if len(list) > 0 && !comma {
			return nil, false, r.missing(errComma)
		}
		v, err := r.value(depth + 1)
		if err != nil {
			return nil, false, err
		}
		list = append(list, v)
		comma = r.accept(",")
	}
	return list, comma, nil
}

// parenthesised reads a tuple, or a value in parentheses.
func (r *reader) parenthesised(depth int) (any, error) {
	r.pos++
	list, comma, err := r.items(depth, ")")
	if err == nil && len(list) == 1 && !comma {
		return list[0], nil
	}
	return list, err
}

// braced reads a dict or a set: the first colon tells.
func (r *reader) braced(depth int) (any, error) {
	r.pos++
	if r.accept("}") {
		return map[string]any{}, nil
	}
	dict, set := map[string]any{}, []any(nil)
	for {
		key, v, isPair, err := r.member(depth)
		switch {
		case err != nil:
			return nil, err
		case isPair && set != nil, !isPair && len(dict) > 0:
			return nil, errMixed
		case isPair:
			dict[key] = v
		default:
			set = append(set, v)
		}
		comma := r.accept(",")
		if r.accept("}") {
			if set != nil {
				return set, nil
			}
			return dict, nil
		}
		if !comma {
			return nil, r.missing(errComma)
		}
	}
}

// member reads an element of a set, or a key with its value.
func (r *reader) member(depth int) (key string, v any, isPair bool, err error) {
	r.space()
	from := r.pos
	if v, err = r.value(depth + 1); err != nil {
		return "", nil, false, err
	}
	literal := r.text[from:r.pos]
	if !r.accept(":") {
		return "", v, false, nil
	}
	key, isString := v.(string)
	if !isString || literal[0] != '\'' && literal[0] != '"' {
		key = toValid(literal)
	}
	v, err = r.value(depth + 1)
	return key, v, true, err
}

// setCall reads what follows "set(" or "frozenset(": nothing, or one literal with elements.
func (r *reader) setCall(depth int) (any, error) {
	if r.accept(")") {
		return []any{}, nil
	}
	v, err := r.value(depth + 1)
	if err != nil {
		return nil, err
	}
	list, ok := v.([]any)
	if !ok || !r.accept(")") {
		return nil, errLiteral
	}
	return list, nil
}

// missing returns err, or that the text ends, if it does.
func (r *reader) missing(err error) error {
	if r.space(); r.pos == len(r.text) {
		return errEnd
	}
	return err
}
