package fake

import (
	"context"
	"errors"
	"io"
	"slices"
	"strings"

	"cloud.google.com/go/bigquery/storage/apiv1/storagepb"
	rest "google.golang.org/api/bigquery/v2"
	"google.golang.org/grpc/codes"
	"google.golang.org/grpc/metadata"
	"google.golang.org/grpc/peer"
	"google.golang.org/grpc/status"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/reflect/protodesc"
	"google.golang.org/protobuf/reflect/protoreflect"
	"google.golang.org/protobuf/types/descriptorpb"
	"google.golang.org/protobuf/types/dynamicpb"
)

// maxRequest is the largest append: https://cloud.google.com/bigquery/quotas#write-api-limits
const maxRequest = 10 << 20

// Append is what goes wrong with an append.
type Append struct {
	Status *status.Status // the answer; nothing is written
	Rows   []int64        // with Status: the rows that it says are at fault
	Ends   bool           // the call ends with Status, rather than the append being answered with it
	Cut    bool           // hang up before anything is written
	Lost   bool           // write the rows, then hang up
	Silent bool           // never answer, and write nothing
}

// writeAPI is the Storage Write API.
type writeAPI struct {
	storagepb.UnimplementedBigQueryWriteServer
	s *Server
}

// GetWriteStream knows the default stream of every table.
func (a *writeAPI) GetWriteStream(ctx context.Context, req *storagepb.GetWriteStreamRequest) (*storagepb.WriteStream, error) {
	a.s.note("GetWriteStream")
	if err := a.authorize(ctx, "name"); err != nil {
		return nil, err
	}
	name, err := tableOf(req.GetName())
	if err != nil {
		return nil, err
	}
	d := a.s.Table(name)
	if d == nil {
		return nil, notFound(name)
	}
	return &storagepb.WriteStream{Name: req.GetName(), Type: storagepb.WriteStream_COMMITTED, Location: d.Location}, nil
}

// AppendRows appends to default streams.
func (a *writeAPI) AppendRows(call storagepb.BigQueryWrite_AppendRowsServer) error {
	a.s.note("AppendRows")
	if err := a.authorize(call.Context(), "write_stream"); err != nil {
		return err
	}
	var name string
	var form protoreflect.MessageDescriptor
	var defaults bool
	for {
		req, err := call.Recv()
		switch {
		case errors.Is(err, io.EOF):
			return nil
		case err != nil:
			return err
		}
		if req.GetWriteStream() != "" {
			if name, err = tableOf(req.GetWriteStream()); err != nil {
				return err
			}
		}
		if schema := req.GetProtoRows().GetWriterSchema(); schema != nil {
			if form, err = messageOf(schema.GetProtoDescriptor()); err != nil {
				return status.Error(codes.InvalidArgument, err.Error())
			}
		}
		if how := req.GetDefaultMissingValueInterpretation(); how != storagepb.AppendRowsRequest_MISSING_VALUE_INTERPRETATION_UNSPECIFIED {
			defaults = how == storagepb.AppendRowsRequest_DEFAULT_VALUE
		}
		switch {
		case name == "" || form == nil:
			return status.Error(codes.InvalidArgument, "the first request must say which stream, and describe the rows")
		case req.GetOffset() != nil:
			return status.Error(codes.InvalidArgument, "offset is not allowed with the default stream")
		case proto.Size(req) > maxRequest:
			return status.Error(codes.InvalidArgument, "AppendRows request too large")
		}
		answer, err := a.append(call.Context(), name, sent{form, defaults, req.GetProtoRows().GetRows().GetSerializedRows()})
		if err != nil {
			return err
		}
		if err := call.Send(answer); err != nil {
			return err
		}
	}
}

// sent are rows as they come.
type sent struct {
	form     protoreflect.MessageDescriptor
	defaults bool // a column that is missing gets its default
	rows     [][]byte
}

// append appends all rows or none of them, unless something was to go wrong.
func (a *writeAPI) append(ctx context.Context, name string, rows sent) (*storagepb.AppendRowsResponse, error) {
	a.s.mu.Lock()
	a.s.appends++
	n, wrong := a.s.appends, a.s.faults.append
	a.s.mu.Unlock()
	var fault *Append
	if wrong != nil {
		fault = wrong(n)
	}
	switch {
	case fault == nil:
		return a.s.write(name, rows)
	case fault.Silent:
		<-ctx.Done()
		return nil, ctx.Err()
	case fault.Cut, fault.Lost:
		if fault.Lost {
			if _, err := a.s.write(name, rows); err != nil {
				return nil, err
			}
		}
		if p, ok := peer.FromContext(ctx); ok {
			a.s.gate.cut(p.Addr.String())
		}
		<-ctx.Done()
		return nil, ctx.Err()
	case fault.Ends:
		return nil, fault.Status.Err()
	default:
		answer := inBand(fault.Status)
		for _, index := range fault.Rows {
			answer.RowErrors = append(answer.RowErrors, &storagepb.RowError{Index: index, Code: storagepb.RowError_FIELDS_ERROR, Message: fault.Status.Message()})
		}
		return answer, nil
	}
}

