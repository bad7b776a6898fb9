package core

import (
	"encoding/binary"
	"encoding/json"
	"fmt"
	"log/slog"
	"math"
	"strings"
	"sync/atomic"
	"time"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core/consent"
	"github.com/headgate-dev/headgate/core/sanitize"
)

const (
	maxName  = 256     // bytes of a name
	maxIdent = 256     // bytes of an id
	maxEvent = 1 << 20 // bytes of a sealed event
)

// draft is an event on its way into a record: its properties are given in one of these forms, or as attributes beside it.
type draft struct {
	id, name                    string
	kind                        Kind
	time                        time.Time
	timeText                    string // of time, if that is how it is written in a record
	userID, anonymousID, sessID string

	props      map[string]any
	raw        []byte // a JSON object
	context    map[string]any
	rawContext []byte // a JSON object

	schema     *Schema
	unlinkable bool
	decision   consent.Decision
}

// newDraft returns the draft of an event, and what its person has said, in a header or
// in the event's own context.
func newDraft(e Event) (draft, consent.Signals) {
	said := e.Consent
	if _, inContext := e.Context["consent"]; inContext {
		said = said.Merge(consent.FromContext(e.Context))
	}
	return draft{
		id: e.ID, name: e.Name, kind: e.Kind, time: e.Time, userID: e.UserID, anonymousID: e.AnonymousID, sessID: e.SessionID,
		props: e.Props, context: e.Context, unlinkable: e.Unlinkable, schema: e.Schema,
	}, said
}

// Seal returns an event as the sinks of a configuration would get it, as if nobody had
// refused anything: for the tests of sinks. A zero ID and Time are filled in.
func Seal(cfg Config, e Event) (Sealed, error) {
	sanitizer, err := sanitize.New(cfg.Privacy)
	if err != nil {
		return Sealed{}, err
	}
	enc := sanitizer.Encoder()
	defer enc.Release()
	dr, _ := newDraft(e)
	if err := dr.check(); err != nil {
		return Sealed{}, err
	}
	dr.decision = consent.Decision{Collect: true, Network: true, ThirdParty: true}
	sealer := newSealer(cfg.App, false, sanitizer)
	sealer.credentials = NewCredentials(cfg.Credentials...)
	rec, err := sealer.appendRecord(nil, enc, &dr, nil, time.Now())
	if err != nil {
		return Sealed{}, err
	}
	return openRecord(rec)
}

// sealer sanitises and encodes events into records, each in one pass.
type sealer struct {
	sanitizer   *sanitize.Sanitizer
	ids         idClock
	clock       wallClock
	app         []byte        // context.app, nil if there is no app
	ci          bool          // events have context.ci
	sealed      atomic.Uint64 // records made, for the test that there is one per event
	credentials *Credentials  // of the configuration, which no event may have
	declared    *declared     // nil: what a schema says is not heeded

	installation func() string // who an event is about that names nobody; nil: nobody
}

func newSealer(app App, ci bool, s *sanitize.Sanitizer) *sealer {
	seal := &sealer{sanitizer: s, ci: ci}
	if app != (App{}) {
		seal.app, _ = json.Marshal(struct { // strings cannot fail
			Name    string `json:"name,omitempty"`
			Version string `json:"version,omitempty"`
		}{app.Name, app.Version})
	}
	return seal
}

// check refuses what could not be reported under its own name.
func (d *draft) check() error {
	switch {
	case d.name == "":
		return fmt.Errorf("%w: name is empty", ErrInvalidEvent)
	case len(d.name) > maxName:
		return fmt.Errorf("%w: name is longer than %d bytes", ErrInvalidEvent, maxName)
	case !utf8.ValidString(d.name):
		return fmt.Errorf("%w: name is not valid UTF-8", ErrInvalidEvent)
	case strings.ContainsFunc(d.name, isControl):
		return fmt.Errorf("%w: name has a control character", ErrInvalidEvent)
	case d.kind >= kindCount:
		return fmt.Errorf("%w: its kind is not known", ErrInvalidEvent)
	}
	for _, field := range [...]struct{ key, value string }{
		{"id", d.id}, {"user_id", d.userID}, {"anonymous_id", d.anonymousID}, {"session_id", d.sessID},
	} {
		if len(field.value) > maxIdent {
			return fmt.Errorf("%w: %s is longer than %d bytes", ErrInvalidEvent, field.key, maxIdent)
		}
	}
	return nil
}

// unlink takes out of an event that is to be unlinkable what links it to others, and returns the time
// of its acceptance. Its id it keeps until it is sealed, so that it is taken once.
func (d *draft) unlink(now time.Time) time.Time {
	if !d.unlinkable {
		return now
	}
	d.userID, d.anonymousID, d.sessID = "", "", ""
	d.time, d.timeText = clampTime(d.time, now).Truncate(time.Hour), ""
	if d.kind == KindAlias { // which is nothing but a link
		d.props, d.raw = nil, nil
	}
	return now.Truncate(time.Hour)
}

