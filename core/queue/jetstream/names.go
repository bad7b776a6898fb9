package jetstream

import (
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"strconv"
	"strings"
)

// maxName is the longest name of a consumer; nats-server takes 255 bytes (JSMaxNameLen).
const maxName = 120

// subjects are where the messages of a stream are published:
//
//	headgate.STREAM.all.INSTANCE.EPOCH   for every sink; an instance is a process
//	headgate.STREAM.to.CONSUMER          for one sink, what was left of a message
type subjects struct{ prefix string }

func subjectsOf(stream string) subjects { return subjects{prefix: "headgate." + stream} }

func (s subjects) stream() string { return s.prefix + ".>" }
func (s subjects) all() string    { return s.prefix + ".all.>" }

// of returns where a process publishes. It begins an epoch when it withdraws what it published before.
func (s subjects) of(instance string, epoch uint64) string {
	return s.prefix + ".all." + instance + "." + strconv.FormatUint(epoch, 10)
}

func (s subjects) to(consumer string) string { return s.prefix + ".to." + consumer }

// epoch returns the epoch of a subject of an instance; ok is false for those of others.
func (s subjects) epoch(subject, instance string) (epoch uint64, ok bool) {
	tail, ok := strings.CutPrefix(subject, s.prefix+".all."+instance+".")
	if !ok {
		return 0, false
	}
	epoch, err := strconv.ParseUint(tail, 10, 64)
	return epoch, err == nil
}

func isNameByte(b byte) bool {
	return b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_'
}

func isName(s string) bool {
	for i := range len(s) {
		if !isNameByte(s[i]) {
			return false
		}
	}
	return s != "" && len(s) <= maxName
}

// consumerName makes a name for the consumer of a cursor. Different cursors have different ones.
func consumerName(cursor string) string {
	var b strings.Builder
	for i := range len(cursor) {
		if isNameByte(cursor[i]) {
			b.WriteByte(cursor[i])
		} else {
			fmt.Fprintf(&b, "=%02X", cursor[i])
		}
	}
	name := b.String()
	switch {
	case name == "":
		return "=" // no other cursor has it
	case len(name) > maxName:
		sum := sha256.Sum256([]byte(cursor))
		return name[:maxName-34] + "=-" + hex.EncodeToString(sum[:16])
	}
	return name
}
