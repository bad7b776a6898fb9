package core

import "fmt"

// Kind says what sort of message an event is. Most are [KindTrack]; the others are
// those of the Segment protocol, which sinks map to what their destination has, or
// decline with [Declined].
type Kind uint8

// The kinds of event, and where each keeps what it has beyond a track event.
const (
	// KindTrack says that something happened.
	KindTrack Kind = iota
	// KindIdentify says who a person is: UserID, and the traits as properties.
	KindIdentify
	// KindPage says that a page was seen: its name, and properties such as url, title and category.
	KindPage
	// KindScreen says that a screen of an app was seen, like KindPage.
	KindScreen
	// KindGroup says that a person belongs to a group: its id as property "groupId", the
	// group's traits as the other properties.
	KindGroup
	// KindAlias says that two ids are one person: UserID, and the other id as property "previousId".
	KindAlias

	kindCount
)

var kindNames = [kindCount]string{"track", "identify", "page", "screen", "group", "alias"}

// String returns the name of the kind, such as "track".
func (k Kind) String() string {
	if k >= kindCount {
		return fmt.Sprintf("Kind(%d)", uint8(k))
	}
	return kindNames[k]
}

// ParseKind returns the kind of a name; "" is [KindTrack].
func ParseKind(name string) (Kind, bool) {
	if name == "" {
		return KindTrack, true
	}
	for k, n := range kindNames {
		if n == name {
			return Kind(k), true
		}
	}
	return 0, false
}
