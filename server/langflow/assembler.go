package langflow

import (
	"cmp"
	"context"
	"maps"
	"reflect"
	"slices"
	"sync"
	"time"

	"github.com/headgate-dev/headgate/core"
)

// Bounds of an [Assembler] whose options are zero.
const (
	defaultTTL      = 30 * time.Second
	defaultMaxSets  = 1024
	defaultMaxBytes = 16 << 20
)

// AssemblerOptions bound what an Assembler holds. Their zero fields stand for defaults.
type AssemblerOptions struct {
	// TTL is how long the first chunk of a set waits for the others; 30 s if zero.
	TTL time.Duration
	// MaxSets is the number of incomplete sets held at once; 1024 if zero.
	MaxSets int
	// MaxBytes is the size of all chunks held; 16 MiB if zero.
	MaxBytes int64
}

// Assembler puts the chunks of component inputs together. Chunks belong together when they
// have the same run and component, and come from the same sender.
//
// A component that runs several times in one run uses the same ids for each: a
// chunk that differs from the one held in its place starts a new set, and the one
// before is given up. A chunk that is equal is taken once.
//
// A set that is given up, because its time or the room is out, is emitted as it is,
// with the properties "totalChunks" and "chunksMissing": nothing received is lost.
// Its methods may be called from several goroutines.
type Assembler struct {
	opts AssemblerOptions
	emit func(context.Context, core.Event)

	mu      sync.Mutex
	closed  bool
	sets    map[chunkKey]*chunkSet
	bytes   int64
	started uint64 // numbers the sets by age

	timers sync.WaitGroup
}

// chunkSet is what there is of one component's inputs.
type chunkSet struct {
	key   chunkKey
	total int
	parts map[int]core.Event
	bytes int64
	seq   uint64
	timer *time.Timer
}

// NewAssembler returns an empty Assembler. emit is called with what was given up, without any
// lock held: by Add and Close with their context, or in a goroutine of the Assembler's
// when the time of a set is out.
func NewAssembler(o AssemblerOptions, emit func(context.Context, core.Event)) *Assembler {
	o.TTL = cmp.Or(o.TTL, defaultTTL)
	o.MaxSets = cmp.Or(o.MaxSets, defaultMaxSets)
	o.MaxBytes = cmp.Or(o.MaxBytes, defaultMaxBytes)
	return &Assembler{opts: o, emit: emit, sets: make(map[chunkKey]*chunkSet)}
}

// Add takes an event of size bytes and returns the one to report: the event itself
// when it is not a chunk, the whole when it completes one, none when it is held.
// scope separates senders that must not mix. After Close nothing is held.
func (a *Assembler) Add(ctx context.Context, scope string, e core.Event, size int) (report core.Event, ok bool) {
	c, isChunk := asChunk(scope, e)
	if !isChunk {
		return e, true
	}
	a.mu.Lock()
	if a.closed {
		a.mu.Unlock()
		return e, true
	}
	set, givenUp := a.setFor(c)
	if _, repeat := set.parts[c.index]; !repeat {
		set.parts[c.index] = c.event
		set.bytes += int64(size)
		a.bytes += int64(size)
	}
	complete := len(set.parts) == set.total
	if complete {
		a.remove(set)
	}
	givenUp = append(givenUp, a.evict()...)
	a.mu.Unlock()

	a.emitAll(ctx, givenUp)
	if !complete {
		return core.Event{}, false
	}
	return assemble(set.parts, set.total), true
}

// Close gives up every set and waits until all that was given up has been emitted.
func (a *Assembler) Close(ctx context.Context) {
	a.mu.Lock()
	a.closed = true
	rest := a.byAge()
	for _, set := range rest {
		a.remove(set)
	}
	a.mu.Unlock()
	a.emitAll(ctx, rest)
	a.timers.Wait()
}

// setFor returns the set that c belongs to, and the one it replaces, if any.
func (a *Assembler) setFor(c chunk) (set *chunkSet, givenUp []*chunkSet) {
	if held := a.sets[c.key]; held != nil {
		if held.takes(c) {
			return held, nil
		}
		a.remove(held)
		givenUp = append(givenUp, held)
	}
	a.started++
	set = &chunkSet{key: c.key, total: c.total, parts: make(map[int]core.Event), seq: a.started}
	a.timers.Add(1)
	set.timer = time.AfterFunc(a.opts.TTL, func() {
		defer a.timers.Done()
		a.expire(set)
	})
	a.sets[c.key] = set
	return set, givenUp
}

// takes reports whether c is of the same inputs as the chunks of s.
func (s *chunkSet) takes(c chunk) bool {
	held, repeat := s.parts[c.index]
	return s.total == c.total &&
		(!repeat || reflect.DeepEqual(held.Props[componentInputs], c.event.Props[componentInputs]))
}

func (a *Assembler) expire(set *chunkSet) {
	a.mu.Lock()
	held := a.sets[set.key] == set
	if held {
		a.remove(set)
	}
	a.mu.Unlock()
	if held {
		a.emitAll(context.Background(), []*chunkSet{set})
	}
}

// remove takes a set out. The caller holds the lock.
func (a *Assembler) remove(set *chunkSet) {
	if set.timer.Stop() {
		a.timers.Done()
	}
	delete(a.sets, set.key)
	a.bytes -= set.bytes
}

// evict takes out the oldest sets until the rest is within the bounds. The caller holds the lock.
func (a *Assembler) evict() (givenUp []*chunkSet) {
	if len(a.sets) <= a.opts.MaxSets && a.bytes <= a.opts.MaxBytes {
		return nil
	}
	for _, set := range a.byAge() {
		if len(a.sets) <= a.opts.MaxSets && a.bytes <= a.opts.MaxBytes {
			break
		}
		a.remove(set)
		givenUp = append(givenUp, set)
	}
	return givenUp
}

// byAge returns the sets, the oldest first. The caller holds the lock.
func (a *Assembler) byAge() []*chunkSet {
	return slices.SortedFunc(maps.Values(a.sets), func(x, y *chunkSet) int { return cmp.Compare(x.seq, y.seq) })
}

func (a *Assembler) emitAll(ctx context.Context, sets []*chunkSet) {
	for _, set := range sets {
		a.emit(ctx, assemble(set.parts, set.total))
	}
}
