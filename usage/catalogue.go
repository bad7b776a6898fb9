package usage

import (
	"reflect"

	"github.com/headgate-dev/headgate/core"
)

//go:generate go run ./internal/genevents ../docs/events.md

// Catalogue returns a payload of every kind, each as empty as can be: what programs tell about
// their use can be listed by it.
func Catalogue() []core.Payload {
	return []core.Payload{
		Version{}, Run{}, Playground{}, Component{}, ComponentInputs{}, ComponentIndex{}, Shutdown{}, Exception{}, Deployment{},
		IntegrationAction{}, MCPTool{},
	}
}

// schemaOf returns what the fields of a payload are declared to be, nil if it declares nothing.
func (s *Service) schemaOf(payload any) *core.Schema {
	t := reflect.TypeOf(payload)
	if t == nil {
		return nil
	}
	schema, known := s.schemas.Load(t)
	if !known {
		schema, _ = s.schemas.LoadOrStore(t, core.SchemaOf(payload))
	}
	return schema.(*core.Schema)
}
