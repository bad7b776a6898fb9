// Package langflow reads the telemetry that a Langflow backend sends when
// LANGFLOW_TELEMETRY_BASE_URL points at headgate: a GET request per event, the event's
// name as the last part of the path, its properties as the query.
//
//	GET /langflow/run?runIsWebhook=false&runSeconds=45&runSuccess=true&…&timestamp=2026-02-24T10%3A00%3A00.123456%2B00%3A00
//
// A query has no types; the table of Langflow's payloads gives them back. The inputs
// of a component come as a Python literal, and when they are long in several requests,
// which an [Assembler] puts together again.
//
// Langflow writes free text into its errors, and the address of the person who registers
// into the event "email". Both are personal data; they leave here as they came, for the
// sanitiser between the gate and the queue to deal with.
package langflow
