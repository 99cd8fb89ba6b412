// Package apierr is the catalogue of the errors that a whole call may fail with. One row per kind of
// error has the code, the HTTP status, the seconds until a retry, the Web API's words and the
// documentation. Both protocols render their errors from it, and docs/errors.md is generated from it.
//
// An Error is the only error whose text a caller may read. The package imports no other package of this
// module: internal/api maps the errors of the domain to it.
package apierr
