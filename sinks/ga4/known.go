package ga4

import (
	"bytes"
	"cmp"
	"encoding/json"
	"regexp"
	"strings"
)

// longValues are the parameters that may hold more than others.
var longValues = map[string]int{"page_title": maxPageTitle, "page_referrer": maxReferrer, "page_location": maxLocation}

// numeric are the parameters that GA4 knows as numbers; amounts are those of them that its
// reports add up, where a text is nothing.
// https://github.com/googleanalytics/ga-dev-tools/tree/main/src/components/ga4/EventBuilder
var (
	numeric = setOf([]string{"value", "tax", "shipping", "price", "discount", "quantity", "index", "level", "score"})
	amounts = setOf([]string{"value", "tax", "shipping", "price", "discount", "quantity"})
)

// currencyForm is that of ISO 4217.
var currencyForm = regexp.MustCompile(`^[A-Za-z]{3}$`)

// scalar is a value in GA4's form.
type scalar struct {
	json []byte
	cut  bool // something was lost
}

// use says what to do with a value under the name it would have.
type use int

const (
	send         use = iota
	underAnother     // GA4 takes something else under this name
	leaveOut         // it says nothing
	lose             // it would do harm
)

// known returns a string, number or boolean as GA4 takes it in a parameter of a name.
func known(name string, raw []byte) (scalar, use) {
	switch name {
	case "debug_mode": // false would turn it on, too: it goes by whether the key is there
		switch string(bytes.Trim(raw, `"`)) {
		case "true", "1":
			return scalar{json: []byte("1")}, send
		case "false", "0", "":
			return scalar{}, leaveOut
		}
		return scalar{}, underAnother
	case "transaction_id":
		if string(raw) == `""` { // all purchases with it would count as one
			return scalar{}, lose
		}
	case paramItems:
		return scalar{}, underAnother
	}
	return typed(name, raw)
}

// typed returns a string, number or boolean in the type that GA4 wants for a name, in an
// event or an item of it.
func typed(name string, raw []byte) (s scalar, u use) {
	switch {
	case numeric[name] && raw[0] == '"':
		if text := strings.TrimSpace(unquote(raw)); isNumber(text) {
			raw = []byte(text)
		}
	case name == "currency":
		text := unquote(raw)
		if !currencyForm.MatchString(text) {
			return scalar{}, underAnother
		}
		raw = appendString(nil, strings.ToUpper(text))
	}
	s.json, s.cut, _ = appendScalar(nil, raw, cmp.Or(longValues[name], maxValue))
	if amounts[name] && s.json[0] == '"' {
		return s, underAnother
	}
	return s, send
}

func isNumber(text string) bool {
	return text != "" && (text[0] == '-' || text[0] >= '0' && text[0] <= '9') && json.Valid([]byte(text))
}