// isControl reports C0, DEL, C1, line separators and what reorders text.
func isControl(r rune) bool {
	switch {
	case r < 0x20, r >= 0x7f && r < 0xa0:
		return true
	case r == 0x2028, r == 0x2029, r >= 0x202a && r <= 0x202e, r >= 0x2066 && r <= 0x2069:
		return true
	}
	return false
}

// appendRecord appends the sealed form of d, accepted at now.
func (s *sealer) appendRecord(dst []byte, enc *sanitize.Encoder, d *draft, attrs []slog.Attr, now time.Time) ([]byte, error) {
	s.sealed.Add(1)
	now = d.unlink(now)
	s.forgetNobody(d)
	at := clampTime(d.time, now)
	w := recordWriter{start: len(dst), buf: dst}
	w.header(d, at, now)
	s.id(&w, enc, d, now)
	w.ident(enc, fieldName, "name", d.name)
	if d.kind != KindTrack {
		w.open(fieldKind)
		w.buf = append(append(append(w.buf, '"'), d.kind.String()...), '"')
		w.closeShort(fieldKind)
	}
	w.open(fieldTime)
	w.buf = append(w.buf, '"')
	switch {
	case d.time.IsZero():
		w.buf = s.clock.appendTime(w.buf, at)
	case d.timeText != "" && at.Equal(d.time):
		w.buf = append(w.buf, d.timeText...)
	default:
		w.buf = at.AppendFormat(w.buf, time.RFC3339Nano)
	}
	w.buf = append(w.buf, '"')
	w.closeShort(fieldTime)
	s.person(&w, enc, d)
	w.ident(enc, fieldSessionID, "session_id", d.sessID)
	before := len(enc.Findings())
	if err := w.props(enc, d, attrs, s.declared); err != nil {
		return dst, err
	}
	before = placeFindings(enc, before, "properties.")
	if err := s.context(&w, enc, d); err != nil {
		return dst, err
	}
	placeFindings(enc, before, "context.")
	w.buf = append(w.buf, '}')
	s.withoutCredentials(&w)
	if len(w.buf)-w.start > maxEvent {
		return dst, fmt.Errorf("%w: it is larger than %d bytes", ErrInvalidEvent, maxEvent)
	}
	return w.buf, nil
}

// withoutCredentials takes the credentials of the configuration out of a record that is complete.
func (s *sealer) withoutCredentials(w *recordWriter) {
	if s.credentials == nil {
		return
	}
	if _, _, _, found := s.credentials.next(view(w.buf[w.start:]), recordHeaderSize); !found {
		return
	}
	if sealed, err := openRecord(w.buf[w.start:]); err == nil {
		w.buf = append(w.buf[:w.start], s.credentials.scrub(sealed).rec...)
	}
}

// placeFindings says in which object of the event the findings since before were made,
// if they are recorded, and returns how many there are now.
func placeFindings(enc *sanitize.Encoder, before int, object string) (now int) {
	findings := enc.Findings()
	for i := range findings[before:] {
		findings[before+i].Path = object + findings[before+i].Path
	}
	return len(findings)
}

// id writes the id of the event, a new one if it has none. An id in which the
// sanitiser finds something is replaced, too: cleaned, it might equal that of another event.
func (s *sealer) id(w *recordWriter, enc *sanitize.Encoder, d *draft, now time.Time) {
	w.open(fieldID)
	if d.unlinkable {
		w.buf = append(append(append(w.buf, '"'), newRandomID()...), '"')
		w.closeShort(fieldID)
		return
	}
	if d.id != "" {
		w.buf = enc.AppendField(w.buf, "id", d.id)
	}
	if d.id == "" || unquote(w.buf[w.from:]) != d.id {
		w.buf = append(w.buf[:w.from], '"')
		w.buf = s.ids.appendID(w.buf, now)
		w.buf = append(w.buf, '"')
	}
	w.closeShort(fieldID)
}

