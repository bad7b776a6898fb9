package config

import (
	"reflect"

	"github.com/headgate-dev/headgate/registry"
)

// list stores a list of strings, which is at p. It reports whether it stays open.
func (d *decoder) list(o *registry.Option, v value, target reflect.Value, p *place) (open bool) {
	if v.shape != shapeList && v.shape != shapeNull {
		d.problem(v.position, "", "%s: want %s, got %s", clip(o.Key), wanted(o), shown(o, v))
		return true
	}
	if v.shape == shapeNull && !o.Required {
		return false // as of any key without a value: an empty purposes would ask for no consent
	}
	item := textOption(o)
	texts := make([]string, 0, len(v.items))
	for _, iv := range v.items {
		x, ok := d.text(item, iv)
		if !ok || x.unresolved {
			open = true
			continue
		}
		if err := o.CheckText(x.text); err != nil {
			d.wrongValue(item, iv, x, err)
			open = true
			continue
		}
		texts = append(texts, x.text)
		p.refer(item, x)
	}
	if !open && o.Required && len(texts) == 0 {
		d.problem(v.position, "", "%s: is required and must not be empty", o.Key)
		return true
	}
	return open || o.SetList(target, texts) != nil // each item has been checked
}

// textMap stores a mapping of strings. It reports whether it stays open, and where its keys are.
func (d *decoder) textMap(o *registry.Option, v value, target reflect.Value) (open bool, in places) {
	if v.shape != shapeMapping && v.shape != shapeNull {
		d.problem(v.position, "", "%s: want %s, got %s", clip(o.Key), wanted(o), shown(o, v))
		return true, nil
	}
	if v.shape == shapeNull {
		return false, nil
	}
	texts := make(map[string]string, len(v.entries))
	in = make(places, len(v.entries))
	for _, e := range v.entries {
		named := textOption(o)
		named.Key = e.key
		x, ok := d.text(named, e.value)
		if !ok || x.unresolved {
			open = true
			continue
		}
		texts[e.key] = x.text
		at := place{key: e.position, value: e.value.position}
		at.refer(named, x)
		in[e.key] = at
	}
	o.SetMap(target, texts) // what is right of it, so that more can be checked
	return open, in
}

// textOption describes one string of a list or mapping.
func textOption(o *registry.Option) *registry.Option {
	return &registry.Option{Key: o.Key, Kind: registry.KindString, Secret: o.Secret, Enum: o.Enum}
}
