package warehouse

import "context"

// gate is open once the schema is known to be there. Of several that come while it is shut
// one opens it and the others wait, each for as long as its own context allows.
type gate struct {
	turn chan struct{} // holds one token: whoever has it may look
	open *bool         // guarded by the token
}

func newGate() gate {
	g := gate{turn: make(chan struct{}, 1), open: new(bool)}
	g.turn <- struct{}{}
	return g
}

// pass calls open unless an earlier call has succeeded since the gate was shut.
func (g gate) pass(ctx context.Context, open func(context.Context) error) error {
	select {
	case <-g.turn:
	case <-ctx.Done():
		return ctx.Err()
	}
	defer func() { g.turn <- struct{}{} }()
	if *g.open {
		return nil
	}
	if err := open(ctx); err != nil {
		return err
	}
	*g.open = true
	return nil
}

// shut makes the next one look again. Somebody who is looking already will do.
func (g gate) shut() {
	select {
	case <-g.turn:
		*g.open = false
		g.turn <- struct{}{}
	default:
	}
}
