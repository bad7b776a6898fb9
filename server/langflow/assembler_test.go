package langflow

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"github.com/google/go-cmp/cmp"
	"go.uber.org/goleak"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/consent"
)

func TestMain(m *testing.M) { goleak.VerifyTestMain(m) }

// part is a chunk of the inputs of component, as a request carries it.
func part(component string, index, total int, inputs any) core.Event {
	return core.Event{Name: "component_inputs", Props: core.Props{
		"componentRunId": "r1", "componentId": component, "componentName": "Prompt",
		"componentInputs": inputs, "chunkIndex": int64(index), "totalChunks": int64(total),
	}}
}

// whole is what comes out when nothing is missing.
func whole(component string, inputs any) core.Props {
	return core.Props{"componentRunId": "r1", "componentId": component, "componentName": "Prompt", "componentInputs": inputs}
}

// incomplete is what comes out when some are missing.
func incomplete(component string, inputs any, total, missing int) core.Props {
	p := whole(component, inputs)
	p["totalChunks"], p["chunksMissing"] = int64(total), int64(missing)
	return p
}

type dict = map[string]any

// collector takes what an Assembler reports, either way.
type collector struct {
	mu  sync.Mutex
	all []core.Props
}

func (c *collector) emit(_ context.Context, e core.Event) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.all = append(c.all, e.Props)
}

func (c *collector) add(a *Assembler, e core.Event) {
	if report, ok := a.Add(context.Background(), "", e, 100); ok {
		c.emit(context.Background(), report)
	}
}

func (c *collector) want(t *testing.T, want ...core.Props) {
	t.Helper()
	c.mu.Lock()
	defer c.mu.Unlock()
	if diff := cmp.Diff(want, c.all); diff != "" {
		t.Errorf("-want +got:\n%s", diff)
	}
}

func TestChunksBecomeOneEventInWhateverOrderTheyCome(t *testing.T) {
	parts := []core.Event{
		part("a", 0, 3, dict{"x": "1"}), part("a", 1, 3, dict{"y": "2"}), part("a", 2, 3, dict{"z": "3"}),
	}
	for _, order := range [][]int{{0, 1, 2}, {2, 1, 0}, {1, 2, 0}, {0, 0, 1, 1, 2}} {
		t.Run(fmt.Sprint(order), func(t *testing.T) {
			var c collector
			a := NewAssembler(AssemblerOptions{}, c.emit)
			defer a.Close(context.Background())
			for _, i := range order {
				c.add(a, parts[i])
			}
			c.want(t, whole("a", dict{"x": "1", "y": "2", "z": "3"}))
		})
	}
}

func TestWhatIsNotAChunkPassesAsItIs(t *testing.T) {
	mutated := func(change func(core.Props)) core.Event {
		e := part("a", 0, 2, dict{})
		change(e.Props)
		return e
	}
	for name, e := range map[string]core.Event{
		"another event":            {Name: "run", Props: part("a", 0, 2, nil).Props},
		"no chunk fields":          mutated(func(p core.Props) { delete(p, "chunkIndex"); delete(p, "totalChunks") }),
		"the only chunk":           part("a", 0, 1, dict{"x": 1}),
		"no run":                   mutated(func(p core.Props) { p["componentRunId"] = "" }),
		"no component":             mutated(func(p core.Props) { delete(p, "componentId") }),
		"an index past the total":  part("a", 2, 2, dict{}),
		"a negative index":         part("a", -1, 2, dict{}),
		"a total past the bound":   part("a", 0, maxChunks+1, dict{}),
		"an index that is no int":  mutated(func(p core.Props) { p["chunkIndex"] = "0" }),
		"a total that came twice":  mutated(func(p core.Props) { p["totalChunks"] = []any{int64(2), int64(2)} }),
		"an index that is missing": mutated(func(p core.Props) { delete(p, "chunkIndex") }),
	} {
		t.Run(name, func(t *testing.T) {
			var c collector
			a := NewAssembler(AssemblerOptions{}, c.emit)
			defer a.Close(context.Background())
			c.add(a, e)
			c.want(t, e.Props)
		})
	}
}

func TestAComponentThatRunsAgainStartsANewSet(t *testing.T) {
	t.Run("after a complete one", func(t *testing.T) {
		var c collector
		a := NewAssembler(AssemblerOptions{}, c.emit)
		defer a.Close(context.Background())
		for i := range 2 {
			c.add(a, part("a", 0, 2, dict{"x": i}))
			c.add(a, part("a", 1, 2, dict{"y": i}))
		}
		c.want(t, whole("a", dict{"x": 0, "y": 0}), whole("a", dict{"x": 1, "y": 1}))
	})
	t.Run("after one that lost a chunk", func(t *testing.T) {
		var c collector
		a := NewAssembler(AssemblerOptions{}, c.emit)
		defer a.Close(context.Background())
		c.add(a, part("a", 0, 3, dict{"x": 1}))
		c.add(a, part("a", 2, 3, dict{"z": 1}))
		c.add(a, part("a", 0, 3, dict{"x": 2}))
		c.add(a, part("a", 1, 3, dict{"y": 2}))
		c.add(a, part("a", 2, 3, dict{"z": 2}))
		c.want(t, incomplete("a", dict{"x": 1, "z": 1}, 3, 1), whole("a", dict{"x": 2, "y": 2, "z": 2}))
	})
	t.Run("cut into another number of chunks", func(t *testing.T) {
		var c collector
		a := NewAssembler(AssemblerOptions{}, c.emit)
		defer a.Close(context.Background())
		c.add(a, part("a", 0, 3, dict{"x": 1}))
		c.add(a, part("a", 0, 2, dict{"x": 1}))
		c.add(a, part("a", 1, 2, dict{"y": 1}))
		c.want(t, incomplete("a", dict{"x": 1}, 3, 2), whole("a", dict{"x": 1, "y": 1}))
	})
}

