// Package all imports every sink, every driver of the warehouse sink and every type of queue, so
// that a program that imports it for its side effect knows them.
package all

import (
	_ "github.com/headgate-dev/headgate/config/expressions"        // when and set of a sink
	_ "github.com/headgate-dev/headgate/core/queue/jetstream"      // queue of type jetstream
	_ "github.com/headgate-dev/headgate/sinks/lite"                // all that need no database driver
	_ "github.com/headgate-dev/headgate/sinks/warehouse/bigquery"  // warehouse with driver: bigquery
	_ "github.com/headgate-dev/headgate/sinks/warehouse/postgres"  // warehouse with driver: postgres
	_ "github.com/headgate-dev/headgate/sinks/warehouse/redshift"  // warehouse with driver: redshift
	_ "github.com/headgate-dev/headgate/sinks/warehouse/snowflake" // warehouse with driver: snowflake
	_ "github.com/headgate-dev/headgate/sinks/warehouse/sqlite"    // warehouse with driver: sqlite
)
