package ga4

import (
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
)

// The values of GA4's consent settings, in the only spelling it documents.
const (
	granted = "GRANTED"
	denied  = "DENIED"
)

// The settings, and the wider category that stands for both.
const (
	adUserData        = "ad_user_data"
	adPersonalization = "ad_personalization"
	advertising       = "advertising"
)

// said is what is known about consent: category to whether it was given.
type said map[string]bool

// consentOf returns what the person of an event has said, in context.consent.
func consentOf(e core.Sealed) said {
	s := said{}
	if v, ok := e.Context().Lookup("consent"); ok {
		s.read(v.Object())
	}
	return s
}

func (s said) read(o core.Object) {
	for name, v := range o.All() {
		category := consent.Category(name)
		if category == "categorypreferences" {
			s.read(v.Object())
			continue
		}
		yes := v.Kind() == core.ValueBool && v.Text() == "true" || v.Kind() == core.ValueString && strings.EqualFold(v.Text(), granted)
		before, known := s[category]
		s[category] = yes && (before || !known)
	}
}

// setting returns what to send for a setting, given what the option says of it. Whoever
// refuses wins; nobody's word is a refusal.
func (s said) setting(name string, option *string) string {
	preset := ""
	if option != nil {
		preset = *option
	}
	own, ownKnown := s[name]
	wide, wideKnown := s[advertising]
	switch {
	case ownKnown && !own, wideKnown && !wide, strings.EqualFold(preset, denied):
		return denied
	case own, wide, strings.EqualFold(preset, granted):
		return granted
	default:
		return denied
	}
}
