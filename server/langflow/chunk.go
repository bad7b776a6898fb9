package langflow

import (
	"maps"
	"slices"

	"github.com/headgate-dev/headgate/core"
)

// maxChunks is the largest number of chunks that are waited for. Langflow cuts at 2048
// bytes, so these are two megabytes of inputs.
const maxChunks = 1024

// chunk is the part that one request carries of the inputs of a component.
type chunk struct {
	key   chunkKey
	index int
	total int
	event core.Event
}

// chunkKey says which chunks belong together.
type chunkKey struct{ scope, runID, componentID string }

// IsChunk reports whether an event is a part of one, which an [Assembler] would hold.
func IsChunk(e core.Event) bool {
	_, ok := asChunk("", e)
	return ok
}

// asChunk returns the chunk that an event is. An event that is whole, or that does not
// say clearly which part of what it is, is none.
func asChunk(scope string, e core.Event) (chunk, bool) {
	runID, _ := e.Props[componentRunID].(string)
	id, _ := e.Props[componentID].(string)
	index, hasIndex := e.Props[chunkIndex].(int64)
	total, _ := e.Props[totalChunks].(int64)
	ok := e.Name == componentInputsEvent && runID != "" && id != "" &&
		hasIndex && 0 <= index && index < total && 1 < total && total <= maxChunks
	return chunk{chunkKey{scope, runID, id}, int(index), int(total), e}, ok
}

// assemble makes one event of chunks of the same inputs, which need not be all: the event
// of the first, with the inputs of all of them in order. When none is missing it looks
// as if it had never been cut.
func assemble(parts map[int]core.Event, total int) core.Event {
	order := slices.Sorted(maps.Keys(parts))
	whole := parts[order[0]]
	whole.Props = maps.Clone(whole.Props)
	for _, i := range order[1:] {
		whole.Consent = whole.Consent.Merge(parts[i].Consent)
	}
	whole.Props[componentInputs] = mergedInputs(parts, order)
	delete(whole.Props, chunkIndex)
	delete(whole.Props, totalChunks)
	if missing := total - len(parts); missing > 0 {
		whole.Props[totalChunks] = int64(total)
		whole.Props[chunksMissing] = int64(missing)
	}
	return whole
}

// mergedInputs returns the union of the chunks' objects; or, when one of them could not be
// read as an object, the list of what they are.
func mergedInputs(parts map[int]core.Event, order []int) any {
	union, list := map[string]any{}, make([]any, 0, len(order))
	for _, i := range order {
		inputs, ok := parts[i].Props[componentInputs].(map[string]any)
		if !ok {
			union = nil
		}
		if union != nil {
			maps.Copy(union, inputs)
		}
		list = append(list, parts[i].Props[componentInputs])
	}
	if union != nil {
		return union
	}
	return list
}
