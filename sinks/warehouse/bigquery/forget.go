package bigquery

import (
	"context"
	"fmt"
	"strings"

	rest "google.golang.org/api/bigquery/v2"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
)

var erasure = warehouse.Erasure{
	Statement: func(o warehouse.Options, ids core.PersonIDs) string {
		t := targetOf(o)
		return warehouse.DeleteStatement(quote(t.project, t.dataset, t.table), func(name string) string { return quote(name) }, literal, ids)
	},
	Notes: []string{
		"rows that were appended in the last minutes may not be deleted yet: ask again later",
		"time travel keeps deleted rows for the dataset's window, two to seven days, and fail-safe for seven more",
	},
}

// literal writes a text as GoogleSQL does, which knows no doubled quotes:
// https://cloud.google.com/bigquery/docs/reference/standard-sql/lexical#string_and_bytes_literals
func literal(text string) string {
	return "'" + strings.NewReplacer(`\`, `\\`, `'`, `\'`, "\n", `\n`, "\r", `\r`).Replace(text) + "'"
}

// Forget deletes the rows of a person, by one statement. The bill is for the whole of both columns.
func (d *driver) Forget(ctx context.Context, ids core.PersonIDs) (deleted int64, err error) {
	api, err := d.api()
	if err != nil {
		return 0, err
	}
	const doing = "delete the rows of a person"
	var conditions []string
	var parameters []*rest.QueryParameter
	for _, c := range warehouse.PersonColumns(ids) {
		conditions = append(conditions, quote(c.Name)+" IN UNNEST(@"+c.Name+"s)")
		parameters = append(parameters, textsParameter(c.Name+"s", c.IDs))
	}
	if len(conditions) == 0 {
		return 0, nil
	}
	legacy := false
	t := d.target
	answer, err := api.Jobs.Query(t.project, &rest.QueryRequest{
		Query:         "DELETE FROM " + quote(t.project, t.dataset, t.table) + " WHERE " + strings.Join(conditions, " OR "),
		ParameterMode: "NAMED", QueryParameters: parameters,
		UseLegacySql: &legacy, Location: t.location, TimeoutMs: timeLeft(ctx).Milliseconds(),
	}).Context(ctx).Do()
	switch {
	case err != nil:
		return 0, d.explain(doing, err)
	case !answer.JobComplete:
		return 0, fmt.Errorf("%s: BigQuery has not finished yet", doing)
	}
	return answer.NumDmlAffectedRows, nil
}

// textsParameter makes a parameter that is an array of texts.
func textsParameter(name string, texts []string) *rest.QueryParameter {
	p := &rest.QueryParameter{
		Name:           name,
		ParameterType:  &rest.QueryParameterType{Type: "ARRAY", ArrayType: &rest.QueryParameterType{Type: "STRING"}},
		ParameterValue: &rest.QueryParameterValue{},
	}
	for _, text := range texts {
		p.ParameterValue.ArrayValues = append(p.ParameterValue.ArrayValues, &rest.QueryParameterValue{Value: text})
	}
	return p
}

var _ warehouse.Forgetter = (*driver)(nil)