// context writes the event's own context, and after it what that does not say of the app.
func (s *sealer) context(w *recordWriter, enc *sanitize.Encoder, d *draft) (err error) {
	before := len(w.buf)
	w.open(fieldContext)
	switch {
	case d.rawContext != nil:
		if w.buf, err = enc.AppendObject(w.buf, d.rawContext); err != nil {
			return fmt.Errorf("%w: context: %w", ErrInvalidEvent, err)
		}
	case len(d.context) > 0:
		w.buf = enc.AppendMap(w.buf, d.context)
	default:
		w.buf = append(w.buf, "{}"...)
	}
	app, ci := s.app != nil, s.ci
	for key, _, rest, ok := nextMember(w.buf[w.from:]); ok; key, _, rest, ok = nextMember(rest) {
		app = app && string(key) != `"app"`
		ci = ci && string(key) != `"ci"`
	}
	if app {
		w.member(`"app":`, s.app)
	}
	if ci {
		w.member(`"ci":`, []byte("true"))
	}
	if len(w.buf)-w.from == len("{}") {
		w.buf = w.buf[:before]
		return nil
	}
	w.closeLong(fieldContext)
	return nil
}

// member adds a member to the object just written.
func (w *recordWriter) member(key string, value []byte) {
	w.buf = w.buf[:len(w.buf)-1]
	if w.buf[len(w.buf)-1] != '{' {
		w.buf = append(w.buf, ',')
	}
	w.buf = append(append(append(w.buf, key...), value...), '}')
}

// clampTime keeps a time that a record can hold: now for the zero time, and for
// one before 1678 or after 2261.
func clampTime(t, now time.Time) time.Time {
	if sec := t.Unix(); sec < firstSecond || sec >= lastSecond {
		return now.UTC()
	}
	return t.UTC()
}

var (
	firstSecond = time.Date(1678, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
	lastSecond  = time.Date(2262, 1, 1, 0, 0, 0, 0, time.UTC).Unix()
)

// recordWriter lays a record out, see [Sealed].
type recordWriter struct {
	buf   []byte
	start int // of the record in buf
	from  int // of the field being written
}

func (w *recordWriter) header(d *draft, at, now time.Time) {
	var head [recordHeaderSize]byte
	head[0], head[atKind] = recordVersion, byte(d.kind)
	if !d.decision.ThirdParty {
		head[atFlags] |= flagNoThirdParty
	}
	if !d.decision.Network {
		head[atFlags] |= flagLocalOnly
	}
	binary.LittleEndian.PutUint64(head[atTime:], uint64(at.UnixNano()))
	binary.LittleEndian.PutUint64(head[atReceived:], uint64(now.UnixNano()))
	binary.LittleEndian.PutUint16(head[atBucket:], personBucket(d))
	w.buf = append(w.buf, head[:]...)
	refused := len(w.buf)
	for i, category := range d.decision.Refused {
		if i > 0 {
			w.buf = append(w.buf, ',')
		}
		w.buf = append(w.buf, category...)
	}
	if n := len(w.buf) - refused; n <= math.MaxUint8 {
		w.buf[w.start+atRefused] = byte(n)
	} else { // too much to remember: nothing leaves the machine
		w.buf = w.buf[:refused]
		w.buf[w.start+atFlags] |= flagLocalOnly | flagNoThirdParty
	}
}

func (w *recordWriter) open(f int) {
	w.buf = append(w.buf, fieldKeys[f]...)
	w.from = len(w.buf)
}

func (w *recordWriter) closeShort(f int) {
	binary.LittleEndian.PutUint16(w.buf[w.start+atShort+2*f:], uint16(len(w.buf)-w.from))
}

func (w *recordWriter) closeLong(f int) {
	binary.LittleEndian.PutUint32(w.buf[w.start+atLong+4*(f-fieldProps):], uint32(len(w.buf)-w.from))
}

// ident writes an identity field, or nothing if it is empty.
func (w *recordWriter) ident(enc *sanitize.Encoder, f int, key, value string) {
	if value == "" {
		return
	}
	w.open(f)
	w.buf = enc.AppendField(w.buf, key, value)
	w.closeShort(f)
}

func (w *recordWriter) props(enc *sanitize.Encoder, d *draft, attrs []slog.Attr, known *declared) (err error) {
	raw := d.raw
	if d.schema != nil && raw == nil && len(d.props) > 0 && known != nil {
		raw, _ = compactObject(d.props)
	}
	switch {
	case d.schema != nil && raw != nil && known != nil:
		w.open(fieldProps)
		if w.buf, err = known.appendDeclared(w.buf, enc, d.schema, raw); err != nil {
			return fmt.Errorf("%w: properties: %w", ErrInvalidEvent, err)
		}
	case d.raw != nil:
		w.open(fieldProps)
		if w.buf, err = enc.AppendObject(w.buf, d.raw); err != nil {
			return fmt.Errorf("%w: properties: %w", ErrInvalidEvent, err)
		}
	case len(attrs) > 0:
		w.open(fieldProps)
		w.buf = enc.AppendAttrs(w.buf, attrs)
	case len(d.props) > 0:
		w.open(fieldProps)
		w.buf = enc.AppendMap(w.buf, d.props)
	default:
		return nil
	}
	w.closeLong(fieldProps)
	return nil
}
