package spelling

import "testing"

func TestTheNearestNameIsWhatWasMeant(t *testing.T) {
	keys := []string{"measurement_id", "api_secret", "events", "batch", "url", "max_events", "max_bytes", "type", "when"}
	for name, want := range map[string]string{
		"mesurement_id": "measurement_id", "MeasurementID": "measurement_id", "measurement-id": "measurement_id",
		"api_secert": "api_secret", "evnets": "events", "event": "events", "bacth": "batch", "URL": "url", "ulr": "url",
		"maxEvents": "max_events", "max_evnts": "max_events", "typ": "type",
		"": "", "x": "", "colour": "", "something_else": "", "secret": "",
	} {
		if got := Nearest(name, keys); got != want {
			t.Errorf("Nearest(%q) = %q, want %q", name, got, want)
		}
	}
}

func TestDistanceCountsASwapOnce(t *testing.T) {
	for _, c := range []struct {
		a, b string
		want int
	}{
		{"", "", 0}, {"a", "", 1}, {"", "ab", 2}, {"abc", "abc", 0}, {"abc", "acb", 1}, {"abc", "ab", 1}, {"ab", "abc", 1},
		{"abc", "xbc", 1}, {"ca", "abc", 3}, {"kitten", "sitting", 3}, {"é", "e", 1},
	} {
		if got := distance([]rune(c.a), []rune(c.b)); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.a, c.b, got, c.want)
		}
		if got := distance([]rune(c.b), []rune(c.a)); got != c.want {
			t.Errorf("distance(%q, %q) = %d, want %d", c.b, c.a, got, c.want)
		}
	}
}
