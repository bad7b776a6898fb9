package server

import (
	"encoding/json"
	"math/rand/v2"
	"net/http"
	"strconv"
	"time"
)

// refusal is the answer to a request that is not taken. Its text is ours, never the sender's.
type refusal struct {
	status int
	text   string
	// retry is the time after which to try again, zero when that is of no use.
	retry time.Duration
	// header holds what else the status calls for.
	header map[string]string
}

func (r *refusal) Error() string { return r.text }

var (
	errUnauthorized = &refusal{status: http.StatusUnauthorized, text: "a valid write key is required", header: map[string]string{"WWW-Authenticate": `Bearer realm="headgate"`}}
	errCrossSite    = &refusal{status: http.StatusForbidden, text: "pages of other sites may not send events here"}
	errNotFound     = &refusal{status: http.StatusNotFound, text: "there is nothing here"}
	errTimeout      = &refusal{status: http.StatusRequestTimeout, text: "the body came too slowly"}
	errTooLarge     = &refusal{status: http.StatusRequestEntityTooLarge, text: "the body is too large"}
	errTooMany      = &refusal{status: http.StatusRequestEntityTooLarge, text: "the body has too many events"}
	errBroken       = &refusal{status: http.StatusBadRequest, text: "the body cannot be read"}
	errCompressed   = &refusal{status: http.StatusBadRequest, text: "the body is not what its Content-Encoding says"}
	errUnparsable   = &refusal{status: http.StatusBadRequest, text: "the body is neither a JSON object nor an array of them"}
	errMediaType    = &refusal{status: http.StatusUnsupportedMediaType, text: "the Content-Type must be application/json or application/x-ndjson, in UTF-8"}
	errEncoding     = &refusal{status: http.StatusUnsupportedMediaType, text: "the Content-Encoding must be gzip, zstd or none", header: map[string]string{"Accept-Encoding": "gzip, zstd"}}
	errStopping     = &refusal{status: http.StatusServiceUnavailable, text: "the server is stopping", retry: 5 * time.Second, header: map[string]string{"Connection": "close"}}
	errOverloaded   = &refusal{status: http.StatusServiceUnavailable, text: "the server is busy", retry: 2 * time.Second}
	errQueueFull    = &refusal{status: http.StatusTooManyRequests, text: "the queue is full", retry: 2 * time.Second}
	errNotStored    = &refusal{status: http.StatusServiceUnavailable, text: "the event could not be stored", retry: 5 * time.Second}
	errPanic        = &refusal{status: http.StatusInternalServerError, text: "the request could not be handled"}
)

func errMethod(allow string) *refusal {
	return &refusal{status: http.StatusMethodNotAllowed, text: "the method is not allowed here", header: map[string]string{"Allow": allow}}
}

func errTooFast(wait time.Duration) *refusal {
	return &refusal{status: http.StatusTooManyRequests, text: "more events than the rate limit of this write key allows", retry: wait}
}

// setHeader sets what goes with the status. The wait is spread over half of itself more,
// so that senders do not all come back at once.
func (r *refusal) setHeader(h http.Header) {
	for name, value := range r.header {
		h.Set(name, value)
	}
	if r.retry > 0 {
		wait := r.retry + rand.N(r.retry/2+1)
		seconds := (wait + time.Second - 1) / time.Second // the header has no fractions
		h.Set("Retry-After", strconv.FormatInt(int64(seconds), 10))
	}
}

// writeTo answers with the refusal alone, in a form.
func (r *refusal) writeTo(w http.ResponseWriter, form func(text string) any) {
	r.setHeader(w.Header())
	writeJSON(w, r.status, form(r.text))
}

// plainFailure is the form of refusals where no protocol has one.
func plainFailure(text string) any {
	return struct {
		Error string `json:"error"`
	}{text}
}

// writeJSON answers with a JSON object.
func writeJSON(w http.ResponseWriter, status int, body any) {
	data, err := json.Marshal(body)
	if err != nil { // of types of this package only
		panic(err)
	}
	h := w.Header()
	h.Set("Content-Type", "application/json")
	h.Set("Content-Length", strconv.Itoa(len(data)+1))
	w.WriteHeader(status)
	_, _ = w.Write(append(data, '\n'))
}
