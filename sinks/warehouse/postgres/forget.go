package postgres

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

var erasure = warehouse.Erasure{
	Statement: func(o warehouse.Options, ids core.PersonIDs) string {
		return warehouse.DeleteStatement(o.Table.Quoted(warehouse.Quote), warehouse.Quote, warehouse.Literal, ids)
	},
	Notes: []string{"what the rows took in the files of the server is overwritten some time after a VACUUM; backups and archived WAL keep it"},
}

// Forget deletes the rows of a person, by one statement.
func (d *driver) Forget(ctx context.Context, ids core.PersonIDs) (deleted int64, err error) {
	err = d.do(ctx, "delete the rows of a person", func(conn *pgconn.PgConn) (err error) {
		deleted, err = pgwire.Forget(ctx, conn, d.options().Table.Quoted(warehouse.Quote), ids)
		return err
	})
	return deleted, err
}

var _ warehouse.Forgetter = (*driver)(nil)
