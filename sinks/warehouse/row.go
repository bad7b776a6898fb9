package warehouse

import (
	"bytes"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"strings"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// SchemaVersion is the version of the layout of a row.
const SchemaVersion = 1

// Row is one event as it is stored. Its strings are valid UTF-8 without NUL, its times UTC.
// Empty strings of optional columns are stored as NULL.
type Row struct {
	// ID is the identity of the event, at most 256 bytes.
	ID string
	// Endpoint is the name of the event, at most 256 bytes.
	Endpoint string
	// Payload holds the properties of the event: a compact JSON object, valid UTF-8 without
	// NUL, also none that is escaped.
	Payload []byte
	// Time is when the event happened, as its sender says; from 1678 to 2261.
	Time time.Time
	// Received is when headgate accepted the event: the same on every attempt.
	Received time.Time
	// Kind is the sort of message: track, identify, page, screen, group or alias.
	Kind string
	// UserID, AnonymousID and SessionID say whom the event is about; each may be "".
	UserID, AnonymousID, SessionID string
	// AppName and AppVersion are those of the context, "" if it does not say.
	AppName, AppVersion string
	// Context holds the context of the event, in the form of Payload; {} if it has none.
	Context []byte
	// SchemaVersion is [SchemaVersion].
	SchemaVersion int
}

// RowOf makes the row of an event. Payload and Context belong to the event.
func RowOf(event core.Sealed) Row {
	context := event.Context()
	row := Row{
		ID:            text(event.ID()),
		Endpoint:      text(event.Name()),
		Payload:       withoutNUL(event.Props().Raw()),
		Time:          event.Time(),
		Received:      event.Received(),
		Kind:          event.Kind().String(),
		UserID:        text(event.UserID()),
		AnonymousID:   text(event.AnonymousID()),
		SessionID:     text(event.SessionID()),
		Context:       withoutNUL(context.Raw()),
		SchemaVersion: SchemaVersion,
	}
	if app, ok := context.Lookup("app"); ok {
		row.AppName, row.AppVersion = member(app, "name"), member(app, "version")
	}
	return row
}

// member returns a string in an object, "" for anything else.
func member(object core.Value, key string) string {
	if v, ok := object.Object().Lookup(key); ok && v.Kind() == core.ValueString {
		return text(v.Text())
	}
	return ""
}

// JSON returns the row as an object, its columns as members in their order. It does not
// check Payload and Context.
func (r *Row) JSON() ([]byte, error) {
	var b bytes.Buffer
	e := json.NewEncoder(&b)
	e.SetEscapeHTML(false)
	for i, column := range Columns() {
		b.WriteString(map[bool]string{true: `{"`, false: `,"`}[i == 0] + column.Name + `":`)
		if raw, ok := column.Value(r).([]byte); ok {
			b.Write(raw)
			continue
		}
		if err := e.Encode(column.Value(r)); err != nil {
			return nil, err
		}
		b.Truncate(b.Len() - 1) // the line end
	}
	b.WriteByte('}')
	return b.Bytes(), nil
}

// text replaces NUL, which no engine but SQLite stores.
func text(s string) string { return strings.ReplaceAll(s, "\x00", "\ufffd") }

// withoutNUL replaces \u0000 in JSON, which Postgres refuses and SQLite cuts strings at.
// The result is the object itself unless there is something to replace.
func withoutNUL(object []byte) []byte {
	const nul, instead = `\u0000`, `\ufffd`
	if !bytes.Contains(object, []byte(nul)) {
		return object
	}
	object = bytes.Clone(object)
	for i := 0; i < len(object); i++ {
		if object[i] != '\\' {
			continue
		}
		if bytes.HasPrefix(object[i:], []byte(nul)) {
			copy(object[i:], instead)
		}
		i++ // what a backslash escapes, be it another one
	}
	return object
}

// batchID makes the identity of a batch: a UUID of version 8 (RFC 9562) that holds a hash.
func batchID(seed string, rows []Row) string {
	h := sha256.New()
	h.Write([]byte(seed))
	var at [8]byte
	for i := range rows {
		binary.BigEndian.PutUint64(at[:], uint64(rows[i].Received.UnixNano()))
		h.Write([]byte{0})
		h.Write([]byte(rows[i].ID))
		h.Write([]byte{0})
		h.Write(at[:])
	}
	sum := h.Sum(nil)[:16]
	sum[6] = sum[6]&0x0f | 0x80
	sum[8] = sum[8]&0x3f | 0x80
	id := hex.EncodeToString(sum)
	return id[:8] + "-" + id[8:12] + "-" + id[12:16] + "-" + id[16:20] + "-" + id[20:]
}
