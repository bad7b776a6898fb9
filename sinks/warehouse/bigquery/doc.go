// Package bigquery is the warehouse driver for Google BigQuery.
//
//	import _ "github.com/headgate-dev/headgate/sinks/warehouse/bigquery"
//
// mode: stream, the default, appends rows with the Storage Write API to the default stream
// of the table, where they can be queried at once. A row may be there twice after an
// append whose answer was lost; the view with the suffix _unique has every event once.
//
// mode: load writes each batch with a load job, which costs nothing. The job is called after
// the batch, so that one whose answer was lost is found again and not done twice. A
// table takes 1500 jobs a day, about one a minute, so unless the file says otherwise
// events gather for a minute, up to 50,000 of them. Events that come faster than that
// need larger batches:
//
//	driver: bigquery
//	project: my-project
//	dataset: analytics
//	mode: load
//	retention: 90d
//	batch: {max_events: 200000, max_bytes: 64MB}
//
// The table is partitioned by the day of received_at and clustered by endpoint and
// timestamp. Not by the day of timestamp: that one comes from the clock of whoever sent
// the event, BigQuery refuses rows far in the past or the future, and retention goes by
// received_at. A partition expires as a whole, so a row is kept for the time asked for and
// at most a day longer.
//
// # Credentials
//
// Those of the machine are taken (application default credentials) unless credentials_file
// or credentials gives the key of a service account. What gives no key but says
// where to fetch one, above all type external_account, is refused in those two options:
// such a file names URLs that are asked and programs that are run, so whoever
// can write it can do more than send rows. allow_external_account: true takes it. To write,
// roles/bigquery.dataEditor on the table is enough; load jobs and ensure_schema: create
// need roles/bigquery.jobUser on the project as well.
//
// # The network
//
// Nothing is connected to before the first event, and then only to BigQuery and to where the
// credentials have their tokens from: Google's token service, or, with those of the
// machine, its metadata server. The clients that Google generates are used without
// the layers that try again, trace, measure or look for other ways to the service; how
// often something is tried is the dispatcher's.
//
// # What has been verified
//
// The driver is tested with Google's generated clients against a server in this
// repository that follows the documentation, and against goccy/bigquery-emulator
// ("make test-emulators"). It has never been run against BigQuery itself; its tests do that
// when HEADGATE_BIGQUERY_DATASET names a dataset, as project.dataset.
package bigquery
