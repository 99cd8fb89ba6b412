// Package generated is what gqlgen makes of schema.graphqls. It is never opened and never edited.
package generated
