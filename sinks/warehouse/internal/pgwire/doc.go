// Package pgwire is what the drivers of databases that speak the protocol of PostgreSQL
// have in common: how they are reached, connections that are kept, and errors that are
// told apart without a value of a row or a credential in them.
//
// It is used through package pgconn, which is the protocol alone: there is no cache of
// prepared statements, so that every statement works behind PgBouncer in any mode and
// after any change of the table.
package pgwire
