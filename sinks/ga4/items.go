package ga4

import (
	"encoding/json"
	"maps"
	"slices"
	"strings"
)

// itemParams are the parameters of an item that GA4 knows; of others it takes ten.
// https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference/events#purchase_item
var itemParams = setOf(strings.Fields(`
	item_id item_name affiliation coupon creative_name creative_slot currency discount index
	item_brand item_category item_category2 item_category3 item_category4 item_category5
	item_list_id item_list_name item_variant location_id price promotion_id promotion_name quantity`))

// itemsOf returns those elements of an array that are items: objects with an id or a name.
func itemsOf(elements []json.RawMessage) (items []map[string]json.RawMessage) {
	for _, raw := range elements {
		var item map[string]json.RawMessage
		if raw[0] == '{' && json.Unmarshal(raw, &item) == nil && (isScalar(item["item_id"]) || isScalar(item["item_name"])) {
			items = append(items, item)
		}
	}
	return items
}

func isScalar(raw json.RawMessage) bool {
	return len(raw) > 0 && raw[0] != 'n' && raw[0] != '[' && raw[0] != '{'
}

// appendItems appends items as GA4 takes them.
func (m *mapper) appendItems(dst []byte, items []map[string]json.RawMessage) []byte {
	if len(items) > maxItems {
		m.changes.Dropped += uint64(len(items) - maxItems)
		items = items[:maxItems]
	}
	dst = append(dst, '[')
	for i, item := range items {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = m.appendItem(dst, item)
	}
	return append(dst, ']')
}

func (m *mapper) appendItem(dst []byte, item map[string]json.RawMessage) []byte {
	names, custom, first := map[string]bool{}, 0, true
	dst = append(dst, '{')
	for _, original := range slices.Sorted(maps.Keys(item)) {
		raw := item[original]
		if !isScalar(raw) {
			if raw[0] != 'n' {
				m.changes.Dropped++
			}
			continue
		}
		name := m.sink.params.distinct(original, names)
		value, use := typed(name, raw)
		if use == underAnother {
			delete(names, name)
			name = m.sink.params.distinct("x_"+name, names)
			value, _ = typed(name, raw)
		}
		if !itemParams[name] {
			if custom++; custom > maxItemCustom {
				m.changes.Dropped++
				continue
			}
		}
		if !first {
			dst = append(dst, ',')
		}
		first = false
		if name != original {
			m.changes.Renamed++
		}
		m.changes.cut(value.cut)
		dst = append(append(appendString(dst, name), ':'), value.json...)
	}
	return append(dst, '}')
}
