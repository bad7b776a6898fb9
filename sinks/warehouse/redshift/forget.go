package redshift

import (
	"context"

	"github.com/jackc/pgx/v5/pgconn"

	"github.com/headgate-dev/headgate/core"
	"github.com/headgate-dev/headgate/sinks/warehouse"
	"github.com/headgate-dev/headgate/sinks/warehouse/internal/pgwire"
)

var erasure = warehouse.Erasure{
	Statement: func(o warehouse.Options, ids core.PersonIDs) string {
		return warehouse.DeleteStatement(name(o.Table), warehouse.Quote, warehouse.EscapedLiteral, ids)
	},
	Notes: []string{"what the rows took is freed by a VACUUM DELETE, which Redshift runs by itself; snapshots keep it until they expire"},
}

// Forget deletes the rows of a person, by one transaction that no writer runs beside.
func (d *driver) Forget(ctx context.Context, ids core.PersonIDs) (deleted int64, err error) {
	err = d.transact(ctx, "delete the rows of a person", func(conn *pgconn.PgConn) (err error) {
		deleted, err = pgwire.Forget(ctx, conn, name(d.table), ids)
		return err
	})
	return deleted, err
}

var _ warehouse.Forgetter = (*driver)(nil)
