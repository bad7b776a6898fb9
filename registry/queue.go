package registry

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"slices"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/core/queue"
)

// Queue is a type of queue besides those in memory and on disk, which every program has.
type Queue struct {
	// Type is the name used in sinks.yaml: lower case letters, digits and underscores.
	Type string
	// MaxBytes bounds the queue if the file gives no bound.
	MaxBytes Size
	// Check finds what is wrong with a bound and options, apart from what their tags say. Errors made
	// with [Field] are shown at the line of their key.
	Check func(maxBytes int64, o QueueOptions) error
	// Open makes the log. It must do no I/O at all: [queue.Log.Resume] does. A log that is elsewhere
	// may have a method Unavailable() error, which says why it takes nothing for now, nil if it does.
	Open func(QueueEnv, QueueOptions) (queue.Log, error)
	// Reach finds out whether the queue could be used as it is configured, and changes nothing.
	Reach func(context.Context, QueueOptions) error
	// Purge deletes everything that is queued, for every process that shares it, and returns how
	// many events that were, or as near as is known.
	Purge func(context.Context, QueueOptions) (events uint64, err error)
	// Rewrite does for what is queued what [queue.Rewriter] says, for every process that shares it. It
	// may be nil: then nobody can be taken out of the queue.
	Rewrite func(ctx context.Context, o QueueOptions, match func(rec []byte) bool, edit func(rec []byte)) error
}

// QueueEnv is what a type of queue gets besides its options.
type QueueEnv struct {
	MaxBytes int64
	OnFull   queue.OnFull
	// Logger is never nil.
	Logger *slog.Logger
}

// QueueOptions are the keys of sinks.yaml for a queue that is elsewhere. They are the same in every
// program, so that a file which is right in one is right in another, as far as it has the type.
type QueueOptions struct {
	URL             core.Secret `yaml:"url" example:"nats://127.0.0.1:4222" doc:"Servers of a jetstream queue, separated by commas; a user and password, or a token, may be in it. If absent, nats://127.0.0.1:4222."`
	Stream          string      `yaml:"stream" default:"HEADGATE" doc:"Stream of a jetstream queue. Processes with the same one share their events."`
	Replicas        int         `yaml:"replicas" default:"1" min:"1" max:"5" doc:"How many servers keep the stream of a jetstream queue; with 3, one may be lost."`
	CredentialsFile string      `yaml:"credentials_file" example:"/etc/headgate/nats.creds" doc:"File with a user's JWT and seed for a jetstream queue."`
	NKeyFile        string      `yaml:"nkey_file" example:"/etc/headgate/nats.nk" doc:"File with an nkey seed for a jetstream queue."`
	TLS             QueueTLS    `yaml:"tls" doc:"Certificates for a jetstream queue, whose url begins with tls:// then."`
}

// QueueTLS names files in PEM form.
type QueueTLS struct {
	CAFile   string `yaml:"ca_file" doc:"Certificates that servers are held against; those of the system if absent."`
	CertFile string `yaml:"cert_file" doc:"Certificate that is shown to servers."`
	KeyFile  string `yaml:"key_file" doc:"Its private key."`
}

// RegisterQueue adds a type of queue to [Default]. It is meant to be called from init, and panics if the
// type is taken or not well-formed.
func RegisterQueue(q Queue) { RegisterQueueIn(Default, q) }

// RegisterQueueIn adds a type of queue to r. It panics as [RegisterQueue] does.
func RegisterQueueIn(r *Registry, q Queue) {
	if err := r.addQueue(q); err != nil {
		panic(fmt.Sprintf("registry: queue type %q: %v", q.Type, err))
	}
}

func (r *Registry) addQueue(q Queue) error {
	switch {
	case !typeName.MatchString(q.Type):
		return errors.New("the name must be lower case letters, digits and underscores")
	case slices.Contains([]string{"memory", "disk"}, q.Type):
		return errors.New("every program has it")
	case q.Check == nil || q.Open == nil || q.Reach == nil || q.Purge == nil:
		return errors.New("it needs Check, Open, Reach and Purge")
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	if _, taken := r.queues[q.Type]; taken {
		return errors.New("it is registered twice")
	}
	r.queues[q.Type] = q
	return nil
}

// LookupQueue returns the type of queue registered as typ.
func (r *Registry) LookupQueue(typ string) (Queue, bool) {
	r.mu.RLock()
	defer r.mu.RUnlock()
	q, ok := r.queues[typ]
	return q, ok
}
