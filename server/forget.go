package server

import (
	"context"
	"errors"
	"net/http"

	"github.com/headgate-dev/headgate/core"
)

// Forgetter erases what is queued of a person. [core.Dispatcher] is one.
type Forgetter interface {
	Forget(ctx context.Context, who core.Person) (core.Forgotten, error)
}

// ForgetFailure is the answer of POST /v1/forget when not everything was erased.
type ForgetFailure struct {
	core.Forgotten
	Error string `json:"error"`
	// NotOpen: nothing was, for the daemon does not have its queue open.
	NotOpen bool `json:"not_open,omitempty"`
}

// ForgetPattern is where an [Admin] is to have a [ForgetHandler].
const ForgetPattern = "POST /v1/forget"

// ForgetHandler erases what is queued of a person. The ids, user_id and anonymous_id, are in a
// form in the body, so that they are in no URL.
func ForgetHandler(f Forgetter) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		r.Body = http.MaxBytesReader(w, r.Body, maxForgetBody)
		who := core.Person{UserID: r.PostFormValue("user_id"), AnonymousID: r.PostFormValue("anonymous_id")}
		if core.IsPlaceholder(who.UserID) && core.IsPlaceholder(who.AnonymousID) {
			writeJSON(w, http.StatusBadRequest, ForgetFailure{Error: "name a person by user_id or anonymous_id, in a form in the body"})
			return
		}
		got, err := f.Forget(r.Context(), who)
		switch {
		case err == nil:
			writeJSON(w, http.StatusOK, got)
		case errors.Is(err, core.ErrNotOpen):
			writeJSON(w, http.StatusConflict, ForgetFailure{got, err.Error(), true})
		default:
			writeJSON(w, http.StatusInternalServerError, ForgetFailure{got, err.Error(), false})
		}
	})
}

// maxForgetBody is room for two ids in percent-encoding.
const maxForgetBody = 8 << 10
