package bigquery

import (
	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

func credentialsOf(key []byte) func(*warehouse.Config) {
	return func(c *warehouse.Config) { c.Credentials = core.NewSecret(string(key)) }
}
