// Command otelqueue puts records into the queue that an OpenTelemetry Collector's exporter keeps in file storage,
// with fsync: the part of a Collector that answers for durability, without what is before and behind it.
package main

import (
	"context"
	"fmt"
	"sync"
	"time"

	"github.com/open-telemetry/opentelemetry-collector-contrib/extension/storage/filestorage"
	"go.opentelemetry.io/collector/component"
	"go.opentelemetry.io/collector/config/configoptional"
	"go.opentelemetry.io/collector/exporter"
	"go.opentelemetry.io/collector/exporter/exporterhelper"
	"go.opentelemetry.io/collector/extension"
	"go.opentelemetry.io/collector/pdata/pcommon"
	"go.opentelemetry.io/collector/pdata/plog"
	metricnoop "go.opentelemetry.io/otel/metric/noop"
	tracenoop "go.opentelemetry.io/otel/trace/noop"
	"go.uber.org/zap"

	"github.com/headgate-dev/headgate/bench/internal/engine"
)

func main() { engine.Main(engine.Subject{Open: open}) }

// queue is an exporter whose destination is down until the queue is closed, as nothing reads from the other engines.
type queue struct {
	storage  component.Component
	exporter exporter.Logs
	up       chan struct{} // closed when the destination is there

	mu        sync.Mutex
	appended  int
	delivered [][]byte
}

// host tells the exporter of its storage.
type host struct {
	extensions map[component.ID]component.Component
}

func (h host) GetExtensions() map[component.ID]component.Component { return h.extensions }

func open(s engine.Setup) (engine.Engine, error) {
	ctx := context.Background()
	telemetry := component.TelemetrySettings{
		Logger: zap.NewNop(), TracerProvider: tracenoop.NewTracerProvider(), MeterProvider: metricnoop.NewMeterProvider(), Resource: pcommon.NewResource(),
	}
	id := component.MustNewID("file_storage")
	factory := filestorage.NewFactory()
	config := factory.CreateDefaultConfig().(*filestorage.Config)
	config.Directory, config.FSync = s.Dir, true
	storage, err := factory.Create(ctx, extension.Settings{ID: component.NewID(factory.Type()), TelemetrySettings: telemetry}, config)
	if err != nil {
		return nil, err
	}
	q := &queue{storage: storage, up: make(chan struct{})}
	h := host{map[component.ID]component.Component{id: storage}}
	if err := storage.Start(ctx, h); err != nil {
		return nil, err
	}
	queueing := exporterhelper.NewDefaultQueueConfig()
	queueing.StorageID, queueing.Sizer, queueing.QueueSize = &id, exporterhelper.RequestSizerTypeItems, int64(s.Events)+1000
	queueing.NumConsumers, queueing.BlockOnOverflow = 1, true
	queueing.Batch = configoptional.None[exporterhelper.BatchConfig]()
	q.exporter, err = exporterhelper.NewLogs(ctx, exporter.Settings{ID: component.MustNewID("bench"), TelemetrySettings: telemetry},
		&struct{}{}, q.push, exporterhelper.WithQueue(configoptional.Some(queueing)), exporterhelper.WithTimeout(exporterhelper.TimeoutConfig{}))
	if err != nil {
		return nil, err
	}
	return q, q.exporter.Start(ctx, h)
}

// Append returns when the queue has taken the records: they are in its file then, and that is synced.
func (q *queue) Append(recs [][]byte) error {
	logs := plog.NewLogs()
	records := logs.ResourceLogs().AppendEmpty().ScopeLogs().AppendEmpty().LogRecords()
	records.EnsureCapacity(len(recs))
	for _, rec := range recs {
		records.AppendEmpty().Body().SetStr(string(rec))
	}
	if err := q.exporter.ConsumeLogs(context.Background(), logs); err != nil {
		return err
	}
	q.mu.Lock()
	defer q.mu.Unlock()
	q.appended += len(recs)
	return nil
}

func (q *queue) push(_ context.Context, logs plog.Logs) error {
	<-q.up
	q.mu.Lock()
	defer q.mu.Unlock()
	for _, resource := range logs.ResourceLogs().All() {
		for _, scope := range resource.ScopeLogs().All() {
			for _, record := range scope.LogRecords().All() {
				q.delivered = append(q.delivered, []byte(record.Body().Str()))
			}
		}
	}
	return nil
}

// Close lets the queue deliver what it has, which is how it is read back.
func (q *queue) Close() error {
	close(q.up)
	for deadline := time.Now().Add(5 * time.Minute); ; time.Sleep(10 * time.Millisecond) {
		q.mu.Lock()
		done, of := len(q.delivered), q.appended
		q.mu.Unlock()
		if done >= of {
			break
		}
		if time.Now().After(deadline) {
			return fmt.Errorf("%d of %d records were delivered", done, of)
		}
	}
	if err := q.exporter.Shutdown(context.Background()); err != nil {
		return err
	}
	return q.storage.Shutdown(context.Background())
}

// Delivered implements [engine.Reader].
func (q *queue) Delivered(each func(rec []byte)) {
	for _, rec := range q.delivered {
		each(rec)
	}
}
