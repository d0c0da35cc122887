// Package service provides the PostgreSQL that a scenario needs, fills it, and watches
// it from a connection of its own.
//
// A run's database is, in this order: one of its own in the server that DATABASE_URL
// names to highwater; a container of the scenario's image, where the engine has that;
// the machine's own installation, started in a temporary folder; the image, fetched.
// Whichever it is, it is empty at the beginning of a run and removed with it.
//
// The driver, pgx, is imported by this package alone: it brings a protocol, its types
// and their codecs, which nobody else here needs. The package starts no containers (the
// engine does) and judges nothing.
package service