// write writes rows to a table.
func (s *Server) write(name string, rows sent) (*storagepb.AppendRowsResponse, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	t := s.tables[name]
	if t == nil {
		return nil, notFound(name)
	}
	fields := rows.form.Fields()
	for i := range fields.Len() {
		if t.field(string(fields.Get(i).Name())) == nil {
			return inBand(failed(codes.InvalidArgument, storagepb.StorageError_SCHEMA_MISMATCH_EXTRA_FIELDS, name)), nil
		}
	}
	var stored []Row
	var refused []*storagepb.RowError
	for i, raw := range rows.rows {
		row, err := t.decode(rows, raw)
		if err != nil {
			refused = append(refused, &storagepb.RowError{Index: int64(i), Code: storagepb.RowError_FIELDS_ERROR, Message: err.Error()})
		}
		stored = append(stored, row)
	}
	if refused != nil {
		answer := inBand(status.New(codes.InvalidArgument, "Errors found while processing rows. Please refer to the row_errors field for details."))
		answer.RowErrors = refused
		return answer, nil
	}
	t.rows = append(t.rows, stored...)
	return &storagepb.AppendRowsResponse{Response: &storagepb.AppendRowsResponse_AppendResult_{AppendResult: &storagepb.AppendRowsResponse_AppendResult{}}}, nil
}

// decode reads a row by the description that its sender gave.
func (t *table) decode(as sent, raw []byte) (Row, error) {
	m := dynamicpb.NewMessage(as.form)
	if err := proto.Unmarshal(raw, m); err != nil {
		return nil, err
	}
	row := Row{}
	for _, field := range t.fields {
		fd := fieldOf(as.form, field.Name)
		if fd == nil || !m.Has(fd) {
			if as.defaults && field.DefaultValueExpression != "" {
				row[field.Name] = strings.Trim(field.DefaultValueExpression, "'")
			} else if field.Mode == "REQUIRED" {
				return nil, errors.New("missing required field: " + field.Name)
			}
			continue
		}
		value, err := store(field, m.Get(fd).Interface())
		if err != nil {
			return nil, err
		}
		row[field.Name] = value
	}
	return row, nil
}

func (t *table) field(name string) *rest.TableFieldSchema {
	i := slices.IndexFunc(t.fields, func(f *rest.TableFieldSchema) bool { return strings.EqualFold(f.Name, name) })
	if i < 0 {
		return nil
	}
	return t.fields[i]
}

// fieldOf returns the field for a column, whose name may be in another case.
func fieldOf(form protoreflect.MessageDescriptor, column string) protoreflect.FieldDescriptor {
	fields := form.Fields()
	for i := range fields.Len() {
		if strings.EqualFold(string(fields.Get(i).Name()), column) {
			return fields.Get(i)
		}
	}
	return nil
}

// messageOf makes a description usable.
func messageOf(d *descriptorpb.DescriptorProto) (protoreflect.MessageDescriptor, error) {
	file, err := protodesc.NewFile(&descriptorpb.FileDescriptorProto{
		Name: proto.String("row.proto"), Syntax: proto.String("proto2"), MessageType: []*descriptorpb.DescriptorProto{d},
	}, nil)
	if err != nil {
		return nil, err
	}
	return file.Messages().Get(0), nil
}

// tableOf returns the name of the table whose default stream is meant.
func tableOf(stream string) (string, error) {
	p := strings.Split(stream, "/")
	if len(p) != 8 || p[0] != "projects" || p[2] != "datasets" || p[4] != "tables" || p[6] != "streams" || p[7] != "_default" {
		return "", status.Error(codes.InvalidArgument, "want the default stream of a table")
	}
	return p[1] + "." + p[3] + "." + p[5], nil
}

// authorize wants a token that was given out, if credentials were, and the header by which
// a call finds its way.
func (a *writeAPI) authorize(ctx context.Context, member string) error {
	md, _ := metadata.FromIncomingContext(ctx)
	a.s.mu.Lock()
	a.s.payers = append(a.s.payers, md.Get("x-goog-user-project")...)
	a.s.mu.Unlock()
	if !a.s.keys.accepts(strings.Join(md.Get("authorization"), "")) {
		return status.Error(codes.Unauthenticated, "Request had invalid authentication credentials.")
	}
	if !strings.HasPrefix(strings.Join(md.Get("x-goog-request-params"), ""), member+"=projects%2F") {
		return status.Error(codes.InvalidArgument, "x-goog-request-params is missing")
	}
	return nil
}

// Payers returns the projects that calls of the Storage Write API are to be paid by.
func (s *Server) Payers() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.Clone(s.payers)
}

func notFound(name string) error {
	return failed(codes.NotFound, storagepb.StorageError_TABLE_NOT_FOUND, name).Err()
}

// failed is a status with the detail that says more.
func failed(code codes.Code, detail storagepb.StorageError_StorageErrorCode, entity string) *status.Status {
	s, err := status.New(code, "Requested entity was not found or does not fit. Entity: "+entity).
		WithDetails(&storagepb.StorageError{Code: detail, Entity: entity})
	if err != nil {
		panic(err)
	}
	return s
}

// inBand is an answer that the call outlives.
func inBand(s *status.Status) *storagepb.AppendRowsResponse {
	return &storagepb.AppendRowsResponse{Response: &storagepb.AppendRowsResponse_Error{Error: s.Proto()}}
}
