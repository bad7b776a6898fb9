package ga4

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// nameRules say which names GA4 takes: ASCII letters, digits and underscores, a letter
// first, at most max characters, not reserved. A reserved event is dropped in silence.
type nameRules struct {
	max      int
	reserved map[string]bool // lower case
}

// reservedPrefixes are Google's own; "_" and "gtag." cannot come out of the rules.
var reservedPrefixes = []string{"ga_", "google_", "firebase_", "gtag_"}

// reservedEvents are the event names of every stream that Google keeps to itself.
// https://developers.google.com/analytics/devguides/collection/protocol/ga4/reference?client_type=gtag#reserved_names
var reservedEvents = strings.Fields(`
	ad_activeview ad_click ad_exposure ad_query ad_reward adunit_exposure app_clear_data app_exception
	app_install app_remove app_store_refund app_update app_upgrade dynamic_link_app_open
	dynamic_link_app_update dynamic_link_first_open error firebase_campaign
	firebase_in_app_message_action firebase_in_app_message_dismiss
	firebase_in_app_message_impression first_open first_visit notification_dismiss
	notification_foreground notification_open notification_receive notification_send os_update
	session_start user_engagement`)

// reservedAppEvents are reserved in app streams besides.
var reservedAppEvents = []string{"ad_impression", "in_app_purchase", "screen_view"}

func eventRules(appStream bool) nameRules {
	rules := nameRules{max: maxName, reserved: setOf(reservedEvents)}
	if appStream {
		for _, name := range reservedAppEvents {
			rules.reserved[name] = true
		}
	}
	return rules
}

// webEvents are those that Google's tag reports from a web stream by itself, and that Google's
// Help Center calls reserved there. The Measurement Protocol takes them.
// https://support.google.com/analytics/answer/13316687
var webEvents = setOf(strings.Fields(`
	app_store_subscription_cancel app_store_subscription_renew click file_download form_start form_submit
	page_view scroll view_complete video_progress video_start view_search_results`))

// changedName says what becomes of an event's name that GA4 does not take, or takes for
// something else.
func changedName(c Config, prefix, name string) string {
	appStream := c.FirebaseAppID != ""
	sent := eventRules(appStream).valid(prefix + name)
	switch {
	case !appStream && webEvents[sent]:
		return fmt.Sprintf("is counted as %q, which Google's tag reports from web streams by itself", sent)
	case sent != prefix+name:
		return fmt.Sprintf("is sent as %q: GA4 does not take that name", sent)
	}
	return ""
}

func paramRules() nameRules {
	return nameRules{max: maxName, reserved: setOf([]string{"firebase_conversion"})}
}

func setOf(names []string) map[string]bool {
	set := make(map[string]bool, len(names))
	for _, name := range names {
		set[name] = true
	}
	return set
}

// valid returns the name under which original is sent: itself if GA4 takes it.
func (r nameRules) valid(original string) string {
	name := strings.Trim(collapse(original), "_")
	switch {
	case name == "":
		return "x_" + digest(original)
	case !isLetter(name[0]), r.isReserved(name):
		name = "x_" + name
	}
	if len(name) > r.max {
		return r.marked(name, original)
	}
	return name
}

func (r nameRules) isReserved(name string) bool {
	name = strings.ToLower(name)
	for _, prefix := range reservedPrefixes {
		if strings.HasPrefix(name, prefix) {
			return true
		}
	}
	return r.reserved[name]
}

// marked returns name, cut if need be, with a hash of what it stands for.
func (r nameRules) marked(name, original string) string {
	const mark = 1 + digestLength
	return name[:min(len(name), r.max-mark)] + "_" + digest(original)
}

// distinct is valid for a name that must not be among taken, to which it is added.
func (r nameRules) distinct(original string, taken map[string]bool) string {
	name := r.valid(original)
	for n := 1; taken[name]; n++ {
		salted := original
		if n > 1 { // {"a":{"b":1},"a_b":2} has one original twice
			salted += "\x00" + strconv.Itoa(n)
		}
		name = r.marked(r.valid(original), salted)
	}
	taken[name] = true
	return name
}

// collapse replaces each run of characters that no name may have by one underscore.
func collapse(s string) string {
	var b strings.Builder
	inRun := false
	for i := range len(s) {
		if c := s[i]; isLetter(c) || '0' <= c && c <= '9' || c == '_' {
			b.WriteByte(c)
			inRun = false
		} else if !inRun {
			b.WriteByte('_')
			inRun = true
		}
	}
	return b.String()
}

func isLetter(c byte) bool { return 'a' <= c|0x20 && c|0x20 <= 'z' }

const digestLength = 8

// digest returns the first hexadecimal digits of the SHA-256 of s.
func digest(s string) string {
	sum := sha256.Sum256([]byte(s))
	return hex.EncodeToString(sum[:digestLength/2])
}
