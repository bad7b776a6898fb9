package ga4

import (
	"strings"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/internal/placeholder"
)

// tail ends a request after its events.
const tail = "]}"

// appendHead appends a request up to its events: who, with what consent, on what device.
func (s *Sink) appendHead(dst []byte, e core.Sealed) []byte {
	id := s.identityOf(e)
	if s.appStream {
		dst = append(dst, `{"app_instance_id":`...)
	} else {
		dst = append(dst, `{"client_id":`...)
	}
	dst = appendString(dst, id.clientID)
	if id.userID != "" {
		dst = append(dst, `,"user_id":`...)
		dst = appendString(dst, id.userID)
	}
	c := consentOf(e)
	dst = append(dst, `,"consent":{"ad_user_data":"`...)
	dst = append(dst, c.setting(adUserData, s.consent.AdUserData)...)
	dst = append(dst, `","ad_personalization":"`...)
	dst = append(dst, c.setting(adPersonalization, s.consent.AdPersonalization)...)
	dst = append(dst, `"}`...)
	dst = appendDevice(dst, e.Context())
	return append(dst, `,"events":[`...)
}

// deviceCategories are the kinds of device GA4 tells apart among those that contexts name.
var deviceCategories = setOf([]string{"desktop", "mobile", "tablet"})

// appendDevice appends what the context says of the device, or nothing.
func appendDevice(dst []byte, context core.Object) []byte {
	section := func(name string) core.Object {
		v, _ := context.Lookup(name)
		return v.Object()
	}
	os, device, screen := section("os"), section("device"), section("screen")
	category := strings.ToLower(textIn(device, "type"))
	if !deviceCategories[category] {
		category = ""
	}
	resolution := ""
	if width, height := textIn(screen, "width"), textIn(screen, "height"); width != "" && height != "" {
		resolution = width + "x" + height
	}
	open := `,"device":{`
	for _, field := range [...]struct{ name, value string }{
		{"category", category},
		{"language", textIn(context, "locale")},
		{"screen_resolution", resolution},
		{"operating_system", textIn(os, "name")},
		{"operating_system_version", textIn(os, "version")},
		{"model", textIn(device, "model")},
		{"brand", textIn(device, "manufacturer")},
	} {
		if field.value == "" {
			continue
		}
		dst = append(append(append(dst, open...), '"'), field.name...)
		dst = appendString(append(dst, `":`...), field.value)
		open = ","
	}
	if open == "," {
		dst = append(dst, '}')
	}
	return dst
}

// textIn returns a string or number of an object as text that GA4 takes, "" if there is
// none or the sanitiser has replaced it.
func textIn(o core.Object, key string) string {
	v, _ := o.Lookup(key)
	if v.Kind() != core.ValueString && v.Kind() != core.ValueNumber || placeholder.Redacted(v.Text()) {
		return ""
	}
	text, _ := cutText(v.Text(), maxValue)
	return text
}
