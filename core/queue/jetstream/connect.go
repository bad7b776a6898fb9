package jetstream

import (
	"context"
	"fmt"
	"math/rand/v2"
	"time"

	"github.com/nats-io/nats.go"
	natsjs "github.com/nats-io/nats.go/jetstream"
)

const (
	dialTime = 2 * time.Second
	// pingTime finds a server that is gone without a word within three of it.
	pingTime = 5 * time.Second
	// firstReconnect and mostReconnect bound the time between attempts to find a server.
	firstReconnect = 50 * time.Millisecond
	mostReconnect  = 2 * time.Second
	// apiTime is how long a request to the servers may take. Without a leader they do not answer.
	apiTime = 5 * time.Second
	// reportPause is the least time between two reports of the same error.
	reportPause = time.Minute
)

// connect makes the connection, which looks for a server for ever. An error is about files that
// cannot be read.
func (l *Log) connect(ctx context.Context) error {
	conn, err := nats.Connect(l.cfg.URL.Reveal(), l.options()...)
	if err != nil {
		return fmt.Errorf("connecting: %w", err)
	}
	js, err := natsjs.New(conn)
	if err != nil {
		conn.Close()
		return fmt.Errorf("connecting: %w", err)
	}
	inbox := conn.NewInbox()
	for subject, handle := range map[string]nats.MsgHandler{inbox + ".of.*.*": l.confirmed, l.subjects.asking(): l.take} {
		if _, err := conn.Subscribe(subject, handle); err != nil {
			conn.Close()
			return fmt.Errorf("connecting: %w", err)
		}
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	l.link.conn, l.link.js, l.link.inbox = conn, js, inbox
	return ctx.Err()
}

func (l *Log) options() []nats.Option {
	return append(l.cfg.identity(),
		nats.RetryOnFailedConnect(true), nats.MaxReconnects(-1), nats.IgnoreAuthErrorAbort(),
		nats.ReconnectBufSize(-1), // what was not sent is known to be, and tried again here
		nats.CustomReconnectDelay(reconnectDelay), nats.ReconnectJitter(0, 0),
		nats.PingInterval(pingTime), nats.MaxPingsOutstanding(2),
		nats.NoCallbacksAfterClientClose(),
		nats.ErrorHandler(l.connectionError), // the library's own would print
		nats.ConnectHandler(l.connected), nats.ReconnectHandler(l.connected),
		nats.DisconnectErrHandler(l.disconnected), nats.ReconnectErrHandler(l.disconnected),
	)
}

// identity says who this is, and whom to trust.
func (c Config) identity() []nats.Option {
	opts := []nats.Option{nats.Name("headgate " + c.Stream), nats.Timeout(dialTime)}
	if c.CredentialsFile != "" {
		opts = append(opts, nats.UserCredentials(c.CredentialsFile))
	} else if c.NKeyFile != "" {
		opts = append(opts, nkey(c.NKeyFile))
	}
	if c.CAFile != "" {
		opts = append(opts, nats.RootCAs(c.CAFile))
	}
	if c.CertFile != "" {
		opts = append(opts, nats.ClientCert(c.CertFile, c.KeyFile))
	}
	return opts
}

// nkey signs with the seed in a file, which is read each time.
func nkey(file string) nats.Option {
	return func(o *nats.Options) error {
		opt, err := nats.NkeyOptionFromSeed(file)
		if err != nil {
			return err
		}
		return opt(o)
	}
}

// reconnectDelay keeps many clients from coming back all at once.
func reconnectDelay(attempts int) time.Duration {
	most := min(firstReconnect<<min(attempts, 10), mostReconnect)
	return most/2 + rand.N(most/2)
}

func (l *Log) connected(*nats.Conn) {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.askAgain()
	wake(l.keeperWake)
	wake(l.commit.wake)
}

func (l *Log) disconnected(_ *nats.Conn, err error) {
	if err == nil {
		err = nats.ErrDisconnected
	}
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.closed {
		return
	}
	l.absent = true
	for _, b := range l.commit.flying { // what the server says to it is lost
		if b.again != nil {
			b.again()
		}
	}
	l.troubled(err)
}

// connectionError is told of errors that concern no call, such as a lack of permissions, and
// repeats itself no more than once a minute.
func (l *Log) connectionError(_ *nats.Conn, _ *nats.Subscription, err error) {
	l.mu.Lock()
	defer l.mu.Unlock()
	if r := &l.reported; r.text != err.Error() || time.Since(r.at) > reportPause {
		r.text, r.at = err.Error(), time.Now()
	} else {
		return
	}
	l.cfg.Logger.Warn("the queue's servers report an error", "stream", l.cfg.Stream, "error", err.Error())
}
