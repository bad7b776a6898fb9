package config

import "github.com/headgate-dev/headgate/registry"

// Keys returns what the file as a whole and every sink can be told.
func Keys() (settings, delivery []registry.Option) { return settingsOptions, deliveryOptions }
