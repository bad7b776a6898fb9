package warehouse

// Type is what a column holds; each engine has its own word for it.
type Type uint8

// The types of column.
const (
	Text      Type = iota // a string
	JSON                  // a JSON object, in the engine's own type for it if it has one
	Timestamp             // a point in time, to the microsecond at least
	Integer               // a small whole number
)

// Column is a column of the table. Its name is the same with every engine and is to be
// quoted everywhere: timestamp is a word of its own in some of them.
type Column struct {
	Name string
	Type Type
	// Required columns are never NULL.
	Required bool
	// Doc says in a few words what the column holds.
	Doc string
	// Value returns what a row has in it: a string, the []byte of a JSON object, a
	// time.Time or an int, and nil for NULL.
	Value func(*Row) any
}

// Columns returns the columns of the table in their order.
func Columns() []Column {
	return []Column{
		{Name: "id", Type: Text, Required: true, Doc: "identity of the event; no two rows have the same", Value: func(r *Row) any { return r.ID }},
		{Name: "endpoint", Type: Text, Required: true, Doc: "name of the event", Value: func(r *Row) any { return r.Endpoint }},
		{Name: "payload", Type: JSON, Required: true, Doc: "properties of the event", Value: func(r *Row) any { return r.Payload }},
		{Name: "timestamp", Type: Timestamp, Required: true, Doc: "when it happened, as its sender says", Value: func(r *Row) any { return r.Time }},
		{Name: "received_at", Type: Timestamp, Required: true, Doc: "when headgate accepted it; retention goes by it", Value: func(r *Row) any { return r.Received }},
		{Name: "kind", Type: Text, Required: true, Doc: "track, identify, page, screen, group or alias", Value: func(r *Row) any { return r.Kind }},
		{Name: "user_id", Type: Text, Doc: "whom it is about", Value: func(r *Row) any { return orNull(r.UserID) }},
		{Name: "anonymous_id", Type: Text, Doc: "pseudonym of whom it is about", Value: func(r *Row) any { return orNull(r.AnonymousID) }},
		{Name: "session_id", Type: Text, Doc: "session it belongs to", Value: func(r *Row) any { return orNull(r.SessionID) }},
		{Name: "app_name", Type: Text, Doc: "program that reported it", Value: func(r *Row) any { return orNull(r.AppName) }},
		{Name: "app_version", Type: Text, Doc: "version of that program", Value: func(r *Row) any { return orNull(r.AppVersion) }},
		{Name: "context", Type: JSON, Required: true, Doc: "context of the event", Value: func(r *Row) any { return r.Context }},
		{Name: "schema_version", Type: Integer, Required: true, Doc: "version of this layout", Value: func(r *Row) any { return r.SchemaVersion }},
	}
}

func orNull(s string) any {
	if s == "" {
		return nil
	}
	return s
}