func TestASetIsGivenUpWhenItsTimeIsOut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var c collector
		a := NewAssembler(AssemblerOptions{}, c.emit)
		defer a.Close(context.Background())
		c.add(a, part("a", 1, 3, dict{"y": 1}))
		time.Sleep(defaultTTL - time.Second)
		c.add(a, part("a", 2, 3, dict{"z": 1}))
		synctest.Wait()
		c.want(t)
		time.Sleep(time.Second)
		synctest.Wait()
		c.want(t, incomplete("a", dict{"y": 1, "z": 1}, 3, 1))
		time.Sleep(time.Hour)
		c.want(t, incomplete("a", dict{"y": 1, "z": 1}, 3, 1))
		if a.bytes != 0 || len(a.sets) != 0 {
			t.Errorf("%d sets of %d bytes are still held", len(a.sets), a.bytes)
		}
	})
}

func TestTheOldestSetIsGivenUpWhenThereIsNoRoom(t *testing.T) {
	for name, o := range map[string]AssemblerOptions{
		"by number": {MaxSets: 2},
		"by size":   {MaxBytes: 200},
	} {
		t.Run(name, func(t *testing.T) {
			var c collector
			a := NewAssembler(o, c.emit)
			defer a.Close(context.Background())
			for _, component := range []string{"b", "a", "c"} {
				c.add(a, part(component, 0, 2, dict{}))
			}
			c.want(t, incomplete("b", dict{}, 2, 1))
			c.add(a, part("a", 1, 2, dict{}))
			c.want(t, incomplete("b", dict{}, 2, 1), whole("a", dict{}))
		})
	}
}

func TestCloseEmitsWhatIsHeldAndHoldsNothingAfter(t *testing.T) {
	var c collector
	a := NewAssembler(AssemblerOptions{}, c.emit)
	c.add(a, part("b", 0, 2, dict{"x": 1}))
	c.add(a, part("a", 0, 2, dict{"x": 2}))
	a.Close(context.Background())
	c.want(t, incomplete("b", dict{"x": 1}, 2, 1), incomplete("a", dict{"x": 2}, 2, 1))
	late := part("a", 1, 2, dict{"y": 2})
	c.add(a, late)
	a.Close(context.Background())
	c.want(t, incomplete("b", dict{"x": 1}, 2, 1), incomplete("a", dict{"x": 2}, 2, 1), late.Props)
}

func TestSendersDoNotMix(t *testing.T) {
	a := NewAssembler(AssemblerOptions{}, func(context.Context, core.Event) {})
	defer a.Close(context.Background())
	a.Add(context.Background(), "one", part("a", 0, 2, dict{}), 1)
	if e, ok := a.Add(context.Background(), "two", part("a", 1, 2, dict{}), 1); ok {
		t.Errorf("chunks of two senders became %v", e)
	}
}

func TestInputsThatCouldNotBeReadAreKeptAsAList(t *testing.T) {
	var c collector
	a := NewAssembler(AssemblerOptions{}, c.emit)
	defer a.Close(context.Background())
	c.add(a, part("a", 1, 2, "{'x': <object>}"))
	c.add(a, part("a", 0, 2, dict{"y": 1}))
	c.want(t, whole("a", []any{dict{"y": 1}, "{'x': <object>}"}))
}

func TestARefusalOnAnyChunkIsOneOfTheWhole(t *testing.T) {
	a := NewAssembler(AssemblerOptions{}, func(context.Context, core.Event) {})
	defer a.Close(context.Background())
	first, second := part("a", 0, 2, dict{}), part("a", 1, 2, dict{})
	second.Consent = consent.Signals{GPC: true}
	a.Add(context.Background(), "", first, 1)
	if e, ok := a.Add(context.Background(), "", second, 1); !ok || !e.Consent.GPC {
		t.Errorf("got %v, %+v", ok, e.Consent)
	}
}

// TestNothingIsLostUnderConcurrency has every chunk come out exactly once, whole or not.
func TestNothingIsLostUnderConcurrency(t *testing.T) {
	var c collector
	a := NewAssembler(AssemblerOptions{TTL: time.Millisecond, MaxSets: 8}, c.emit)
	var senders sync.WaitGroup
	for sender := range 8 {
		senders.Go(func() {
			for set := range 100 {
				for i := range 3 {
					key := fmt.Sprintf("%d.%d.%d", sender, set, i)
					c.add(a, part(fmt.Sprintf("c%d-%d", sender, set), i, 3, dict{key: true}))
				}
			}
		})
	}
	senders.Wait()
	a.Close(context.Background())
	var keys []string
	for _, p := range c.all {
		for key := range p["componentInputs"].(dict) {
			keys = append(keys, key)
		}
	}
	if n := len(keys); n != 8*100*3 {
		t.Errorf("%d chunks came out of %d", n, 8*100*3)
	}
	slices.Sort(keys)
	if unique := slices.Compact(keys); len(unique) != 8*100*3 {
		t.Errorf("%d different chunks came out", len(unique))
	}
}
