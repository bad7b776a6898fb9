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
)

// Parameters that the sink sets itself.
const (
	paramSession    = "session_id"
	paramEngagement = "engagement_time_msec"
	paramMessage    = "message_id"
	paramVersion    = "app_version"
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

// longValues are the parameters that may hold more than others.
var longValues = map[string]int{"page_title": maxPageTitle, "page_referrer": maxReferrer, "page_location": maxLocation}

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
	session := idOf(m.source.SessionID())
	if v, ok := m.source.Context().Lookup(paramSession); ok && session == "" {
		session = idOf(v.Text())
	}
	if v, ok := m.source.Props().Lookup(paramSession); ok && (session == "" || session == v.Text()) {
		if v.Kind() == core.ValueString || v.Kind() == core.ValueNumber {
			session, own[paramSession] = idOf(v.Text()), true
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
			if name, ok := pageParams[key]; ok && m.source.Kind() == core.KindPage {
				original = name
			}
		}
		switch v.Kind() {
		case core.ValueObject:
			m.properties(original+"_", v.Object(), own)
		case core.ValueArray:
			m.array(original, v)
		default:
			m.scalar(original, v.Raw())
		}
	}
}

// scalar adds a string, number or boolean; null means that there is nothing.
func (m *mapper) scalar(original string, raw []byte) {
	switch {
	case raw[0] == 'n':
		return
	case original == "debug_mode": // false would turn it on, too: it goes by whether the key is there
		if text := string(raw); text == "true" || text == "1" || text == `"true"` || text == `"1"` {
			m.add(original, []byte("1"))
		}
		return
	case original == "transaction_id" && string(raw) == `""`: // all purchases with it would count as one
		m.changes.Dropped++
		return
	}
	most := cmp.Or(longValues[original], maxValue)
	value, cut, _ := appendScalar(nil, raw, most)
	m.changes.cut(cut)
	m.add(original, value)
}

// array adds items as what they are, any other array as text.
func (m *mapper) array(original string, v core.Value) {
	var elements []json.RawMessage
	_ = v.Decode(&elements) // sealed, so valid
	if items, ok := itemsOf(elements); ok && original == "items" {
		m.add(original, m.appendItems(nil, items))
		return
	}
	text, cut := cutText(joined(elements), maxValue)
	m.changes.cut(cut)
	m.add(original, appendString(nil, text))
}

func (m *mapper) add(original string, value []byte) {
	name := m.rename(m.sink.params, original, m.taken)
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
			m.add(name, appendString(nil, value))
		}
	}
	app, _ := m.source.Context().Lookup("app")
	fill(paramVersion, textIn(app.Object(), "version"))
	kind, name := m.source.Kind(), m.source.Name()
	if name == kind.String() {
		return
	}
	name, _ = cutText(name, maxValue)
	switch kind {
	case core.KindPage:
		fill("page_title", name)
	case core.KindScreen:
		fill("screen_name", name)
	}
}
