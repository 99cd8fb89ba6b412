// Package strictjson reads JSON text in place. It builds no tree and copies nothing: strings without escapes
// are slices of the text.
//
// It accepts exactly RFC 8259, and distinguishes two errors. After ErrSyntax the rest of the text cannot be
// trusted. ErrText concerns one string only (invalid UTF-8, a lone surrogate): the cursor is then behind the
// string, so that one bad string does not invalidate its neighbours. Duplicate names are for the caller to
// handle.
//
// Once encoding/json/jsontext is no longer an experiment, it could replace the cursor: Decoder.ReadValue
// with AllowInvalidUTF8, and AppendUnquote for each string.
//
// For responses of a thousand rows, which are encoded by hand, it also appends strings and arrays.
package strictjson
