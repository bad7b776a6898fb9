package registry

import (
	"encoding/json"
	"math"
	"reflect"
	"strings"
)

// Schema returns JSON Schema (draft-07) for a mapping with the given options and no
// others. It refers to the definitions that [SchemaDefinitions] returns. Wherever a
// single value is wanted, a string with a reference, such as ${VARIABLE}, will do.
func Schema(options []Option) map[string]any {
	properties := make(map[string]any, len(options))
	required := []string{}
	for i := range options {
		o := &options[i]
		properties[o.Key] = o.schema()
		if o.Required {
			required = append(required, o.Key)
		}
	}
	s := map[string]any{"type": []string{"object", "null"}, "properties": properties, "additionalProperties": false}
	if len(required) > 0 {
		s["type"], s["required"] = "object", required
	}
	return s
}

// The notations of durations and sizes, of which Go and the readers of JSON Schema think the same.
const (
	durationPart    = `([0-9]+(\.[0-9]*)?|\.[0-9]+)(ns|us|µs|μs|ms|s|m|h)`
	durationPattern = `^(0|(` + durationPart + `)+)$`
	sizePattern     = `^([0-9]+(\.0+)?( *B)?|[0-9]+(\.[0-9]+)? *([kKMGTP]B|[KMGTP]iB))$`
	// aboveZero is for texts of both that cannot be zero.
	aboveZero = `[1-9]`
	// referencePattern finds a reference; $${ is none.
	referencePattern = `(^|[^$])\$\{((env:)?[A-Za-z_][A-Za-z0-9_]*(:-[^{}]*)?|file:[^{}]+)\}`
)

// SchemaDefinitions returns the definitions that schemas refer to.
func SchemaDefinitions() map[string]any {
	return map[string]any{
		"reference": map[string]any{
			"description": "Holds ${VARIABLE}, ${VARIABLE:-default} or ${file:/path}.",
			"type":        "string", "pattern": referencePattern,
		},
		"text":     map[string]any{"type": []string{"string", "number"}},
		"duration": map[string]any{"type": "string", "pattern": durationPattern},
		"size":     map[string]any{"type": "string", "pattern": sizePattern},
	}
}

func definition(name string) map[string]any {
	return map[string]any{"$ref": "#/definitions/" + name}
}

// schema describes the option with what is shown to people.
func (o *Option) schema() map[string]any {
	s := o.valueSchema()
	if single := o.Kind != KindObject && o.Kind != KindMap && o.Kind != KindList; single && !o.Required {
		s = nullable(s)
	}
	s["description"] = o.Doc
	if v, ok := o.jsonValue(o.Default); ok {
		s["default"] = v
	}
	if v, ok := o.jsonValue(o.Example); ok {
		s["examples"] = []any{v}
	}
	return s
}

// nullable also allows a key without a value, which is left at its default.
func nullable(s map[string]any) map[string]any {
	null := map[string]any{"type": "null"}
	if choices, ok := s["anyOf"].([]any); ok {
		s["anyOf"] = append([]any{null}, choices...)
		return s
	}
	return map[string]any{"anyOf": []any{null, s}}
}

// valueSchema describes the values of the option. A schema with "$ref" would hide what
// stands beside it, so references are always inside of anyOf or allOf.
func (o *Option) valueSchema() map[string]any {
	switch o.Kind {
	case KindObject:
		return Schema(o.Options)
	case KindMap:
		return map[string]any{"type": []string{"object", "null"}, "additionalProperties": definition("text")}
	case KindList:
		s := map[string]any{"type": []string{"array", "null"}, "items": o.textSchema()}
		if o.Required {
			s["type"], s["minItems"] = "array", 1
		}
		return s
	case KindBool:
		return map[string]any{"anyOf": []any{map[string]any{"type": "boolean"}, definition("reference")}}
	case KindInt:
		return o.numberSchema("integer")
	case KindFloat:
		return o.numberSchema("number")
	case KindDuration:
		return o.durationSchema()
	case KindSize:
		return o.sizeSchema()
	default:
		return o.textSchema()
	}
}

// durationSchema describes durations. Of their bounds it knows whether zero is within.
func (o *Option) durationSchema() map[string]any {
	choices := []any{o.unitText("duration")}
	if !o.aboveZero() {
		choices = append(choices, map[string]any{"const": 0})
	}
	if strings.HasPrefix(o.Min, "-") {
		negative := map[string]any{"type": "string", "pattern": "^-" + strings.TrimPrefix(durationPattern, "^")}
		choices = append(choices, map[string]any{"allOf": []any{negative, map[string]any{"pattern": aboveZero}}})
	}
	return map[string]any{"anyOf": append(choices, definition("reference"))}
}

// sizeSchema describes sizes: as numbers, with their bounds, and with units.
func (o *Option) sizeSchema() map[string]any {
	s := map[string]any{"type": "integer", "minimum": 0, "maximum": math.MaxInt64}
	for tag, text := range map[string]string{"minimum": o.Min, "maximum": o.Max} {
		if n, err := ParseSize(text); err == nil {
			s[tag] = int64(n)
		}
	}
	return map[string]any{"anyOf": []any{s, o.unitText("size"), definition("reference")}}
}

// unitText describes durations or sizes as they are written with a unit.
func (o *Option) unitText(name string) map[string]any {
	if !o.aboveZero() {
		return definition(name)
	}
	return map[string]any{"allOf": []any{definition(name), map[string]any{"pattern": aboveZero}}}
}

// aboveZero reports whether zero is too little.
func (o *Option) aboveZero() bool {
	low, excluded := o.lowest()
	zero, _ := o.number("0")
	bound, err := o.number(low)
	return err == nil && (zero.less(bound) || excluded && !bound.less(zero))
}

func (o *Option) textSchema() map[string]any {
	if o.Enum != nil {
		return map[string]any{"anyOf": []any{map[string]any{"enum": o.Enum}, definition("reference")}}
	}
	s := map[string]any{"type": []string{"string", "number"}}
	if o.Required && o.Kind == KindString {
		s["minLength"] = 1
	}
	return s
}

func (o *Option) numberSchema(typ string) map[string]any {
	s := map[string]any{"type": typ}
	if o.Kind == KindInt {
		low, high := intRange(reflect.Zero(o.typ))
		s["minimum"], s["maximum"] = json.Number(low), json.Number(high)
	}
	if low, excluded := o.lowest(); low != "" {
		if v, ok := o.jsonValue(low); ok && excluded {
			delete(s, "minimum")
			s["exclusiveMinimum"] = v
		} else if ok {
			s["minimum"] = v
		}
	}
	if v, ok := o.jsonValue(o.Max); ok {
		s["maximum"] = v
	}
	return map[string]any{"anyOf": []any{s, definition("reference")}}
}

// jsonValue returns the text of a tag as JSON has it, and whether there is any.
func (o *Option) jsonValue(text string) (any, bool) {
	if text == "" {
		return nil, false
	}
	switch o.Kind {
	case KindBool:
		return text == "true", true
	case KindInt, KindFloat:
		_, err := o.number(text)
		return json.Number(text), err == nil
	case KindList:
		return splitList(text), true
	case KindMap, KindObject:
		return nil, false
	}
	return text, true
}
