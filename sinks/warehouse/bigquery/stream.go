package bigquery

import (
	"context"
	"errors"
	"io"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	"google.golang.org/grpc"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/status"
)

// writer appends rows to the default stream of a table. It makes one attempt, and a second
// one only when the first was on a connection that had been left open from before: servers
// close those after some minutes without saying so.
type writer struct {
	service *service
	target  target
	written atomic.Bool

	mu     sync.Mutex
	closed bool
	idle   []*stream
}

// stream is an open call of AppendRows. One append at a time is on it.
type stream struct {
	conn   *grpc.ClientConn
	call   storagepb.BigQueryWrite_AppendRowsClient
	cancel context.CancelFunc
	used   bool // an append went well on it
}

func newWriter(s *service, t target) *writer { return &writer{service: s, target: t} }

// hasWritten reports whether an append has ever gone well: table and rows fit.
func (w *writer) hasWritten() bool { return w.written.Load() }

// append sends rows, and returns what the service answers if it answers that rows are
// refused, or all is well. Anything else is an error.
func (w *writer) append(ctx context.Context, rows [][]byte) (*storagepb.AppendRowsResponse, error) {
	for {
		s, err := w.take(ctx)
		if err != nil {
			return nil, err
		}
		stale := s.used
		answer, err := s.append(ctx, w.target.stream(), rows)
		if err != nil {
			w.drop(s, err)
			if stale && ctx.Err() == nil {
				continue // each round has one idle stream less
			}
			return nil, err
		}
		if of := answer.GetError(); of != nil && len(answer.GetRowErrors()) == 0 {
			err := status.ErrorProto(of)
			w.drop(s, err)
			if status.Code(err) == codes.AlreadyExists {
				return &storagepb.AppendRowsResponse{}, nil // it has been written before
			}
			return nil, err
		}
		s.used = true
		w.put(s)
		if answer.GetError() == nil {
			w.written.Store(true)
		}
		return answer, nil
	}
}

// append sends rows on the stream and waits for the answer, at most until ctx is done. After
// an error the stream is of no use.
func (s *stream) append(ctx context.Context, name string, rows [][]byte) (*storagepb.AppendRowsResponse, error) {
	stop := context.AfterFunc(ctx, s.cancel)
	defer stop()
	data := &storagepb.AppendRowsRequest_ProtoData{Rows: &storagepb.ProtoRows{SerializedRows: rows}}
	req := &storagepb.AppendRowsRequest{Rows: &storagepb.AppendRowsRequest_ProtoRows{ProtoRows: data}}
	if !s.used { // the first says what follows
		req.WriteStream, req.TraceId = name, userAgent
		req.DefaultMissingValueInterpretation = storagepb.AppendRowsRequest_DEFAULT_VALUE // in columns of others
		data.WriterSchema = &storagepb.ProtoSchema{ProtoDescriptor: descriptor()}
	}
	err := s.call.Send(req)
	if err == nil || errors.Is(err, io.EOF) { // EOF: Recv knows why
		var answer *storagepb.AppendRowsResponse
		if answer, err = s.call.Recv(); err == nil {
			return answer, nil
		}
	}
	if ctx.Err() != nil {
		err = ctx.Err()
	}
	return nil, err
}

// take returns an idle stream, or a new one.
func (w *writer) take(ctx context.Context) (*stream, error) {
	w.mu.Lock()
	if n := len(w.idle); n > 0 {
		s := w.idle[n-1]
		w.idle = w.idle[:n-1]
		w.mu.Unlock()
		return s, nil
	}
	w.mu.Unlock()
	if err := ctx.Err(); err != nil {
		return nil, err
	}
	return w.dial(ctx)
}

func (w *writer) dial(ctx context.Context) (*stream, error) {
	conn, outgoing, err := w.outgoing(ctx, context.Background(), "write_stream")
	if err != nil {
		return nil, err
	}
	outgoing, cancel := context.WithCancel(outgoing)
	stop := context.AfterFunc(ctx, cancel)
	defer stop()
	call, err := storagepb.NewBigQueryWriteClient(conn).AppendRows(outgoing)
	if err != nil {
		cancel()
		if ctx.Err() != nil {
			err = ctx.Err()
		}
		w.hangUpAfter(conn, err)
		return nil, err
	}
	return &stream{conn: conn, call: call, cancel: cancel}, nil
}

// outgoing returns the connection, and a context made of parent that carries what a call on
// it needs: who makes it, and the member of the request by which the service finds the right region.
func (w *writer) outgoing(ctx, parent context.Context, member string) (*grpc.ClientConn, context.Context, error) {
	web, err := w.service.http()
	if err != nil {
		return nil, nil, err
	}
	headers, err := web.tokens.headers(ctx)
	if err != nil {
		return nil, nil, err
	}
	conn, err := w.service.grpc()
	if err != nil {
		return nil, nil, err
	}
	pairs := []string{"x-goog-request-params", member + "=" + url.QueryEscape(w.target.stream())}
	for name, value := range headers {
		pairs = append(pairs, strings.ToLower(name), value)
	}
	return conn, metadata.AppendToOutgoingContext(parent, pairs...), nil
}

// check asks for the stream of the table.
func (w *writer) check(ctx context.Context) error {
	conn, outgoing, err := w.outgoing(ctx, ctx, "name")
	if err != nil {
		return err
	}
	_, err = storagepb.NewBigQueryWriteClient(conn).GetWriteStream(outgoing, &storagepb.GetWriteStreamRequest{Name: w.target.stream()})
	if err != nil {
		w.hangUpAfter(conn, err)
	}
	return err
}

// put keeps a stream for the next append.
func (w *writer) put(s *stream) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if !w.closed {
		w.idle = append(w.idle, s)
	}
}

// drop ends a stream after an error.
func (w *writer) drop(s *stream, err error) {
	s.cancel()
	if !s.used || errors.Is(err, context.DeadlineExceeded) {
		w.hangUpAfter(s.conn, err)
	}
}

// hangUpAfter closes the connection if the error may be its fault: one that says nothing
// any more would be taken for alive for a quarter of an hour.
func (w *writer) hangUpAfter(conn *grpc.ClientConn, err error) {
	switch code := status.Code(err); {
	case code == codes.Unauthenticated:
		if web, err := w.service.http(); err == nil {
			web.tokens.forget()
		}
	case code == codes.Unavailable, code == codes.DeadlineExceeded, errors.Is(err, context.DeadlineExceeded), errors.Is(err, io.EOF):
		w.service.hangUp(conn)
	}
}

// close lets go of the streams, which end with their connection.
func (w *writer) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.idle = true, nil
}
