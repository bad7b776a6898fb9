// Package placeholder knows the ids that programs send when they have none.
package placeholder

import "strings"

// nobody are in lower case and without quotes. Vendors refuse some of them, and take all
// who have one of the others for one person.
// https://amplitude.com/docs/apis/analytics/http-v2 "Device IDs and User IDs minimum length"
var nobody = map[string]bool{
	"anon": true, "anonymous": true, "nil": true, "none": true, "null": true, "n/a": true, "na": true,
	"undefined": true, "unknown": true, "<nil>": true, "0": true, "-1": true, "true": true, "false": true,
	"[]": true, "{}": true, "guest": true, "nan": true, "lmy47d": true, "not_authenticated": true,
	"[object object]": true, "": true, "00000000-0000-0000-0000-000000000000": true,
}

// Is reports whether an id stands for no one, in quotes or not.
func Is(id string) bool {
	return nobody[strings.ToLower(strings.Trim(strings.TrimSpace(id), `"`))] || Redacted(id)
}

// Redacted reports whether what tells people apart was taken out of an id before the event
// was sealed: what stands in its place is the same for everybody.
func Redacted(id string) bool { return strings.Contains(id, "[redacted") }
