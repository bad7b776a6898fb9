package ga4

import (
	"cmp"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"slices"
	"strconv"
	"unicode/utf8"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// Parameters that the sink sets itself.
const (
	paramSession    = "session_id"
	paramEngagement = "engagement_time_msec"
	paramMessage    = "message_id"
	paramVersion    = "app_version"
	paramItems      = "items"
)

// param is a parameter in GA4's form.
type param struct {
	name  string
	value []byte // JSON
	rank  int
}

// Which parameters stay when there are too many.
const (
	rankProtocol = iota
	rankPreferred
	rankOther
)

// pageParams are GA4's names for what other tools call the properties of a page.
var pageParams = map[string]string{"url": "page_location", "title": "page_title", "referrer": "page_referrer"}

// appendParams appends the params object of the event.
func (m *mapper) appendParams(dst []byte) []byte {
	own := m.protocolParams()
	m.properties("", m.source.Props(), own)
	m.contextParams()
	slices.SortFunc(m.params, func(a, b param) int {
		return cmp.Or(cmp.Compare(a.rank, b.rank), cmp.Compare(a.name, b.name))
	})
	if len(m.params) > maxParams {
		m.changes.Dropped += uint64(len(m.params) - maxParams)
		m.params = m.params[:maxParams]
	}
	dst = append(dst, '{')
	for i, p := range m.params {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = appendString(dst, p.name)
		dst = append(append(dst, ':'), p.value...)
	}
	return append(dst, '}')
}

// protocolParams adds the parameters that GA4's reports are made from. It returns the
// properties that say the same, by name.
func (m *mapper) protocolParams() (own map[string]bool) {
	own = map[string]bool{}
	add := func(name string, value []byte) {
		m.taken[name] = true
		m.params = append(m.params, param{name, value, rankProtocol})
	}
	session := placeholder.ID(m.source.SessionID())
	if v, ok := m.source.Context().Lookup(paramSession); ok && session == "" {
		session = placeholder.ID(v.Text())
	}
	if v, ok := m.source.Props().Lookup(paramSession); ok && (session == "" || session == v.Text()) {
		if v.Kind() == core.ValueString || v.Kind() == core.ValueNumber {
			session, own[paramSession] = placeholder.ID(v.Text()), true
		}
	}
	m.taken[paramSession] = true // even without a session: the reports make one of whatever has this name
	if session != "" {
		add(paramSession, appendString(nil, sessionID(m.sink.idKey, session)))
	}
	engagement := []byte("1")
	if v, ok := m.source.Props().Lookup(paramEngagement); ok && v.Kind() == core.ValueNumber {
		if f, err := strconv.ParseFloat(v.Text(), 64); err == nil && f >= 1 && f <= maxExact {
			engagement, own[paramEngagement] = strconv.AppendInt(nil, int64(f), 10), true
		}
	}
	add(paramEngagement, engagement)
	add(paramMessage, appendString(nil, messageID(m.source.ID())))
	return own
}

// messageID returns an event's id, or a hash of one that GA4 would cut.
func messageID(id string) string {
	if utf8.RuneCountInString(id) <= maxValue {
		return id
	}
	sum := sha256.Sum256([]byte(id))
	return hex.EncodeToString(sum[:18])
}

// properties adds the members of an object, those of objects in it under joined names.
func (m *mapper) properties(path string, o core.Object, own map[string]bool) {
	for key, v := range o.All() {
		original := path + key
		if path == "" {
			if own[key] {
				continue
			}
			original = m.pageName(key)
		}
		switch v.Kind() {
		case core.ValueObject:
			m.properties(original+"_", v.Object(), own)
		case core.ValueArray:
			m.array(original, v)
		case core.ValueNull: // there is nothing
		default:
			m.scalar(original, v.Raw())
		}
	}
}

// pageName returns what GA4 calls a property, unless the event has that itself.
func (m *mapper) pageName(key string) string {
	name, ok := pageParams[key]
	if !ok || m.source.Kind() != core.KindPage {
		return key
	}
	if v, given := m.source.Props().Lookup(name); given && v.Kind() != core.ValueNull {
		return key
	}
	return name
}

// scalar adds a string, number or boolean. What GA4 does with it goes by the name it gets,
// not by the one it had.
func (m *mapper) scalar(original string, raw []byte) {
	name := m.sink.params.distinct(original, m.taken)
	value, use := known(name, raw)
	switch use {
	case leaveOut:
		delete(m.taken, name)
		return
	case lose:
		delete(m.taken, name)
		m.changes.Dropped++
		return
	case underAnother:
		delete(m.taken, name)
		name = m.sink.params.distinct("x_"+name, m.taken)
		value, _ = known(name, raw)
	}
	m.changes.cut(value.cut)
	m.put(original, name, value.json)
}

// array adds items as what they are, any other array as text.
func (m *mapper) array(original string, v core.Value) {
	var elements []json.RawMessage
	_ = v.Decode(&elements) // sealed, so valid
	if items := itemsOf(elements); len(items) > 0 && m.sink.params.valid(original) == paramItems && !m.taken[paramItems] {
		m.changes.Dropped += uint64(len(elements) - len(items))
		m.taken[paramItems] = true
		m.put(original, paramItems, m.appendItems(nil, items))
		return
	}
	m.scalar(original, appendString(nil, joined(elements)))
}

// put adds a parameter whose name is taken.
func (m *mapper) put(original, name string, value []byte) {
	if name != original {
		m.changes.Renamed++
	}
	rank := rankOther
	if m.sink.preferred[original] || m.sink.preferred[name] {
		rank = rankPreferred
	}
	m.params = append(m.params, param{name, value, rank})
}

// contextParams adds what the context knows, where the properties do not say otherwise.
func (m *mapper) contextParams() {
	fill := func(name, value string) {
		if value != "" && !m.taken[name] {
			m.scalar(name, appendString(nil, value))
		}
	}
	app, _ := m.source.Context().Lookup("app")
	fill(paramVersion, textIn(app.Object(), "version"))
	kind, name := m.source.Kind(), m.source.Name()
	if name == kind.String() {
		return
	}
	switch kind {
	case core.KindPage:
		fill("page_title", name)
	case core.KindScreen:
		fill("screen_name", name)
	}
}
