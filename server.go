// Customer-events records web customer events in bulk over GraphQL. See README.md.
package main

import (
	_ "embed"

	"customer-events/internal/app"
)

//go:generate go tool gqlgen generate
//go:generate go run ./internal/tools/errordocs

// version and commit are set by the linker in releases.
var version, commit = "development", ""

// schema is the contract from which clients generate their types.
//
//go:embed schema.graphqls
var schema string

// licenses is written by make licenses. The licences demand that their texts go with the binary.
//
//go:embed THIRD_PARTY_LICENSES.md
var licenses string

func main() {
	app.Main(app.Build{Version: version, Commit: commit, Schema: schema, Licenses: licenses})
}
