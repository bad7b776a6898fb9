// Package spelling finds what somebody meant to write.
package spelling

import (
	"slices"
	"strings"
)

// Nearest returns the candidate that name was probably meant to be, or "".
func Nearest(name string, candidates []string) string {
	const mostRunes = 64 // of what somebody could have mistyped
	normal := normalise(name)
	if len(normal) == 0 || len(normal) > mostRunes {
		return ""
	}
	best, least := "", (len(normal)+2)/3+1
	for _, c := range slices.Sorted(slices.Values(candidates)) {
		if d := distance(normal, normalise(c)); d < least && d < len([]rune(c)) {
			best, least = c, d
		}
	}
	return best
}

// normalise makes maxEvents, max-events and Max_Events near to max_events.
func normalise(name string) []rune {
	return []rune(strings.ReplaceAll(strings.ToLower(name), "-", "_"))
}

// distance is the optimal string alignment distance: how many runes must be
// inserted, deleted, replaced or swapped with their neighbour to get from a to b.
func distance(a, b []rune) int {
	before, last, row := make([]int, len(b)+1), make([]int, len(b)+1), make([]int, len(b)+1)
	for j := range last {
		last[j] = j
	}
	for i := 1; i <= len(a); i++ {
		row[0] = i
		for j := 1; j <= len(b); j++ {
			cost := 1
			if a[i-1] == b[j-1] {
				cost = 0
			}
			row[j] = min(last[j]+1, row[j-1]+1, last[j-1]+cost)
			if i > 1 && j > 1 && a[i-1] == b[j-2] && a[i-2] == b[j-1] {
				row[j] = min(row[j], before[j-2]+1)
			}
		}
		before, last, row = last, row, before
	}
	return last[len(b)]
}
