package sanitize

import (
	"log/slog"
	"time"
)

// maxResolve bounds LogValuers that return LogValuers.
const maxResolve = 16

func (e *Encoder) attrs(dst []byte, o *object, attrs []slog.Attr) []byte {
	for i := range attrs {
		dst = e.attr(dst, o, &attrs[i])
	}
	return dst
}

func (e *Encoder) attr(dst []byte, o *object, a *slog.Attr) []byte {
	v, kind, ok := a.Value, a.Value.Kind(), true
	if kind == slog.KindLogValuer {
		v, ok = resolve(v)
		kind = v.Kind()
	}
	switch {
	case kind == slog.KindAny && a.Key == "" && v.Any() == nil:
		return dst // what slog handlers leave out
	case kind != slog.KindGroup:
	case len(v.Group()) == 0:
		return dst
	case a.Key == "":
		if e.depth >= maxDepth {
			e.found(kindUnscanned, Drop)
			return dst
		}
		e.depth++
		dst = e.attrs(dst, o, v.Group())
		e.depth--
		return dst
	}
	dst, k, open := e.openMember(dst, o, a.Key)
	if !open {
		return dst
	}
	if ok {
		dst = e.slogValue(dst, v, kind, k)
	} else {
		dst = e.unencodable(dst)
	}
	return e.closeMember(dst, o)
}

// resolve is slog.Value.Resolve without the stack trace it puts into the value when
// a LogValuer panics.
func resolve(v slog.Value) (out slog.Value, ok bool) {
	defer func() {
		if recover() != nil {
			ok = false
		}
	}()
	for range maxResolve {
		if v.Kind() != slog.KindLogValuer {
			return v, true
		}
		v = v.LogValuer().LogValue()
	}
	return v, false
}

func (e *Encoder) slogValue(dst []byte, v slog.Value, kind slog.Kind, k keyInfo) []byte {
	switch kind {
	case slog.KindString:
		return e.text(dst, v.String(), k)
	case slog.KindInt64:
		return e.integer(dst, v.Int64(), k)
	case slog.KindUint64:
		return e.unsigned(dst, v.Uint64(), k)
	case slog.KindFloat64:
		return e.float(dst, v.Float64(), 64, k)
	case slog.KindBool:
		return e.boolean(dst, v.Bool(), k)
	case slog.KindDuration:
		return e.duration(dst, v.Duration())
	case slog.KindTime:
		return e.time(dst, v.Time(), k)
	case slog.KindGroup:
		if e.depth >= maxDepth {
			return e.unscanned(dst, 0)
		}
		dst, o := e.openObject(dst)
		o.given.attrs = v.Group()
		dst = e.attrs(dst, &o, v.Group())
		return e.closeObject(dst, &o)
	default:
		return e.value(dst, v.Any(), k)
	}
}

// duration writes "1.5s": it reads the same in every destination, whereas a number
// would need its unit in the name.
func (e *Encoder) duration(dst []byte, d time.Duration) []byte {
	var buf [32]byte
	dst = append(dst, '"')
	dst = append(dst, formatDuration(buf[:], d)...)
	return append(dst, '"')
}

// time writes RFC 3339 in UTC.
func (e *Encoder) time(dst []byte, t time.Time, k keyInfo) []byte {
	if k.class == classBirth {
		return e.replaced(dst, kindBirthDate, "")
	}
	t = t.UTC()
	if y := t.Year(); y < 0 || y > 9999 {
		return e.unencodable(dst) // RFC 3339 has four digits for it
	}
	dst = append(dst, '"')
	dst = t.AppendFormat(dst, time.RFC3339Nano)
	return append(dst, '"')
}
