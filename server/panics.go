package server

import (
	"fmt"
	"log/slog"
	"net/http"
	"runtime/debug"
	"sync/atomic"
)

// panics keeps panics from reaching the host program, and counts them. Its methods that
// recover must be deferred themselves.
type panics struct {
	logger *slog.Logger
	count  atomic.Uint64
}

// answer catches the panic of a request, and has it answered by refuse.
func (p *panics) answer(refuse func()) {
	switch v := recover(); v {
	case nil:
	case http.ErrAbortHandler: // how net/http itself ends a request
		panic(v)
	default:
		p.report(v)
		refuse()
	}
}

// catch catches a panic that nobody waits for.
func (p *panics) catch() {
	if v := recover(); v != nil {
		p.report(v)
	}
}

// report logs the type of a panic and where it happened. Its text may hold an event's values.
func (p *panics) report(v any) {
	p.count.Add(1)
	p.logger.Error("a panic was caught", slog.String("type", fmt.Sprintf("%T", v)), slog.String("stack", string(debug.Stack())))
}
