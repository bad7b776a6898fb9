// Command telegraf is a Telegraf of the parts that the comparison needs: HTTP in, HTTP out, both in JSON.
package main

import (
	"context"
	"log"
	"os"
	"os/signal"
	"syscall"

	"github.com/influxdata/telegraf/agent"
	"github.com/influxdata/telegraf/config"
	_ "github.com/influxdata/telegraf/plugins/inputs/http_listener_v2"
	_ "github.com/influxdata/telegraf/plugins/outputs/http"
	_ "github.com/influxdata/telegraf/plugins/parsers/json"
	_ "github.com/influxdata/telegraf/plugins/serializers/json"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	c := config.NewConfig()
	if err := c.LoadAll(os.Args[1]); err != nil {
		log.Fatal(err)
	}
	if err := agent.NewAgent(c).Run(ctx); err != nil {
		log.Fatal(err)
	}
}
