package usage

import (
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"runtime"
	"strconv"
	"strings"
)

// maxMessage bounds the message of an exception, in characters, as the original does.
const maxMessage = 500

// LogException reports an error that nobody dealt with. where says in what part of the program,
// such as "handler" or "lifespan". Call it where the error ends up: the hash stands for that
// place. A nil error is not reported.
func (s *Service) LogException(ctx context.Context, err error, where string) error {
	if err == nil {
		return nil
	}
	return s.Log(ctx, EndpointException, Exception{
		Type: typeOf(err), Message: cutMessage(textOf(err)), Context: where, StackTraceHash: new(stackHash()),
	})
}

// LogPanic reports what recover returned. Called by the deferred function that recovers, its
// hash stands for the place that panicked. A nil value is not reported.
func (s *Service) LogPanic(ctx context.Context, recovered any, where string) error {
	if recovered == nil {
		return nil
	}
	name, text := fmt.Sprintf("%T", recovered), ""
	if err, ok := recovered.(error); ok {
		name, text = typeOf(err), textOf(err)
	} else {
		text = textOf(recovered)
	}
	return s.Log(ctx, EndpointException, Exception{Type: name, Message: cutMessage(text), Context: where, StackTraceHash: new(stackHash())})
}

// typeOf returns the type of an error, or of the first one in its chain that is more than a
// wrapper of the standard library.
func typeOf(err error) string {
	e := err
	for range maxChain {
		if e == nil {
			break
		}
		if t := fmt.Sprintf("%T", e); !strings.HasPrefix(t, "*fmt.wrap") && t != "*errors.joinError" {
			return t
		}
		e = unwrap(e)
	}
	return fmt.Sprintf("%T", err)
}

// maxChain bounds how far an error is unwrapped; one may contain itself.
const maxChain = 100

// unwrap returns the error that an error is about, the first if it joins several.
func unwrap(err error) (inner error) {
	defer func() {
		if recover() != nil {
			inner = nil
		}
	}()
	if joined, ok := err.(interface{ Unwrap() []error }); ok {
		if all := joined.Unwrap(); len(all) > 0 {
			return all[0]
		}
	}
	return errors.Unwrap(err)
}

// textOf calls the Error or String method of a value, which may panic: fmt writes that down.
func textOf(v any) string { return fmt.Sprint(v) }

func cutMessage(text string) string {
	n := 0
	for i := range text {
		if n == maxMessage {
			return text[:i]
		}
		n++
	}
	return text
}

// stackHash returns 16 hexadecimal digits that stand for the stack: for the functions and lines of
// the program, which are the same wherever this build of it runs. It has no path and no message.
func stackHash() string {
	var pcs [64]uintptr
	frames := runtime.CallersFrames(pcs[:runtime.Callers(3, pcs[:])]) // from whoever called LogException or LogPanic
	hash := sha256.New()
	for {
		frame, more := frames.Next()
		if frame.Function == "" && !more {
			break
		}
		if !strings.HasPrefix(frame.Function, "runtime.") {
			hash.Write([]byte(frame.Function + ":" + strconv.Itoa(frame.Line) + "\n"))
		}
		if !more {
			break
		}
	}
	return hex.EncodeToString(hash.Sum(nil))[:16]
}
