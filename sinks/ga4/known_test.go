package ga4

import (
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/google/go-cmp/cmp"

	"github.com/headgate-dev/headgate/core"
)

// with returns the parameters of an event with properties, but those of the protocol.
func with(t *testing.T, kind core.Kind, props core.Props) map[string]any {
	t.Helper()
	_, params := onlyEvent(t, newSink(t, Config{}), core.Event{Kind: kind, Name: kind.String(), AnonymousID: "a", Props: props})
	for _, own := range []string{"engagement_time_msec", "message_id", "app_version"} {
		delete(params, own)
	}
	return params
}

func TestWhatGA4KnowsByNameHasTheFormItWants(t *testing.T) {
	type m = map[string]any
	for name, c := range map[string]struct{ props, want m }{
		"numbers":                         {m{"value": 9.99, "quantity": 2, "score": 1}, m{"value": 9.99, "quantity": 2.0, "score": 1.0}},
		"numbers in texts":                {m{"value": "9.99", "tax": " 1 ", "shipping": "0", "price": "-3.5e1", "discount": "2", "quantity": "7", "index": "1", "level": "5", "score": "10"}, m{"value": 9.99, "tax": 1.0, "shipping": 0.0, "price": -35.0, "discount": 2.0, "quantity": 7.0, "index": 1.0, "level": 5.0, "score": 10.0}},
		"texts, in amounts":               {m{"value": "much", "price": "$9", "tax": true, "discount": []any{1, 2}, "quantity": "9007199254740993"}, m{"x_value": "much", "x_price": "$9", "x_tax": "true", "x_discount": "1,2", "x_quantity": "9007199254740993"}},
		"texts, elsewhere":                {m{"level": "hard", "index": "main", "score": "A", "other": "5"}, m{"level": "hard", "index": "main", "score": "A", "other": "5"}},
		"a currency":                      {m{"currency": "usd", "value": 1}, m{"currency": "USD", "value": 1.0}},
		"what is no currency":             {m{"currency": "US Dollar"}, m{"x_currency": "US Dollar"}},
		"what is not even a text":         {m{"currency": 840}, m{"x_currency": 840.0}},
		"both":                            {m{"value": "much", "x_value": "own"}, m{"x_value": "much", "x_value_" + digest("x_value"): "own"}},
		"a nested one":                    {m{"a": m{"value": "1"}}, m{"a_value": "1"}},
		"debug mode, off":                 {m{"debug_mode": false, "debug-mode": "0"}, m{}},
		"debug mode, on":                  {m{"debug mode": true}, m{"debug_mode": 1.0}},
		"debug mode, something else":      {m{"debug_mode": "verbose"}, m{"x_debug_mode": "verbose"}},
		"debug mode, off and on":          {m{"debug-mode": false, "debug_mode": "1"}, m{"debug_mode": 1.0}},
		"no transaction":                  {m{"transaction id": ""}, m{}},
		"a transaction":                   {m{"transaction id": "t-1"}, m{"transaction_id": "t-1"}},
		"items by another name":           {m{"items!": []any{m{"item_id": "a", "price": "9.5", "currency": "eur", "item-name": "n"}}}, m{"items": []any{m{"item_id": "a", "price": 9.5, "currency": "EUR", "item_name": "n"}}}},
		"items with others":               {m{"items": []any{m{"item_id": "a", "price": "free", "quantity": "2"}, 3, m{"q": 1}}}, m{"items": []any{m{"item_id": "a", "x_price": "free", "quantity": 2.0}}}},
		"a number of items":               {m{"items": 3}, m{"x_items": 3.0}},
		"a list of what has no id at all": {m{"items": []any{"a", "b"}}, m{"x_items": "a,b"}},
		"items twice":                     {m{"items": []any{m{"item_id": "a"}}, "items!": []any{m{"item_id": "b"}}}, m{"items": []any{m{"item_id": "a"}}, "items_" + digest("items!"): `{"item_id":"b"}`}},
	} {
		if diff := cmp.Diff(c.want, with(t, core.KindTrack, c.props)); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}

func TestTheNameThatIsSentDecidesHowLongAValueMayBe(t *testing.T) {
	long := strings.Repeat("a long word ", 100)
	for name, c := range map[string]struct {
		kind  core.Kind
		props core.Props
		want  map[string]int // characters
	}{
		"their own names":        {core.KindTrack, core.Props{"page_location": long, "page_title": long, "page_referrer": long}, map[string]int{"page_location": 1000, "page_title": 300, "page_referrer": 420}},
		"names that become them": {core.KindTrack, core.Props{"page location": long, "page": map[string]any{"title": long}}, map[string]int{"page_location": 1000, "page_title": 300}},
		"a page":                 {core.KindPage, core.Props{"url": long, "title": long, "referrer": long}, map[string]int{"page_location": 1000, "page_title": 300, "page_referrer": 420}},
		"a page with both":       {core.KindPage, core.Props{"url": long, "page_location": long}, map[string]int{"page_location": 1000, "url": 100}},
		"names that are taken":   {core.KindTrack, core.Props{"page": map[string]any{"location": long}, "page_location": long}, map[string]int{"page_location": 1000, "page_location_" + digest("page_location"): 100}},
		"any other":              {core.KindTrack, core.Props{"url": long}, map[string]int{"url": 100}},
	} {
		got := map[string]int{}
		for key, value := range with(t, c.kind, c.props) {
			got[key] = utf8.RuneCountInString(value.(string))
		}
		if diff := cmp.Diff(c.want, got); diff != "" {
			t.Errorf("%s: -want +got\n%s", name, diff)
		}
	}
}
