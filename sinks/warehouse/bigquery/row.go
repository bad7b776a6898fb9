package bigquery

import (
	"fmt"
	"time"

	"google.golang.org/protobuf/encoding/protowire"
	"google.golang.org/protobuf/proto"
	"google.golang.org/protobuf/types/descriptorpb"

	"github.com/headgate-dev/headgate/sinks/warehouse"
)

// columns are those of the table; the number of a column in a row is its index plus one.
var columns = warehouse.Columns()

// typeNames are the words for the types of columns in SQL and in the REST API, which
// says INTEGER where SQL says INT64.
var typeNames = map[warehouse.Type]string{
	warehouse.Text: "STRING", warehouse.JSON: "JSON", warehouse.Timestamp: "TIMESTAMP", warehouse.Integer: "INT64",
}

// protoTypes are how columns are sent: JSON as its text, a timestamp in microseconds since 1970.
// https://cloud.google.com/bigquery/docs/supported-data-types
var protoTypes = map[warehouse.Type]descriptorpb.FieldDescriptorProto_Type{
	warehouse.Text:      descriptorpb.FieldDescriptorProto_TYPE_STRING,
	warehouse.JSON:      descriptorpb.FieldDescriptorProto_TYPE_STRING,
	warehouse.Timestamp: descriptorpb.FieldDescriptorProto_TYPE_INT64,
	warehouse.Integer:   descriptorpb.FieldDescriptorProto_TYPE_INT64,
}

// descriptor describes a row to BigQuery, which finds the columns by their names.
func descriptor() *descriptorpb.DescriptorProto {
	d := &descriptorpb.DescriptorProto{Name: proto.String("Row")}
	for i, column := range columns {
		label := descriptorpb.FieldDescriptorProto_LABEL_OPTIONAL
		if column.Required {
			label = descriptorpb.FieldDescriptorProto_LABEL_REQUIRED
		}
		d.Field = append(d.Field, &descriptorpb.FieldDescriptorProto{
			Name: proto.String(column.Name), Number: proto.Int32(int32(i + 1)),
			Label: label.Enum(), Type: protoTypes[column.Type].Enum(),
		})
	}
	return d
}

// encode returns rows as messages of that description, and their size in all.
func encode(rows []warehouse.Row) (messages [][]byte, size int, err error) {
	messages = make([][]byte, len(rows))
	for i := range rows {
		if messages[i], err = encodeRow(&rows[i]); err != nil {
			return nil, 0, err
		}
		size += len(messages[i])
	}
	return messages, size, nil
}

func encodeRow(row *warehouse.Row) ([]byte, error) {
	dst := make([]byte, 0, len(row.Payload)+len(row.Context)+256)
	for i, column := range columns {
		number := protowire.Number(i + 1)
		switch v := column.Value(row).(type) {
		case nil:
		case string:
			dst = protowire.AppendString(protowire.AppendTag(dst, number, protowire.BytesType), v)
		case []byte:
			dst = protowire.AppendBytes(protowire.AppendTag(dst, number, protowire.BytesType), v)
		case time.Time:
			dst = protowire.AppendVarint(protowire.AppendTag(dst, number, protowire.VarintType), uint64(v.UnixMicro()))
		case int:
			dst = protowire.AppendVarint(protowire.AppendTag(dst, number, protowire.VarintType), uint64(v))
		default:
			return nil, fmt.Errorf("column %s has a value of type %T, which is not known", column.Name, v)
		}
	}
	return dst, nil
}
