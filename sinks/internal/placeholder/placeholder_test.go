package placeholder

import "testing"

func TestAPlaceholderIsKnownInEveryForm(t *testing.T) {
	for id, want := range map[string]bool{
		"": true, " ": true, "null": true, `"NULL"`: true, " Anonymous ": true, "user-[redacted:email]": true,
		"u1": false, "nullable": false, "10": false, "none@host": false,
	} {
		if Is(id) != want {
			t.Errorf("Is(%q) = %v, want %v", id, !want, want)
		}
	}
}
