package pgwire

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strings"
	"sync"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/registry"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// Pool keeps connections for the next statement. There are at most as many as
// were ever needed at once, and none before the first is.
type Pool struct {
	config       func() (*pgconn.Config, error) // a function, which fmt shows nothing of: it holds the password
	passwordFile string
	insecure     bool
	now          func() time.Time

	mu      sync.Mutex
	idle    []*connection        // the one used last is at the end
	closing map[*connection]bool // broken ones that the library is still cleaning up after
	closed  bool
}

// connection is a connection and its age.
type connection struct {
	*pgconn.PgConn
	made, used time.Time
}

// A connection that was not used for a while may be one that a firewall has forgotten, 350 s
// with AWS: https://docs.aws.amazon.com/elasticloadbalancing/latest/network/network-load-balancers.html#connection-idle-timeout
// An old one may be to a server that has become a replica, or with a token that has expired.
const (
	checkAfter  = time.Second
	pingTimeout = 2 * time.Second
	maxIdle     = 2 * time.Minute
	maxLifetime = 30 * time.Minute
)

// Open makes a pool with the options of a driver whose servers listen on port unless
// told otherwise. It touches neither network nor file.
func Open(o warehouse.Options, port int) (*Pool, error) {
	s, err := settingsOf(o.Config, port)
	if err != nil {
		return nil, err
	}
	if others := s.others(); s.plain() && len(others) > 0 && !o.AllowInsecure {
		key := "sslmode"
		if !o.DSN.IsZero() {
			key = "dsn"
		}
		return nil, registry.Field(key, plainText(others[0]))
	}
	return &Pool{
		config:       func() (*pgconn.Config, error) { return pgconn.ParseConfig(s.dsn()) },
		passwordFile: o.PasswordFile, insecure: o.AllowInsecure, now: time.Now,
		closing: make(map[*connection]bool),
	}, nil
}

func plainText(host string) string {
	return fmt.Sprintf("an unencrypted connection to %q would show the events and credentials to the network; use sslmode=verify-full (or require, which does not look at the certificate), or set allow_insecure: true for this sink", host)
}

// Do calls f with a connection, and keeps the connection unless it broke or was left
// within a transaction. What f leaves undone of a transaction is rolled back.
func (p *Pool) Do(ctx context.Context, f func(*pgconn.PgConn) error) error {
	c, err := p.take(ctx)
	if err != nil {
		return err
	}
	ok := false
	defer func() { p.put(c, ok) }() // also when f panics
	err = f(c.PgConn)
	ok = !isElsewhere(err)
	return err
}

// take returns a connection that was kept and seems to be alive, or a new one.
func (p *Pool) take(ctx context.Context) (*connection, error) {
	for {
		p.mu.Lock()
		n := len(p.idle)
		if n == 0 || p.closed {
			closed := p.closed
			p.mu.Unlock()
			if closed {
				return nil, errClosed
			}
			return p.connect(ctx)
		}
		c := p.idle[n-1]
		p.idle = p.idle[:n-1]
		p.mu.Unlock()
		rested := p.now().Sub(c.used)
		if rested < maxIdle && p.now().Sub(c.made) < maxLifetime && (rested < checkAfter || ping(ctx, c)) {
			return c, nil
		}
		p.discard(c)
	}
}

// ping reports whether a connection is alive.
func ping(ctx context.Context, c *connection) bool {
	ctx, cancel := context.WithTimeout(ctx, pingTimeout)
	defer cancel()
	return c.Ping(ctx) == nil
}

var errClosed = errors.New("the driver is closed")

func (p *Pool) connect(ctx context.Context) (*connection, error) {
	config, err := p.config()
	if err != nil {
		return nil, core.Unauthorized(fmt.Errorf("connect: %s", reasonOf(err, "the settings are not accepted")))
	}
	if !p.insecure {
		// The environment and a service file may have named another server than the options.
		if host, plain := plainHost(config); plain {
			return nil, core.Unauthorized(errors.New("connect: " + plainText(host)))
		}
	}
	if p.passwordFile != "" {
		text, err := os.ReadFile(p.passwordFile)
		if err != nil {
			return nil, core.Unauthorized(fmt.Errorf("connect: read the password: %w", err))
		}
		config.Password = strings.TrimRight(string(text), "\r\n")
	}
	conn, err := pgconn.ConnectConfig(ctx, config)
	if err != nil {
		return nil, err
	}
	now := p.now()
	return &connection{conn, now, now}, nil
}

// plainHost returns a host that would be connected to without encryption and is not this machine.
func plainHost(config *pgconn.Config) (host string, plain bool) {
	if config.TLSConfig == nil && !isThisMachine(config.Host) {
		return config.Host, true
	}
	for _, other := range config.Fallbacks {
		if other.TLSConfig == nil && !isThisMachine(other.Host) {
			return other.Host, true
		}
	}
	return "", false
}

// put keeps a connection that is fit to be used again.
func (p *Pool) put(c *connection, ok bool) {
	const outside = 'I' // of any transaction
	if !ok || c.IsClosed() || c.TxStatus() != outside {
		p.discard(c)
		return
	}
	c.used = p.now()
	p.mu.Lock()
	closed := p.closed
	if !closed {
		p.idle = append(p.idle, c)
	}
	p.mu.Unlock()
	if closed {
		p.discard(c)
	}
}

// discard ends a connection without waiting for the server. The library tells the server,
// in the background, to give up what it may still be doing.
func (p *Pool) discard(c *connection) {
	if !c.IsClosed() {
		ctx, cancel := context.WithTimeout(context.Background(), time.Second)
		defer cancel()
		_ = c.Close(ctx)
		return
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	for done := range p.closing {
		if isDone(done) {
			delete(p.closing, done)
		}
	}
	if !isDone(c) {
		p.closing[c] = true
	}
}

func isDone(c *connection) bool {
	select {
	case <-c.CleanupDone():
		return true
	default:
		return false
	}
}

// Close ends the connections and what the library does in the background.
func (p *Pool) Close(ctx context.Context) error {
	p.mu.Lock()
	idle := p.idle
	p.idle, p.closed = nil, true
	p.mu.Unlock()
	for _, c := range idle {
		_ = c.Close(ctx)
	}
	p.mu.Lock()
	closing := make([]*connection, 0, len(p.closing))
	for c := range p.closing {
		closing = append(closing, c)
	}
	p.mu.Unlock()
	for _, c := range closing {
		select {
		case <-c.CleanupDone():
		case <-ctx.Done():
			return fmt.Errorf("close connections: %w", ctx.Err())
		}
	}
	return nil
}
