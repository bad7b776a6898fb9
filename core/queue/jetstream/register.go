package jetstream

import (
	"context"

	"github.com/headgate-dev/headgate/core/queue"
	"github.com/headgate-dev/headgate/registry"
)

func init() {
	registry.RegisterQueue(registry.Queue{
		Type:     "jetstream",
		MaxBytes: defaultMaxBytes,
		Check: func(maxBytes int64, o registry.QueueOptions) error {
			cfg := configOf(o)
			cfg.MaxBytes = maxBytes
			_, err := cfg.withDefaults()
			return err
		},
		Open: func(env registry.QueueEnv, o registry.QueueOptions) (queue.Log, error) {
			cfg := configOf(o)
			cfg.MaxBytes, cfg.OnFull, cfg.Logger = env.MaxBytes, env.OnFull, env.Logger
			log, err := Open(cfg)
			if err != nil {
				return nil, err // a nil *Log would be a log
			}
			return log, nil
		},
		Reach: func(ctx context.Context, o registry.QueueOptions) error { return Reach(ctx, configOf(o)) },
		Purge: func(ctx context.Context, o registry.QueueOptions) (uint64, error) { return Purge(ctx, configOf(o)) },
		Rewrite: func(ctx context.Context, o registry.QueueOptions, match func(rec []byte) bool, edit func(rec []byte)) error {
			return Rewrite(ctx, configOf(o), match, edit)
		},
	})
}

func configOf(o registry.QueueOptions) Config {
	return Config{
		URL: o.URL, Stream: o.Stream, Replicas: o.Replicas,
		CredentialsFile: o.CredentialsFile, NKeyFile: o.NKeyFile,
		CAFile: o.TLS.CAFile, CertFile: o.TLS.CertFile, KeyFile: o.TLS.KeyFile,
	}
}
