package server

import (
	"net/http"
	"time"

	"github.com/headgate-dev/headgate/server/segment"
)

// maxKeyless bounds a body that may have its write key in itself, which has to be read before
// it is known whose it is: Segment takes 500 KB in a request.
const maxKeyless = 512 << 10

// readKeyed returns the body of a request and who sends it: by the header, or else by the key
// of the query, or that in the body.
func (s *Server) readKeyed(w http.ResponseWriter, r *http.Request, queryKey string) (*sender, *body, error) {
	from, known := s.rules().senders.byHeader(r)
	if !known && queryKey != "" {
		if from, known = s.rules().senders.byKey(queryKey); !known {
			return nil, nil, errUnauthorized
		}
	}
	bodies := s.rules().bodies
	if !known {
		if _, _, basic := r.BasicAuth(); basic { // who shows a wrong key there has no other in the body
			return nil, nil, errUnauthorized
		}
		bodies = s.rules().keyless
	} else if wait := from.pace.wait(time.Now()); wait > 0 {
		return nil, nil, errTooFast(wait)
	}
	b, err := bodies.read(w, r)
	if err == nil && !known {
		if from, err = s.senderIn(segment.WriteKey(b.data)); err != nil {
			b.release()
		}
	}
	return from, b, err
}

// senderIn returns who has a key that stood in a body, if they may send now.
func (s *Server) senderIn(key string) (*sender, error) {
	from, known := s.rules().senders.byKey(key)
	if !known {
		return nil, errUnauthorized
	}
	if wait := from.pace.wait(time.Now()); wait > 0 {
		return nil, errTooFast(wait)
	}
	return from, nil
}
